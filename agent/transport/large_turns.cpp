#include "transport/large_turns.h"

#include <algorithm>

namespace tallyman::transport {

LargeTurns::Turn::Turn(LargeTurns& all, Call& call) : all_(all), call_(&call) {}

LargeTurns::Turn::~Turn() {
  std::erase(all_.queue_, this);
  std::erase(all_.holders_, this);
  all_.used_ -= held_;
  all_.admit();
}

void LargeTurns::Turn::complete() { call_ = nullptr; }

// One that alone is larger than the share is let in when nothing else is held.
bool LargeTurns::fits(const Turn& turn) const { return used_ + turn.wanted_ <= share_ || used_ == turn.held_; }

void LargeTurns::grant(Turn& turn) {
  if (turn.held_ == 0) {
    holders_.push_back(&turn);
    turn.since_ = Clock::now();
  }
  used_ += turn.wanted_;
  turn.held_ += turn.wanted_;
  turn.wanted_ = 0;
}

void LargeTurns::admit() {
  while (!queue_.empty() && fits(*queue_.front())) {
    Turn& next = *queue_.front();
    queue_.pop_front();
    grant(next);
    next.wait_->end_later(OneShot::Why::done);
  }
  press();
}

void LargeTurns::press() {
  pressing_.reset();
  if (queue_.empty()) return;
  pressing_ = std::make_unique<TimerWheel::Entry>(wheel_, Clock::now() + patience, [this] { out_of_patience(); });
}

void LargeTurns::out_of_patience() {
  const Clock::time_point now = Clock::now();
  Turn* slowest = nullptr;
  double least = 0;
  for (Turn* const turn : holders_) {
    if (turn->call_ == nullptr || turn == queue_.front() || now - turn->since_ < patience) continue;
    const double rate =
        static_cast<double>(turn->received_) / std::chrono::duration<double>(now - turn->since_).count();
    if (slowest != nullptr && rate >= least) continue;
    slowest = turn;
    least = rate;
  }
  if (slowest != nullptr) slowest->call_->give_way();
  press();
}

Task<> LargeTurns::grow(Turn& turn, std::size_t bytes, std::size_t limit, Call& call) {
  LargeTurns& all = turn.all_;
  std::size_t room = turn.room();
  while (room < bytes) room *= 4;
  // Not more than the body may become, with a little for the piece that goes over the limit.
  turn.wanted_ = std::max(bytes, std::min(room, limit + small)) - turn.room();
  if (all.queue_.empty() && all.fits(turn)) {
    all.grant(turn);
    co_return;
  }
  turn.wait_ = std::make_shared<OneShot>(all.loop_.get_executor());
  all.queue_.push_back(&turn);
  if (all.queue_.size() == 1) all.press();
  const Call::Watch watch(call, turn.wait_);
  const OneShot::Why why = co_await OneShot::wait(turn.wait_);
  if (why != OneShot::Why::done) {
    std::erase(all.queue_, &turn);
    turn.wanted_ = 0;
    all.admit();
  }
}

}  // namespace tallyman::transport
