#include "infer/scoring.h"

#include <algorithm>
#include <map>
#include <set>

#include "infer/capacity.h"
#include "infer/tasks.h"

namespace tallyman::infer {
namespace {

constexpr int enough = 6;
constexpr std::size_t most_states = 12;

int evidence(const std::vector<Field>& fields, const std::vector<Leaf>& leaves, std::set<std::string_view>& keys) {
  std::set<const Leaf*> used;
  int out = 0;
  for (const Field& field : fields) {
    if (keys.contains(field.key)) continue;
    for (const Leaf& leaf : leaves) {
      std::string comment;
      if (used.contains(&leaf) || (field.key == "last_seen" && is_record_time(leaf, leaves))) continue;
      const bool task = field.key.starts_with("tasks.") && has_token(leaf.name, "jobs messages msgs slots") &&
                        in_list(without_task(leaf.name), field.names);
      if (!task && !in_list(leaf.name, field.names)) continue;
      if (leaf.path.size() > 1 && !may_hold_fields(leaf.parent)) continue;
      if (!value_for(field, leaf, comment)) continue;
      out += field.weight;
      keys.insert(field.key);
      used.insert(&leaf);
      break;
    }
  }
  return out;
}

std::size_t known_words(const Leaf& leaf, Role role) {
  return static_cast<std::size_t>(
      std::count_if(leaf.shape->different.begin(), leaf.shape->different.end(), [&](const std::string& word) {
        return !(role == Role::tasks ? task_state_of(word) : worker_state_of(word)).empty();
      }));
}

bool has_figures(const Shape& s, std::size_t depth = 0) {
  if (s.booleans > 0 || s.numeric()) return true;
  if (depth < 4 && s.element && s.element->objects > 0 && has_figures(*s.element, depth + 1)) return true;
  return depth < 4 && std::any_of(
                          s.members.begin(), s.members.end(),
                          [&](const Shape::Member& m) { return has_figures(*m.shape, depth + 1); });
}

Judged judge_one(decode::Node root, const List& list) {
  Judged out;
  out.list = list;
  out.leaves = leaves_of(*list.item, true);
  out.items = items_of(root, list.steps, items_judged);
  out.figures = has_figures(*list.item);
  if (list.single()) {  // no list, and none of its own
    out.identity.key = true;
    return out;
  }
  std::map<Role, int> weights;
  for (const Guess& guess : guesses_of_list(list.name))
    weights[guess.role] = std::max(weights[guess.role], guess.weight);
  const Shape& s = *list.item;
  // celery@host: what is so called is at work somewhere.
  if (list.map() && std::all_of(out.items.begin(), out.items.end(), [](const Item& item) {
        const std::size_t at = item.keys.back().find('@');
        return at != std::string::npos && at > 0 && at + 1 < item.keys.back().size();
      }))
    weights[Role::workers] = std::max(weights[Role::workers], 5);
  const bool scalars = s.objects == 0 && !s.is_row;
  if (scalars) {
    // A map from names to figures: only its name, or its keys, can say what of.
    if (s.words > 0 && !list.map()) {
      out.role = Role::workers;
      out.score = weights[Role::workers];
      out.identity.parts = {out.leaves[0]};
      out.identity.weight = 10;
      out.identity.short_lived = std::any_of(s.different.begin(), s.different.end(), looks_short_lived);
      return out;
    }
    const bool flags = s.only(s.booleans);
    const bool queues = weights[Role::queues] >= 4 && s.numeric();
    const auto states = [&](Role role) { return state_leaf(out.leaves, role, out.items.size()) != nullptr; };
    if (queues)
      out.role = Role::queues;
    else if (weights[Role::tasks] > 0 && states(Role::tasks))
      out.role = Role::tasks;
    else if (flags || states(Role::workers) || (s.arrays > 0 && list.map() && weights[Role::workers] >= 4))
      out.role = Role::workers;
    if (out.role != Role::none) out.score = std::max(weights[out.role], 4) + 2;
    out.identity = identity_of(list, out.role, out.leaves, out.items);
    return out;
  }
  if (tally_leaf(out.leaves, out.items.size())) {
    out.role = Role::tasks;
    out.score = 12;
    out.identity = identity_of(list, out.role, out.leaves, out.items);
    return out;
  }
  struct Found {
    Role role;
    int score;
  };
  std::vector<Found> found;
  std::set<std::string_view> worker_keys, queue_keys;
  int worker_evidence = evidence(worker_fields(), out.leaves, worker_keys);
  // A pair that the names alone do not give.
  if (!worker_keys.contains("max_load") || !(worker_keys.contains("load") || worker_keys.contains("open_tasks"))) {
    std::vector<Leaf> leaves = out.leaves;
    Filled filled;
    const auto any = [](const Leaf&) { return true; };
    if (const Capacity pair = reserve_capacity(worker_fields(), leaves, nodes_of(out.items), any, filled))
      worker_evidence += pair.sure ? 3 : 1;
  }
  const int queue_evidence = evidence(queue_fields(), out.leaves, queue_keys);
  const Leaf* worker_state = state_leaf(out.leaves, Role::workers, out.items.size());
  // What is called anything but tasks, workers or queues may be tasks by what is in it.
  if (std::all_of(weights.begin(), weights.end(), [](const auto& one) { return one.second < 3; }) &&
      are_tasks(out.leaves, out.items.size()))
    weights[Role::tasks] = std::max(weights[Role::tasks], 4);
  const bool tasks_named = weights[Role::tasks] > 0;
  // Tasks have states and times like workers; what a list is called weighs more then.
  found.push_back(
      {Role::workers, weights[Role::workers] + worker_evidence + (worker_state ? 2 : 0) - (tasks_named ? 6 : 0)});
  found.push_back({Role::queues, weights[Role::queues] + queue_evidence - (tasks_named ? 4 : 0)});
  if (weights[Role::consumers] > 0 && queue_leaf(out.leaves, Role::consumers))
    found.push_back({Role::consumers, weights[Role::consumers] + 6});
  const bool task_state = state_leaf(out.leaves, Role::tasks, out.items.size());
  if (tasks_named && (task_state || queue_leaf(out.leaves, Role::tasks) || progress_leaf(out.leaves)))
    found.push_back({Role::tasks, weights[Role::tasks] + 2 + (task_state ? 4 : 0)});
  const auto best =
      std::max_element(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.score < b.score; });
  out.role = best->role;
  out.score = best->score;
  out.identity = identity_of(list, out.role, out.leaves, out.items);
  if (out.identity.unique && (!out.identity.key || list.map())) out.score += 2;
  if (out.identity.key && out.identity.key_outer == 0 && !list.steps.back().within.empty())
    out.score = 0;  // every key is `node`
  // A worker that is listed is one, and when it was seen is a figure.
  const bool seen = std::any_of(worker_keys.begin(), worker_keys.end(),
                                [](std::string_view key) { return !in_list(key, "version host pool"); });
  const bool listed =
      out.role == Role::workers && (seen || (weights[Role::workers] >= 5 && out.identity.unique &&
                                             (!out.identity.key || list.map()) && !out.identity.short_lived));
  const bool measurable =
      out.figures || listed || worker_state || out.role == Role::consumers || out.role == Role::tasks;
  if (out.score < enough || !measurable) out.role = Role::none;
  // Without a name that says so, what is a worker has to show more than a version and a flag.
  if (out.role == Role::workers && weights[Role::workers] == 0 && worker_evidence < 5) out.role = Role::none;
  if (out.role == Role::queues && weights[Role::queues] == 0 && queue_evidence < 5) out.role = Role::none;
  return out;
}

}  // namespace

