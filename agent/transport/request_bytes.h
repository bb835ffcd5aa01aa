// The bytes of a request: the line and the headers that differ per call around a tail that is
// made once per channel. Pure.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace tallyman::transport {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// `TOKEN: value\r\n` lines of the configured headers and of what every request has: Host,
// User-Agent, Accept, Accept-Encoding, unless a configured header of that name replaces it.
// Errors: Stage::config, naming a header whose name is no token, whose value has control
// characters, or that is the transport's own (Content-Length, Transfer-Encoding).
Result<std::string> fixed_headers(std::string_view host, const HeaderList& configured);

// Of `headers`, those that may be shown to a foreign origin: Accept and its kin.
HeaderList harmless_headers(const HeaderList& headers);

struct RequestParts {
  std::string_view method, target;    // target: path and query, begins with `/`
  std::string_view fixed, auth;       // header lines as above
  const HeaderList* extra = nullptr;  // of this call
  std::string_view content_type, body;
};

// Replaces `out`, keeping its memory.
// Errors: Stage::config, as above, or a method or target that would break the request line.
Result<> write_request(std::string& out, const RequestParts& parts);

}  // namespace tallyman::transport
