#include "infer/lists.h"

#include <algorithm>

#include "infer/inside.h"
#include "infer/yaml.h"

namespace tallyman::infer {
namespace {

using decode::Kind;
using decode::Node;

constexpr std::size_t most_lists = 100;
constexpr std::size_t deepest = 200;  // of what the parser lets through

bool digit(char c) { return c >= '0' && c <= '9'; }
bool hex(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::string shown(const List& list, std::string out) {
  for (const std::string& query : queries_of(list.steps.back(), false))
    out += query.starts_with('@') ? query.substr(1) : " > " + query;
  return out;
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
  for (; item && !shape.is_map && shape.map_mark.empty() && item->only(item->arrays) && !item->is_row && item->element;
       ++arrays)
    item = item->element.get();
  const bool list = shape.arrays > 0 && item && (item->objects > 0 || item->is_row) &&
                    (item->objects + item->arrays + item->nulls) * 2 >= item->seen;
  const std::string own = names.empty() ? "" : plain(names.back());
  std::string name = own.empty() || is_envelope(own) ? plain(hint) : own;
  const bool part = !shape.map_mark.empty();  // of the object's members
  const bool of_names = parent == no_list && shape.only(shape.arrays) && item && lists_names(*item, name);
  if (shape.is_map || part || list || of_names) {
    if (!item || shape.elements == 0) return;
    List found;
    std::vector<std::string> within;
    // GraphQL's lists, `edges` and `nodes`: what they hold is called one step out.
    const std::string around = names.size() > 1 ? plain(names[names.size() - 2]) : "";
    if (const Shape* inside = item->member(inside_mark); inside && inside->objects > 0 && !inside->is_map) {
      item = inside;
      within = {std::string(inside_mark)};
    } else if (const Shape* node = item->member("node"); own == "edges" && node && node->objects > 0 && !node->is_map) {
      item = node;
      within = {"node"};
      name = is_envelope(around) ? plain(hint) : around;
    } else if (own == "nodes" && around.ends_with('s') && names_things(around)) {
      name = around;
    }
    found.name = name;
    if (parent != no_list) found.steps = out[parent].steps;
    found.steps.push_back({.names = part ? names : std::move(names),
                           .map = shape.is_map || part,
                           .mark = shape.map_mark,
                           .row = item->is_row,
                           .within = std::move(within),
                           .arrays = arrays});
    found.shown = shown(found, parent == no_list ? "$" : out[parent].shown);
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
    if (!part) return;
  }
  for (const Shape::Member& member : shape.members) {
    std::vector<std::string> inner = names;
    inner.push_back(member.name);
    if (member.name == inside_mark && !names.empty() && member.shape->objects > 0 && !member.shape->is_map) {
      List single;
      if (parent != no_list) single.steps = out[parent].steps;
      single.steps.push_back({.names = inner, .single = true});
      single.name = plain(names.back());
      single.shown = shown(single, parent == no_list ? "$" : out[parent].shown);
      single.item = member.shape.get();
      single.count = member.shape->objects;
      single.parent = parent;
      out.push_back(std::move(single));
    }
    find(*member.shape, std::move(inner), parent, is_envelope(plain(member.name)) ? hint : "", depth + 1, out);
  }
}

bool is_of_kind(Node item, const Step& step) {
  if (!step.mark.empty()) return item.kind() == Kind::object && item.member(step.mark);
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
  if (holder && steps[depth].single) {
    path.chain.push_back(holder);
    path.keys.emplace_back();
    walk(steps, limit, path, out);
    path.chain.pop_back();
    path.keys.pop_back();
    return;
  }
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

std::vector<std::string> queries_of(const Step& step, bool first) {
  std::vector<std::string> out;
  std::string query = first ? "$" : "@";
  const auto add = [&](const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (name != inside_mark) {
        query += query_name(name);
        continue;
      }
      out.push_back("{ json: " + yaml_quoted(query) + " }");
      query = "@";
    }
  };
  add(step.names);
  if (step.single) return out;
  for (std::size_t i = 0; i < step.arrays; ++i) query += "[*]";
  if (!step.kind_name.empty())
    query += "[?@" + std::string(step.row ? "[0]" : "") + query_name(step.kind_name) +
             " == " + query_text(step.kind_value) + "]";
  else if (!step.mark.empty())
    query += "[?@" + query_name(step.mark) + "]";
  else
    query += step.map ? ".*" : "[*]";
  if (!step.within.empty() && step.within[0] == inside_mark) {
    out.push_back(query);
    query = "@";
  }
  add(step.within);
  if (query != "@") out.push_back(query);
  return out;
}

std::vector<std::string> queries(const List& list) {
  std::vector<std::string> out;
  for (const Step& step : list.steps)
    for (std::string& query : queries_of(step, out.empty())) out.push_back(std::move(query));
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
