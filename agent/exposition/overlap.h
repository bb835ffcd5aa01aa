// Series that two targets show alike. A series says in its label `target` whose it is, so this can
// only be where that label was replaced: by a static label, or by a scraped one that is honoured.
// The first target by name keeps the series. Private to exposition/.
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "exposition/plan.h"

namespace tallyman::exposition {

class OverlapFinder {
 public:
  explicit OverlapFinder(const std::vector<store::SnapshotPtr>& snapshots);

  // Looks at one family, whose slices come in the order of their targets, and notes in `plan` which
  // lines are left out; appends a conflict per target that loses some. Whole metrics are compared: a
  // histogram is never put together from two. Costs nothing unless a slice is of a shape that is
  // `unplaced`.
  void find(Plan& plan, Plan::Slices& slices, const Family& family, MetricType type, std::vector<Conflict>& conflicts);

 private:
  struct Place {
    const store::Block* block;
    std::uint32_t snapshot;
  };
  bool concerns(const std::vector<Plan::Entry>& entries) const;
  std::string key_of(std::string_view line, std::string_view structural) const;

  const std::vector<store::SnapshotPtr>& snapshots_;
  std::vector<Place> places_;  // by block number
};

}  // namespace tallyman::exposition
