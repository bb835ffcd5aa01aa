// What infer makes of small bodies: one thing each.
#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

TEST_CASE("infer: a list under data is called what the page is called") {
  const std::string body = R"({"data": [{"label": "a", "n": 1, "pending": 4}, {"label": "b", "n": 2, "pending": 0}]})";
  CHECK(inferred(body, {"queues", "", "x"}).where("queues") == "$.data[*] | \"@.label\"");
  CHECK(inferred(body, {"figures", "", "x"}).where("queues") == "no such rule");
}

TEST_CASE("infer: capacity by pairs of names, said or free") {
  const Inferred said = inferred(R"({"nodes": [{"name": "a", "capacity": 10, "consumed_capacity": 4}]})");
  CHECK(said.has("load: \"@.consumed_capacity\""));
  CHECK(said.has("max_load: \"@.capacity\""));
  CHECK(said.shows("tally_worker_ready{worker=\"a\"} 1"));
  const Inferred free = inferred(R"({"taskmanagers": [{"id": "a", "slotsNumber": 8, "freeSlots": 3}]})");
  CHECK(free.shows("tally_worker_load{worker=\"a\"} 5"));
  CHECK(free.shows("tally_worker_max_load{worker=\"a\"} 8"));
  const Inferred slots =
      inferred(R"({"runners": [{"name": "a", "executors": [{"busy": true}, {"busy": false}, {"busy": true}]}]})");
  CHECK(slots.shows("tally_worker_load{worker=\"a\"} 2"));
  CHECK(slots.shows("tally_worker_max_load{worker=\"a\"} 3"));
}

TEST_CASE("infer: capacity by what is used and free, and by executors that have work") {
  const Inferred sum = inferred(R"({"nodes": [{"id": "a", "usedVirtualCores": 3, "availableVirtualCores": 5}]})");
  CHECK(sum.shows("tally_worker_load{worker=\"a\"} 3"));
  CHECK(sum.shows("tally_worker_max_load{worker=\"a\"} 8"));
  const Inferred jenkins = inferred(
      R"({"computer": [{"displayName": "a", "offline": false, "numExecutors": 4, "executors": [{"currentExecutable": null}, {"currentExecutable": {"url": "u"}}, {}]}]})");
  CHECK(jenkins.shows("tally_worker_load{worker=\"a\"} 1"));
  CHECK(jenkins.shows("tally_worker_max_load{worker=\"a\"} 4"));
  // An opaque key, and a name within.
  CHECK(
      inferred(
          R"({"nodes": {"RCB9Wdh2Rv2mM8gTzWrWkA": {"name": "n1", "busy": true}, "XCB9Wdh2Rv2mM8gTzWrWkB": {"name": "n2", "busy": true}}})")
          .where("workers") == "$.nodes.* | \"@.name\"");
}

TEST_CASE("infer: times and their units") {
  const Inferred got = inferred(R"({"workers": [
    {"name": "a", "last_seen": 1795309776, "started_at": "2026-11-22T01:15:33Z", "updatedAt": 1795309776123, "restartTime": 1795309776123456}]})");
  CHECK(got.shows("tally_worker_last_seen_timestamp_seconds{worker=\"a\"} 1795309776"));
  CHECK(got.shows("tally_worker_start_timestamp_seconds{worker=\"a\"} 1795310133"));
  CHECK(got.shows("x_worker_updated_at_timestamp_seconds{worker=\"a\"} 1795309776.123"));
  CHECK(got.mapped.of("x_worker_restart_time_timestamp_seconds").size() == 1);
  // A span without a unit is too doubtful; one with a unit is not.
  const Inferred span = inferred(R"({"workers": [{"name": "a", "busy": true, "uptime": 59190}]})");
  CHECK(span.yaml.find("# start: { diff: [\"{now}\", \"@.uptime\"] }") != std::string::npos);
  CHECK(inferred(R"({"workers": [{"name": "a", "busy": true, "uptime_ms": 10000}]})")
            .shows("tally_worker_start_timestamp_seconds{worker=\"a\"} 1795310390"));
  CHECK(inferred(R"({"workers": [{"name": "a", "busy": true, "uptime": "1m40s"}]})")
            .shows("tally_worker_start_timestamp_seconds{worker=\"a\"} 1795310300"));
}

