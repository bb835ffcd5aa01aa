// LANGUAGE 5: items, identity, folds, queues, service, metrics, flatten, tables.
#include "mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;
using namespace tallyman::map::testing;

namespace {

Given one(const std::string& rules, const std::string& body) {
  Given given;
  given.yaml = "collector: c\nabout: x\nrequests: { r: {} }\n" + rules;
  given.bodies["r"] = {body};
  return given;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("each: steps nest, outer reads further out, {key} is a name or an index") {
  struct Row {
    const char* each;
    const char* label;
    const char* json;
    const char* is;  // labels of the samples, one blank apart
  };
  const Row rows[] = {
      {R"("$.a[*]")", R"("@.n")", R"({"a": [{"n": "x"}, {"n": "y"}]})", "x y"},
      {R"("$.a[*]")", R"("{key}")", R"({"a": [5, 6]})", "0 1"},
      {R"("$.a.*")", R"("{key}")", R"({"a": {"p": 1, "q": 2}})", "p q"},
      {R"("$.a")", R"("{key}")", R"({"a": 1})", "a"},
      {R"("$.a[-1]")", R"("{key}")", R"({"a": [7, 8, 9]})", "2"},
      {R"("$['x','y']")", R"("{key}")", R"({"y": 1, "x": 2, "z": 3})", "x y"},
      {R"(["$.a[*]", "@.b[*]"])", R"({ path: "@.n", outer: 1 })", R"({"a": [{"n": "x", "b": [1, 2]}, {"n": "y"}]})",
       "x x"},
      {R"(["$.*", "@.*"])", R"({ text: "{key}", outer: 1 })", R"({"p": {"q": 1}, "r": {"s": 2}})", "p r"},
      {R"(["$.*", "@.*"])", R"({ concat: [{ text: "{key}", outer: 1 }, ., "{key}"] })", R"({"p": {"q": 1}})", "p.q"},
      {R"([$.a, "@.b[*]"])", R"("{key}")", R"({"a": {"b": [1]}})", "0"},
      {R"([{ first: ["$.list[*]", $] }])", R"({ path: "@.n", default: one })", R"({"list": [{"n": "a"}]})", "a"},
      {R"([{ first: ["$.list[*]", $] }])", R"({ path: "@.n", default: one })", R"({"other": 1})", "one"},
      {R"([{ first: ["$.list[*]", $] }])", R"({ path: "@.n", default: one })", R"({"list": []})", ""},
      {R"([{ first: ["$.a[*]", $] }, { first: ["@.s", "@"] }])", R"({ path: "@.i", outer: 1, default: 0 })",
       R"({"a": [{"i": 4, "s": {}}, {"i": 5}]})", "4 5"},
      {R"([{ json: $.text }, "@.l[*]"])", R"("@")", R"({"text": "{\"l\": [\"x\", \"y\"]}"})", "x y"},
      {R"(["$.a.*", { json: "@.info" }])", R"({ concat: [{ text: "{key}", outer: 1 }, "{key}", "@.c"] })",
       R"({"a": {"w": {"info": "{\"c\": 3}"}}})", "winfo3"},
      {R"([{ keys: $, match: "^queue_(.+)$" }])", R"("{key}")", R"({"queue_a": 1, "other": 2, "queue_b": 3})", "a b"},
      {R"([{ keys: $.o, match: "a" }])", R"("{key}")", R"({"o": {"xa": 1, "b": 2}})", "xa"},
      {R"(["$.a[*]", "$.b[*]"])", R"("@")", R"({"a": [1, 2], "b": ["x"]})", "x x"},
      {R"("@.a[*]")", R"("@")", R"({"a": ["x"]})", "x"},  // in the first step `@` is `$`
  };
  for (const Row& row : rows) {
    INFO(row.each << "  " << row.label << "  on  " << row.json);
    const Mapped m =
        mapped(one("service:\n  each: " + std::string(row.each) + "\n  fold: sum\n  labels: { l: " + row.label +
                       " }\n  metrics: { m: { gauge: 1, help: h } }\n",
                   row.json));
    std::string is;
    for (const std::string& line : m.lines) {
      REQUIRE(line.starts_with("m{l=\""));
      const std::size_t count = line.back() - '0';  // folded: how many items had it
      for (std::size_t i = 0; i < count; ++i) is += (is.empty() ? "" : " ") + line.substr(5, line.rfind('"') - 5);
    }
    CHECK(is == row.is);
  }
}

TEST_CASE("each: a list of workers that names none is an absent one") {
  const std::string rule = R"(workers: [{ each: "$.a[*]", worker: "@.name" }])";
  CHECK(mapped(one(rule, R"({"a": [{"name": "w"}, 1, {}]})")).out.found[0].base == RuleFound::Base::there);
  CHECK(mapped(one(rule, R"({"a": [1, {}]})")).out.found[0].base == RuleFound::Base::absent);
  CHECK(mapped(one(rule, R"({"a": {"w": 1}})")).out.found[0].base == RuleFound::Base::absent);
  CHECK(mapped(one(rule, R"({"a": []})")).out.found[0].base == RuleFound::Base::there);
}

