// How often one thing that keeps turning bad and good again may be said: a few times at once, after that once in a
// while, with the number of turns that were not. What stays bad is said at the latest when the next line is allowed.
// Pure: times come in.
#pragma once
#include <cstdint>
#include <optional>

#include "core/duration.h"
#include "transport/timer_wheel.h"

namespace tallyman::poll {

using transport::Clock;

class LogLimit {
 public:
  static constexpr std::uint32_t burst = 3;                       // turns for the worse said at once
  static constexpr Nanoseconds refill = std::chrono::minutes(5);  // after which one more may be said

  struct Line {
    bool bad = false;
    std::uint64_t unsaid = 0;  // turns for the worse since the last line that said one, and all that followed them
  };

  // After each try. Gives what is to be said now, if anything.
  std::optional<Line> note(bool bad, Clock::time_point now);

 private:
  bool bad_ = false;       // the last try
  bool said_bad_ = false;  // what the last line said
  std::uint64_t unsaid_ = 0;
  std::uint32_t left_ = burst;
  Clock::time_point refilled_{};
};

}  // namespace tallyman::poll
