// Any bytes as an XML-RPC reply: refused, or JSON text that a Document takes; as a multicall, as many
// results as calls, each refused or JSON.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "decode/document.h"
#include "decode/xmlrpc.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman;
  const std::string body(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t depth = 16;
  const auto check = [](const Result<std::string>& json) {
    if (!json) {
      if (json.error().detail.empty()) std::abort();
      return;
    }
    decode::Document document;
    if (!document.parse(*json, {depth})) std::abort();
  };
  check(decode::xmlrpc_to_json(body, depth));
  for (const std::size_t calls : {1u, 3u}) {
    const auto results = decode::multicall_to_json(body, calls, depth);
    if (!results) continue;
    if (results->size() != calls) std::abort();
    for (const auto& result : *results) check(result);
  }
  return 0;
}
