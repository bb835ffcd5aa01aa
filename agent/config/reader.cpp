#include "config/reader.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/duration.h"
#include "core/labels.h"

namespace tallyman::config {

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  const Scalar scalar = scalar_of(node);
  const char* what = "the text";
  if (std::holds_alternative<bool>(scalar)) what = "the boolean";
  if (std::holds_alternative<Number>(scalar)) what = "the number";
  if (node.text.size() <= 60) return std::string(what) + " `" + node.text + "`";
  return std::string(what) + " `" + std::string(utf8_prefix(node.text, 57)) + "...`";
}

std::string join(const Words& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::string did_you_mean(std::string_view word, const Words& known) {
  if (const std::string near = nearest(word, known); !near.empty()) return "; did you mean `" + near + "`?";
  if (known.empty()) return "";
  return "; expected " + join(known);
}

// Not std::stable_sort: with libstdc++ 12 it warns of its own use of a deprecated function.
void sort_by_position(Diagnostics& all) {
  std::multimap<std::pair<int, int>, Diagnostic> sorted;
  for (Diagnostic& one : all) sorted.emplace(std::pair(one.at.line, one.at.column), std::move(one));
  all.clear();
  for (auto& [at, one] : sorted) all.push_back(std::move(one));
}

void Reader::expected(const Node& node, const std::string& subject, const std::string& what) {
  fail(node.at, subject + " must be " + what + "; found " + describe(node));
}

void Reader::missing(const Position& at, const std::string& what, const std::string& expected_text) {
  fail(at, what + " is missing; expected " + expected_text);
}

bool Reader::map(const Node& node, const std::string& subject, const Words& known_keys, const Elsewhere& elsewhere) {
  if (node.kind != Node::Kind::map) {
    expected(node, subject, "a map");
    return false;
  }
  for (const Text& key : node.keys) {
    if (std::find(known_keys.begin(), known_keys.end(), key.text) != known_keys.end()) continue;
    const auto place =
        std::find_if(elsewhere.begin(), elsewhere.end(), [&](const auto& one) { return one.first == key.text; });
    fail(key.at, "unknown key `" + key.text + "` in " + subject +
                     (place == elsewhere.end() ? did_you_mean(key.text, known_keys) : "; " + place->second));
  }
  return true;
}

bool Reader::free_map(const Node& node, const std::string& subject, bool may_be_empty) {
  if (node.kind != Node::Kind::map) {
    expected(node, subject, "a map");
    return false;
  }
  if (node.items.empty() && !may_be_empty) fail(node.at, subject + " is empty; expected at least one entry");
  return true;
}

void Reader::labels(const Node& node, const std::string& subject, const ReadLabel& read) {
  if (!free_map(node, subject)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    label_name(node.keys[i]);
    read(node.keys[i], node.items[i]);
  }
}

bool Reader::list(const Node& node, const std::string& subject, bool may_be_empty) {
  if (node.kind != Node::Kind::list) {
    expected(node, subject, "a list");
    return false;
  }
  if (node.items.empty() && !may_be_empty) fail(node.at, subject + " is empty; expected at least one entry");
  return true;
}

Text Reader::text(const Node& node, const std::string& subject, bool may_be_empty) {
  if (node.kind != Node::Kind::scalar) {
    expected(node, subject, "a text");
  } else if (!std::holds_alternative<std::string>(scalar_of(node))) {
    fail(node.at, subject + " must be a text; found " + describe(node) + ", put it in quotes if that is meant");
  } else if (node.text.empty() && !may_be_empty) {
    fail(node.at, subject + " must not be empty");
  } else {
    return {node.text, node.at};
  }
  return {"", node.at};
}

Text Reader::word(const Node& node, const std::string& subject) {
  if (node.kind == Node::Kind::scalar) return {node.text, node.at};
  expected(node, subject, "a text or a number");
  return {"", node.at};
}

bool Reader::boolean(const Node& node, const std::string& subject) {
  const Scalar scalar = node.kind == Node::Kind::scalar ? scalar_of(node) : Scalar{};
  if (const auto* b = std::get_if<bool>(&scalar)) return *b;
  expected(node, subject, "true or false");
  return false;
}

std::optional<std::int64_t> Reader::integer(const Node& node, const std::string& subject, std::int64_t min,
                                            std::int64_t max) {
  const Scalar scalar = node.kind == Node::Kind::scalar ? scalar_of(node) : Scalar{};
  const auto* number = std::get_if<Number>(&scalar);
  if (number && number->kind() == Number::Kind::int64 && number->int64() >= min && number->int64() <= max)
    return number->int64();
  std::string range = "a whole number";
  if (max == INT64_MAX)
    range += " of at least " + std::to_string(min);
  else
    range += " from " + std::to_string(min) + " to " + std::to_string(max);
  expected(node, subject, range);
  return std::nullopt;
}

std::optional<Nanoseconds> Reader::duration(const Node& node, const std::string& subject, Nanoseconds min) {
  if (node.kind != Node::Kind::scalar) {
    expected(node, subject, "a duration such as 500ms, 15s or 2m");
    return std::nullopt;
  }
  const Result<Nanoseconds> parsed = parse_duration(node.text);
  if (!parsed) {
    fail(node.at, subject + ": " + parsed.error().detail);
    return std::nullopt;
  }
  if (*parsed < min) {
    fail(node.at, subject + " must be at least " + duration_text(min) + "; found " + node.text);
    return std::nullopt;
  }
  return *parsed;
}

std::optional<std::size_t> Reader::size(const Node& node, const std::string& subject) {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  static constexpr Unit units[] = {{"", 1},           {"B", 1},     {"KiB", 1u << 10}, {"MiB", 1u << 20},
                                   {"GiB", 1u << 30}, {"kB", 1000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}};
  if (node.kind == Node::Kind::scalar) {
    const std::string& s = node.text;
    std::uint64_t amount = 0;
    const auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), amount);
    std::string_view unit(end, static_cast<std::size_t>(s.data() + s.size() - end));
    if (unit.starts_with(' ')) unit.remove_prefix(1);
    if (ec == std::errc() && end != s.data() && amount > 0)
      for (const Unit& u : units)
        if (u.name == unit && amount <= (std::uint64_t{1} << 40) / u.bytes)
          return static_cast<std::size_t>(amount * u.bytes);
  }
  expected(node, subject, "a size, such as 64KiB or 16MiB, or a number of bytes");
  return std::nullopt;
}

