// Worker rules (LANGUAGE 5.1): rows by name, united over all rules, then what follows from them.
#include <map>

#include "core/labels.h"
#include "map/mapper.h"

namespace tallyman::map {
namespace {

// `,state="idle"` and so on, put behind the identity.
const std::array<std::string, worker_states>& state_labels() {
  static const std::array<std::string, worker_states> all = [] {
    std::array<std::string, worker_states> out;
    for (std::size_t i = 0; i < worker_states; ++i)
      out[i] = ",state=\"" + std::string(to_string(static_cast<WorkerState>(i))) + "\"";
    return out;
  }();
  return all;
}

Number flag(bool b) { return Number::of(std::int64_t{b}); }

}  // namespace

std::uint32_t Mapper::worker_item(const RulePlan& rule) {
  RuleCounter& counter = e_.counter();
  bool added = false;
  const std::uint32_t row = s_.workers.find_or_add(s_.label, e_.arena(), added);
  const auto block = static_cast<std::uint16_t>(rule.block);
  if (added) {
    s_.worker_rows.emplace_back();
    s_.worker_rows.back().home = block;
  }
  WorkerRow& w = s_.worker_rows[row];
  if (block == 0) w.home = 0;
  if (rule.lists && w.item == 0) w.item = item_key(rule.walk.request, e_.answer().variables);

  const auto say = [&](const std::optional<ValuePlan>& plan, std::string_view& slot) {
    std::string_view word;
    if (!plan || !e_.text(*plan, word)) return;
    if (slot.empty())
      slot = word;
    else if (slot != word)
      count(counter, Reason::duplicate);
  };
  say(rule.host, w.host);
  say(rule.version, w.version);
  say(rule.pool, w.pool);

  if (rule.state) {
    std::string_view word;
    if (e_.text(*rule.state, word)) {
      const std::optional<WorkerState> state = worker_state(word);
      if (!state)
        count(counter, Reason::map);
      else if (!w.said)
        w.said = state;
      else if (w.said != state)
        count(counter, Reason::duplicate);
    }
  }
  for (const KeyedValue& v : rule.numbers) {
    Number n;
    if (closed(v.block) || !e_.number(v.value, n)) continue;
    if (worker_words[v.key].flag) n = flag(n.real() != 0);
    s_.workers.put(row, v.column, n, rule.fold, v.block, counter);
    if (v.key == static_cast<std::size_t>(WorkerKey::last_seen) && !w.has_seen) {
      w.has_seen = true;
      w.arrived = e_.answer().arrived;
    }
  }
  if (rule.stale_after && !w.has_stale) {
    w.has_stale = true;
    w.stale_after = *rule.stale_after;
  }
  return row;
}

void Mapper::derive_workers() {
  const auto column = [&](WorkerKey key) { return p_.worker_column[static_cast<std::size_t>(key)]; };
  const int up = column(WorkerKey::up), enabled = column(WorkerKey::enabled), ready = column(WorkerKey::ready),
            busy = column(WorkerKey::busy), load = column(WorkerKey::load), max_load = column(WorkerKey::max_load),
            open = column(WorkerKey::open_tasks), seen = column(WorkerKey::last_seen);
  for (std::uint32_t row = 0; row < s_.worker_rows.size(); ++row) {
    WorkerRow& w = s_.worker_rows[row];
    const auto number = [&](int c) -> std::optional<Number> {
      if (c < 0) return std::nullopt;
      const Cell& cell = s_.workers.cell(row, static_cast<std::size_t>(c));
      return cell.set ? std::optional(cell.value) : std::nullopt;
    };
    const auto truth = [&](int c) -> std::optional<bool> {
      const auto n = number(c);
      return n ? std::optional(n->real() != 0) : std::nullopt;
    };
    Said said;
    said.up = truth(up);
    said.enabled = truth(enabled);
    said.ready = truth(ready);
    said.busy = truth(busy);
    said.state = w.said;
    said.load = number(load);
    said.max_load = number(max_load);
    said.open_tasks = number(open);
    if (const auto when = w.has_stale ? number(seen) : std::nullopt)
      said.fresh = w.arrived - when->real() <= w.stale_after;
    w.derived = derive(said);
  }
}

std::uint32_t Mapper::info_set(std::uint32_t row, std::uint32_t block) {
  const WorkerRow& w = s_.worker_rows[row];
  s_.body.assign(s_.workers.body(row));
  if (!w.host.empty()) append_limited(s_.body, "host", w.host);
  if (!w.version.empty()) append_limited(s_.body, "version", w.version);
  if (!w.pool.empty()) append_limited(s_.body, "pool", w.pool);
  return sink(block).add_set(s_.body);
}

void Mapper::emit_worker_states() {
  for (std::uint32_t row = 0; row < s_.worker_rows.size(); ++row) {
    const WorkerRow& w = s_.worker_rows[row];
    BlockSink& out = sink(w.home);
    const std::uint32_t family = out.family(family_id::worker_state);
    const std::string_view identity = s_.workers.body(row);
    for (std::size_t state = 0; state < worker_states; ++state)
      out.put(family, out.add_set(identity, state_labels()[state]),
              flag(static_cast<std::size_t>(w.derived.state) == state));
  }
}

// tally_workers by state and pool: all states of each pool that has a worker. What a service rule
// said of a pool comes before what is counted here.
void Mapper::count_workers(Output& output) {
  if (s_.worker_rows.empty()) return;
  std::uint32_t block = s_.worker_rows[0].home;
  std::map<std::string_view, std::array<std::int64_t, worker_states>> pools;
  for (const WorkerRow& w : s_.worker_rows) {
    ++pools[w.pool][static_cast<std::size_t>(w.derived.state)];
    if (w.home == 0) block = 0;
  }
  output.count_block = block;
  BlockSink& out = sink(block);
  const std::uint32_t family = out.family(family_id::worker_count);
  RuleCounter said{};
  for (const auto& [pool, states] : pools)
    for (std::size_t state = 0; state < worker_states; ++state) {
      s_.body.assign(std::string_view(state_labels()[state]).substr(1));
      if (!pool.empty()) append_limited(s_.body, "pool", pool);
      const std::size_t at = out.batch().size();
      out.add(family, out.intern(s_.body), Number::of(states[state]), Suffix::none, Fold::none, said);
      if (static_cast<WorkerState>(state) == WorkerState::offline && out.batch().size() > at)
        output.offline_counts.push_back(static_cast<std::uint32_t>(at));
    }
}

void Mapper::emit_workers(Output& out) {
  derive_workers();
  Entities& workers = s_.workers;
  const auto rows = static_cast<std::uint32_t>(s_.worker_rows.size());
  out.workers.reserve(rows);
  for (std::uint32_t row = 0; row < rows; ++row) {
    WorkerRow& w = s_.worker_rows[row];
    WorkerEntry entry;
    entry.labels = workers.set(row, 0, sink(0)).index;
    entry.enabled = w.derived.enabled;
    entry.block = w.home;
    entry.item = w.item;
    if (!w.host.empty() || !w.version.empty() || !w.pool.empty()) {
      entry.info = info_set(row, 0);
      BlockSink& home = sink(w.home);
      home.put(home.family(family_id::worker_info), w.home == 0 ? entry.info : info_set(row, w.home), flag(true));
    }
    out.workers.push_back(entry);
  }
  for (std::size_t key = 0; key < worker_keys; ++key) {
    if (key == static_cast<std::size_t>(WorkerKey::load)) emit_worker_states();
    const int column = p_.worker_column[key];
    const bool is_flag = worker_words[key].flag;
    if (column < 0 && !is_flag) continue;
    for (std::uint32_t row = 0; row < rows; ++row) {
      const WorkerRow& w = s_.worker_rows[row];
      const Cell* cell = column < 0 ? nullptr : &workers.cell(row, static_cast<std::size_t>(column));
      if (cell && !cell->set) cell = nullptr;
      Number value;
      if (cell) {
        value = cell->value;
      } else {
        if (!is_flag) continue;
        const Derived& d = w.derived;
        const auto k = static_cast<WorkerKey>(key);
        const std::optional<bool> truth = k == WorkerKey::up        ? d.up
                                          : k == WorkerKey::enabled ? d.enabled
                                          : k == WorkerKey::ready   ? d.ready
                                                                    : d.busy;
        if (!truth) continue;
        value = flag(*truth);
      }
      const std::uint32_t block = cell ? cell->block : w.home;
      BlockSink& to = sink(block);
      to.put(to.family(family_id::workers + static_cast<std::uint32_t>(key)), workers.set(row, block, to).index, value);
    }
  }
  count_workers(out);
}

}  // namespace tallyman::map
