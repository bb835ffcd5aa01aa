#include "poll/common_labels.h"

#include <string_view>

namespace tallyman::poll {
store::Common common_of(const config::Target& target, const map::Collector& collector) {
  store::Common common;
  common.system = collector.system();
  common.target = target.name.text;
  common.labels = target.labels;
  common.honor_labels = target.honor_labels;
  common.label_value_bytes = target.limits.label_value_bytes;
  const config::Filter filter = target.filter;
  if (!filter.keep.empty() || !filter.drop.empty())
    common.keep_family = [filter](std::string_view family) { return filter.keeps_family(family); };
  if (!filter.keep_labels.empty() || !filter.drop_labels.empty())
    common.keep_label = [filter](std::string_view label) { return filter.keeps_label(label); };
  return common;
}

store::Common status_common(store::Common common) {
  common.own = true;
  common.keep_family = nullptr;
  common.keep_label = nullptr;
  return common;
}

}  // namespace tallyman::poll