TEST_CASE("infer: a state of what is no worker is a state set, and no label that changes") {
  const Inferred got = inferred(R"([{"node": "a", "check": "serf", "status": "passing", "n": 1},
      {"node": "a", "check": "redis", "status": "critical", "n": 1}, {"node": "b", "check": "serf", "status": "passing", "n": 1}])",
                                {"checks", "", "x"});
  CHECK(got.shows("x_check_status{check=\"a/redis\",state=\"critical\"} 1"));
  CHECK(got.shows("x_check_status{check=\"a/serf\",state=\"critical\"} 0"));
  CHECK(got.yaml.find("status: \"@.status\"") == std::string::npos);
  const Inferred bare =
      inferred(R"({"checks": [{"name": "db", "status": "up", "output": "x"}, {"name": "s3", "status": "down"}]})");
  CHECK(bare.shows("x_check_status{check=\"s3\",state=\"down\"} 1"));
  CHECK(bare.yaml.find("output: \"@.output\"") == std::string::npos);
  const Inferred empty = inferred(R"({"checks": [{"name": "db", "status": "up"}, {"name": "s3", "status": ""}]})");
  CHECK(empty.shows("x_check_status{check=\"db\",state=\"up\"} 1"));
  CHECK(empty.yaml.find("stateset: { path: \"@.status\", none: \"\" }, states: [\"up\"]") != std::string::npos);
  const Inferred wrapped =
      inferred(R"({"a-sink": {"status": {"type": "sink", "connector": {"state": "RUNNING"}, "n": 1}},
      "b-source": {"status": {"type": "source", "connector": {"state": "PAUSED"}, "n": 2}}})",
               {"connectors", "", "x"});
  CHECK(wrapped.shows("x_connector_status_connector_state{connector=\"b-source\",state=\"PAUSED\"} 1"));
}

TEST_CASE("infer: when a record was changed is not when its worker was seen") {
  const Inferred got = inferred(R"({"nodes": [{"name": "a", "busy": true, "created_at": "2026-11-22T01:15:33Z",
      "updated_at": "2026-11-22T01:15:34Z"}]})");
  CHECK(got.mapped.of("tally_worker_last_seen_timestamp_seconds").empty());
  CHECK(got.shows("x_worker_updated_at_timestamp_seconds{worker=\"a\"} 1795310134"));
  const Inferred alone = inferred(R"({"nodes": [{"name": "a", "busy": true, "updated_at": "2026-11-22T01:15:34Z"}]})");
  CHECK(alone.shows("tally_worker_last_seen_timestamp_seconds{worker=\"a\"} 1795310134"));
  // Records are no workers by their times.
  CHECK(inferred(R"({"projects": [{"name": "a", "version": "1", "stars": 3, "created_at": "2026-11-22T01:15:33Z",
      "updated_at": "2026-11-22T01:15:34Z"}]})")
            .rule("workers") == nullptr);
}

TEST_CASE("infer: times as Java and Flask write them") {
  const Inferred got = inferred(R"({"executors": [{"id": "1", "activeTasks": 2, "addTime": "2026-11-22T01:15:33.466GMT",
      "seen": "2026-11-22 01:15:33 UTC", "lastHeartbeat": "Sun, 22 Nov 2026 01:15:33 GMT"}]})");
  CHECK(got.shows("tally_worker_start_timestamp_seconds{worker=\"1\"} 1795310133.466"));
  CHECK(got.shows("tally_worker_last_seen_timestamp_seconds{worker=\"1\"} 1795310133"));
  CHECK(got.shows("x_worker_seen_timestamp_seconds{worker=\"1\"} 1795310133"));
  CHECK(inferred(R"({"n": 1, "note": "Sun, 22 Nov 2026 01:15:33 CET"})").mapped.of("x_note_timestamp_seconds").empty());
}

TEST_CASE("infer: never is no time, and unlimited no limit") {
  const Inferred got = inferred(
      R"({"workers": [{"name": "a", "busy": false, "last_seen": 0, "max_tasks": -1}, {"name": "b", "busy": true, "last_seen": 1795309776, "max_tasks": 4}]})");
  CHECK(got.mapped.of("tally_worker_last_seen_timestamp_seconds") ==
        std::vector<std::string>{"tally_worker_last_seen_timestamp_seconds{worker=\"b\"} 1795309776"});
  CHECK(got.mapped.of("tally_worker_max_load") == std::vector<std::string>{"tally_worker_max_load{worker=\"b\"} 4"});
}

