// LANGUAGE 6: what becomes of families when labels are dropped or renamed, names change, and metrics
// become one by that. Two different metrics are never merged without being counted, and what is shown
// of a histogram is a whole one.
#include "mapping.h"
#include "support/catch.h"

using namespace tallyman::map::testing;
using Lines = std::vector<std::string>;

namespace {

struct Row {
  const char* what;
  const char* passthrough;
  const char* body;
  Lines lines;
  std::uint64_t duplicates = 0;
};

Mapped passed(const std::string& passthrough, std::vector<std::string> bodies) {
  Given given;
  given.yaml = "collector: c\nabout: x\nrequests: { m: { format: prometheus } }\npassthrough: " + passthrough + "\n";
  given.bodies["m"] = std::move(bodies);
  return mapped(given);
}

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.what);
    const Mapped m = passed(row.passthrough, {row.body});
    INFO(m.text());
    CHECK(m.failure.empty());
    CHECK(m.lines == row.lines);
    const auto counted = m.errors.find("passthrough[0] duplicate");
    CHECK((counted == m.errors.end() ? 0 : counted->second) == row.duplicates);
    CHECK(m.errors.size() == (row.duplicates == 0 ? 0u : 1u));
  }
}

const char* const counters =
    "# TYPE a_total counter\n"
    "a_total{x=\"1\",k=\"p\"} 3\n"
    "a_total{x=\"2\",k=\"p\"} 4\n"
    "a_total{x=\"2\",k=\"q\"} 5\n"
    "# TYPE a_created gauge\n"
    "a_created{x=\"1\",k=\"p\"} 200\n"
    "a_created{x=\"2\",k=\"p\"} 100\n"
    "a_created{x=\"2\",k=\"q\"} 300\n";

const char* const gauges =
    "# TYPE g gauge\n"
    "g{x=\"1\"} 3\n"
    "g{x=\"2\"} -1.5\n"
    "g{x=\"3\"} 2\n";

// Two histograms of the same bounds but one: 2.0 is only the second's.
const char* const histograms =
    "# TYPE h histogram\n"
    "h_bucket{x=\"1\",le=\"1.0\"} 1\n"
    "h_bucket{x=\"1\",le=\"5.0\"} 3\n"
    "h_bucket{x=\"1\",le=\"+Inf\"} 4\n"
    "h_sum{x=\"1\"} 10.5\n"
    "h_count{x=\"1\"} 4\n"
    "h_bucket{x=\"2\",le=\"1.0\"} 2\n"
    "h_bucket{x=\"2\",le=\"2.0\"} 2\n"
    "h_bucket{x=\"2\",le=\"5.0\"} 6\n"
    "h_bucket{x=\"2\",le=\"+Inf\"} 6\n"
    "h_sum{x=\"2\"} 7\n"
    "h_count{x=\"2\"} 6\n";

const char* const summaries =
    "# TYPE s summary\n"
    "s{x=\"1\",quantile=\"0.5\"} 2\n"
    "s_sum{x=\"1\"} 10\n"
    "s_count{x=\"1\"} 4\n"
    "s{x=\"2\",quantile=\"0.5\"} 8\n"
    "s_sum{x=\"2\"} 20\n"
    "s_count{x=\"2\"} 3\n";

const char* const states =
    "# TYPE st stateset\n"
    "st{x=\"1\",st=\"up\"} 1\n"
    "st{x=\"1\",st=\"down\"} 0\n"
    "st{x=\"2\",st=\"up\"} 0\n"
    "st{x=\"2\",st=\"down\"} 1\n"
    "# EOF\n";

const char* const infos =
    "# TYPE i info\n"
    "i_info{x=\"1\",v=\"7\"} 1\n"
    "i_info{x=\"2\",v=\"7\"} 1\n"
    "i_info{x=\"2\",v=\"8\"} 1\n"
    "# EOF\n";

}  // namespace

