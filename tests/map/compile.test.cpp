// Errors that only the compiler of collectors can see: position, what, expected.
#include "mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;
using namespace tallyman::map::testing;

namespace {

std::string messages(const std::string& yaml, bool has_target = false, const config::Parameters& with = {},
                     const std::string& timezone = "") {
  Given given;
  given.yaml = yaml;
  given.has_target = has_target;
  given.with = with;
  given.timezone = timezone;
  std::string out;
  const bool refused = compiled(given, &out, true) == nullptr;
  CHECK(refused == !out.empty());
  return out;
}

}  // namespace

TEST_CASE("compile: errors have their place and say what is expected") {
  struct Row {
    const char* rest;  // after the head, line 4 on
    const char* starts;
  };
  const std::string head = "collector: c\nabout: x\nrequests: { r: {} }\n";
  const Row rows[] = {
      {"service: { version: \"$.a[\" }", "c.yaml:4:21: bad query `$.a[`, at its character 5: "},
      {"service: { each: \"$.\", version: x }", "c.yaml:4:18: bad query `$.`, at its character 3: "},
      {"service: { load: \"$.a == 'ok'\" }",
       "c.yaml:4:18: bad query `$.a == 'ok'`, at its character 4: expected '.', '[' or the end of the query but found "
       "a "
       "blank; a condition as a value is `{ test: .. }`, a list's items are chosen by a filter, `[?..]`\n"},
      {"service: { load: \"$.a + $.b\" }",
       "c.yaml:4:18: bad query `$.a + $.b`, at its character 4: expected '.', '[' or the end of the query but found a "
       "blank; `{ sum: [..] }` and `{ diff: [a, b] }` add and subtract, products and quotients are PromQL's\n"},
      {"service: { load: \"{$.a}\" }",
       "c.yaml:4:18: expected a number; found the text `{$.a}`, and a path stands without braces\n"},
      {"service: { load: \"$.a[*]\" }",
       "c.yaml:4:18: `$.a[*]` may select several nodes where one is wanted; say which: { first: .. }, { count: .. } or "
       "{ sum: .. }\n"},
      {"service: { load: { path: \"$..a\" } }", "c.yaml:4:26: `$..a` may select several nodes"},
      {"service: { load: { sum: [\"$.a[*]\", 1] } }", "c.yaml:4:26: `$.a[*]` may select several nodes"},
      {"service: { load: { test: \"@.a ==\" } }", "c.yaml:4:26: bad expression `@.a ==`, at its character 7: "},
      {"service: { load: { test: \"@.x == 1 and @.y\" } }",
       "c.yaml:4:26: bad expression `@.x == 1 and @.y`, at its character 10: expected '&&', '||' or the end of the "
       "expression but found 'and'; did you mean '&&'?\n"},
      {"service: { load: { test: \"not @.x\" } }",
       "c.yaml:4:26: bad expression `not @.x`, at its character 1: expected a query ('$' or '@'), a literal or a "
       "function but found 'not'; did you mean '!'?\n"},
      {"service: { each: \"$.a[?@.x <> 'y']\", load: 1 }",
       "c.yaml:4:18: bad query `$.a[?@.x <> 'y']`, at its character 10: expected '!=' but found '<>'\n"},
      {"service: { each: \"$.ä[?match(@.n, 'w\\\\\\\\d')]\", version: x }",
       "c.yaml:4:18: bad query `$.ä[?match(@.n, 'w\\\\d')]`, at its character 17: match() is never true, its pattern "
       "is no "
       "I-Regexp (RFC 9485): `\\d` at its character 2: a digit is [0-9] or \\p{Nd}\n"},
      {"service: { load: { test: \"search(@.a, '(')\" } }",
       "c.yaml:4:26: bad expression `search(@.a, '(')`, at its character 13: search() is never true, its pattern is no "
       "I-Regexp (RFC 9485): a group is not closed: `)` is missing\n"},
      {"service: { version: \"{kee}\" }", "c.yaml:4:21: unknown variable `{kee}`; did you mean `{key}`?\n"},
      {"service: { version: \"{elsewhere}\" }",
       "c.yaml:4:21: unknown variable `{elsewhere}`; expected one of {key}, {now}; `{{elsewhere}` is the text "
       "itself\n"},
      {"service: { version: \"{token}\" }", "c.yaml:4:21: unknown variable `{token}`: it belongs to `login`"},
      {"service: { version: { path: $.a, extract: \"(\" } }", "c.yaml:4:43: bad regular expression `(`: missing )"},
      {"service: { version: { path: $.a, extract: \"a\" } }",
       "c.yaml:4:43: `extract` has 0 groups; expected exactly one"},
      {"service: { version: { path: $.a, extract: \"(a)(b)\" } }",
       "c.yaml:4:43: `extract` has 2 groups; expected exactly one"},
      {"service: { load: { path: $.a, default: much } }", "c.yaml:4:18: expected a number; found the text `much`\n"},
      {"service: { each: [{ json: \"$.a[*]\" }], version: x }",
       "c.yaml:4:27: `$.a[*]` may select several nodes; `json` takes one"},
      {"service: { version: { path: $.a, extract: \"a{1,900}(.{0,1000})([^a]{0,900})c\" } }",
       "c.yaml:4:43: the regular expression `a{1,900}(.{0,1000})([^a]{0,900})c` is too large: "},
      {"service: { each: [{ keys: $, match: \"(\" }], version: x }", "c.yaml:4:37: bad regular expression `(`"},
      {"service: { metrics: { m: { info: { a: b }, help: h } } }", "c.yaml:4:23: the info `m` must end in `_info`"},
      {"workers: { worker: $.a, metrics: { m_info: { info: { worker: b }, help: h } } }",
       "c.yaml:4:54: the label `worker` is already there"},
      {"service: { metrics: { m: { histogram: { buckets: $.b, le: 1, as: duration }, help: h } } }",
       "c.yaml:4:59: `as: duration` cannot read the constant; expected a number of that unit\n"},
      {"service: { metrics: { m: { histogram: { buckets: \"$.[\", le: 1 }, help: h } } }",
       "c.yaml:4:50: bad query `$.[`"},
      {"tables: { a: { key: { path: $.x, map: b }, value: $.y }, b: { key: $.x, value: $.y } }\nservice: { load: 1 }",
       "c.yaml:4:39: the table `b` is not filled yet here; define it before\n"},
  };
  for (const Row& row : rows) {
    INFO(row.rest);
    const std::string is = messages(head + row.rest + "\n");
    INFO(is);
    CHECK(is.substr(0, std::string(row.starts).size()) == row.starts);
  }
}

