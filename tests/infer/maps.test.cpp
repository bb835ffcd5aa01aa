// Workers that are members of one object, by key, with figures of the service beside them.
#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

TEST_CASE("infer: workers by key with a figure beside them are workers, and the figure is the service's") {
  const Inferred got = inferred(R"({"total": 3, "w1": {"status": "busy", "load": 2, "capacity": 4},
      "w2": {"status": "idle", "load": 0, "capacity": 4}, "w3": {"status": "idle", "load": 1, "capacity": 4}})");
  CHECK(got.where("workers") == "$[?@.status] | \"{key}\"");
  CHECK(got.shows("tally_worker_load{worker=\"w1\"} 2"));
  CHECK(got.shows("tally_worker_state{worker=\"w1\",state=\"busy\"} 1"));
  CHECK(got.shows("x_all 3"));
  CHECK(got.proposal.rules.size() == 2);
  for (const infer::Metric& metric : got.rule("service")->metrics) CHECK(metric.name.find("w1") == std::string::npos);
  const Inferred deeper =
      inferred(R"({"data": {"count": 2, "a": {"busy": true, "load": 1}, "b": {"busy": false, "load": 0}}})");
  CHECK(deeper.where("workers") == "$.data[?@.busy] | \"{key}\"");
  CHECK(deeper.shows("tally_worker_load{worker=\"b\"} 0"));
  const Inferred queues = inferred(R"({"now": 1795310000, "emails": {"pending": 1, "active": 2},
      "mailers": {"pending": 0, "active": 0}})");
  CHECK(queues.shows("tally_queue_tasks{queue=\"mailers\",state=\"ready\"} 0"));
  const Inferred one = inferred(R"({"total": 1, "worker1@host": {"load": 1, "max_load": 2}})");
  CHECK(one.shows("tally_worker_load{worker=\"worker1@host\"} 1"));
}

TEST_CASE("infer: lists and odd objects beside workers by key stay what they are") {
  const Inferred got = inferred(R"({"total": 2, "tags": ["p"], "none": [], "events": [{"name": "e1", "n": 3}],
      "it's a": {"busy": true, "load": 1}, "b": {"busy": false, "load": 0}})");
  CHECK(got.where("workers") == "$[?@.busy] | \"{key}\"");
  CHECK(got.mapped.of("tally_worker_load") ==
        std::vector<std::string>{"tally_worker_load{worker=\"it's a\"} 1", "tally_worker_load{worker=\"b\"} 0"});
  CHECK(got.shows("x_event_n{event=\"e1\"} 3"));
  CHECK(got.shows("x_tags 1"));
  const Inferred numbered =
      inferred(R"({"n": 3, "node1": {"load": 1}, "node2": {"load": 2}, "node3": {"load": 3}})", {"nodes", "", "x"});
  CHECK(numbered.shows("tally_worker_load{worker=\"node3\"} 3"));
}

TEST_CASE("infer: parts of one thing are no map, however alike they are") {
  for (const char* body :
       {R"({"uptime": 5, "heap": {"used": 1, "total": 2, "free": 1}, "stack": {"used": 1, "total": 2, "free": 1}})",
        R"({"version": "1", "workers": {"active": 1, "failed": 2}, "queue": {"active": 1, "failed": 0}})",
        R"({"ack": 3, "ack_details": {"rate": 1, "samples": [1]}, "publish": 2, "publish_details": {"rate": 1}})",
        R"({"total": 3, "a": {"load": 1, "capacity": 2}})"}) {
    const Inferred got = inferred(body);
    INFO(got.yaml);
    CHECK(got.rule("workers") == nullptr);
    CHECK(got.rule("queues") == nullptr);
  }
}

TEST_CASE("infer: what only wraps a list is no worker of that name") {
  const Inferred got = inferred(R"({"result": true, "data": {"result": {"total": 2, "kept": 2, "result": [
      {"node_name": "a", "state": "ALIVE", "start_time_ms": 1795300000000}, {"node_name": "b", "state": "DEAD", "start_time_ms": 0}]}}})",
                                {"nodes", "", "x"});
  CHECK(got.where("workers") == "$.data.result.result[*] | \"@.node_name\"");
  CHECK(got.shows("tally_worker_up{worker=\"b\"} 0"));
  CHECK(got.shows("tally_worker_start_timestamp_seconds{worker=\"a\"} 1795300000"));
  CHECK(got.shows("x_data_result_kept 2"));
}

TEST_CASE("infer: a list that is called as the collector is gives its name once") {
  const Inferred got = inferred(R"([{"name": "a", "n": 1}, {"name": "b", "n": 2}])", {"checks", "", "checks"});
  CHECK(got.shows("checks_n{check=\"a\"} 1"));
}
