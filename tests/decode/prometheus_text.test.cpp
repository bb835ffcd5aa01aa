#include "decode/prometheus_text.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "decode/document.h"
#include "support/catch.h"
#include "support/cpu_time.h"

using namespace tallyman;
using decode::parse_prometheus;
using decode::PromText;

namespace {

// `counter x_total "help" [unit]` and under it ` x_total{a="b"} 1`, created ones with `@`.
std::string shown(const PromText& text) {
  std::string out;
  for (const auto& f : text.families) {
    out += std::string(to_string(f.family.type)) + " " + f.family.name;
    if (!f.family.help.empty()) out += " \"" + f.family.help + "\"";
    if (!f.family.unit.empty()) out += " [" + f.family.unit + "]";
    out += "\n";
    for (const auto& s : f.samples) {
      std::string body;
      for (const auto& label : s.labels()) append_label(body, label.name(), label.value());
      out += (s.suffix == Suffix::created ? "@" : " ") + std::string(s.name()) + "{" + body + "} " + to_text(s.value) +
             "\n";
    }
  }
  return out;
}

std::string parsed(std::string_view text, std::size_t max_samples = 1000) {
  const auto r = parse_prometheus(std::string(text), {.samples = max_samples});
  return r ? shown(*r) : std::string(to_string(r.error().stage)) + ": " + r.error().detail;
}

std::string file(const std::string& name) {
  std::ifstream in(std::string(TALLYMAN_TESTS_DIR) + "/decode/prometheus/" + name, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Row {
  const char* text;
  const char* shown;
};

void check(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parsed(row.text) == row.shown);
  }
}

}  // namespace

TEST_CASE("prometheus: types and names of both formats") {
  check({
      {"", ""},
      {"x 1\n", "unknown x\n x{} 1\n"},
      {"# TYPE x gauge\nx 1\n", "gauge x\n x{} 1\n"},
      {"# TYPE x_total counter\nx_total 1\n", "counter x_total\n x_total{} 1\n"},
      {"# TYPE x counter\nx_total 1\n# EOF\n", "counter x_total\n x_total{} 1\n"},
      {"# TYPE x counter\nx_total{a=\"1\"} 1\nx_created{a=\"1\"} 9\n# EOF\n",
       "counter x_total\n x_total{a=\"1\"} 1\n@x_created{a=\"1\"} 9\n"},
      {"# TYPE x counter\nx 1\n", "counter x\n x{} 1\n"},
      {"# TYPE x counter\nx 1\nx_total 2\n", "counter x_total\n x_total{} 2\ncounter x\n x{} 1\n"},
      {"# TYPE x info\nx_info{v=\"1\"} 1\n# EOF\n", "info x_info\n x_info{v=\"1\"} 1\n"},
      {"# TYPE x_info info\nx_info{v=\"1\"} 1\n", "info x_info\n x_info{v=\"1\"} 1\n"},
      {"# TYPE x info\nx{v=\"1\"} 1\n", "gauge x\n x{v=\"1\"} 1\n"},
      {"# TYPE x stateset\nx{x=\"on\"} 1\nx{x=\"off\"} 0\n", "stateset x\n x{x=\"on\"} 1\n x{x=\"off\"} 0\n"},
      {"# TYPE x unknown\nx 1\n", "unknown x\n x{} 1\n"},
      {"# TYPE x untyped\nx 1\n", "unknown x\n x{} 1\n"},
      {"# TYPE x GAUGE\nx 1\n", "gauge x\n x{} 1\n"},
      {"# TYPE x summary\nx{quantile=\"0.5\"} 2\nx_sum 3\nx_count 4\nx_created 5\n",
       "summary x\n x{quantile=\"0.5\"} 2\n x_sum{} 3\n x_count{} 4\n@x_created{} 5\n"},
      {"# TYPE x histogram\nx_bucket{le=\"+Inf\"} 4\nx_sum 3\nx_count 4\n",
       "histogram x\n x_bucket{le=\"+Inf\"} 4\n x_sum{} 3\n x_count{} 4\n"},
      {"# TYPE x gaugehistogram\nx_bucket{le=\"+Inf\"} 4\nx_gsum 3\nx_gcount 4\n",
       "gaugehistogram x\n x_bucket{le=\"+Inf\"} 4\n x_gsum{} 3\n x_gcount{} 4\n"},
      {"# TYPE x gauge\nx_total 1\nx_sum 2\n", "gauge x\nunknown x_total\n x_total{} 1\nunknown x_sum\n x_sum{} 2\n"},
  });
}

