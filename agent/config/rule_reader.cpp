// Sections 4.4, 5.1 to 5.3 and 6 of the language: tables, rules, flatten, passthrough.
#include <algorithm>

#include "config/collector_reader.h"
#include "config/collector_schema.h"
#include "core/labels.h"

namespace tallyman::config {
namespace {

using Wanted = ValueUse::Wanted;

struct Key {
  const char* name;
  Wanted wanted;
};

// The vocabulary a kind of rule knows; the identity first.
const std::vector<Key>& vocabulary(Rule::Kind kind) {
  static const std::vector<Key> workers = {{"worker", Wanted::text},
                                           {"host", Wanted::text},
                                           {"version", Wanted::text},
                                           {"pool", Wanted::text},
                                           {"up", Wanted::number},
                                           {"enabled", Wanted::number},
                                           {"ready", Wanted::number},
                                           {"busy", Wanted::number},
                                           {"state", Wanted::state},
                                           {"load", Wanted::number},
                                           {"max_load", Wanted::number},
                                           {"open_tasks", Wanted::number},
                                           {"tasks_total", Wanted::number},
                                           {"tasks_failed_total", Wanted::number},
                                           {"last_seen", Wanted::number},
                                           {"start", Wanted::number},
                                           {"memory", Wanted::number},
                                           {"memory_limit", Wanted::number},
                                           {"cpu_total", Wanted::number},
                                           {"host_load1", Wanted::number},
                                           {"restarts_total", Wanted::number}};
  static const std::vector<Key> queues = {{"queue", Wanted::text},
                                          {"namespace", Wanted::text},
                                          {"consumer_group", Wanted::text},
                                          {"state", Wanted::state},
                                          {"max_tasks", Wanted::number},
                                          {"paused", Wanted::number},
                                          {"consumers", Wanted::number},
                                          {"consumer_utilisation", Wanted::number},
                                          {"enqueued_total", Wanted::number},
                                          {"delivered_total", Wanted::number},
                                          {"completed_total", Wanted::number},
                                          {"failed_total", Wanted::number},
                                          {"redelivered_total", Wanted::number},
                                          {"expired_total", Wanted::number},
                                          {"oldest_age", Wanted::number},
                                          {"wait", Wanted::number},
                                          {"bytes", Wanted::number}};
  static const std::vector<Key> service = {{"pool", Wanted::text},
                                           {"version", Wanted::text},
                                           {"start", Wanted::number},
                                           {"load", Wanted::number},
                                           {"max_load", Wanted::number},
                                           {"tasks_total", Wanted::number},
                                           {"tasks_failed_total", Wanted::number}};
  return kind == Rule::Kind::workers ? workers : kind == Rule::Kind::queues ? queues : service;
}

const Words& keys_of(Rule::Kind kind) {
  static const Words workers = schema_keys("/$defs/worker/properties");
  static const Words queues = schema_keys("/$defs/queue/properties");
  static const Words service = schema_keys("/$defs/service/properties");
  return kind == Rule::Kind::workers ? workers : kind == Rule::Kind::queues ? queues : service;
}

// What other agents and services call what the vocabulary has.
const Reader::Elsewhere& other_words(Rule::Kind kind) {
  const auto of_all = [](const std::vector<std::vector<const char*>>& words, const std::vector<const char*>& ours) {
    Reader::Elsewhere out;
    for (std::size_t i = 0; i < words.size(); ++i)
      for (const char* word : words[i]) out.emplace_back(word, std::string("that is `") + ours[i] + "` here");
    return out;
  };
  static const Reader::Elsewhere workers =
      of_all({{"name", "id"}, {"hostname"}, {"status"}, {"running", "active"}, {"capacity", "slots", "max"}, {"tasks"}},
             {"worker", "host", "state", "load", "max_load", "open_tasks"});
  static const Reader::Elsewhere queues = of_all(
      {{"name", "id"}, {"length", "size", "depth", "messages", "ready"}, {"active"}, {"delayed"}, {"failed"}, {"max"}},
      {"queue", "tasks: { ready: .. }", "tasks: { active: .. }", "tasks: { delayed: .. }", "tasks: { failed: .. }",
       "max_tasks"});
  static const Reader::Elsewhere service;
  return kind == Rule::Kind::workers ? workers : kind == Rule::Kind::queues ? queues : service;
}

const Words& shown_worker_states() {  // `up` is what a file may say, not what is counted
  static const Words all(worker_states().begin(), worker_states().end() - 1);
  return all;
}

std::vector<std::pair<Text, Value>> read_states(Reader& r, const Scope& scope, const Node& node,
                                                const std::string& subject, const Words& states, int max_outer) {
  std::vector<std::pair<Text, Value>> out;
  if (!r.free_map(node, subject, false)) return out;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    r.known(node.keys[i], "state", states);
    ValueUse use;
    use.subject = "`" + node.keys[i].text + "` of " + subject;
    use.wanted = Wanted::number;
    use.max_outer = max_outer;
    out.emplace_back(node.keys[i], read_value(r, scope, node.items[i], use));
  }
  return out;
}

// `tasks` of a queue: by state, or one value whose state is data.
void read_tasks(Reader& r, const Scope& scope, const Node& node, const Node& rule, Rule& out) {
  const int max_outer = outer_of(out.each);
  const bool by_state = node.kind == Node::Kind::map && !is_value_form(node);
  const Node* state = rule.find("state");
  if (by_state) {
    out.tasks = read_states(r, scope, node, "`tasks`", task_states(), max_outer);
    if (state)
      r.fail(state->at,
             "`state` goes with `tasks` as one value; here `tasks` gives its states itself, remove one of them");
    return;
  }
  ValueUse use;
  use.subject = "`tasks`";
  use.wanted = Wanted::number;
  use.max_outer = max_outer;
  out.tasks_value = read_value(r, scope, node, use);
  if (!state)
    r.fail(node.at,
           "`tasks` as one value needs `state`; expected both, or a map such as tasks: { ready: .., active: .. }");
}

Flatten read_flatten(Reader& r, const Node& node) {
  Flatten out;
  out.at = node.at;
  static const Words keys = schema_keys("/$defs/service/properties/flatten/properties");
  if (!r.map(node, "`flatten`", keys)) return out;
  if (const Node* prefix = node.find("prefix"))
    out.prefix = r.text(*prefix, "`prefix`", true);
  else
    r.missing(node.at, "`prefix` of `flatten`", "what the names of the metrics start with, such as \"app_\"");
  // Up to the first variable the text is what names will start with.
  const std::string fixed = out.prefix.text.substr(0, out.prefix.text.find('{'));
  if (!fixed.empty() && !is_metric_name(fixed))
    r.fail(out.prefix.at, "`prefix` cannot be `" + out.prefix.text +
                              "`; expected letters, digits and _, a letter first, for it begins a metric's name");
  else if (fixed.starts_with("tally_") || fixed.starts_with("tallyman_"))
    r.fail(out.prefix.at, "`prefix` cannot begin with tally_ or tallyman_: those names are the agent's own");
  if (const Node* drop = node.find("drop")) out.drop = r.texts(*drop, "`drop`");
  if (const Node* max = node.find("max"))
    if (const auto n = r.integer(*max, "`max`", 1, 100'000)) out.max = static_cast<std::size_t>(*n);
  return out;
}

std::vector<std::pair<Text, Text>> read_renames(Reader& r, const Node& node, bool labels) {
  std::vector<std::pair<Text, Text>> out;
  if (!r.free_map(node, "`rename`", false)) return out;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Text& from = node.keys[i];
    Text to = r.text(node.items[i], "`" + from.text + "` of `rename`");
    for (const Text* name : {&from, &std::as_const(to)})
      if (!name->empty() && !(labels ? is_label_name(name->text) : is_metric_name(name->text)))
        r.fail(name->at, "`" + name->text + "` is not a legal name of a " + (labels ? "label" : "metric") +
                             "; expected letters, digits and _, a letter first");
      else if (name == &to && labels && !to.empty())
        r.label_name(to);
    if (!labels && (to.text.starts_with("tally_") || to.text.starts_with("tallyman_")))
      r.fail(to.at, "`" + to.text + "` begins with tally_ or tallyman_: those names are the agent's own");
    for (const auto& [other, same] : out)
      if (!to.empty() && same.text == to.text)
        r.fail(to.at, "`" + other.text + "` and `" + from.text + "` are both renamed to `" + to.text + "`");
    out.emplace_back(from, std::move(to));
  }
  return out;
}

}  // namespace

std::string_view to_string(Rule::Kind kind) {
  return kind == Rule::Kind::workers ? "workers" : kind == Rule::Kind::queues ? "queues" : "service";
}

Fold read_fold(Reader& r, const Node& node) {
  const auto index = r.choice(node, "`fold`", {"sum", "min", "max"});
  return index ? static_cast<Fold>(*index + 1) : Fold::none;
}

Text read_from(Reader& r, const Scope& scope, const Node& node, const std::string& subject) {
  if (const Node* from = node.find("from")) {
    Text out = r.text(*from, "`from`");
    if (!out.empty()) r.known(out, "request", scope.requests);
    return out;
  }
  if (scope.requests.size() > 1) r.missing(node.at, "`from` of " + subject, "one of " + join(scope.requests));
  return {};
}

std::vector<std::pair<Text, Value>> read_labels(Reader& r, const Scope& scope, const Node& node,
                                                const std::string& subject, int max_outer) {
  std::vector<std::pair<Text, Value>> out;
  r.labels(node, subject, [&](const Text& name, const Node& value) {
    ValueUse use;
    use.subject = "`" + name.text + "`";
    use.wanted = Wanted::text;
    use.max_outer = max_outer;
    out.emplace_back(name, read_value(r, scope, value, use));
  });
  return out;
}

Rule read_rule(Reader& r, const Scope& scope, Rule::Kind kind, const Node& node) {
  Rule out;
  out.kind = kind;
  out.at = node.at;
  const std::string subject = "a rule of `" + std::string(to_string(kind)) + "`";
  if (!r.map(node, subject, keys_of(kind), other_words(kind))) return out;
  out.from = read_from(r, scope, node, subject);
  if (const Node* each = node.find("each")) out.each = read_each(r, *each);
  const int max_outer = outer_of(out.each);
  if (const Node* fold = node.find("fold")) out.fold = read_fold(r, *fold);

  const std::vector<Key>& words = vocabulary(kind);
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto word =
        std::find_if(words.begin(), words.end(), [&](const Key& key) { return node.keys[i].text == key.name; });
    if (word == words.end()) continue;
    ValueUse use;
    use.subject = "`" + node.keys[i].text + "`";
    use.wanted = word->wanted;
    use.max_outer = max_outer;
    use.states = kind == Rule::Kind::workers ? &worker_states() : &task_states();
    out.values.emplace_back(node.keys[i], read_value(r, scope, node.items[i], use));
  }
  if (kind != Rule::Kind::service && !node.find(words[0].name))
    r.missing(node.at, std::string("`") + words[0].name + "` of " + subject,
              std::string("what identifies it, such as ") + words[0].name + ": \"@.name\"");

