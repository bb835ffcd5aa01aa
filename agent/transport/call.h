// One fetch in flight: its deadline, and the one thing it waits for at the moment, so that the
// deadline and a cancellation know what to end. After each wait its owner asks over() first.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "transport/one_shot.h"
#include "transport/stream.h"
#include "transport/timer_wheel.h"

namespace tallyman::transport {

class Call {
 public:
  // Registers itself in `calls` for as long as it lives.
  Call(TimerWheel& wheel, Clock::time_point deadline, std::vector<Call*>& calls);
  ~Call();
  Call(const Call&) = delete;

  void cancel();
  bool over() const { return cancelled_ || timed_out_; }
  Clock::time_point deadline() const { return deadline_; }

  // Of over(): Stage::cancelled, or Stage::timeout that says what was waited for.
  Error why(std::string_view waited_for) const;

  // While one of these lives, an end of the call closes the socket or ends the wait.
  class Watch {
   public:
    Watch(Call& call, Socket& socket) : call_(call) { call_.socket_ = &socket; }
    Watch(Call& call, std::shared_ptr<OneShot> wait) : call_(call) { call_.wait_ = std::move(wait); }
    ~Watch() {
      call_.socket_ = nullptr;
      call_.wait_.reset();
    }
    Watch(const Watch&) = delete;

   private:
    Call& call_;
  };

 private:
  void interrupt();

  std::vector<Call*>& calls_;
  const Clock::time_point started_, deadline_;
  const TimerWheel::Entry timer_;
  Socket* socket_ = nullptr;
  std::shared_ptr<OneShot> wait_;
  bool cancelled_ = false, timed_out_ = false;
};

}  // namespace tallyman::transport
