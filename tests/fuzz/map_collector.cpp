// Any bytes as a collector file, as `tallyman check` looks at one: what could be read of it is compiled too, whatever
// else was wrong. A place and a reason for every error.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/collector_file.h"
#include "map/collector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman;
  Diagnostics found;
  const auto file = config::read_collector(std::string(reinterpret_cast<const char*>(data), size), "f.yaml", "", found);
  const bool readable = !has_errors(found);
  Diagnostics compiled;
  const bool made = map::Collector::compile(file, nullptr, compiled) != nullptr;
  if (made == has_errors(compiled) && readable) std::abort();
  found.insert(found.end(), compiled.begin(), compiled.end());
  for (const Diagnostic& d : found)
    if ((!d.at.file && readable) || d.what.empty()) std::abort();
  return 0;
}
