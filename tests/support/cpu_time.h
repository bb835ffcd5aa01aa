// CPU time of this thread: what a bench measures on a machine that others use too.
#pragma once
#include <ctime>

namespace tallyman::test {

inline double cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

}  // namespace tallyman::test
