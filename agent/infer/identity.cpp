#include "infer/identity.h"

#include <algorithm>
#include <unordered_set>

#include "infer/yaml.h"

namespace tallyman::infer {
namespace {

constexpr std::size_t most_candidates = 12;

struct Candidate {
  const Leaf* leaf = nullptr;
  int weight = 0;
  std::size_t different = 0, missing = 0;
  bool unique = false, unique_in_parent = false, short_lived = false, everywhere = true;
  bool figures = true;  // all of its texts
};

bool may_identify(const Leaf& leaf) {
  const Shape& s = *leaf.shape;
  if (s.times > 0 || s.durations > 0 || s.booleans > 0 || s.objects > 0 || s.arrays > 0) return false;
  if (names_secret(leaf.name) || names_time(leaf.name)) return false;
  if (leaf.path.size() > 2 || leaf.path.empty() || s.longest > 200) return false;
  if (s.texts > 0) return s.texts + s.nulls + s.numbers == s.seen;
  return s.numbers > 0 && s.integers == s.numbers && identity_weight(leaf.name, Role::none) > 0;
}

// "0.5", "1,5", "12 %", "1.2.3": what changes, and names nobody. An address has three dots.
bool is_figure(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.,%+- ") == std::string_view::npos &&
         text.find_first_of(".,%") != std::string_view::npos && std::count(text.begin(), text.end(), '.') != 3;
}

// The text that tells an item apart among all (chain) or among those of its parent.
std::string within(const Item& item, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < item.keys.size(); ++i) out += item.keys[i] + "\x1f";
  return out + "\x1e" + text;
}

template <class Text>
void weigh(const std::vector<Item>& items, Text text, Candidate& out) {
  std::unordered_set<std::string> all, inside;
  bool short_lived = false;
  for (const Item& item : items) {
    const std::string t = text(item);
    if (t.empty()) ++out.missing;
    out.figures = out.figures && (t.empty() || is_figure(t));
    all.insert(t);
    inside.insert(within(item, t));
    short_lived = short_lived || looks_short_lived(t);
  }
  out.everywhere = out.missing == 0;
  out.different = all.size();
  out.unique = all.size() == items.size();
  out.unique_in_parent = inside.size() == items.size();
  out.short_lived = short_lived;
}

Identity from(const Candidate& c) {
  Identity out;
  out.parts.push_back(*c.leaf);
  out.unique = c.unique;
  out.unique_in_parent = c.unique_in_parent;
  out.short_lived = c.short_lived;
  out.weight = c.weight;
  return out;
}

// Of a process or a connection.
bool of_a_connection(const Leaf& leaf) {
  return has_token(leaf.name, "port url uri href") ||
         in_list(leaf.name,
                 "pid cid sid connection_id client_id session_id job_id task_id build_id run_id "
                 "request_id message_id trace_id execution_id");
}

const Leaf* named(const std::vector<Leaf>& leaves, std::string_view name) {
  const auto found = std::find_if(leaves.begin(), leaves.end(), [&](const Leaf& l) { return l.full == name; });
  return found == leaves.end() ? nullptr : &*found;
}

Identity pair_of(const Leaf& a, const Leaf& b, const std::vector<Item>& items) {
  Identity out;
  out.parts = {a, b};
  Candidate seen;
  weigh(items, [&](const Item& item) { return out.of(item); }, seen);
  out.unique = seen.unique;
  out.unique_in_parent = seen.unique_in_parent;
  out.short_lived = seen.short_lived || of_a_connection(a) || of_a_connection(b);
  out.weight = 8;
  return out;
}

}  // namespace

std::string Identity::value(std::size_t outer) const {
  if (parts.empty()) outer += key_outer;
  const std::string out = outer > 0 ? ", outer: " + std::to_string(outer) : "";
  if (parts.empty()) return outer > 0 ? "{ text: \"{key}\"" + out + " }" : "\"{key}\"";
  const auto one = [&](Leaf leaf, bool nested) {
    leaf.outer = outer;
    const Reading reading = read(leaf);
    return nested && reading.op != "path" ? reading.form() : reading.text();
  };
  if (parts.size() == 1) return one(parts[0], false);
  return "{ concat: [" + one(parts[0], true) + ", \"/\", " + one(parts[1], true) + "] }";
}

std::string Identity::of(const Item& item) const {
  if (parts.empty()) return item.keys.empty() ? "" : item.keys.back();
  std::string text = text_at(item.chain.back(), parts[0]);
  if (parts.size() > 1) {
    const std::string second = text_at(item.chain.back(), parts[1]);
    text = text.empty() || second.empty() ? "" : text + "/" + second;
  }
  return text;
}