TEST_CASE("each: whoever joins by a table does not say which workers there are") {
  Given given;
  given.yaml = R"(collector: c
about: x
requests:
  names: { path: /names }
  info: { path: "/info/{n}", for_each: { from: names, each: "$.list[*]", as: { n: "@.name" } } }
  tasks: { path: /tasks }
tables: { name: { from: info, key: $.id, value: $.name } }
workers:
  - { from: info, worker: $.name }
  - { from: tasks, each: "$.tasks[*]", fold: sum, worker: { path: "@.on", map: name }, metrics: { m: { gauge: 1, help: h } } }
)";
  struct Row {
    const char* names;
    std::vector<std::string> info;
    const char* tasks;
    bool no_list;
  };
  const Row rows[] = {
      {R"({"list": [{"name": "w"}]})", {R"({"id": 1, "name": "w"})"}, R"({"tasks": [{"on": 1}]})", false},
      {R"({"list": []})", {}, R"({"tasks": [{"on": 1}]})", false},  // all workers are gone, a task of one is left
      {R"({"list": [{"name": "w"}]})", {R"({"id": 1, "name": "w"})"}, R"({"tasks": [{"on": 7}]})", false},
      {R"({"list": [{"name": "w"}]})", {R"({"id": 1, "name": "w"})"}, "{}", false},
      {R"({"list": [{"name": "w"}]})",
       {"{}"},
       R"({"tasks": []})",
       true},  // gone between the two calls: the next poll says so
      {R"({"error": "busy"})", {}, R"({"tasks": []})", true},
      {R"({"list": null})", {}, R"({"tasks": []})", true},
      {R"({"list": [{"id": 1}]})", {}, R"({"tasks": []})", true},
  };
  for (const Row& row : rows) {
    INFO(row.names << " " << row.tasks);
    given.bodies["names"] = {row.names};
    given.bodies["info"] = row.info;
    given.bodies["tasks"] = {row.tasks};
    const Mapped m = mapped(given);
    INFO(m.text());
    CHECK(m.out.no_worker_list == row.no_list);
    CHECK((m.out.found[1].base == RuleFound::Base::absent) == row.no_list);  // said, too
    // A join is missed where its own list is not there; not because the workers are gone.
    const bool missed = m.out.found[2].base == RuleFound::Base::absent;
    CHECK(missed == (std::string(row.tasks) == "{}"));
  }
}

TEST_CASE("each: an absent base is told from an empty one") {
  const std::string rule = R"(service: { each: "$.a[*]", metrics: { m: { gauge: 1, help: h } } })";
  CHECK(mapped(one(rule, R"({"a": []})")).out.found[0].base == RuleFound::Base::there);
  CHECK(mapped(one(rule, R"({"a": null})")).out.found[0].base == RuleFound::Base::absent);
  CHECK(mapped(one(rule, "{}")).out.found[0].base == RuleFound::Base::absent);
}

TEST_CASE("each: how many items a rule found, all its documents together, and a table too") {
  const Mapped m = mapped(one(R"(tables: { name: { each: "$.names[*]", key: "@.id", value: "@.n" } }
service:
  - { each: "$.a[*]", metrics: { m: { gauge: "@", help: h } } }
  - { each: "$.a[?@ > 9]", fold: sum, metrics: { n: { gauge: "@", help: h } } })",
                              R"({"a": [1, 2, 3], "names": [{"id": 1, "n": "x"}, {}]})"));
  REQUIRE(m.out.found.size() == 3);
  CHECK(m.out.found[0].items == 2);
  CHECK(m.out.found[1].items == 3);
  CHECK(m.out.found[2].items == 0);
  CHECK(m.out.found[2].base == RuleFound::Base::there);
}

