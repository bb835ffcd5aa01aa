#include "infer/shape.h"

#include <algorithm>
#include <array>

namespace tallyman::infer {
namespace {

using decode::Kind;
using decode::Node;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::size_t digits(std::string_view text, std::size_t from) {
  std::size_t n = 0;
  while (from + n < text.size() && digit(text[from + n])) ++n;
  return n;
}

bool is_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits(text, at);
  if (whole == 0 || whole > 19) return false;
  at += whole;
  if (at == text.size()) return true;
  if (text[at] != '.') return false;
  const std::size_t part = digits(text, at + 1);
  return part > 0 && at + 1 + part == text.size();
}

// Sun, 22 Nov 2026 01:11:17 GMT, as Flask writes times.
bool is_http_date(std::string_view text) {
  constexpr std::string_view form = "Aaa, dd Aaa dddd dd:dd:dd GMT";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool word = i < 3 || (i > 7 && i < 11);
    if (word ? !letter(text[i]) : form[i] == 'd' ? !digit(text[i]) : text[i] != form[i]) return false;
  }
  return true;
}

// 2026-11-22T01:13:42.62655542Z, a blank for T, without seconds or zone, or with GMT or UTC behind it.
bool is_time(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-dd.dd:dd";
  if (is_http_date(text)) return true;
  if (text.ends_with("GMT") || text.ends_with("UTC")) {
    text.remove_suffix(3);
    if (text.ends_with(' ')) text.remove_suffix(1);
  }
  if (text.size() < form.size() || text.size() > 40) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'd' ? !digit(text[i]) : form[i] == '.' ? text[i] != 'T' && text[i] != ' ' : text[i] != form[i])
      return false;
  }
  const std::string_view rest = text.substr(form.size());
  return rest.empty() || rest.find_first_not_of("0123456789:.+-Z") == std::string_view::npos;
}

// 7s, 1h2m3.5s, 6.07ms, 220µs, PT5M.
bool is_duration(std::string_view text) {
  if (text.starts_with("PT") && text.size() > 2 && digit(text[2]))
    return text.find_first_not_of("0123456789.HMS", 2) == std::string_view::npos && letter(text.back());
  static constexpr std::array<std::string_view, 9> units = {"ns", "us", "µs", "μs", "ms", "s", "m", "h", "d"};
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t n = digits(text, at);
    if (n == 0) return false;
    at += n;
    if (at < text.size() && text[at] == '.') at += 1 + digits(text, at + 1);
    const auto unit =
        std::find_if(units.begin(), units.end(), [&](std::string_view u) { return text.substr(at).starts_with(u); });
    if (unit == units.end()) return false;
    at += unit->size();
    if (at < text.size() && !digit(text[at])) return false;
  }
  return !text.empty();
}

// 2.41M, 64 KiB, 972.7mb. A small letter alone is none: 10k may be thousands.
bool is_size(std::string_view text) {
  std::size_t at = digits(text, 0);
  if (at == 0) return false;
  if (at < text.size() && text[at] == '.') at += 1 + digits(text, at + 1);
  if (at < text.size() && text[at] == ' ') ++at;
  const std::string_view unit = text.substr(at);
  static constexpr std::array<std::string_view, 5> all = {"", "b", "B", "iB", "i"};
  if (unit.empty() || std::string_view("kKmMgGtTpP").find(unit[0]) == std::string_view::npos) return false;
  if (std::find(all.begin(), all.end(), unit.substr(1)) == all.end()) return false;
  return unit.size() > 1 || (unit[0] >= 'A' && unit[0] <= 'Z');
}

bool is_percent(std::string_view text) {
  if (!text.ends_with('%')) return false;
  text.remove_suffix(1);
  if (text.ends_with(' ')) text.remove_suffix(1);
  return is_number(text);
}

struct Builder {
  std::size_t made = 0;

  std::unique_ptr<Shape> make() { return ++made <= most_shapes ? std::make_unique<Shape>() : nullptr; }

  static void add_number(Shape& s, double v, bool integer) {
    const bool first = s.numbers + s.number_texts == 1;
    s.least = first ? v : std::min(s.least, v);
    s.most = first ? v : std::max(s.most, v);
    if (v > 0) s.least_above_zero = s.least_above_zero == 0 ? v : std::min(s.least_above_zero, v);
    s.integers += integer;
    s.zeros += v == 0;
    s.minus_one = s.minus_one || v == -1;
  }

  static void add_known(Shape& s, std::string text) {
    if (s.known.size() < 2 * most_items) s.known.insert(std::move(text));
  }

  static void add_text(Shape& s, std::string_view text) {
    ++s.texts;
    switch (text_kind(text)) {
      case TextKind::word:
        ++s.words;
        break;
      case TextKind::empty:
        ++s.empties;
        break;
      case TextKind::number:
        ++s.number_texts;
        add_number(s, std::strtod(std::string(text).c_str(), nullptr), text.find('.') == std::string_view::npos);
        break;
      case TextKind::time:
        ++s.times;
        break;
      case TextKind::duration:
        ++s.durations;
        break;
      case TextKind::size:
        ++s.sizes;
        break;
      case TextKind::percent:
        ++s.percents;
        break;
    }
    s.longest = std::max(s.longest, text.size());
    std::string kept(text.substr(0, 200));
    if (s.different.size() < most_words && !s.known.contains(kept)) s.different.push_back(kept);
    add_known(s, std::move(kept));
  }

