// A good collector, field by field: what the rest of the program gets. Mistakes are in
// collector_errors.test.cpp.
#include "config/collector_file.h"

#include "config/errors.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::config;
using namespace std::chrono_literals;

namespace {

CollectorFile load(const std::string& yaml, const std::string& name = "x") {
  Diagnostics found;
  const auto file = parse_collector(yaml, name + ".yaml", name, found);
  for (const Diagnostic& d : found) UNSCOPED_INFO(to_string(d));
  REQUIRE(file.has_value());
  return *file;
}

Scalar number(std::int64_t v) { return Number::of(v); }

std::vector<std::string> texts(const std::vector<Text>& all) {
  std::vector<std::string> out;
  for (const Text& t : all) out.push_back(t.text);
  return out;
}

const Value& value_of(const Rule& rule, std::string_view key) {
  for (const auto& [name, value] : rule.values)
    if (name.text == key) return value;
  FAIL("no " << key);
  std::abort();
}

using Op = Value::Op;

}  // namespace

TEST_CASE("collector: the least there can be, with its defaults") {
  const CollectorFile file = load("collector: x\nabout: t\nrequests: { stats: {} }\nservice: { load: 1 }\n");
  CHECK(file.name.text == "x");
  CHECK(to_string(file.name.at) == "x.yaml:1:12");
  CHECK(file.about.text == "t");
  CHECK(file.system.text == "x");
  CHECK(file.with.empty());
  CHECK_FALSE(file.login.has_value());
  REQUIRE(file.requests.size() == 1);
  const Request& request = file.requests[0];
  CHECK(request.name.text == "stats");
  CHECK(to_string(request.name.at) == "x.yaml:3:13");
  CHECK(request.path.text == "/");
  CHECK(request.method == "GET");
  CHECK(request.format == Format::json);
  CHECK(request.accept == std::vector<std::pair<int, int>>{{200, 205}, {207, 299}});
  CHECK(request.body.kind == Body::Kind::none);
  CHECK_FALSE(request.optional);
  CHECK_FALSE(request.every.has_value());
  CHECK_FALSE(request.for_each.has_value());
  CHECK_FALSE(request.pages.has_value());
  REQUIRE(file.rules.size() == 1);
  const Rule& rule = file.rules[0];
  CHECK(rule.kind == Rule::Kind::service);
  CHECK(rule.from.empty());
  CHECK(rule.each.empty());
  CHECK(rule.fold == Fold::none);
  REQUIRE(rule.values.size() == 1);
  CHECK(rule.values[0].second.op == Op::constant);
  CHECK(rule.values[0].second.constant == number(1));
}

