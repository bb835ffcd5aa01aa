#include "serve/descriptor_reserve.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace tallyman::serve {

DescriptorReserve::~DescriptorReserve() {
  while (give_one()) {
  }
}

bool DescriptorReserve::give_one() {
  if (held_.empty()) return false;
  ::close(held_.back());
  held_.pop_back();
  return true;
}

void DescriptorReserve::refill() {
  while (held_.size() < wanted) {
    const int descriptor = ::eventfd(0, EFD_CLOEXEC);  // the cheapest kind, and no path is needed
    if (descriptor < 0) return;
    held_.push_back(descriptor);
  }
}

}  // namespace tallyman::serve
