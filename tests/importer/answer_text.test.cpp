// A module's answer as json_exporter writes it. Expected texts are by hand, from what facts are known of its output.
#include "importer/answer_text.h"

#include <limits>

#include "../map/mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::importer;

namespace {

// One module `m` with these lines of metrics, asked with `json`.
std::string answered(const std::string& metrics, const std::string& json) {
  Diagnostics notes;
  const Imported imported =
      import_json_exporter("modules:\n  m:\n    metrics:\n" + metrics, "c.yml", notes, Use::stand_in);
  REQUIRE(imported.modules.size() == 1);
  const Module& module = imported.modules[0];
  INFO(module.yaml);
  map::testing::Given given;
  given.yaml = module.yaml;
  given.kube_texts = true;
  given.bodies["answer"] = {json};
  std::string messages;
  const auto collector = map::testing::compiled(given, &messages);
  INFO(messages);
  REQUIRE(collector);
  return answer_text(map::testing::mapped(given).out.blocks.front().batch, module.shown);
}

}  // namespace

TEST_CASE("stand-in: numbers as Go writes them") {
  const std::pair<double, const char*> rows[] = {
      {999999, "999999"},
      {999999.5, "999999.5"},
      {1e6, "1e+06"},
      {1234567, "1.234567e+06"},
      {12345678, "1.2345678e+07"},
      {123456.789, "123456.789"},
      {1234567.891, "1.234567891e+06"},
      {0.0001, "0.0001"},
      {0.00012, "0.00012"},
      {0.000099, "9.9e-05"},
      {1e20, "1e+20"},
      {1e21, "1e+21"},
      {-1e6, "-1e+06"},
      {-5, "-5"},
      {0, "0"},
      {-0.0, "0"},
      {1.5, "1.5"},
      {100000, "100000"},
      {20971520, "2.097152e+07"},
      {123456789012, "1.23456789012e+11"},
      {9007199254740993, "9.007199254740992e+15"},
      {1e-100, "1e-100"},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  for (const auto& [value, text] : rows) CHECK(go_number(value) == text);
}

TEST_CASE("stand-in: names, types, labels and order are json_exporter's") {
  CHECK(answered("      - { name: zLast, path: '{.z}', help: 'a\\\"b' }\n"
                 "      - { name: requests, valuetype: counter, path: '{.n}', labels: { target: '{.t}', b: x, a: "
                 "'{.nope}' } }\n"
                 "      - { name: a_total, valuetype: gauge, path: '{.n}', help: \"two\\nlines\\\\\" }\n",
                 R"({"z": 2450840, "n": 3, "t": "q\"uo\\te"})") ==
        "# HELP a_total two\\nlines\\\\\n"
        "# TYPE a_total gauge\n"
        "a_total 3\n"
        "# HELP requests requests\n"
        "# TYPE requests counter\n"
        "requests{a=\"\",b=\"x\",target=\"q\\\"uo\\\\te\"} 3\n"
        "# HELP zLast a\\\\\"b\n"
        "# TYPE zLast untyped\n"
        "zLast 2.45084e+06\n");
}

TEST_CASE("stand-in: labels whose names are taken here are called as they are there") {
  CHECK(
      answered("      - { name: a, path: '{.x}', labels: { le: '{.y}', quantile: q, system: s }, engine: jsonpath }\n",
               R"({"x": 1, "y": 2})") == "# HELP a a\n# TYPE a untyped\na{le=\"2\",quantile=\"q\",system=\"s\"} 1\n");
}

TEST_CASE("stand-in: names that are one to us are two") {
  CHECK(answered("      - { name: A, path: '{.x}' }\n      - { name: a, path: '{.y}' }\n"
                 "      - { name: c, valuetype: counter, path: '{.x}' }\n"
                 "      - { name: c_total, valuetype: counter, path: '{.y}' }\n",
                 R"({"x": 1, "y": 2})") ==
        "# HELP A A\n# TYPE A untyped\nA 1\n# HELP a a\n# TYPE a untyped\na 2\n"
        "# HELP c c\n# TYPE c counter\nc 1\n# HELP c_total c_total\n# TYPE c_total counter\nc_total 2\n");
}

TEST_CASE("stand-in: objects, the order of their series, and one that comes twice") {
  CHECK(answered("      - name: o\n        type: object\n        path: '{.l[*]}'\n        help: h\n"
                 "        labels: { id: '{.id}', k: v }\n        values: { n: '{.n}', one: 1 }\n",
                 R"({"l": [{"id": "b", "n": 1}, {"id": "a", "n": 2}, {"id": "b", "n": 3}, {"id": "c"}]})") ==
        "# HELP o_n h\n# TYPE o_n untyped\n"
        "o_n{id=\"a\",k=\"v\"} 2\no_n{id=\"b\",k=\"v\"} 1\n"
        "# HELP o_one h\n# TYPE o_one untyped\n"
        "o_one{id=\"a\",k=\"v\"} 1\no_one{id=\"b\",k=\"v\"} 1\no_one{id=\"c\",k=\"v\"} 1\n");
}