TEST_CASE("infer: words become states, unknown ones are named") {
  const Inferred got = inferred(
      R"({"agents": [{"name": "a", "status": "ONLINE"}, {"name": "b", "status": "draining"}, {"name": "c", "status": "zorped"}]})");
  CHECK(got.shows("tally_worker_state{worker=\"b\",state=\"draining\"} 1"));
  CHECK(got.shows("tally_worker_state{worker=\"c\",state=\"unknown\"} 1"));
  CHECK(got.yaml.find("not known what these mean: zorped") != std::string::npos);
  // Flags that mean the opposite.
  const Inferred flags =
      inferred(R"({"computer": [{"displayName": "a", "offline": true, "temporarilyOffline": true, "idle": true}]})");
  CHECK(flags.shows("tally_worker_up{worker=\"a\"} 0"));
  CHECK(flags.shows("tally_worker_enabled{worker=\"a\"} 0"));
  CHECK(flags.shows("tally_worker_busy{worker=\"a\"} 0"));
}

TEST_CASE("infer: counters by two samples, or by name") {
  const std::string before =
      R"({"workers": [{"name": "a", "busy": true, "beans": 5, "errors": 3, "memory_free": 1, "hits": 9}]})";
  const std::string after =
      R"({"workers": [{"name": "a", "busy": true, "beans": 7, "errors": 3, "memory_free": 2, "hits": 4}]})";
  const Inferred once = inferred(before);
  CHECK(once.mapped.of("x_worker_beans").size() == 1);
  CHECK(once.mapped.of("x_worker_hits_total").size() == 1);
  CHECK(once.mapped.of("tally_worker_tasks_failed_total").size() == 1);
  const Inferred twice = inferred(before, {"", after, "x"});
  CHECK(twice.mapped.of("x_worker_beans_total").size() == 1);  // it grew
  CHECK(twice.mapped.of("x_worker_memory_free").size() == 1);  // so did this, but it can fall
  CHECK(twice.mapped.of("x_worker_hits").size() == 1);         // it fell
  // Workers that came, went or changed places are compared by name.
  const Inferred moved = inferred(
      R"([{"name": "a", "beans": 5, "busy": true}, {"name": "b", "beans": 1, "busy": true}])",
      {"workers",
       R"([{"name": "c", "beans": 0, "busy": true}, {"name": "b", "beans": 2, "busy": true}, {"name": "a", "beans": 6, "busy": true}])",
       "x"});
  CHECK(moved.mapped.of("x_worker_beans_total").size() == 2);
}

TEST_CASE("infer: keys of maps as names and as labels") {
  const Inferred got = inferred(
      R"({"nodes": {"n-1": {"load": 1, "pools": {"a.x": 3, "b.y": 4}}, "n-2": {"load": 2, "pools": {"a.x": 5}}}})");
  CHECK(got.where("workers") == "$.nodes.* | \"{key}\"");
  CHECK(got.shows("tally_worker_load{worker=\"n-2\"} 2"));
  CHECK(got.shows("x_worker_pools{worker=\"n-1\",own_pool=\"b.y\"} 4"));
  // Objects whose members differ are no map.
  CHECK(inferred(R"({"nodes": {"total": 3, "limits": {"a": 1}}})").where("workers") == "no such rule");
}

TEST_CASE("infer: two values together, and the list around, tell items apart") {
  CHECK(
      inferred(
          R"({"workers": [{"host": "a", "slot": 1, "busy": true}, {"host": "a", "slot": 2, "busy": true}, {"host": "b", "slot": 1, "busy": false}]})")
          .where("workers") == "$.workers[*] | { concat: [\"@.host\", \"/\", \"@.slot\"] }");
  const Inferred nested = inferred(
      R"({"sites": [{"name": "s1", "workers": [{"name": "a", "busy": true}]}, {"name": "s2", "workers": [{"name": "a", "busy": false}]}]})");
  CHECK(nested.shows("tally_worker_busy{worker=\"s1/a\"} 1"));
  CHECK(nested.shows("tally_worker_busy{worker=\"s2/a\"} 0"));
  const Inferred pool = inferred(
      R"({"sites": [{"name": "s1", "workers": [{"name": "a", "busy": true}]}, {"name": "s2", "workers": [{"name": "b", "busy": false}]}]})");
  CHECK(pool.shows("tally_worker_info{worker=\"b\",pool=\"s2\"} 1"));
  const Inferred queue =
      inferred(R"([{"name": "q", "vhost": "a", "messages": 1}, {"name": "q", "vhost": "b", "messages": 2}])",
               {"queues", "", "x"});
  CHECK(queue.shows("tally_queue_tasks{namespace=\"b\",queue=\"q\",state=\"ready\"} 2"));
}

