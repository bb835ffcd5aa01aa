#include "transport/one_shot.h"

#include <boost/asio/post.hpp>

namespace tallyman::transport {

// No coroutine of its own: one frame less for each target that waits for its next poll.
Task<OneShot::Why> OneShot::wait(std::shared_ptr<OneShot> self) {
  const auto keep_handler = [self = std::move(self)](auto&& handler) {
    self->handler_.emplace(std::move(handler));
    if (self->ended()) boost::asio::post(self->executor_, [self] { self->resume(); });
  };
  boost::asio::use_awaitable_t<Executor> token;
  return boost::asio::async_initiate<decltype(token), void(Why)>(keep_handler, token);
}

void OneShot::resume() {
  if (!handler_) return;
  Handler handler = std::move(*handler_);
  handler_.reset();
  std::move(handler)(why_);
}

void OneShot::end(Why why) {
  if (ended()) return;
  why_ = why;
  resume();
}

void OneShot::end_later(Why why) {
  if (ended()) return;
  why_ = why;
  boost::asio::post(executor_, [self = shared_from_this()] { self->resume(); });
}

void OneShot::end_from_any_thread(std::weak_ptr<OneShot> wait, Executor executor, Why why) {
  // A wait that is gone may have taken its loop with it: only a living one is posted to.
  std::shared_ptr<OneShot> living = wait.lock();
  if (living) boost::asio::post(executor, [living = std::move(living), why] { living->end(why); });
}

}  // namespace tallyman::transport
