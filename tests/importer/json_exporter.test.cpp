// A whole configuration of json_exporter: what becomes of each key, and what the result gives.
#include "importer/json_exporter.h"

#include "../map/mapping.h"
#include "support/catch.h"

using namespace tallyman;
using importer::import_json_exporter;

namespace {

std::vector<std::string> lines(const Diagnostics& all) {
  std::vector<std::string> out;
  for (const Diagnostic& d : all) out.push_back(to_string(d));
  return out;
}

// One module around the lines of one metric, each indented here.
importer::Imported one_metric(const std::string& metric, Diagnostics& notes) {
  return import_json_exporter("modules:\n  m:\n    metrics:\n      - " + metric + "\n", "c.yml", notes);
}

std::vector<std::string> given_by(const importer::Imported& imported, const std::string& json, std::size_t index = 0) {
  map::testing::Given given;
  given.yaml = imported.modules.at(index).yaml;
  given.bodies["answer"] = {json};
  std::string messages;
  INFO(given.yaml);
  REQUIRE(map::testing::compiled(given, &messages) != nullptr);
  CHECK(messages.empty());
  return map::testing::mapped(given).lines;
}

}  // namespace

TEST_CASE("import json-exporter: the shape of its example") {
  const std::string path = TALLYMAN_TESTS_DIR "/importer/config.yml";
  Diagnostics notes;
  const auto imported = import_json_exporter(map::testing::read_file(path), "config.yml", notes);
  REQUIRE(imported.modules.size() == 2);
  CHECK(
      lines(notes) ==
      std::vector<std::string>{
          "config.yml:16:9: warning: `epochTimestamp` is ignored by json_exporter, which knows `epochtimestamp` only; "
          "used here",
          "config.yml:16:25: warning: samples carry no time of their own; it is shown as a gauge of its own, read as "
          "milliseconds as json_exporter does (`as: unix` if it is seconds)"});
  CHECK(given_by(imported, R"({"counter": 1234, "location": "mars", "timestamp": 1657568506, "values": [
          {"id": "id-A", "count": 1, "some_boolean": true, "state": "ACTIVE"},
          {"id": "id-B", "count": 2, "some_boolean": true, "state": "INACTIVE", "timestamp": 1657568506123},
          {"id": "id-C", "count": 3, "some_boolean": false, "state": "ACTIVE"}]})") ==
        std::vector<std::string>{R"(example_global_value{environment="beta",location="planet-mars"} 1234)",
                                 R"(example_timestamped_value_count{environment="beta"} 2)",
                                 R"(example_timestamped_value_timestamp_seconds{environment="beta"} 1657568506.123)",
                                 R"(example_value_active{environment="beta",id="id-A"} 1)",
                                 R"(example_value_count{environment="beta",id="id-A"} 1)",
                                 R"(example_value_boolean{environment="beta",id="id-A"} 1)",
                                 R"(example_value_active{environment="beta",id="id-C"} 1)",
                                 R"(example_value_count{environment="beta",id="id-C"} 3)",
                                 R"(example_value_boolean{environment="beta",id="id-C"} 0)"});
  CHECK(given_by(imported, R"([{"noun": "cat", "predator": true, "population": 2450840},
          {"noun": "dog", "predator": "no", "population": 12345678901234567}])",
                 1) == std::vector<std::string>{R"(animal_population{name="cat",predator="true"} 2450840)",
                                                R"(animal_population{name="dog",predator="no"} 12345678901234567)"});
}

TEST_CASE("import json-exporter: values and labels") {
  struct Row {
    const char* metric;
    const char* json;
    std::vector<std::string> lines;
  };
  const Row rows[] = {
      {"{ name: a, path: '{.x}' }", R"({"x": "42"})", {"a 42"}},
      {"{ name: a, path: 1e3 }", "{}", {"a 1000"}},
      {"{ name: a, path: '{.x}', labels: { ids: '{range .v[?(@.n>1 && @.id)]}{.id};{end}' } }",
       R"({"x": 42, "v": [{"id": "p", "n": 2}, {"id": "q", "n": 1}, {"n": 3}, {"id": "r", "n": 3}]})",
       {R"(a{ids="p;r;"} 42)"}},
      {"{ name: a, path: 007 }", "{}", {"a 7"}},
      {"{ name: a, path: -0 }", "{}", {"a 0"}},
      {"{ name: a, path: t }", "{}", {"a 1"}},
      {"{ name: a, path: 'False' }", "{}", {"a 0"}},
      {"{ name: a, path: '{.p.q}{.p.r}' }", R"({"p": {"q": 1, "r": 2}})", {"a 12"}},
      {"{ name: a, path: '{.l[*]}' }", R"({"l": [5, 6]})", {"a 5"}},
      {"{ name: a, path: '{.x}' }", "{}", {}},
      {"{ name: a_total, valuetype: counter, path: '{.x}' }", R"({"x": 4})", {"a_total 4"}},
      {"{ name: a, path: '{.x}', labels: { l: '{.l[*]}', none: '{.nope}' } }",
       R"({"x": 1, "l": ["p", 2]})",
       {R"(a{l="p 2"} 1)"}},
      {"{ name: a, path: '{.x}', labels: { dollar: $x, at: '@y', brace: 'b}', var: '{\"{now}\"}' } }",
       R"({"x": 1})",
       {R"(a{dollar="$x",at="@y",brace="b}",var="{now}"} 1)"}},
      {"{ name: a, path: '{.x}', labels: { p: '{.a}-{.b}' } }", R"({"x": 1, "a": "u"})", {"a 1"}},
      {"{ name: a, path: '{.x}', labels: { l: '{.n}' } }", R"({"x": 1, "n": null})", {"a 1"}},
      {"{ name: 'null', path: '{.x}' }", R"({"x": 1})", {"null 1"}},
      {"{ name: 'a:b', path: '{.x}' }", R"({"x": 1})", {"a:b 1"}},
      {"{ name: o, type: object, path: '{.l}', values: { n: '{[1]}' } }", R"({"l": [7, 8]})", {"o_n 8"}},
      {"{ name: o, type: object, path: '{}', values: { n: '{.x}' } }", R"({"x": 1})", {"o_n 1"}},
      {"{ name: o, type: object, path: '{.m.*}', values: { n: '{}' } }", R"({"m": {"p": 1, "q": 2}})", {"o_n 1"}},
  };
  for (const Row& row : rows) {
    INFO(row.metric);
    Diagnostics notes;
    const auto imported = one_metric(row.metric, notes);
    REQUIRE(imported.modules.size() == 1);
    CHECK_FALSE(has_errors(notes));
    CHECK(given_by(imported, row.json) == row.lines);
  }
}

