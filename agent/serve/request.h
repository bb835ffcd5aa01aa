// Bytes of a connection to a request: no socket, no clock. Beast's parser reads them, and stays
// in request.cpp.
#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tallyman::serve {

inline constexpr std::size_t max_header_bytes = 16 * 1024;
inline constexpr std::size_t max_empty_lines = 8;  // before a request; RFC 9112 wants at least one ignored

struct Request {
  std::string method;  // as sent: `GET`
  std::string path;    // as sent, percent escapes kept, without the query: `/healthz/a%20b`
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  bool http_1_1 = true;
  bool keep_alive = true;
  std::string accept, accept_encoding;                      // several headers joined with ", "
  std::optional<std::chrono::milliseconds> scrape_timeout;  // X-Prometheus-Scrape-Timeout-Seconds, if a number > 0

  bool head() const { return method == "HEAD"; }
  bool has(std::string_view name) const;                              // `?verbose`, also without a value
  std::optional<std::string> parameter(std::string_view name) const;  // the first of that name
};

struct NeedMore {};
struct Parsed {
  Request request;
  std::size_t bytes = 0;  // of the input; what follows is the next request
};
// Not a request we answer; the connection is of no further use.
struct Refusal {
  int status = 400;
  std::string text;
};

// In: all bytes received and not yet consumed. A body makes a request bad: nothing here takes one.
std::variant<NeedMore, Parsed, Refusal> parse_request(std::string_view bytes);

// `%41` to `A`; with `form`, `+` to a blank. Empty if an escape is not two hex digits.
std::optional<std::string> percent_decode(std::string_view text, bool form = false);

}  // namespace tallyman::serve