TEST_CASE("prometheus: HELP, UNIT and families without samples") {
  check({
      {"# HELP x Says \\\\ and \\n here \\q.\n", "unknown x \"Says \\ and \n here \\q.\"\n"},
      {"# HELP x A \\\"quote\\\".\n", "unknown x \"A \\\"quote\\\".\"\n"},
      {"# HELP x A \\\"quote\\\".\n# EOF\n", "unknown x \"A \"quote\".\"\n"},
      {"# HELP x\n# TYPE x gauge\n", "gauge x\n"},
      {"# TYPE x_seconds gauge\n# UNIT x_seconds seconds\n# HELP x_seconds How long.\nx_seconds 1\n",
       "gauge x_seconds \"How long.\" [seconds]\n x_seconds{} 1\n"},
      {"# a comment\n#\n# EOF is near\n#TYPE x gauge\nx 1", "gauge x\n x{} 1\n"},
      {"# HELP x first\n# HELP x second\nx 1\n", "unknown x \"first\"\n x{} 1\n"},
  });
}

TEST_CASE("prometheus: families in pieces and types out of order") {
  check({
      {"# TYPE a gauge\na{n=\"1\"} 1\nb 2\na{n=\"2\"} 3\n",
       "gauge a\n a{n=\"1\"} 1\n a{n=\"2\"} 3\nunknown b\n b{} 2\n"},
      {"x 1\n# TYPE x gauge\nx{a=\"1\"} 2\n", "gauge x\n x{} 1\n x{a=\"1\"} 2\n"},
      {"# TYPE x gauge\n# TYPE x counter\nx 1\n", "gauge x\n x{} 1\n"},
      {"x_count 1\n# TYPE x summary\nx_sum 2\n", "unknown x_count\n x_count{} 1\nsummary x\n x_sum{} 2\n"},
      {"# TYPE x counter\nx_total 1\n# TYPE x_total counter\nx_total{a=\"1\"} 2\n",
       "counter x_total\n x_total{} 1\n x_total{a=\"1\"} 2\n"},
      {"# TYPE x_count gauge\n# TYPE x summary\nx_count 1\n", "gauge x_count\n x_count{} 1\nsummary x\n"},
  });
}

TEST_CASE("prometheus: samples, blanks and escapes") {
  check({
      {"x{} 1\n", "unknown x\n x{} 1\n"},
      {"x{a=\"1\",} 1\n", "unknown x\n x{a=\"1\"} 1\n"},
      {" \tx\t{ a = \"1\" ,\tb=\"2\" , } \t1 \r\n\r\n", "unknown x\n x{a=\"1\",b=\"2\"} 1\n"},
      {"x{a=\"q\\\" b\\\\ n\\n c\\z }\"} 1\n", "unknown x\n x{a=\"q\\\" b\\\\ n\\n c\\\\z }\"} 1\n"},
      {"x{a=\"\xC3\xBC\",b=\"\xFF\"} 1\n", "unknown x\n x{a=\"\xC3\xBC\",b=\"\xEF\xBF\xBD\"} 1\n"},
      {"a:b_C9 1\n", "unknown a:b_C9\n a:b_C9{} 1\n"},
      {"x 1 1700000000000\ny 2 1700000000.123 \nz 3 -1\n", "unknown x\n x{} 1\nunknown y\n y{} 2\nunknown z\n z{} 3\n"},
      {"# TYPE x counter\nx_total 1 # {trace=\"a b\"} 0.5 1.5\nx_total{a=\"1\"} 2 3.5 # {} 1\n# EOF",
       "counter x_total\n x_total{} 1\n x_total{a=\"1\"} 2\n"},
      {"\xEF\xBB\xBFx 1\n", "unknown x\n x{} 1\n"},
  });
}