namespace {

// A name that is another one on each item is the task's own, and a queue of it would come and go with the task. What is
// called a queue is one also where each holds a single task; of kinds there are few, and a small sample may have each
// once.
bool names_each_task(std::string_view name, const Shape& s) {
  if (in_list(name, "queue_name queue task_queue partition routing_key channel pool")) return false;
  if (std::any_of(s.different.begin(), s.different.end(), looks_short_lived)) return true;
  const bool own = in_list(name, "name job_name task_name workflow_name");
  return s.known.size() == s.seen - s.nulls && s.seen >= (own ? 3U : 8U);
}

}  // namespace

const Leaf* queue_leaf(const std::vector<Leaf>& leaves, Role role) {
  for (const char* name :
       {"queue_name", "queue", "task_queue", "partition", "routing_key", "channel", "pool", "function", "type", "name",
        "method", "class", "dag_id", "workflow", "workflow_name", "job_name", "task_name", "pipeline", "kind"}) {
    for (const Leaf& leaf : leaves) {
      const Shape& s = *leaf.shape;
      if (leaf.full != name || s.texts == 0 || s.texts + s.nulls != s.seen || s.times > 0) continue;
      if (role == Role::consumers && !std::string_view(name).starts_with("queue")) continue;
      if (names_each_task(name, s)) continue;
      return &leaf;
    }
  }
  return nullptr;
}

