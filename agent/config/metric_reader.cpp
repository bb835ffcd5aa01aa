// Section 5.4 of the language: metrics under their own names.
#include <algorithm>

#include "config/collector_reader.h"

namespace tallyman::config {
namespace {

using Wanted = ValueUse::Wanted;
using Type = Metric::Type;

const Words& types() {
  static const Words all = {"gauge", "counter", "info", "stateset", "histogram"};
  return all;
}

Metric::Histogram read_histogram(Reader& r, const Scope& scope, const Node& node, const std::vector<Step>& each) {
  Metric::Histogram out;
  if (!r.map(node, "`histogram`", {"buckets", "le", "as", "sum", "cumulative"})) return out;
  if (const Node* buckets = node.find("buckets"))
    out.buckets = read_query(r, *buckets, "`buckets`");
  else
    r.missing(node.at, "`buckets` of `histogram`", "a query whose nodes are the counts");
  ValueUse use;
  use.wanted = Wanted::number;
  if (const Node* le = node.find("le")) {
    use.subject = "`le`";
    use.max_outer = outer_of(each) + 1;  // the bucket is the item, the rule's item is one out
    out.le = read_value(r, scope, *le, use);
  } else {
    r.missing(node.at, "`le` of `histogram`", "a value read with the bucket as item, the bucket's upper bound");
  }
  if (const Node* sum = node.find("sum")) {
    use.subject = "`sum`";
    use.max_outer = outer_of(each);
    out.sum = read_value(r, scope, *sum, use);
  }
  if (const Node* as = node.find("as")) out.as = read_unit(r, *as);
  if (const Node* cumulative = node.find("cumulative")) out.cumulative = r.boolean(*cumulative, "`cumulative`");
  return out;
}

void read_states(Reader& r, const Node& node, Metric& out) {
  const Node* states = node.find("states");
  if (!states) {
    r.missing(node.at, "`states` of the stateset `" + out.name.text + "`", "the list of its states");
    return;
  }
  for (Text& state : r.texts(*states, "`states`")) {
    const bool twice =
        std::any_of(out.states.begin(), out.states.end(), [&](const Text& other) { return other.text == state.text; });
    if (twice) r.fail(state.at, "the state `" + state.text + "` is in `states` twice");
    out.states.push_back(std::move(state));
  }
}

Metric read_metric(Reader& r, const Scope& scope, const Text& name, const Node& node, const std::vector<Step>& each) {
  Metric out;
  out.name = name;
  is_own_metric_name(r, name);
  Words known = types();
  known.insert(known.end(), {"help", "states"});
  const std::string subject = "the metric `" + name.text + "`";
  const char* typed = "expected the value under its type, such as `gauge: $.n`";
  if (!r.map(node, subject, known,
             {{"labels", "expected `labels` beside `metrics`: all metrics of a rule have the same"},
              {"type", typed},
              {"value", typed},
              {"path", typed}}))
    return out;

  const Text* chosen = nullptr;
  const Node* argument = nullptr;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto type = std::find(types().begin(), types().end(), node.keys[i].text);
    if (type == types().end()) continue;
    if (chosen) {
      r.fail(node.keys[i].at, subject + " is a `" + chosen->text + "` and a `" + *type + "`; expected one type");
      continue;
    }
    chosen = &node.keys[i];
    argument = &node.items[i];
    out.type = static_cast<Type>(type - types().begin());
  }
  if (const Node* help = node.find("help"))
    out.help = r.text(*help, "`help`");
  else
    r.missing(name.at, "`help` of " + subject, "a sentence that says what it is");
  if (!chosen) {
    r.fail(name.at, subject + " has no type; expected " + join(types()));
    return out;
  }

  ValueUse use;
  use.subject = "`" + chosen->text + "`";
  use.max_outer = outer_of(each);
  switch (out.type) {
    case Type::gauge:
    case Type::counter:
      use.wanted = Wanted::number;
      out.value = read_value(r, scope, *argument, use);
      break;
    case Type::stateset:
      use.wanted = Wanted::text;
      out.value = read_value(r, scope, *argument, use);
      read_states(r, node, out);
      break;
    case Type::info:
      out.labels = read_labels(r, scope, *argument, "`info`", outer_of(each));
      break;
    case Type::histogram:
      out.histogram = read_histogram(r, scope, *argument, each);
      break;
  }
  if (out.type != Type::stateset)
    if (const Node* states = node.find("states"))
      r.fail(states->at, "`states` goes with `stateset` only; " + subject + " is a `" + chosen->text + "`");
  if (out.type == Type::counter && !name.text.ends_with("_total"))
    r.fail(name.at, "the counter `" + name.text + "` must end in `_total`; a value that can fall is a `gauge`");
  return out;
}

}  // namespace

bool is_own_metric_name(Reader& r, const Text& name) {
  const std::string& s = name.text;
  const auto legal = [](char c, bool first) {
    return (c >= 'a' && c <= 'z') || c == '_' || c == ':' || (!first && c >= '0' && c <= '9');
  };
  bool good = !s.empty() && legal(s[0], true);
  for (char c : s) good = good && legal(c, false);
  if (!good) {
    r.fail(name.at, "a metric cannot be named `" + s + "`; expected small letters, digits, _ and :, no digit first");
    return false;
  }
  if (s.starts_with("tally_") || s.starts_with("tallyman_")) {
    r.fail(name.at, "the metric `" + s + "` begins with " + (s.starts_with("tally_") ? "tally_" : "tallyman_") +
                        ": those names are the agent's own; what the vocabulary has is written as a key of the rule");
    return false;
  }
  return true;
}

std::vector<Metric> read_metrics(Reader& r, const Scope& scope, const Node& node, const std::vector<Step>& each) {
  std::vector<Metric> out;
  if (!r.free_map(node, "`metrics`")) return out;
  for (std::size_t i = 0; i < node.keys.size(); ++i)
    out.push_back(read_metric(r, scope, node.keys[i], node.items[i], each));
  return out;
}

}  // namespace tallyman::config
