// Tasks that no list's name tells of: counts by state, and lists of tasks under any name. And memory, whose
// name says the unit too.
#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

TEST_CASE("infer: numbers that are called by states are the service's tasks") {
  const Inferred root = inferred(R"({"pending": 4, "running": 1, "failed": 2})");
  CHECK(root.shows("tally_tasks{state=\"ready\"} 4"));
  CHECK(root.shows("tally_tasks{state=\"active\"} 1"));
  CHECK(root.shows("tally_tasks{state=\"failed\"} 2"));
  CHECK(root.mapped.of("x_failed_total").empty());
  const Inferred named = inferred(R"({"jobs": {"waiting": 4, "queued_jobs": 1, "active": 3}, "uptime_seconds": 9})");
  CHECK(named.shows("tally_tasks{state=\"ready\"} 5"));
  CHECK(named.shows("tally_tasks{state=\"active\"} 3"));
  // What grew is a counter, and so is what stands beside all that was ever done.
  const Inferred grew = inferred(R"({"pending": 4, "running": 1, "completed": 20})",
                                 {"", R"({"pending": 3, "running": 1, "completed": 21})", "x"});
  CHECK(grew.shows("x_completed_total 20"));
  CHECK(grew.shows("tally_tasks{state=\"ready\"} 4"));
  const Inferred passed = inferred(R"({"processed": 90, "failed": 2, "enqueued": 3, "scheduled": 1})");
  CHECK(passed.shows("tally_tasks{state=\"delayed\"} 1"));
  CHECK(passed.shows("x_failed_total 2"));
}

TEST_CASE("infer: numbers of connections, threads and workers are no tasks") {
  for (const char* body :
       {R"({"active": 3, "reading": 0, "writing": 1, "waiting": 2})", R"({"idle": 3, "running": 1, "pending": 0})",
        R"({"active": 3, "waiting": 2})", R"({"pending": 3, "rows": 2})", R"({"pending": 3, "running": 1.5})"}) {
    const Inferred got = inferred(body);
    INFO(got.yaml);
    CHECK(got.mapped.of("tally_tasks").empty());
  }
}

TEST_CASE("infer: a list of tasks is known by what is in it") {
  const Inferred got = inferred(R"([{"id": "7c1f", "state": "running", "started": 1795310000},
      {"id": "8d2a", "state": "queued", "started": null}, {"id": "9e3b", "state": "running", "started": 1795310100}])");
  CHECK(got.shows("tally_queue_tasks{queue=\"tasks\",state=\"active\"} 2"));
  CHECK(got.shows("tally_queue_tasks{queue=\"tasks\",state=\"ready\"} 1"));
  for (const std::string& line : got.mapped.lines) CHECK(line.find("7c1f") == std::string::npos);
  const Inferred same = inferred(R"({"data": [{"id": 71, "status": "running", "created_at": "2026-11-22T01:15:33Z"},
      {"id": 72, "status": "running", "created_at": "2026-11-22T01:15:34Z"}]})");
  CHECK(same.shows("tally_queue_tasks{queue=\"tasks\",state=\"active\"} 2"));
  // Workers have an id and a state too.
  const Inferred workers = inferred(R"([{"id": "w1", "state": "running", "last_seen": 1795310000, "load": 2},
      {"id": "w2", "state": "paused", "last_seen": 1795310000, "load": 0}])");
  CHECK(workers.shows("tally_worker_load{worker=\"w1\"} 2"));
  const Inferred named = inferred(R"([{"id": "w1", "state": "running", "started": 1795310000},
      {"id": "w2", "state": "paused", "started": 1795310000}])",
                                  {"workers", "", "x"});
  CHECK(named.where("workers") == "$[*] | \"@.id\"");
}

TEST_CASE("infer: a name that is another one on each task is no queue") {
  const auto tasks = [](const char* key, const char* a, const char* b, const char* c) {
    const auto one = [&](const char* value) {
      return "{\"id\": 1, \"state\": \"running\", \"" + std::string(key) + "\": \"" + value + "\"}";
    };
    return inferred("{\"tasks\": [" + one(a) + ", " + one(b) + ", " + one(c) + "]}");
  };
  CHECK(tasks("name", "report 1", "report 2", "mail to x").where("queues") == "$.tasks[*] | \"tasks\"");
  CHECK(tasks("name", "report", "mail", "mail").where("queues") == "$.tasks[*] | \"@.name\"");
  CHECK(tasks("type", "report", "mail", "sync").where("queues") == "$.tasks[*] | \"@.type\"");
  CHECK(tasks("queue", "high", "low", "mid").where("queues") == "$.tasks[*] | \"@.queue\"");
  CHECK(tasks("type", "0f3c9a7be1d24c55", "a", "b").where("queues") == "$.tasks[*] | \"tasks\"");
  // What stands further down the list of names is looked at then.
  const Inferred kind = inferred(R"({"jobs": [{"name": "a1", "state": "queued", "kind": "x"},
      {"name": "b2", "state": "queued", "kind": "x"}, {"name": "c3", "state": "queued", "kind": "y"}]})");
  CHECK(kind.shows("tally_queue_tasks{queue=\"x\",state=\"ready\"} 2"));
}

