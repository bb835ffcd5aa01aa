// What waits at each worker.
#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

TEST_CASE("infer: a queue of each worker's own is a queue called as the worker is") {
  const Inferred got = inferred(R"({"pools": [
      {"name": "p1", "members": [{"name": "a", "busy": true, "q": {"length": 4}}, {"name": "b", "busy": false, "q": {"length": 0}}]},
      {"name": "p2", "members": [{"name": "c", "busy": true, "q": {"length": 9}}]}]})");
  CHECK(got.where("workers") == "$.pools[*], @.members[*] | \"@.name\"");
  CHECK(got.where("queues") == "$.pools[*], @.members[*] | \"@.name\"");
  CHECK(got.shows("tally_queue_tasks{queue=\"a\",state=\"ready\"} 4"));
  CHECK(got.shows("tally_queue_tasks{queue=\"c\",state=\"ready\"} 9"));
  CHECK(got.shows("tally_worker_info{worker=\"c\",pool=\"p2\"} 1"));
  CHECK(got.rule("queues", 1) == nullptr);  // a pool of workers is no queue
  const Inferred limit =
      inferred(R"({"workers": [{"name": "a", "busy": true, "queue": {"depth": 3, "capacity": 100, "in_flight": 2}}]})");
  CHECK(limit.shows("tally_queue_max_tasks{queue=\"a\"} 100"));
  CHECK(limit.shows("tally_queue_tasks{queue=\"a\",state=\"ready\"} 3"));
  CHECK(limit.shows("tally_queue_tasks{queue=\"a\",state=\"active\"} 2"));
  CHECK(limit.mapped.of("tally_worker_max_load").empty());
  for (const char* flat : {"queue_size", "qlen", "queue", "q"}) {
    const Inferred one =
        inferred("{\"workers\": [{\"name\": \"a\", \"busy\": true, \"" + std::string(flat) + "\": 3}]}");
    INFO(one.yaml);
    CHECK(one.shows("tally_queue_tasks{queue=\"a\",state=\"ready\"} 3"));
  }
  // Workers that have one name in each pool.
  const Inferred twice =
      inferred(R"({"pools": [{"name": "p", "members": [{"name": "a", "busy": true, "q": {"len": 4}}]},
      {"name": "r", "members": [{"name": "a", "busy": true, "q": {"len": 5}}]}]})");
  CHECK(twice.shows("tally_queue_tasks{queue=\"r/a\",state=\"ready\"} 5"));
}

TEST_CASE("infer: what a worker's queue says without tasks is no queue") {
  const Inferred named = inferred(R"({"workers": [{"name": "a", "busy": true, "queue": "mail"}]})");
  CHECK(named.rule("queues") == nullptr);
  const Inferred done =
      inferred(R"({"workers": [{"name": "a", "busy": true, "queue": {"capacity": 9, "failed": 1}}]})");
  CHECK(done.rule("queues") == nullptr);
  // Pools that wait for something are queues.
  const Inferred pools = inferred(
      R"({"pools": [{"name": "p", "pending": 3, "workers": [{"name": "a", "busy": true}, {"name": "b", "busy": true}]}]})");
  CHECK(pools.shows("tally_queue_tasks{queue=\"p\",state=\"ready\"} 3"));
  CHECK(pools.shows("tally_worker_busy{worker=\"b\"} 1"));
}
