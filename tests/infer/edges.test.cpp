// Bodies that are no list of workers, or try to break what is written.
#include <chrono>

#include "infer/lists.h"
#include "infer/yaml.h"
#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

TEST_CASE("infer: what has nothing to measure says so") {
  for (const char* body : {"{}", "[]", "null", "\"text\"", "{\"a\": \"b\"}", "{\"a\": {}}", "[[]]", "[null]"}) {
    const Inferred got = inferred(body);
    INFO(body << "\n" << got.yaml);
    const bool counted = !got.mapped.lines.empty();
    CHECK((counted || got.failure.starts_with("map: nothing to measure: ")));
  }
  CHECK(inferred("{}").failure.starts_with("map: nothing to measure: the object is empty"));
  CHECK(inferred("[]").failure.starts_with("map: nothing to measure: the list is empty"));
}

TEST_CASE("infer: workers that show next to nothing are still workers") {
  const Inferred names = inferred(R"({"workers": [{"name": "a"}, {"name": "b"}]})");
  CHECK(names.shows("tally_worker_up{worker=\"b\"} 1"));
  const Inferred words = inferred(R"({"workers": ["a", "b"]})");
  CHECK(words.where("workers") == "$.workers[*] | \"@\"");
  CHECK(words.shows("tally_worker_up{worker=\"b\"} 1"));
  CHECK(inferred(R"({"workers": ["a", "a"]})").rule("workers") == nullptr);
  CHECK(inferred(R"({"tags": ["a", "b"]})").rule("workers") == nullptr);
  const Inferred seen = inferred(R"({"workers": [{"name": "a", "last_seen": "2026-11-22T01:15:33Z"}]})");
  CHECK(seen.shows("tally_worker_last_seen_timestamp_seconds{worker=\"a\"} 1795310133"));
  CHECK(seen.mapped.of("tally_worker_up").empty());  // seen is not connected
  // Of lists with times and no more, others are none.
  CHECK(inferred(R"({"releases": [{"name": "a", "created_at": "2026-11-22T01:15:33Z"}]})").rule("workers") == nullptr);
}

TEST_CASE("infer: a figure or a version is no worker's name") {
  const Inferred loads = inferred(R"({"workers": [{"name": "", "load": "0.5"}, {"name": "", "load": "1.5"}]})");
  CHECK(loads.where("workers") == "$.workers[*] | \"{key}\"");
  CHECK(loads.shows("tally_worker_load{worker=\"0\"} 0.5"));
  const Inferred versions = inferred(R"({"workers": [{"load": 0, "version": "1.0"}, {"load": 1, "version": "v1.1"}]})");
  CHECK(versions.where("workers") == "$.workers[*] | \"{key}\"");
  CHECK(
      inferred(R"({"workers": [{"node": "10.0.0.1", "load": 0}, {"node": "10.0.0.2", "load": 1}]})").where("workers") ==
      "$.workers[*] | \"@.node\"");
}

TEST_CASE("infer: a worker's list of tasks is its load") {
  const Inferred words = inferred(R"({"workers": [{"name": "a", "tasks": ["t1", "t2"]}, {"name": "b", "tasks": []}]})");
  CHECK(words.shows("tally_worker_load{worker=\"a\"} 2"));
  CHECK(words.shows("tally_worker_open_tasks{worker=\"b\"} 0"));
  // Those at work, where that is said.
  const Inferred states = inferred(R"({"workers": [{"name": "a", "jobs": [{"id": 1, "state": "RUNNING"},
      {"id": 2, "state": "FINISHED"}, {"id": 3, "state": "RUNNING"}]}]})");
  CHECK(states.shows("tally_worker_open_tasks{worker=\"a\"} 2"));
  const Inferred done = inferred(R"({"workers": [{"name": "a", "jobs": [{"id": 1, "state": "FINISHED"}]}]})");
  CHECK(done.mapped.of("tally_worker_open_tasks").empty());
}

TEST_CASE("infer: a worker of thousands of numbers has its name wherever it stands") {
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "\"n" + std::to_string(i) + "\": " + std::to_string(i) + ", ";
  const Inferred got = inferred("{\"workers\": [{" + many + "\"name\": \"a\"}]}");
  CHECK(got.where("workers") == "$.workers[*] | \"@.name\"");
  CHECK(got.shows("x_worker_n1{worker=\"a\"} 1"));
  CHECK(got.yaml.find("# MANY MEMBERS: ") != std::string::npos);
}

TEST_CASE("infer: lists deep in an answer, and lists in lists") {
  std::string objects = R"([{"name": "a", "busy": true}])", arrays = objects;
  for (int i = 0; i < 53; ++i) {
    objects = "{\"a\": " + objects + "}";
    arrays = "[" + arrays + "]";
  }
  const Inferred named = inferred("{\"x\": " + objects.replace(objects.find("\"a\": ["), 3, "\"workers\"") + "}");
  CHECK(named.shows("tally_worker_busy{worker=\"a\"} 1"));
  CHECK(named.proposal.depth == 0);
  CHECK(inferred("{\"workers\": " + arrays + "}").shows("tally_worker_busy{worker=\"a\"} 1"));
  // Beyond what a target takes by itself the limit is raised.
  std::string deep = R"({"workers": [{"name": "a", "busy": true}]})";
  for (int i = 0; i < 100; ++i) deep = "{\"a\": " + deep + "}";
  const Inferred raised = inferred(deep);
  CHECK(raised.proposal.depth > 103);
  CHECK(raised.yaml.find("limits: { depth: ") != std::string::npos);
}

