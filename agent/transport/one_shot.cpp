#include "transport/one_shot.h"

#include <boost/asio/post.hpp>

namespace tallyman::transport {

Task<OneShot::Why> OneShot::wait(std::shared_ptr<OneShot> self) {
  if (self->ended()) co_return self->why_;
  OneShot* const raw = self.get();
  const auto keep_handler = [raw](auto&& handler) { raw->handler_.emplace(std::move(handler)); };
  boost::asio::use_awaitable_t<Executor> token;
  const Why why = co_await boost::asio::async_initiate<decltype(token), void(Why)>(keep_handler, token);
  co_return why;
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
