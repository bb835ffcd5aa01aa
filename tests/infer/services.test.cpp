// Services that many have, each by a small answer of the form it really has: what a person looks for
// first is there. The larger answers are in foreign.test.cpp.
#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

TEST_CASE("infer: what Celery's inspect prints") {
  const Inferred active = inferred(R"({"celery@w1": [{"id": "0b461f65-e7be-4c80-888a-ef11d81fd971", "name": "tasks.add",
      "time_start": 1763812345.6, "acknowledged": true, "worker_pid": 14}], "celery@w2": []})");
  CHECK(active.where("workers") == "$.* | \"{key}\"");
  CHECK(active.shows("tally_worker_open_tasks{worker=\"celery@w1\"} 1"));
  CHECK(active.shows("tally_worker_load{worker=\"celery@w2\"} 0"));
  const Inferred ping = inferred(R"({"celery@w1": {"ok": "pong"}, "celery@w2": {"ok": "pong"}})");
  CHECK(ping.shows("tally_worker_up{worker=\"celery@w2\"} 1"));
  const Inferred stats = inferred(R"({"celery@w1": {"total": {"tasks.add": 120, "tasks.mul": 3}, "pid": 12,
      "pool": {"max-concurrency": 4, "processes": [14, 15]}, "rusage": {"utime": 1.5}}})");
  CHECK(stats.shows("tally_worker_max_load{worker=\"celery@w1\"} 4"));
  CHECK(stats.shows("x_worker_by_key_total{worker=\"celery@w1\",key=\"tasks.add\"} 120"));
}

TEST_CASE("infer: agents of Buildkite are busy while they have a job") {
  const Inferred x = inferred(R"([
      {"id": "0b461f65-e7be-4c80-888a-ef11d81fd971", "name": "a1", "connection_state": "connected", "version": "2.1.0",
       "hostname": "h1", "job": {"id": "cd164055", "state": "running"}},
      {"id": "1b461f65-e7be-4c80-888a-ef11d81fd972", "name": "a2", "connection_state": "connected", "version": "2.1.0",
       "hostname": "h2", "job": null}])",
                              {"agents", "", "x"});
  CHECK(x.shows("tally_worker_busy{worker=\"a1\"} 1"));
  CHECK(x.shows("tally_worker_busy{worker=\"a2\"} 0"));
}

TEST_CASE("infer: nodes of Kubernetes are up by their condition Ready") {
  const Inferred x = inferred(R"({"kind": "NodeList", "items": [
      {"metadata": {"name": "n1"}, "spec": {"unschedulable": true}, "status": {"capacity": {"pods": "110"},
       "conditions": [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": "True"}]}},
      {"metadata": {"name": "n2"}, "spec": {}, "status": {"capacity": {"pods": "110"},
       "conditions": [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": "Unknown"}]}}]})",
                              {"nodes", "", "x"});
  CHECK(x.shows("tally_worker_up{worker=\"n1\"} 1"));
  CHECK(x.shows("tally_worker_enabled{worker=\"n1\"} 0"));
  CHECK(x.shows("tally_worker_state{worker=\"n2\",state=\"unknown\"} 1"));
}

TEST_CASE("infer: tasks of Kafka Connect are counted by connector") {
  const Inferred x = inferred(R"({
      "sink": {"status": {"name": "sink", "connector": {"state": "RUNNING", "worker_id": "10.0.0.1:8083"},
       "tasks": [{"id": 0, "state": "RUNNING", "worker_id": "10.0.0.1:8083"}, {"id": 1, "state": "FAILED"}], "type": "sink"}},
      "source": {"status": {"name": "source", "connector": {"state": "PAUSED", "worker_id": "10.0.0.1:8083"},
       "tasks": [{"id": 0, "state": "PAUSED"}], "type": "source"}}})",
                              {"connectors", "", "x"});
  CHECK(x.shows("tally_queue_tasks{queue=\"sink\",state=\"failed\"} 1"));
  CHECK(x.shows("tally_queue_tasks{queue=\"source\",state=\"blocked\"} 1"));
}

TEST_CASE("infer: workers and queues of RQ") {
  const Inferred x = inferred(R"({"workers": [{"name": "h.1", "state": "busy", "queues": ["default"], "pid": 123,
      "successful_jobs": 12, "failed_jobs": 1, "birth_date": "2026-11-22T01:15:33Z", "current_job": {"id": "x"}}],
      "queues": [{"name": "default", "count": 4, "started_jobs": 1, "finished_jobs": 100, "failed_jobs": 3,
      "scheduled_jobs": 2, "workers": 1}]})");
  CHECK(x.shows("tally_worker_tasks_total{worker=\"h.1\"} 12"));
  CHECK(x.shows("tally_worker_start_timestamp_seconds{worker=\"h.1\"} 1795310133"));
  CHECK(x.shows("tally_worker_busy{worker=\"h.1\"} 1"));
  CHECK(x.shows("tally_queue_tasks{queue=\"default\",state=\"ready\"} 4"));
  CHECK(x.shows("tally_queue_tasks{queue=\"default\",state=\"active\"} 1"));
  CHECK(x.shows("tally_queue_tasks{queue=\"default\",state=\"delayed\"} 2"));
  CHECK(x.shows("tally_queue_consumers{queue=\"default\"} 1"));
}

TEST_CASE("infer: containers of Docker by the first of their names") {
  const Inferred x = inferred(R"([
      {"Id": "8dfafdbc3a40aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11", "Names": ["/web"], "Image": "nginx",
       "Created": 1367854155, "State": "running", "Status": "Up 2 hours", "SizeRw": 12288},
      {"Id": "9cd87474be90aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa12", "Names": ["/job"], "Image": "busybox",
       "Created": 1367854154, "State": "exited", "Status": "Exited (0) 3 days ago", "SizeRw": 1}])",
                              {"containers", "", "x"});
  CHECK(x.shows("tally_worker_up{worker=\"/web\"} 1"));
  CHECK(x.shows("tally_worker_state{worker=\"/job\",state=\"offline\"} 1"));
  for (const std::string& line : x.mapped.lines) CHECK(line.find("hours") == std::string::npos);  // it changes
}

