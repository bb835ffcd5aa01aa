// Where the threads meet: the last snapshot and the health of each target. Poll loops publish,
// the serve thread pins; both hold a lock for the copy of a pointer only.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "core/result.h"
#include "store/snapshot.h"

namespace tallyman::store {

// How a target is doing, for probes and the page.
struct Health {
  bool attempted = false;  // one poll has ended, well or not
  bool up = false;
  Stage reason = Stage::internal;  // of the last failure, if not up
  std::string detail;              // of the last failure
  double last_success = 0;         // epoch seconds, 0 = never
  std::uint64_t failures = 0;      // in a row
};

// What a person asked about one target's next poll, and the answer, which is kept for a while.
struct Explained {
  enum class State : std::uint8_t { none, asked, ready };
  State state = State::none;
  double asked = 0;                         // epoch seconds
  std::shared_ptr<const std::string> text;  // ready
};

// One target's place in the store. Made at load, used by its poll loop; thread-safe.
class Slot {
 public:
  explicit Slot(std::string target) : target_(std::move(target)) {}
  const std::string& target() const { return target_; }

  void publish(SnapshotPtr snapshot, Health health);
  SnapshotPtr pin() const;
  Health health() const;

  // The next poll is to explain itself: on any thread. Read by each poll, at no cost.
  void ask_explanation(double epoch_now);
  bool explanation_asked() const { return explaining_ == Explained::State::asked; }
  void explain(std::string text, Clock::time_point kept_until);
  // What is too old is let go; by the poller and whoever asks.
  Explained explained(Clock::time_point now);
  bool explains() const { return explaining_ != Explained::State::none; }

  // Families of this target that the exposition leaves out because they clash with another
  // target's: set by the serve thread, counted by the next poll.
  std::atomic<std::uint32_t> conflicts{0};

 private:
  const std::string target_;
  mutable std::mutex mutex_;
  SnapshotPtr snapshot_;
  Health health_;
  struct Explanation {
    Explained is;
    Clock::time_point until;
  };
  std::atomic<Explained::State> explaining_{Explained::State::none};  // explanation_->is.state
  std::unique_ptr<Explanation> explanation_;                          // mostly none
};

class Store {
 public:
  std::shared_ptr<Slot> add(const std::string& target);  // the existing one if there is one
  void remove(const std::string& target);
  std::shared_ptr<Slot> find(const std::string& target) const;  // null if unknown
  std::vector<std::shared_ptr<Slot>> slots() const;             // sorted by target name
  // The snapshots of all targets that have one, sorted by target name.
  std::vector<SnapshotPtr> pin() const;

 private:
  mutable std::shared_mutex mutex_;
  std::vector<std::shared_ptr<Slot>> slots_;  // sorted by name
};

}  // namespace tallyman::store