TEST_CASE("each: text that is no JSON, and keys of what is no object, are errors of the rule") {
  const Mapped json =
      mapped(one("service: { each: [{ json: $.t }], metrics: { m: { gauge: 1, help: h } } }", R"({"t": "{"})"));
  CHECK(json.errors.at("service[0] type") == 1);
  CHECK(json.lines.empty());
  const Mapped keys = mapped(
      one("service: { each: [{ keys: $.t, match: x }], metrics: { m: { gauge: 1, help: h } } }", R"({"t": [1]})"));
  CHECK(keys.errors.at("service[0] type") == 1);
}

TEST_CASE("fold: equal labels are combined, without fold the first stays") {
  const std::string body = R"([{"k": "a", "v": 3}, {"k": "b", "v": 1}, {"k": "a", "v": 2}])";
  const auto rule = [](const std::string& fold) {
    return R"(service: { each: "$[*]", )" + fold +
           R"( labels: { k: "@.k" }, metrics: { m: { gauge: "@.v", help: h } } })";
  };
  CHECK(mapped(one(rule("fold: sum,"), body)).lines == Lines{R"(m{k="a"} 5)", R"(m{k="b"} 1)"});
  CHECK(mapped(one(rule("fold: min,"), body)).lines == Lines{R"(m{k="a"} 2)", R"(m{k="b"} 1)"});
  CHECK(mapped(one(rule("fold: max,"), body)).lines == Lines{R"(m{k="a"} 3)", R"(m{k="b"} 1)"});
  const Mapped none = mapped(one(rule(""), body));
  CHECK(none.lines == Lines{R"(m{k="a"} 3)", R"(m{k="b"} 1)"});
  CHECK(none.errors.at("service[0] duplicate") == 1);
}

TEST_CASE("fold: across requests that may fail apart it is all of them or nothing") {
  Given given;
  given.yaml = R"(collector: c
about: x
requests: { list: { path: /l }, tasks: { path: /t, optional: true }, more: { path: /m, optional: true } }
workers:
  - { from: list, each: "$[*]", worker: "@", fold: sum, open_tasks: 0, load: 1, metrics: { m: { gauge: 0, help: h } } }
  - { from: tasks, each: "$[*]", worker: "@.w", fold: sum, open_tasks: 1, metrics: { m: { gauge: 1, help: h } } }
queues:
  - { from: list, each: "$[*]", queue: "@", fold: sum, tasks: { ready: 0 }, consumers: 2 }
  - { from: tasks, each: "$[*]", queue: "@.w", fold: sum, tasks: 1, state: ready }
  - { from: more, each: "$[*]", queue: "@.w", fold: sum, tasks: 10, state: ready }
service:
  - { from: list, fold: sum, load: 1, tasks: { ready: 0 }, metrics: { s: { gauge: 0, help: h } } }
  - { from: tasks, fold: sum, each: "$[*]", tasks: { ready: 1 }, metrics: { s: { gauge: 1, help: h } } }
)";
  given.bodies["list"] = {R"(["a", "b"])"};
  given.bodies["tasks"] = {R"([{"w": "a"}, {"w": "a"}, {"w": "c"}])"};
  given.bodies["more"] = {R"([{"w": "b"}])"};
  const Mapped all = mapped(given);
  INFO(all.text());
  CHECK(all.of("m") == Lines{R"([3] m{worker="a"} 2)", R"([3] m{worker="b"} 0)", R"([3] m{worker="c"} 1)"});
  CHECK(all.of("tally_worker_open_tasks") == Lines{R"([3] tally_worker_open_tasks{worker="a"} 2)",
                                                   R"([3] tally_worker_open_tasks{worker="b"} 0)",
                                                   R"([3] tally_worker_open_tasks{worker="c"} 1)"});
  CHECK(all.of("tally_queue_tasks") == Lines{R"([4] tally_queue_tasks{queue="a",state="ready"} 2)",
                                             R"([4] tally_queue_tasks{queue="b",state="ready"} 10)",
                                             R"([4] tally_queue_tasks{queue="c",state="ready"} 1)"});
  CHECK(all.of("s") == Lines{"[3] s 3"});
  CHECK(all.of("tally_tasks") == Lines{R"([3] tally_tasks{state="ready"} 3)"});
  CHECK(all.of("tally_queue_consumers").size() == 2);
  // As old as the oldest of what it is made of.
  REQUIRE(all.out.blocks.size() == 5);
  CHECK(all.out.blocks[3].requests == std::vector<std::size_t>{0, 1});
  CHECK(all.out.blocks[4].requests == std::vector<std::size_t>{0, 1, 2});
  CHECK(all.errors.empty());

  given.bodies.erase("tasks");
  given.lost = {"tasks"};
  const Mapped without = mapped(given);
  INFO(without.text());
  for (const char* name : {"m", "tally_worker_open_tasks", "tally_queue_tasks", "s", "tally_tasks"})
    CHECK(without.of(name).empty());
  CHECK(without.of("tally_worker_load") ==
        Lines{R"(tally_worker_load{worker="a"} 1)", R"(tally_worker_load{worker="b"} 1)"});
  CHECK(without.of("tally_queue_consumers").size() == 2);
  CHECK(without.of("tally_load") == Lines{"tally_load 1"});
  CHECK_FALSE(without.out.no_worker_list);

  // A request that was answered and had nothing is no loss.
  given.lost.clear();
  given.bodies["tasks"] = {"[]"};
  CHECK(mapped(given).of("m") == Lines{R"([3] m{worker="a"} 0)", R"([3] m{worker="b"} 0)"});
}

TEST_CASE("fold: across rules with the same fold, not with another") {
  const std::string body = R"({"a": 1, "b": 2, "c": 4})";
  const Mapped m = mapped(one(R"(
service:
  - { fold: sum, metrics: { m: { gauge: $.a, help: h } } }
  - { fold: sum, metrics: { m: { gauge: $.b, help: h } } }
  - { fold: max, metrics: { m: { gauge: $.c, help: h } } }
  - { metrics: { m: { gauge: $.c, help: h } } }
)",
                              body));
  CHECK(m.lines == Lines{"m 3"});
  CHECK(m.errors.at("service[2] duplicate") == 1);
  CHECK(m.errors.at("service[3] duplicate") == 1);
}

