// LANGUAGE 4: what a value gives. Each row is a value as written in a collector, a body, and the
// number it gives, worked out by hand; or the words that the rule counts.
#include "mapping.h"
#include "support/catch.h"

using namespace tallyman::map::testing;

namespace {

struct Row {
  const char* value;
  const char* json;
  const char* is;
};

void check(const Row* rows, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    INFO(rows[i].value << "  on  " << rows[i].json);
    CHECK(value_of(rows[i].value, rows[i].json) == rows[i].is);
  }
}

template <std::size_t N>
void check(const Row (&rows)[N]) {
  check(rows, N);
}

}  // namespace

TEST_CASE("value: constants and paths") {
  const Row rows[] = {
      {"5", "{}", "5"},
      {"true", "{}", "1"},
      {"-1.5", "{}", "-1.5"},
      {"18446744073709551615", "{}", "18446744073709551615"},
      {"$.a", R"({"a": 3})", "3"},
      {"$.a", R"({"a": true})", "1"},
      {"$.a", R"({"a": false})", "0"},
      {"$.a", R"({"a": "12"})", "12"},
      {"$.a", R"({"a": "1.50"})", "1.5"},
      {"$.a", R"({"a": 18446744073709551615})", "18446744073709551615"},
      {"$.a", R"({"a": -9223372036854775808})", "-9223372036854775808"},
      {"$.a", R"({"a": 36893488147419103232})", "36893488147419103232"},  // 2^65: a double, exactly
      {"$.a", R"({"a": -36893488147419103233})", "-36893488147419103232"},
      {"$.a", R"({"a": 0.1})", "0.1"},
      {"$.a", R"({"a": 1e3})", "1000"},
      {"$.a", R"({"a": null})", "missing"},
      {"$.a", R"({})", "missing"},
      {"$.a", R"({"a": ""})", "missing"},
      {"$.a", R"({"a": "many"})", "type"},
      {"$.a", R"({"a": "12 "})", "type"},
      {"$.a", R"({"a": [1]})", "type"},
      {"$.a", R"({"a": {}})", "type"},
      {"$.a", R"({"a": 1e999})", "range"},
      {"$.a", R"({"a": "1e999"})", "range"},
      {"\"$['a b'].c\"", R"({"a b": {"c": 2}})", "2"},
      {"\"$.a[1]\"", R"({"a": [1, 2, 3]})", "2"},
      {"\"$.a[-1]\"", R"({"a": [1, 2, 3]})", "3"},
      {"\"$.a[9]\"", R"({"a": [1, 2, 3]})", "missing"},
      {"\"$.a[0]\"", R"({"a": {"0": 1}})", "missing"},
      {"\"@.a\"", R"({"a": 7})", "7"},
      {"{ path: $.a }", R"({"a": 7})", "7"},
      {"$.a", R"({"a": 1, "a": 2})", "2 duplicate"},  // of duplicate keys the last wins, and that is counted
      {"{ text: \"4\" }", "{}", "4"},
      {"\"{now}\"", "{}", "1000000"},
      {"{ path: $, default: 1 }", "[]", "type"},
  };
  check(rows);
}

TEST_CASE("value: default acts last and only on what is missing") {
  const Row rows[] = {
      {"{ path: $.a, default: 0 }", "{}", "0"},
      {"{ path: $.a, default: 0 }", R"({"a": null})", "0"},
      {"{ path: $.a, default: 0 }", R"({"a": ""})", "0"},
      {"{ path: $.a, default: 0 }", R"({"a": 5})", "5"},
      {"{ path: $.a, default: 0 }", R"({"a": "x"})", "type"},  // an error is not missing
      {"{ path: $.a, none: -1, default: 9 }", R"({"a": -1})", "9"},
      {"{ path: $.a, as: ms, default: 3 }", "{}", "3"},  // the default is not converted
      {"{ count: \"$.a[*]\", default: 0 }", "{}", "0"},
      {"{ path: $.a, default: true }", "{}", "1"},
  };
  check(rows);
}

