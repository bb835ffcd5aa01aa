// What follows from what a service says of a worker: LANGUAGE 5.1, the second table. Pure.
#pragma once
#include <optional>

#include "core/number.h"
#include "map/vocabulary.h"

namespace tallyman::map {

// What the answers said, united over all rules.
struct Said {
  std::optional<bool> up, enabled, ready, busy;
  std::optional<WorkerState> state;
  std::optional<Number> load, max_load, open_tasks;
  std::optional<bool> fresh;  // `stale_after` is given and the worker was seen: within it or not
};

struct Derived {
  std::optional<bool> up, enabled, ready, busy;
  WorkerState state = WorkerState::unknown;
};

Derived derive(const Said& said);

}  // namespace tallyman::map
