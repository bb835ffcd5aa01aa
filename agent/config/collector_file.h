// A collector file as written: YAML read into structs, keys and shapes checked, every text with
// its position. What the texts mean (queries, regexes, states) is checked by map/compile. The
// language is in collectors/README.md; section numbers below are of that page.
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/diagnostic.h"
#include "core/duration.h"
#include "core/number.h"

namespace tallyman::config {

struct Text {
  std::string text;
  Position at;
  bool empty() const { return text.empty(); }
  friend bool operator==(const Text& a, const Text& b) { return a.text == b.text; }  // wherever it stands
};

// A YAML scalar by the core schema: null, true/false, number, text. Quoted is always text.
using Scalar = std::variant<std::monostate, bool, Number, std::string>;
std::string to_text(const Scalar& scalar);

// A parameter (`with`): a scalar or a list of scalars.
using Parameter = std::variant<Scalar, std::vector<Scalar>>;
using Parameters = std::vector<std::pair<Text, Parameter>>;

// Section 4.
struct Value {
  enum class Op { constant, text, path, header, first, count, sum, min, max, diff, concat, test };
  Op op = Op::constant;
  Position at;
  Scalar constant;          // constant
  Text argument;            // text, path, header, test; and the others when given a query
  std::vector<Value> list;  // the others when given a list
  bool is_list = false;

  struct MapEntry {
    Text key;
    Scalar value;
  };
  struct Modifiers {
    int outer = 0;
    Position outer_at;
    std::vector<Scalar> none;
    bool has_none = false;
    Text extract;
    std::vector<MapEntry> map;
    Text map_table;  // `map: name` of a table
    bool has_map = false;
    Text as;
    std::optional<Scalar> fallback;  // `default`
    Text sep;
    bool has_sep = false;
    Position at;  // of the first modifier
  } with;
};

// Section 5, `each`.
struct Step {
  enum class Kind { query, first, json, keys };
  Kind kind = Kind::query;
  std::vector<Text> queries;  // one, or the alternatives of `first`
  Text match;                 // keys
  Position at;
};

// Section 5.4.
struct Metric {
  enum class Type { gauge, counter, info, stateset, histogram };
  Text name;
  Type type = Type::gauge;
  Value value;                                 // gauge, counter, stateset
  std::vector<std::pair<Text, Value>> labels;  // info
  std::vector<Text> states;                    // stateset
  struct Histogram {
    Text buckets;
    std::optional<Value> le, sum;
    Text as;
    bool cumulative = false;
  } histogram;
  Text help;
};

enum class Fold { none, sum, min, max };

struct Flatten {
  Text prefix;
  std::vector<Text> drop;
  std::size_t max = 200;
  Position at;
};

struct Rule {
  enum class Kind { workers, queues, service };
  Kind kind = Kind::service;
  Position at;
  Text from;               // empty: the only request
  std::vector<Step> each;  // empty: `$`
  Fold fold = Fold::none;
  std::vector<std::pair<Text, Value>> labels;
  std::vector<Metric> metrics;
  // Identity (worker, queue, namespace, consumer_group, pool) and vocabulary keys as written, in
  // file order; only keys that the kind knows. `tasks` and `state` of queues are below.
  std::vector<std::pair<Text, Value>> values;
  std::vector<std::pair<Text, Value>> tasks;    // `tasks: {state: v}`
  std::optional<Value> tasks_value;             // `tasks: v`, with `state` in values
  std::vector<std::pair<Text, Value>> workers;  // service: `workers: {state: v}`
  std::optional<Nanoseconds> grace, stale_after;
  std::optional<Flatten> flatten;
};

// Section 3.
struct Pages {
  Text query;  // parameter; empty: `next` is a url
  std::int64_t start = 1, step = 1;
  std::optional<Value> last, next;
  Position at;
};

struct ForEach {
  Text from;  // empty: from parameters only
  std::vector<Step> each;
  struct As {
    Text name;
    std::vector<Value> values;  // one, or a written list
    bool is_list = false;
  };
  std::vector<As> as;
  Position at;
};

struct Body {
  enum class Kind { none, json, form, text, xmlrpc };
  Kind kind = Kind::none;
  std::string json;  // json: the value as JSON text with {variables} inside strings; xmlrpc: args
  std::vector<std::pair<Text, Text>> form;
  Text text;
  Text call;  // xmlrpc
  Position at;
};

enum class Format { json, xmlrpc, csv, kv, fields, text, prometheus };

struct Request {
  Text name;
  Text path;                                                // "/" if not given
  std::vector<std::pair<Text, std::optional<Text>>> query;  // no value: the bare name
  std::string method;                                       // GET, POST, HEAD; default applied
  std::vector<std::pair<Text, Text>> headers;
  Body body;
  Text send, until;
  Format format = Format::json;
  Position format_at;
  std::optional<ForEach> for_each;
  int batch = 1;
  Position batch_at;  // line 0: not given
  std::optional<Pages> pages;
  bool optional = false;
  std::vector<std::pair<int, int>> accept = {{200, 205}, {207, 299}};  // ranges, inclusive; 206 is a part of a list
  Text expect;
  std::optional<Nanoseconds> every, timeout;
  Position at;
};

struct Login {
  Request request;
  Text token;
  std::vector<Text> again;  // globs of faults that ask for a new login
  bool optional = false;    // without `auth: { basic: .. }` the target is asked anonymously
};

struct Table {
  Text name;
  Text from;
  std::vector<Step> each;
  Value key, value;
};

struct Passthrough {
  Text from;
  std::vector<Text> keep, drop;  // globs
  std::vector<std::pair<Text, Text>> rename;
  std::vector<Text> label_drop;
  std::vector<std::pair<Text, Text>> label_rename;
  Fold fold = Fold::none;
  Position at;
};

struct CollectorLimits {
  std::optional<std::size_t> body, depth, pages, follow_ups, samples, label;
  friend bool operator==(const CollectorLimits&, const CollectorLimits&) = default;
};

struct CollectorFile {
  Text name, about, system;
  Parameters with;
  std::vector<Request> requests;
  std::optional<Login> login;
  std::vector<Table> tables;
  std::vector<Rule> rules;  // service, workers, queues; each kind in file order
  std::vector<Passthrough> passthrough;
  CollectorLimits limits;
  // No key of the language, for who stands in for json_exporter: numbers as texts are the shortest decimals of their
  // value, 1.5 of 1.50, and not as they are written; the text of null is `null`, of an array or object its JSON.
  bool kube_texts = false;
  Position at;
};

// Reads `yaml`; `file` is for messages. Appends every error it finds to `out`; the result is
// empty when there was one. `name` must equal `expected_name` unless that is empty.
// read_collector() gives what could be read in any case, so that a caller can go on to find errors
// of another kind.
CollectorFile read_collector(const std::string& yaml, const std::string& file, const std::string& expected_name,
                             Diagnostics& out);
std::optional<CollectorFile> parse_collector(const std::string& yaml, const std::string& file,
                                             const std::string& expected_name, Diagnostics& out);

}  // namespace tallyman::config