TEST_CASE("prometheus: numbers") {
  const Row rows[] = {
      {"9223372036854775807", "9223372036854775807"},
      {"18446744073709551615", "18446744073709551615"},
      {"36893488147419103232000", "3.6893488147419103e+22"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9007199254740993", "9007199254740993"},
      {"+5", "5"},
      {"007", "7"},
      {"-0", "-0"},
      {"245.0", "245"},
      {".5", "0.5"},
      {"5.", "5"},
      {"1.8446744073e+010", "18446744073"},
      {"1E3", "1000"},
      {"1e-400", "0"},
      {"1.79530978866e+09", "1795309788.66"},
      {"+Inf", "+Inf"},
      {"-inf", "-Inf"},
      {"INFINITY", "+Inf"},
      {"nan", "NaN"},
      {"NaN", "NaN"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parsed("x " + std::string(row.text) + "\n") == "unknown x\n x{} " + std::string(row.shown) + "\n");
  }
}

TEST_CASE("prometheus: le and quantile become canonical floats") {
  const Row rows[] = {
      {"1", "1.0"},         {"0.5", "0.5"},       {"0.50", "0.5"},        {"0", "0.0"},
      {"-0", "0.0"},        {"10", "10.0"},       {"1e3", "1000.0"},      {"100000", "100000.0"},
      {"1000000", "1e+06"}, {"1e6", "1e+06"},     {"2500000", "2.5e+06"}, {"1234567", "1.234567e+06"},
      {"0.0001", "0.0001"}, {"0.00001", "1e-05"}, {"1e22", "1e+22"},      {"-2.5", "-2.5"},
      {"inf", "+Inf"},      {"+Inf", "+Inf"},
  };
  for (const Row& row : rows) {
    const std::string text = "# TYPE x histogram\nx_bucket{le=\"" + std::string(row.text) + "\"} 1\n";
    CAPTURE(row.text);
    CHECK(parsed(text) == "histogram x\n x_bucket{le=\"" + std::string(row.shown) + "\"} 1\n");
  }
  CHECK(parsed("# TYPE x summary\nx{quantile=\"1\"} 1\nx_sum{quantile=\"1\"} 1\n") ==
        "summary x\n x{quantile=\"1.0\"} 1\n x_sum{quantile=\"1\"} 1\n");
  CHECK(parsed("# TYPE x gauge\nx{le=\"1\",quantile=\"1\"} 1\n") == "gauge x\n x{le=\"1\",quantile=\"1\"} 1\n");
}

TEST_CASE("prometheus: duplicates are left out and counted") {
  const auto text = parse_prometheus(
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 2\n"
      "x{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 2\nx{a=\"1\",b=\"2\",c=\"\"} 3\nx{a=\"1\"} 4\nx{a=\"1\",b=\"2\"} 5\n");
  REQUIRE(text.has_value());
  CHECK(text->duplicates == 4);
  CHECK(text->samples == 8);
  CHECK(shown(*text) ==
        "histogram h\n h_bucket{le=\"1.0\"} 1\n h_bucket{le=\"+Inf\"} 2\n"
        "unknown x\n x{a=\"1\",b=\"2\"} 1\n x{a=\"1\"} 4\n");
}

TEST_CASE("prometheus: buckets are put in order, label set by label set") {
  CHECK(parsed("# TYPE x histogram\n"
               "x_bucket{le=\"+Inf\",p=\"a\"} 3\nx_bucket{le=\"10\",p=\"a\"} 2\nx_count{p=\"a\"} 3\nx_sum{p=\"a\"} 9\n"
               "x_bucket{p=\"b\",le=\"+Inf\"} 1\nx_bucket{p=\"a\",le=\"9\"} 1\nx_created{p=\"a\"} 5\n") ==
        "histogram x\n x_bucket{p=\"a\",le=\"9.0\"} 1\n x_bucket{le=\"10.0\",p=\"a\"} 2\n"
        " x_bucket{le=\"+Inf\",p=\"a\"} 3\n x_count{p=\"a\"} 3\n x_sum{p=\"a\"} 9\n@x_created{p=\"a\"} 5\n"
        " x_bucket{p=\"b\",le=\"+Inf\"} 1\n");
}

TEST_CASE("prometheus: values that their type forbids make the family untyped") {
  const Row rows[] = {
      {"# TYPE x_total counter\nx_total NaN\n", "unknown"},
      {"# TYPE x_total counter\nx_total -1\n", "unknown"},
      {"# TYPE x_total counter\nx_total +Inf\n", "counter"},
      {"# TYPE x_info info\nx_info 2\n", "gauge"},
      {"# TYPE x stateset\nx{x=\"a\"} 2\n", "gauge"},
      {"# TYPE x histogram\nx_bucket{le=\"1\"} 2\nx_bucket{le=\"+Inf\"} 1\n", "unknown"},
      {"# TYPE x histogram\nx_bucket{le=\"+Inf\"} 1.5\n", "unknown"},
      {"# TYPE x histogram\nx_bucket{le=\"+Inf\"} 1\nx_sum 1\nx_count 2\n", "unknown"},
      {"# TYPE x histogram\nx_bucket{le=\"+Inf\"} 1\nx_sum -1\nx_count 1\n", "unknown"},
      {"# TYPE x histogram\nx_bucket{le=\"+Inf\"} NaN\n", "unknown"},
      {"# TYPE x histogram\nx_bucket{le=\"big\"} 1\n", "unknown"},
      {"# TYPE x histogram\nx_bucket 1\n", "unknown"},
      {"# TYPE x histogram\nx 1\n", "unknown"},
      {"# TYPE x histogram\nx_bucket{le=\"+Inf\"} 1\nx_sum 1\nx_count 1\n", "histogram"},
      {"# TYPE x histogram\nx_bucket{le=\"1\"} 1\n", "histogram"},
      {"# TYPE x gaugehistogram\nx_bucket{le=\"+Inf\"} 1\nx_gsum -1\nx_gcount 1\n", "unknown"},
      {"# TYPE x gaugehistogram\nx_bucket{le=\"-1\"} 1\nx_bucket{le=\"+Inf\"} 1\nx_gsum -1\nx_gcount 1\n",
       "gaugehistogram"},
      {"# TYPE x summary\nx{quantile=\"0.5\"} -1\n", "unknown"},
      {"# TYPE x summary\nx{quantile=\"0.5\"} NaN\nx_sum 0\nx_count 0\n", "summary"},
      {"# TYPE x summary\nx_sum -1\n", "unknown"},
      {"# TYPE x summary\nx_count 0.5\n", "unknown"},
      {"# TYPE x summary\nx 1\n", "unknown"},
  };
  for (const Row& row : rows) {
    const std::string out = parsed(row.text);
    CAPTURE(row.text);
    CHECK(out.substr(0, out.find(' ')) == row.shown);
  }
}

TEST_CASE("prometheus: gauges named _created are created samples of the family beside them") {
  check({
      {"# TYPE x_total counter\nx_total{a=\"1\"} 1\n# TYPE x_created gauge\nx_created{a=\"1\"} 9\n",
       "counter x_total\n x_total{a=\"1\"} 1\n@x_created{a=\"1\"} 9\n"},
      {"# TYPE x_created gauge\nx_created 9\n# TYPE x histogram\nx_bucket{le=\"+Inf\"} 1\n",
       "histogram x\n x_bucket{le=\"+Inf\"} 1\n@x_created{} 9\n"},
      {"# TYPE x summary\nx_sum 1\nx_count 1\n# TYPE x_created gauge\nx_created{a=\"1\"} 9\n",
       "summary x\n x_sum{} 1\n x_count{} 1\ngauge x_created\n x_created{a=\"1\"} 9\n"},
      {"# TYPE x gauge\nx 1\n# TYPE x_created gauge\nx_created 9\n",
       "gauge x\n x{} 1\ngauge x_created\n x_created{} 9\n"},
  });
}

TEST_CASE("prometheus: errors say line, expectation and text") {
  const Row rows[] = {
      {"<html>\n", "line 1: expected a metric name at the start in `<html>`"},
      {"x 1\n{\"a\": 1}\n", "line 2: expected a metric name at the start in `{\"a\": 1}`"},
      {"x\n", "line 1: expected a number after the series in `x`"},
      {"x one\n", "line 1: expected a number after the series in `x one`"},
      {"x 0x1p3\n", "line 1: expected a number after the series in `x 0x1p3`"},
      {"x 1_000\n", "line 1: expected a number after the series in `x 1_000`"},
      {"x --1\n", "line 1: expected a number after the series in `x --1`"},
      {"x nan(1)\n", "line 1: expected a number after the series in `x nan(1)`"},
      {"x 1e999\n", "line 1: expected a number after the series in `x 1e999`"},
      {"x 1 soon\n", "line 1: expected a timestamp, or nothing, after the value in `x 1 soon`"},
      {"x 1 2 3\n", "line 1: expected nothing after the timestamp in `x 1 2 3`"},
      {"x-y 1\n", "line 1: expected `{` or a blank after the metric name in `x-y 1`"},
      {"x{1a=\"b\"} 1\n", "line 1: expected a label name or `}` in `x{1a=\"b\"} 1`"},
      {"x{a:b=\"b\"} 1\n", "line 1: expected `=` after the label name `a` in `x{a:b=\"b\"} 1`"},
      {"x{a} 1\n", "line 1: expected `=` after the label name `a` in `x{a} 1`"},
      {"x{a=b} 1\n", "line 1: expected `\"` after `a=` in `x{a=b} 1`"},
      {"x{a=\"b\n", "line 1: expected `\"` at the end of the value of `a` in `x{a=\"b`"},
      {"x{a=\"b\" c=\"d\"} 1\n", "line 1: expected `,` or `}` after a label in `x{a=\"b\" c=\"d\"} 1`"},
      {"x{a=\"b\",a=\"c\"} 1\n", "line 1: expected each label once (`a` comes twice) in `x{a=\"b\",a=\"c\"} 1`"},
      {"# TYPE x-y gauge\n", "line 1: expected a metric name after `# TYPE` in `# TYPE x-y gauge`"},
      {"# HELP\n", "line 1: expected a metric name after `# HELP` in `# HELP`"},
      {"x 1\n# EOF\n\ny 2\n", "line 4: expected nothing after `# EOF` in `y 2`"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parsed(row.text) == "decode: Prometheus text, " + std::string(row.shown));
  }
  CHECK(parsed("# TYPE x guage\n").starts_with("decode: Prometheus text, line 1: expected one of `counter`, `gauge`"));
  std::string many = "x{";
  for (int i = 0; i < 257; ++i) many += "l" + std::to_string(i) + "=\"\",";
  CHECK(parsed(many + "} 1\n").starts_with("decode: Prometheus text, line 1: expected at most 256 labels in `x{l0="));
  const std::string cut = parsed("x{" + std::string(500, 'a') + "} 1\n");
  CHECK(cut.ends_with("in `x{" + std::string(118, 'a') + "...`"));
}

TEST_CASE("prometheus: more samples than allowed are refused whole") {
  CHECK(parsed("x 1\ny 2\n", 2) == "unknown x\n x{} 1\nunknown y\n y{} 2\n");
  CHECK(parsed("x 1\ny 2\n", 1) ==
        "limit: Prometheus text with more than 1 samples: raise the target's limit `samples`, or filter at the source");
}

TEST_CASE("prometheus: captured texts are read whole") {
  struct Capture {
    const char* name;
    // Lines without `#`; TYPE lines but those of `_created`; those of them without samples.
    std::size_t samples, families, empty;
  };
  const Capture rows[] = {
      {"bullmq.prom", 9, 3, 0},           {"dask.prom", 71, 27, 6},   {"fastapi.prom", 96, 12, 0},
      {"flower.prom", 232, 16, 0},        {"indico.prom", 38, 32, 0}, {"kobo.prom", 30, 6, 0},
      {"php-fpm.openmetrics", 12, 12, 0}, {"reva.prom", 3, 3, 0},
  };
  for (const Capture& row : rows) {
    CAPTURE(row.name);
    const auto text = parse_prometheus(file(row.name));
    REQUIRE(text.has_value());
    CHECK(text->samples == row.samples);
    CHECK(text->families.size() == row.families);
    CHECK(text->duplicates == 0);
    std::size_t empty = 0;
    for (const auto& f : text->families) {
      if (f.samples.empty()) ++empty;
      CHECK(f.family.type != MetricType::untyped);
      CHECK_FALSE(f.family.help.empty());
    }
    CHECK(empty == row.empty);
  }
}

TEST_CASE("prometheus: as JSON by sample name") {
  const auto text = parse_prometheus(
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 0.5\nh_count 2\n"
      "x{a=\"q\\\"\\\\\\n\"} 18446744073709551615\nx NaN\ny +Inf\n");
  REQUIRE(text.has_value());
  CHECK(*decode::to_json(*text) ==
        R"({"h_bucket":[{"labels":{"le":"1.0"},"value":1},{"labels":{"le":"+Inf"},"value":2}],)"
        R"("h_sum":[{"labels":{},"value":0.5}],"h_count":[{"labels":{},"value":2}],)"
        R"("x":[{"labels":{"a":"q\"\\\u000a"},"value":18446744073709551615},{"labels":{},"value":null}],)"
        R"("y":[{"labels":{},"value":null}]})");
  decode::Document document;
  CHECK(document.parse(*decode::to_json(*text)).has_value());
  CHECK(*decode::to_json(PromText()) == "{}");
  const auto too_large = decode::to_json(*text, 40);
  REQUIRE(!too_large.has_value());
  CHECK(too_large.error().stage == Stage::limit);
  CHECK(too_large.error().detail.starts_with("the Prometheus text is over 40 bytes as the JSON that rules read"));
  const auto heads = parse_prometheus("# TYPE x gauge\n# TYPE y_total counter\n# TYPE h histogram\n");
  REQUIRE(heads.has_value());
  CHECK(*decode::to_json(*heads) == R"({"x":[],"y_total":[]})");  // there are none of them
}