TEST_CASE("infer: a name that most items have") {
  const Inferred got = inferred(
      R"({"workers": [{"name": "a", "busy": true}, {"error": "no such worker"}, {"name": "b", "busy": false}]})");
  CHECK(got.where("workers") == "$.workers[*] | \"@.name\"");
  CHECK(got.shows("tally_worker_busy{worker=\"b\"} 0"));
  CHECK(got.yaml.find("# NOT ALL items have this name") != std::string::npos);
}

TEST_CASE("infer: numbers without names") {
  CHECK(inferred("42").shows("x_value 42"));
  CHECK(inferred("true").shows("x_value 1"));
  const Inferred list = inferred("[1.5, 2, 3]");
  CHECK(list.shows("x_value{index=\"0\"} 1.5"));
  CHECK(list.shows("x_value{index=\"2\"} 3"));
  std::string many = "[0";
  for (int i = 0; i < 5000; ++i) many += ",1";
  CHECK(inferred(many + "]").shows("x_items 5001"));
  CHECK(inferred(R"({"uptime": 5})").shows("x_uptime 5"));  // too doubtful for a start, and all there is
  CHECK(inferred(R"({"a": 1, "b": {"c": 2.5, "d": "7"}})").shows("x_b_c 2.5"));
}

TEST_CASE("infer: names that are trouble in YAML, in JSONPath and in Prometheus") {
  const char* const names[] = {
      "it's",    "say \\\"so\\\"", "a.b",        "a: b",   "# c",     "{x}",       "[0]",     "*",
      "&a",      "back\\\\slash",  "new\\nline", "tab\\t", "zählung", "队列",      "\\u0000", "\\u0085",
      "\\u2028", "\\ufeff",        "%",          "@",      "$",       "?",         "",        " ",
      "- a",     "null",           "true",       "1",      "__x",     "a\\u007fb", "tally_x", "\\ud83d\\ude00",
      "'",       "\\\"",           "\\\\",       "a,b",    "key]",    "le",        "worker"};
  for (const char* const name : names) {
    INFO(name);
    const std::string key = "\"" + std::string(name) + "\"";
    const Inferred member =
        inferred("{\"workers\": [{\"name\": \"a\", \"busy\": true, " + key + ": 5, \"x\": {" + key + ": \"w\"}}]}");
    CHECK(member.where("workers") == "$.workers[*] | \"@.name\"");
    std::size_t fives = 0;
    for (const std::string& line : member.mapped.lines) fives += line.ends_with(" 5");
    INFO(member.yaml << member.mapped.text());
    CHECK(fives == 1);
    const Inferred value =
        inferred("{\"workers\": [{\"name\": " + key + ", \"busy\": true, \"status\": " + key + ", \"x\": 1}]}");
    CHECK(value.failure == "");
    const Inferred list = inferred("{" + key + ": {\"workers\": [{\"name\": \"a\", \"busy\": true}]}}");
    CHECK(list.shows("tally_worker_busy{worker=\"a\"} 1"));
  }
}

TEST_CASE("infer: mixed, missing and hostile values") {
  const Inferred mixed = inferred(R"({"workers": [{"name": "a", "busy": true, "n": 1, "m": "N/A", "o": null},
    {"name": "b", "busy": null, "n": {"a": 1}, "m": 3}, {"name": "c", "busy": false, "n": [1], "m": 4}]})");
  CHECK(mixed.where("workers") == "$.workers[*] | \"@.name\"");
  CHECK(mixed.mapped.of("x_worker_m").size() == 2);
  for (const auto& [what, n] : mixed.mapped.errors) CHECK(what.ends_with(" missing"));
  CHECK(inferred(R"({"workers": [1, {"name": "a", "busy": true}, "x", null]})").failure == "");
  CHECK(inferred(R"({"a": 1e400, "b": 18446744073709551616, "c": 1})").shows("x_c 1"));
  CHECK(inferred(R"({"a": 1, "a": 2})").shows("x_a 2"));
  // A hundred levels.
  std::string deep = "1";
  for (int i = 0; i < 50; ++i) deep = "{\"a\": [" + deep + "]}";
  CHECK(inferred(deep + " ").yaml.size() < 100'000);
}