TEST_CASE("import json-exporter: what is left out and what changes is said, with its place") {
  struct Row {
    const char* metric;  // begins in column 9 of line 4
    const char* said;
  };
  const Row rows[] = {
      {"{ name: a, path: '.x' }", "c.yml:4:26: `a`: `.x` is no number: without braces it is a text, write `{.x}`"},
      {"{ name: a, path: beta }", "c.yml:4:26: `a`: `beta` is no number: json_exporter drops it, too"},
      {"{ name: a, path: '{.a[?(@.b =~ 1)]}' }",
       "c.yml:4:37: `{.a[?(@.b =~ 1)]}`: json_exporter has no `=~`; a query of ours has search(): write the rule by "
       "hand, "
       "such as `[?search(@.a, 'x')]`"},
      {"{ path: '{.x}' }", "c.yml:4:9: the metric has no `name`"},
      {"{ name: a }", "c.yml:4:9: `a` has no `path`"},
      {"{ name: a, type: objekt, path: '{.x}' }",
       "c.yml:4:26: `type` cannot be `objekt`; expected value or object (json_exporter then gives nothing of the whole "
       "module)"},
      {"{ name: a, type: object, path: '{.x}' }", "c.yml:4:9: `a` is an object without `values`: it gives nothing"},
      {"{ name: a, type: object, path: 'x{.y}', values: { n: 1 } }",
       "c.yml:4:40: `path` of an object must be one path in braces, such as {.values[*]}; found `x{.y}`"},
      {"{ name: a, path: '{.x}', help_text: h }",
       "c.yml:4:34: unknown key `help_text` in a metric, which json_exporter ignores without a word; expected name, "
       "type, "
       "path, valuetype, help, labels, values, epochtimestamp or allow_missing_key"},
      {"{ name: a, path: '{.x}', valueType: gauge }",
       "c.yml:4:34: warning: `valueType` is ignored by json_exporter, which knows `valuetype` only; used here"},
      {"{ name: a, path: '{.x}', valuetype: guage }",
       "c.yml:4:45: warning: `guage` is no type of a value; taken as a gauge, by json_exporter as untyped"},
      {"{ name: a, path: '{.x}', valuetype: counter }",
       "c.yml:4:17: warning: `a` is called `a_total`: counters end in _total"},
      {"{ name: A, path: '{.x}' }",
       "c.yml:4:17: warning: `A` is called `a`: names are small letters, digits, _ and :, not those of the agent; "
       "counters "
       "end in _total"},
      {"{ name: a, path: '{.x}', labels: { target: t } }",
       "c.yml:4:44: warning: the label `target` is called `exported_target`: the agent sets that name itself"},
      {"{ name: a, path: '{.x}', labels: { le: t } }",
       "c.yml:4:44: warning: the label `le` is called `exported_le`: that name is the one of histograms and summaries"},
      {"{ name: a, path: '{.x}', labels: { __le: t } }",
       "c.yml:4:44: warning: the label `__le` is called `exported_le`: its name is not legal, or Prometheus' own"},
      {"{ name: a, path: '.x', engine: cel }",
       "c.yml:4:40: `engine: cel` is not translated; write `path`, `labels` and `values` as JSONPath, such as "
       "{.counter}, or the rule by hand"},
      {"{ name: a, path: '{.x[*]}' }",
       "c.yml:4:26: warning: `{.x[*]}` may select several values: json_exporter then gives nothing, here the first "
       "counts; "
       "`sum`, `count`, `min` and `max` are there, too"},
      {"just text", "c.yml:4:9: a metric must be a map with `name` and `path`"},
  };
  for (const Row& row : rows) {
    INFO(row.metric);
    Diagnostics notes;
    (void)one_metric(row.metric, notes);
    CHECK(lines(notes) == std::vector<std::string>{row.said});
  }
}

