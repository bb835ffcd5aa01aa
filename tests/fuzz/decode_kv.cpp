// Any bytes as `name: value` lines.
#include "text_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_text_format(tallyman::decode::kv_to_json, data, size);
}
