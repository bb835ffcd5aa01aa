// Where to listen, as written by a person.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tallyman::serve {

struct ListenAddress {
  std::string host;  // numeric; "" = every address, IPv6 and IPv4
  std::uint16_t port = 0;
};

// `:10780`, `127.0.0.1:10780`, `[::1]:10780`, `localhost:10780`. Errors: Stage::config, with what
// was expected.
Result<ListenAddress> parse_listen(std::string_view text);

}  // namespace tallyman::serve
