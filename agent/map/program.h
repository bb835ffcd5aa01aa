// A collector file, compiled: plain data that evaluate, walk and the rule runners read. Made once
// per target by compile.h; immutable from then on, so several threads may run it.
//
// Levels: level 0 is the document's root, level i the item of the i-th `each` step. A value reads
// one level; `outer: 1` is the level before. Histograms use one level more, the bucket.
#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/collector_file.h"
#include "jsonpath/query.h"
#include "map/collector.h"
#include "map/datum.h"
#include "map/item_trie.h"
#include "map/label_text.h"
#include "map/template_text.h"
#include "map/units.h"
#include "map/vocabulary.h"

namespace re2 {
class RE2;
}

namespace tallyman::map {

using Fold = config::Fold;

// A query bound to the level it reads. Singular: its node is in `slot`. Else `slot` has the base,
// and `query` goes on from there.
struct QueryPlan {
  int level = 0;
  std::uint32_t slot = 0;
  std::shared_ptr<const jsonpath::Query> query;  // null: singular
  std::shared_ptr<const jsonpath::Query> whole;  // for people: as it is written
};

// Section 4.2, shared by the queries that stand directly in one form.
struct Modifiers {
  std::vector<std::string> none;
  std::shared_ptr<const re2::RE2> extract;
  struct Map {
    std::vector<std::pair<std::string, Datum>> exact;     // sorted by key
    std::vector<std::pair<std::string, Datum>> prefixes;  // longest first; "" is "*"
  };
  std::optional<Map> map;
  int table = -1;  // index into Program::tables
  Unit unit;
  std::size_t cost = 1;  // visits

  bool reads_text() const { return !none.empty() || extract || map || table >= 0; }
};

struct ValuePlan {
  using Op = config::Value::Op;
  Op op = Op::constant;
  Want want = Want::number;
  bool plain = false;  // a path without modifiers
  Datum constant;      // constant
  Template text;       // text
  QueryPlan query;     // path; first, count, sum, min, max, concat of a query
  bool is_list = false;
  std::vector<ValuePlan> list;
  std::string header, sep;
  std::shared_ptr<const jsonpath::Expression> test;
  int level = 0;  // test
  std::shared_ptr<const Modifiers> with;
  std::optional<Datum> fallback;
};

struct StepPlan {
  config::Step::Kind kind = config::Step::Kind::query;
  struct Alternative {
    std::shared_ptr<const jsonpath::Query> query;
    bool absolute = false, singular = false;
  };
  std::vector<Alternative> alternatives;
  std::shared_ptr<const re2::RE2> match;
};

// What runs over the documents of one request: a rule, a table, a for_each, the pages.
struct WalkPlan {
  std::size_t request = 0;
  std::vector<StepPlan> steps;
  std::vector<ItemTrie> tries;  // one per level, one more for buckets
  std::uint32_t slots = 0;
};

struct LabelPlan {
  std::string name;
  LabelText::Head head;
  ValuePlan value;
};

struct MetricPlan {
  using Type = config::Metric::Type;
  Type type = Type::gauge;
  std::uint32_t family = 0;
  std::uint32_t block = 0;
  ValuePlan value;
  std::vector<LabelPlan> info;
  std::vector<std::string> states;
  QueryPlan buckets;
  ValuePlan le;
  std::optional<ValuePlan> sum;
  bool cumulative = false;
};

struct KeyedValue {
  std::size_t key = 0;  // WorkerKey, QueueKey, ServiceKey or a state
  std::size_t column = 0;
  ValuePlan value;
  std::uint32_t block = 0;
};

struct FlattenPlan {
  std::string prefix;
  std::vector<std::string> drop;
  std::size_t max = 200;
};

struct RulePlan {
  config::Rule::Kind kind = config::Rule::Kind::service;
  std::uint32_t name = 0;   // index into Program::rule_names
  std::uint32_t block = 0;  // of its request; values that are folded with those of other answers name their own
  WalkPlan walk;
  Fold fold = Fold::none;
  // Of workers: it lists them. Else it joins what it has to those that others list, by a table: it does not say
  // who is there.
  bool lists = false;
  std::vector<LabelPlan> identity;  // worker | namespace, queue, consumer_group | pool; as labels stand
  std::size_t required = 0;         // index in identity: the item is skipped without it
  std::vector<KeyedValue> numbers;
  std::vector<KeyedValue> tasks;    // key: TaskState
  std::vector<KeyedValue> workers;  // service; key: WorkerState
  std::optional<ValuePlan> state, host, version, pool;
  std::optional<ValuePlan> tasks_value;
  std::uint32_t tasks_block = 0;
  std::vector<LabelPlan> labels;
  std::vector<MetricPlan> metrics;
  std::optional<double> stale_after;
  std::optional<FlattenPlan> flatten;
  std::size_t cost = 0;  // of an item, as visits of nodes, beside what its values look at
};

struct TablePlan {
  std::uint32_t name = 0;  // of rule_names
  WalkPlan walk;
  ValuePlan key, value;
};

struct PassthroughPlan {
  std::uint32_t name = 0;
  std::uint32_t block = 0;
  std::size_t request = 0;
  std::vector<std::string> keep, drop;
  std::unordered_map<std::string, std::string> rename;
  std::vector<std::string> label_drop;
  std::unordered_map<std::string, std::string> label_rename;
  Fold fold = Fold::none;
};

// A text of a request. Built at each call: variables are those of for_each.
struct BodyPart {
  enum class Kind : std::uint8_t { raw, json_value, json_text, xml_value, xml_text };
  Kind kind = Kind::raw;
  std::string raw;
  Template text;
};

struct RequestPlan {
  std::string name, method;
  Template path;
  std::vector<std::pair<Template, std::optional<Template>>> query;
  std::vector<std::pair<std::string, Template>> headers;
  config::Body::Kind body_kind = config::Body::Kind::none;
  std::vector<BodyPart> body;
  std::vector<std::pair<std::string, Template>> form;
  struct XmlRpc {
    Template call;
    std::vector<std::vector<BodyPart>> args;  // each is one <value>
  } xmlrpc;
  std::size_t batch = 1;  // calls in one system.multicall
  Template send;          // to a stream, where nothing of the above goes
  std::string until;
  bool stream = false;  // the target's url is one
  config::Format format = config::Format::json;
  std::vector<std::pair<int, int>> accept;
  std::shared_ptr<const jsonpath::Expression> expect;
  std::string expect_text;
  std::uint32_t block = 0;
  bool needs_document = false, needs_families = false;