TEST_CASE("prometheus: labels that cannot be used as they stand") {
  check({
      {"x { a = \"1\" , b\t=\"2\",c=\"3\" } 1\n", "unknown x\n x{a=\"1\",b=\"2\",c=\"3\"} 1\n"},
      {"x{a=\"q\\\"\",b=\"C:\\\\\",c=\"3\"} 1\n", "unknown x\n x{a=\"q\\\"\",b=\"C:\\\\\",c=\"3\"} 1\n"},
      {"# TYPE h histogram\nh_bucket{le=\"1\",a=\"2\"} 1\nh_bucket{le=\"+Inf\",a=\"2\"} 1\n",
       "histogram h\n h_bucket{le=\"1.0\",a=\"2\"} 1\n h_bucket{le=\"+Inf\",a=\"2\"} 1\n"},
  });
  // Past the ends of the blocks that they are kept in.
  std::string text, expected = "unknown x\n";
  for (int i = 0; i < 2000; ++i) {
    const std::string n = std::to_string(i);
    text += "x{a = \"" + n + "\",b=\"\\n" + std::string(static_cast<std::size_t>(i % 7 == 0 ? 5000 : 3), 'y') + "\"} " +
            n + "\n";
    expected += " x{a=\"" + n + "\",b=\"\\n" + std::string(static_cast<std::size_t>(i % 7 == 0 ? 5000 : 3), 'y') +
                "\"} " + n + "\n";
  }
  CHECK(parsed(text, 2000) == expected);
  // A short text, which a string holds in itself, moves with what points into it.
  auto one = parse_prometheus("a{b=\"c\"} 1");
  REQUIRE(one.has_value());
  const PromText moved = std::move(*one);
  CHECK(shown(moved) == "unknown a\n a{b=\"c\"} 1\n");
}

