// One request to a target: everything but where it is and with which credentials. Collectors say it, the transport
// sends it.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace tallyman {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  // Appended to the endpoint's path: "/api/queues?page=1", percent-encoded; may be empty; "/" asks for the url as it
  // is.
  std::string path;
  // Instead: a next page's url or path, as the answer gave it, seen from `path`; another origin is refused (redirect).
  std::string absolute;
  Headers headers;
  std::string body;
  std::string content_type;
  // Of a stream, where nothing of the above is used.
  std::string send, until;
  // Begins a session: the cookies that were kept are forgotten, and those that come from now on are
  // kept and sent to the same origin. Without such a request no cookie is.
  bool new_session = false;
  bool follow = true;  // redirects; else they are the reply

  friend bool operator==(const Request&, const Request&) = default;
};

}  // namespace tallyman