TEST_CASE("passthrough: a dropped label without fold leaves the first metric, whole, and counts the others") {
  check({
      {"counter",
       "{ labels: { drop: [x] } }",
       counters,
       {"a_total{k=\"p\"} 3", "a_total_created{k=\"p\"} 200", "a_total{k=\"q\"} 5", "a_total_created{k=\"q\"} 300"},
       2},
      {"gauge", "{ labels: { drop: [x] } }", gauges, {"g 3"}, 2},
      {"histogram: no bucket of the second",
       "{ labels: { drop: [x] } }",
       histograms,
       {"h_bucket{le=\"1.0\"} 1", "h_bucket{le=\"5.0\"} 3", "h_bucket{le=\"+Inf\"} 4", "h_sum 10.5", "h_count 4"},
       6},
      {"summary", "{ labels: { drop: [x] } }", summaries, {"s{quantile=\"0.5\"} 2", "s_sum 10", "s_count 4"}, 3},
      {"stateset", "{ labels: { drop: [x] } }", states, {"st{st=\"up\"} 1", "st{st=\"down\"} 0"}, 2},
      {"info", "{ labels: { drop: [x] } }", infos, {"i_info{v=\"7\"} 1", "i_info{v=\"8\"} 1"}, 1},
      {"a glob", "{ labels: { drop: [\"?\"] } }", gauges, {"g 3"}, 2},
      {"a label that nothing has",
       "{ labels: { drop: [y] } }",
       gauges,
       {"g{x=\"1\"} 3", "g{x=\"2\"} -1.5", "g{x=\"3\"} 2"},
       0},
  });
}

TEST_CASE("passthrough: fold by type") {
  check({
      {"counters are added, the earliest beginning stays",
       "{ labels: { drop: [x] }, fold: sum }",
       counters,
       {"a_total{k=\"p\"} 7", "a_total_created{k=\"p\"} 100", "a_total{k=\"q\"} 5", "a_total_created{k=\"q\"} 300"},
       0},
      {"counter, max",
       "{ labels: { drop: [x] }, fold: max, drop: [\"*_created\"] }",
       counters,
       {"a_total{k=\"p\"} 4", "a_total{k=\"q\"} 5"},
       0},
      {"gauge, sum", "{ labels: { drop: [x] }, fold: sum }", gauges, {"g 3.5"}, 0},
      {"gauge, min", "{ labels: { drop: [x] }, fold: min }", gauges, {"g -1.5"}, 0},
      {"gauge, max", "{ labels: { drop: [x] }, fold: max }", gauges, {"g 3"}, 0},
      {"a histogram keeps the bounds that all have",
       "{ labels: { drop: [x] }, fold: sum }",
       histograms,
       {"h_bucket{le=\"1.0\"} 3", "h_bucket{le=\"5.0\"} 9", "h_bucket{le=\"+Inf\"} 10", "h_sum 17.5", "h_count 10"},
       1},
      {"a histogram has no largest: the first stays",
       "{ labels: { drop: [x] }, fold: max }",
       histograms,
       {"h_bucket{le=\"1.0\"} 1", "h_bucket{le=\"5.0\"} 3", "h_bucket{le=\"+Inf\"} 4", "h_sum 10.5", "h_count 4"},
       6},
      {"quantiles are not added", "{ labels: { drop: [x] }, fold: sum }", summaries, {"s_sum 30", "s_count 7"}, 2},
      {"a summary has no least: the first stays",
       "{ labels: { drop: [x] }, fold: min }",
       summaries,
       {"s{quantile=\"0.5\"} 2", "s_sum 10", "s_count 4"},
       3},
      {"one of them is in the state",
       "{ labels: { drop: [x] }, fold: sum }",
       states,
       {"st{st=\"up\"} 1", "st{st=\"down\"} 1"},
       0},
      {"all of them are in the state",
       "{ labels: { drop: [x] }, fold: min }",
       states,
       {"st{st=\"up\"} 0", "st{st=\"down\"} 0"},
       0},
      {"equal infos are one, of value 1",
       "{ labels: { drop: [x] }, fold: sum }",
       infos,
       {"i_info{v=\"7\"} 1", "i_info{v=\"8\"} 1"},
       0},
      {"infos of text 0.0.4 are gauges, or have no type",
       "{ labels: { drop: [x] }, fold: sum }",
       "# TYPE i_info gauge\ni_info{x=\"1\",v=\"7\"} 1\ni_info{x=\"2\",v=\"7\"} 1\ni_info{x=\"3\",v=\"7\"} 1\n"
       "j_info{x=\"1\"} 1\nj_info{x=\"2\"} 1\n",
       {"i_info{v=\"7\"} 1", "j_info 1"},
       0},
      {"what is only called so is an amount, as is a counter",
       "{ labels: { drop: [x] }, fold: sum }",
       "# TYPE disk_info gauge\ndisk_info{x=\"1\"} 3\ndisk_info{x=\"2\"} 1\n"
       "# TYPE a_total counter\na_total{x=\"1\"} 1\na_total{x=\"2\"} 1\n",
       {"disk_info 4", "a_total 2"},
       0},
      {"bounds that no two share: the whole is left",
       "{ labels: { drop: [x] }, fold: sum }",
       "# TYPE h histogram\nh_bucket{x=\"1\",le=\"1\"} 2\nh_bucket{x=\"1\",le=\"+Inf\"} 3\nh_count{x=\"1\"} "
       "3\nh_sum{x=\"1\"} 4\n"
       "h_bucket{x=\"2\",le=\"2\"} 5\nh_bucket{x=\"2\",le=\"+Inf\"} 6\nh_count{x=\"2\"} 6\nh_sum{x=\"2\"} 7\n",
       {"h_bucket{le=\"+Inf\"} 9", "h_count 9", "h_sum 11"},
       2},
      {"nothing to fold: quantiles stay",
       "{ labels: { drop: [y] }, fold: sum }",
       summaries,
       {"s{x=\"1\",quantile=\"0.5\"} 2", "s_sum{x=\"1\"} 10", "s_count{x=\"1\"} 4", "s{x=\"2\",quantile=\"0.5\"} 8",
        "s_sum{x=\"2\"} 20", "s_count{x=\"2\"} 3"},
       0},
  });
}

