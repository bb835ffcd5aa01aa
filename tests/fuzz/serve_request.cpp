// Bytes of a connection: parse_request must end, stay within the input, and give the same request
// when more bytes follow it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman::serve;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = parse_request(bytes);
  const auto* parsed = std::get_if<Parsed>(&whole);
  if (!parsed) return 0;
  if (parsed->bytes == 0 || parsed->bytes > size || parsed->request.method.empty() || parsed->request.path.empty())
    std::abort();
  const auto again = parse_request(bytes.substr(0, parsed->bytes));
  const auto* same = std::get_if<Parsed>(&again);
  if (!same || same->bytes != parsed->bytes || same->request.path != parsed->request.path ||
      same->request.query != parsed->request.query)
    std::abort();
  return 0;
}
