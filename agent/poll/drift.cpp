#include "poll/drift.h"

#include <algorithm>

namespace tallyman::poll {

std::vector<Drift::Change> Drift::note(const std::vector<std::uint32_t>& absent, bool complete) {
  std::vector<Change> changes;
  if (complete) {
    std::erase_if(missing_, [&](const Missing& m) {
      if (std::find(absent.begin(), absent.end(), m.rule) != absent.end()) return false;
      if (m.polls >= polls) changes.push_back({m.rule, false});
      return true;
    });
  }
  for (const std::uint32_t rule : absent) {
    auto at = std::find_if(missing_.begin(), missing_.end(), [&](const Missing& m) { return m.rule == rule; });
    if (at == missing_.end()) at = missing_.insert(missing_.end(), {rule, 0});
    if (at->polls < polls && ++at->polls == polls) changes.push_back({rule, true});
  }
  return changes;
}

}  // namespace tallyman::poll
