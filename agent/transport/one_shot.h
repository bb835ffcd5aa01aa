// One wait of one coroutine for whichever of several things comes first: an answer, a deadline,
// a cancellation. It knows none of them: whoever is first calls end(), later calls do nothing.
// Used from its loop only; a shared_ptr, because timers and lookups outlive the waiting coroutine.
#pragma once
#include <memory>
#include <optional>

#include "transport/task.h"

namespace tallyman::transport {

class OneShot : public std::enable_shared_from_this<OneShot> {
 public:
  enum class Why { pending, done, timed_out, cancelled };

  explicit OneShot(Executor executor) : executor_(executor) {}
  OneShot(const OneShot&) = delete;

  // Suspends until end(), or returns at once if that was. At most one wait() per object.
  static Task<Why> wait(std::shared_ptr<OneShot> self);

  // Resumes the waiting coroutine inside this call: for callers that hold nothing it may change.
  void end(Why why);
  // The same by way of the loop's queue. end_from_any_thread() is the one call other threads make.
  void end_later(Why why);
  static void end_from_any_thread(std::weak_ptr<OneShot> wait, Executor executor, Why why);

  // Nobody will end it: the waiting coroutine is destroyed, by way of the loop's queue.
  void abandon() { handler_.reset(); }

  bool ended() const { return why_ != Why::pending; }
  Executor executor() const { return executor_; }

 private:
  using Handler = boost::asio::async_result<boost::asio::use_awaitable_t<Executor>, void(Why)>::handler_type;
  void resume();

  Executor executor_;
  std::optional<Handler> handler_;
  Why why_ = Why::pending;
};

}  // namespace tallyman::transport