TEST_CASE("collector: requests") {
  const CollectorFile file = load(R"(
collector: x
system: y
about: t
with: { page_size: 500, queues: [a, b], limit: null, on: true }
limits: { body: 2MiB, depth: 9, pages: 8, follow_ups: 7, samples: 6, label: 64B }
requests:
  list:
    path: /api/list
    query: { size: "{page_size}", n: 3, bare: null, flag: true }
    headers: { Accept: text/plain }
    optional: true
    accept: [200, 404]
    expect: "$.ok == true"
    every: 60s
    timeout: 5s
    pages: { query: page, start: 0, step: 10, last: $.pages }
  detail:
    for_each: { from: list, each: ["$[*]", "@.sub[*]"], as: { id: "@.id", kind: [A, 2], up: { text: "{key}", outer: 1 } } }
    method: HEAD
    body: { json: { a: [1, "2", null, true, "q\"\n"], b: { c: "{id}", d: 18446744073709551615, e: 1.50 } } }
    pages: { query: cursor, next: { header: X-Next } }
  text: { format: prometheus, body: { text: "q {x}" } }
  form: { body: { form: { user: u, n: 5 } } }
service: { from: list, load: 1 }
)");
  CHECK(file.system.text == "y");
  REQUIRE(file.with.size() == 4);
  CHECK(std::get<Scalar>(file.with[0].second) == number(500));
  CHECK(std::get<std::vector<Scalar>>(file.with[1].second) == std::vector<Scalar>{"a", "b"});
  CHECK(std::get<Scalar>(file.with[2].second) == Scalar(std::monostate{}));
  CHECK(std::get<Scalar>(file.with[3].second) == Scalar(true));
  CHECK(file.limits.body == 2u << 20);
  CHECK(file.limits.depth == 9u);
  CHECK(file.limits.pages == 8u);
  CHECK(file.limits.follow_ups == 7u);
  CHECK(file.limits.samples == 6u);
  CHECK(file.limits.label == 64u);

  REQUIRE(file.requests.size() == 4);
  const Request& list = file.requests[0];
  CHECK(list.path.text == "/api/list");
  REQUIRE(list.query.size() == 4);
  CHECK(list.query[0].first.text == "size");
  CHECK(list.query[0].second->text == "{page_size}");
  CHECK(list.query[1].second->text == "3");
  CHECK_FALSE(list.query[2].second.has_value());
  CHECK(list.query[3].second->text == "true");
  CHECK(list.headers[0].first.text == "Accept");
  CHECK(list.headers[0].second.text == "text/plain");
  CHECK(list.optional);
  CHECK(list.accept == std::vector<std::pair<int, int>>{{200, 200}, {404, 404}});
  CHECK(list.expect.text == "$.ok == true");
  CHECK(list.every == Nanoseconds(60s));
  CHECK(list.timeout == Nanoseconds(5s));
  REQUIRE(list.pages.has_value());
  CHECK(list.pages->query.text == "page");
  CHECK(list.pages->start == 0);
  CHECK(list.pages->step == 10);
  REQUIRE(list.pages->last.has_value());
  CHECK(list.pages->last->op == Op::path);
  CHECK(list.pages->last->argument.text == "$.pages");
  CHECK_FALSE(list.pages->next.has_value());

  const Request& detail = file.requests[1];
  CHECK(detail.method == "HEAD");
  CHECK(detail.body.kind == Body::Kind::json);
  CHECK(detail.body.json == R"({"a":[1,"2",null,true,"q\"\n"],"b":{"c":"{id}","d":18446744073709551615,"e":1.5}})");
  REQUIRE(detail.for_each.has_value());
  CHECK(detail.for_each->from.text == "list");
  REQUIRE(detail.for_each->each.size() == 2);
  CHECK(detail.for_each->each[1].queries[0].text == "@.sub[*]");
  REQUIRE(detail.for_each->as.size() == 3);
  CHECK(detail.for_each->as[0].name.text == "id");
  CHECK_FALSE(detail.for_each->as[0].is_list);
  CHECK(detail.for_each->as[0].values[0].op == Op::path);
  CHECK(detail.for_each->as[1].is_list);
  REQUIRE(detail.for_each->as[1].values.size() == 2);
  CHECK(detail.for_each->as[1].values[0].argument.text == "A");
  CHECK(detail.for_each->as[1].values[1].constant == number(2));
  CHECK(detail.for_each->as[2].values[0].with.outer == 1);
  CHECK(detail.pages->next->op == Op::header);
  CHECK(detail.pages->next->argument.text == "X-Next");

  CHECK(file.requests[2].format == Format::prometheus);
  CHECK(file.requests[2].method == "POST");
  CHECK(file.requests[2].body.kind == Body::Kind::text);
  CHECK(file.requests[2].body.text.text == "q {x}");
  CHECK(file.requests[3].body.kind == Body::Kind::form);
  CHECK(file.requests[3].body.form[1].second.text == "5");
}

