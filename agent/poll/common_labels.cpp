#include "poll/common_labels.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace tallyman::poll {
namespace {

// What the agent says of itself and of its targets: never taken from a target that happens to be
// another agent.
bool is_own_name(std::string_view family) {
  constexpr std::string_view names[] = {"tally_target_up",
                                        "tally_target_last_success_timestamp_seconds",
                                        "tally_target_poll_duration_seconds",
                                        "tally_target_samples",
                                        "tally_target_body_bytes",
                                        "tally_target_errors_total"};
  return family.starts_with("tallyman_") || std::find(std::begin(names), std::end(names), family) != std::end(names);
}

}  // namespace

store::Common common_of(const config::Target& target, const map::Collector& collector) {
  store::Common common;
  common.system = collector.system();
  common.target = target.name.text;
  common.labels = target.labels;
  common.honor_labels = target.honor_labels;
  common.label_value_bytes = target.limits.label_value_bytes;
  const config::Filter filter = target.filter;
  common.keep_family = [filter](std::string_view family) {
    return !is_own_name(family) && filter.keeps_family(family);
  };
  if (!filter.keep_labels.empty() || !filter.drop_labels.empty())
    common.keep_label = [filter](std::string_view label) { return filter.keeps_label(label); };
  return common;
}

store::Common status_common(store::Common common) {
  common.keep_family = nullptr;
  common.keep_label = nullptr;
  return common;
}

}  // namespace tallyman::poll