TEST_CASE("queues: states, counts by data, identity of three") {
  const Mapped states = mapped(one(R"(
queues:
  each: "$[*]"
  namespace: "@.v"
  queue: "@.q"
  consumer_group: "@.g"
  tasks: { ready: "@.r", active: { path: "@.a", default: 0 } }
  paused: "@.p"
  oldest_age: { diff: ["{now}", "@.t"], as: unix }
  metrics: { x: { gauge: "@.r", help: h } }
)",
                                   R"([{"v": "/", "q": "q1", "g": "g", "r": 3, "p": true, "t": 999990},
                                       {"q": "q2", "r": 0}, {"v": "/", "r": 1}])"));
  INFO(states.text());
  CHECK(states.lines == Lines{
                            R"(x{namespace="/",queue="q1",consumer_group="g"} 3)",
                            R"(x{queue="q2"} 0)",
                            R"(tally_queue_paused{namespace="/",queue="q1",consumer_group="g"} 1)",
                            R"(tally_queue_oldest_age_seconds{namespace="/",queue="q1",consumer_group="g"} 10)",
                            R"(tally_queue_tasks{namespace="/",queue="q1",consumer_group="g",state="ready"} 3)",
                            R"(tally_queue_tasks{namespace="/",queue="q1",consumer_group="g",state="active"} 0)",
                            R"(tally_queue_tasks{queue="q2",state="ready"} 0)",
                            R"(tally_queue_tasks{queue="q2",state="active"} 0)",
                        });
  CHECK(states.errors.at("queues[0] skipped") == 1);

  const Mapped counted = mapped(one(R"(
queues:
  - { each: "$.p[*]", fold: sum, queue: "@", tasks: { ready: 0, active: 0 } }
  - each: "$.j[*]"
    fold: sum
    queue: "@.p"
    state: { path: "@.s", map: { PENDING: ready, RUNNING: active } }
    tasks: 1
  - { each: "$.j[?@.s == 'PENDING']", fold: max, queue: "@.p", oldest_age: { diff: ["{now}", "@.t"], as: unix } }
)",
                                    R"({"p": ["a", "b"], "j": [{"p": "a", "s": "PENDING", "t": 999000},
    {"p": "a", "s": "PENDING", "t": 998000}, {"p": "a", "s": "RUNNING"}, {"p": "c", "s": "ODD"}]})"));
  INFO(counted.text());
  CHECK(counted.lines == Lines{
                             R"(tally_queue_oldest_age_seconds{queue="a"} 2000)",
                             R"(tally_queue_tasks{queue="a",state="ready"} 2)",
                             R"(tally_queue_tasks{queue="a",state="active"} 1)",
                             R"(tally_queue_tasks{queue="b",state="ready"} 0)",
                             R"(tally_queue_tasks{queue="b",state="active"} 0)",
                         });
  CHECK(counted.errors.at("queues[1] map") == 1);
}

TEST_CASE("service: version, start, loads and tasks") {
  const Mapped m = mapped(one(R"(
service:
  pool: $.pool
  version: $.v
  start: { path: $.s, as: unix }
  load: $.l
  max_load: $.none
  tasks_total: $.n
  tasks: { active: $.l }
  workers: { idle: 3 }
)",
                              R"({"pool": "www", "v": "1.0", "s": 5, "l": 2, "n": 9})"));
  INFO(m.text());
  CHECK(m.lines == Lines{R"(tally_target_info{version="1.0"} 1)", "tally_target_start_timestamp_seconds 5",
                         R"(tally_load{pool="www"} 2)", R"(tally_tasks_total{pool="www"} 9)",
                         R"(tally_tasks{state="active",pool="www"} 2)", R"(tally_workers{state="idle",pool="www"} 3)"});
  CHECK(m.errors.at("service[0] missing") == 1);
}

TEST_CASE("metrics: gauge, counter, info, stateset with the rule's identity and labels") {
  const Mapped m = mapped(one(R"(
workers:
  each: "$[*]"
  worker: "@.n"
  labels: { zone: "@.z", none: "@.none" }
  metrics:
    a: { gauge: "@.a", help: h }
    b_total: { counter: "@.b", help: h }
    c_info: { info: { os: "@.os", v: "@.v" }, help: h }
    d: { stateset: "@.s", states: [on, off], help: h }
)",
                              R"([{"n": "w", "z": "z1", "a": 1, "b": 2, "os": "Linux", "s": "off"},
                                  {"n": "x", "s": "broken"}])"));
  INFO(m.text());
  const Lines own(m.lines.begin(), m.lines.begin() + 8);
  CHECK(own == Lines{R"(a{worker="w",zone="z1"} 1)", R"(b_total{worker="w",zone="z1"} 2)",
                     R"(c_info{worker="w",zone="z1",os="Linux"} 1)", R"(d{worker="w",zone="z1",state="on"} 0)",
                     R"(d{worker="w",zone="z1",state="off"} 1)", R"(c_info{worker="x"} 1)",
                     R"(d{worker="x",state="on"} 0)", R"(d{worker="x",state="off"} 0)"});
  CHECK(m.errors.at("workers[0] map") == 1);  // broken
  const SampleBatch& batch = m.out.blocks[0].batch;
  const auto type = [&](const std::string& name) {
    for (const Family& f : batch.families())
      if (f.name == name) return f.type;
    return MetricType::untyped;
  };
  CHECK(type("a") == MetricType::gauge);
  CHECK(type("b_total") == MetricType::counter);
  CHECK(type("c_info") == MetricType::info);
  CHECK(type("d") == MetricType::gauge);
}

