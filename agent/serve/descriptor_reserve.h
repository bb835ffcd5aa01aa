// A few file descriptors held back, so that scrapes and probes get through when the polls have used
// up all others. One is given up for the accept that failed, and taken back when a connection ends.
#pragma once
#include <cstddef>
#include <vector>

namespace tallyman::serve {

class DescriptorReserve {
 public:
  static constexpr std::size_t wanted = 3;  // Prometheus, the kubelet, a person

  DescriptorReserve() { refill(); }
  ~DescriptorReserve();
  DescriptorReserve(const DescriptorReserve&) = delete;
  DescriptorReserve& operator=(const DescriptorReserve&) = delete;

  bool give_one();  // false: none is left. Other threads may be quicker to use what is given
  void refill();    // as far as there are descriptors

 private:
  std::vector<int> held_;
};

}  // namespace tallyman::serve
