#include "infer/own_queue.h"

#include <algorithm>
#include <set>
#include <string>

#include "infer/words.h"

namespace tallyman::infer {
namespace {

bool is_task_field(const Field& field) { return field.key.starts_with("tasks."); }

// What the leaf is called as one of the worker's queue; empty if it is none of it.
std::string name_in_queue(const Leaf& leaf) {
  if (!leaf.row_name.empty() || leaf.path.size() > 2) return {};
  if (leaf.path.size() == 2) return names_queue(leaf.parent) ? leaf.name : std::string();
  if (names_queue(leaf.name) && leaf.shape->numeric()) return "length";
  return in_list(leaf.name,
                 "qlen qsize qdepth q_length q_len q_size q_depth queue_length queue_len queue_size queue_depth")
             ? "length"
             : std::string();
}

}  // namespace

bool says_tasks(const std::vector<Leaf>& leaves) {
  return std::any_of(leaves.begin(), leaves.end(), [](const Leaf& leaf) {
    return leaf.shape->numeric() && leaf.path.size() <= 2 &&
           std::any_of(queue_fields().begin(), queue_fields().end(), [&](const Field& field) {
             return is_task_field(field) && (in_list(leaf.name, field.names) || in_list(leaf.full, field.names));
           });
  });
}

std::optional<Rule> own_queue(std::vector<Leaf>& leaves) {
  Rule rule;
  rule.kind = "queues";
  std::set<std::string_view> filled;
  for (const Field& field : queue_fields()) {
    const bool once = field.key == "tasks.completed" || field.key == "tasks.failed";  // since when, nobody knows
    if (once || !(is_task_field(field) || in_list(field.key, "max_tasks oldest_age"))) continue;
    for (Leaf& leaf : leaves) {
      const std::string name = name_in_queue(leaf);
      if (leaf.used || name.empty() || filled.contains(field.key)) continue;
      if (!in_list(name, field.names) && !in_list(without_task(name), field.names)) continue;
      std::string comment;
      const auto value = value_for(field, leaf, comment);
      if (!value || comment == unsure) continue;
      const bool task = is_task_field(field);
      (task ? rule.tasks : rule.values)
          .push_back({std::string(task ? field.key.substr(6) : field.key), *value, comment, true});
      filled.insert(field.key);
      leaf.used = true;
    }
  }
  if (!rule.tasks.empty()) return rule;
  for (Leaf& leaf : leaves)  // a limit alone is a figure of the worker
    if (!name_in_queue(leaf).empty()) leaf.used = false;
  return std::nullopt;
}

}  // namespace tallyman::infer