TEST_CASE("value: none, extract, map and as act in this order") {
  const Row rows[] = {
      {"{ path: $.a, none: -1 }", R"({"a": -1})", "missing"},
      {"{ path: $.a, none: -1 }", R"({"a": 1})", "1"},
      {"{ path: $.a, none: [0, -1, \"\"] }", R"({"a": 0})", "missing"},
      {"{ path: $.a, none: 0 }", R"({"a": 0.0})", "0"},  // by the JSON text
      {"{ path: $.a, none: 18446744073709551615 }", R"({"a": 18446744073709551615})", "missing"},
      {"{ path: $.a, none: 18446744073709551615 }", R"({"a": 18446744073709551614})", "18446744073709551614"},
      {"{ path: $.a, none: unlimited }", R"({"a": "unlimited"})", "missing"},
      {"{ path: $.a, extract: \"^v([0-9]+)\" }", R"({"a": "v12.3"})", "12"},
      {"{ path: $.a, extract: \"([0-9]+)$\" }", R"({"a": "slots: 8"})", "8"},
      {"{ path: $.a, extract: \"([0-9]+)\" }", R"({"a": "none"})", "missing"},
      {"{ path: $.a, extract: \"^(.)\" }", R"({"a": 753})", "7"},  // a number as the source wrote it
      {"{ path: $.a, map: { on: 1, off: 0 } }", R"({"a": "off"})", "0"},
      {"{ path: $.a, map: { on: 1, off: 0 } }", R"({"a": "maybe"})", "map"},
      {"{ path: $.a, map: { on: 1, off: 0 }, default: 2 }", R"({"a": "maybe"})", "2 map"},
      {"{ path: $.a, map: { \"UP*\": 1, \"UP 1*\": 2, \"*\": 0 } }", R"({"a": "UP"})", "1"},
      {"{ path: $.a, map: { \"UP*\": 1, \"UP 1*\": 2, \"*\": 0 } }", R"({"a": "UP 1/3"})", "2"},   // the longest
      {"{ path: $.a, map: { \"UP*\": 1, \"UP 1/3\": 7, \"*\": 0 } }", R"({"a": "UP 1/3"})", "7"},  // exact wins
      {"{ path: $.a, map: { \"UP*\": 1, \"*\": 0 } }", R"({"a": "DOWN"})", "0"},
      {"{ path: $.a, map: { \"*\": 0 } }", R"({"a": null})", "missing"},  // nothing to map
      {"{ path: $.a, map: { true: 5, 1: 6 } }", R"({"a": true})", "5"},
      {"{ path: $.a, map: { true: 5, 1: 6 } }", R"({"a": 1})", "6"},
      {"{ path: $.a, map: { \"*\": 0 } }", R"({"a": [1]})", "type"},
      {"{ path: $.a, none: \"-\", extract: \"^([0-9.]+)\", as: ms }", R"({"a": "1500 ms"})", "1.5"},
      {"{ path: $.a, none: \"-\", extract: \"^([0-9.]+)\", as: ms }", R"({"a": "-"})", "missing"},
      {"{ path: $.a, map: { slow: 2000, fast: 500 }, as: ms }", R"({"a": "slow"})", "2"},
      {"{ text: \"load 7\", extract: \"([0-9]+)\" }", "{}", "7"},
      {"{ path: $.a, as: duration }", R"({"a": "1m30s"})", "90"},
      {"{ path: $.a, as: unix }", R"({"a": 0})", "missing"},
  };
  check(rows);
}

