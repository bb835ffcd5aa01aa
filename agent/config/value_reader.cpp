#include "config/value_reader.h"

#include <algorithm>

namespace tallyman::config {
namespace {

using Op = Value::Op;
using Wanted = ValueUse::Wanted;

struct Operation {
  const char* name;
  Op op;
};
constexpr Operation operations[] = {{"path", Op::path},     {"text", Op::text},   {"header", Op::header},
                                    {"first", Op::first},   {"count", Op::count}, {"sum", Op::sum},
                                    {"min", Op::min},       {"max", Op::max},     {"diff", Op::diff},
                                    {"concat", Op::concat}, {"test", Op::test}};

const Operation* operation(std::string_view name) {
  for (const Operation& o : operations)
    if (name == o.name) return &o;
  return nullptr;
}

const char* name_of(Op op) {
  for (const Operation& o : operations)
    if (o.op == op) return o.name;
  return "constant";
}

const Words& units() {
  static const Words all = {"ns",   "us",      "ms",   "s",       "min",     "h",       "d",   "duration",
                            "kB",   "MB",      "GB",   "TB",      "KiB",     "MiB",     "GiB", "TiB",
                            "size", "percent", "unix", "unix_ms", "unix_us", "unix_ns", "time"};
  return all;
}

// Modifiers an operation takes, section 4.2.
Words modifiers_of(Op op) {
  if (op == Op::count || op == Op::test) return {"outer", "default"};
  Words all = {"outer", "none", "extract", "map", "as", "default"};
  if (op == Op::concat) all.push_back("sep");
  return all;
}

bool starts_query(const std::string& text) { return text.starts_with('$') || text.starts_with('@'); }

bool has_variable(const std::string& text) { return text.find('{') != std::string::npos; }

bool is_number_text(const std::string& text) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = text;
  return std::holds_alternative<Number>(scalar_of(node));
}

class ValueReader {
 public:
  ValueReader(Reader& r, const Scope& scope, const ValueUse& use) : r_(r), scope_(scope), use_(use) {}

  Value read(const Node& node) {
    Value value;
    value.at = node.at;
    switch (node.kind) {
      case Node::Kind::null:
      case Node::Kind::list:
        r_.expected(node, use_.subject,
                    "a value: a constant, a text, a query or an operation such as { count: \"@.x[*]\" }");
        break;
      case Node::Kind::scalar:
        read_scalar(node, value);
        break;
      case Node::Kind::map:
        read_form(node, value);
        break;
    }
    return value;
  }

 private:
  void read_scalar(const Node& node, Value& value) {
    const Scalar scalar = scalar_of(node);
    const auto* text = std::get_if<std::string>(&scalar);
    if (!text) {
      value.op = Op::constant;
      value.constant = scalar;
      check_state(node.text, node.at);
      return;
    }
    value.argument = {*text, node.at};
    value.op = starts_query(*text) ? Op::path : Op::text;
    if (value.op == Op::path) return;
    if (use_.wanted == Wanted::number && !has_variable(*text) && !is_number_text(*text))
      r_.fail(node.at, use_.subject + " must be a number; found " + describe(node) +
                           " (a query starts with `$` or `@`, true and false are the booleans)");
    check_state(*text, node.at);
  }

  void read_form(const Node& node, Value& value) {
    const Operation* chosen = nullptr;
    const Node* argument = nullptr;
    for (std::size_t i = 0; i < node.keys.size(); ++i)
      if (const Operation* o = operation(node.keys[i].text)) {
        if (chosen) {
          r_.fail(node.keys[i].at, "two operations in one value, `" + std::string(chosen->name) + "` and `" + o->name +
                                       "`; expected exactly one");
          return;
        }
        chosen = o;
        argument = &node.items[i];
      }
    if (!chosen) return no_operation(node);
    value.op = chosen->op;
    if (use_.depth > max_value_depth) {
      r_.fail(node.at, "operations nested too deeply; at most " + std::to_string(max_value_depth));
      return;
    }
    read_modifiers(node, value);
    read_argument(*argument, value);
    check_map_of_numbers(value);
    check_form_state(node, value);
  }

  void no_operation(const Node& node) {
    Words names;
    for (const Operation& o : operations) names.push_back(o.name);
    for (const Text& key : node.keys)
      if (const std::string near = nearest(key.text, names); !near.empty()) {
        r_.fail(key.at, "unknown operation `" + key.text + "`; did you mean `" + near + "`?");
        return;
      }
    r_.fail(node.at, use_.subject + " has no operation; expected one of " + join(names));
  }