const Leaf* progress_leaf(const std::vector<Leaf>& leaves) {
  const auto found = std::find_if(leaves.begin(), leaves.end(), [](const Leaf& leaf) {
    return has_token(leaf.full, "progress percent percentage") && (leaf.shape->numeric() || leaf.shape->percents > 0);
  });
  return found == leaves.end() ? nullptr : &*found;
}

const Leaf* state_leaf(const std::vector<Leaf>& leaves, Role role, std::size_t items) {
  const Leaf* best = nullptr;
  for (const Leaf& leaf : leaves) {
    const Shape& s = *leaf.shape;
    if (leaf.used || !(names_state(leaf.name) || leaf.path.empty()) || s.words == 0 || s.texts + s.nulls != s.seen)
      continue;
    // `{"status": {"connector": {"state": ..}}}`: what only wraps does not count.
    const std::size_t deepest = !leaf.path.empty() && may_hold_fields(plain(leaf.path[0])) ? 3 : 2;
    if (leaf.path.size() > deepest || s.different.size() > most_states) continue;
    if (role == Role::workers && has_token(leaf.parent, "job task build run execution")) continue;  // of its task
    if (items >= 8 && s.different.size() * 2 > items) continue;
    if (known_words(leaf, role) == 0) continue;
    if (!best || known_words(leaf, role) > known_words(*best, role)) best = &leaf;
  }
  return best;
}

std::vector<Judged> judge(decode::Node root, const std::vector<List>& lists) {
  std::vector<Judged> out;
  for (const List& list : lists) {
    // Rows of several kinds (frontends, servers, backends) are a list each.
    std::vector<List> parts;
    if (list.item->is_row && list.item->element)
      for (const Shape::Member& member : list.item->element->members) {
        if (!has_token(plain(member.name), "type kind class role") || member.shape->words < member.shape->seen)
          continue;
        if (member.shape->different.size() < 2 || member.shape->different.size() > 6) continue;
        for (const std::string& word : member.shape->different) {
          if (guesses_of_list(plain(word)).empty()) continue;
          List part = list;
          part.steps.back().kind_name = member.name;
          part.steps.back().kind_value = word;
          part.name = plain(word);
          const std::vector<Item> items = items_of(root, part.steps, items_judged);
          part.count = items.size();
          // A frontend's figures are no server's.
          auto own = std::make_shared<Shape>(shape_of(nodes_of(items)));
          find_maps(*own, part.name);
          // Their states may be.
          for (Shape::Member& own_member : own->members)
            if (const Shape* all = list.item->member(own_member.name); all && names_state(plain(own_member.name)))
              own_member.shape->different = all->different;
          part.own = own;
          part.item = part.own.get();
          parts.push_back(std::move(part));
        }
        if (!parts.empty()) break;
      }
    if (parts.empty()) parts.push_back(list);
    for (const List& part : parts) {
      out.push_back(judge_one(root, part));
      out.back().index = static_cast<std::size_t>(&list - lists.data());
    }
  }
  return out;
}

}  // namespace tallyman::infer
