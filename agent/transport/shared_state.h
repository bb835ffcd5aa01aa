// What the channels of one loop share: where they wait, and the memory of calls in flight. An
// idle channel owns no buffer; the last one given back is the next one taken, so it is warm.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "transport/http_machine.h"
#include "transport/resolver.h"
#include "transport/timer_wheel.h"
#include "transport/tls_context.h"

namespace tallyman::transport {

// Longer than most answers: one that fits is one recv().
inline constexpr std::size_t read_buffer_bytes = 32u << 10;

// What one call in flight needs.
struct Gear {
  std::unique_ptr<char[]> buffer = std::make_unique_for_overwrite<char[]>(read_buffer_bytes);
  HttpMachine machine;
  std::string request;
};

struct Shared : std::enable_shared_from_this<Shared> {
  Shared(Loop& the_loop, TimerWheel& the_wheel, Resolver& the_resolver)
      : loop(the_loop), wheel(the_wheel), resolver(the_resolver) {}

  Loop& loop;
  TimerWheel& wheel;
  Resolver& resolver;
  TlsContexts tls_contexts;
  std::vector<std::unique_ptr<Gear>> idle_gear;
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
    constexpr std::size_t kept = 64;  // 64 x 33 KiB; a burst of more gives them back to malloc
    constexpr std::size_t large_request = 64u << 10;
    if (shared_->idle_gear.size() >= kept) return;
    if (gear_->request.capacity() > large_request) gear_->request = std::string();
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
