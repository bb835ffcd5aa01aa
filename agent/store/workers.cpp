#include "store/workers.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/labels.h"

namespace tallyman::store {
namespace {

constexpr std::string_view states[] = {"idle",     "busy",    "draining", "paused",
                                       "starting", "offline", "failed",   "unknown"};

}  // namespace

std::size_t WorkerBook::update(const std::vector<Known>& workers, const Unknown& unknown,
                               std::chrono::nanoseconds grace, Clock::time_point now, const Room& room,
                               SampleBatch& batch) {
  ++updates_;
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (const Known& worker : workers) {
    const std::uint64_t length = worker.labels.size();  // no text can be read as another
    XXH3_128bits_update(&state, &length, sizeof length);
    XXH3_128bits_update(&state, worker.labels.data(), worker.labels.size());
  }
  const XXH128_hash_t named = XXH3_128bits_digest(&state);
  const bool same = gone_ == 0 && named.low64 == named_[0] && named.high64 == named_[1];
  named_[0] = named.low64;
  named_[1] = named.high64;

  for (const Known& worker : workers) {
    auto at = entries_.find(worker.labels);
    if (at == entries_.end()) at = entries_.emplace(worker.labels, Entry()).first;
    Entry& entry = at->second;
    if (entry.gone_at) --gone_;
    entry.gone_at.reset();
    entry.seen = updates_;
    entry.enabled = worker.enabled;
    entry.item = worker.item;
    const std::string_view more = worker.info.substr(std::min(worker.labels.size(), worker.info.size()));
    if (entry.more != more) entry.more = more;
  }
  // Also nobody who was left unknown before.
  if (same && entries_.size() == workers.size()) return 0;

  Gone gone;
  std::size_t left = 0;  // unknown: remembered, not shown
  for (auto at = entries_.begin(); at != entries_.end();) {
    Entry& entry = at->second;
    if (entry.seen == updates_) {
      ++at;
      continue;
    }
    if (!entry.gone_at && (unknown.all || unknown.items.contains(entry.item))) {
      at = ++left > max_tombstones ? entries_.erase(at) : std::next(at);
      continue;
    }
    if (!entry.gone_at) {
      entry.gone_at = now;
      ++gone_;
    }
    if (now - *entry.gone_at >= grace) {
      --gone_;
      at = entries_.erase(at);
      continue;
    }
    gone.emplace_back(*entry.gone_at, &*at);
    ++at;
  }
  // Longest gone last, so that those for whom there is no room are cut; then by name, for a stable output.
  std::sort(gone.begin(), gone.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second->first < b.second->first;
  });
  const std::size_t fit = fitting(gone, room), forgotten = gone.size() - fit;
  for (; gone.size() > fit; --gone_) {
    entries_.erase(entries_.find(gone.back().second->first));
    gone.pop_back();
  }
  std::sort(gone.begin(), gone.end(), [](const auto& a, const auto& b) { return a.second->first < b.second->first; });
  for (const auto& [when, worker] : gone) show(*worker, batch);
  return forgotten;
}

std::string WorkerBook::pool_of(const Entries::value_type& worker) {
  std::string pool;
  if (worker.second.more.empty()) return pool;
  for (auto& [name, value] : parse_labels(worker.first + worker.second.more))
    if (name == "pool") pool = std::move(value);
  return pool;
}

// How many of the first there is room for, with what count_gone() may add.
std::size_t WorkerBook::fitting(const Gone& gone, const Room& room) {
  constexpr std::size_t about_line = 56;  // of a name, the state, the value
  std::set<std::string> pools;
  std::size_t samples = 0, text = 0, fit = 0;
  for (; fit < gone.size() && fit < max_tombstones; ++fit) {
    const auto& [labels, entry] = *gone[fit].second;
    const std::string pool = pool_of(*gone[fit].second);
    const std::size_t own = 1 + std::size(states) + (entry.enabled ? 1 : 0) + (entry.more.empty() ? 0 : 1);
    const std::size_t of_pool = pools.contains(pool) ? 0 : std::size(states);
    samples += own + of_pool;
    text += own * (labels.size() + about_line) + entry.more.size() + of_pool * (pool.size() + about_line);
    if (samples > room.samples || text > room.text) break;
    if (of_pool != 0) pools.insert(pool);
  }
  return fit;
}

void WorkerBook::count_gone(SampleBatch& batch, const std::vector<std::uint32_t>& counted) const {
  if (gone_ == 0) return;
  std::map<std::string, std::int64_t> pools;
  for (const auto& worker : entries_)
    if (worker.second.gone_at) ++pools[pool_of(worker)];
  const auto body_of = [](std::string_view state, const std::string& pool) {
    std::string body;
    append_label(body, "state", state);
    if (!pool.empty()) append_label(body, "pool", pool);
    return body;
  };
  // What is counted or said already.
  constexpr std::string_view name = "tally_workers";
  std::unordered_map<std::string, std::size_t> known;
  std::optional<std::uint32_t> family;
  for (std::uint32_t f = 0; f < batch.families().size() && !family; ++f)
    if (batch.families()[f].name == name) family = f;
  for (std::size_t i = 0; family && i < batch.size(); ++i)
    if (batch.series()[i].family == *family) known.emplace(batch.labels(batch.series()[i].labels), i);
  if (!family)
    family = batch.add_family(
        {std::string(name), MetricType::gauge, "Workers by state, as of the target's last good poll.", ""});
  for (const auto& [pool, gone] : pools) {
    const auto at = known.find(body_of("offline", pool));
    if (at == known.end()) {
      for (const std::string_view state : states) {
        const std::string body = body_of(state, pool);
        if (!known.contains(body))
          batch.add(*family, batch.add_labels(body), Number::of(state == "offline" ? gone : std::int64_t{0}));
      }
    } else if (std::find(counted.begin(), counted.end(), at->second) != counted.end()) {
      batch.set_value(at->second, add(batch.values()[at->second], Number::of(gone)));
    }
  }
}

void WorkerBook::show(const Entries::value_type& worker, SampleBatch& batch) {
  const auto& [labels, entry] = worker;
  // HELP and type are those of map/vocabulary.cpp: the families are the same ones.
  const auto gauge = [&](std::string_view name, std::string_view help) {
    return batch.add_family({std::string(name), MetricType::gauge, std::string(help), ""});
  };
  const std::uint32_t set = batch.add_labels(labels);
  batch.add(gauge("tally_worker_up",
                  "1 if the service says that the worker is connected, as of the target's last good poll."),
            set, Number::of(std::int64_t{0}));
  const std::uint32_t state =
      gauge("tally_worker_state",
            "State of the worker: 1 for the one it is in, 0 for the others, as of the target's last good poll.");
  for (std::string_view name : states) {
    std::string body = labels;
    append_label(body, "state", name);
    batch.add(state, batch.add_labels(body), Number::of(std::int64_t{name == "offline"}));
  }
  if (entry.enabled)
    batch.add(
        gauge("tally_worker_enabled",
              "1 if the worker may take tasks: not drained, paused or disabled, as of the target's last good poll."),
        set, Number::of(std::int64_t{*entry.enabled}));
  if (!entry.more.empty())
    batch.add(gauge("tally_worker_info", "Host, version and pool of the worker, as of the target's last good poll."),
              batch.add_labels(labels + entry.more), Number::of(std::int64_t{1}));
}

}  // namespace tallyman::store