TEST_CASE("value: first takes what is not missing") {
  const Row rows[] = {
      {"{ first: [$.a, $.b] }", R"({"a": 1, "b": 2})", "1"},
      {"{ first: [$.a, $.b] }", R"({"a": null, "b": 2})", "2"},
      {"{ first: [$.a, $.b] }", R"({"a": "", "b": 2})", "2"},
      {"{ first: [$.a, $.b] }", "{}", "missing"},
      {"{ first: [$.a, $.b, 9] }", "{}", "9"},
      {"{ first: [$.a, $.b], none: 0 }", R"({"a": 0, "b": 2})", "2"},
      {"{ first: [$.a, { sum: [$.b, $.c] }], as: ms }", R"({"b": 1, "c": 2})", "3"},  // a nested form has its own
      {"{ first: [$.a, { path: $.b, as: ms }] }", R"({"b": 1500})", "1.5"},
      {"{ first: [{ path: $.a }, $.b], as: ms }", R"({"a": 1500})", "1500"},
      {"{ first: \"$.a[*]\" }", R"({"a": [null, 4, 5]})", "4"},
      {"{ first: \"$.a[?@.n == 'x'].v\" }", R"({"a": [{"n": "y", "v": 1}, {"n": "x", "v": 2}]})", "2"},
      {"{ first: \"$.a[*]\", none: 4 }", R"({"a": [null, 4, 5]})", "5"},
      {"{ first: \"$.a[*]\" }", R"({"a": []})", "missing"},
      {"{ first: \"$.a[*]\" }", "{}", "missing"},
      {"{ first: [$.a, $.b] }", R"({"a": "x", "b": 2})", "type"},  // wrong is not missing
  };
  check(rows);
}

TEST_CASE("value: count, sum, min and max, and the base rule") {
  const Row rows[] = {
      {"{ count: \"$.a[*]\" }", R"({"a": [1, 2, 3]})", "3"},
      {"{ count: \"$.a[*]\" }", R"({"a": [1, null, 3]})", "2"},
      {"{ count: \"$.a[*]\" }", R"({"a": []})", "0"},
      {"{ count: \"$.a[*]\" }", R"({"a": null})", "missing"},
      {"{ count: \"$.a[*]\" }", "{}", "missing"},
      {"{ count: \"$.a[*]\" }", R"({"a": {"x": 1, "y": 2}})", "2"},
      {"{ count: \"$.a[?@.b == 1]\" }", R"({"a": [{"b": 1}, {"b": 2}, {"b": 1}]})", "2"},
      {"{ count: \"$.a[?@.b == 1]\" }", R"({"a": [{"b": 2}]})", "0"},
      {"{ count: \"$.a[*].b[*]\" }", R"({"a": [{"b": [1, 2]}, {}, {"b": [3]}]})", "3"},
      {"{ count: \"$.a[*].b[*]\" }", R"({"a": []})", "0"},  // only the first such selector is looked at
      {"{ count: $.a }", R"({"a": [1, 2, 3]})", "1"},       // one node
      {"{ count: $.a }", "{}", "missing"},
      {"{ count: \"$..x\" }", R"({"x": 1, "y": {"x": 2}})", "2"},
      {"{ count: \"$.a[*].b\" }", R"({"a": [{"b": null}, {"b": 1}]})", "1"},
      {"{ sum: \"$.a[*]\" }", R"({"a": [1, 2, 3.5]})", "6.5"},
      {"{ sum: \"$.a[*]\" }", R"({"a": []})", "0"},
      {"{ sum: \"$.a[*]\" }", R"({"a": [null, ""]})", "missing"},  // all parts missing
      {"{ sum: \"$.a[*]\" }", R"({"a": [null, 2]})", "2"},
      {"{ sum: \"$.a[*]\" }", "{}", "missing"},
      {"{ sum: \"$.a[*]\" }", R"({"a": [1, "x"]})", "type"},
      {"{ sum: \"$.s['a','b']\" }", R"({"s": {}})", "0"},
      {"{ sum: \"$.s['a','b']\" }", R"({"s": {"b": 4}})", "4"},
      {"{ sum: \"$.s['a','b']\" }", "{}", "missing"},
      {"{ sum: [$.a, $.b] }", R"({"a": 1, "b": 2})", "3"},
      {"{ sum: [$.a, $.b] }", R"({"b": 2})", "2"},
      {"{ sum: [$.a, $.b] }", "{}", "missing"},
      {"{ sum: [$.a, $.b] }", R"({"a": 9223372036854775807, "b": 1})", "9223372036854775808"},
      {"{ sum: [$.a, $.b] }", R"({"a": 9223372036854775807, "b": 9223372036854775808})", "18446744073709551615"},
      {"{ sum: \"$.a[*]\", as: ms }", R"({"a": [1000, 500]})", "1.5"},  // each node is converted
      {"{ sum: [$.a, 5], as: ms }", R"({"a": 1000})", "6"},             // a constant is not
      {"{ min: \"$.a[*]\" }", R"({"a": [3, 1, 2]})", "1"},
      {"{ max: \"$.a[*]\" }", R"({"a": [3, 1, 20]})", "20"},
      {"{ min: \"$.a[*]\" }", R"({"a": []})", "missing"},
      {"{ max: [$.a, $.b] }", R"({"a": -1, "b": 0.5})", "0.5"},
      {"{ max: [$.a, $.b] }", R"({"a": 18446744073709551615, "b": 1})", "18446744073709551615"},
      {"{ min: \"$.a[*]\", as: unix_ms }", R"({"a": [0, 5000, 3000]})", "3"},  // 0 is never
  };
  check(rows);
}