TEST_CASE("compile: what reads an unknown request shows its other mistakes too") {
  const std::string yaml =
      "collector: c\nabout: x\n"
      "requests: { r: {}, q: { for_each: { from: n, each: \"$.[\", as: { id: \"@.id\" } }, path: \"/{id}\" } }\n"  // 3
      "tables: { t: { from: n, key: \"$.a[\", value: $.b } }\n"                                                    // 4
      "workers: { from: n, worker: \"{id}\", version: \"{ide}\", load: \"$.c[*]\" }\n";                            // 5
  Diagnostics found;
  const config::CollectorFile file = config::read_collector(yaml, "c.yaml", "c", found);
  REQUIRE(found.size() == 3);
  found.clear();
  CHECK(Collector::compile(file, nullptr, found) == nullptr);
  std::vector<std::string> places;
  for (const Diagnostic& d : found) places.push_back(to_string(d).substr(0, to_string(d).find(',')));
  CHECK(places == std::vector<std::string>{
                      "c.yaml:3:52: bad query `$.[`", "c.yaml:4:30: bad query `$.a[`",
                      "c.yaml:5:46: unknown variable `{ide}`; did you mean `{id}`?",
                      "c.yaml:5:61: `$.c[*]` may select several nodes where one is wanted; say which: { first: .. }"});
}

