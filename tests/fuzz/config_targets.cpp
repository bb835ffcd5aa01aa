// Any bytes as targets.yaml, on a disk without another file: read, or refused with a place and a reason for every
// error.
#include <cstdint>
#include <cstdlib>

#include "config/world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman;
  const std::string yaml(reinterpret_cast<const char*>(data), size);
  Diagnostics found;
  const auto agent = config::load_agent("f.yaml", World{{{"f.yaml", yaml}}, {{"VAR", "value"}}}.sources(), found);
  if (agent.has_value() == has_errors(found)) std::abort();
  for (const Diagnostic& d : found)
    if (!d.at.file || d.what.empty()) std::abort();
  return 0;
}