TEST_CASE("collector: values and their modifiers") {
  const CollectorFile file = load(R"(
collector: x
about: t
requests: { r: {} }
tables: { arch: { each: "$.a[*]", key: "@.id", value: "@.name" } }
workers:
  each: ["$.w[*]", "@.x[*]"]
  worker: "{key}"
  host: { path: "@.h", outer: 1, none: ["", -1], extract: "@(.+)$" }
  pool: { concat: ["@.a", /, "@.b"], sep: "-", map: arch }
  up: true
  state: { path: "@.s", map: { "UP*": up, 1: busy, "*": unknown }, default: offline }
  load: { count: "@.c[*]", default: 0 }
  max_load: { diff: ["{now}", { max: "@.t[*]", as: unix_ms }] }
  memory: { first: ["@.m.rss", { sum: ["@.a", 5] }], as: KiB, none: 18446744073709551615 }
  last_seen: { test: "@.x == 1" }
  grace: 0s
  stale_after: 5m
)");
  REQUIRE(file.rules.size() == 1);
  const Rule& rule = file.rules[0];
  CHECK(rule.kind == Rule::Kind::workers);
  CHECK(rule.grace == Nanoseconds(0));
  CHECK(rule.stale_after == Nanoseconds(5min));
  std::vector<std::string> order;
  for (const auto& [name, value] : rule.values) order.push_back(name.text);
  CHECK(order ==
        std::vector<std::string>{"worker", "host", "pool", "up", "state", "load", "max_load", "memory", "last_seen"});
  CHECK(value_of(rule, "worker").op == Op::text);
  CHECK(value_of(rule, "worker").argument.text == "{key}");

  const Value& host = value_of(rule, "host");
  CHECK(host.op == Op::path);
  CHECK(host.argument.text == "@.h");
  CHECK(host.with.outer == 1);
  CHECK(host.with.has_none);
  CHECK(host.with.none == std::vector<Scalar>{"", number(-1)});
  CHECK(host.with.extract.text == "@(.+)$");
  CHECK(to_string(host.at) == "x.yaml:9:9");
  CHECK(to_string(host.argument.at) == "x.yaml:9:17");
  CHECK(to_string(host.with.outer_at) == "x.yaml:9:31");
  CHECK(to_string(host.with.at) == "x.yaml:9:24");

  const Value& pool = value_of(rule, "pool");
  CHECK(pool.op == Op::concat);
  CHECK(pool.is_list);
  REQUIRE(pool.list.size() == 3);
  CHECK(pool.list[1].op == Op::text);
  CHECK(pool.list[1].argument.text == "/");
  CHECK(pool.with.has_sep);
  CHECK(pool.with.sep.text == "-");
  CHECK(pool.with.has_map);
  CHECK(pool.with.map_table.text == "arch");

  CHECK(value_of(rule, "up").constant == Scalar(true));

  const Value& state = value_of(rule, "state");
  REQUIRE(state.with.map.size() == 3);
  CHECK(state.with.map[0].key.text == "UP*");
  CHECK(state.with.map[0].value == Scalar("up"));
  CHECK(state.with.map[1].key.text == "1");
  CHECK(state.with.fallback == Scalar("offline"));

  const Value& load_value = value_of(rule, "load");
  CHECK(load_value.op == Op::count);
  CHECK(load_value.argument.text == "@.c[*]");
  CHECK(load_value.with.fallback == number(0));

  const Value& diff = value_of(rule, "max_load");
  CHECK(diff.op == Op::diff);
  REQUIRE(diff.list.size() == 2);
  CHECK(diff.list[0].argument.text == "{now}");
  CHECK(diff.list[1].op == Op::max);
  CHECK(diff.list[1].with.as.text == "unix_ms");

  const Value& memory = value_of(rule, "memory");
  CHECK(memory.op == Op::first);
  CHECK(memory.with.none == std::vector<Scalar>{Number::of_unsigned(UINT64_MAX)});
  CHECK(memory.list[1].op == Op::sum);
  CHECK(memory.list[1].list[1].constant == number(5));
  CHECK(value_of(rule, "last_seen").op == Op::test);

  REQUIRE(file.tables.size() == 1);
  CHECK(file.tables[0].name.text == "arch");
  CHECK(file.tables[0].each[0].queries[0].text == "$.a[*]");
  CHECK(file.tables[0].key.argument.text == "@.id");
  CHECK(file.tables[0].value.argument.text == "@.name");
}

