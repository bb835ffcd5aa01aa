#include "infer/capacity.h"

#include <algorithm>
#include <map>
#include <string>

#include "infer/yaml.h"

namespace tallyman::infer {
namespace {

constexpr std::size_t deepest = 3;
constexpr double most_of_anything = 100'000;  // more than that are bytes

constexpr std::string_view used_words =
    "busy used active running current occupied allocated alloc consumed taken assigned working executing inuse load "
    "leased";
constexpr std::string_view unused_words = "free idle available avail remaining unused spare vacant";
constexpr std::string_view total_words = "total max maximum limit capacity size all cap";
constexpr std::string_view fillers = "num number nb n count of in use now parallel concurrent";
// Of these there are so many; of the others many pass, and their total is a counter.
constexpr std::string_view slots = "slot thread cpu vcpu core executor worker gpu permit seat license lane";
constexpr std::string_view passing =
    "request connection conn session task job message build run event call client container pod instance vm process "
    "proc "
    "child children";
// What is used and limited too, and is no work.
constexpr std::string_view other_things =
    "memory mem ram rss heap swap disk storage fs space volume file fd fds inode socket byte kb mb gb tb kib mib gib "
    "tib page "
    "pagination paging offset progress step position queue backlog buffer cache time age ms second sec rate percent "
    "pct ratio min avg mean peak first version id network bandwidth timeout interval duration retry attempt "
    "restart quota weight score temperature power heartbeat uptime";
// Beside these a total is the sum of what was done.
constexpr std::string_view outcomes =
    "completed failed succeeded finished done success successful error errored passed";

enum class Part : unsigned char { none, used, unused, total, whole, outcome };

struct Name {
  Part part = Part::none;
  std::string stem;
  bool by_total = false;  // `total`, which may be a counter's word
};

std::string without_plural(std::string_view token) {
  if (token.ends_with("sses"))
    token.remove_suffix(2);
  else if (token.size() > 2 && token.ends_with('s') && !token.ends_with("ss"))
    token.remove_suffix(1);
  return std::string(token);
}

bool says_nothing(std::string_view stem) {
  return stem.empty() || in_list(stem, "pool stat statu state info metric usage");
}
std::string_view last_of(std::string_view stem) { return stem.substr(stem.rfind('_') + 1); }

Name name_of(const Leaf& leaf) {
  // Puma's: threads that have no work, under a name of their own.
  const std::string full = leaf.name == "pool_capacity"
                               ? leaf.full.substr(0, leaf.full.size() - leaf.name.size()) + "free_threads"
                               : leaf.full;
  Name out;
  std::string_view used, unused, total;
  bool outcome = false;
  for (const std::string_view token : tokens(full)) {
    const std::string one = without_plural(token);
    if (in_list(one, other_things)) return {};
    if (in_list(token, unused_words)) {
      unused = token;
    } else if (in_list(token, used_words)) {
      used = used.empty() || used == "current" ? token : used;
    } else if (in_list(token, total_words)) {
      if (!total.empty() && !(in_list(total, "max maximum limit") && token == "size")) return {};
      total = token;
    } else if (in_list(one, outcomes)) {
      outcome = true;
    } else if (!in_list(token, fillers)) {
      out.stem += (out.stem.empty() ? "" : "_") + one;
    }
  }
  if (used.empty() && has_token(leaf.full, "use") && has_token(leaf.full, "in")) used = "use";
  if (outcome) {
    out.part = used.empty() && unused.empty() && total.empty() ? Part::outcome : Part::none;
    return out;
  }
  // `used_capacity` is used; `max_used` was once, and `max_idle` is a wish.
  if (total == "capacity" && (!used.empty() || !unused.empty())) total = {};
  if (used == "current" && (!unused.empty() || !total.empty())) used = {};
  const int said = !used.empty() + !unused.empty() + !total.empty();
  if (said > 1) return {};
  if (!used.empty()) out.part = Part::used;
  if (!unused.empty()) out.part = Part::unused;
  if (!total.empty()) out.part = Part::total;
  if (said == 0 && in_list(last_of(out.stem), slots)) out.part = Part::whole;
  out.by_total = total == "total" || total == "all";
  return out;
}

bool is_figure(const Leaf& leaf) {
  const Shape& s = *leaf.shape;
  return !leaf.used && leaf.path.size() <= deepest && !leaf.path.empty() && s.numeric() && s.durations == 0 &&
         s.most < 1e15 && (s.least >= 0 || (s.minus_one && s.least == -1)) && moment_of(s, leaf.name) == Moment::none;
}

// Hardly ever more than the whole.
bool fits(const Leaf& part, const Leaf& whole, const std::vector<decode::Node>& items) {
  std::size_t both = 0, over = 0;
  for (const decode::Node item : items) {
    const auto a = number_at(item, part), b = number_at(item, whole);
    if (!a || !b || *b <= 0) continue;
    ++both;
    over += *a > *b;
  }
  return both > 0 && over * 10 <= both;
}

struct Said {
  std::size_t leaf;
  Name name;
};

// How well two names go together: 0 not at all.
int together(const Name& part, const Name& whole) {
  if (whole.part == Part::whole && whole.stem == part.stem) return 3;
  if (whole.part == Part::total && whole.stem == part.stem) return 4;
  const auto longer_by_slot = [](const std::string& more, const std::string& less) {
    const std::string_view last = last_of(more);
    const std::string start = more.substr(0, more.size() - last.size());
    return in_list(last, slots) && (less.empty() ? start.empty() : start == less + "_");
  };
  // `idle` may be of anything.
  if (longer_by_slot(whole.stem, part.stem)) return part.part == Part::used ? 2 : 0;  // busy, max_threads
  // numActive, activeConnections; maximumPoolSize
  const bool pool = whole.part == Part::total && whole.stem == "pool" && part.part == Part::used;
  if (pool && (part.stem.empty() || in_list(part.stem, slots) || in_list(part.stem, passing))) return 1;
  return whole.part == Part::total && longer_by_slot(part.stem, whole.stem) ? 1 : 0;  // busy_slots, capacity
}

bool fills(const std::vector<Field>& fields, std::string_view key, const Leaf& leaf) {
  std::string comment;
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
    return field.key == key && in_list(leaf.name, field.names) &&
           (leaf.path.size() <= 1 || may_hold_fields(leaf.parent)) && value_for(field, leaf, comment);
  });
}

