#include "poll/unknown_workers.h"

namespace tallyman::poll {

store::WorkerBook::Unknown unknown_workers(const std::vector<map::RequestInfo>& requests, const Gathered& gathered) {
  store::WorkerBook::Unknown out;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const map::RequestInfo& request = requests[i];
    const std::vector<std::uint64_t>& items = gathered.lost_items[i];
    if (request.lists_workers) out.items.insert(items.begin(), items.end());
    if (request.leads_to_workers && !items.empty()) out.all = true;
    if ((request.lists_workers || request.leads_to_workers) && gathered.lost[i]) out.all = true;
  }
  return out;
}

}  // namespace tallyman::poll