TEST_CASE("infer: nodes of Nomad that are ready are up, and Spark's executors by their flag") {
  const Inferred nomad = inferred(R"([{"Name": "n4", "Status": "ready", "Drain": false, "Version": "1.5.0"},
      {"Name": "n5", "Status": "down", "Drain": true, "Version": "1.5.0"}])",
                                  {"nodes", "", "x"});
  CHECK(nomad.shows("tally_worker_up{worker=\"n4\"} 1"));
  CHECK(nomad.mapped.of("tally_worker_busy").empty());  // ready is not idle
  const Inferred spark = inferred(R"([{"id": "driver", "isActive": true, "maxTasks": 0, "activeTasks": 0},
      {"id": "1", "isActive": false, "maxTasks": 4, "activeTasks": 3}])",
                                  {"executors", "", "x"});
  CHECK(spark.shows("tally_worker_up{worker=\"1\"} 0"));
  CHECK(spark.shows("tally_worker_load{worker=\"1\"} 3"));
  CHECK(spark.shows("tally_worker_max_load{worker=\"1\"} 4"));
}

TEST_CASE("infer: pollers of Temporal are workers") {
  const Inferred x = inferred(R"({"pollers": [{"lastAccessTime": "2026-11-22T01:15:33Z", "identity": "77@worker-2@",
      "ratePerSecond": 100000}], "taskQueueStatus": {"backlogCountHint": "3"}})");
  CHECK(x.shows("tally_worker_last_seen_timestamp_seconds{worker=\"77@worker-2@\"} 1795310133"));
  CHECK(x.shows("x_task_queue_status_backlog_count_hint 3"));
}

TEST_CASE("infer: servers of upstreams, not the upstreams") {
  const Inferred x = inferred(R"({"app": {"peers": [{"id": 0, "name": "10.0.0.1:80", "state": "up", "active": 2,
      "max_conns": 20, "requests": 667, "responses": {"2xx": 660, "total": 667}}], "keepalive": 0, "zone": "app"},
      "api": {"peers": [{"id": 0, "name": "10.0.0.1:80", "state": "unhealthy", "active": 0, "max_conns": 20, "requests": 1,
      "responses": {"2xx": 1, "total": 1}}], "keepalive": 0, "zone": "api"}})",
                              {"upstreams", "", "x"});
  CHECK(x.shows("tally_worker_load{worker=\"app/10.0.0.1:80\"} 2"));
  CHECK(x.shows("tally_worker_max_load{worker=\"app/10.0.0.1:80\"} 20"));
  CHECK(x.shows("tally_worker_state{worker=\"api/10.0.0.1:80\",state=\"failed\"} 1"));
  CHECK(x.shows("x_worker_responses_total{worker=\"app/10.0.0.1:80\"} 667"));
}

TEST_CASE("infer: enabled and disabled beside a state") {
  const Inferred x = inferred(R"({"services": [
      {"id": 1, "binary": "nova-compute", "host": "h1", "state": "up", "status": "disabled", "updated_at": "2026-11-22T01:15:33Z"},
      {"id": 2, "binary": "nova-compute", "host": "h2", "state": "up", "status": "enabled", "updated_at": "2026-11-22T01:15:33Z"}]})");
  CHECK(x.shows("tally_worker_enabled{worker=\"1\"} 0"));
  CHECK(x.shows("tally_worker_enabled{worker=\"2\"} 1"));
}

