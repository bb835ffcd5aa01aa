// What `tallyman explain` says: for each way in which a value or a list can be lost, where and why.
#include "map/explanation.h"
#include "mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;
using namespace tallyman::map::testing;

namespace {

// A call's variables, and what it was answered.
using Bodies = std::vector<std::pair<Variables, std::string>>;

Explanation explained(const std::string& rules, const Bodies& bodies, const Collector::Ticks& ticks) {
  Given given;
  given.yaml = "collector: c\nabout: x\nrequests: { r: {} }\n" + rules + "\n";
  const auto collector = compiled(given);
  Collector::Answers answers(1);
  for (const auto& [variables, body] : bodies) {
    Raw raw;
    raw.status = 200;
    raw.body = body;
    raw.arrived = 1'000'000;
    Call call;
    call.variables = variables;
    auto answer = collector->read(0, call, std::move(raw));
    REQUIRE(answer.has_value());
    answers[0].push_back(std::move(**answer));
  }
  Explanation out;
  const Result<Output> explained = collector->explain(answers, {}, ticks, out);
  REQUIRE(explained.has_value());
  // Explaining changes nothing of what is made and counted.
  const Result<Output> plain = collector->map(answers);
  REQUIRE(plain.has_value());
  CHECK(explained->samples == plain->samples);
  CHECK(explained->counts.size() == plain->counts.size());
  for (std::size_t i = 0; i < plain->counts.size(); ++i) CHECK(explained->counts[i].count == plain->counts[i].count);
  return out;
}

Explanation explained(const std::string& rules, const std::string& body, const Collector::Ticks& ticks) {
  return explained(rules, Bodies{{{}, body}}, ticks);
}

// One line per rule, nothing and example: `workers[0] 2/9`, `! why nothing`, `load type 1 | where | why`.
std::string said(const std::string& rules, const Bodies& bodies) {
  const Explanation e = explained(rules, bodies, [] { return std::uint64_t{0}; });
  std::string out;
  for (const Explanation::Rule& rule : e.rules) {
    out += rule.name + " " + std::to_string(rule.found.items) + "/" + std::to_string(rule.samples) + "\n";
    if (!rule.nothing.empty()) out += "! " + rule.nothing + "\n";
    for (const Explanation::Loss& loss : rule.losses) {
      const std::string head = loss.key + " " + std::string(to_string(loss.reason)) + " " + std::to_string(loss.count);
      for (const Explanation::Example& x : loss.examples) out += head + " | " + x.where + " | " + x.why + "\n";
    }
  }
  return out;
}

std::string said(const std::string& rules, const std::string& body) { return said(rules, Bodies{{{}, body}}); }

const std::string workers = R"(workers: { each: "$.workers[*]", worker: "@.name", load: "@.load" })";

}  // namespace

TEST_CASE("explain: a rule in order says how much it found and made, and nothing else") {
  CHECK(said(workers, R"({"workers": [{"name": "a", "load": 1}, {"name": "b", "load": 2}]})") == "workers[0] 2/2\n");
}

