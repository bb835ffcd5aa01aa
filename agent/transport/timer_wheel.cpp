// The wheel is a map from tick to a doubly linked list of slots, so that at() and cancel() cost
// one look into a small map and no allocation in the steady state (a std::function of one pointer
// needs none). The one steady timer is armed for the earliest tick; it is not moved when that
// entry is cancelled and others wait: it then fires for nothing once, which is cheaper than a
// move per poll.
#include "transport/timer_wheel.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>
#include <vector>

namespace tallyman::transport {
namespace {

using SteadyTimer =
    boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, boost::asio::io_context::executor_type>;

constexpr std::chrono::milliseconds tick_length{10};
constexpr std::uint32_t none = UINT32_MAX;

// The first tick that ends at or after `when`.
std::int64_t tick_of(Clock::time_point when) {
  const auto since = when.time_since_epoch();
  const std::int64_t tick = since / tick_length;
  return since % tick_length == Clock::duration::zero() ? tick : tick + 1;
}

Clock::time_point end_of(std::int64_t tick) { return Clock::time_point(tick * tick_length); }

}  // namespace

Clock::time_point TimerWheel::end_of_tick(Clock::time_point when) { return end_of(tick_of(when)); }

struct TimerWheel::Impl : std::enable_shared_from_this<TimerWheel::Impl> {
  struct Slot {
    std::function<void()> fire;     // empty for a watched wait
    std::shared_ptr<OneShot> wait;  // empty for a callback
    Clock::time_point when;
    std::uint32_t generation = 1;  // upper half of a token: tells a reused slot
    std::uint32_t previous = none, next = none;
    std::int64_t tick = 0;
    bool used = false, linked = false;
  };
  struct Bucket {
    std::uint32_t first = none, last = none;
  };

  explicit Impl(Loop& the_loop) : timer(the_loop) {}

  Token add(Clock::time_point when, std::function<void()> fire, std::shared_ptr<OneShot> wait);
  void cancel(Token token);
  void unlink(std::uint32_t index);
  void release(std::uint32_t index);
  void arm();
  void fire_due();
  void stop();
  std::uint32_t find(Token token) const;

