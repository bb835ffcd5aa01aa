#include "infer/rules.h"

#include <algorithm>

#include "infer/capacity.h"
#include "infer/states.h"
#include "infer/tasks.h"
#include "infer/yaml.h"

namespace tallyman::infer {
namespace {

// From an item to the item of the list around it: the steps of the language.
std::size_t steps_out(const Judged& list) { return queries_of(list.list.steps.back(), false).size(); }

Leaf* find(std::vector<Leaf>& leaves, const auto& good) {
  const auto found = std::find_if(leaves.begin(), leaves.end(), [&](const Leaf& l) { return !l.used && good(l); });
  return found == leaves.end() ? nullptr : &*found;
}

void mark(std::vector<Leaf>& leaves, const std::vector<Leaf>& parts) {
  for (Leaf& leaf : leaves)
    for (const Leaf& part : parts)
      if (leaf.path == part.path) leaf.used = true;
}

// Fills what the names say and is not filled, each key and each leaf once.
void fill(const std::vector<Field>& fields, std::vector<Leaf>& leaves, Rule& rule, Filled& filled) {
  const bool pool_capacity =
      std::any_of(leaves.begin(), leaves.end(), [](const Leaf& l) { return l.name == "pool_capacity"; });
  std::vector<Leaf*> nearest_first;
  for (std::size_t depth = 0; depth <= 8; ++depth)
    for (Leaf& leaf : leaves)
      if (leaf.path.size() == depth) nearest_first.push_back(&leaf);
  const auto take = [&](const Field& field, Leaf& leaf) {
    if (field.key == "last_seen" && is_record_time(leaf, leaves)) return false;
    // Puma's: threads that exist, not threads that work.
    if (pool_capacity && leaf.name == "running" && field.want == Want::count) return false;
    Line line;
    const auto value = value_for(field, leaf, line.comment);
    if (!value) return false;
    const bool task = field.key.starts_with("tasks.");
    line.value = *value;
    line.live = line.comment != unsure;
    line.key = task ? field.key.substr(6) : field.key;
    (task ? rule.tasks : rule.values).push_back(std::move(line));
    leaf.used = true;
    filled[std::string(field.key)] = &leaf;
    return true;
  };
  // The names themselves, then what is left of longer ones.
  for (const bool longer : {false, true})
    for (const Field& field : fields) {
      const auto name_of = [&](const Leaf& leaf) {
        if (!longer) return leaf.name;
        if (field.key.starts_with("memory")) return bare(without_bytes(leaf.name), false);
        if (field.key.starts_with("tasks.")) return without_task(leaf.name);
        return rule.kind == "queues" ? std::string() : bare(leaf.name, field.want == Want::moment);
      };
      for (std::string_view names = field.names; !names.empty() && !filled.contains(field.key);) {
        const std::string_view name = names.substr(0, names.find(' '));
        names.remove_prefix(std::min(name.size() + 1, names.size()));
        for (Leaf* leaf : nearest_first) {
          const bool near = leaf->path.size() <= 1 || may_hold_fields(leaf->parent);
          const bool full =
              leaf->full == name || (longer && field.key.starts_with("memory") && without_bytes(leaf->full) == name);
          if (leaf->used || !(full || (near && name_of(*leaf) == name))) continue;
          if (take(field, *leaf)) break;
        }
      }
    }
}

// Used and free memory together are all of it; not what one process has and its host has left.
void add_memory_limit(std::vector<Leaf>& leaves, const Filled& filled, Rule& rule) {
  const auto memory = filled.find("memory");
  if (memory == filled.end() || !memory->second || filled.contains("memory_limit")) return;
  const Leaf& used = *memory->second;
  if (!used.row_name.empty() || !has_token(used.full, "used")) return;
  const auto unit = unit_of(used.name);
  const Leaf* const rest = find(leaves, [&](const Leaf& l) {
    const auto own = unit_of(l.name);
    return l.shape->numeric() && l.path.size() == used.path.size() &&
           std::equal(l.path.begin(), l.path.end() - 1, used.path.begin()) &&
           has_token(l.full, "free avail available") && !has_token(l.full, "swap disk") &&
           has_token(l.full, "mem memory ram") && (own ? own->token : "") == (unit ? unit->token : "");
  });
  if (!rest) return;
  const std::string as = unit && !unit->as.empty() ? ", as: " + std::string(unit->as) : "";
  rule.values.push_back({"memory_limit",
                         "{ sum: [" + read(used).argument + ", " + read(*rest).argument + "]" + as + " }",
                         "used and free", true});
}

void add_group(std::vector<Leaf>& leaves, const std::string& parent, const char* key, Rule& rule) {
  Leaf* group = find(leaves, [&](const Leaf& l) {
    return names_group(l.name) && l.shape->texts > 0 && l.shape->texts + l.shape->nulls == l.shape->seen &&
           l.parent == parent;
  });
  if (!group) return;
  group->used = true;
  rule.values.push_back({key, read(*group).text(), "", true});
}

void name_queue(const Judged& list, const Around& around, Rule& rule) {
  const Judged* const parent = around.parent;
  if (parent && parent->role == Role::queues) {
    if (around.grandparent && !around.grandparent->identity.key)
      rule.values.push_back(
          {"namespace", around.grandparent->identity.value(steps_out(list) + steps_out(*parent)), "", true});
    rule.identity = parent->identity.value(steps_out(list));
    rule.values.push_back({"queue", rule.identity, "of the list around it", true});
    rule.values.push_back({"consumer_group", list.identity.value(0), "", true});
    return;
  }
  if (parent && !parent->identity.key && parent->role == Role::none)
    rule.values.push_back({"namespace", parent->identity.value(steps_out(list)), "", true});
  rule.identity = list.identity.value(0);
  rule.values.push_back({"queue", rule.identity, "", true});
}

void name_worker(const Judged& list, const Around& around, Rule& rule) {
  rule.identity = list.identity.value(0);
  const Judged* const parent = around.parent;
  if (parent && list.identity.unique && !parent->identity.key)
    rule.values.push_back({"pool", parent->identity.value(steps_out(list)), "of the list around it", true});
  if (parent && !list.identity.unique)
    rule.identity = "{ concat: [" + parent->identity.value(steps_out(list)) + ", \"/\", " + rule.identity + "] }";
  rule.values.insert(rule.values.begin(), {"worker", rule.identity, "", true});
  if (!list.identity.other.empty())
    rule.values.push_back({"worker", list.identity.other, "another name of it, if that is the better one", false});
}

void warn_of_identity(const Judged& list, Rule& rule) {
  const Identity& id = list.identity;
  if (id.short_lived)
    rule.notes.push_back(
        "MANY SERIES: the name is a client's port, a process or an id: each new one makes new series. Take a steadier "
        "value.");
  if (!id.everywhere) rule.notes.push_back("NOT ALL items have this name: those without are left out.");
  if (id.key && !list.list.map())
    rule.notes.push_back(
        "NO NAME was found that tells the items apart: the place in the list is taken, which may change.");
  else if (!id.unique && !(list.list.parent != no_list && id.unique_in_parent))
    rule.notes.push_back(
        "NOT UNIQUE: several items have this name and become one. Join it with a second value (concat).");
  if (const std::string& mark = list.list.steps.back().mark; !mark.empty())
    rule.notes.push_back("Of the object's members those that have `" + mark + "` are taken: others stand beside them.");
  if (list.list.item->members_left_out)
    rule.notes.push_back("MANY MEMBERS: of an item only the first " + std::to_string(most_members) +
                         " were looked at, and some texts more.");
  if (list.list.count > 1000)
    rule.notes.push_back("MANY ITEMS: " + std::to_string(list.list.count) + "; " + std::to_string(most_items) +
                         " of them were looked at. Leave out metrics that nobody needs.");
}

void estimate(Rule& rule, const List& list) {
  rule.items = list.count;
  rule.series_per_item = series_of(rule);
}

Figures figures(const Judged* list, const Around& around, const std::string& noun, std::size_t items) {
  return {plain(around.name) + (noun.empty() ? "" : "_" + noun) + "_", noun.empty() ? "the service" : "each " + noun,
          items, [list, &around](const Leaf& leaf) { return around.trend(list, leaf); }, around.names};
}

std::function<bool(const Leaf&)> may_limit(const Judged* list, const Around& around) {
  return [list, &around](const Leaf& leaf) { return around.trend(list, leaf) != Trend::grew; };
}

Rule count_rule(Judged& list, const Around& around) {
  Rule rule;
  rule.kind = "queues";
  rule.each = queries(list.list);
  rule.fold = true;
  rule.items = 1;
  if (const Leaf* found = queue_leaf(list.leaves, list.role)) {
    Leaf& leaf = list.leaves[static_cast<std::size_t>(found - list.leaves.data())];
    leaf.used = true;
    add_group(list.leaves, leaf.parent, "namespace", rule);
    rule.identity = read(leaf).text();
    rule.values.push_back({"queue", rule.identity, "", true});
    rule.items = leaf.shape->known.size();
  } else if (const Judged* const outer = around.parent; outer && outer->identity.unique &&
                                                        !outer->identity.short_lived &&
                                                        (!outer->identity.key || outer->list.map())) {
    rule.identity = outer->identity.value(steps_out(list));
    rule.values.push_back({"queue", rule.identity, "what they belong to", true});
    rule.items = outer->list.count;
  } else {
    rule.identity = yaml_quoted(guesses_of_list(list.list.name).empty() ? "tasks" : list.list.name);
    rule.values.push_back({"queue", rule.identity, "nothing says what they wait for: all are one queue", true});
  }
  if (list.role == Role::consumers) {
    rule.values.push_back({"consumers", "1", "", true});
  } else {
    const Leaf* const tally = tally_leaf(list.leaves, list.items.size());
    add_state(list.leaves, Role::tasks, tally ? 0 : list.items.size(), rule, around.names, "");
    const bool state = rule.values.back().key == "state";
    if (state)
      rule.values.push_back({"tasks", tally ? read(*tally).text() : "1", "", true});
    else if (progress_leaf(list.leaves))
      rule.tasks.push_back({"active", "1", "no state was found, but how far each is", true});
    else
      rule.tasks.push_back({"ready", "1", "no state was found: taken for waiting", true});
  }
  rule.notes.push_back(list.role == Role::consumers
                           ? "Consumers are counted by queue: each one by itself would be a series that comes and goes."
                           : "Tasks are counted by queue and state: a task's id is no label.");
  rule.notes.push_back("Figures of single items can be added as metrics; they are then summed up by queue.");
  rule.series_per_item = list.role == Role::consumers ? 1 : 7;
  return rule;
}

}  // namespace

std::size_t series_of(const Rule& rule) {
  std::size_t n = 0;
  for (const Line& line : rule.values)
    n += line.live && !in_list(line.key, "worker queue namespace consumer_group host version pool state");
  n += rule.tasks.size();
  for (const Metric& metric : rule.metrics)
    n += !metric.live ? 0
         : metric.type == "stateset"
             ? 1 + static_cast<std::size_t>(std::count(metric.states.begin(), metric.states.end(), ','))
             : 1;
  // The state set of 8, info, and what follows: up, enabled, busy, ready.
  return n + (rule.kind == "workers" ? 8 + 4 : 0);
}

bool is_bare(const Rule& rule) {
  return rule.tasks.empty() &&
         std::all_of(rule.values.begin(), rule.values.end(),
                     [](const Line& l) {
                       const bool listed = l.key == "up" && l.value == "1";
                       return !l.live || listed || in_list(l.key, "worker queue namespace version host pool");
                     }) &&
         std::all_of(rule.metrics.begin(), rule.metrics.end(), [](const Metric& m) { return m.type == "info"; });
}

std::optional<Rule> inside_rule(Judged& list, const Judged& outer, const Rule& outer_rule, const Around& around) {
  Rule rule;
  rule.kind = outer_rule.kind;
  const bool workers = outer.role == Role::workers;
  const std::string noun = workers ? "worker" : "queue";
  rule.each = queries(list.list);
  for (const Line& line : outer_rule.values)
    if (line.key == "namespace") return std::nullopt;  // which a query from here would have to repeat
  rule.identity = outer.identity.value(steps_out(list));
  rule.values.push_back({noun, rule.identity, "the text in it is JSON", true});
  // What the item says itself is not said twice.
  Filled filled;
  if (!is_bare(outer_rule))
    for (const Line& line : outer_rule.values) filled[line.key] = nullptr;
  for (const Line& line : outer_rule.tasks) filled["tasks." + line.key] = nullptr;
  const std::size_t before = rule.values.size();
  if (workers && !filled.contains("load") && !filled.contains("max_load")) {
    const Capacity pair =
        reserve_capacity(worker_fields(), list.leaves, nodes_of(list.items), may_limit(&list, around), filled);
    fill(worker_fields(), list.leaves, rule, filled);
    add_capacity(pair, list.leaves, filled, rule);
  } else {
    fill(workers ? worker_fields() : queue_fields(), list.leaves, rule, filled);
  }
  if (workers && !filled.contains("state"))
    add_state(list.leaves, outer.role, list.items.size(), rule, around.names, plain(around.name) + "_");
  add_figures(figures(&list, around, noun, list.items.size()), list.leaves, rule);
  if (rule.values.size() == before && rule.tasks.empty() && rule.metrics.empty()) return std::nullopt;
  estimate(rule, list.list);
  return rule;
}

Rule rule_of(Judged& list, const Around& around) {
  if (list.role == Role::consumers || list.role == Role::tasks) return count_rule(list, around);
  Rule rule;
  const bool workers = list.role == Role::workers;
  rule.kind = workers ? "workers" : "queues";
  rule.each = queries(list.list);
  // Queues listed by each worker: how many workers serve them.
  if (!workers && around.parent && around.parent->role == Role::workers) {
    rule.fold = true;
    rule.identity = list.identity.value(0);
    rule.values = {{"queue", rule.identity, "", true}};
    // What waits at each of them: summed up.
    mark(list.leaves, list.identity.parts);
    std::vector<Field> tasks;
    for (const Field& field : queue_fields())
      if (field.key.starts_with("tasks.") && field.key != "tasks.completed" && field.key != "tasks.failed")
        tasks.push_back(field);
    Filled filled;
    fill(tasks, list.leaves, rule, filled);
    rule.values.push_back({"consumers", "1", "workers that serve it", true});
    rule.series_per_item = 1 + rule.tasks.size();
    rule.items = list.list.count;
    return rule;
  }
  warn_of_identity(list, rule);
  if (workers)
    name_worker(list, around, rule);
  else
    name_queue(list, around, rule);
  mark(list.leaves, list.identity.parts);
  const bool consumer = !workers && around.parent && around.parent->role == Role::queues;
  if (!workers && !consumer &&
      !std::any_of(rule.values.begin(), rule.values.end(), [](const Line& l) { return l.key == "namespace"; })) {
    add_group(list.leaves, "", "namespace", rule);
    if (rule.values.back().key == "namespace") std::swap(rule.values.front(), rule.values.back());
  }
  const std::string noun = consumer ? "consumer" : workers ? "worker" : "queue";
  // Words are states, which are looked for below.
  if (list.leaves.size() == 1 && list.leaves[0].path.empty() && list.leaves[0].shape->texts == 0) {
    Leaf& self = list.leaves[0];
    self.used = true;
    std::string comment;
    if (self.list()) {
      for (const char* key : {"open_tasks", "load"})
        if (const auto tasks = value_for({key, "", Want::list, 0}, self, comment))
          rule.values.push_back({key, *tasks, comment, true});
    } else if (workers)
      rule.values.push_back({"up", "\"@\"", "", true});
    else
      rule.tasks.push_back({"ready", "\"@\"", "taken for waiting tasks", true});
  }
  // A server's proxy is its pool; both stand in its name already.
  if (workers)
    for (const Leaf& part : list.identity.parts)
      if (part.name == "pxname") rule.values.push_back({"pool", read(part).text(), "", true});
  Filled filled;
  if (workers) {
    const Capacity pair =
        reserve_capacity(worker_fields(), list.leaves, nodes_of(list.items), may_limit(&list, around), filled);
    fill(worker_fields(), list.leaves, rule, filled);
    add_capacity(pair, list.leaves, filled, rule);
    add_memory_limit(list.leaves, filled, rule);
  } else {
    fill(queue_fields(), list.leaves, rule, filled);
  }
  // A second pool would be an error.
  bool pool = false;
  std::erase_if(rule.values, [&](const Line& l) { return l.key == "pool" && std::exchange(pool, true); });
  add_state(list.leaves, list.role, list.items.size(), rule, around.names, plain(around.name) + "_" + noun + "_");
  if (workers) add_other_states(*list.list.item, list.leaves, rule);
  add_figures(figures(&list, around, noun, list.items.size()), list.leaves, rule);
  if (workers && !filled.contains("up") && !filled.contains("last_seen") &&
      std::none_of(rule.values.begin(), rule.values.end(),
                   [](const Line& l) { return l.key == "state" || l.key == "up"; })) {
    // Of workers that have nothing but names: that they are there.
    const bool bare = is_bare(rule);
    rule.values.push_back({"up", "1",
                           bare ? "being listed is taken for being connected" : "if being listed means being connected",
                           bare});
  }
  estimate(rule, list.list);
  return rule;
}

Rule service_rule(std::vector<Leaf> leaves, decode::Node root, const Around& around) {
  Rule rule;
  rule.kind = "service";
  Filled filled;
  add_task_counts(leaves, [&](const Leaf& leaf) { return around.trend(nullptr, leaf) == Trend::grew; }, rule);
  const Capacity pair = reserve_capacity(service_fields(), leaves, {root}, may_limit(nullptr, around), filled);
  fill(service_fields(), leaves, rule, filled);
  add_capacity(pair, leaves, filled, rule);
  add_figures(figures(nullptr, around, "", 1), leaves, rule);
  if (rule.tasks.empty() && rule.metrics.empty() &&
      std::none_of(rule.values.begin(), rule.values.end(), [](const Line& l) { return l.live; })) {
    // What is too doubtful to be a start (`uptime` without a unit) is a figure still, and the only one.
    for (Leaf& leaf : leaves) leaf.used = false;
    add_figures(figures(nullptr, around, "", 1), leaves, rule);
  }
  rule.series_per_item = rule.values.size() + rule.tasks.size() + rule.metrics.size();
  return rule;
}

Rule labelled_rule(Judged& list, const Around& around) {
  Rule rule;
  rule.kind = "service";
  rule.each = queries(list.list);
  warn_of_identity(list, rule);
  mark(list.leaves, list.identity.parts);
  const std::string noun = singular(list.list.name);
  rule.identity = list.identity.value(0);
  rule.labels.push_back({label_name(noun), rule.identity, "", true});
  Figures about = figures(&list, around, noun, list.items.size());
  about.labels.insert(rule.labels[0].key);
  if (list.list.steps[0].names.empty() && noun == singular(plain(around.name)))
    about.prefix = plain(around.name) + "_";  // said once
  add_state(list.leaves, Role::none, list.items.size(), rule, around.names, about.prefix, noun);
  add_figures(about, list.leaves, rule);
  estimate(rule, list.list);
  return rule;
}

}  // namespace tallyman::infer
