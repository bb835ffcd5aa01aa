#include "infer/lists.h"

#include <algorithm>

namespace tallyman::infer {
namespace {

using decode::Kind;
using decode::Node;

constexpr std::size_t most_lists = 100;
constexpr std::size_t deepest = 200;  // of what the parser lets through

bool digit(char c) { return c >= '0' && c <= '9'; }
bool hex(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_envelope(std::string_view name) {
  return in_list(name, "data items results result entries content value list response rows records elements");
}

bool names_things(std::string_view name) {
  const auto all = guesses_of_list(name);
  return std::any_of(all.begin(), all.end(), [](const Guess& g) { return g.weight >= 4; });
}

// Shapes of one place become one.
void merge(Shape& into, Shape&& from) {
  if (into.seen == 0) {
    into = std::move(from);
    return;
  }
  if (from.numbers + from.number_texts > 0) {
    const bool first = into.numbers + into.number_texts == 0;
    into.least = first ? from.least : std::min(into.least, from.least);
    into.most = first ? from.most : std::max(into.most, from.most);
    if (from.least_above_zero > 0)
      into.least_above_zero =
          into.least_above_zero == 0 ? from.least_above_zero : std::min(into.least_above_zero, from.least_above_zero);
  }
  for (auto [sum, part] : {std::pair(&into.seen, from.seen),
                           {&into.nulls, from.nulls},
                           {&into.booleans, from.booleans},
                           {&into.numbers, from.numbers},
                           {&into.texts, from.texts},
                           {&into.arrays, from.arrays},
                           {&into.objects, from.objects},
                           {&into.integers, from.integers},
                           {&into.said_counters, from.said_counters},
                           {&into.said_gauges, from.said_gauges},
                           {&into.zeros, from.zeros},
                           {&into.words, from.words},
                           {&into.empties, from.empties},
                           {&into.number_texts, from.number_texts},
                           {&into.times, from.times},
                           {&into.durations, from.durations},
                           {&into.sizes, from.sizes},
                           {&into.percents, from.percents},
                           {&into.elements, from.elements},
                           {&into.member_nodes, from.member_nodes}})
    *sum += part;
  into.huge |= from.huge;
  into.minus_one |= from.minus_one;
  into.members_left_out |= from.members_left_out;
  into.longest = std::max(into.longest, from.longest);
  into.most_of_one = std::max(into.most_of_one, from.most_of_one);
  for (std::string& word : from.different)
    if (into.different.size() < most_words &&
        std::find(into.different.begin(), into.different.end(), word) == into.different.end())
      into.different.push_back(std::move(word));
  into.known.merge(from.known);
  if (from.element) {
    if (into.element)
      merge(*into.element, std::move(*from.element));
    else
      into.element = std::move(from.element);
  }
  for (Shape::Member& member : from.members) {
    const auto found = into.index.find(member.name);
    if (found != into.index.end()) {
      merge(*into.members[found->second].shape, std::move(*member.shape));
    } else if (into.members.size() < most_members) {
      into.index.emplace(member.name, into.members.size());
      into.members.push_back(std::move(member));
    }
  }
}

// How alike the members of a map's values are: 1 when all have the same.
double likeness(const Shape& shape) {
  std::unordered_map<std::string_view, std::size_t> often;
  std::size_t all = 0;
  for (const Shape::Member& value : shape.members)
    for (const Shape::Member& member : value.shape->members) {
      ++often[member.name];
      ++all;
    }
  return often.empty() ? 0 : static_cast<double>(all) / static_cast<double>(often.size() * shape.members.size());
}

// Texts that are states of workers or tasks.
bool is_state(const Shape& s) {
  return s.only(s.texts) && std::all_of(s.different.begin(), s.different.end(), [](const std::string& word) {
           return !worker_state_of(word).empty() || !task_state_of(word).empty();
         });
}

bool is_map(const Shape& shape, std::string_view name) {
  if (shape.objects == 0 || shape.arrays > 0 || shape.members.empty() || shape.is_row) return false;
  std::size_t given = 0, dotted = 0, objects = 0, figures = 0, flags = 0, states = 0, lists = 0;
  for (const Shape::Member& member : shape.members) {
    given += looks_given(member.name);
    dotted += member.name.find('.') != std::string::npos && member.name.find(' ') == std::string::npos;
    objects += member.shape->objects > 0 && member.shape->objects + member.shape->nulls == member.shape->seen;
    figures += member.shape->numeric();
    flags += member.shape->only(member.shape->booleans);
    states += is_state(*member.shape);
    lists += member.shape->only(member.shape->arrays) &&
             (!member.shape->element || member.shape->element->seen == member.shape->element->objects);
  }
  const std::size_t n = shape.members.size();
  const bool all_given = given == n || (dotted == n && n > 1);
  if (objects == n) {
    const double alike = likeness(shape);
    if (all_given) return alike >= 0.3;
    if (n == 1) return names_things(name) && shape.members[0].shape->members.size() >= 2;
    std::size_t widest = 0;
    for (const Shape::Member& member : shape.members) {
      const std::vector<Shape::Member>& own = member.shape->members;
      // `{status: {name, state, tasks}}` is as wide as what is in it.
      const bool wrapped = own.size() == 1 && alike == 1 && !own[0].shape->is_map;
      widest = std::max(widest, wrapped ? own[0].shape->members.size() : own.size());
    }
    return (alike >= 0.6 && widest >= 3) || (names_things(name) && alike >= 0.5);
  }
  if (lists == n) return all_given;
  if (figures != n && flags != n && states != n) return false;
  if (all_given) return true;
  // `queues: {default: 30, low: 3}`; not `queues: {ready: 30, active: 3}`, nor `workers: {idle: 3}`.
  if (!names_things(name) || (n < 2 && states == 0)) return false;
  const auto known = std::count_if(shape.members.begin(), shape.members.end(), [](const Shape::Member& member) {
    const std::string plain_name = plain(member.name);
    const auto named = [&](const std::vector<Field>& fields) {
      return std::any_of(fields.begin(), fields.end(), [&](const Field& f) { return in_list(plain_name, f.names); });
    };
    return named(worker_fields()) || named(queue_fields()) || !task_state_of(member.name).empty() ||
           !worker_state_of(member.name).empty() || names_time(plain_name) || names_counter(plain_name) ||
           names_identifier(plain_name) || names_state(plain_name);
  });
  return static_cast<std::size_t>(known) * 2 < n;
}

// `workers: ["a", "b"]`.
bool lists_names(const Shape& item, std::string_view name) {
  const auto all = guesses_of_list(name);
  return item.only(item.words) && item.nulls == 0 && item.seen > 0 && item.longest <= 200 &&
         item.known.size() == item.seen &&
         std::any_of(all.begin(), all.end(), [](const Guess& g) { return g.role == Role::workers && g.weight >= 5; });
}

void find(const Shape& shape, std::vector<std::string> names, std::size_t parent, std::string_view hint,
          std::size_t depth, std::vector<List>& out) {
  if (out.size() >= most_lists || depth > deepest) return;
  const Shape* item = shape.element.get();
  std::size_t arrays = 0;
  for (; item && !shape.is_map && item->only(item->arrays) && !item->is_row && item->element; ++arrays)
    item = item->element.get();
  const bool list = shape.arrays > 0 && item && (item->objects > 0 || item->is_row) &&
                    (item->objects + item->arrays + item->nulls) * 2 >= item->seen;
  const std::string own = names.empty() ? "" : plain(names.back());
  std::string name = own.empty() || is_envelope(own) ? plain(hint) : own;
  const bool of_names = parent == no_list && shape.only(shape.arrays) && item && lists_names(*item, name);
  if (shape.is_map || list || of_names) {
    if (!item || shape.elements == 0) return;
    List found;
    std::vector<std::string> within;
    // GraphQL's lists, `edges` and `nodes`: what they hold is called one step out.
    const std::string around = names.size() > 1 ? plain(names[names.size() - 2]) : "";
    if (const Shape* node = item->member("node"); own == "edges" && node && node->objects > 0 && !node->is_map) {
      item = node;
      within = {"node"};
      name = is_envelope(around) ? plain(hint) : around;
    } else if (own == "nodes" && around.ends_with('s') && names_things(around)) {
      name = around;
    }
    found.name = name;
    if (parent != no_list) found.steps = out[parent].steps;
    found.steps.push_back({std::move(names), shape.is_map, {}, {}, item->is_row, std::move(within), arrays});
    found.shown = (parent == no_list ? "$" : out[parent].shown) + query_of(found.steps.back(), false).substr(1);
    found.item = item;
    found.count = arrays > 0 ? item->seen : shape.elements;
    found.parent = parent;
    out.push_back(std::move(found));
    const std::size_t self = out.size() - 1;
    if (item->is_row || of_names) return;
    if (item->is_map || item->objects == 0)
      find(*item, {}, self, out[self].name, depth + 1, out);
    else
      for (const Shape::Member& member : item->members) find(*member.shape, {member.name}, self, "", depth + 1, out);
    return;
  }
  for (const Shape::Member& member : shape.members) {
    std::vector<std::string> inner = names;
    inner.push_back(member.name);
    find(*member.shape, std::move(inner), parent, is_envelope(plain(member.name)) ? hint : "", depth + 1, out);
  }
}

bool is_of_kind(Node item, const Step& step) {
  if (step.kind_name.empty()) return true;
  if (step.row) item = item.element(0);
  const Node kind = item ? item.member(step.kind_name) : Node();
  return kind && kind.kind() == Kind::string && kind.text() == step.kind_value;
}

void walk_elements(Node holder, std::size_t arrays, const std::vector<Step>& steps, std::size_t limit, Item& path,
                   std::vector<Item>& out);

void walk(const std::vector<Step>& steps, std::size_t limit, Item& path, std::vector<Item>& out) {
  const std::size_t depth = path.keys.size();
  if (depth == steps.size()) {
    out.push_back(path);
    return;
  }
  const Node holder = at(path.chain.back(), steps[depth].names);
  if (!holder || holder.kind() != (steps[depth].map ? Kind::object : Kind::array)) return;
  walk_elements(holder, 0, steps, limit, path, out);
}

void walk_elements(Node holder, std::size_t arrays, const std::vector<Step>& steps, std::size_t limit, Item& path,
                   std::vector<Item>& out) {
  const Step& step = steps[path.keys.size()];
  for (const Node::Child child : holder.children()) {
    if (out.size() >= limit) return;
    if (arrays < step.arrays) {
      if (child.node.kind() == Kind::array) walk_elements(child.node, arrays + 1, steps, limit, path, out);
      continue;
    }
    if (!is_of_kind(child.node, step)) continue;
    const Node item = at(child.node, step.within);
    if (!item) continue;
    path.chain.push_back(item);
    path.keys.push_back(child.index < 0 ? std::string(child.key) : std::to_string(child.index));
    walk(steps, limit, path, out);
    path.chain.pop_back();
    path.keys.pop_back();
  }
}

}  // namespace

void find_maps(Shape& shape, std::string_view name) {
  for (Shape::Member& member : shape.members) {
    const std::string own = plain(member.name);
    find_maps(*member.shape, is_envelope(own) ? name : std::string_view(own));
  }
  // An item of a list of workers is one, and no map of workers.
  if (shape.element) find_maps(*shape.element, shape.element->objects > 0 ? std::string_view() : name);
  if (!is_map(shape, name)) return;
  shape.is_map = true;
  shape.elements = shape.member_nodes;
  shape.element = std::make_unique<Shape>();
  for (Shape::Member& member : shape.members) {
    shape.known.insert(member.name);
    if (shape.different.size() < most_words) shape.different.push_back(member.name);
    merge(*shape.element, std::move(*member.shape));
  }
  shape.members.clear();
  shape.index.clear();
  find_maps(*shape.element, "");  // what was not alike in one may be a map in all
}

std::vector<List> find_lists(const Shape& root, std::string_view hint) {
  std::vector<List> out;
  find(root, {}, no_list, hint, 0, out);
  return out;
}

std::vector<Item> items_of(Node root, const std::vector<Step>& steps, std::size_t limit) {
  std::vector<Item> out;
  Item path;
  if (root) {
    path.chain.push_back(root);
    walk(steps, limit, path, out);
  }
  return out;
}

std::string query_text(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string query_name(std::string_view name) {
  const auto plain_char = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool short_form = !name.empty() && plain_char(name[0]) &&
                          std::all_of(name.begin(), name.end(), [&](char c) { return plain_char(c) || digit(c); });
  return short_form ? "." + std::string(name) : "[" + query_text(name) + "]";
}

std::string query_of(const Step& step, bool first) {
  std::string out = first ? "$" : "@";
  for (const std::string& name : step.names) out += query_name(name);
  if (!step.kind_name.empty())
    return out + "[?@" + (step.row ? "[0]" : "") + query_name(step.kind_name) + " == " + query_text(step.kind_value) +
           "]";
  for (std::size_t i = 0; i < step.arrays; ++i) out += "[*]";
  out += step.map ? ".*" : "[*]";
  for (const std::string& name : step.within) out += query_name(name);
  return out;
}

bool looks_given(std::string_view key) {
  if (key.find_first_of("@/") != std::string_view::npos) return true;
  if (const std::size_t colon = key.find(':'); colon != std::string_view::npos && colon + 1 < key.size())
    return std::all_of(key.begin() + static_cast<long>(colon) + 1, key.end(), digit) || colon > 0;
  const std::size_t digits = static_cast<std::size_t>(std::count_if(key.begin(), key.end(), digit));
  const std::size_t hexes = static_cast<std::size_t>(std::count_if(key.begin(), key.end(), hex));
  const std::size_t dashes = static_cast<std::size_t>(std::count(key.begin(), key.end(), '-'));
  if (digits > 0 && hexes + dashes == key.size() && key.size() >= 8) return true;
  // app-17, worker_2, node.3; not http_2xx, load15.
  const std::size_t cut = key.find_last_of("-_.");
  return digits > 0 && digits < 8 && cut != std::string_view::npos && cut > 0 && cut + 1 < key.size() &&
         std::all_of(key.begin() + static_cast<long>(cut) + 1, key.end(), digit);
}

bool looks_short_lived(std::string_view value) {
  if (value.find(" -> ") != std::string_view::npos) return true;
  // UUIDs and long hexadecimal ids.
  const auto hexes = static_cast<std::size_t>(std::count_if(value.begin(), value.end(), hex));
  const auto dashes = static_cast<std::size_t>(std::count(value.begin(), value.end(), '-'));
  const bool any_digit = std::any_of(value.begin(), value.end(), digit);
  if (any_digit && value.size() >= 16 && hexes + dashes == value.size()) return true;
  // RCB9Wdh2Rv2mM8gTzWrWkA
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (value.size() >= 20 && any_digit &&
      std::all_of(value.begin(), value.end(), [&](char c) { return digit(c) || letter(c) || c == '-' || c == '_'; })) {
    const bool small = std::any_of(value.begin(), value.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    const bool large = std::any_of(value.begin(), value.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (small && large && value.find_first_of("-_") == std::string_view::npos) return true;
  }
  // A port that a client is given: 32768 and up.
  const std::size_t colon = value.rfind(':');
  if (colon == std::string_view::npos || value.size() - colon != 6) return false;
  const std::string_view port = value.substr(colon + 1);
  return std::all_of(port.begin(), port.end(), digit) && port >= "32768" && port <= "65535";
}

}  // namespace tallyman::infer
