#include "exposition/overlap.h"

#include <algorithm>
#include <string_view>

#include "core/labels.h"

namespace tallyman::exposition {
namespace {

// What tells the samples of one metric apart: not part of its identity.
std::string_view structural_label(const Family& family, MetricType type) {
  switch (type) {
    case MetricType::histogram:
    case MetricType::gauge_histogram:
      return "le";
    case MetricType::summary:
      return "quantile";
    case MetricType::stateset:
      return family.name;
    default:
      return "";
  }
}

}  // namespace

OverlapFinder::OverlapFinder(const std::vector<store::SnapshotPtr>& snapshots) : snapshots_(snapshots) {
  for (std::uint32_t s = 0; s < snapshots.size(); ++s)
    for (const auto& block : snapshots[s]->blocks) places_.push_back({block.get(), s});
}

bool OverlapFinder::concerns(const std::vector<Plan::Entry>& entries) const {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const Plan::Entry& e) { return places_[e.block].block->shape->unplaced; });
}

// The labels of a line, sorted, without its value.
std::string OverlapFinder::key_of(std::string_view line, std::string_view structural) const {
  const std::size_t open = line.find('{'), close = line.rfind('}');
  std::string out;
  if (open == std::string_view::npos || close == std::string_view::npos) return out;
  Labels labels = parse_labels(line.substr(open + 1, close - open - 1));
  std::sort(labels.begin(), labels.end());
  for (const auto& [name, value] : labels)
    if (!value.empty() && name != structural) append_label(out, name, value);
  return out;
}

void OverlapFinder::find(Plan& plan, Plan::Slices& slices, const Family& family, MetricType type,
                         std::vector<Conflict>& conflicts) {
  if (!concerns(slices.entries)) return;
  const std::string_view structural = structural_label(family, type);
  std::unordered_map<std::string, std::uint32_t> first;  // metric -> snapshot that shows it
  const auto look = [&](Plan::Entry& entry, bool owns) {
    const auto& [block, snapshot] = places_[entry.block];
    plan.exact[entry.block] = true;
    const store::Shape::Slice& slice = block->shape->slices[entry.slice];
    std::string_view rest = block->slice(entry.slice);
    std::vector<bool> left_out(slice.count, false);
    bool any = false;
    for (std::uint32_t i = 0; i < slice.count; ++i) {
      const std::uint32_t prefix = block->shape->prefix_bytes[slice.first + i];
      std::string key = key_of(rest.substr(0, prefix), structural);
      rest.remove_prefix(rest.find('\n', prefix) + 1);
      const auto at = owns ? first.try_emplace(std::move(key), snapshot).first : first.find(key);
      if (at == first.end() || at->second == snapshot) continue;
      left_out[i] = any = true;
      const std::string &target = snapshots_[snapshot]->target, &other = snapshots_[at->second]->target;
      if (owns && (conflicts.empty() || conflicts.back().target != target || conflicts.back().family != family.name))
        conflicts.push_back({target, family.name,
                             "has series with the same labels as target `" + other +
                                 "`, whose are shown; give the targets labels that tell them apart"});
    }
    entry.partial = any;
    if (any) plan.left_out.emplace(Plan::key(entry), std::move(left_out));
  };
  for (Plan::Entry& entry : slices.entries) look(entry, true);
  for (Plan::Entry& entry : slices.created) look(entry, false);
}

}  // namespace tallyman::exposition