  std::vector<std::string> variables;  // names of for_each
  struct ForEach {
    bool from_answer = false;
    WalkPlan walk;
    std::vector<std::vector<ValuePlan>> as;  // per variable, the alternatives
  };
  std::optional<ForEach> for_each;

  struct Pages {
    std::string query;
    std::int64_t start = 1, step = 1;
    WalkPlan walk;
    std::optional<ValuePlan> last, next;
  };
  std::optional<Pages> pages;
};

// How a session begins and ends (LANGUAGE 3.5).
struct LoginPlan {
  LoginInfo info;
  RequestPlan request;  // its variables are login_variables()
  WalkPlan walk;        // of the token
  std::optional<ValuePlan> token;
  std::string token_query;
  std::vector<std::string> again;  // globs of faults
};

struct Program {
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Text that lives as long as the program, at the same place.
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::string name, system;
  Limits limits;
  std::vector<RequestInfo> infos;
  std::vector<std::size_t> order;
  std::vector<RequestPlan> requests;
  std::optional<LoginPlan> login;
  std::vector<std::string> rule_names;
  std::vector<TablePlan> tables;
  std::vector<RulePlan> rules;  // service, workers, queues
  std::vector<PassthroughPlan> passthrough;
  FamilyList families;                                   // of all metrics and words used
  std::vector<std::vector<std::size_t>> block_requests;  // per block
  // The blocks from this one on hold what is folded from the answers of several requests that may fail apart:
  // without one of them there is no such value, since a part of a sum is not the sum.
  std::size_t first_joint = 0;
  std::size_t worker_columns = 0, queue_columns = 0;
  std::array<int, worker_keys> worker_column{};  // -1: no rule gives it
  std::array<int, queue_keys + task_states> queue_column{};
  bool has_workers = false;
  bool body_only = true;            // Collector::body_only()
  bool kube_texts = false;          // config::CollectorFile
  bool names_from_answers = false;  // passthrough or flatten: families that no file names
  std::optional<Nanoseconds> grace;

  // How large each block was the last time, so that the next one is reserved at once. A hint:
  // loops may write it together.
  struct Size {
    std::atomic<std::size_t> series{0}, label_sets{0}, label_bytes{0};
  };
  mutable std::deque<Size> sizes;

 private:
  std::deque<std::string> texts_;
};

}  // namespace tallyman::map