TEST_CASE("metrics: a label of a wrong type costs the samples, an over-long one is cut") {
  const Mapped wrong =
      mapped(one(R"(service: { labels: { l: $.l }, metrics: { m: { gauge: 1, help: h } } })", R"({"l": {}})"));
  CHECK(wrong.lines.empty());
  CHECK(wrong.errors.at("service[0] type") == 1);
  const std::string text(1025, 'x');  // the limit is 1024: 1015 bytes, `~` and 8 digits are left
  const Mapped cut = mapped(
      one(R"(service: { labels: { l: $.l }, metrics: { m: { gauge: 1, help: h } } })", R"({"l": ")" + text + R"("})"));
  REQUIRE(cut.lines.size() == 1);
  CHECK(cut.lines[0].starts_with("m{l=\"" + std::string(1015, 'x') + "~"));
  CHECK(cut.lines[0].size() == std::string("m{l=\"\"} 1").size() + 1024);
  CHECK(cut.errors.at("service[0] limit") == 1);
}

TEST_CASE("metrics: histogram") {
  const auto rule = [](const std::string& form) {
    return "service: { metrics: { h: { histogram: " + form + ", help: h } } }";
  };
  // Buckets by key, unsorted, not cumulative, bounds in ms; the one without a number is +Inf.
  const Mapped keys =
      mapped(one(rule(R"({ buckets: "$.b.*", le: { text: "{key}", extract: "([0-9]+)$" }, as: ms, sum: $.s })"),
                 R"({"b": {"le_1000": 2, "le_500": 1, "le_2500": 0, "more": 4}, "s": 9000})"));
  INFO(keys.text());
  CHECK(keys.lines == Lines{R"(h_bucket{le="0.5"} 1)", R"(h_bucket{le="1.0"} 3)", R"(h_bucket{le="2.5"} 3)",
                            R"(h_bucket{le="+Inf"} 7)", "h_sum 9", "h_count 7"});
  const Mapped constants = mapped(one(rule(R"({ buckets: "$.n", le: 500, as: ms, sum: 9000 })"), R"({"n": 3})"));
  CHECK(constants.lines == Lines{R"(h_bucket{le="0.5"} 3)", R"(h_bucket{le="+Inf"} 3)", "h_sum 9", "h_count 3"});
  const Mapped cumulative =
      mapped(one(rule(R"({ buckets: "$.b[*].n", le: { path: "$.none" }, cumulative: true })"), R"({"b": [{"n": 3}]})"));
  CHECK(cumulative.lines == Lines{R"(h_bucket{le="+Inf"} 3)", "h_count 3"});
  const Mapped empty = mapped(one(rule(R"({ buckets: "$.b[*]", le: "@" })"), R"({"b": []})"));
  CHECK(empty.lines == Lines{R"(h_bucket{le="+Inf"} 0)", "h_count 0"});
  const Mapped absent = mapped(one(rule(R"({ buckets: "$.b[*]", le: "@" })"), "{}"));
  CHECK(absent.lines.empty());
  CHECK(absent.errors.at("service[0] missing") == 1);
  const Mapped wrong = mapped(one(rule(R"({ buckets: "$.b.*", le: "{key}" })"), R"({"b": {"1": 2, "x": 3}})"));
  CHECK(wrong.lines.empty());  // half a histogram would be a wrong one
  CHECK(wrong.errors.at("service[0] type") == 1);
}

TEST_CASE("flatten: numbers and booleans by their path, up to max") {
  const std::string body =
      R"({"users": 3, "on": true, "a": {"b c": 1.5, "t": "x", "n": null, "d": [7]}, "drop_me": 1})";
  const Mapped m = mapped(one(R"(service: { flatten: { prefix: "app_", drop: ["app_drop*"] } })", body));
  INFO(m.text());
  CHECK(m.lines == Lines{"app_users 3", "app_on 1", "app_a_b_c 1.5", "app_a_d_0 7"});
  CHECK(m.out.blocks[0].batch.families()[2].help == "$.a.b c of the answer, as of the target's last good poll.");
  CHECK(mapped(one(R"(service: { flatten: { prefix: "app_", max: 4 } })", body))
            .failure.find("limit: `flatten` of service[0]") == 0);
  // A name may have 256 bytes; what is below a longer one is left out and counted, whatever it is.
  const std::string fits(254, 'k'), over(255, 'k');
  const Mapped bounded = mapped(one(R"(service: { flatten: { prefix: p_ } })",
                                    "{\"" + fits + "\": 1, \"" + over + "\": {\"a\": 2, \"b\": 3}, \"c\": 4}"));
  CHECK(bounded.lines == Lines{"p_" + fits + " 1", "p_c 4"});
  CHECK(bounded.errors.at("service[0] limit") == 1);
  const Mapped large =
      mapped(one(R"(service: { flatten: { prefix: p_ } })", R"({"a": 36893488147419103232, "b": 1e400})"));
  CHECK(large.lines == Lines{"p_a 36893488147419103232"});
  CHECK(large.errors.at("service[0] range") == 1);
  const Mapped same = mapped(one(R"(service: { flatten: { prefix: p_ } })", R"({"a.b": 1, "a b": 2})"));
  CHECK(same.lines == Lines{"p_a_b 1"});
  CHECK(same.errors.at("service[0] duplicate") == 1);
}

