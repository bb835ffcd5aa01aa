// What all series of a target have in common, and which of them are shown: its labels and its filter.
#pragma once
#include "config/agent_config.h"
#include "map/collector.h"
#include "store/shape_builder.h"

namespace tallyman::poll {

store::Common common_of(const config::Target& target, const map::Collector& collector);
// The target's own figures are never filtered: a dashboard must see that a target is down.
store::Common status_common(store::Common common);

}  // namespace tallyman::poll