Identity identity_of(const List& list, Role role, const std::vector<Leaf>& leaves, const std::vector<Item>& items) {
  Identity key;
  key.key = true;
  key.key_outer = list.steps.back().within.empty() ? 0 : queries_of(list.steps.back(), false).size() - 1;
  key.weight = list.map() ? 9 : 1;
  Candidate of_key;
  weigh(items, [&](const Item& item) { return item.keys.back(); }, of_key);
  key.unique = of_key.unique;
  key.short_lived = list.map() && of_key.short_lived;

  // A server's name is its own within its proxy only, whatever this sample says.
  const Leaf* proxy = named(leaves, "pxname");
  const Leaf* server = named(leaves, "svname");
  if (proxy && server && role == Role::workers) return pair_of(*proxy, *server, items);

  // Docker's: the first of several names.
  std::vector<Leaf> firsts;
  for (const Leaf& leaf : leaves)
    if (leaf.name == "names" && leaf.list() && leaf.path.size() == 1 && leaf.shape->element &&
        leaf.shape->element->only(leaf.shape->element->words)) {
      firsts.push_back(leaf);
      firsts.back().first = true;
      break;
    }
  std::vector<Candidate> all;
  for (const Leaf& leaf : firsts) all.push_back({.leaf = &leaf, .weight = 9});
  for (const Leaf& leaf : leaves) {
    if (!may_identify(leaf) || (role == Role::queues && names_group(leaf.name))) continue;
    Candidate c;
    c.leaf = &leaf;
    c.weight = identity_weight(leaf.name, role);
    if (leaf.path.size() > 1) c.weight = std::max(0, c.weight - 5);
    all.push_back(c);
  }
  const auto better = [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; };
  std::sort(all.begin(), all.end(), [&](const Candidate& a, const Candidate& b) {
    return better(a, b) || (a.weight == b.weight && a.leaf < b.leaf);
  });
  if (all.size() > most_candidates) all.resize(most_candidates);
  for (Candidate& c : all) {
    weigh(items, [&](const Item& item) { return text_at(item.chain.back(), *c.leaf); }, c);
    if (c.weight <= 0 && (c.figures || has_token(c.leaf->name, "version")))
      c.unique = c.unique_in_parent = c.everywhere = false;
    if (of_a_connection(*c.leaf)) c.short_lived = true;
    if (c.short_lived) c.weight -= c.weight > 2 ? 2 : 1;
    if (!c.everywhere) c.weight -= 6;
  }
  const Candidate* best = nullptr;
  for (const Candidate& c : all) {
    const bool good = c.unique || (c.unique_in_parent && list.parent != no_list);
    if (good && c.everywhere && (!best || c.weight > best->weight)) best = &c;
  }
  if (best && best->weight <= 0 && (list.map() || best->leaf->shape->texts == 0)) best = nullptr;
  if (list.map()) {
    // A UUID tells apart too, but a name within is the better one.
    const bool opaque = std::all_of(items.begin(), items.end(),
                                    [](const Item& i) { return i.keys.back().find(':') == std::string::npos; });
    if (best && best->unique && best->weight >= 6 && key.short_lived && opaque) return from(*best);
    // type=Queue,destinationName=orders: and a name within.
    const bool described = std::all_of(items.begin(), items.end(), [](const Item& i) {
      return i.keys.back().find('=') != std::string::npos && i.keys.back().find(',') != std::string::npos;
    });
    if (best && best->unique && best->weight >= 6 && described) return from(*best);
    if (best && best->unique && best->weight >= 6) key.other = read(*best->leaf).text();
    return key;
  }
  if (best) return from(*best);
  // A queue's name is its own within its namespace, which is a label of its own.
  const auto group = std::find_if(leaves.begin(), leaves.end(), [](const Leaf& l) {
    return l.path.size() == 1 && names_group(l.name) && l.shape->texts > 0;
  });
  if (role == Role::queues && group != leaves.end())
    for (const Candidate& c : all) {
      if (c.weight < 4 || !c.everywhere || c.leaf == &*group) continue;
      const Identity two = pair_of(*group, *c.leaf, items);
      if (!two.unique) continue;
      Identity one = from(c);
      one.unique = true;
      return one;
    }
  for (std::size_t a = 0; a < all.size() && a < 5; ++a)
    for (std::size_t b = 0; b < all.size() && b < 5; ++b) {
      if (a == b || !all[a].everywhere || !all[b].everywhere) continue;
      // The group before what is in it: the one that repeats more.
      const bool swap = all[b].different < all[a].different;
      const Leaf& first = *all[swap ? b : a].leaf;
      const Leaf& second = *all[swap ? a : b].leaf;
      Identity two = pair_of(first, second, items);
      if (two.unique || (two.unique_in_parent && list.parent != no_list)) return two;
    }
  // What most have, and what tells those apart: the others have no name.
  for (const Candidate& c : all)
    if (!c.everywhere && c.missing * 2 <= items.size() && c.different - 1 == items.size() - c.missing &&
        identity_weight(c.leaf->name, role) >= 6) {
      Identity most = from(c);
      most.unique = true;
      most.everywhere = false;
      return most;
    }
  // Nothing tells all apart: what does so best by its name, and several items are one then.
  if (!all.empty() && all.front().everywhere && all.front().weight >= 4) return from(all.front());
  return key;
}

}  // namespace tallyman::infer