TEST_CASE("compile: requests") {
  struct Row {
    const char* requests;
    const char* starts;
  };
  const Row rows[] = {
      {"{ r: { path: \"/{idd}\", for_each: { as: { id: [1] } } } }",
       "c.yaml:3:24: unknown variable `{idd}`; did you mean `{id}`?\n"},
      {"{ r: { path: \"/{x}\" } }",
       "c.yaml:3:24: unknown variable `{x}`; there are none here. Write `{{x}` if it is text\n"},
      {"{ r: { query: { a: \"{key}\" } } }",
       "c.yaml:3:30: unknown variable `{key}`: there is no answer yet where a request is made\n"},
      {"{ r: { expect: \"$.a ==\" } }", "c.yaml:3:26: bad expression `$.a ==`, at its character 7: "},
      {"{ r: { for_each: { as: { id: \"$.a\" } }, path: \"/{id}\" } }",
       "c.yaml:3:40: `$.a` reads an answer, and there is none here; expected a constant or a {parameter}\n"},
      {"{ r: { pages: { query: p, next: \"$.a[\" } } }", "c.yaml:3:43: bad query `$.a[`"},
      {"{ r: { body: { json: { a: \"{b}\" } } } }", "c.yaml:3:24: unknown variable `{b}`"},
  };
  for (const Row& row : rows) {
    INFO(row.requests);
    const std::string is =
        messages("collector: c\nabout: x\nrequests: " + std::string(row.requests) + "\nservice: { load: 1 }\n");
    INFO(is);
    CHECK(is.substr(0, std::string(row.starts).size()) == row.starts);
  }
}

TEST_CASE("compile: a target's parameters") {
  const std::string yaml =
      "collector: c\nabout: x\nwith: { n: 5, name: null, list: [], extra: null }\n"
      "requests: { r: { path: \"/{name}\", for_each: { as: { q: \"{list}\" } } } }\n"
      "service: { max_load: \"{extra}\", load: \"{n}\" }\n";
  const auto number = [](std::int64_t n) { return config::Parameter(config::Scalar(Number::of(n))); };
  const auto text = [](const char* s) { return config::Parameter(config::Scalar(std::string(s))); };
  const auto name = [](const char* s) {
    config::Text out;
    out.text = s;
    return out;
  };
  CHECK(messages(yaml).empty());  // `check` has no target
  const std::string unset = messages(yaml, true);
  CHECK(unset.find(
            "the target `t` must set the parameter `name` of `c` (with: { name: ... }): its request `r` needs it") !=
        std::string::npos);
  CHECK(unset.find("the target `t` gives the request `r` of `c` nothing to ask for: `q` is an empty list") !=
        std::string::npos);
  config::Parameters good;
  good.push_back({name("name"), text("x")});
  good.push_back({name("list"), config::Parameter(std::vector<config::Scalar>{config::Scalar(std::string("a"))})});
  CHECK(messages(yaml, true, good).empty());
  config::Parameters typo = good;
  typo.push_back({name("nam"), text("x")});
  CHECK(messages(yaml, true, typo).find("the collector `c` has no parameter `nam`; did you mean `name`?") !=
        std::string::npos);
  config::Parameters type = good;
  type.push_back({name("n"), text("many")});
  CHECK(messages(yaml, true, type).find("the parameter `n` of `c` must be a number, as its default is; found a text") !=
        std::string::npos);
  config::Parameters any = good;
  any.push_back({name("extra"), number(3)});  // null says nothing of the type
  CHECK(messages(yaml, true, any).empty());
  CHECK(messages(yaml, true, good, "Mars/Olympus").find("unknown time zone `Mars/Olympus`") != std::string::npos);
}

TEST_CASE("compile: names, order and infos of what was compiled") {
  Given given;
  given.yaml = R"(
collector: c
system: s
about: x
requests:
  b: { for_each: { from: a, as: { i: $.i } }, path: "/{i}", timeout: 3s }
  a: { every: 60s }
  d: { path: /d, optional: true, format: prometheus }
tables: { t: { from: a, key: $.k, value: $.v } }
service: [{ from: a, load: 1 }, { from: b, load: 1 }]
workers: { from: a, worker: x }
passthrough: { from: d }
)";
  const auto c = compiled(given);
  CHECK(c->name() == "c");
  CHECK(c->system() == "s");
  CHECK(c->order() == std::vector<std::size_t>{1, 2, 0});
  CHECK(c->rule_names() ==
        std::vector<std::string>{"tables.t", "service[0]", "service[1]", "workers[0]", "passthrough[0]"});
  REQUIRE(c->requests().size() == 3);
  CHECK(c->requests()[0].timeout == std::optional<Nanoseconds>(std::chrono::seconds(3)));
  CHECK(c->requests()[1].every == std::optional<Nanoseconds>(std::chrono::seconds(60)));
  CHECK(c->requests()[2].optional);
}
