#include "store/workers.h"

#include <algorithm>
#include <map>

#include "core/labels.h"

namespace tallyman::store {
namespace {

constexpr std::string_view states[] = {"idle",     "busy",    "draining", "paused",
                                       "starting", "offline", "failed",   "unknown"};

}  // namespace

void WorkerBook::update(const std::vector<Known>& workers, const Unknown& unknown, std::chrono::nanoseconds grace,
                        Clock::time_point now, SampleBatch& batch) {
  ++updates_;
  bool same = gone_ == 0 && workers.size() == order_.size();
  for (std::size_t i = 0; same && i < workers.size(); ++i) same = order_[i] == workers[i].labels;

  if (!same) order_.clear();
  for (const Known& worker : workers) {
    const auto [at, added] = entries_.try_emplace(std::string(worker.labels));
    Entry& entry = at->second;
    if (entry.gone_at) --gone_;
    entry.gone_at.reset();
    entry.seen = updates_;
    entry.enabled = worker.enabled;
    entry.item = worker.item;
    if (entry.info != worker.info) entry.info = worker.info;
    if (!same) order_.emplace_back(worker.labels);
  }
  if (same) return;

  std::vector<std::pair<Clock::time_point, const std::string*>> gone;
  for (auto at = entries_.begin(); at != entries_.end();) {
    Entry& entry = at->second;
    if (entry.seen == updates_) {
      ++at;
      continue;
    }
    if (!entry.gone_at && (unknown.all || unknown.items.contains(entry.item))) {
      ++at;
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
    gone.emplace_back(*entry.gone_at, &at->first);
    ++at;
  }
  // Longest gone last, so that those over the cap are cut; then by name, for a stable output.
  std::sort(gone.begin(), gone.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : *a.second < *b.second;
  });
  while (gone.size() > max_tombstones) {
    entries_.erase(*gone.back().second);
    gone.pop_back();
    --gone_;
  }
  std::sort(gone.begin(), gone.end(), [](const auto& a, const auto& b) { return *a.second < *b.second; });
  for (const auto& [when, labels] : gone) show(*labels, entries_.at(*labels), batch);
}

void WorkerBook::count_gone(SampleBatch& batch, const std::vector<std::uint32_t>& counted) const {
  if (gone_ == 0) return;
  std::map<std::string, std::int64_t> pools;
  for (const auto& [labels, entry] : entries_) {
    if (!entry.gone_at) continue;
    std::string pool;
    for (auto& [name, value] : parse_labels(entry.info))
      if (name == "pool") pool = std::move(value);
    ++pools[pool];
  }
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

void WorkerBook::show(const std::string& labels, const Entry& entry, SampleBatch& batch) const {
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
  if (!entry.info.empty())
    batch.add(gauge("tally_worker_info", "Host, version and pool of the worker, as of the target's last good poll."),
              batch.add_labels(entry.info), Number::of(std::int64_t{1}));
}

}  // namespace tallyman::store
