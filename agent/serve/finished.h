// The last compressed exposition of everything, kept for a second: a second scraper that comes at
// the same time, as of a pair of Prometheis, costs no second compression. Plain expositions are not
// kept: they are sixteen times as large and cost little to write.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "exposition/exposition.h"

namespace tallyman::serve {

class Finished {
 public:
  static constexpr std::chrono::seconds young{1};              // how long it is served; values are as old
  static constexpr std::size_t most_bytes = 16 * 1024 * 1024;  // a larger one is not kept

  using Bytes = std::shared_ptr<const std::string>;

  // Null when there is none, or none young enough.
  Bytes find(exposition::Format format, store::Clock::time_point now) {
    expire(now);
    return slots_[static_cast<std::size_t>(format)].bytes;
  }
  // `pinned`: when the values in it were.
  void keep(exposition::Format format, std::string bytes, store::Clock::time_point pinned) {
    if (bytes.size() > most_bytes) return;
    slots_[static_cast<std::size_t>(format)] = {std::make_shared<const std::string>(std::move(bytes)), pinned};
  }
  // Frees what is too old to be served.
  void expire(store::Clock::time_point now) {
    for (Slot& slot : slots_)
      if (slot.bytes && now - slot.pinned >= young) slot.bytes.reset();
  }
  void clear() { slots_ = {}; }

 private:
  struct Slot {
    Bytes bytes;
    store::Clock::time_point pinned;
  };
  std::array<Slot, 2> slots_;  // by Format
};

}  // namespace tallyman::serve