TEST_CASE("collector: rules by kind, steps, tasks, metrics, flatten") {
  const CollectorFile file = load(R"(
collector: x
about: t
requests: { r: {} }
queues:
  - { queue: a, tasks: { ready: "@.r", active: { sum: ["@.a", "@.b"] } } }
  - { queue: b, tasks: { path: "@.n" }, state: "@.s", fold: sum, namespace: n, consumer_group: g }
workers: { worker: w, each: { first: ["$.a[*]", "$"] } }
service:
  each: [{ json: $.text }, { keys: "@", match: "^q(.+)$" }, "@.x[*]"]
  fold: max
  labels: { who: "{key}", fixed: 5 }
  tasks: { failed: 1 }
  workers: { idle: "@.i" }
  flatten: { prefix: "a_", drop: ["a_x*", "*y"], max: 7 }
  metrics:
    a_g: { gauge: "@.g", help: G }
    a_total: { counter: { path: "@.c", as: ms }, help: C }
    a_info: { info: { v: "@.v", w: x }, help: I }
    a_state: { stateset: "@.s", states: [on, off], help: S }
    a_hist: { histogram: { buckets: "@.b[*]", le: { text: "{key}", outer: 3 }, as: us, sum: "@.sum", cumulative: true }, help: H }
)");
  REQUIRE(file.rules.size() == 4);  // service, workers, queues, whatever the order of the file
  CHECK(file.rules[0].kind == Rule::Kind::service);
  CHECK(file.rules[1].kind == Rule::Kind::workers);
  CHECK(file.rules[2].kind == Rule::Kind::queues);
  CHECK(file.rules[3].kind == Rule::Kind::queues);

  const Rule& service = file.rules[0];
  REQUIRE(service.each.size() == 3);
  CHECK(service.each[0].kind == Step::Kind::json);
  CHECK(service.each[0].queries[0].text == "$.text");
  CHECK(service.each[1].kind == Step::Kind::keys);
  CHECK(service.each[1].match.text == "^q(.+)$");
  CHECK(service.each[2].kind == Step::Kind::query);
  CHECK(service.fold == Fold::max);
  REQUIRE(service.labels.size() == 2);
  CHECK(service.labels[0].first.text == "who");
  CHECK(service.labels[1].second.constant == number(5));
  REQUIRE(service.tasks.size() == 1);
  CHECK(service.tasks[0].first.text == "failed");
  REQUIRE(service.workers.size() == 1);
  CHECK(service.workers[0].second.argument.text == "@.i");
  REQUIRE(service.flatten.has_value());
  CHECK(service.flatten->prefix.text == "a_");
  CHECK(texts(service.flatten->drop) == std::vector<std::string>{"a_x*", "*y"});
  CHECK(service.flatten->max == 7);
  REQUIRE(service.metrics.size() == 5);
  CHECK(service.metrics[0].type == Metric::Type::gauge);
  CHECK(service.metrics[0].name.text == "a_g");
  CHECK(service.metrics[0].help.text == "G");
  CHECK(service.metrics[1].type == Metric::Type::counter);
  CHECK(service.metrics[1].value.with.as.text == "ms");
  CHECK(service.metrics[2].type == Metric::Type::info);
  REQUIRE(service.metrics[2].labels.size() == 2);
  CHECK(service.metrics[2].labels[1].second.argument.text == "x");
  CHECK(service.metrics[3].type == Metric::Type::stateset);
  CHECK(texts(service.metrics[3].states) == std::vector<std::string>{"on", "off"});
  const Metric& histogram = service.metrics[4];
  CHECK(histogram.type == Metric::Type::histogram);
  CHECK(histogram.histogram.buckets.text == "@.b[*]");
  CHECK(histogram.histogram.le->with.outer == 3);  // the bucket itself is one step more
  CHECK(histogram.histogram.sum->argument.text == "@.sum");
  CHECK(histogram.histogram.as.text == "us");
  CHECK(histogram.histogram.cumulative);

  const Rule& workers = file.rules[1];
  REQUIRE(workers.each.size() == 1);
  CHECK(workers.each[0].kind == Step::Kind::first);
  CHECK(texts(workers.each[0].queries) == std::vector<std::string>{"$.a[*]", "$"});

  CHECK(file.rules[2].tasks.size() == 2);
  CHECK_FALSE(file.rules[2].tasks_value.has_value());
  CHECK(file.rules[2].tasks[1].second.op == Op::sum);
  CHECK(file.rules[3].tasks.empty());
  REQUIRE(file.rules[3].tasks_value.has_value());
  CHECK(file.rules[3].tasks_value->argument.text == "@.n");
  CHECK(value_of(file.rules[3], "state").argument.text == "@.s");
  CHECK(value_of(file.rules[3], "consumer_group").argument.text == "g");
}

TEST_CASE("collector: passthrough") {
  const CollectorFile file = load(R"(
collector: x
about: t
requests: { r: { format: prometheus }, s: {} }
passthrough:
  - from: r
    keep: ["a_*"]
    drop: ["*_created"]
    rename: { a_old: a_new }
    labels: { drop: [headers], rename: { app_name: app } }
    fold: sum
)");
  REQUIRE(file.passthrough.size() == 1);
  const Passthrough& pass = file.passthrough[0];
  CHECK(pass.from.text == "r");
  CHECK(texts(pass.keep) == std::vector<std::string>{"a_*"});
  CHECK(texts(pass.drop) == std::vector<std::string>{"*_created"});
  CHECK(pass.rename[0].first.text == "a_old");
  CHECK(pass.rename[0].second.text == "a_new");
  CHECK(texts(pass.label_drop) == std::vector<std::string>{"headers"});
  CHECK(pass.label_rename[0].second.text == "app");
  CHECK(pass.fold == Fold::sum);
}

TEST_CASE("collector: without an expected name any legal one will do") {
  Diagnostics found;
  CHECK(parse_collector("collector: other\nabout: t\nrequests: { r: {} }\nservice: { load: 1 }\n", "f", "", found));
  CHECK(found.empty());
}