TEST_CASE("infer: single tasks are counted by queue and state") {
  const Inferred got = inferred(
      R"({"jobs": [{"id": 1, "partition": "p", "state": "PENDING"}, {"id": 2, "partition": "p", "state": "PENDING"}, {"id": 3, "partition": "q", "state": "RUNNING"}]})");
  CHECK(got.shows("tally_queue_tasks{queue=\"p\",state=\"ready\"} 2"));
  CHECK(got.shows("tally_queue_tasks{queue=\"q\",state=\"active\"} 1"));
  CHECK(got.yaml.find("\"@.id\"") == std::string::npos);
}

TEST_CASE("infer: what would make too many series is left out and named") {
  std::string body = "{\"workers\": [";
  for (int i = 0; i < 20; ++i)
    body += std::string(i ? "," : "") + "{\"name\": \"w" + std::to_string(i) +
            "\", \"busy\": true, \"pid\": " + std::to_string(100 + i) + ", \"last_job\": \"job number " +
            std::to_string(i) + "\", \"os\": \"linux\", \"url\": \"http://h/" + std::to_string(i) +
            "\", \"peer\": \"10.0.0.1:4" + std::to_string(1000 + i) + "\", \"api_token\": \"hunter2\"}";
  const Inferred got = inferred(body + "]}");
  CHECK(got.where("workers") == "$.workers[*] | \"@.name\"");
  CHECK(got.shows("x_worker_info{worker=\"w3\",os=\"linux\"} 1"));
  for (const char* what : {"pid", "last_job", "url", "peer", "api_token"}) {
    INFO(what << "\n" << got.yaml);
    CHECK(got.yaml.find(std::string("@.") + what) == std::string::npos);
    CHECK(got.yaml.find(std::string("#   ") + what) != std::string::npos);
  }
  CHECK(got.yaml.find("hunter2") == std::string::npos);
  const Inferred ports = inferred(R"([{"name": "10.0.0.1:44008 -> 10.0.0.2:80", "state": "running", "in_msgs": 3}])",
                                  {"connections", "", "x"});
  CHECK(ports.yaml.find("# MANY SERIES: ") != std::string::npos);
}

TEST_CASE("infer: the number of series is about what is shown") {
  const Inferred got = inferred(
      R"({"workers": [{"name": "a", "busy": true, "x": 1, "y": 2}, {"name": "b", "busy": true, "x": 1, "y": 2}]})");
  const infer::Rule* const rule = got.rule("workers");
  REQUIRE(rule);
  CHECK(rule->items == 2);
  const auto shown = static_cast<double>(got.mapped.lines.size());
  const auto said = static_cast<double>(rule->items * rule->series_per_item);
  INFO(got.mapped.text());
  CHECK(said >= shown * 0.6);
  CHECK(said <= shown * 1.6);
}

TEST_CASE("infer: pages are noticed") {
  const Inferred got = inferred(
      R"({"page": 1, "page_count": 3, "items": [{"name": "q", "messages": 1, "consumers": 0}]})", {"queues", "", "x"});
  CHECK(
      got.has("# This is one page of 3: page: { pages: { query: page, start: 1, step: 1, last: \"$.page_count\" } }"));
}

TEST_CASE("infer: lists of no known kind are figures with a label, if few") {
  const Inferred got = inferred(R"({"disks": [{"name": "sda", "heat": 41}, {"name": "sdb", "heat": 43}]})");
  CHECK(got.shows("x_disk_heat{disk=\"sdb\"} 43"));
}

