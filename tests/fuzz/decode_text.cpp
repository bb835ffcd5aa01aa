// Any bytes as a text.
#include "text_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_text_format(tallyman::decode::text_to_json, data, size);
}
