// What the agent says of each target: the families of it, one for all targets.
#pragma once
#include "core/family_list.h"

namespace tallyman::poll {

struct StatusFamilies {
  FamilyList::Shared up, last_success, duration, samples, body_bytes, errors;
};
const StatusFamilies& status_families();

}  // namespace tallyman::poll
