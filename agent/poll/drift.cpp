#include "poll/drift.h"

#include <algorithm>

namespace tallyman::poll {

std::vector<Drift::Change> Drift::note(std::span<const map::RuleFound> found) {
  using Base = map::RuleFound::Base;
  std::vector<Change> changes;
  for (std::uint32_t rule = 0; rule < found.size(); ++rule) {
    if (found[rule].base == Base::unasked) continue;
    const bool absent = found[rule].base == Base::absent;
    auto at = std::find_if(missing_.begin(), missing_.end(), [&](const Missing& m) { return m.rule == rule; });
    if (!absent && at != missing_.end()) {
      if (at->absent >= polls) changes.push_back({rule, false});
      at->absent = 0;
      if (found[rule].items > 0) missing_.erase(at);
    }
    if (!absent && found[rule].items > 0) continue;
    if (at == missing_.end()) at = missing_.insert(missing_.end(), Missing{rule});
    ++at->polls;
    if (absent && ++at->absent == polls) changes.push_back({rule, true});
  }
  return changes;
}

Drift::Unmatched Drift::unmatched(std::uint32_t rule) const {
  for (const Missing& m : missing_)
    if (m.rule == rule) return {m.polls, m.absent > 0};
  return {};
}

}  // namespace tallyman::poll
