// Request to reply: which path gives what. No socket, no clock, no thread; what it shows comes
// from the Handlers.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "exposition/exposition.h"
#include "serve/request.h"
#include "serve/server.h"

namespace tallyman::serve {

// What a scrape sends instead of a body: the connection writes it block by block.
struct ScrapeOrder {
  std::vector<store::SnapshotPtr> snapshots;
  exposition::Format format = exposition::Format::text;
  bool gzip = false;
  bool all = false;  // every target: the plan of it is kept for the next scrape
};

struct Reply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;  // further ones
  std::string body;
  std::optional<ScrapeOrder> scrape;
  std::optional<ProbeQuestion> probe;  // asked first; its outcome is the body
  bool reload = false;                 // the configuration is read again first, and the outcome is the body
};

Reply route(const Request& request, const Handlers& handlers);

// What a probe gave, as the scraper wants it.
Reply probed_reply(const Request& request, Probed probed);

Reply text_reply(int status, std::string text);

// `HTTP/1.1 200 OK` to the empty line. `length`: Content-Length; without it, of a reply with a
// body, Transfer-Encoding says chunked (HTTP/1.1). `date` as in a Date header.
std::string head_text(const Reply& reply, const Request& request, std::optional<std::size_t> length, bool keep_alive,
                      std::string_view date);

}  // namespace tallyman::serve