TEST_CASE("explain: where a list is looked for in vain") {
  struct Row {
    const char* each;
    const char* body;
    const char* nothing;
  };
  const Row rows[] = {
      {R"("$.workers[*]")", R"({"worker": [], "queues": []})",
       "$ has no member `workers`; nearest is `worker`; it has: worker, queues"},
      {R"("$.stats.workers[*]")", R"({"stats": {"procs": 1}})", "$['stats'] has no member `workers`; it has: procs"},
      {R"("$.stats.workers[*]")", R"({"stats": {}})", "$['stats'] has no member `workers`; it is empty"},
      {R"("$.stats.workers[*]")", R"({"stats": [1, 2]})",
       "$['stats'] is an array of 2 elements, and no object with a member `workers`"},
      {R"("$.workers[*]")", R"({"workers": null})", "$['workers'] is null: nothing for `[*]` to select from"},
      {R"("$.workers[*]")", R"({"workers": []})", "$['workers'] is empty"},
      {R"("$.workers[3]")", R"({"workers": [1, 2]})",
       "$['workers'] is an array of 2 elements, and `[3]` selects none of them"},
      {R"("$.workers[?@.up == true]")", R"({"workers": [{"up": "yes"}, {"up": "no"}]})",
       "$['workers'] `[?@.up == true]` keeps none of its 2 elements; the first is {\"up\":\"yes\"}"},
      {R"(["$.nodes[*]", "@.workers[*]"])", R"({"nodes": [{"jobs": [1]}, {"jobs": []}]})",
       "step 2 of `each`, at the first item of the step before: $['nodes'][0] has no member `workers`; it has: jobs"},
      {R"("$.nodes[*].workers[*]")", R"({"nodes": [{"jobs": [1]}, {"jobs": []}]})",
       "$['nodes'][0] and all 2 like it: has no member `workers`; it has: jobs"},
      {R"({ first: ["$.a[*]", "$.b[*]"] })", R"({"c": 1})",
       "$ has no member `a`; nearest is `c`; it has: c; or: $ has no member `b`; nearest is `c`; it has: c"},
      {R"([{ json: "$.text" }, "@[*]"])", R"({"text": "{no"})",
       "$['text'] is the text \"{no\"; a text that is JSON is wanted"},
      {R"({ keys: "$", match: "^worker([0-9]+)$" })", R"({"node1": 1, "node2": 2})",
       "$: none of its 2 members has a name that matches `^worker([0-9]+)$`, the first is `node1`"},
  };
  for (const Row& row : rows) {
    INFO(row.each << " of " << row.body);
    const std::string rule = std::string("service: { each: ") + row.each + ", metrics: { m: { gauge: 1, help: h } } }";
    const std::string text = said(rule, row.body);
    const std::string wanted = "service[0] 0/0\n! " + std::string(row.nothing) + "\n";
    CHECK(text.substr(0, wanted.size()) == wanted);
  }
}

TEST_CASE("explain: of several answers the place says which") {
  const std::string good = R"({"workers": [{"name": "a", "load": 1}]})", bad = R"({"workers": [{"name": "b"}]})";
  CHECK(
      said(workers, {{{}, good}, {{}, bad}}) ==
      "workers[0] 2/1\nload missing 1 | $['workers'][0], in the answer 2 of 2 | has no member `load`; it has: name\n");
  const Variables one = {{"id", Number::of(std::int64_t{7})}, {"zone", std::string("x")}};
  CHECK(said(workers, {{{}, good}, {one, bad}}) ==
        "workers[0] 2/1\nload missing 1 | $['workers'][0], in the answer for id=7, zone=x | has no member `load`; it "
        "has: name\n");
  // Two pages of one follow-up, and one of another.
  const Variables other = {{"id", Number::of(std::int64_t{8})}};
  const Variables same = {{"id", Number::of(std::int64_t{7})}};
  CHECK(said(workers, {{other, good}, {same, good}, {same, bad}}) ==
        "workers[0] 3/1\n duplicate 1 | $['workers'][0], in the answer for id=7, page 1 of 2 | worker=\"a\": an "
        "earlier item or rule gave the same; what came first stays\n"
        "load missing 1 | $['workers'][0], in the answer for id=7, page 2 of 2 | has no member `load`; it has: name\n");
  const std::string empty = R"({"worker": []})";
  CHECK(said(workers, {{other, empty}, {same, empty}}) ==
        "workers[0] 0/0\n! in the answer for id=8: $ has no member `workers`; nearest is `worker`; it has: worker\n");
  const std::string header = R"(service: { metrics: { m: { gauge: { header: X-Load }, help: h } } })";
  CHECK(said(header, {{other, "{}"}, {same, "{}"}}) ==
        "service[0] 2/0\n"
        "metrics.m missing 2 | the answer for id=8 | has no header `X-Load`, or it is empty\n"
        "metrics.m missing 2 | the answer for id=7 | has no header `X-Load`, or it is empty\n");
}

TEST_CASE("explain: a step that leads nowhere from some of its items says from which") {
  const std::string rule = "service: { metrics: { m: { gauge: 1, help: h } }, each: ";
  CHECK(said(rule + R"(["$.n[*]", "@.jobs[*]"] })", R"({"n": [{"jobs": [1]}, {"job": [1]}, {}, {"jobs": []}]})") ==
        "service[0] 1/1\n"
        "each, step 2 missing 2 | $['n'][1] | has no member `jobs`; nearest is `job`; it has: job\n"
        "each, step 2 missing 2 | $['n'][2] | has no member `jobs`; it is empty\n");
  CHECK(said(rule + R"(["$.n[*]", { first: ["@.a[*]", "@.b"] }] })", R"({"n": [{"a": [1]}, {"c": 2}, {"b": null}]})") ==
        "service[0] 1/1\n"
        "each, step 2 missing 2 | $['n'][1] | has no member `a`; nearest is `c`; it has: c; or: has no member `b`; "
        "nearest is `c`; it has: c\n"
        "each, step 2 missing 2 | $['n'][2] | has no member `a`; nearest is `b`; it has: b; or: `@.b` is null there\n");
  CHECK(said(rule + R"(["$.n[*]", { json: "@.t" }] })", R"({"n": [{"t": "[1]"}, {"t": "{no"}, {"t": 3}]})") ==
        "service[0] 1/1\n"
        "each, step 2 type 2 | $['n'][1]['t'] | is the text \"{no\"; a text that is JSON is wanted\n"
        "each, step 2 type 2 | $['n'][2]['t'] | is the number 3; a text that is JSON is wanted\n");
  CHECK(said(rule + R"(["$.n[*]", { keys: "@", match: "^w" }] })", R"({"n": [{"w1": 1}, [1]]})") ==
        "service[0] 1/1\neach, step 2 type 1 | $['n'][1] | is an array of 1 element; an object is wanted\n");
}

TEST_CASE("explain: why a value is not there, and where") {
  struct Row {
    const char* value;
    const char* body;  // of the one item $['a'][0]
    const char* loss;
  };
  const Row rows[] = {
      {R"("@.load")", R"({"laod": 1})",
       "missing 1 | $['a'][0] | has no member `load`; nearest is `laod`; it has: laod"},
      {R"("@.load")", R"({"load": null})", "missing 1 | $['a'][0]['load'] | is null"},
      {R"("@.load")", R"({"load": "many"})", "type 1 | $['a'][0]['load'] | is the text \"many\"; a number is wanted"},
      {R"("@.load")", R"({"load": {"cpu": 1}})",
       "type 1 | $['a'][0]['load'] | is an object of 1 member; a number is wanted"},
      {R"("@.load")", R"({"load": ""})", "missing 1 | $['a'][0]['load'] | is an empty text"},
      {R"("@.load")", R"({"load": 1e400})", "range 1 | $['a'][0]['load'] | is the number 1e400, out of range"},
      {R"({ path: "@.load", none: -1 })", R"({"load": -1})",
       "missing 1 | $['a'][0]['load'] | is the number -1, which `none` takes as missing"},
      {R"y({ path: "@.load", extract: "load ([0-9]+)" })y", R"({"load": "idle"})",
       "missing 1 | $['a'][0]['load'] | is the text \"idle\", in which `extract: load ([0-9]+)` finds nothing"},
      {R"({ path: "@.load", map: { low: 1 } })", R"({"load": "high"})",
       "map 1 | $['a'][0]['load'] | is the text \"high\", which is no word of its `map`"},
      {R"({ path: "@.load", map: zones })", R"({"load": "z9"})",
       "map 1 | $['a'][0]['load'] | is the text \"z9\", which is no key of `tables.zones`, which has 2 entries"},
      {R"({ path: "@.at", as: unix })", R"({"at": 0})",
       "missing 1 | $['a'][0]['at'] | is the number 0, which as a time is at or before 1970, and means never"},
      {R"({ path: "@.at", as: duration })", R"({"at": "soon"})",
       "type 1 | $['a'][0]['at'] | is the text \"soon\", which is nothing that its `as` can read"},
      {R"({ count: "@.jobs[*]" })", R"({"tasks": []})", "missing 1 | $['a'][0] | has no member `jobs`; it has: tasks"},
      {R"({ sum: "@.jobs[*].n" })", R"({"jobs": [{"n": 1}, {"n": "x"}]})",
       "type 1 | $['a'][0]['jobs'][1]['n'] | is the text \"x\"; a number is wanted"},
      {R"({ diff: ["@.max", "@.free"] })", R"({"max": 4, "fre": 1})",
       "missing 1 | $['a'][0] | has no member `free`; nearest is `fre`; it has: max, fre"},
      {R"({ first: ["@.load", "@.busy"] })", R"({"x": 1})",
       "missing 1 | $['a'][0] | has no member `load`; it has: x; nor is another of the 2 alternatives there"},
      {R"({ test: "@.load > 1" })", R"({"x": 1})",
       "missing 1 | $['a'][0] | a comparison in `test` reads what is absent or null"},
      {R"({ header: X-Load })", R"({})", "missing 1 | the answer | has no header `X-Load`, or it is empty"},
  };
  for (const Row& row : rows) {
    INFO(row.value << " of " << row.body);
    const std::string rules = std::string(R"(tables: { zones: { each: "$.zones[*]", key: "@.id", value: "@.n" } })") +
                              "\nservice: { each: \"$.a[*]\", metrics: { m: { gauge: " + row.value + ", help: h } } }";
    const std::string body =
        std::string(R"({"zones": [{"id": "z1", "n": 1}, {"id": "z2", "n": 2}], "a": [)") + row.body + "]}";
    CHECK(said(rules, body) == "tables.zones 2/2\nservice[0] 1/0\nmetrics.m " + std::string(row.loss) + "\n");
  }
}

TEST_CASE("explain: a parameter that is not set is named, once for all items") {
  const auto rule = [](const std::string& value) {
    return "with: { cap: null }\nworkers: { each: \"$[*]\", worker: \"@.n\", load: 1, max_load: " + value + " }";
  };
  const char* const two = R"([{"n": "a"}, {"n": "b"}])";
  CHECK(said(rule("\"{cap}\""), two) == "workers[0] 2/2\nmax_load missing 2 |  | the parameter `cap` is not set\n");
  CHECK(said(rule("{ diff: [\"{cap}\", 1] }"), two) ==
        "workers[0] 2/2\nmax_load missing 2 |  | the parameter `cap` is not set\n");
  CHECK(said(rule("{ first: [\"{cap}\", \"@.max\"] }"), two) ==
        "workers[0] 2/2\n"
        "max_load missing 2 | $[0] | has no member `max`; it has: n; nor is another of the 2 alternatives there\n"
        "max_load missing 2 | $[1] | has no member `max`; it has: n; nor is another of the 2 alternatives there\n");
}

TEST_CASE("explain: items without a name are skipped, and a few of them shown") {
  const std::string body = R"({"workers": [{"nam": "a"}, {"name": ""}, {"name": null}, {"name": {}}, {"load": 1}]})";
  CHECK(said(workers, body) ==
        "workers[0] 5/0\n"
        "worker skipped 4 | $['workers'][0] | has no member `name`; nearest is `nam`; it has: nam\n"
        "worker skipped 4 | $['workers'][1]['name'] | is an empty text\n"
        "worker skipped 4 | $['workers'][2]['name'] | is null\n"
        "worker type 1 | $['workers'][3]['name'] | is an object without members; a text is wanted\n");
}

TEST_CASE("explain: states that are none, duplicates, and what a table lacks") {
  const std::string rules = R"(workers: { each: "$.w[*]", worker: "@.n", state: "@.s", load: "@.l" })";
  CHECK(said(rules, R"({"w": [{"n": "a", "s": "sleepy", "l": 1}, {"n": "a", "s": "idle", "l": 2}]})") ==
        "workers[0] 2/1\n"
        "state map 1 | $['w'][0] | `sleepy` is none of the states; give it one with `map`\n"
        " duplicate 1 | $['w'][1] | worker=\"a\": an earlier item or rule gave the same; what came first stays\n");
  const std::string table = R"(tables: { t: { each: "$.t[*]", key: "@.id", value: "@.n" } }
service: { each: "$.x[*]", fold: sum, labels: { l: { path: "@", map: t } }, metrics: { m: { gauge: 1, help: h } } })";
  CHECK(said(table, R"({"t": [{"id": 1, "n": "one"}, {"id": 2}, {"id": 1, "n": "other"}], "x": [1, 2]})") ==
        "tables.t 3/1\n"
        "value missing 1 | $['t'][1] | has no member `n`; it has: id\n"
        " duplicate 1 | $['t'][2] | without labels of its own: an earlier item or rule gave the same; what came first "
        "stays\n"
        "service[0] 2/2\n"
        "labels.l map 1 | $['x'][1] | is the number 2, which is no key of `tables.t`, which has 1 entry\n");
  const std::string with_default = R"(service: { load: { path: "@.l", map: { low: 1 }, default: 0 } })";
  CHECK(said(with_default, R"({"l": "high"})") ==
        "service[0] 1/1\n"
        " map 1 | $ | a text that `map` does not know, in a part of a value or where `default` stands for it\n");
}

TEST_CASE("explain: a place in a text that a `json` step reads is told with the text's place") {
  const std::string rules =
      R"(service: { each: [{ json: "$.t" }, "@.jobs[*]"], metrics: { m: { gauge: "@.n", help: h } } })";
  CHECK(said(rules, R"({"t": "{\"jobs\": [{\"n\": 1}, {\"n\": \"x\"}]}"})") ==
        "service[0] 2/1\n"
        "metrics.m type 1 | $['t'], in its JSON text $['jobs'][1]['n'] | is the text \"x\"; a number is wanted\n");
}

TEST_CASE("explain: long texts and long lists of names are cut") {
  std::string members, listed;
  for (int i = 0; i < 20; ++i) {
    members += (i > 0 ? ", \"m" : "\"m") + std::to_string(i) + "\": 1";
    if (i < 12) listed += (i > 0 ? ", m" : "m") + std::to_string(i);
  }
  CHECK(said(R"(service: { load: "$.zzz" })", "{" + members + "}") ==
        "service[0] 1/0\nload missing 1 | $ | has no member `zzz`; it has: " + listed + " and 8 more\n");
  CHECK(said(R"(service: { load: "$.t" })", "{\"t\": \"" + std::string(100, 'x') + "\"}") ==
        "service[0] 1/0\nload type 1 | $['t'] | is the text \"" + std::string(60, 'x') + "\"...; a number is wanted\n");
}

TEST_CASE("explain: the nearest of many long names is looked for among the first only") {
  // Comparing takes the product of two names: long ones are compared 62 times, those of 16 bytes 1000 times.
  const auto nearest = [](std::size_t at, std::size_t length) {
    std::string members;
    for (std::size_t i = 0; i < 1200; ++i) {
      const std::string number = std::to_string(10'000 + i);
      members += (i > 0 ? ", \"" : "\"") +
                 (i == at ? std::string(length, 'x') : number + std::string(length - 5, 'm')) + "\": 1";
    }
    const std::string wanted = std::string(length - 1, 'x') + "y";
    return said("service: { load: \"$." + wanted + "\" }", "{" + members + "}").find("; nearest is `xxx") !=
           std::string::npos;
  };
  CHECK(nearest(60, 80));
  CHECK_FALSE(nearest(70, 80));
  CHECK(nearest(990, 16));
  CHECK_FALSE(nearest(1100, 16));
}

TEST_CASE("explain: the cost of a rule is its own, not that of explaining it") {
  // A clock that moves by one each time it is read, and nowhere else: what is spent between two
  // readings inside the explainer is taken off.
  std::uint64_t now = 0;
  const Explanation good = explained(workers, R"({"workers": [{"name": "a", "load": 1}]})", [&] { return now++; });
  const Explanation bad = explained(workers, R"({"workers": [{"name": "a", "load": "x"}]})", [&] { return now++; });
  REQUIRE(good.rules[0].nanoseconds > 0);
  CHECK(good.rules[0].nanoseconds == bad.rules[0].nanoseconds);
}

TEST_CASE("explain: it looks a few times for another example, not at every item") {
  // 20,000 items have the one place in common; each look goes to the end of the list to say where it is.
  std::string list;
  for (int i = 0; i < 20'000; ++i)
    list += (list.empty() ? "" : ",") + ("{\"n\":\"w" + std::to_string(i)) + "\",\"l\":1}";
  const Explanation e = explained(
      "workers: { each: \"$.w[*]\", worker: \"@.n\", load: \"@.l\", max_load: \"$.slots\" }\nlimits: { samples: 400000 "
      "}",
      "{\"w\":[" + list + "]}", [] { return std::uint64_t{0}; });
  REQUIRE(e.rules[0].losses.size() == 1);
  const Explanation::Loss& loss = e.rules[0].losses[0];
  CHECK(loss.count == 20'000);
  CHECK(loss.looks == 16);
  REQUIRE(loss.examples.size() == 1);
  CHECK(loss.examples[0].why == "has no member `slots`; it has: w");
}

TEST_CASE("explain: asking why does not make a poll fail, and has an end itself") {
  // The label of each item looks at the whole answer: 40 million nodes, of the 50 that a poll may look at. To look at
  // them again for the reasons takes more than there is.
  std::string list;
  for (int i = 0; i < 3'300; ++i) list += (list.empty() ? "{\"l\":" : ",{\"l\":") + std::to_string(i) + "}";
  const Explanation e = explained(
      "service: { each: \"$[*]\", fold: sum, labels: { k: { first: \"$..no\", none: [x], as: duration } }, "
      "metrics: { m: { gauge: \"@.x\", help: h } } }",
      "[" + list + "]", [] { return std::uint64_t{0}; });
  std::uint64_t missing = 0;
  bool said = false;
  for (const Explanation::Loss& loss : e.rules[0].losses) {
    if (loss.reason == Reason::missing) missing += loss.count;
    for (const Explanation::Example& x : loss.examples) said |= x.why == "there was no time to look more closely";
  }
  CHECK(missing == 3'300);
  CHECK(said);
}

TEST_CASE("explain: goes through JSON texts and names to the step that finds nothing") {
  const auto nothing = [](const std::string& each, const std::string& body) {
    return explained("service: { each: " + each + ", metrics: { m: { gauge: 1, help: h } } }", body,
                     [] { return std::uint64_t{0}; })
        .rules[0]
        .nothing;
  };
  const std::string nodes = R"-(["$.g[*]", { json: "@.p" }, "@.nodes[*]"])-";
  CHECK(nothing(nodes, R"-({"g":[{"p":"{\"nodes\":[]}"}]})-") ==
        "step 3 of `each`, at the first item of the step before: $['nodes'] is empty");
  CHECK(nothing(nodes, R"-({"g":[{"p":"{\"v\":1}"}]})-") ==
        "step 3 of `each`, at the first item of the step before: $ has no member `nodes`; it has: v");
  CHECK(nothing(nodes, R"-({"g":[{"p":"{v"}]})-") ==
        "step 2 of `each`, at the first item of the step before: $['g'][0]['p'] is the text \"{v\"; a text that is "
        "JSON is "
        "wanted");
  CHECK(nothing(R"-([{ keys: "$.a", match: "^w" }, "@.nodes[*]"])-", R"-({"a":{"w1":{"v":1}}})-") ==
        "step 2 of `each`, at the first item of the step before: $['a']['w1'] has no member `nodes`; it has: v");
}

TEST_CASE("explain: of what is large only the beginning is written") {
  const std::string large = "[{\"t\":\"" + std::string(5'000'000, 'x') + "\"}]";
  std::string metrics;
  for (int i = 0; i < 300; ++i)
    metrics += (i == 0 ? "m" : ", m") + std::to_string(i) + ": { gauge: { first: \"$[?@.no" + std::to_string(i) +
               "]\" }, help: h }";
  // 5 MB for each of 300 metrics were 1.5 GB.
  const Explanation e = explained("service: { metrics: { " + metrics + " } }", large, [] { return std::uint64_t{0}; });
  REQUIRE(e.rules[0].losses.size() == 300);
  const std::string why = e.rules[0].losses[0].examples[0].why;
  CHECK(why.starts_with("`[?@.no0]` keeps none of its 1 elements; the first is {\"t\":\"xxx"));
  CHECK(why.size() < 250);
}

TEST_CASE("explain: each of many values that many items lose is counted, and found among the others at once") {
  std::string metrics, items;
  for (int i = 0; i < 600; ++i)
    metrics += (i == 0 ? "m" : ", m") + std::to_string(i) + ": { gauge: \"@.n" + std::to_string(i) + "\", help: h }";
  for (int i = 0; i < 400; ++i) items += (i == 0 ? "{}" : ",{}");
  const Explanation e = explained("service: { each: \"$[*]\", metrics: { " + metrics + " } }", "[" + items + "]",
                                  [] { return std::uint64_t{0}; });
  REQUIRE(e.rules[0].losses.size() == 600);
  for (std::size_t i = 0; i < 600; ++i) {
    const Explanation::Loss& loss = e.rules[0].losses[i];
    CHECK((loss.key == "metrics.m" + std::to_string(i) && loss.reason == Reason::missing && loss.count == 400));
  }
}