TEST_CASE("infer: the state of an agent's build is not the agent's") {
  const Inferred x = inferred(R"({"agent": [
      {"id": 1, "name": "a1", "connected": true, "enabled": true, "build": {"id": 77, "state": "running"}},
      {"id": 2, "name": "a2", "connected": false, "enabled": true}]})");
  CHECK(x.shows("tally_worker_up{worker=\"a1\"} 1"));
  CHECK(x.shows("tally_worker_busy{worker=\"a1\"} 1"));
  CHECK(x.shows("tally_worker_busy{worker=\"a2\"} 0"));
  CHECK(x.yaml.find("state: {") == std::string::npos);
}

TEST_CASE("infer: numbers of paused tasks are no flag, and CPUs are no microseconds") {
  const Inferred x = inferred(R"({"queues": [{"name": "mail", "counts": {"active": 1, "paused": 0, "waiting": 12},
      "isPaused": true}]})");
  CHECK(x.shows("tally_queue_paused{queue=\"mail\"} 1"));
  CHECK(inferred(R"({"NanoCPUs": 4000000000, "VMs": 3})").shows("x_nano_cpus 4000000000"));
  CHECK(inferred(R"({"used_memory_mb": "24 MB"})").shows("x_used_memory_bytes 24000000"));
}

TEST_CASE("infer: queues of ActiveMQ by the name within") {
  const Inferred x = inferred(R"({"value": {
      "org.apache.activemq:brokerName=b,destinationName=orders,type=Broker":
        {"QueueSize": 12, "ConsumerCount": 2, "EnqueueCount": 100, "DequeueCount": 88, "Name": "orders"},
      "org.apache.activemq:brokerName=b,destinationName=mail,type=Broker":
        {"QueueSize": 0, "ConsumerCount": 1, "EnqueueCount": 5, "DequeueCount": 5, "Name": "mail"}}})");
  CHECK(x.shows("tally_queue_tasks{queue=\"orders\",state=\"ready\"} 12"));
  CHECK(x.shows("tally_queue_enqueued_total{queue=\"orders\"} 100"));
}

TEST_CASE("infer: services that are no queues keep their figures") {
  const Inferred x =
      inferred(R"({"services": [{"serviceName": "web", "desiredCount": 3, "runningCount": 2, "pendingCount": 1}]})");
  CHECK(x.rule("queues") == nullptr);
  CHECK(x.shows("x_service_running{service=\"web\"} 2"));
}

TEST_CASE("infer: registries of jobs are states, and the job at hand is no label") {
  const Inferred x = inferred(R"({"queues": [{"name": "default", "count": 5, "failed_job_registry_count": 2,
      "started_job_registry_count": 1, "deferred_job_registry_count": 3, "finished_job_registry_count": 100}],
      "workers": [{"name": "w", "state": "busy", "current_job": "app.count", "successful_job_count": 41,
      "failed_job_count": 2}]})");
  CHECK(x.shows("tally_queue_tasks{queue=\"default\",state=\"ready\"} 5"));
  CHECK(x.shows("tally_queue_tasks{queue=\"default\",state=\"active\"} 1"));
  CHECK(x.shows("tally_queue_tasks{queue=\"default\",state=\"delayed\"} 3"));
  CHECK(x.shows("tally_queue_tasks{queue=\"default\",state=\"completed\"} 100"));
  CHECK(x.shows("tally_worker_tasks_total{worker=\"w\"} 41"));
  CHECK(x.shows("tally_worker_tasks_failed_total{worker=\"w\"} 2"));
  CHECK(x.yaml.find("current_job: \"@.current_job\"") == std::string::npos);
}

TEST_CASE("infer: states beside their numbers, and texts that say how long") {
  const Inferred x = inferred(R"({"processes": [{"name": "web", "state": 20, "statename": "RUNNING",
      "description": "pid 4211, uptime 2:53:15"}, {"name": "cron", "state": 100, "statename": "EXITED",
      "description": "Not started"}]})");
  CHECK(x.shows("tally_worker_up{worker=\"web\"} 1"));
  CHECK(x.shows("tally_worker_up{worker=\"cron\"} 0"));
  CHECK(x.yaml.find("description: ") == std::string::npos);
  // Free slots are no tasks, and do not hide them.
  const Inferred overview = inferred(
      R"({"slots-total": 4, "slots-available": 1, "jobs-running": 2, "jobs-finished": 3, "jobs-cancelled": 0})");
  CHECK(overview.shows("tally_tasks{state=\"active\"} 2"));
  CHECK(overview.shows("tally_load 3"));
  const Inferred landing =
      inferred(R"({"workers": [{"name": "a", "state": "landing"}, {"name": "b", "state": "running"}]})");
  CHECK(landing.shows("tally_worker_state{worker=\"a\",state=\"draining\"} 1"));
}
