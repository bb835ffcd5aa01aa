#include "poll/log_limit.h"

#include <algorithm>
#include <utility>

namespace tallyman::poll {

std::optional<LogLimit::Line> LogLimit::note(bool bad, Clock::time_point now) {
  const bool turned = bad && !bad_;
  bad_ = bad;
  if (turned) ++unsaid_;
  if (bad == said_bad_) return std::nullopt;
  if (!bad) {
    said_bad_ = false;
    return Line{};
  }
  if (left_ == burst) {
    refilled_ = now;
  } else if (const auto more = (now - refilled_) / refill; more > 0) {
    left_ = static_cast<std::uint32_t>(std::min<std::int64_t>(burst, left_ + more));
    refilled_ = left_ == burst ? now : refilled_ + more * refill;
  }
  if (left_ == 0) return std::nullopt;
  --left_;
  said_bad_ = true;
  return Line{true, std::exchange(unsaid_, 0) - 1};
}

}  // namespace tallyman::poll