TEST_CASE("tables: ids become names, a second name for one id is an error") {
  const Mapped m =
      mapped(one(R"(
tables: { name: { each: "$.n[*]", key: "@.id", value: "@.name" } }
service:
  each: "$.v[*]"
  labels: { l: { path: "@.id", map: name, default: "?" } }
  metrics: { m: { gauge: "@.x", help: h } }
)",
                 R"({"n": [{"id": 1, "name": "one"}, {"id": 1, "name": "uno"}, {"id": 2}, {"id": 1, "name": "one"}],
                                  "v": [{"id": 1, "x": 5}, {"id": 2, "x": 6}]})"));
  INFO(m.text());
  CHECK(m.lines == Lines{R"(m{l="one"} 5)", R"(m{l="?"} 6)"});
  CHECK(m.errors.at("tables.name duplicate") == 1);
  CHECK(m.errors.at("service[0] map") == 1);
}

TEST_CASE("samples: over the limit nothing is shown") {
  const Mapped m =
      mapped(one("limits: { samples: 2 }\n"
                 R"(service: { each: "$[*]", labels: { l: "@" }, metrics: { m: { gauge: 1, help: h } } })",
                 "[1, 2, 3]"));
  CHECK(m.failure.find("limit: the answers give 3 samples; the limit is 2") == 0);
}

TEST_CASE("samples: exactly as many as the limit allows, of workers and queues together") {
  const auto run = [](const std::string& limits) {
    return mapped(one(limits + R"(
workers: { each: "$.w[*]", worker: "@" }
queues: { each: "$.q[*]", queue: "@", tasks: { ready: 1 } }
)",
                      R"({"w": ["a", "b", "c"], "q": ["x", "y"]})"));
  };
  const std::size_t samples = run("").out.samples;
  CHECK(samples > 26);
  CHECK(run("limits: { samples: " + std::to_string(samples) + " }").failure.empty());
  CHECK(run("limits: { samples: " + std::to_string(samples - 1) + " }").failure.starts_with("limit: "));
}

// The same names stand in many lines: what is shown may be many times what was read.
TEST_CASE("limits: text of the samples") {
  const auto names = [](std::size_t count) {
    std::string out = "[";
    for (std::size_t i = 0; i < count; ++i)
      out += (i == 0 ? "\"" : ",\"") + std::string(900, 'x') + std::to_string(i) + "\"";
    return out + "]";
  };
  const std::string limits = "limits: { body: 1MiB, samples: 6000 }\n";  // 1 MiB of text
  const std::string service =
      limits +
      R"(service: { each: "$[*]", labels: { l: "@" }, metrics: { m: { gauge: 1, help: h }, n: { gauge: 1, help: h } } })";
  CHECK(mapped(one(service, names(550))).failure.empty());
  const Mapped over = mapped(one(service, names(570)));
  INFO(over.failure);
  CHECK(over.lines.empty());
  CHECK(over.failure.starts_with("limit: the answers give more than 1048576 bytes of text, in 11"));
  CHECK(
      over.failure.ends_with(" samples so far (the limit is the larger of the target's limits.body and 160 bytes for "
                             "each of its limits.samples): ask for less, or raise one of them"));
  CHECK(mapped(one("limits: { body: 1MiB, samples: 8000 }\n" + service.substr(limits.size()), names(570)))
            .failure.empty());
  // Workers are refused before any of their samples is made.
  const std::string workers = R"(workers: { each: "$[*]", worker: "@" })";
  CHECK(mapped(one(workers, names(200))).failure.empty());
  CHECK(mapped(one(limits + workers, names(200)))
            .failure.starts_with("limit: the answers give more than 1048576 bytes of text, in 0 samples so far"));
}

TEST_CASE("limits: a query that looks at too many nodes fails the poll instead of counting a part") {
  std::string body = "{\"a\": [0";
  for (int i = 1; i < 8000; ++i) body += ",0";  // squared it is over the 50 million of jsonpath/
  const Mapped m =
      mapped(one(R"(service: { metrics: { m: { gauge: { count: "$.a[?$.a[?@ == 1]]" }, help: h } } })", body + "]}"));
  CHECK(m.failure.find("limit: a query of the collector `c` looks at too many nodes") == 0);
  CHECK(m.lines.empty());
}

TEST_CASE("limits: queries that read all of the answer for each item end, and fail the poll") {
  std::string body = "[0";
  for (int i = 1; i < 8000; ++i) body += ",0";  // each of 8000 items looks at 8000: under the bound of one query
  body += "]";
  const Mapped m = mapped(one(
      R"(limits: { body: 1MiB }
service: { each: "$[*]", labels: { k: "{key}" }, metrics: { m: { gauge: { count: "$..*" }, help: h } } })",
      body));
  CHECK(m.failure.find("limit: a query of the collector `c` looks at too many nodes of the answer, in service[0];") ==
        0);
  CHECK(m.lines.empty());
}