std::optional<std::string> figure(const Leaf& leaf, Want want) {
  std::string comment;
  return value_for({"load", "", want, 0}, leaf, comment);
}

void add_pair(const Capacity& pair, const std::vector<Leaf>& leaves, Rule& rule) {
  const auto whole = [&](std::size_t i) { return figure(leaves[i], Want::number).value_or(""); };
  const auto part = [&](std::size_t i) {
    return read(leaves[i]).op == "path" ? read(leaves[i]).text() : read(leaves[i]).form();
  };
  const auto all = [&](std::size_t a, std::size_t b) { return "[" + part(a) + ", " + part(b) + "]"; };
  const bool used = pair.used != Capacity::no_leaf, total = pair.total != Capacity::no_leaf;
  rule.values.push_back(used
                            ? Line{"load", whole(pair.used), pair.sure ? "in use" : "in use, of what is not said", true}
                            : Line{"load", "{ diff: " + all(pair.total, pair.unused) + " }", "what is not free", true});
  rule.values.push_back(total
                            ? Line{"max_load", whole(pair.total), "of so many", true}
                            : Line{"max_load", "{ sum: " + all(pair.used, pair.unused) + " }", "used and free", true});
}

// A list of slots, of which some have work.
void add_slots(std::vector<Leaf>& leaves, bool with_max, Rule& rule) {
  const auto slots_in = std::find_if(leaves.begin(), leaves.end(), [](const Leaf& l) {
    return !l.used && l.list() && l.path.size() == 1 && in_list(l.name, "cores threads slots executors") &&
           l.shape->element && l.shape->element->objects > 0;
  });
  if (slots_in == leaves.end()) return;
  for (const Shape::Member& member : slots_in->shape->element->members) {
    if (!in_list(plain(member.name), "in_request busy active in_use current_executable")) continue;
    const Shape& s = *member.shape;
    std::string test;
    if (s.only(s.booleans))
      test = " == true";
    else if (s.numeric() && s.most <= 1)
      test = " == 1";
    else if (s.objects > 0)
      test = " && @" + query_name(member.name) + " != null";
    else
      continue;
    const std::string query = "@" + query_name(slots_in->path[0]);
    rule.values.push_back(
        {"load", "{ count: " + yaml_quoted(query + "[?@" + query_name(member.name) + test + "]") + " }", "", true});
    if (with_max) rule.values.push_back({"max_load", "{ count: " + yaml_quoted(query + "[*]") + " }", "", true});
    slots_in->used = true;
    return;
  }
}

}  // namespace

std::vector<decode::Node> nodes_of(const std::vector<Item>& items) {
  std::vector<decode::Node> out;
  for (const Item& item : items) out.push_back(item.chain.back());
  return out;
}

