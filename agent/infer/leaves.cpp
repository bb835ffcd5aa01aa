#include "infer/leaves.h"

#include <algorithm>
#include <cmath>

#include "infer/inside.h"
#include "infer/lists.h"
#include "infer/yaml.h"

namespace tallyman::infer {
namespace {

using decode::Kind;
using decode::Node;

constexpr std::size_t deepest_leaf = 4;

// hudson.node_monitors.SwapSpaceMonitor: of a class of Java its own name.
std::string plain_of(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  const bool of_class = dot != std::string_view::npos && key.find('.') < dot && dot + 1 < key.size() &&
                        key[dot + 1] >= 'A' && key[dot + 1] <= 'Z' && key[0] >= 'a' && key[0] <= 'z' &&
                        key.find_first_of(" /:") == std::string_view::npos;
  return plain(of_class ? key.substr(dot + 1) : key);
}

void collect(const Shape& shape, const Leaf& above, bool lists, std::vector<Leaf>& out) {
  for (const Shape::Member& member : shape.members) {
    if (member.name == inside_mark) continue;  // no query goes into a text
    Leaf leaf = above;
    leaf.path.push_back(member.name);
    leaf.shape = member.shape.get();
    leaf.parent = above.path.empty() ? "" : above.name;
    leaf.name = plain_of(member.name);
    leaf.full = above.full.empty() ? leaf.name : above.full + (leaf.name.empty() ? "" : "_" + leaf.name);
    const Shape& s = *member.shape;
    if (s.is_map) continue;
    if (s.objects > 0 && !s.is_row) {
      if (leaf.path.size() < deepest_leaf && s.objects + s.nulls == s.seen) collect(s, leaf, lists, out);
      continue;
    }
    if (s.arrays > 0 && !lists) continue;
    if (s.seen > 0) out.push_back(std::move(leaf));
  }
}

bool in_range(const Shape& s, double from, double to) {
  return s.least >= 0 && s.least_above_zero >= from && s.most <= to && s.most > 0;
}

// 0 and 1 only, under a name that is hardly a count.
bool is_flag(const Leaf& leaf) {
  const Shape& s = *leaf.shape;
  if (s.only(s.booleans)) return true;
  return !has_token(leaf.parent, "count counts jobs tasks messages") && s.only(s.numbers) && s.integers == s.numbers &&
         s.least >= 0 && s.most <= 1 &&
         has_token(leaf.name, "enabled accepting online alive paused healthy offline up down disabled");
}

// "true" and "no", as texts: the map to 1 and 0; empty if there are other words.
std::string spelled_flag(const Shape& s, bool opposite) {
  if (s.words == 0 || !s.only(s.words)) return {};
  std::string out;
  for (const std::string& word : s.different) {
    const bool yes = in_list(plain(word), "true yes"), no = in_list(plain(word), "false no");
    if (!yes && !no) return {};
    out += (out.empty() ? ", map: { " : ", ") + yaml_quoted(word) + (yes != opposite ? ": 1" : ": 0");
  }
  return out + " }";
}

std::string unlimited(const Shape& s) {
  if (s.minus_one && s.huge) return ", none: [-1, 18446744073709551615]";
  if (s.minus_one) return ", none: -1";
  return s.huge ? ", none: 18446744073709551615" : "";
}

// `{now}` less the value: of a time its age, of an age its time. What may select several nodes is a form of
// its own, with its own modifiers.
std::string since(Reading value, std::string_view as) {
  const std::string modifier = as.empty() ? "" : ", as: " + std::string(as);
  if (value.op == "path") return "{ diff: [\"{now}\", " + value.argument + "]" + value.modifiers + modifier + " }";
  value.modifiers += modifier;
  return "{ diff: [\"{now}\", " + value.form() + "] }";
}

// How many of a list of tasks are at work: by their states, else all.
std::optional<std::string> at_work(const Leaf& leaf) {
  if (!leaf.list() || !leaf.row_name.empty()) return std::nullopt;
  static const Shape nothing;
  const Shape& task = leaf.shape->element ? *leaf.shape->element : nothing;
  std::string suffix = "[*]";
  for (const Shape::Member& member : task.members) {
    const auto known = [](const std::string& word) { return !task_state_of(word).empty(); };
    if (!names_state(plain(member.name)) || member.shape->words == 0) continue;
    if (std::none_of(member.shape->different.begin(), member.shape->different.end(), known)) continue;
    std::string active;
    for (const std::string& word : member.shape->different)
      if (task_state_of(word) == "active")
        active += (active.empty() ? "?@" : " || @") + query_name(member.name) + " == " + query_text(word);
    if (active.empty()) return std::nullopt;
    suffix = "[" + active + "]";
    break;
  }
  const Reading value = read(leaf, suffix);
  return "{ count: " + value.argument + value.modifiers + " }";
}

std::string condition(const Leaf& leaf, bool boolean) { return read(leaf).query + (boolean ? " == false" : " == 0"); }

}  // namespace

std::vector<Leaf> leaves_of(const Shape& item, bool lists) {
  std::vector<Leaf> out;
  if (item.is_row) {
    for (const Shape::Member& member : item.members) {
      Leaf leaf;
      leaf.path = {member.name};
      leaf.shape = member.shape.get();
      leaf.name = leaf.full = plain(member.name);
      leaf.row_name = item.row_name;
      leaf.row_value = item.row_value;
      out.push_back(std::move(leaf));
    }
    return out;
  }
  if (item.objects > 0 && !item.is_map) {
    collect(item, {}, lists, out);
  } else {
    Leaf self;
    self.shape = &item;
    out.push_back(std::move(self));
  }
  return out;
}

bool is_record_time(const Leaf& leaf, const std::vector<Leaf>& leaves) {
  if (!has_token(leaf.name, "updated update modified") || has_token(leaf.name, "health")) return false;
  return std::any_of(leaves.begin(), leaves.end(), [&](const Leaf& other) {
    return other.path.size() == leaf.path.size() && has_token(other.name, "created inserted");
  });
}

Moment moment_of(const Shape& s, std::string_view name) {
  if (s.times > 0) return s.times + s.empties + s.nulls == s.seen ? Moment::text : Moment::none;
  if (!s.numeric() || !names_time(name)) return Moment::none;
  if (in_range(s, 1e9, 4.2e9)) return Moment::unix;
  if (in_range(s, 1e12, 4.2e12)) return Moment::unix_ms;
  if (in_range(s, 1e15, 4.2e15)) return Moment::unix_us;
  return in_range(s, 1e18, 4.2e18) ? Moment::unix_ns : Moment::none;
}

const char* as_of(Moment moment) {
  switch (moment) {
    case Moment::unix:
      return "unix";
    case Moment::unix_ms:
      return "unix_ms";
    case Moment::unix_us:
      return "unix_us";
    case Moment::unix_ns:
      return "unix_ns";
    case Moment::text:
      return "time";
    case Moment::none:
      break;
  }
  return "";
}

std::string Reading::text() const { return op == "path" && modifiers.empty() ? argument : form(); }
std::string Reading::form() const { return "{ " + op + ": " + argument + modifiers + " }"; }

Reading read(const Leaf& leaf, std::string_view suffix) {
  Reading out;
  std::string query = "@";
  if (!leaf.row_name.empty()) {
    out.op = "first";
    query += "[?@";
    for (const std::string& name : leaf.row_name) query += query_name(name);
    query += " == " + query_text(leaf.path[0]) + "]";
    for (const std::string& name : leaf.row_value) query += query_name(name);
  } else {
    for (const std::string& name : leaf.path) query += query_name(name);
  }
  if (leaf.first) query += "[0]";
  query += suffix;
  out.query = query;
  out.argument = yaml_quoted(query);
  if (leaf.outer > 0) out.modifiers = ", outer: " + std::to_string(leaf.outer);
  return out;
}

std::optional<std::string> value_for(const Field& field, const Leaf& leaf, std::string& comment) {
  const Shape& s = *leaf.shape;
  Reading value = read(leaf);
  if (field.want == Want::flag || field.want == Want::not_flag)
    if (const std::string map = spelled_flag(s, field.want == Want::not_flag); !map.empty()) {
      value.modifiers += map;
      return value.text();
    }
  switch (field.want) {
    case Want::flag:
      return is_flag(leaf) ? std::optional(value.text()) : std::nullopt;
    case Want::not_flag:
      if (!is_flag(leaf) || !leaf.row_name.empty()) return std::nullopt;
      return "{ test: " + yaml_quoted(condition(leaf, s.booleans > 0)) + " }";
    case Want::list:
      comment = "taken for tasks at work";
      return at_work(leaf);
    case Want::count:
      if (leaf.list() && leaf.row_name.empty())
        return "{ count: " + yaml_quoted(read(leaf, "[*]").query) + value.modifiers + " }";
      [[fallthrough]];
    case Want::number: {
      if (field.key == "host_load1" && leaf.list() && s.element && s.element->numeric())
        return read(leaf, "[0]").text();
      if (!s.numeric() || s.most >= 1e18) {
        if (!(s.huge || s.minus_one) || !s.numeric()) return std::nullopt;
      }
      if (moment_of(s, leaf.name) != Moment::none) return std::nullopt;
      value.modifiers += unlimited(s);
      if (field.key.starts_with("memory") || field.key == "bytes") {
        const auto unit = unit_of(leaf.name);
        if (unit && unit->base == "bytes" && !unit->as.empty()) {
          value.modifiers += ", as: " + std::string(unit->as);
          comment = "unit by its name";
        } else if (!unit) {
          comment = "taken for bytes";
        }
      }
      return value.text();
    }
    case Want::time_span:
      if (s.durations > 0 && s.durations + s.empties + s.nulls == s.seen) return since(value, "duration");
      if (s.numeric() && moment_of(s, leaf.name) == Moment::none) {
        const auto unit = unit_of(leaf.name);
        if (unit && unit->base == "seconds") return since(value, unit->as);
        comment = unsure;
        return since(value, "");
      }
      return std::nullopt;
    case Want::moment: {
      if (leaf.list() && s.element) {
        const Moment last = moment_of(*s.element, leaf.name);
        if (last == Moment::none || !leaf.row_name.empty()) return std::nullopt;
        Reading of_last = read(leaf, "[-1]");
        of_last.modifiers += ", as: " + std::string(as_of(last));
        comment = "the last of a list of times";
        return of_last.text();
      }
      const Moment moment = moment_of(s, leaf.name);
      if (moment == Moment::none) return std::nullopt;
      if (field.key == "oldest_age") return since(value, as_of(moment));
      value.modifiers += ", as: " + std::string(as_of(moment));
      return value.text();
    }
    case Want::word:
      if (s.texts == 0 || s.texts + s.nulls != s.seen || s.times > 0 || s.longest > 100) return std::nullopt;
      if (s.words + s.number_texts == 0 && s.durations == 0) return std::nullopt;
      if (std::any_of(s.different.begin(), s.different.end(), looks_short_lived)) return std::nullopt;
      return value.text();
  }
  return std::nullopt;
}

namespace {
Node node_at(Node item, const Leaf& leaf) {
  if (leaf.row_name.empty()) {
    const Node node = at(item, leaf.path);
    return leaf.first && node && node.kind() == Kind::array ? node.element(0) : node;
  }
  for (const Node::Child child : item.children()) {
    const Node name = at(child.node, leaf.row_name);
    if (name && name.kind() == Kind::string && name.text() == leaf.path[0]) return at(child.node, leaf.row_value);
  }
  return {};
}
}  // namespace

std::string text_at(Node item, const Leaf& leaf) {
  const Node node = node_at(item, leaf);
  if (!node) return {};
  if (node.kind() == Kind::string) return std::string(node.text());
  return node.kind() == Kind::number ? to_text(node.number()) : std::string();
}

std::optional<double> number_at(Node item, const Leaf& leaf) {
  const Node node = node_at(item, leaf);
  if (!node) return std::nullopt;
  if (node.kind() == Kind::number) return node.number().real();
  if (node.kind() == Kind::string && text_kind(node.text()) == TextKind::number)
    return std::strtod(std::string(node.text()).c_str(), nullptr);
  return std::nullopt;
}

}  // namespace tallyman::infer