TEST_CASE("limits: regular expressions that take too long fail the poll") {
  // The pattern is small enough; on such texts it takes microseconds for each byte.
  std::string body = R"-({"p": "a.{100}c", "s": [")-";
  for (std::uint32_t i = 0, random = 1; i < 1'500'000; ++i) {
    random = random * 1'103'515'245 + 12'345;
    if (i % 5000 == 4999) body += R"(",")";
    body += "ab"[(random >> 16) & 1];
  }
  body += R"-("]})-";
  const char* rules[] = {
      R"-({ metrics: { m: { gauge: { count: "$.s[?search(@, '.{0,100}a.{100}c')]" }, help: h } } })-",
      R"-({ metrics: { m: { gauge: { count: "$.s[?search(@, $.p)]" }, help: h } } })-",
      R"-({ each: "$.s[*]", metrics: { m: { gauge: { path: "@", extract: "(.{0,100}a.{100}c)" }, help: h } } })-"};
  for (const char* rule : rules) {
    CAPTURE(rule);
    const Mapped m = mapped(one(std::string("service: ") + rule, body));
    CHECK(m.lines.empty());
    CHECK(m.failure ==
          "limit: a regular expression of the collector `c` takes too long on the texts of the answer, in service[0]; "
          "it must count less, as `{0,900}` does, or be of shorter texts");
  }
}

TEST_CASE("limits: what is made of items and texts again and again ends too") {
  std::string items = "[0";
  for (int i = 1; i < 8000; ++i) items += ",0";
  items += "]";
  const auto failure = [](const std::string& rule, const std::string& body) {
    const Mapped m = mapped(one(rule, body));
    CHECK(m.lines.empty());
    return m.failure;
  };
  const std::string m = "metrics: { m: { gauge: 1, help: h } }";
  CHECK(failure("service: { each: [\"$[*]\", \"$[*]\"], fold: sum, " + m + " }", items) ==
        "limit: `each` of the collector `c` goes over more items than there is time for, in service[0]; a later step "
        "that begins with `$` reads the answer again for each item (`@` is the item); else it has too many items or "
        "values: read fewer, or raise `limits: { body }`");
  // The names of one object, matched for each item: not the regex is to blame.
  std::string members;
  const std::string end = std::string(200, 'm') + "\": 1";
  for (int i = 0; i < 8000; ++i) members += (i > 0 ? ", \"" : "\"") + std::to_string(i) + end;
  CHECK(
      failure("service: { each: [\"$.w[*]\", { keys: \"$.o\", match: \"(x.*y)$\" }], fold: sum, " + m + " }",
              "{\"w\": " + items + ", \"o\": {" + members + "}}")
          .starts_with("limit: `each` of the collector `c` goes over more items than there is time for, in service[0]; "
                       "a later step that begins with `$` reads the answer again for each item"));
  const std::string texts =
      "limit: a value of the collector `c` reads more text than there is time for, in service[0]; "
      "a long text must not be read again for each item";
  const std::string large = "{\"a\": " + items + ", \"t\": \"" + std::string(1'000'000, 'x') + "\"}";
  CHECK(
      failure("service: { each: \"$.a[*]\", labels: { k: \"{key}\", l: { path: \"$.t\", map: { y: z, \"*\": o } } }, " +
                  m + " }",
              large) == texts);
  // Whatever it is read as: a name, a number, a length of time.
  CHECK(failure("service: { each: \"$.a[*]\", labels: { k: { path: \"$.t\", none: [y] } }, " + m + " }", large) ==
        texts);
  const std::string named = "{\"" + std::string(1'000'000, 'k') + "\": " + items + "}";
  CHECK(failure("service: { each: [\"$.*\", \"@[*]\"], fold: sum, labels: { k: { text: \"{key}\", outer: 1 } }, " + m +
                    " }",
                named) == texts);
  const std::string digits = "{\"a\": " + items + ", \"n\": " + std::string(1'000'000, '1') + ", \"d\": \"" +
                             std::string(1'000'000, '2') + "\"}";
  for (const char* value :
       {"{ path: \"$.n\" }", "{ path: \"$.d\" }", "{ path: \"$.d\", as: duration }", "{ count: \"$.a[?@ < $.n]\" }"}) {
    CAPTURE(value);
    CHECK(failure("service: { each: \"$.a[*]\", labels: { k: \"{key}\" }, metrics: { m: { gauge: " +
                      std::string(value) + ", help: h } } }",
                  digits) == texts);
  }
}