  if (const Node* labels = node.find("labels")) {
    out.labels = read_labels(r, scope, *labels, "`labels`", max_outer);
    for (const auto& [name, value] : out.labels) {
      const bool identity = name.text == words[0].name || name.text == "namespace" || name.text == "consumer_group";
      if (identity && node.find(name.text))
        r.fail(name.at, "the label `" + name.text + "` is already the rule's own; remove it from `labels`");
    }
  }
  if (const Node* metrics = node.find("metrics")) out.metrics = read_metrics(r, scope, *metrics, out.each);
  for (const Metric& metric : out.metrics)
    if (metric.type == Metric::Type::stateset)
      for (const auto& [name, value] : out.labels)
        if (name.text == "state")
          r.fail(name.at, "the label `state` clashes with the stateset `" + metric.name.text + "`, which writes one");

  const Node* tasks = node.find("tasks");
  if (tasks && kind == Rule::Kind::queues) read_tasks(r, scope, *tasks, node, out);
  if (tasks && kind == Rule::Kind::service)
    out.tasks = read_states(r, scope, *tasks, "`tasks`", task_states(), max_outer);
  if (!tasks && kind == Rule::Kind::queues)
    if (const Node* state = node.find("state"))
      r.fail(state->at, "`state` of a queue says which tasks are counted; expected `tasks` with it, such as tasks: 1");
  if (const Node* workers = kind == Rule::Kind::service ? node.find("workers") : nullptr)
    out.workers = read_states(r, scope, *workers, "`workers`", shown_worker_states(), max_outer);
  if (kind == Rule::Kind::workers) {
    if (const Node* grace = node.find("grace")) out.grace = r.duration(*grace, "`grace`", Nanoseconds(0));
    if (const Node* stale = node.find("stale_after"))
      out.stale_after = r.duration(*stale, "`stale_after`", std::chrono::milliseconds(1));
  }
  if (const Node* flatten = kind == Rule::Kind::service ? node.find("flatten") : nullptr)
    out.flatten = read_flatten(r, *flatten);
  return out;
}