TEST_CASE("stand-in: times stand behind the values, as milliseconds") {
  CHECK(answered("      - name: o\n        type: object\n        path: '{.l[*]}'\n        epochTimestamp: '{.t}'\n"
                 "        labels: { id: '{.id}' }\n        values: { n: '{.n}' }\n",
                 R"({"l": [{"id": "a", "n": 1, "t": 1657568506123}, {"id": "b", "n": 2, "t": "1657568506124"},
                           {"id": "c", "n": 3}, {"id": "seconds", "n": 4, "t": 1657568506}]})") ==
        "# HELP o_n o\n# TYPE o_n untyped\n"
        "o_n{id=\"a\"} 1 1657568506123\no_n{id=\"b\"} 2 1657568506124\no_n{id=\"c\"} 3\n"
        "o_n{id=\"seconds\"} 4\n");
}

TEST_CASE("stand-in: what is a number") {
  const std::pair<const char*, const char*> rows[] = {
      // JSON, what is shown; "" for no sample
      {"true", "1"},       {"false", "0"},    {R"("T")", "1"},      {R"("true")", "1"},
      {R"("False")", "0"}, {R"("42")", "42"}, {R"("1e3")", "1000"}, {"null", ""},
      {R"("")", ""},       {R"("yes")", ""},  {R"("tRUE")", ""},    {R"(" 1")", ""},
      {R"("42%")", ""},    {"{}", ""},        {"[1]", ""},          {"12345678901234567890", "1.2345678901234567e+19"},
  };
  for (const auto& [json, shown] : rows) {
    INFO(json);
    const std::string head = "# HELP a a\n# TYPE a untyped\na ";
    CHECK(answered("      - { name: a, path: '{.x}' }\n", std::string("{\"x\": ") + json + "}") ==
          (*shown ? head + shown + "\n" : ""));
  }
  // Several are joined, and are no number then; one alone is.
  const std::string all = "      - { name: a, path: '{.l[*]}' }\n";
  CHECK(answered(all, R"({"l": [5]})") == "# HELP a a\n# TYPE a untyped\na 5\n");
  CHECK(answered(all, R"({"l": [5, 6]})").empty());
  CHECK(answered(all, R"({"l": []})").empty());
}

TEST_CASE("stand-in: the text of a label") {
  const std::pair<const char*, const char*> rows[] = {
      // JSON of x, the label
      {"null", "null"},
      {R"("")", ""},
      {"false", "false"},
      {"1.50", "1.5"},
      {"2450840", "2450840"},
      {"{}", "{}"},
      {"[]", "[]"},
      {R"({"b": 1.0, "a": [null, true, "<&>\u2028"], "c": {"e": 1e-7, "d": 1e300}})",
       R"({\"a\":[null,true,\"\\u003c\\u0026\\u003e\\u2028\"],\"b\":1,\"c\":{\"d\":1e+300,\"e\":1e-7}})"},
  };
  const std::string one = "      - { name: a, path: '{.n}', labels: { l: '{.x}' } }\n";
  const std::string joined = "      - { name: a, path: '{.n}', labels: { l: 'x-{.x}' } }\n";
  const std::string head = "# HELP a a\n# TYPE a untyped\na{l=\"";
  for (const auto& [json, label] : rows) {
    INFO(json);
    const std::string answer = std::string("{\"n\": 5, \"x\": ") + json + "}";
    CHECK(answered(one, answer) == head + label + "\"} 5\n");
    CHECK(answered(joined, answer) == head + "x-" + label + "\"} 5\n");
  }
  // What is not there makes the whole text empty.
  CHECK(answered(one, R"({"n": 5})") == head + "\"} 5\n");
  CHECK(answered(joined, R"({"n": 5})") == head + "\"} 5\n");
  const std::string several = "      - { name: a, path: '{.n}', labels: { l: '{.x[*]}' } }\n";
  CHECK(answered(several, R"({"n": 5, "x": [1, null, [2]]})") == head + "1 null [2]\"} 5\n");
  CHECK(answered("      - { name: a, path: '{.n}', labels: { l: '{}' } }\n", R"({"n": 5})") ==
        head + R"({\"n\":5})" + "\"} 5\n");
  // A number that is joined of null is none.
  CHECK(answered("      - { name: a, path: '{.l[*]}' }\n", R"({"l": [5, null]})").empty());
  CHECK(answered("      - { name: a, path: '{.l[*]}' }\n", R"({"l": [null]})").empty());
}
