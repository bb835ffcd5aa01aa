#include "poll/schedule.h"

#include <algorithm>

namespace tallyman::poll {
namespace {

std::uint64_t mix(std::uint64_t x) {  // splitmix64's finisher: FNV alone leaves low bits alike
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 14695981039346656037u;
  for (unsigned char c : name) hash = (hash ^ c) * 1099511628211u;
  return mix(hash);
}

Schedule::Schedule(std::string_view target, Nanoseconds interval, Clock::time_point now, Nanoseconds wall)
    : interval_(interval), hash_(hash_name(target)) {
  const auto place = [&](Nanoseconds within) {
    return Nanoseconds(static_cast<std::int64_t>(hash_ % static_cast<std::uint64_t>(within.count())));
  };
  // The tick at or before now: wall - ((wall - place) mod interval).
  Nanoseconds since = (wall - place(interval_)) % interval_;
  if (since < Nanoseconds(0)) since += interval_;
  grid_ = now - since;
  const Nanoseconds soon = std::min<Nanoseconds>(interval_, std::chrono::seconds(2));
  const Clock::time_point tick = grid_ + interval_;
  first_ = tick - now <= soon ? tick : now + place(soon);
}

Clock::time_point Schedule::next_tick(Clock::time_point after) const {
  Nanoseconds since = (after - grid_) % interval_;
  if (since < Nanoseconds(0)) since += interval_;
  return after - since + interval_;
}

Clock::time_point Schedule::after_success(Clock::time_point due, Clock::time_point ended) {
  failures_ = 0;
  // Strictly after the poll's own tick; a first poll off the grid counts for a tick close to it.
  const Clock::time_point wanted = next_tick(due + interval_ / 10);
  if (ended < wanted) return wanted;
  const Clock::time_point next = next_tick(ended);
  skipped_ += static_cast<std::uint64_t>((next - wanted) / interval_);
  return next;
}

Nanoseconds Schedule::longest_wait(Nanoseconds interval) {
  return std::max(interval, std::min<Nanoseconds>(interval * 8, std::chrono::minutes(1)));
}

Clock::time_point Schedule::after_failure(Clock::time_point due, Clock::time_point ended,
                                          std::optional<std::chrono::seconds> retry_after) {
  ++failures_;
  Nanoseconds wait = interval_;
  const Nanoseconds longest = longest_wait(interval_);
  for (std::uint64_t n = 1; n < failures_ && wait < longest; ++n) wait *= 2;
  wait = std::min(wait, longest);
  // The first failure keeps its tick: one lost poll is not a reason to fall off the grid.
  Clock::time_point next = failures_ == 1 ? next_tick(std::max(due + interval_ / 10, ended)) : due + wait;
  if (failures_ > 1) {
    const auto tenth = static_cast<std::uint64_t>(wait.count() / 10);
    next -= Nanoseconds(static_cast<std::int64_t>(mix(hash_ + failures_) % (tenth + 1)));
  }
  if (retry_after) next = std::max(next, ended + std::min<Nanoseconds>(*retry_after, longest_retry_after));
  // A poll that ran into its time-out may have passed its turn.
  return std::max(next, ended + interval_ / 10);
}

}  // namespace tallyman::poll