Passthrough read_passthrough(Reader& r, const Scope& scope, const Node& node) {
  Passthrough out;
  out.at = node.at;
  static const Words keys = schema_keys("/$defs/passthrough/properties");
  if (!r.map(node, "`passthrough`", keys)) return out;
  out.from = read_from(r, scope, node, "`passthrough`");
  if (const Node* keep = node.find("keep")) out.keep = r.globs(*keep, "`keep`", Reader::Name::metric);
  if (const Node* drop = node.find("drop")) out.drop = r.globs(*drop, "`drop`", Reader::Name::metric);
  if (const Node* rename = node.find("rename")) out.rename = read_renames(r, *rename, false);
  if (const Node* fold = node.find("fold")) out.fold = read_fold(r, *fold);
  if (const Node* labels = node.find("labels");
      labels && r.map(*labels, "`labels` of `passthrough`", {"drop", "rename"})) {
    if (const Node* drop = labels->find("drop"))
      out.label_drop = r.globs(*drop, "`drop` of `labels`", Reader::Name::label);
    if (const Node* rename = labels->find("rename")) out.label_rename = read_renames(r, *rename, true);
  }
  return out;
}

Table read_table(Reader& r, const Scope& scope, const Text& name, const Node& node) {
  Table out;
  out.name = name;
  r.plain_name(name, "a table");
  static const Words keys = schema_keys("/properties/tables/additionalProperties/properties");
  if (!r.map(node, "a table", keys)) return out;
  out.from = read_from(r, scope, node, "the table `" + name.text + "`");
  if (const Node* each = node.find("each")) out.each = read_each(r, *each);
  for (const char* key : {"key", "value"}) {
    const Node* item = node.find(key);
    const std::string subject = std::string("`") + key + "`";
    if (!item) {
      r.missing(node.at, subject + " of the table `" + name.text + "`", "a query, such as \"@.id\"");
      continue;
    }
    ValueUse use;
    use.subject = subject;
    use.max_outer = outer_of(out.each);
    (std::string_view(key) == "key" ? out.key : out.value) = read_value(r, scope, *item, use);
  }
  return out;
}

}  // namespace tallyman::config
