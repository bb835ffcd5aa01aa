// Any bytes as lines of fields.
#include "text_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_text_format(tallyman::decode::fields_to_json, data, size);
}