TEST_CASE("value: diff") {
  const Row rows[] = {
      {"{ diff: [$.a, $.b] }", R"({"a": 10, "b": 4})", "6"},
      {"{ diff: [$.a, $.b] }", R"({"a": 10})", "missing"},
      {"{ diff: [$.a, $.b] }", R"({"b": 10})", "missing"},
      {"{ diff: [$.a, 1] }", R"({"a": 18446744073709551615})", "18446744073709551614"},
      {"{ diff: [$.a, $.b] }", R"({"a": 1, "b": "x"})", "type"},
      {"{ diff: [\"{now}\", $.t], as: unix }", R"({"t": 999000})", "1000"},
      {"{ diff: [\"{now}\", $.t], as: unix }", R"({"t": null})", "missing"},
      {"{ diff: [\"{now}\", $.uptime], as: ms }", R"({"uptime": 60000})", "999940"},
      {"{ diff: [\"{now}\", { min: \"$.i[*].s\", as: unix_ms }], default: 0 }", R"({"i": []})", "0"},
      {"{ diff: [\"{now}\", { min: \"$.i[*].s\", as: unix_ms }], default: 0 }", R"({"i": [{"s": 999000000}]})", "1000"},
      {"{ diff: [{ sum: [$.a, $.b] }, $.c] }", R"({"a": 1, "b": 2, "c": 3})", "0"},
  };
  check(rows);
}

TEST_CASE("value: test, and the test rule") {
  const Row rows[] = {
      {"{ test: \"@.a == 1\" }", R"({"a": 1})", "1"},
      {"{ test: \"@.a == 1\" }", R"({"a": 2})", "0"},
      {"{ test: \"@.a == 1\" }", "{}", "missing"},
      {"{ test: \"@.a != 1\" }", "{}", "missing"},
      {"{ test: \"@.a == 1\" }", R"({"a": null})", "missing"},
      {"{ test: \"@.a == null\" }", R"({"a": null})", "1"},
      {"{ test: \"@.a != null\" }", "{}", "1"},  // as in the RFC
      {"{ test: \"@.a\" }", "{}", "0"},
      {"{ test: \"@.a\" }", R"({"a": false})", "1"},
      {"{ test: \"!@.a\" }", "{}", "1"},
      {"{ test: \"@.a != 'cheap' && @.b == 1\" }", R"({"a": "idle", "b": 1})", "1"},
      {"{ test: \"@.a != 'cheap' && @.b == 1\" }", R"({"a": "cheap", "b": 1})", "0"},
      {"{ test: \"!@.f[?@ == 'DRAIN']\" }", R"({"f": ["A", "DRAIN"]})", "0"},
      {"{ test: \"!@.f[?@ == 'DRAIN']\" }", R"({"f": []})", "1"},
      {"{ test: \"match(@.a, 'x.*')\" }", R"({"a": "xyz"})", "1"},
      {"{ test: \"@.a == 1\", default: 0 }", "{}", "0"},
  };
  check(rows);
}