  void read_modifiers(const Node& node, Value& value) {
    const Words allowed = modifiers_of(value.op);
    static const Words all = {"outer", "none", "extract", "map", "as", "default", "sep"};
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const Text& key = node.keys[i];
      if (operation(key.text)) continue;
      const Node& item = node.items[i];
      if (std::find(all.begin(), all.end(), key.text) == all.end()) {
        r_.fail(key.at,
                "unknown modifier `" + key.text + "` of `" + name_of(value.op) + "`" + did_you_mean(key.text, allowed));
      } else if (std::find(allowed.begin(), allowed.end(), key.text) == allowed.end()) {
        r_.fail(key.at,
                std::string("`") + name_of(value.op) + "` does not take `" + key.text + "`; it takes " + join(allowed));
      } else {
        if (value.with.at.line == 0) value.with.at = key.at;
        read_modifier(key.text, item, value.with);
      }
    }
  }

  void read_modifier(const std::string& name, const Node& item, Value::Modifiers& with) {
    if (name == "outer") {
      with.outer_at = item.at;
      if (const auto n = r_.integer(item, "`outer`", 1, 5)) {
        with.outer = static_cast<int>(*n);
        if (with.outer > use_.max_outer)
          r_.fail(item.at,
                  "`outer: " + std::to_string(*n) + "` is beyond the `each` steps" +
                      (use_.max_outer == 0 ? std::string("; there is no step further out (`$` is the document)")
                                           : "; at most " + std::to_string(use_.max_outer) + " here"));
      }
    } else if (name == "none") {
      with.has_none = true;
      if (item.kind == Node::Kind::list) {
        r_.list(item, "`none`");
        for (const Node& each : item.items)
          if (auto c = r_.constant(each, "an entry of `none`")) with.none.push_back(std::move(*c));
      } else if (auto c = r_.constant(item, "`none`")) {
        with.none.push_back(std::move(*c));
      }
    } else if (name == "extract") {
      with.extract = r_.text(item, "`extract`");
    } else if (name == "map") {
      read_map(item, with);
    } else if (name == "as") {
      with.as = read_unit(r_, item);
    } else if (name == "default") {
      with.fallback = r_.constant(item, "`default`");
    } else {
      with.has_sep = true;
      with.sep = r_.text(item, "`sep`", true);
    }
  }

  void read_map(const Node& item, Value::Modifiers& with) {
    with.has_map = true;
    if (item.kind == Node::Kind::scalar) {
      with.map_table = r_.text(item, "`map`");
      if (!with.map_table.empty()) r_.known(with.map_table, "table", scope_.tables);
      return;
    }
    if (!r_.free_map(item, "`map`", false)) return;
    for (std::size_t i = 0; i < item.keys.size(); ++i)
      if (auto c = r_.constant(item.items[i], "`" + item.keys[i].text + "` of `map`"))
        with.map.push_back({item.keys[i], std::move(*c)});
    if (use_.wanted == Wanted::state)
      for (const Node& target : item.items)
        if (target.kind == Node::Kind::scalar) check_state(target.text, target.at);
  }

  void read_argument(const Node& node, Value& value) {
    const std::string subject = std::string("`") + name_of(value.op) + "`";
    switch (value.op) {
      case Op::path:
      case Op::count:
        value.argument = read_query(r_, node, subject);
        break;
      case Op::text:
      case Op::header:
        value.argument = r_.text(node, subject, value.op == Op::text);
        break;
      case Op::test:
        value.argument = r_.text(node, subject);
        break;
      case Op::diff:
        if (node.kind == Node::Kind::list && node.items.size() != 2)
          r_.fail(node.at, subject + " takes two values, the second is taken from the first; found " +
                               std::to_string(node.items.size()));
        else if (node.kind != Node::Kind::list)
          r_.expected(node, subject, "a list of two values, the second is taken from the first");
        else
          read_list(node, value);
        break;
      default:
        if (node.kind != Node::Kind::list)
          value.argument = read_query(r_, node, subject, ", or a list of values");
        else if (r_.list(node, subject))
          read_list(node, value);
    }
  }

  void read_list(const Node& node, Value& value) {
    value.is_list = true;
    ValueUse inner = use_;
    ++inner.depth;
    inner.subject = std::string("an entry of `") + name_of(value.op) + "`";
    // What a map or a unit makes of the entries is what is wanted, not the entries themselves.
    const bool passed_on = value.op == Op::first && !value.with.has_map && value.with.as.empty();
    if (!passed_on) inner.wanted = Wanted::any;
    for (const Node& item : node.items) value.list.push_back(read_value(r_, scope_, item, inner));
  }