  Shape* member_of(Shape& s, std::string_view name, bool text) {
    const auto found = s.index.find(std::string(name));
    if (found != s.index.end()) return s.members[found->second].shape.get();
    if (s.members.size() >= most_members + (text ? most_texts : 0)) {
      s.members_left_out = true;
      return nullptr;
    }
    auto shape = make();
    if (!shape) return nullptr;
    s.index.emplace(name, s.members.size());
    s.members.push_back({std::string(name), std::move(shape)});
    return s.members.back().shape.get();
  }

  void add_object(Shape& s, Node node) {
    ++s.objects;
    std::size_t n = 0;
    for (const Node::Child child : node.children()) {
      const bool text = child.node.kind() == Kind::string;
      if (++n > most_members) s.members_left_out = true;
      if (n > most_members && !text) continue;
      if (Shape* member = member_of(s, child.key, text)) add(*member, child.node);
    }
    s.member_nodes += n;
    s.most_of_one = std::max(s.most_of_one, n);
  }

  void add_array(Shape& s, Node node, bool in_array) {
    ++s.arrays;
    const std::size_t n = node.size();
    s.elements += n;
    s.most_of_one = std::max(s.most_of_one, n);
    // A list of named values inside a list: one row.
    if (in_array && n > 1) {
      RowForm form = row_form(node);
      if (!form.name.empty() && (s.members.empty() || s.row_name == form.name)) {
        s.is_row = true;
        s.row_name = std::move(form.name);
        s.row_value = std::move(form.value);
        for (const Node::Child child : node.children())
          if (Shape* member = member_of(s, at(child.node, s.row_name).text(), false)) {
            if (const Node value = at(child.node, s.row_value)) add(*member, value);
            const Node nature = at(child.node, {"tags", "nature"});
            if (nature && nature.kind() == Kind::string)
              ++(nature.text() == "Counter" ? member->said_counters : member->said_gauges);
          }
      }
    }
    if (!s.element) s.element = make();
    if (!s.element) return;
    const std::size_t every = n / most_items + 1;
    std::size_t i = 0;
    for (const Node::Child child : node.children())
      if (i++ % every == 0) add(*s.element, child.node, true);
  }

  void add(Shape& s, Node node, bool in_array = false) {
    ++s.seen;
    switch (node.kind()) {
      case Kind::null:
        ++s.nulls;
        break;
      case Kind::boolean:
        ++s.booleans;
        break;
      case Kind::number: {
        ++s.numbers;
        const Number v = node.number();
        add_number(s, v.real(), v.is_integer());
        s.huge = s.huge || (v.kind() == Number::Kind::uint64 && v.uint64() == UINT64_MAX);
        if (v.is_integer()) add_known(s, to_text(v));
        break;
      }
      case Kind::out_of_range:
        break;  // seen, and of no kind that is of use
      case Kind::string:
        add_text(s, node.text());
        break;
      case Kind::array:
        add_array(s, node, in_array);
        break;
      case Kind::object:
        add_object(s, node);
        break;
    }
  }
};

}  // namespace

TextKind text_kind(std::string_view text) {
  if (text.empty()) return TextKind::empty;
  if (is_number(text)) return TextKind::number;
  if (is_time(text)) return TextKind::time;
  if (is_duration(text)) return TextKind::duration;
  if (is_size(text)) return TextKind::size;
  if (is_percent(text)) return TextKind::percent;
  return TextKind::word;
}

const Shape* Shape::member(std::string_view name) const {
  const auto found = index.find(std::string(name));
  return found == index.end() ? nullptr : members[found->second].shape.get();
}

Node at(Node node, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (node) node = node.member(name);
  return node;
}

RowForm row_form(Node array) {
  static const std::vector<RowForm> forms = {{{"field", "name"}, {"value", "value"}},
                                             {{"field", "name"}, {"value"}},
                                             {{"name"}, {"value"}},
                                             {{"key"}, {"value"}},
                                             {{"metric"}, {"value"}}};
  for (const RowForm& form : forms) {
    std::unordered_set<std::string_view> names;
    std::size_t n = 0;
    bool good = true;
    for (const Node::Child child : array.children()) {
      if (++n > most_members) break;
      const Node name = at(child.node, form.name);
      const Node value = at(child.node, form.value);
      good = name && name.kind() == Kind::string && value && value.kind() != Kind::object &&
             value.kind() != Kind::array && names.insert(name.text()).second;
      if (!good) break;
    }
    if (good && n > 1) return form;
  }
  return {};
}

bool alike(const Shape& item) {
  if (item.objects == 0) return true;
  std::size_t all = 0;
  for (const Shape::Member& member : item.members) all += member.shape->seen;
  return !item.members.empty() && all * 5 >= item.members.size() * item.objects * 2;
}

std::size_t members_not_seen(const Shape& s) {
  if (s.is_map || !s.map_mark.empty() || s.objects != 1) return 0;
  std::size_t n = s.members_left_out && s.member_nodes > s.members.size() ? s.member_nodes - s.members.size() : 0;
  for (const Shape::Member& member : s.members) n += members_not_seen(*member.shape);
  return n;
}

Shape shape_of(Node root) {
  Shape out;
  if (root) Builder().add(out, root);
  return out;
}

Shape shape_of(const std::vector<Node>& elements) {
  Shape out;
  Builder builder;
  const std::size_t every = elements.size() / most_items + 1;
  for (std::size_t i = 0; i < elements.size(); i += every) builder.add(out, elements[i], true);
  return out;
}

}  // namespace tallyman::infer