TEST_CASE("import json-exporter: the connection goes to the target") {
  struct Row {
    const char* module;  // in a flow map
    const char* settings;
    std::vector<std::string> said;
  };
  const auto clear = [](int column) {
    return std::vector<std::string>{
        "c.yml:2:" + std::to_string(column) +
        ": warning: a secret is copied in clear to targets.yaml, which only its owner may "
        "read; expected \"file:PATH\" (as `password_file` is) or \"env:NAME\" in its place"};
  };
  const Row rows[] = {
      {"headers: { X-A: 'b$c' }", "    headers:\n      \"X-A\": \"b$$c\"\n", {}},
      {"headers: { Authorization: Bearer abc }", "    auth: { header: { scheme: \"Bearer\", value: \"abc\" } }\n",
       clear(33)},
      {"http_client_config: { basic_auth: { username: u, password: 'p\"w' } }",
       "    auth: { basic: { user: \"u\", password: \"p\\\"w\" } }\n", clear(66)},
      {"http_client_config: { basic_auth: { username: u, password_file: /run/pw } }",
       "    auth: { basic: { user: \"u\", password: \"file:/run/pw\" } }\n",
       {}},
      {"http_client_config: { bearer_token: abc }", "    auth: { bearer: \"abc\" }\n", clear(43)},
      {"http_client_config: { authorization: { credentials: abc } }", "    auth: { bearer: \"abc\" }\n", clear(59)},
      {"http_client_config: { authorization: { type: Token, credentials_file: /run/t } }",
       "    auth: { header: { scheme: \"Token\", value: \"file:/run/t\" } }\n",
       {}},
      {"http_client_config: { tls_config: { ca_file: /ca, cert_file: /c, key_file: /k, server_name: n, "
       "insecure_skip_verify: true } }",
       "    tls: { ca: \"/ca\", cert: \"/c\", key: \"/k\", server_name: \"n\", insecure: true }\n",
       {}},
      {"http_client_config: { proxy_url: 'http://proxy:3128/' }", "    proxy: \"http://proxy:3128\"\n", {}},
      {"http_client_config: { bearer_token_file: rel }",
       "    auth: { bearer: \"file:rel\" }\n",
       {"c.yml:2:48: warning: `rel` is looked for beside targets.yaml; json_exporter looks in the folder it was "
        "started "
        "in"}},
      {"http_client_config: { bearer_token: 'env:X' }",
       "",
       {"c.yml:2:43: a secret that itself begins with `env:` or `file:` must be put in a file: file:PATH is how it is "
        "named here"}},
      {"http_client_config: { basic_auth: { username: u } }",
       "",
       {"c.yml:2:41: `basic_auth` without a password cannot be translated; expected both"}},
      {"http_client_config: { no_such: 1 }",
       "",
       {"c.yml:2:29: `no_such` is no key of http_client_config: json_exporter ignores it, too"}},
  };
  for (const Row& row : rows) {
    INFO(row.module);
    Diagnostics notes;
    const auto imported = import_json_exporter(
        std::string("modules:\n  m: {") + row.module + ",\n    metrics: [{ name: a, path: '{.x}' }] }\n", "c.yml",
        notes);
    REQUIRE(imported.modules.size() == 1);
    CHECK(imported.modules[0].settings == row.settings);
    CHECK(lines(notes) == row.said);
  }
}

TEST_CASE("import json-exporter: names of modules, and what is no configuration") {
  Diagnostics notes;
  const std::string metrics = ": { metrics: [{ name: a, path: '{.x}' }] }\n";
  const auto imported = import_json_exporter(
      "modules:\n  A b" + metrics + "  a-b" + metrics + "  1" + metrics + "  true" + metrics, "c.yml", notes);
  std::vector<std::string> names;
  for (const auto& module : imported.modules) names.push_back(module.collector);
  CHECK(names == std::vector<std::string>{"a-b", "a-b-2", "module-1", "true"});
  for (std::size_t i = 0; i < imported.modules.size(); ++i)
    CHECK(given_by(imported, R"({"x": 1})", i) == std::vector<std::string>{"a 1"});

  for (const char* bad : {"", "[]", "x: 1", "modules: {}", "modules: 5"}) {
    INFO(bad);
    Diagnostics found;
    CHECK_FALSE(import_json_exporter(bad, "c.yml", found).readable);
    CHECK(lines(found) ==
          std::vector<std::string>{
              std::string("c.yml:1:") + (std::string(bad).starts_with("modules") ? "10" : "1") +
              ": this is no configuration of json_exporter; expected `modules:` and a map of modules, each "
              "with `metrics`"});
  }
  Diagnostics broken;
  CHECK_FALSE(import_json_exporter("modules: [", "c.yml", broken).readable);
  CHECK(has_errors(broken));
}
