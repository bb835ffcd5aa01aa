// Answers of services for which infer was not made, one of each shape that is often met: the list that is chosen, and
// nothing silly in it. No time in the wrong unit, no id, no secret and no text that changes as a label.
#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

namespace {

Inferred of(const std::string& file, const std::string& name) {
  return inferred(map::testing::read_file(std::string(TALLYMAN_SOURCE_DIR) + "/tests/infer/answers/" + file),
                  {file.substr(0, file.find('.')), "", name});
}

}  // namespace

TEST_CASE("infer: GeoJSON is a list with figures, and no workers") {
  const Inferred x = of("geojson.json", "geo");
  CHECK(x.rule("workers") == nullptr);
  CHECK(x.rule("queues") == nullptr);
  CHECK(x.where("service", 1) == "$.features[*] | \"@.id\"");
  CHECK(x.shows("geo_feature_properties_population{feature=\"2\"} 2005"));
  CHECK(x.yaml.find("osm_id:") == std::string::npos);
}

TEST_CASE("infer: pods of Kubernetes") {
  const Inferred x = of("pods.json", "kube");
  CHECK(x.where("workers") == "$.items[*] | \"@.metadata.name\"");
  CHECK(x.shows("tally_worker_start_timestamp_seconds{worker=\"web-7d4b9c6f5-abcde\"} 1795161605"));
  CHECK(x.shows("tally_worker_state{worker=\"web-7d4b9c6f5-pqrst\",state=\"starting\"} 1"));
  CHECK(x.yaml.find("resourceVersion\"") == std::string::npos);
}

TEST_CASE("infer: runners of GitHub") {
  const Inferred x = of("runners.json", "github");
  CHECK(x.where("workers") == "$.runners[*] | \"@.name\"");
  CHECK(x.shows("tally_worker_busy{worker=\"linux-1\"} 1"));
  CHECK(x.shows("tally_worker_up{worker=\"linux-0\"} 0"));
  CHECK(x.shows("github_items 3"));
}

TEST_CASE("infer: the health page of Spring") {
  const Inferred x = of("health.json", "spring");
  CHECK(x.rule("workers") == nullptr);
  CHECK(x.shows("spring_components_disk_space_details_free 110000000000"));
  CHECK(x.yaml.find("Connection refused") == std::string::npos);
}

TEST_CASE("infer: statistics of Elasticsearch's nodes") {
  const Inferred x = of("nodes-stats.json", "es");
  CHECK(x.where("workers") == "$.nodes.* | \"@.name\"");
  CHECK(x.shows("tally_worker_last_seen_timestamp_seconds{worker=\"es-0\"} 1764108000.123"));
  CHECK(x.shows("es_worker_jvm_uptime_in_seconds{worker=\"es-0\"} 86400"));
  CHECK(x.shows("es_worker_os_cpu_ratio{worker=\"es-0\"} 0.07"));
  // Pools of threads that each node has: what waits there is summed up.
  CHECK(x.shows("tally_queue_tasks{queue=\"search\",state=\"ready\"} 4"));
  CHECK(x.shows("tally_queue_tasks{queue=\"search\",state=\"active\"} 6"));
  CHECK(x.shows("tally_queue_consumers{queue=\"search\"} 2"));
}

TEST_CASE("infer: times, units, secrets and texts that change, by one field each") {
  const Inferred x = of("odd-fields.json", "x");
  CHECK(x.shows("x_worker_ts_timestamp_seconds{worker=\"a\"} 1764108000.123"));
  CHECK(x.shows("x_worker_last_login_timestamp_seconds{worker=\"a\"} 1764108000"));
  CHECK(x.shows("x_worker_mtime_timestamp_seconds{worker=\"a\"} 1764108000.5"));
  CHECK(x.shows("x_worker_done_timestamp_seconds{worker=\"b\"} 1764108001"));
  CHECK(x.shows("x_worker_ratio{worker=\"a\"} 0.45"));
  CHECK(x.shows("x_worker_size_bytes{worker=\"a\"} 10485760"));
  CHECK(x.shows("x_worker_wait_seconds_total{worker=\"a\"} 0.1"));
  CHECK(x.shows("x_worker_max_seconds{worker=\"a\"} 0.033"));
  CHECK(x.shows("x_worker_tokens{worker=\"a\"} 5"));
  for (const char* none : {"geheim", "abcdef123456", "token=x", "a@b.c", "8080", "4711", "2026-11-25\"", "81723"})
    for (const std::string& line : x.mapped.lines) CHECK(line.find(none) == std::string::npos);
}

