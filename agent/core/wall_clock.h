// The time of day, for figures that people and other machines compare with theirs. Waits and ages take a steady clock.
#pragma once
#include <chrono>

namespace tallyman {

// Seconds since 1970, UTC.
inline double epoch_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace tallyman