TEST_CASE("limits: work that a collector asks for again and again ends, whatever it is") {
  std::string items, list;
  for (int i = 0; i < 30'000; ++i) {
    items += items.empty() ? "{\"a\":1}" : ",{\"a\":1}";
    list += list.empty() ? "1" : ",1";
  }
  std::string members;
  for (int i = 0; i < 20'000; ++i) members += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
  const std::string body =
      "{\"w\":[" + items + "],\"list\":[" + list + "],\"o\":{" + members + "},\"t\":\"" + std::string(200, 't') + "\"}";
  std::string states, prefixes, many;
  for (int i = 0; i < 500; ++i) {
    states += (i == 0 ? "s" : ", s") + std::to_string(i);
    many += std::string(i == 0 ? "" : ", ") + "\"@.none\", \"@.none\"";
  }
  for (int i = 0; i < 20'000; ++i) prefixes += "\"p" + std::to_string(i) + "*\": 1, ";
  const std::string gauge = "fold: sum, metrics: { m: { gauge: 1, help: h } } }";
  const auto value = [](const std::string& v) {
    return "service: { each: \"$.w[*]\", fold: sum, metrics: { m: { " + v + ", help: h } } }";
  };
  const std::string rows[] = {
      "service: { each: [\"$.w[*]\", \"$.o.none\"], " + gauge,
      "service: { each: [\"$.w[*]\", \"$.list[-1]\"], " + gauge,
      "service: { each: [\"$.w[*]\", { first: [\"$.o.none\", \"$.o.also\"] }], " + gauge,
      "service: { each: [\"$.w[*]\", { json: \"$.o.none\" }], " + gauge,
      "service: { each: [\"$.w[*]\", \"$.o\"], fold: sum, metrics: { m: { gauge: \"@.x\", help: h }, n: { gauge: "
      "\"@.y\", "
      "help: h } } }",
      "service: { each: [\"$.w[*]\", \"$\"], fold: sum, metrics: { m: { gauge: \"@.list[29999]\", help: h } } }",
      value("gauge: { concat: [\"$.t\", \"$.t\", \"$.t\", \"$.t\", \"$.t\", \"$.t\", \"$.t\", \"$.t\"] }"),
      value("gauge: { first: [" + many + "] }"),
      value("stateset: \"$.t\", states: [" + states + "]"),
      value("gauge: { path: \"$.t\", map: { " + prefixes + "\"*\": 1 } }"),
  };
  for (const std::string& row : rows) {
    CAPTURE(row.substr(0, 200));
    const Mapped m = mapped(one(row, body));
    CHECK(m.lines.empty());
    CHECK(m.failure.substr(0, 7) == "limit: ");
  }
}

TEST_CASE("limits: JSON in texts is held as answers are, together, and once for all rules") {
  std::string list;
  for (int i = 0; i < 12; ++i) {
    list += list.empty() ? "" : ",";
    list += "\"[1";
    for (int n = 0; n < 50'000; ++n) list += ",1";
    list += "]\"";
  }
  const auto rules = [&](int n) {
    std::string out = "service:\n";
    for (int i = 0; i < n; ++i)
      out += "  - { each: [\"$[*]\", { json: \"@\" }], fold: sum, metrics: { m" + std::to_string(i) +
             ": { gauge: { count: \"@[*]\" }, help: h } } }\n";
    return out;
  };
  Given given = one(rules(8), "[" + list + "]");
  given.yaml += "limits: { body: 3MiB }\n";
  const Mapped good = mapped(given);
  CHECK(good.failure == "");
  CHECK(good.lines.size() == 8);
  for (const std::string& line : good.lines) CHECK(line.substr(line.find(' ')) == " 600012");
  given.bodies.begin()->second = {"[" + list + "," + list + "]"};
  const Mapped bad = mapped(given);
  CHECK(bad.lines.empty());
  CHECK(bad.failure ==
        "limit: a `json` step or a text put together of the collector `c` makes more of the answer's texts than there "
        "is room "
        "for, in service[0]; make fewer or shorter ones, or raise `limits: { body }`");
}

TEST_CASE("passthrough: globs, renames, labels dropped and folded") {
  Given given;
  given.yaml = R"(
collector: c
about: x
requests: { m: { format: prometheus } }
passthrough:
  keep: ["req*", temp]
  drop: ["*_bad"]
  rename: { requests_total: http_requests_total }
  labels: { drop: [client], rename: { app_name: app } }
  fold: sum
service: { metrics: { own: { gauge: { sum: "$.requests_total[*].value" }, help: h } } }
)";
  given.bodies["m"] = {R"(# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{app_name="a",client="1"} 3
requests_total{app_name="a",client="2"} 4
requests_total{app_name="b",client="2"} 5
# TYPE request_seconds histogram
request_seconds_bucket{le="1",client="1"} 1
request_seconds_bucket{le="+Inf",client="1"} 2
request_seconds_sum{client="1"} 2.5
request_seconds_count{client="1"} 2
# TYPE req_bad gauge
req_bad 1
# TYPE temp gauge
temp 21.5
# TYPE other gauge
other 1
)"};
  const Mapped m = mapped(given);
  INFO(m.text());
  CHECK(m.lines == Lines{"own 12", R"(http_requests_total{app="a"} 7)", R"(http_requests_total{app="b"} 5)",
                         R"(request_seconds_bucket{le="1.0"} 1)", R"(request_seconds_bucket{le="+Inf"} 2)",
                         "request_seconds_sum 2.5", "request_seconds_count 2", "temp 21.5"});
}
