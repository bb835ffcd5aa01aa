#include "infer/states.h"

#include <algorithm>

#include "infer/figures.h"
#include "infer/lists.h"
#include "infer/scoring.h"
#include "infer/yaml.h"

namespace tallyman::infer {

void add_state(std::vector<Leaf>& leaves, Role role, std::size_t items, Rule& rule, std::set<std::string>& names,
               const std::string& prefix, const std::string& noun) {
  const Leaf* found = state_leaf(leaves, role == Role::tasks ? Role::tasks : Role::workers, items);
  if (!found) return;
  Leaf& leaf = leaves[static_cast<std::size_t>(found - leaves.data())];
  leaf.used = true;
  Reading value = read(leaf);
  if (role == Role::queues || role == Role::none) {
    std::string states;
    for (const std::string& word : leaf.shape->different)
      if (!word.empty()) states += (states.empty() ? "" : ", ") + yaml_quoted(word);
    if (leaf.shape->empties > 0) value.modifiers += ", none: \"\"";
    rule.metrics.push_back({metric_name(prefix + leaf.full, "stateset", names), "stateset", value.text(),
                            for_comment(leaf.name) + " of each " + noun + " (as of the last good poll).",
                            "[" + states + "]", "add the states that were not seen", true});
    return;
  }
  std::string map, unknown;
  for (const std::string& word : leaf.shape->different) {
    if (word.empty() || word.ends_with('*')) continue;
    const std::string_view state = role == Role::tasks ? task_state_of(word) : worker_state_of(word);
    if (state.empty())
      unknown += (unknown.empty() ? "" : ", ") + for_comment(word);
    else
      map += yaml_quoted(word) + ": " + std::string(state) + ", ";
  }
  value.modifiers += ", map: { " + map;
  if (role == Role::workers)
    value.modifiers += "\"*\": unknown }";
  else
    value.modifiers.replace(value.modifiers.size() - 2, 2, " }");
  std::string comment = role == Role::workers ? "add the words that were not seen" : "other words are left out";
  if (!unknown.empty()) comment += "; not known what these mean: " + unknown;
  rule.values.push_back({"state", value.form(), comment, true});
}

namespace {

bool says(const Rule& rule, std::string_view keys) {
  return std::any_of(rule.values.begin(), rule.values.end(),
                     [&](const Line& l) { return l.live && in_list(l.key, keys); });
}

// `conditions: [{type: Ready, status: "True"}]`.
void add_condition(std::vector<Leaf>& leaves, Rule& rule) {
  for (Leaf& leaf : leaves) {
    if (leaf.used || leaf.name != "conditions" || !leaf.list() || !leaf.shape->element) continue;
    const Shape* const type = leaf.shape->element->member("type");
    const Shape* const status = leaf.shape->element->member("status");
    if (!type || !status || status->texts == 0) continue;
    if (std::find(type->different.begin(), type->different.end(), "Ready") == type->different.end()) continue;
    Reading value = read(leaf, "[?@.type == 'Ready'].status");
    value.op = "first";
    value.modifiers += ", map: { \"True\": up, \"False\": offline, \"*\": unknown }";
    rule.values.push_back({"state", value.form(), "by its condition Ready", true});
    leaf.used = true;
    return;
  }
}

// `status: enabled` beside a state, `schedulingEligibility: ineligible`.
void add_enabled(std::vector<Leaf>& leaves, Rule& rule) {
  for (Leaf& leaf : leaves) {
    const Shape& s = *leaf.shape;
    if (leaf.used || leaf.path.size() != 1 || s.words == 0 || s.texts + s.nulls != s.seen) continue;
    if (!has_token(leaf.name, "status state eligibility admin mode")) continue;
    std::string map;
    for (const std::string& word : s.different) {
      const std::string one = plain(word);
      const bool on = in_list(one, "enabled eligible"), off = in_list(one, "disabled ineligible");
      if (!on && !off) map = "-";
      if (map != "-") map += (map.empty() ? "" : ", ") + yaml_quoted(word) + (on ? ": 1" : ": 0");
    }
    if (map == "-") continue;
    Reading value = read(leaf);
    value.modifiers += ", map: { " + map + " }";
    rule.values.push_back({"enabled", value.form(), "add the words that were not seen", true});
    leaf.used = true;
    return;
  }
}

// `job: null`, or an object.
void add_busy(const Shape& item, Rule& rule) {
  for (const Shape::Member& member : item.members) {
    const Shape& s = *member.shape;
    const std::string name = plain(member.name);
    const bool current = in_list(name,
                                 "current_job current_task current_build running_job running_task current_executable "
                                 "assigned_request current_request");
    if (!current && !(in_list(name, "job task build") && s.objects > 0)) continue;
    if (s.objects + s.nulls != s.seen || (!current && s.objects == item.objects)) continue;
    const std::string query = "@" + query_name(member.name);
    rule.values.push_back(
        {"busy", "{ test: " + yaml_quoted(query + " && " + query + " != null") + " }", "while it has one", true});
    return;
  }
}

}  // namespace

void add_other_states(const Shape& item, std::vector<Leaf>& leaves, Rule& rule) {
  if (!says(rule, "enabled")) add_enabled(leaves, rule);
  if (!says(rule, "state up")) add_condition(leaves, rule);
  const bool word = std::any_of(rule.values.begin(), rule.values.end(), [](const Line& l) {
    return l.key == "state" && l.value.find(": busy,") != std::string::npos;
  });
  if (!word && !says(rule, "busy open_tasks load") && !item.is_row) add_busy(item, rule);
}

}  // namespace tallyman::infer
