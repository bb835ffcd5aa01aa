// The life cycle of a target's workers. After a successful answer that does not name a known
// worker, that worker is shown as down for its grace and then forgotten. Nobody is declared dead because
// the API did not answer: of a failed poll nothing is told here, and of a partial one whom it leaves unknown.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/batch.h"
#include "store/snapshot.h"

namespace tallyman::store {

class WorkerBook {
 public:
  // Vanished workers remembered per target; beyond it the longest gone are forgotten first.
  static constexpr std::size_t max_tombstones = 10'000;

  struct Known {
    std::string_view labels;  // label text of the worker's series: `worker="w1"`
    std::string_view info;    // label text of its tally_worker_info, "" if none
    std::optional<bool> enabled;
    std::uint64_t item = 0;  // of what the answer that named it was asked, if for each of several
  };
  // Whom the answers would not have named if they were there: workers of these items, or any.
  struct Unknown {
    bool all = false;
    std::unordered_set<std::uint64_t> items;
  };

  // `workers` are all that the answers named, in their order. Adds to `batch` what is shown of
  // those that are gone: up 0, state offline, enabled and info as last seen. `grace` zero: nothing
  // is ever shown of them.
  void update(const std::vector<Known>& workers, const Unknown& unknown, std::chrono::nanoseconds grace,
              Clock::time_point now, SampleBatch& batch);

  // Counts those that are gone, as last updated, as offline in the tally_workers of their pool.
  // `counted` are the samples of `batch` that count the offline workers of a pool that are named;
  // what the service itself says of a pool stays, and a pool of which nothing is said is added.
  void count_gone(SampleBatch& batch, const std::vector<std::uint32_t>& counted) const;

  std::size_t tombstones() const { return gone_; }

 private:
  struct Entry {
    std::string info;
    std::optional<bool> enabled;
    std::uint64_t item = 0;
    std::uint64_t seen = 0;                    // the update that named it last
    std::optional<Clock::time_point> gone_at;  // since when it is not named
  };
  void show(const std::string& labels, const Entry& entry, SampleBatch& batch) const;

  std::unordered_map<std::string, Entry> entries_;
  std::vector<std::string> order_;  // keys of entries_ as last named, to see quickly that nothing changed
  std::uint64_t updates_ = 0;
  std::size_t gone_ = 0;
};

}  // namespace tallyman::store