TEST_CASE("infer: states by key") {
  const Inferred workers = inferred(R"({"workers": {"a": "busy", "b": "idle"}})");
  CHECK(workers.where("workers") == "$.workers.* | \"{key}\"");
  CHECK(workers.shows("tally_worker_state{worker=\"a\",state=\"busy\"} 1"));
  CHECK(workers.shows("tally_worker_up{worker=\"b\"} 1"));
  CHECK(inferred(R"({"hosts": {"h-1": "UP"}})").shows("tally_worker_up{worker=\"h-1\"} 1"));
  CHECK(inferred(R"({"state": {"w-1": "offline", "w-2": "online"}})").shows("tally_worker_up{worker=\"w-1\"} 0"));
  // A node's own members are no nodes.
  CHECK(inferred(R"({"node": {"state": "up", "health": "green", "version": "1"}})").where("workers") == "no such rule");
  const Inferred jobs = inferred(R"({"jobs": {"j1": "running", "j2": "queued", "j3": "running"}})");
  CHECK(jobs.shows("tally_queue_tasks{queue=\"jobs\",state=\"active\"} 2"));
  CHECK(jobs.shows("tally_queue_tasks{queue=\"jobs\",state=\"ready\"} 1"));
}

TEST_CASE("infer: lists of GraphQL are called one step out") {
  const Inferred edges = inferred(R"({"data": {"workers": {"edges": [
      {"cursor": "x", "node": {"id": "V29ya2VyOjE=", "name": "a", "busy": true, "jobs": {"edges": []}}},
      {"cursor": "y", "node": {"id": "V29ya2VyOjI=", "name": "b", "busy": false, "jobs": {"edges": [
          {"node": {"id": "Sm9iOjE=", "state": "running"}}]}}}], "pageInfo": {"hasNextPage": false}}}})");
  CHECK(edges.where("workers") == "$.data.workers.edges[*].node | \"@.name\"");
  CHECK(edges.shows("tally_worker_busy{worker=\"a\"} 1"));
  CHECK(inferred(R"({"data": {"workers": {"edges": [{"node": {"busy": true}}, {"node": {"busy": true}}]}}})")
            .where("workers") == "no such rule");
  const Inferred nodes = inferred(R"({"data": {"jobs": {"nodes": [{"id": "Sm9iOjE=", "state": "running"}]}}})");
  CHECK(nodes.shows("tally_queue_tasks{queue=\"jobs\",state=\"active\"} 1"));
}

TEST_CASE("infer: tasks that name no queue are one queue") {
  const Inferred states = inferred(R"({"jobs": [{"id": "1", "status": "queued"}, {"id": "2", "status": "running"}]})");
  CHECK(states.shows("tally_queue_tasks{queue=\"jobs\",state=\"ready\"} 1"));
  const Inferred progress = inferred(R"({"jobs": [{"id": "j1", "progress": 0.5}, {"id": "j2", "progress": 1}]})");
  CHECK(progress.shows("tally_queue_tasks{queue=\"jobs\",state=\"active\"} 2"));
  for (const std::string& line : progress.mapped.lines) CHECK(line.find("j1") == std::string::npos);
}

TEST_CASE("infer: names that say once more what the item is") {
  const Inferred x = inferred(R"({"agents": [{"agentName": "a", "agentStatus": "Online", "maxParallelJobs": 4,
      "currentJobCount": 2, "lastHeartbeatUtc": "2026-11-22T01:15:33Z"}]})");
  CHECK(x.shows("tally_worker_up{worker=\"a\"} 1"));
  CHECK(x.shows("tally_worker_load{worker=\"a\"} 2"));
  CHECK(x.shows("tally_worker_max_load{worker=\"a\"} 4"));
  CHECK(x.shows("tally_worker_last_seen_timestamp_seconds{worker=\"a\"} 1795310133"));
  // The name itself comes first.
  const Inferred both = inferred(R"({"workers": [{"name": "a", "worker_busy": true, "busy": false}]})");
  CHECK(both.shows("tally_worker_busy{worker=\"a\"} 0"));
}

TEST_CASE("infer: flags that are spelled") {
  const Inferred x = inferred(R"({"workers": [{"name": "a", "busy": "true", "paused": "no"},
      {"name": "b", "busy": "false", "paused": "yes"}]})");
  CHECK(x.shows("tally_worker_busy{worker=\"a\"} 1"));
  CHECK(x.shows("tally_worker_busy{worker=\"b\"} 0"));
  CHECK(x.shows("tally_worker_enabled{worker=\"b\"} 0"));
}

TEST_CASE("infer: groups that hold nothing but a list of workers") {
  const Inferred x = inferred(R"({"groups": {"g1": {"workers": [{"id": "a", "busy": true}]},
      "g2": {"workers": [{"id": "a", "busy": false}]}}})");
  CHECK(x.shows("tally_worker_busy{worker=\"g1/a\"} 1"));
  CHECK(x.shows("tally_worker_busy{worker=\"g2/a\"} 0"));
}
