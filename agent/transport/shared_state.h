// What the channels of one loop share: where they wait, and the memory of calls in flight. An
// idle channel owns none of it; the gear given back last is taken next, so it is warm.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "transport/http_machine.h"
#include "transport/large_turns.h"
#include "transport/resolver.h"
#include "transport/timer_wheel.h"
#include "transport/tls_context.h"

namespace tallyman::transport {

// Longer than most answers: one that fits is one recv().
inline constexpr std::size_t read_buffer_bytes = 64u << 10;
inline constexpr std::size_t tls_buffer_bytes = 16u << 10;  // one record

// What one call in flight needs.
struct Gear {
  HttpMachine machine;
  std::unique_ptr<char[]> tls_buffer;  // only of calls over TLS, where OpenSSL reads
  std::string request;
  std::shared_ptr<LargeTurns::Turn> turn;  // of a body that has become large
};

struct Shared : std::enable_shared_from_this<Shared> {
  Shared(Loop& the_loop, TimerWheel& the_wheel, Resolver& the_resolver, std::size_t loops)
      : loop(the_loop), wheel(the_wheel), resolver(the_resolver), turns(the_loop, the_wheel, loops) {}

  Loop& loop;
  TimerWheel& wheel;
  Resolver& resolver;
  TlsContexts tls_contexts;
  // One for all: nothing is kept in it while anybody waits, so it stays in the cache.
  const std::unique_ptr<char[]> read_buffer = std::make_unique_for_overwrite<char[]>(read_buffer_bytes);
  std::vector<std::unique_ptr<Gear>> idle_gear;
  LargeTurns turns;
};

// Takes a Gear for its lifetime.
class GearLease {
 public:
  explicit GearLease(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
    if (shared_->idle_gear.empty()) {
      gear_ = std::make_unique<Gear>();
    } else {
      gear_ = std::move(shared_->idle_gear.back());
      shared_->idle_gear.pop_back();
    }
  }
  ~GearLease() {
    constexpr std::size_t kept = 1024;  // about 1 KiB each
    constexpr std::size_t large_request = 64u << 10;
    gear_->machine.shrink();
    gear_->turn.reset();  // after the memory it stands for
    if (shared_->idle_gear.size() >= kept) return;
    gear_->tls_buffer.reset();
    if (gear_->request.capacity() > large_request) std::string().swap(gear_->request);
    shared_->idle_gear.push_back(std::move(gear_));
  }
  GearLease(const GearLease&) = delete;
  Gear& operator*() const { return *gear_; }
  Gear* operator->() const { return gear_.get(); }

 private:
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Gear> gear_;
};

}  // namespace tallyman::transport