TEST_CASE("value: header") {
  Given given;
  given.yaml =
      "collector: c\nabout: x\nrequests: { r: {} }\nservice:\n  metrics:\n"
      "    m: { gauge: { header: x-total }, help: h }\n"
      "    n: { gauge: { header: X-None, default: 0 }, help: h }\n"
      "    o: { gauge: { header: Server, extract: \"/([0-9]+)\" }, help: h }\n";
  given.bodies["r"] = {"[]"};
  given.headers = {{"X-Total", "37"}, {"Server", "thing/8.1"}};
  const Mapped m = mapped(given);
  INFO(m.text());
  CHECK(m.lines == std::vector<std::string>{"m 37", "n 0", "o 8"});
}

TEST_CASE("text: labels show what the source wrote") {
  const Row rows[] = {
      {"$.a", R"({"a": "x"})", "x"},
      {"$.a", R"({"a": 1.10})", "1.10"},
      {"$.a", R"({"a": 1e3})", "1e3"},
      {"$.a", R"({"a": true})", "true"},
      {"$.a", R"({"a": ""})", "missing"},
      {"$.a", R"({"a": null})", "missing"},
      {"$.a", R"({"a": [1]})", "type"},
      {"$.a", R"({"a": 123456789012345678901234567890})", "123456789012345678901234567890"},
      {"$.a", R"({"a": 1e999})", "1e999"},
      {"\"$.a\"", R"({"a": "q\"u\\o\nte"})", R"(q\"u\\o\nte)"},
      {"5", "{}", "5"},
      {"fixed", "{}", "fixed"},
      {"{ concat: [$.a, /, $.b] }", R"({"a": "x", "b": 2})", "x/2"},
      {"{ concat: [$.a, /, $.b] }", R"({"a": "x"})", "missing"},
      {"{ concat: [$.a, /, $.b] }", R"({"a": "x", "b": ""})", "x/"},  // empty is a value here
      {"{ concat: \"$.l[*]\", sep: \",\" }", R"({"l": ["a", "b", 3]})", "a,b,3"},
      {"{ concat: \"$.l[*]\", sep: \",\" }", R"({"l": ["a", null, "c"]})", "a,c"},
      {"{ concat: \"$.l[*]\", sep: \",\" }", R"({"l": []})", "missing"},
      {"{ concat: \"$.l[*]\" }", "{}", "missing"},
      {"{ concat: [{ concat: [a, b], sep: \"-\" }, c], sep: \"+\" }", "{}", "a-b+c"},
      {"{ path: $.a, map: { \"sig*\": killed, \"*\": other } }", R"({"a": "sig9"})", "killed"},
      {"{ path: $.a, as: ms }", R"({"a": 1500})", "1.5"},
      {"{ count: \"$.l[*]\" }", R"({"l": [1, 2]})", "2"},
      {"{ path: $.a, default: none }", "{}", "none"},
      {"\"{{key}\"", "{}", "{key}"},
      {"\"{ text }\"", "{}", "{ text }"},
      {"\"t{now}\"", "{}", "t1000000"},
  };
  for (const Row& row : rows) {
    INFO(row.value << "  on  " << row.json);
    CHECK(label_of(row.value, row.json) == row.is);
  }
}

TEST_CASE("value: a local time takes the target's zone") {
  CHECK(value_of("{ path: $.t, as: time }", R"({"t": "2026-11-22T02:11:17"})", 0, "Europe/Prague") == "1795309877");
  CHECK(value_of("{ path: $.t, as: time }", R"({"t": "2026-11-22T02:11:17"})") == "1795313477");
}

TEST_CASE("value: a header that is not UTF-8 is mended as a label, and counted") {
  Given given;
  given.yaml =
      "collector: c\nabout: x\nrequests: { r: {} }\nservice:\n  labels: { l: { header: Server } }\n  metrics:\n"
      "    m: { gauge: 1, help: h }\n";
  given.bodies["r"] = {"{}"};
  given.headers = {{"Server", "t\xFCr"}};
  const Mapped m = mapped(given);
  CHECK(m.lines == std::vector<std::string>{"m{l=\"t\xEF\xBF\xBDr\"} 1"});
  CHECK(m.errors == std::map<std::string, std::uint64_t>{{"service[0] utf8", 1}});
  given.headers = {{"Server", "t\xC3\xBCr"}};
  CHECK(mapped(given).errors.empty());
}