std::optional<std::size_t> Reader::choice(const Node& node, const std::string& subject, const Words& words) {
  if (node.kind != Node::Kind::scalar) {
    expected(node, subject, join(words));
    return std::nullopt;
  }
  const auto found = std::find(words.begin(), words.end(), node.text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  fail(node.at, subject + " cannot be `" + node.text + "`" + did_you_mean(node.text, words));
  return std::nullopt;
}

std::vector<Text> Reader::texts(const Node& node, const std::string& subject) {
  std::vector<Text> out;
  if (!list(node, subject)) return out;
  for (const Node& item : node.items)
    if (Text t = text(item, "an entry of " + subject); !t.empty()) out.push_back(std::move(t));
  return out;
}

std::vector<Text> Reader::globs(const Node& node, const std::string& subject, Name of) {
  std::vector<Text> out = texts(node, subject);
  for (const Text& glob : out) {
    std::string name = glob.text;
    std::replace_if(name.begin(), name.end(), [](char c) { return c == '*' || c == '?'; }, '_');
    if (of == Name::metric && !is_metric_name(name))
      fail(glob.at, "`" + glob.text +
                        "` matches no name of a metric; expected letters, digits, _ and :, with `*` for " +
                        "any text and `?` for any character");
    else if (of == Name::label && !is_label_name(name))
      fail(glob.at, "`" + glob.text +
                        "` matches no name of a label; expected letters, digits and _, with `*` for any " +
                        "text and `?` for any character");
  }
  return out;
}

std::optional<Scalar> Reader::constant(const Node& node, const std::string& subject) {
  if (node.kind == Node::Kind::scalar) return scalar_of(node);
  expected(node, subject, "a constant: a number, true, false or a text");
  return std::nullopt;
}

bool Reader::known(const Text& word, const std::string& kind, const Words& known_words) {
  if (std::find(known_words.begin(), known_words.end(), word.text) != known_words.end()) return true;
  const std::string hint =
      known_words.empty() ? "; there is no " + kind + " here" : did_you_mean(word.text, known_words);
  fail(word.at, "unknown " + kind + " `" + word.text + "`" + hint);
  return false;
}

bool Reader::plain_name(const Text& word, const std::string& kind) {
  const std::string& s = word.text;
  bool good = !s.empty() && s[0] >= 'a' && s[0] <= 'z';
  for (char c : s) good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  if (!good) fail(word.at, kind + " cannot be named `" + s + "`; expected small letters, digits and _, a letter first");
  return good;
}

bool Reader::label_name(const Text& name) {
  if (!is_label_name(name.text))
    fail(name.at, "`" + name.text + "` is not a legal label name; expected letters, digits and _, no digit first");
  else if (name.text.starts_with("__"))
    fail(name.at, "the label `" + name.text + "` begins with `__`, which Prometheus keeps for itself");
  else if (name.text == "target" || name.text == "system")
    fail(name.at, "the label `" + name.text + "` is set by the agent; choose another name");
  else if (name.text == "le" || name.text == "quantile")
    fail(name.at, "the label `" + name.text + "` is the one of histograms and summaries; choose another name");
  else
    return true;
  return false;
}

bool is_agents_header(const std::string& small) {
  return small == "content-length" || small == "transfer-encoding" || small == "connection";
}

bool is_header_name(const std::string& s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool has_control(const std::string& s) {
  return std::any_of(s.begin(), s.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace tallyman::config