TEST_CASE("infer: counts by queue and state are tasks, each as many as it says") {
  const Inferred got = inferred(R"([{"queue": "default", "state": "available", "count": 12},
      {"queue": "default", "state": "executing", "count": 2}, {"queue": "default", "state": "retryable", "count": 1},
      {"queue": "mailers", "state": "available", "count": 4}, {"queue": "mailers", "state": "discarded", "count": 3}])",
                                {"counts", "", "x"});
  CHECK(got.shows("tally_queue_tasks{queue=\"default\",state=\"ready\"} 12"));
  CHECK(got.shows("tally_queue_tasks{queue=\"default\",state=\"retry\"} 1"));
  CHECK(got.shows("tally_queue_tasks{queue=\"mailers\",state=\"failed\"} 3"));
  const Inferred all = inferred(R"({"jobs": [{"status": "queued", "total": 7}, {"status": "running", "total": 2},
      {"status": "complete", "total": 90}, {"status": "odd", "total": 1}]})");
  CHECK(all.shows("tally_queue_tasks{queue=\"jobs\",state=\"active\"} 2"));
  CHECK(all.shows("tally_queue_tasks{queue=\"jobs\",state=\"completed\"} 90"));
  // Single tasks that have a number, and workers.
  const Inferred single =
      inferred(R"({"jobs": [{"id": 1, "status": "queued", "items": 7}, {"id": 2, "status": "queued", "items": 2}]})");
  CHECK(single.shows("tally_queue_tasks{queue=\"jobs\",state=\"ready\"} 2"));
  const Inferred workers = inferred(
      R"({"workers": [{"name": "a", "status": "running", "tasks": 7}, {"name": "b", "status": "running", "tasks": 2}]})");
  CHECK(workers.where("workers") == "$.workers[*] | \"@.name\"");
  const Inferred queues = inferred(
      R"({"queues": [{"name": "a", "state": "running", "messages": 7}, {"name": "b", "state": "running", "messages": 2}]})");
  CHECK(queues.shows("tally_queue_tasks{queue=\"a\",state=\"ready\"} 7"));
}

TEST_CASE("infer: tasks by state are found in an object of any name where the words say it") {
  const Inferred stats = inferred(
      R"({"sidekiq": {"processed": 90, "failed": 5, "busy": 4, "enqueued": 3, "scheduled": 2, "retries": 1, "dead": 6}})");
  CHECK(stats.shows("tally_tasks{state=\"ready\"} 3"));
  CHECK(stats.shows("tally_tasks{state=\"active\"} 4"));
  CHECK(stats.shows("tally_tasks{state=\"retry\"} 1"));
  CHECK(stats.shows("tally_tasks{state=\"failed\"} 6"));  // who is dead stays there; who failed was counted
  CHECK(stats.shows("x_sidekiq_failed_total 5"));
  const Inferred yarn = inferred(
      R"({"metrics": {"appsSubmitted": 9, "appsPending": 1, "appsRunning": 2, "appsStarted": 8, "appsFailed": 3, "activeNodes": 4}})");
  CHECK(yarn.shows("tally_tasks{state=\"ready\"} 1"));
  CHECK(yarn.shows("tally_tasks{state=\"active\"} 2"));
  CHECK(yarn.mapped.of("tally_tasks").size() == 2);
  for (const char* body : {R"({"threads": {"active": 3, "waiting": 2}})", R"({"pods": {"pending": 3, "running": 2}})"})
    CHECK(inferred(body).mapped.of("tally_tasks").empty());
}

TEST_CASE("infer: pools whose slots tasks wait for are queues") {
  const Inferred got = inferred(R"({"pools": [{"name": "db", "slots": 8, "occupied_slots": 7, "running_slots": 6,
      "queued_slots": 1, "open_slots": 1, "scheduled_slots": 20}]})");
  CHECK(got.rule("workers") == nullptr);
  CHECK(got.shows("tally_queue_max_tasks{queue=\"db\"} 8"));
  CHECK(got.shows("tally_queue_tasks{queue=\"db\",state=\"ready\"} 1"));
  CHECK(got.shows("tally_queue_tasks{queue=\"db\",state=\"active\"} 6"));
}

TEST_CASE("infer: memory whose name says its unit") {
  const Inferred pairs =
      inferred(R"({"workers": [{"name": "a", "busy": true, "mem_used_mb": 512, "mem_total_mb": 2048}]})");
  CHECK(pairs.shows("tally_worker_memory_bytes{worker=\"a\"} 536870912"));
  CHECK(pairs.shows("tally_worker_memory_limit_bytes{worker=\"a\"} 2147483648"));
  const Inferred kb = inferred(R"({"workers": [{"name": "a", "busy": true, "rss_kb": 3}]})");
  CHECK(kb.shows("tally_worker_memory_bytes{worker=\"a\"} 3072"));
  const Inferred nested =
      inferred(R"({"workers": [{"name": "a", "busy": true, "memory": {"used_gib": 1, "total_gib": 2}}]})");
  CHECK(nested.shows("tally_worker_memory_bytes{worker=\"a\"} 1073741824"));
  CHECK(nested.shows("tally_worker_memory_limit_bytes{worker=\"a\"} 2147483648"));
}