TEST_CASE("infer: ten thousand workers and ten megabytes are looked at in linear time") {
  const auto body_of = [](std::size_t workers) {
    std::string body = "{\"workers\": [";
    for (std::size_t i = 0; i < workers; ++i) {
      const std::string n = std::to_string(i);
      if (i > 0) body += ',';
      body += "{\"name\": \"worker-" + n + "\", \"status\": \"" + (i % 2 ? "idle" : "busy") + "\", \"load\": " + n +
              ", \"session\": \"s" + n + "\"";
      for (int k = 0; k < 30; ++k) body += ", \"figure_" + std::to_string(k) + "\": " + std::to_string(i * 7 + k);
      body += "}";
    }
    return body + "]}";
  };
  const std::string body = body_of(15'000);
  REQUIRE(body.size() > 9'000'000);
  decode::Document document;
  REQUIRE(document.parse(body).has_value());
  const auto begin = std::chrono::steady_clock::now();
  const auto proposal = infer::infer(document.root(), document.root(), {"x", "a test", ""});
  const auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE(proposal.has_value());
  CHECK(took < std::chrono::seconds(5));  // it takes a few dozen milliseconds
  REQUIRE(proposal->rules.size() == 1);
  CHECK(proposal->rules[0].items == 15'000);
  CHECK(proposal->rules[0].identity == "\"@.name\"");
  CHECK(infer::to_yaml(*proposal).find("# MANY ITEMS: 15000") != std::string::npos);
  CHECK(infer::to_yaml(*proposal).find("@.session") == std::string::npos);
  // With 30 figures it would be over the limit of a target, and without them it still is.
  CHECK(infer::to_yaml(*proposal).find("# ONLY THE VOCABULARY is live") != std::string::npos);
  CHECK(proposal->samples >= 15'000 * 14);
  const Inferred within = inferred(body_of(4'000));
  CHECK(within.proposal.samples == 0);
  CHECK(within.mapped.of("tally_worker_load").size() == 4'000);
  CHECK(within.mapped.lines.size() <= 100'000);
  CHECK(within.mapped.of("x_worker_figure_0").empty());
  const Inferred few = inferred(body_of(1'000));
  CHECK(few.mapped.of("x_worker_figure_0").size() == 1'000);

  // Objects with ever new keys, and lists in lists: bounded too.
  std::string odd = "[";
  for (int i = 0; i < 40'000; ++i) {
    const std::string n = std::to_string(i);
    odd += std::string(i ? "," : "") + "{\"k" + n + "\": {\"x" + n + "\": [[" + n + "]]}, \"m\": {\"a-" + n +
           "\": {\"b\": 1}}}";
  }
  decode::Document strange;
  REQUIRE(strange.parse(odd + "]").has_value());
  const auto start = std::chrono::steady_clock::now();
  (void)infer::infer(strange.root(), {}, {"x", "a test", ""});
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("infer: a body that is no JSON is named") {
  const std::string said = "line 1, column 1: expected a value";
  CHECK(infer::foreign("# HELP a b\n# TYPE a gauge\na 1\n", said) ==
        "the body is Prometheus text, not JSON; no collector has to be written: use the collector `prometheus`");
  for (const char* untyped :
       {"a 1\n", "up 1", "jobs{queue=\"a b\"} 2 1700000000000\nload NaN\n", "# of ours\na_total 3.5\nb{x="}) {
    INFO(untyped);
    CHECK(infer::foreign(untyped, said).starts_with("the body is Prometheus text, not JSON; "));
  }
  for (const char* other : {"resize 5 2 2\n.\n", "a 1\nhello\n", "# only a comment\n", "3 4\n"}) {
    INFO(other);
    CHECK(infer::foreign(other, said).find("Prometheus text") == std::string::npos);
  }
  CHECK(infer::foreign("<!DOCTYPE html><title>x</title>", said).starts_with("the body is HTML, not JSON: "));
  CHECK(infer::foreign("<?xml version='1.0'?><a/>", said).starts_with("the body is XML, not JSON; infer reads JSON."));
  CHECK(infer::foreign("a,b,c\n1,2,3\n", said).starts_with("the body looks like csv, not JSON"));
  CHECK(infer::foreign("a: 1\nb: 2\n", said).starts_with("the body looks like kv "));
  CHECK(infer::foreign("hello", said).find("xmlrpc, csv, kv, fields, text and prometheus") != std::string::npos);
  CHECK(infer::foreign("{\"a\": ", said) == said);
  CHECK(infer::foreign("", said) == "the body is empty; expected JSON");
}

TEST_CASE("infer: names of collectors, texts in YAML") {
  CHECK(infer::legal_name("queues_page1") == "queues-page1");
  CHECK(infer::legal_name("Märchen.v2") == "m-rchen-v2");
  CHECK(infer::legal_name("9lives") == "api-9lives");
  CHECK(infer::legal_name("***") == "mine");
  CHECK(infer::yaml_quoted("a\"b\\c\n\x7f") == "\"a\\\"b\\\\c\\x0a\\x7f\"");
  CHECK(infer::yaml_quoted("\xC2\x85\xE2\x80\xA8\xEF\xBB\xBFé") == "\"\\x85\\L\\uFEFFé\"");
  CHECK(infer::for_comment("a\nb\rc\xE2\x80\xA9"
                           "d") == "a b c d");
  CHECK(infer::for_comment(std::string(300, 'x')).size() == 203);
  CHECK(infer::query_name("a b'c\\\x01") == "['a b\\'c\\\\\\u0001']");
}
