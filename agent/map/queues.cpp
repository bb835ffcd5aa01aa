// Queue rules (LANGUAGE 5.2): rows by namespace, queue and consumer group.
#include "core/labels.h"
#include "map/mapper.h"

namespace tallyman::map {

std::uint32_t Mapper::queue_item(const RulePlan& rule) {
  RuleCounter& counter = e_.counter();
  bool added = false;
  const std::uint32_t row = s_.queues.find_or_add(s_.label, e_.arena(), added);
  Number n;
  for (const KeyedValue& v : rule.numbers)
    if (!closed(v.block) && e_.number(v.value, n)) {
      if (queue_words[v.key].flag) n = Number::of(std::int64_t{n.real() != 0});
      s_.queues.put(row, v.column, n, rule.fold, v.block, counter);
    }
  for (const KeyedValue& v : rule.tasks)
    if (!closed(v.block) && e_.number(v.value, n)) s_.queues.put(row, v.column, n, rule.fold, v.block, counter);
  if (!rule.tasks_value || closed(rule.tasks_block)) return row;

  // The state is data: a word outside the list is no state.
  std::string_view word;
  if (!e_.text(*rule.state, word)) return row;
  const std::optional<TaskState> state = task_state(word);
  if (!state)
    count(counter, Reason::map);
  else if (e_.number(*rule.tasks_value, n))
    s_.queues.put(row, static_cast<std::size_t>(p_.queue_column[queue_keys + static_cast<std::size_t>(*state)]), n,
                  rule.fold, rule.tasks_block, counter);
  return row;
}

void Mapper::emit_queues() {
  Entities& queues = s_.queues;
  const auto rows = static_cast<std::uint32_t>(queues.size());
  for (std::size_t key = 0; key < queue_keys; ++key) {
    if (p_.queue_column[key] < 0) continue;
    const auto column = static_cast<std::size_t>(p_.queue_column[key]);
    for (std::uint32_t row = 0; row < rows; ++row) {
      const Cell& cell = queues.cell(row, column);
      if (!cell.set) continue;
      BlockSink& out = sink(cell.block);
      out.put(out.family(family_id::queues + static_cast<std::uint32_t>(key)), queues.set(row, cell.block, out).index,
              cell.value);
    }
  }
  for (std::uint32_t row = 0; row < rows; ++row)
    for (std::size_t state = 0; state < task_states; ++state) {
      if (p_.queue_column[queue_keys + state] < 0) continue;
      const Cell& cell = queues.cell(row, static_cast<std::size_t>(p_.queue_column[queue_keys + state]));
      if (!cell.set) continue;
      BlockSink& out = sink(cell.block);
      s_.body.assign(queues.body(row));
      s_.body.append_label("state", to_string(static_cast<TaskState>(state)));
      out.put(out.family(family_id::queue_tasks), out.add_set(s_.body), cell.value);
    }
}

}  // namespace tallyman::map