TEST_CASE("infer: used and free memory are all of it, of one thing and in one unit") {
  const Inferred yarn =
      inferred(R"({"nodes": [{"id": "a", "usedMemoryMB": 2048, "availMemoryMB": 6144, "busy": true}]})");
  CHECK(yarn.shows("tally_worker_memory_bytes{worker=\"a\"} 2147483648"));
  CHECK(yarn.shows("tally_worker_memory_limit_bytes{worker=\"a\"} 8589934592"));
  const Inferred nested = inferred(R"({"nodes": [{"id": "a", "busy": true, "memory": {"used": 3, "free": 4}}]})");
  CHECK(nested.shows("tally_worker_memory_limit_bytes{worker=\"a\"} 7"));
  for (const char* body : {R"({"nodes": [{"id": "a", "busy": true, "rss": 3, "free_memory": 4}]})",
                           R"({"nodes": [{"id": "a", "busy": true, "mem_used_mb": 3, "mem_free_kb": 4}]})"}) {
    const Inferred other = inferred(body);
    INFO(other.yaml);
    CHECK(other.mapped.of("tally_worker_memory_limit_bytes").empty());
  }
}

TEST_CASE("infer: of classes of Java the metric has the name alone") {
  const Inferred got = inferred(R"({"computer": [{"displayName": "a", "offline": false, "monitorData": {
      "hudson.node_monitors.ClockMonitor": {"diff": 3}, "hudson.node_monitors.DiskSpaceMonitor": {"size": 4},
      "hudson.node_monitors.ArchitectureMonitor": "Linux"}}]})");
  CHECK(got.shows("x_worker_monitor_data_clock_monitor_diff{worker=\"a\"} 3"));
  CHECK(got.shows("x_worker_monitor_data_disk_space_monitor_size{worker=\"a\"} 4"));
}

TEST_CASE("infer: figures that nothing tells apart are shown by their place, or named") {
  const Inferred got = inferred(R"({"w": [{"n": 1}, {"n": 2}]})");
  CHECK(got.shows("x_w_n{w=\"1\"} 2"));
  CHECK(got.yaml.find("# NO NAME was found") != std::string::npos);
}

TEST_CASE("infer: many items without names are counted, and summed up if somebody wants that") {
  std::string many = R"({"w": [{"n": 1, "temperature": 3})";
  for (int i = 0; i < 300; ++i) many += R"(, {"n": 2, "temperature": 4})";
  const Inferred got = inferred(many + "]}");
  CHECK(got.shows("x_w_items 301"));
  CHECK(got.mapped.lines.size() == 1);
  CHECK(got.yaml.find("# x_w_n: { gauge: { sum: \"$.w[*].n\" }") != std::string::npos);
  CHECK(got.yaml.find("x_w_temperature") == std::string::npos);  // which adds up to nothing
  // By state, also by words that mean nothing here.
  std::string states = R"([{"state": "odd", "n": 1})";
  for (int i = 0; i < 150; ++i) states += R"(, {"state": "even", "n": 2})";
  const Inferred by_state = inferred(states + "]");
  CHECK(by_state.shows("x_items{own_state=\"even\"} 150"));
  CHECK(by_state.shows("x_items{own_state=\"odd\"} 1"));
  CHECK(by_state.yaml.find("# x_n: { gauge: \"@.n\"") != std::string::npos);
  // Names that are others tomorrow, and more names than a page shows.
  std::string ids = R"({"events": [{"id": "0000000000000000a1", "n": 1}, {"id": "0000000000000000b2", "n": 1}]})";
  CHECK(inferred(ids).shows("x_events_items 2"));
  std::string named = R"({"things": [{"name": "a-0", "n": 0})";
  for (int i = 1; i < 300; ++i) named += ", {\"name\": \"a-" + std::to_string(i) + "\", \"n\": 1}";
  CHECK(inferred(named + "]}").shows("x_things_items 300"));
}

TEST_CASE("infer: what was not looked at of a large object is said") {
  std::string many = R"({"a": 1)";
  for (int i = 0; i < 400; ++i) many += ", \"n" + std::to_string(i) + "\": " + std::to_string(i);
  const Inferred got = inferred(many + "}");
  CHECK(got.yaml.find("# LEFT OUT: 145 members were not looked at") != std::string::npos);
  CHECK(got.yaml.find("`flatten: { prefix: \"x_\", max: 10000 }`") != std::string::npos);
  CHECK(inferred(R"({"a": 1, "a": 2})").yaml.find("LEFT OUT: ") == std::string::npos);
}