  // `state` wants one of its words: what can be seen without an answer is checked here.
  void check_state(const std::string& word, const Position& at) {
    if (use_.wanted != Wanted::state || has_variable(word)) return;
    if (std::find(use_.states->begin(), use_.states->end(), word) == use_.states->end())
      r_.fail(at, "unknown state `" + word + "`" + did_you_mean(word, *use_.states));
  }

  // A text that no unit makes a number of is none, whatever the answer says.
  void check_map_of_numbers(const Value& value) {
    if (use_.wanted != Wanted::number || !value.with.as.empty()) return;
    for (const auto& [key, given] : value.with.map) {
      const auto* text = std::get_if<std::string>(&given);
      if (!text || has_variable(*text) || is_number_text(*text)) continue;
      return r_.fail(key.at, "`map` makes the text `" + *text + "` of `" + key.text + "`, and " + use_.subject +
                                 " must be a number; expected a number, true or false");
    }
  }

  void check_form_state(const Node& node, const Value& value) {
    if (use_.wanted != Wanted::state) return;
    if (value.with.fallback)
      if (const Node* fallback = node.find("default")) check_state(fallback->text, fallback->at);
    if (value.op == Op::text && !value.with.has_map && value.with.extract.empty())
      check_state(value.argument.text, value.argument.at);
    const bool number = value.op != Op::path && value.op != Op::text && value.op != Op::header &&
                        value.op != Op::first && value.op != Op::concat;
    if (number)
      r_.fail(node.at, use_.subject + " needs a word, and `" + name_of(value.op) +
                           "` gives a number; expected a query with a `map` to " + join(*use_.states));
  }

  Reader& r_;
  const Scope& scope_;
  const ValueUse& use_;
};

Step read_step(Reader& r, const Node& node) {
  Step step;
  step.at = node.at;
  if (node.kind != Node::Kind::map) {
    step.queries.push_back(read_query(r, node, "a step of `each`"));
    return step;
  }
  if (const Node* first = node.find("first")) {
    step.kind = Step::Kind::first;
    r.map(node, "a step with `first`", {"first"});
    if (r.list(*first, "`first` of a step"))
      for (const Node& item : first->items) step.queries.push_back(read_query(r, item, "an entry of `first`"));
  } else if (const Node* json = node.find("json")) {
    step.kind = Step::Kind::json;
    r.map(node, "a step with `json`", {"json"});
    step.queries.push_back(read_query(r, *json, "`json`"));
  } else if (const Node* keys = node.find("keys")) {
    step.kind = Step::Kind::keys;
    r.map(node, "a step with `keys`", {"keys", "match"});
    step.queries.push_back(read_query(r, *keys, "`keys`"));
    if (const Node* match = node.find("match"))
      step.match = r.text(*match, "`match`");
    else
      r.missing(node.at, "`match` of a step with `keys`", "a regular expression for the names");
  } else {
    r.fail(node.keys.empty() ? node.at : node.keys[0].at,
           "a step of `each` has none of its forms; expected a query, { first: [..] }, { json: .. } or "
           "{ keys: .., match: .. }");
  }
  return step;
}

}  // namespace

Value read_value(Reader& r, const Scope& scope, const Node& node, const ValueUse& use) {
  return ValueReader(r, scope, use).read(node);
}

bool is_value_form(const Node& node) {
  return std::any_of(node.keys.begin(), node.keys.end(),
                     [](const Text& key) { return operation(key.text) != nullptr; });
}

std::vector<Step> read_each(Reader& r, const Node& node) {
  std::vector<Step> out;
  if (node.kind != Node::Kind::list) {
    out.push_back(read_step(r, node));
    return out;
  }
  if (r.list(node, "`each`"))
    for (const Node& item : node.items) out.push_back(read_step(r, item));
  return out;
}

Text read_query(Reader& r, const Node& node, const std::string& subject, const std::string& or_else) {
  if (node.kind == Node::Kind::scalar && starts_query(node.text)) return {node.text, node.at};
  r.expected(node, subject, "a query that starts with `$` or `@`" + or_else);
  return {"", node.at};
}

Text read_unit(Reader& r, const Node& node) {
  if (r.choice(node, "`as`", units())) return {node.text, node.at};
  return {"", node.at};
}

const Words& worker_states() {
  static const Words all = {"idle", "busy", "draining", "paused", "starting", "offline", "failed", "unknown", "up"};
  return all;
}

const Words& task_states() {
  static const Words all = {"ready", "active", "delayed", "retry", "blocked", "failed", "completed"};
  return all;
}

}  // namespace tallyman::config
