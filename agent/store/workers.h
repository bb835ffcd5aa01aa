// The life cycle of a target's workers. After a successful answer that does not name a known
// worker, that worker is shown as down for its grace and then forgotten. Nobody is declared dead because
// the API did not answer: of a failed poll nothing is told here, and of a partial one whom it leaves unknown.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/batch.h"
#include "store/snapshot.h"

namespace tallyman::store {

// What a target's limits leave for workers that are gone.
struct Room {
  std::size_t samples = std::numeric_limits<std::size_t>::max();
  std::size_t text = std::numeric_limits<std::size_t>::max();  // bytes, lines and labels
};

class WorkerBook {
 public:
  // Vanished workers remembered per target; beyond it the longest gone are forgotten first.
  static constexpr std::size_t max_tombstones = 10'000;

  struct Known {
    std::string_view labels;  // label text of the worker's series: `worker="w1"`
    std::string_view info;    // label text of its tally_worker_info, which begins with `labels`; "" if none
    std::optional<bool> enabled;
    std::uint64_t item = 0;  // of what the answer that named it was asked, if for each of several
  };
  // Whom the answers would not have named if they were there: workers of these items, or any.
  struct Unknown {
    bool all = false;
    std::unordered_set<std::uint64_t> items;
  };

  // `workers` are all that the answers named, in their order; their texts may be those of `batch`. Adds to
  // it what is shown of those that are gone: up 0, state offline, enabled and info as last seen. `grace` zero:
  // nothing is ever shown of them. For whom there is no room is forgotten, the longest gone first; returns
  // how many.
  std::size_t update(const std::vector<Known>& workers, const Unknown& unknown, std::chrono::nanoseconds grace,
                     Clock::time_point now, const Room& room, SampleBatch& batch);

  // Counts those that are gone, as last updated, as offline in the tally_workers of their pool.
  // `counted` are the samples of `batch` that count the offline workers of a pool that are named;
  // what the service itself says of a pool stays, and a pool of which nothing is said is added.
  void count_gone(SampleBatch& batch, const std::vector<std::uint32_t>& counted) const;

  std::size_t tombstones() const { return gone_; }

 private:
  struct Entry {
    std::string more;  // of its info, behind its labels
    std::optional<bool> enabled;
    std::uint64_t item = 0;
    std::uint64_t seen = 0;                    // the update that named it last
    std::optional<Clock::time_point> gone_at;  // since when it is not named
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  // Names may be long: each is held once.
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;
  using Gone = std::vector<std::pair<Clock::time_point, const Entries::value_type*>>;
  static std::string pool_of(const Entries::value_type& worker);
  static std::size_t fitting(const Gone& gone, const Room& room);
  static void show(const Entries::value_type& worker, SampleBatch& batch);

  Entries entries_;
  std::uint64_t named_[2] = {};  // hash of the labels as last named, to see quickly that nothing changed
  std::uint64_t updates_ = 0;
  std::size_t gone_ = 0;
};

}  // namespace tallyman::store
