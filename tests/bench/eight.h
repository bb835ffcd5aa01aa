// The collector of the benches of polls: tests/bench/collectors/eight.yaml.
#pragma once
#include <memory>

#include "config/collector_file.h"
#include "layers/inputs.h"
#include "map/collector.h"

namespace tallyman::bench {

inline std::shared_ptr<const map::Collector> eight() {
  Diagnostics found;
  const char* const path = "bench/collectors/eight.yaml";
  auto out = map::Collector::compile(config::read_collector(file(path), path, "eight", found), nullptr, found);
  must(out != nullptr, path);
  return out;
}

}  // namespace tallyman::bench
