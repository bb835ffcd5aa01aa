#include "map/worker_state.h"

namespace tallyman::map {
namespace {

const Number zero = Number::of(std::int64_t{0});

std::optional<bool> up_of(const Said& said) {
  if (said.up) return said.up;
  if (said.state == WorkerState::offline || said.state == WorkerState::failed) return false;
  if (said.state && said.state != WorkerState::unknown) return true;
  return said.fresh;
}

std::optional<bool> enabled_of(const Said& said) {
  if (said.enabled) return said.enabled;
  if (said.state == WorkerState::draining || said.state == WorkerState::paused) return false;
  if (said.state && said.state != WorkerState::unknown) return true;
  return std::nullopt;
}

std::optional<bool> busy_of(const Said& said) {
  if (said.busy) return said.busy;
  if (said.state == WorkerState::busy) return true;
  if (said.open_tasks) return compare(*said.open_tasks, zero) > 0;
  if (said.load) return compare(*said.load, zero) > 0;
  if (said.state == WorkerState::idle) return false;
  return std::nullopt;
}

std::optional<bool> ready_of(const Said& said, const Derived& d) {
  if (said.ready) return said.ready;
  if (!said.load || !said.max_load) return std::nullopt;
  return d.up != false && d.enabled != false && compare(*said.load, *said.max_load) < 0;
}

WorkerState state_of(const Said& said, const Derived& d) {
  using S = WorkerState;
  if (d.up == false) return said.state == S::failed || said.state == S::starting ? *said.state : S::offline;
  if (said.state == S::starting || said.state == S::failed || said.state == S::unknown || said.state == S::draining ||
      said.state == S::paused)
    return *said.state;
  if (d.enabled == false) return d.busy == true ? S::draining : S::paused;
  if (d.busy == true) return S::busy;
  if (d.up == true && d.busy == false) return S::idle;
  return S::unknown;
}

}  // namespace

Derived derive(const Said& said) {
  Derived d;
  d.up = up_of(said);
  d.enabled = enabled_of(said);
  d.busy = busy_of(said);
  d.ready = ready_of(said, d);
  d.state = state_of(said, d);
  return d;
}

}  // namespace tallyman::map
