// Which workers nobody knows of after a poll: those of follow-ups that failed; any, where what lists them was not
// answered in full. Knows no names: that is the mapping's.
#pragma once
#include <vector>

#include "poll/gather.h"
#include "store/workers.h"

namespace tallyman::poll {

store::WorkerBook::Unknown unknown_workers(const std::vector<map::RequestInfo>& requests, const Gathered& gathered);

}  // namespace tallyman::poll
