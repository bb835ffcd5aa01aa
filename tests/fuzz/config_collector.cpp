// Any bytes as a collector file: read, or refused with a place and a reason for every error.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/collector_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman;
  Diagnostics found;
  const auto file =
      config::parse_collector(std::string(reinterpret_cast<const char*>(data), size), "f.yaml", "", found);
  if (file.has_value() == has_errors(found)) std::abort();
  for (const Diagnostic& d : found)
    if (!d.at.file || d.what.empty()) std::abort();
  return 0;
}
