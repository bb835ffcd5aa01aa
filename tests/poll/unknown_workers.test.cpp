#include "poll/unknown_workers.h"

#include <algorithm>

#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::poll;

TEST_CASE("unknown workers: of failed items some, without a list any") {
  // names -> info, which lists workers; tasks, which only joins; regions -> names.
  std::vector<map::RequestInfo> requests(4);
  enum : std::size_t { regions, names, info, tasks };
  requests[regions].leads_to_workers = requests[names].leads_to_workers = requests[info].lists_workers = true;
  struct Row {
    const char* what;
    std::vector<std::size_t> lost;
    std::vector<std::size_t> items;  // requests one item of which was lost
    bool all;
    std::size_t some;
  };
  const Row rows[] = {
      {"all is well", {}, {}, false, 0},
      {"an item of what lists them", {}, {info}, false, 1},
      {"an item of what leads there: its workers cannot be told", {}, {names}, true, 0},
      {"the list", {info}, {}, true, 0},
      {"what leads there, at the far end", {regions}, {}, true, 0},
      {"what does not name workers", {tasks}, {tasks}, false, 0},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    Gathered gathered;
    gathered.lost.resize(4);
    gathered.lost_items.resize(4);
    for (const std::size_t i : row.lost) gathered.lost[i] = error(Stage::refused, "no");
    for (const std::size_t i : row.items) gathered.lost_items[i] = {100 + i};
    const store::WorkerBook::Unknown unknown = unknown_workers(requests, gathered);
    CHECK(unknown.all == row.all);
    CHECK(unknown.items.size() == row.some);
    if (row.some > 0) CHECK(unknown.items.contains(100 + info));
  }
}
