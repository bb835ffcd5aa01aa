// Any bytes as JSON: simdjson, that decides, and our scanner, that explains, agree; what a body takes is never above
// its quick bound; what was read is written as JSON that gives the same again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decode/document.h"
#include "decode/json_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman::decode;
  const std::string body(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t depth = 12;
  Document document, again;
  const auto parsed = document.parse(body, {depth});
  const JsonScan scan = scan_json(body, body.starts_with("\xEF\xBB\xBF") ? 3 : 0, depth);
  if (parsed.has_value() == scan.problem.has_value()) std::abort();
  if (!parsed) return parsed.error().detail != scan.problem->text() ? std::abort(), 0 : 0;
  if (parsed_bytes_at_most(body) < parsed_bytes(body)) std::abort();
  std::string json, twice;
  append_json(json, document.root());
  if (!again.parse(json, {depth})) std::abort();
  append_json(twice, again.root());
  if (twice != json) std::abort();
  return 0;
}