TEST_CASE("infer: names are clear of the samples of histograms, and one family has one type") {
  const Inferred x = inferred(R"({"workers": [{"name": "a", "read_count": 1, "io_sum": 2, "queue_created": 3,
      "entry_count": 4, "count": 5, "is_info": true, "in": {"sent_total": 6, "sent": 7}}]})");
  CHECK(x.shows("x_worker_reads{worker=\"a\"} 1"));
  CHECK(x.shows("x_worker_io_summed{worker=\"a\"} 2"));
  CHECK(x.shows("x_worker_queue_creations{worker=\"a\"} 3"));
  CHECK(x.shows("x_worker_entries{worker=\"a\"} 4"));
  CHECK(x.shows("x_workers{worker=\"a\"} 5"));
}

TEST_CASE("infer: units stay last, also of names that are taken twice and of maps by key") {
  const Inferred x = inferred(R"({"wait_ms": 5, "wait": {"ms": 6}, "workers": [{"name": "a", "busy": true,
      "gc_ms": {"young.x": 5, "old.y": 6}}]})");
  CHECK(x.shows("x_wait_seconds 0.005"));
  CHECK(x.shows("x_wait_2_seconds 0.006"));
  CHECK(x.shows("x_worker_gc_seconds{worker=\"a\",gc=\"young.x\"} 0.005"));
}

TEST_CASE("infer: what clients and tasks make is no label") {
  for (const char* name : {"user_agent", "userAgent", "referer", "job_uuid", "jobid", "peer_port"}) {
    const Inferred x =
        inferred("{\"workers\": [{\"name\": \"a\", \"busy\": true, \"" + std::string(name) + "\": \"w\"}]}");
    INFO(name << "\n" << x.yaml);
    CHECK(x.yaml.find("@." + std::string(name)) == std::string::npos);
  }
}

TEST_CASE("infer: tasks are never listed one by one") {
  const Inferred by_dag = inferred(
      R"({"dag_runs": [{"dag_run_id": "a__1", "dag_id": "a", "state": "running"}, {"dag_run_id": "b__2", "dag_id": "b",
      "state": "queued"}, {"dag_run_id": "a__3", "dag_id": "a", "state": "success"}]})");
  CHECK(by_dag.shows("tally_queue_tasks{queue=\"a\",state=\"active\"} 1"));
  CHECK(by_dag.shows("tally_queue_tasks{queue=\"b\",state=\"ready\"} 1"));
  const Inferred by_nothing = inferred(
      R"({"version": "1", "uptime_s": 5, "tasks": [{"id": "x1", "progress": 3}, {"id": "x2", "progress": 4}]})");
  for (const std::string& line : by_nothing.mapped.lines) CHECK(line.find("x1") == std::string::npos);
}

TEST_CASE("infer: units in the names of what has none") {
  const Inferred x = inferred(R"({"up_ms": true, "wait_days": ["a", "b"], "lag_ms_total": "N/A", "workers": [
      {"name": "a", "busy": true, "lag_ms_total": "N/A"}, {"name": "b", "busy": true, "lag_ms_total": 5},
      {"name": "c", "busy": true, "lag_ms_total": 6}]})");
  CHECK(x.shows("x_up_ms_value 1"));
  CHECK(x.shows("x_wait_days_value 2"));
  CHECK(x.shows("x_worker_lag_seconds{worker=\"b\"} 0.005"));
}

TEST_CASE("infer: a total of what is counted is a counter, a total of what there is a limit") {
  const Inferred x = inferred(R"({"requests": {"total": 100, "failed": 3}, "fds": {"total": 10, "used": 3}})");
  CHECK(x.shows("x_requests_total 100"));
  CHECK(x.shows("x_fds_limit 10"));
}

TEST_CASE("infer: what is called by connections says that it makes many series") {
  const Inferred x =
      inferred(R"({"subscriptions": [{"cid": 1, "subject": "a", "msgs": 1}, {"cid": 2, "subject": "a", "msgs": 1}]})");
  REQUIRE(x.rule("queues"));
  REQUIRE(x.rule("queues")->notes.size() == 1);
  CHECK(x.rule("queues")->notes[0].starts_with("MANY SERIES"));
}

TEST_CASE("infer: what is called by its task or request says that it makes many series") {
  for (const char* name : {"jobId", "request uri"}) {
    const std::string key = "\"" + std::string(name) + "\"";
    const Inferred x =
        inferred("{\"workers\": [{" + key + ": \"1\", \"busy\": true}, {" + key + ": \"2\", \"busy\": true}]}",
                 {.hint = "", .later = "", .name = "x", .warned = true});
    INFO(x.yaml);
    REQUIRE(x.rule("workers"));
    REQUIRE(!x.rule("workers")->notes.empty());
    CHECK(x.rule("workers")->notes[0].starts_with("MANY SERIES"));
  }
}