  SteadyTimer timer;
  std::vector<Slot> slots;
  std::vector<std::uint32_t> free_slots;
  std::map<std::int64_t, Bucket> buckets;
  std::optional<std::int64_t> armed;
  struct Due {
    Clock::time_point when;
    std::size_t order;  // of being set, within equal times
    Token token;
  };
  std::vector<Due> due;  // scratch of fire_due
  bool stopped = false, closed = false;
};

std::uint32_t TimerWheel::Impl::find(Token token) const {
  const auto index = static_cast<std::uint32_t>(token);
  const auto generation = static_cast<std::uint32_t>(token >> 32);
  if (index >= slots.size() || !slots[index].used || slots[index].generation != generation) return none;
  return index;
}

TimerWheel::Token TimerWheel::Impl::add(Clock::time_point when, std::function<void()> fire,
                                        std::shared_ptr<OneShot> wait) {
  if (closed) return 0;
  std::uint32_t index;
  if (free_slots.empty()) {
    index = static_cast<std::uint32_t>(slots.size());
    slots.emplace_back();
  } else {
    index = free_slots.back();
    free_slots.pop_back();
  }
  Slot& slot = slots[index];
  slot.fire = std::move(fire);
  slot.wait = std::move(wait);
  slot.when = when;
  slot.tick = tick_of(when);
  slot.used = slot.linked = true;
  slot.next = none;
  Bucket& bucket = buckets[slot.tick];
  slot.previous = bucket.last;
  (bucket.last == none ? bucket.first : slots[bucket.last].next) = index;
  bucket.last = index;
  if (!armed || slot.tick < *armed) arm();
  return (static_cast<Token>(slot.generation) << 32) | index;
}

void TimerWheel::Impl::unlink(std::uint32_t index) {
  Slot& slot = slots[index];
  if (!slot.linked) return;
  const auto bucket = buckets.find(slot.tick);
  (slot.previous == none ? bucket->second.first : slots[slot.previous].next) = slot.next;
  (slot.next == none ? bucket->second.last : slots[slot.next].previous) = slot.previous;
  if (bucket->second.first == none) buckets.erase(bucket);
  slot.linked = false;
}

// The callback and the wait die after the slot is free again: their destructors may come back.
void TimerWheel::Impl::release(std::uint32_t index) {
  Slot& slot = slots[index];
  const std::function<void()> fire = std::move(slot.fire);
  const std::shared_ptr<OneShot> wait = std::move(slot.wait);
  slot.fire = nullptr;
  slot.used = false;
  if (++slot.generation == 0) slot.generation = 1;
  free_slots.push_back(index);
}

void TimerWheel::Impl::cancel(Token token) {
  const std::uint32_t index = find(token);
  if (index == none) return;
  unlink(index);
  release(index);
  if (!buckets.empty() || !armed) return;
  armed.reset();  // an armed timer would keep the loop from ending
  timer.cancel();
}

void TimerWheel::Impl::arm() {
  if (buckets.empty() || closed) return;
  armed = buckets.begin()->first;
  timer.expires_at(end_of(*armed));  // ends a wait in progress with operation_aborted
  timer.async_wait([self = shared_from_this()](const boost::system::error_code& ec) {
    if (!ec) self->fire_due();
  });
}

void TimerWheel::Impl::fire_due() {
  armed.reset();
  const Clock::time_point now = Clock::now();
  std::vector<Due> batch = std::move(due);  // a callback may run the wheel again
  batch.clear();
  while (!buckets.empty() && end_of(buckets.begin()->first) <= now) {
    for (std::uint32_t index = buckets.begin()->second.first; index != none; index = slots[index].next) {
      slots[index].linked = false;
      batch.push_back({slots[index].when, batch.size(), (static_cast<Token>(slots[index].generation) << 32) | index});
    }
    buckets.erase(buckets.begin());
  }
  std::sort(batch.begin(), batch.end(),
            [](const Due& a, const Due& b) { return a.when != b.when ? a.when < b.when : a.order < b.order; });
  for (const Due& entry : batch) {
    const std::uint32_t index = find(entry.token);
    if (index == none) continue;  // cancelled by one that fired before it
    const std::function<void()> fire = std::move(slots[index].fire);
    const std::shared_ptr<OneShot> wait = std::move(slots[index].wait);
    release(index);
    if (fire) fire();
    if (wait) wait->end(OneShot::Why::timed_out);
    if (closed) return;
  }
  due = std::move(batch);
  if (!armed) arm();
}

void TimerWheel::Impl::stop() {
  stopped = true;
  std::vector<std::shared_ptr<OneShot>> waits;
  for (std::uint32_t index = 0; index < slots.size(); ++index) {
    if (!slots[index].used || !slots[index].wait) continue;
    waits.push_back(slots[index].wait);
    unlink(index);
    release(index);
  }
  if (buckets.empty() && armed) {
    armed.reset();
    timer.cancel();
  }
  for (const std::shared_ptr<OneShot>& wait : waits) wait->end_later(OneShot::Why::cancelled);
}

TimerWheel::TimerWheel(Loop& loop) : impl_(std::make_shared<Impl>(loop)) {}

TimerWheel::~TimerWheel() {
  impl_->closed = true;
  impl_->timer.cancel();
  impl_->buckets.clear();
  const std::vector<Impl::Slot> dying = std::move(impl_->slots);
  impl_->slots.clear();
  // A coroutine that waits for nothing but this wheel would keep itself alive for ever.
  for (const Impl::Slot& slot : dying)
    if (slot.wait) slot.wait->abandon();
}

TimerWheel::Entry::~Entry() { wheel_->cancel(token_); }

TimerWheel::Token TimerWheel::at(Clock::time_point when, std::function<void()> fire) {
  return impl_->add(when, std::move(fire), nullptr);
}

TimerWheel::Token TimerWheel::watch(std::shared_ptr<OneShot> wait, Clock::time_point when) {
  if (!impl_->stopped) return impl_->add(when, nullptr, std::move(wait));
  wait->end_later(OneShot::Why::cancelled);
  return 0;
}

void TimerWheel::cancel(Token token) { impl_->cancel(token); }

namespace {

Task<Result<>> ended(std::shared_ptr<OneShot> wait) {
  const OneShot::Why why = co_await OneShot::wait(std::move(wait));
  if (why == OneShot::Why::cancelled) co_return error(Stage::cancelled, "the agent stops");
  co_return Result<>();
}

}  // namespace

Task<Result<>> TimerWheel::sleep_until(Clock::time_point when) {
  auto wait = std::make_shared<OneShot>(impl_->timer.get_executor());
  watch(wait, when);
  return ended(std::move(wait));
}

void TimerWheel::stop() { impl_->stop(); }

bool TimerWheel::stopped() const { return impl_->stopped; }

}  // namespace tallyman::transport
