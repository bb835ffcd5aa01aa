#include "config/collector_review.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "config/collector_use.h"
#include "config/reader.h"

namespace tallyman::config {
namespace {

using Type = Metric::Type;

void warn(const Position& at, std::string what, Diagnostics& out) { out.push_back({at, std::move(what), true}); }

std::string in_ticks(std::string_view text) { return "`" + std::string(text) + "`"; }

// --- names --------------------------------------------------------------------------------------

struct Unit {
  const char* suffix;
  const char* says;
  const char* base;
  const char* as;  // what converts
};

// The suffixes of units that are not Prometheus' base units. No `_min`, `_s`, `_d`: those may be a minimum and so on.
const Unit* foreign_unit(std::string_view stem) {
  static const Unit all[] = {{"_ns", "nanoseconds", "_seconds", "ns"},
                             {"_nanoseconds", "nanoseconds", "_seconds", "ns"},
                             {"_us", "microseconds", "_seconds", "us"},
                             {"_microseconds", "microseconds", "_seconds", "us"},
                             {"_ms", "milliseconds", "_seconds", "ms"},
                             {"_millis", "milliseconds", "_seconds", "ms"},
                             {"_milliseconds", "milliseconds", "_seconds", "ms"},
                             {"_msec", "milliseconds", "_seconds", "ms"},
                             {"_sec", "seconds", "_seconds", "s"},
                             {"_secs", "seconds", "_seconds", "s"},
                             {"_minutes", "minutes", "_seconds", "min"},
                             {"_hours", "hours", "_seconds", "h"},
                             {"_days", "days", "_seconds", "d"},
                             {"_kb", "kilobytes", "_bytes", "kB or KiB"},
                             {"_kilobytes", "kilobytes", "_bytes", "kB"},
                             {"_kib", "kibibytes", "_bytes", "KiB"},
                             {"_mb", "megabytes", "_bytes", "MB or MiB"},
                             {"_megabytes", "megabytes", "_bytes", "MB"},
                             {"_mib", "mebibytes", "_bytes", "MiB"},
                             {"_gb", "gigabytes", "_bytes", "GB or GiB"},
                             {"_gigabytes", "gigabytes", "_bytes", "GB"},
                             {"_gib", "gibibytes", "_bytes", "GiB"},
                             {"_percent", "hundredths", "_ratio", "percent"},
                             {"_pct", "hundredths", "_ratio", "percent"}};
  for (const Unit& unit : all)
    if (stem.ends_with(unit.suffix)) return &unit;
  return nullptr;
}

std::string_view base_of(std::string_view as) {
  if (as == "percent") return "_ratio";
  if (as == "size" || as.ends_with('B')) return "_bytes";
  return as.empty() ? "" : "_seconds";
}

std::string_view without(std::string_view name, std::string_view suffix) {
  if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return name;
}

void review_name(const Metric& metric, Diagnostics& out) {
  const std::string& name = metric.name.text;
  const std::string_view stem = without(name, "_total");
  const auto say = [&](std::string what) { warn(metric.name.at, in_ticks(name) + what, out); };
  static const char* kinds[] = {"gauge", "counter", "info", "stateset", "histogram"};
  if (metric.type != Type::counter && name.ends_with("_total"))
    say(std::string(" ends in _total, which says that it only rises, and is a ") +
        kinds[static_cast<std::size_t>(metric.type)] + "; expected a `counter`, or a name without it");
  if (metric.type == Type::info && !name.ends_with("_info")) say(" is an info; expected a name that ends in _info");
  if (metric.type != Type::info && name.ends_with("_info"))
    say(" ends in _info, which says that its value is always 1; expected an `info`, or a name without it");
  for (const std::string_view suffix : {"_bucket", "_count", "_sum", "_created"})
    if (stem.ends_with(suffix))
      say(" ends in " + std::string(suffix) + ", as samples of histograms and summaries do; expected another name");
  if (name.find(':') != std::string::npos) say(" has a colon, which is for names that recording rules give");
  const bool timed = metric.type == Type::gauge || metric.type == Type::counter;  // has a value with `as`
  const std::string as = metric.type == Type::histogram ? metric.histogram.as.text
                         : timed                        ? metric.value.with.as.text
                                                        : "";
  if (const Unit* unit = foreign_unit(stem)) {
    const std::string better = std::string(without(stem, unit->suffix)) + unit->base + std::string(name, stem.size());
    if (as.empty())
      say(std::string(" says ") + unit->says + "; expected " + in_ticks(better) + " with `as: " + unit->as + "`");
    else
      say(std::string(" says ") + unit->says + ", and `as: " + as + "` converts to the base unit; expected " +
          in_ticks(better));
  } else if (const std::string_view base = base_of(as); !base.empty() && !stem.ends_with(base)) {
    say(" does not say its unit: `as: " + as + "` gives " + std::string(base.substr(1)) +
        "; expected a name that ends in " + std::string(base) + std::string(name, stem.size()));
  }
}

// --- families -----------------------------------------------------------------------------------

using Names = std::set<std::string>;

std::string listed(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

// What tells the rule's own metrics apart, besides the labels of an info.
Names labels_of(const Rule& rule) {
  Names out;
  for (const auto& [key, value] : rule.values) {
    const std::string& name = key.text;
    if (name == "worker" || name == "queue" || name == "namespace" || name == "consumer_group" ||
        (name == "pool" && rule.kind == Rule::Kind::service))
      out.insert(name);
  }
  for (const auto& [name, value] : rule.labels) out.insert(name.text);
  return out;
}

void review_families(const CollectorFile& file, Diagnostics& out) {
  struct Seen {
    const Metric* metric;
    Names labels;
  };
  std::map<std::string, Seen> by_name;
  std::map<std::string, const Metric*> by_family;  // as OpenMetrics names it
  for (const Rule& rule : file.rules)
    for (const Metric& metric : rule.metrics) {
      Names labels = labels_of(rule);
      for (const auto& [name, value] : metric.labels) labels.insert(name.text);
      const auto [known, fresh] = by_name.emplace(metric.name.text, Seen{&metric, labels});
      if (!fresh && known->second.labels != labels)
        warn(metric.name.at,
             in_ticks(metric.name.text) + " has other labels than on line " +
                 std::to_string(known->second.metric->name.at.line) + ": here " + listed(labels) + ", there " +
                 listed(known->second.labels) + "; expected one set of labels in a family",
             out);
      if (!fresh) continue;
      std::string family(metric.name.text);
      if (metric.type == Type::counter) family = without(metric.name.text, "_total");
      if (metric.type == Type::info) family = without(metric.name.text, "_info");
      const auto [other, first] = by_family.emplace(family, &metric);
      if (!first)
        warn(metric.name.at,
             in_ticks(metric.name.text) + " and " + in_ticks(other->second->name.text) + " on line " +
                 std::to_string(other->second->name.at.line) + " are one family in OpenMetrics, " + in_ticks(family) +
                 ", with two types; expected another name",
             out);
    }
}

// --- labels without end -------------------------------------------------------------------------

std::string folded(std::string_view name) {  // jobId, job-id, "job id" -> job_id
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z') out += '_';
    out += capital ? static_cast<char>(c - 'A' + 'a') : c == '-' || c == ' ' || c == '.' ? '_' : c;
  }
  return out;
}

// What a name promises too many of; null: nothing that is known here.
const char* too_many(std::string_view name) {
  const std::string word = folded(name);
  const auto is = [&](std::string_view tail) {
    return word == tail ||
           (word.size() > tail.size() && word.ends_with(tail) && word[word.size() - tail.size() - 1] == '_');
  };
  for (const char* thing : {"task", "job", "build", "buildrequest", "run", "request", "message", "msg", "trace", "span",
                            "session", "transaction", "execution", "correlation"})
    if (is(std::string(thing) + "_id") || is(std::string(thing) + "id")) return "every task has another";
  for (const char* thing : {"uuid", "guid", "jid"})
    if (is(thing)) return "every task has another";
  if (is("port")) return "every connection has another";
  for (const char* thing : {"url", "uri", "href", "referer", "user_agent"})
    if (is(thing)) return "there are as many as clients make";
  return nullptr;
}

// The last name of a query: `@.a['b c'][0]` -> b c.
std::string last_name(std::string_view query) {
  while (query.ends_with(']')) {
    const std::size_t open = query.rfind('[');
    if (open == std::string_view::npos) return "";
    std::string_view inside = query.substr(open + 1, query.size() - open - 2);
    if (inside.size() >= 2 && (inside.front() == '\'' || inside.front() == '"') && inside.back() == inside.front())
      return std::string(inside.substr(1, inside.size() - 2));
    query = query.substr(0, open);
  }
  const std::size_t dot = query.rfind('.');
  return dot == std::string_view::npos ? "" : std::string(query.substr(dot + 1));
}

// `@.id` of an item that is a task.
bool is_own_id(const Value& value) {
  static const Names own = {"@.id", "@['id']", "@.pid", "@['pid']"};
  return value.with.outer == 0 && own.contains(value.argument.text);
}

// Its items are single tasks: by the list they stand in, or because they are counted one by one.
bool goes_over_tasks(const Rule& rule) {
  if (rule.tasks_value && rule.tasks_value->op == Value::Op::constant) return true;
  if (rule.each.empty() || rule.each.back().kind != Step::Kind::query) return false;
  const std::string name = "_" + folded(last_name(rule.each.back().queries[0].text));
  const auto lists = {"_jobs", "_tasks", "_builds", "_runs", "_executions", "_messages", "_buildrequests"};
  return std::any_of(lists.begin(), lists.end(), [&](const char* list) { return name.ends_with(list); });
}

// The first name in a value that promises too many; "" if there is none, or if only a part of it is taken.
std::string trap_in(const Value& value, bool of_task) {
  if (value.with.has_map || !value.with.extract.empty()) return "";
  for (const Value& part : value.list)
    if (std::string found = trap_in(part, of_task); !found.empty()) return found;
  const std::string& text = value.argument.text;
  switch (value.op) {
    case Value::Op::path:
    case Value::Op::first:
    case Value::Op::concat:
      if (!value.is_list)
        if (std::string name = last_name(text); too_many(name) || (of_task && is_own_id(value))) return name;
      return "";
    case Value::Op::text:
      for (std::size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
        const std::size_t close = text.find('}', open);
        if (close == std::string::npos) break;
        if (std::string name = text.substr(open + 1, close - open - 1); too_many(name)) return name;
      }
      return "";
    default:
      return "";
  }
}

void review_label(const Text& label, const Value& value, bool of_task, Diagnostics& out) {
  if (std::any_of(label.text.begin(), label.text.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
    warn(label.at, "the label " + in_ticks(label.text) + " has capital letters; expected small ones, digits and _",
         out);
  if (value.op == Value::Op::constant || value.with.has_map || !value.with.extract.empty()) return;
  std::string name = trap_in(value, of_task);
  if (name.empty() && too_many(label.text)) name = label.text;
  if (name.empty()) return;
  const std::string read = name == label.text ? "" : " is read from " + in_ticks(name) + ", and";
  warn(label.at,
       "the label " + in_ticks(label.text) + read +
           " may have values without end: " + (too_many(name) ? too_many(name) : "every task has another") +
           ", and each makes series that stay; expected something of which there are few (`extract` takes a part)",
       out);
}

// --- values that are not what they look like ------------------------------------------------------

void review_value(const Value& value, Diagnostics& out) {
  for (const Value& part : value.list) review_value(part, out);
  const std::string* const constant = std::get_if<std::string>(&value.constant);
  const std::string& text = value.op == Value::Op::constant && constant ? *constant : value.argument.text;
  if (value.op != Value::Op::constant && value.op != Value::Op::text) return;
  for (const std::string_view start : {"{@", "{$"}) {
    const std::size_t open = text.find(start), close = text.find('}', open);
    if (open == std::string::npos || close == std::string::npos) continue;
    const std::string path = text.substr(open + 1, close - open - 1);
    const bool whole = open == 0 && close + 1 == text.size();
    warn(value.at,
         in_ticks("{" + path + "}") + " is shown as it stands: only {key}, {now} and names are filled in; expected " +
             (whole ? in_ticks("\"" + path + "\"")
                    : "`concat: [..]` of the path " + in_ticks(path) + " and the texts beside it"),
         out);
  }
}

// `$.a[0].name` where `each` goes over `$.a[*]`: one item's name for all.
void review_identity(const Rule& rule, const Text& key, const Value& value, Diagnostics& out) {
  if (value.op != Value::Op::path || rule.each.empty() || rule.each[0].queries.size() != 1) return;
  const std::string& each = rule.each[0].queries[0].text;
  const std::string& path = value.argument.text;
  const std::size_t list = each.rfind('[');
  if (!each.starts_with('$') || list == std::string::npos || !path.starts_with(each.substr(0, list + 1))) return;
  const std::size_t close = path.find(']', list);
  const std::string index = path.substr(list + 1, close - list - 1);
  if (index.empty() || index.find_first_not_of("-0123456789") != std::string::npos) return;
  warn(value.at,
       in_ticks(key.text + ": " + path) + " is the same for every item of " + in_ticks("each: " + each) +
           "; expected a path in the item, " + in_ticks("\"@" + path.substr(close + 1) + "\""),
       out);
}

// A later step that begins at the document again gives the product of two lists.
void review_steps(const Rule& rule, Diagnostics& out) {
  for (std::size_t i = 1; i < rule.each.size(); ++i) {
    const Step& step = rule.each[i];
    if (step.kind != Step::Kind::query || !step.queries[0].text.starts_with('$')) continue;
    warn(step.queries[0].at,
         "step " + std::to_string(i + 1) + " of `each`, " + in_ticks(step.queries[0].text) +
             ", is the same for every item of the step before; expected a path in the item, " +
             in_ticks("\"@" + step.queries[0].text.substr(1) + "\"") + ", or a rule of its own",
         out);
  }
}

void review_values(const Rule& rule, bool whole, Diagnostics& out) {
  for (const auto* values : {&rule.values, &rule.labels, &rule.tasks, &rule.workers})
    for (const auto& [key, value] : *values) review_value(value, out);
  for (const Metric& metric : rule.metrics) {
    review_value(metric.value, out);
    for (const auto& [label, value] : metric.labels) review_value(value, out);
  }
  if (whole && !rule.labels.empty() && rule.metrics.empty() && !rule.flatten)
    warn(rule.labels[0].first.at,
         "`labels` are of the rule's own `metrics`, and it has none; expected `metrics`, or the keys that the "
         "vocabulary "
         "has (pool, queue, namespace ...)",
         out);
}

}  // namespace

void review_collector(const CollectorFile& file, Diagnostics& out) {
  const bool whole = !has_errors(out);
  Diagnostics found;
  Names named;
  for (const Rule& rule : file.rules) {
    const bool of_task = goes_over_tasks(rule);
    review_steps(rule, found);
    review_values(rule, whole, found);
    for (const auto& [key, value] : rule.values)
      if (key.text == "worker" || key.text == "queue" || key.text == "namespace" || key.text == "consumer_group" ||
          key.text == "pool")
        review_label(key, value, of_task, found), review_identity(rule, key, value, found);
    for (const auto& [label, value] : rule.labels) review_label(label, value, of_task, found);
    for (const Metric& metric : rule.metrics) {
      if (named.insert(metric.name.text).second) review_name(metric, found);
      for (const auto& [label, value] : metric.labels) review_label(label, value, of_task, found);
    }
  }
  if (whole) {
    review_families(file, found);
    review_use(file, found);
  }
  // A misspelt `map` or `extract` would have made it right.
  std::erase_if(found, [&](const Diagnostic& d) {
    return std::any_of(out.begin(), out.end(),
                       [&](const Diagnostic& other) { return !other.warning && other.at.line == d.at.line; });
  });
  sort_by_position(found);
  out.insert(out.end(), found.begin(), found.end());
}

}  // namespace tallyman::config
