// JSON that stands as text in an answer.
#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

TEST_CASE("infer: lists in a text that is JSON") {
  const Inferred list = inferred(R"({"workers": "[{\"name\": \"a\", \"busy\": 3, \"slots\": 4}]"})");
  CHECK(list.where("workers") == "{ json: \"$.workers\" }, @[*] | \"@.name\"");
  CHECK(list.shows("tally_worker_load{worker=\"a\"} 3"));
  const Inferred data = inferred(R"({"data": "{\"workers\": [{\"name\": \"a\", \"busy\": 3, \"slots\": 4}]}"})");
  CHECK(data.shows("tally_worker_max_load{worker=\"a\"} 4"));
  // The whole answer, and a text in a text.
  CHECK(inferred(R"("{\"workers\": [{\"name\": \"a\", \"busy\": 3}]}")").shows("tally_worker_load{worker=\"a\"} 3"));
  CHECK(inferred(R"({"a": "{\"b\": \"{\\\"workers\\\": [{\\\"name\\\": \\\"a\\\", \\\"busy\\\": 3}]}\"}"})")
            .shows("tally_worker_load{worker=\"a\"} 3"));
}

TEST_CASE("infer: items that are JSON in texts") {
  const Inferred list = inferred(
      R"({"workers": ["{\"name\": \"a\", \"busy\": 3, \"slots\": 4}", "{\"name\": \"b\", \"busy\": 1, \"slots\": 4}"]})");
  CHECK(list.where("workers") == "$.workers[*], { json: \"@\" } | \"@.name\"");
  CHECK(list.shows("tally_worker_load{worker=\"b\"} 1"));
  const Inferred map =
      inferred(R"({"workers": {"a": "{\"busy\": 3, \"slots\": 4}", "b": "{\"busy\": 1, \"slots\": 4}"}})");
  CHECK(map.where("workers") == "$.workers.*, { json: \"@\" } | { text: \"{key}\", outer: 1 }");
  CHECK(map.shows("tally_worker_load{worker=\"b\"} 1"));
}

TEST_CASE("infer: a text of an item that is JSON says more of it") {
  const Inferred only = inferred(R"({"workers": [{"name": "a", "info": "{\"busy\": 3, \"slots\": 4, \"heat\": 20}"},
      {"name": "b", "info": "{\"busy\": 1, \"slots\": 4, \"heat\": 21}"}]})");
  CHECK(only.shows("tally_worker_load{worker=\"b\"} 1"));
  CHECK(only.shows("x_worker_heat{worker=\"a\"} 20"));
  CHECK(only.mapped.of("tally_worker_up").empty());
  // What the item says itself is not said again.
  const Inferred both = inferred(
      R"({"workers": [{"name": "a", "busy": 2, "slots": 4, "more": "{\"busy\": 9, \"slots\": 9, \"status\": \"idle\", \"heat\": 20}"}]})");
  CHECK(both.shows("tally_worker_load{worker=\"a\"} 2"));
  CHECK(both.shows("tally_worker_max_load{worker=\"a\"} 4"));
  CHECK(both.shows("x_worker_heat{worker=\"a\"} 20"));
  CHECK(both.mapped.errors.empty());
  const Inferred queues =
      inferred(R"([{"queue": "q", "stats": "{\"ready\": 3, \"active\": 1}"}])", {"queues", "", "x"});
  CHECK(queues.shows("tally_queue_tasks{queue=\"q\",state=\"ready\"} 3"));
  const Inferred named = inferred(R"({"workers": [{"name": "a", "it's \"so\"": "{\"busy\": 3}"}]})");
  CHECK(named.shows("tally_worker_load{worker=\"a\"} 3"));
}

TEST_CASE("infer: figures of the service in a text that is JSON") {
  const Inferred x = inferred(R"({"version": "1", "stats": "{\"version\": \"2\", \"beans\": 5}"})");
  CHECK(x.shows("x_beans 5"));
  CHECK(x.mapped.errors.empty());
}

TEST_CASE("infer: what is no JSON, or nobody's business, is left a text") {
  for (const char* body : {R"({"a": "{x}", "n": 1})", R"({"a": "{}", "n": 1})", R"({"a": "[1, 2", "n": 1})",
                           R"({"password": "{\"n\": 2}", "n": 1})", R"({"annotations": {"a": "{\"n\": 2}"}, "n": 1})",
                           R"({"a": "{\"\u0001json\": 1}", "\u0001json": {"workers": []}, "n": 1})"}) {
    const Inferred got = inferred(body);
    INFO(body << "\n" << got.yaml);
    CHECK(got.shows("x_n 1"));
    CHECK(got.yaml.find("json: \"") == std::string::npos);
  }
  std::string deep = "[1]";
  for (int i = 0; i < 600; ++i) deep = "[" + deep + "]";
  CHECK(inferred("{\"a\": \"" + deep + "\", \"n\": 1}").shows("x_n 1"));
}

TEST_CASE("infer: counters in texts that are JSON, by two samples") {
  const Inferred x = inferred(R"({"workers": ["{\"name\": \"a\", \"busy\": 1, \"beans\": 5}"]})",
                              {"", R"({"workers": ["{\"name\": \"a\", \"busy\": 1, \"beans\": 6}"]})", "x"});
  CHECK(x.mapped.of("x_worker_beans_total").size() == 1);
}