Capacity capacity_of(const std::vector<Leaf>& leaves, const std::vector<decode::Node>& items,
                     const MayLimit& may_limit) {
  constexpr std::size_t most_parts = 64;
  std::vector<Said> parts, wholes;
  std::map<std::string, bool> done;  // stems beside which something is counted as done
  const bool puma = std::any_of(leaves.begin(), leaves.end(), [](const Leaf& l) { return l.name == "pool_capacity"; });
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (!is_figure(leaves[i])) continue;
    Name name = name_of(leaves[i]);
    if (name.part == Part::outcome) done[name.stem] = true;
    // Puma's: threads that exist, not threads that work.
    if (name.part == Part::none || name.part == Part::outcome || (puma && leaves[i].name == "running")) continue;
    auto& into = name.part == Part::used || name.part == Part::unused ? parts : wholes;
    if (into.size() < most_parts) into.push_back({i, std::move(name)});
  }
  Capacity best;
  int best_score = 0;
  for (const Said& part : parts) {
    const auto score_of = [&](int by_names, const std::string& stem) {
      const bool slot = in_list(last_of(stem), slots);
      const int depth = static_cast<int>(deepest - leaves[part.leaf].path.size());
      return by_names + (slot ? 20 : 0) + (part.name.part == Part::used ? 8 : 0) + 40 * depth;
    };
    for (const Said& whole : wholes) {
      const int by_names = together(part.name, whole.name);
      if (by_names == 0) continue;
      const std::string& stem = part.name.stem.size() > whole.name.stem.size() ? part.name.stem : whole.name.stem;
      const bool slot = in_list(last_of(stem), slots);
      if (whole.name.by_total && (in_list(last_of(stem), passing) || (!slot && done.contains(stem)))) continue;
      if (!slot && !says_nothing(stem) &&
          (whole.name.by_total || (leaves[whole.leaf].path.size() > 1 && !in_list(last_of(stem), passing))))
        continue;
      if (!slot && leaves[whole.leaf].shape->most > most_of_anything) continue;
      const int score = score_of(by_names, stem);
      if (score <= best_score || !may_limit(leaves[whole.leaf])) continue;
      if (!fits(leaves[part.leaf], leaves[whole.leaf], items)) continue;
      best = {};
      (part.name.part == Part::used ? best.used : best.unused) = part.leaf;
      best.total = whole.leaf;
      best.named = slot || in_list(last_of(stem), passing);
      best.sure = best.named || has_token(leaves[part.leaf].name, "busy occupied working running use inuse executing");
      best_score = score;
    }
    if (part.name.part != Part::used) continue;
    // What is used and what is free make the whole.
    for (const Said& other : parts) {
      if (other.name.part != Part::unused || other.name.stem != part.name.stem) continue;
      if (!in_list(last_of(part.name.stem), slots) || score_of(0, part.name.stem) <= best_score) continue;
      best = {.used = part.leaf, .unused = other.leaf, .sure = true, .named = true};
      best_score = score_of(0, part.name.stem);
    }
  }
  return best;
}

Capacity reserve_capacity(const std::vector<Field>& fields, std::vector<Leaf>& leaves,
                          const std::vector<decode::Node>& items, const MayLimit& may_limit, Filled& filled) {
  const auto named = [&](std::string_view key) {
    return std::any_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return fills(fields, key, leaf); });
  };
  if (named("load") && named("max_load")) return {};
  // Of the service as a whole only what it says outright: further in stand all kinds of things.
  const bool whole =
      items.size() == 1 && std::none_of(fields.begin(), fields.end(), [](const Field& f) { return f.weight > 0; });
  Capacity pair = capacity_of(leaves, items, may_limit);
  for (const std::size_t i : {pair.used, pair.unused, pair.total})
    if (i != Capacity::no_leaf && whole && (leaves[i].path.size() > 1 || !pair.named)) return {};
  if (!pair) return pair;
  for (const std::size_t i : {pair.used, pair.unused, pair.total})
    if (i != Capacity::no_leaf) leaves[i].used = i != pair.used || !fills(fields, "open_tasks", leaves[i]);
  filled["load"] = filled["max_load"] = nullptr;
  return pair;
}

void add_capacity(const Capacity& pair, std::vector<Leaf>& leaves, const Filled& filled, Rule& rule) {
  if (pair) return add_pair(pair, leaves, rule);
  const auto max = filled.find("max_load");
  if (filled.contains("load")) return;
  const auto open = filled.find("open_tasks");
  if (open != filled.end() && open->second && (max != filled.end() || open->second->list())) {
    const auto value = figure(*open->second, open->second->list() ? Want::list : Want::count);
    if (value) rule.values.push_back({"load", *value, "the same as open_tasks", true});
    return;
  }
  add_slots(leaves, max == filled.end(), rule);
}

}  // namespace tallyman::infer
