// Where a request goes, and what a reference in an answer (Location, a next page) means from
// there: RFC 3986 section 5.2, as far as http needs it. Pure.
#pragma once
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/url.h"

namespace tallyman::transport {

struct Location {
  Url url;             // scheme, host, port or socket of the origin; its path and query are not used
  std::string target;  // path and query as sent: begins with `/`

  // For messages: no query, which may carry a token.
  std::string shown() const;
};

// The endpoint's own: its path, then `path` (which may begin with `?`), then its query. A `path` of
// only `/` adds nothing to a url that has a path: such a url names the page itself.
Location location_of(const Url& url, std::string_view path);

bool same_origin(const Url& a, const Url& b);

// The `Host` header: `host:port`, and `localhost` for a unix socket.
std::string host_header(const Url& url);

// `reference` may be a url, `//host/path`, `/path`, `path` or `?query`; a fragment is dropped.
// A url that names the Host we send to a unix socket stays on that socket.
// Errors: Stage::redirect when it is no http or https url.
Result<Location> resolve_reference(const Location& base, std::string_view reference);

// Adds `parameter` (`name=value`), unless the query has one of that name.
void add_query(std::string& target, std::string_view parameter);
// Takes every parameter of that name (percent-encoded) out.
void remove_query(std::string& target, std::string_view name);

}  // namespace tallyman::transport