TEST_CASE("passthrough: labels that make the type are never dropped or renamed") {
  check({
      {"le",
       "{ labels: { drop: [\"*\"], rename: { le: bound } }, fold: sum }",
       histograms,
       {"h_bucket{le=\"1.0\"} 3", "h_bucket{le=\"5.0\"} 9", "h_bucket{le=\"+Inf\"} 10", "h_sum 17.5", "h_count 10"},
       1},
      {"quantile",
       "{ labels: { drop: [x, quantile] } }",
       summaries,
       {"s{quantile=\"0.5\"} 2", "s_sum 10", "s_count 4"},
       3},
      {"the label of a stateset goes with its name",
       "{ rename: { st: state }, labels: { drop: [x, st] } }",
       states,
       {"state{state=\"up\"} 1", "state{state=\"down\"} 0"},
       2},
      {"le of what is no histogram is a label like others",
       "{ labels: { drop: [le] } }",
       "g{le=\"1\"} 1\n",
       {"g 1"},
       0},
  });
}

TEST_CASE("passthrough: renamed labels") {
  check({
      {"renamed",
       "{ labels: { rename: { x: client } } }",
       gauges,
       {"g{client=\"1\"} 3", "g{client=\"2\"} -1.5", "g{client=\"3\"} 2"},
       0},
      {"two change places",
       "{ labels: { rename: { a: b, b: a } } }",
       "g{a=\"1\",b=\"2\"} 3\n",
       {"g{b=\"1\",a=\"2\"} 3"},
       0},
      {"a name that is taken: the label keeps its own",
       "{ labels: { rename: { a: b } } }",
       "g{a=\"1\",b=\"2\"} 3\ng{a=\"2\",b=\"2\"} 4\n",
       {"g{a=\"1\",b=\"2\"} 3", "g{a=\"2\",b=\"2\"} 4"},
       2},
      {"a name that is dropped is free",
       "{ labels: { drop: [b], rename: { a: b } } }",
       "g{a=\"1\",b=\"2\"} 3\n",
       {"g{b=\"1\"} 3"},
       0},
  });
}

TEST_CASE("passthrough: renamed families") {
  check({
      {"a histogram with its suffixes",
       "{ rename: { h: wait }, labels: { drop: [x] }, fold: sum }",
       histograms,
       {"wait_bucket{le=\"1.0\"} 3", "wait_bucket{le=\"5.0\"} 9", "wait_bucket{le=\"+Inf\"} 10", "wait_sum 17.5",
        "wait_count 10"},
       1},
      {"a counter by its whole name",
       "{ rename: { a_total: b_total }, drop: [\"*_created\"] }",
       "# TYPE a_total counter\na_total 1\n",
       {"b_total 1"},
       0},
      {"a counter without _total, which it keeps",
       "{ rename: { a: b } }",
       "# TYPE a_total counter\na_total 1\n",
       {"b_total 1"},
       0},
      {"an info likewise",
       "{ rename: { i: build } }",
       "# TYPE i info\ni_info{v=\"7\"} 1\n# EOF\n",
       {"build_info{v=\"7\"} 1"},
       0},
      {"onto another of its type: series of both, equal ones once",
       "{ rename: { a: b } }",
       "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE b gauge\nb{x=\"2\"} 9\nb{x=\"3\"} 3\n",
       {"b{x=\"1\"} 1", "b{x=\"2\"} 2", "b{x=\"3\"} 3"},
       1},
      {"onto another of its type: never folded into it",
       "{ rename: { a: b }, fold: sum }",
       "# TYPE a gauge\na 1\n# TYPE b gauge\nb 9\n",
       {"b 1"},
       1},
      {"onto another of another type",
       "{ rename: { a: b } }",
       "# TYPE a gauge\na 1\n# TYPE b counter\nb{x=\"1\"} 9\n",
       {"b 1"},
       1},
  });
}

