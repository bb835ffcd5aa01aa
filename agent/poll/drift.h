// Rules that find nothing to run on any more: the service may have changed its answers. Counts good polls in a row,
// rule by rule, and says once when the base of a rule was absent in some of them, and once when it is there again.
// Knows no clock and no answer.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "map/collector.h"

namespace tallyman::poll {

class Drift {
 public:
  static constexpr std::uint32_t polls = 3;  // in a row: a service that starts may answer less

  struct Change {
    std::uint32_t rule = 0;
    bool gone = false;  // else it is there again
  };
  struct Unmatched {
    std::uint32_t polls = 0;  // in a row without an item
    bool absent = false;      // in the last of them where it looks was nothing; else a list that is empty
  };

  // After a good poll. A rule whose answer did not come is as it was.
  std::vector<Change> note(std::span<const map::RuleFound> found);
  Unmatched unmatched(std::uint32_t rule) const;

 private:
  struct Missing {
    std::uint32_t rule;
    std::uint32_t polls = 0, absent = 0;  // in a row: without an item, without a base
  };
  std::vector<Missing> missing_;  // mostly empty
};

}  // namespace tallyman::poll
