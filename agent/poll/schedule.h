// When a target is polled. Pure: times come in, times go out.
//
// Ticks lie on a grid: hash(name) mod interval into each interval of wall-clock time, so that
// targets spread over the interval and a restart keeps their places. The wall clock is read once;
// after that the grid is steady time. The first poll does not wait for the grid: it is within
// min(interval, 2 s) of the start.
//
// A failing target is asked less often: after the n-th failure in a row the wait is
// interval * 2^(n-1), at most longest_wait, less up to a tenth of jitter, so that targets which
// failed together do not come back together. A Retry-After is obeyed when it is longer.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.h"
#include "transport/timer_wheel.h"

namespace tallyman::poll {

using transport::Clock;

std::uint64_t hash_name(std::string_view name);  // FNV-1a, mixed: the same on every machine

class Schedule {
 public:
  static constexpr Nanoseconds longest_retry_after = std::chrono::hours(1);

  // `wall` is the time since the epoch at `now`.
  Schedule(std::string_view target, Nanoseconds interval, Clock::time_point now, Nanoseconds wall);

  Clock::time_point first() const { return first_; }

  // The next tick after a poll that was due at `due` and ended well at `ended`. Ticks that passed
  // in between are skipped.
  Clock::time_point after_success(Clock::time_point due, Clock::time_point ended);
  Clock::time_point after_failure(Clock::time_point due, Clock::time_point ended,
                                  std::optional<std::chrono::seconds> retry_after);

  std::uint64_t failures() const { return failures_; }  // in a row
  std::uint64_t skipped() const { return skipped_; }    // ticks that passed while a poll was running

  // max(interval, min(8 intervals, 1 min)): a target that is back is seen within a minute.
  static Nanoseconds longest_wait(Nanoseconds interval);

 private:
  Clock::time_point next_tick(Clock::time_point after) const;

  const Nanoseconds interval_;
  Clock::time_point grid_;  // some tick
  Clock::time_point first_;
  std::uint64_t hash_;
  std::uint64_t failures_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace tallyman::poll