TEST_CASE("passthrough: several answers of one request") {
  const std::string one = "# TYPE c_total counter\nc_total{k=\"a\",m=\"1\"} 1\n";
  const std::string two = "# TYPE c_total counter\nc_total{m=\"1\",k=\"a\"} 2\nc_total{k=\"b\",m=\"1\"} 5\n";
  Given given;
  given.yaml =
      "collector: c\nabout: x\nrequests: { m: { format: prometheus, for_each: { as: { n: [1, 2] } }, path: \"/{n}\" "
      "} }\npassthrough: { fold: sum }\n";
  given.bodies["m"] = {one, two};
  CHECK(mapped(given).lines == Lines{R"(c_total{k="a",m="1"} 3)", R"(c_total{k="b",m="1"} 5)"});
  given.yaml.replace(given.yaml.find("{ fold: sum }"), 13, "{}");
  const Mapped first = mapped(given);
  CHECK(first.lines == Lines{R"(c_total{k="a",m="1"} 1)", R"(c_total{k="b",m="1"} 5)"});
  CHECK(first.errors.at("passthrough[0] duplicate") == 1);
}

TEST_CASE("passthrough: a metric of a rule and one passed through under its name") {
  Given given;
  given.yaml = R"(
collector: c
about: x
requests: { m: { format: prometheus } }
service: { metrics: { b: { gauge: 1, help: h } } }
passthrough: { rename: { a: b }, fold: sum }
)";
  given.bodies["m"] = {"# TYPE a gauge\na 5\na{x=\"1\"} 6\n"};
  const Mapped same = mapped(given);
  CHECK(same.lines == Lines{"b 1", R"(b{x="1"} 6)"});
  CHECK(same.errors.at("passthrough[0] duplicate") == 1);
  given.bodies["m"] = {"# TYPE a counter\na 5\na{x=\"1\"} 6\n"};
  const Mapped other = mapped(given);
  CHECK(other.lines == Lines{"b 1"});
  CHECK(other.errors.at("passthrough[0] duplicate") == 2);
}

TEST_CASE("passthrough: heads of families are text too") {
  Given given;
  given.yaml =
      "collector: c\nabout: x\nlimits: { body: 1MiB, samples: 6000 }\nrequests: { m: { format: prometheus } }\n"
      "passthrough: {}\n";
  const auto text = [](std::size_t families) {
    std::string out;
    for (std::size_t i = 0; i < families; ++i)
      out += "# HELP f" + std::to_string(i) + " " + std::string(900, 'h') + "\nf" + std::to_string(i) + " 1\n";
    return out;
  };
  given.bodies["m"] = {text(400)};
  CHECK(mapped(given).failure.empty());
  given.bodies["m"] = {text(1000)};
  CHECK(mapped(given).failure.starts_with("limit: the answers give more than 1048576 bytes of text, in "));
}

TEST_CASE("passthrough: label values that are not UTF-8 are mended and counted, each one") {
  const char* const body = "g{a=\"\xC3\xBC\",b=\"\xFF\xFE\"} 1\ng{a=\"\xC3\",b=\"c\"} 2\n";
  const Lines lines{"g{a=\"\xC3\xBC\",b=\"\xEF\xBF\xBD\xEF\xBF\xBD\"} 1", "g{a=\"\xEF\xBF\xBD\",b=\"c\"} 2"};
  for (const char* how : {"{}", "{ labels: { drop: [z] } }"}) {
    const Mapped m = passed(how, {body});
    INFO(m.text());
    CHECK(m.lines == lines);
    CHECK(m.errors == std::map<std::string, std::uint64_t>{{"passthrough[0] utf8", 2}});
  }
  // A rule on the same answer: counted for the first one, once.
  Given given;
  given.yaml = R"(
collector: c
about: x
requests: { m: { format: prometheus } }
service: { each: "$.g[*]", labels: { l: "@.labels.b" }, metrics: { m: { gauge: "@.value", help: h } } }
)";
  given.bodies["m"] = {body};
  const Mapped m = mapped(given);
  CHECK(m.lines == Lines{"m{l=\"\xEF\xBF\xBD\xEF\xBF\xBD\"} 1", "m{l=\"c\"} 2"});
  CHECK(m.errors == std::map<std::string, std::uint64_t>{{"service[0] utf8", 2}});
}
