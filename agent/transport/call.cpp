#include "transport/call.h"

#include <algorithm>

#include "core/duration.h"

namespace tallyman::transport {

Call::Call(TimerWheel& wheel, Clock::time_point deadline, std::vector<Call*>& calls)
    : calls_(calls), started_(Clock::now()), deadline_(deadline), timer_(wheel, deadline, [this] {
        timed_out_ = true;
        interrupt();
      }) {
  calls_.push_back(this);
}

Call::~Call() { std::erase(calls_, this); }

void Call::cancel() {
  cancelled_ = true;
  interrupt();
}

void Call::give_way() {
  gave_way_ = true;
  interrupt();
}

void Call::interrupt() {
  boost::system::error_code ignored;
  if (socket_ != nullptr) socket_->close(ignored);
  if (wait_) wait_->end_later(OneShot::Why::cancelled);
}

Error Call::why(std::string_view waited_for) const {
  if (cancelled_) return error(Stage::cancelled, "the agent stops or reloads");
  if (gave_way_)
    return error(Stage::limit,
                 "a large answer that came more slowly than others which waited for its memory: waited for " +
                     std::string(waited_for) + "; ask for less at once (pages, filters of the service's API)");
  // To 10 ms, so that a timeout of 2s is called 2s although its clock started before ours.
  constexpr std::chrono::milliseconds unit{10};
  const auto given = std::max<Nanoseconds>(deadline_ - started_, Nanoseconds::zero());
  const Nanoseconds rounded = (given + unit / 2) / unit * unit;
  return error(Stage::timeout,
               "no answer within " + duration_text(rounded) + ": waited for " + std::string(waited_for));
}

}  // namespace tallyman::transport