TEST_CASE("prometheus: names and helps that are too long") {
  const std::string longest(PromText::longest_name, 'n'), longer = longest + "n";
  const std::string help(PromText::longest_help, 'h');
  const auto text =
      parse_prometheus("# HELP " + longer + " x\n# TYPE " + longer + " gauge\n" + longer + " 1\n" + longest + " 2\nx{" +
                       longer + "=\"1\"} 3\nx{" + longest + "=\"1\"} 4\n# HELP h " + help + "\n# HELP i " + help +
                       "h\n# HELP j " + help.substr(1) + "\xC3\xA9!\n# HELP k " + help.substr(1) + "\\n!\n");
  REQUIRE(text.has_value());
  CHECK(text->too_long == 5);
  CHECK(text->samples == 2);
  CHECK(shown(*text) == "unknown " + longest + "\n " + longest + "{} 2\nunknown x\n x{" + longest + "=\"1\"} 4\n" +
                            "unknown h \"" + help + "\"\nunknown i \"" + help + " ...\"\nunknown j \"" +
                            help.substr(1) + " ...\"\nunknown k \"" + help.substr(1) + " ...\"\n");
}

TEST_CASE("prometheus: what is read of a text may take so much memory") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "x{a=\"1\",b=\"2\",c=\"3\",d=\"" + std::to_string(i) + "\"} 1\n";
  const std::size_t least = text.size() + 1000 * (sizeof(decode::PromSample) + 4 * sizeof(decode::PromLabel));
  CHECK(parse_prometheus(text, {.memory = least + 20'000}).has_value());
  const auto over = parse_prometheus(text, {.memory = least - 1});
  REQUIRE(!over.has_value());
  CHECK(over.error().stage == Stage::limit);
  CHECK(over.error().detail.starts_with("read, the Prometheus text of " + std::to_string(text.size()) +
                                        " bytes takes more than " + std::to_string(least - 1)));
  text.clear();
  for (int i = 0; i < 1000; ++i) text += "family_" + std::to_string(i) + " 1\n";
  CHECK(parse_prometheus(text, {.memory = text.size() + 1000 * sizeof(decode::PromFamily)}).error().stage ==
        Stage::limit);
}

TEST_CASE("prometheus: as a batch") {
  const auto text = parse_prometheus(
      "# HELP x Help.\n# TYPE x summary\nx_sum{a=\"1\"} 0.5\nx_count{a=\"1\"} 2\nx_sum 0\nx_count 0\n# TYPE e gauge\n");
  REQUIRE(text.has_value());
  SampleBatch batch;
  fill_batch(*text, batch);
  REQUIRE(batch.families().size() == 2);
  CHECK(batch.families()[0] == Family{"x", MetricType::summary, "Help.", ""});
  CHECK(batch.families()[1].name == "e");
  REQUIRE(batch.size() == 4);
  CHECK(batch.series()[1] == SampleBatch::Series{0, 1, Suffix::count});
  CHECK(batch.series()[2] == SampleBatch::Series{0, 0, Suffix::sum});
  CHECK(batch.labels(1) == "a=\"1\"");
  CHECK(batch.label_sets() == 2);
  CHECK(batch.values()[0] == Number::of(0.5));
}

TEST_CASE("prometheus: time per sample", "[.bench]") {
  std::string text = "# HELP x A gauge.\n# TYPE x gauge\n";
  const int samples = 20000;
  for (int i = 0; i < samples; ++i)
    text += "x{worker=\"builder-" + std::to_string(i) + "\",pool=\"default\"} " + std::to_string(i) + ".5\n";
  double best = 1e18;
  for (int turn = 0; turn < 10; ++turn) {
    const double from = test::cpu_ns();
    REQUIRE(parse_prometheus(text).has_value());
    best = std::min(best, test::cpu_ns() - from);
  }
  std::printf("%.0f ns per sample, %.0f MB/s\n", best / samples, static_cast<double>(text.size()) * 1e3 / best);
}
