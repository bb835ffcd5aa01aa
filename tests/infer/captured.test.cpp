// Every JSON answer that was captured of a real service: the collector that is proposed loads without a
// word and shows samples of that answer; of seven services what is found is what a person would have
// chosen. The answers lie outside the project, so the test says loudly when they are not there.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

namespace {

std::filesystem::path captured() {
  if (const char* given = std::getenv("TALLYMAN_CAPTURED")) return given;
  return std::filesystem::path(TALLYMAN_SOURCE_DIR) / ".." / "shared" / "captured";
}

bool skipped() {
  if (std::filesystem::exists(captured())) return false;
  std::cerr << "SKIPPED: no captured answers in " << captured() << " (set TALLYMAN_CAPTURED)\n";
  return true;
}

// As the command calls the page: its file's name.
Inferred of(const std::filesystem::path& file) {
  return inferred(map::testing::read_file(file.string()),
                  {file.stem().string(), "", infer::legal_name(file.parent_path().filename().string())});
}

struct Row {
  const char* file;
  const char* kind;
  std::size_t nth;
  const char* where;  // each | identity
};

// Written by hand from the answers.
constexpr Row expected[] = {
    {"rabbitmq/queues.json", "queues", 0, "$[*] | \"@.name\""},
    {"rabbitmq/queues_page1.json", "queues", 0, "$.items[*] | \"@.name\""},
    {"rabbitmq/queues_columns.json", "queues", 0, "$[*] | \"@.name\""},
    {"rabbitmq/nodes.json", "workers", 0, "$[*] | \"@.name\""},
    {"rabbitmq/consumers.json", "queues", 0, "$[*] | \"@.queue.name\""},
    {"rabbitmq/connections.json", "workers", 0, "$[*] | \"@.name\""},
    {"flower/workers.json", "workers", 0, "$.* | \"{key}\""},
    {"flower/workers.json", "queues", 0, "$.*, @.active_queues[*] | \"@.name\""},
    {"flower/workers_refresh.json", "workers", 0, "$.* | \"{key}\""},
    {"flower/workers_page.json", "workers", 0, "$.data[*] | \"@.hostname\""},
    {"flower/workers_status.json", "workers", 0, "$.* | \"{key}\""},
    {"flower/queues_length.json", "queues", 0, "$.active_queues[*] | \"@.name\""},
    {"flower/tasks_limit5.json", "queues", 0, "$.* | \"@.routing_key\""},
    {"nats/jsz.json", "queues", 0, "$.account_details[*], @.stream_detail[*] | \"@.name\""},
    {"nats/jsz.json", "queues", 1,
     "$.account_details[*], @.stream_detail[*], @.consumer_detail[*] | { path: \"@.name\", outer: 1 }"},
    {"nats/connz.json", "workers", 0, "$.connections[*] | \"@.name\""},
    {"puma/stats_cluster.json", "workers", 0, "$.worker_status[*] | \"@.index\""},
    {"uwsgi/stats_raw_tcp.json", "workers", 0, "$.workers[*] | \"@.id\""},
    {"uwsgi/stats_raw_tcp.json", "queues", 0, "$.sockets[*] | \"@.name\""},
    {"uwsgi/stats_http_cheaper.json", "workers", 0, "$.workers[*] | \"@.id\""},
    {"dask/identity.json", "workers", 0, "$.workers.* | \"{key}\""},
    {"haproxy/stats.json", "workers", 0,
     "$[?@[0].objType == 'Server'] | { concat: [{ first: \"@[?@.field.name == 'pxname'].value.value\" }, \"/\", { "
     "first: "
     "\"@[?@.field.name == 'svname'].value.value\" }] }"},
    {"haproxy/stats.json", "queues", 0,
     "$[?@[0].objType == 'Backend'] | { first: \"@[?@.field.name == 'pxname'].value.value\" }"},
    {"haproxy/show_stat_socket.json", "workers", 0,
     "$[?@[0].objType == 'Server'] | { concat: [{ first: \"@[?@.field.name == 'pxname'].value.value\" }, \"/\", { "
     "first: "
     "\"@[?@.field.name == 'svname'].value.value\" }] }"},
    {"sidekiq/stats_queues.json", "queues", 0, "$.* | \"{key}\""},
    {"bull-board/queues.json", "queues", 0, "$.queues[*] | \"@.name\""},
    {"slurmrestd/nodes.json", "workers", 0, "$.nodes[*] | \"@.name\""},
    {"slurmrestd/jobs.json", "queues", 0, "$.jobs[*] | \"@.partition\""},
    {"kobo/xmlrpc/12_multicall_get_worker_info.decoded.json", "workers", 0, "$[*][*] | \"@.name\""},
    {"buildbot/workers.json", "workers", 0, "$.workers[*] | \"@.name\""},
};

struct Line {
  const char* file;
  const char* line;  // of what is then shown
};

// Samples that follow from the answers, read by a person.
constexpr Line samples[] = {
    {"rabbitmq/nodes.json", "tally_worker_up{worker=\"rabbit@localhost\"} 1"},
    {"flower/workers_page.json", "tally_worker_up{worker=\"worker3@host3\"} 0"},
    {"flower/workers_page.json", "tally_worker_open_tasks{worker=\"worker1@host1\"} 2"},
    {"flower/workers_page.json", "tally_worker_tasks_total{worker=\"worker1@host1\"} 43"},
    {"flower/workers_page.json", "tally_worker_tasks_failed_total{worker=\"worker1@host1\"} 2"},
    {"flower/workers_page.json", "tally_worker_host_load1{worker=\"worker1@host1\"} 4.03"},
    {"flower/workers_page.json",
     "tally_worker_last_seen_timestamp_seconds{worker=\"worker1@host1\"} 1795309776.1656082"},
    {"flower/workers.json", "tally_worker_max_load{worker=\"worker1@host1\"} 2"},
    {"flower/workers.json", "flower_worker_stats_total{worker=\"worker1@host1\",key=\"tasks.add\"} 13"},
    {"flower/workers_status.json", "tally_worker_up{worker=\"worker3@host3\"} 0"},
    {"flower/queues_length.json", "tally_queue_tasks{queue=\"slow\",state=\"ready\"} 3"},
    {"nats/jsz.json", "tally_queue_tasks{namespace=\"$G\",queue=\"ORDERS\",state=\"ready\"} 25"},
    {"puma/stats_cluster.json", "tally_worker_load{worker=\"0\"} 3"},
    {"puma/stats_cluster.json", "tally_worker_max_load{worker=\"0\"} 3"},
    {"puma/stats_cluster.json", "tally_worker_tasks_total{worker=\"1\"} 10"},
    {"puma/stats_cluster.json", "tally_worker_start_timestamp_seconds{worker=\"0\"} 1795310133"},
    {"puma/stats_single_unix.json", "tally_load 3"},
    {"puma/stats_single_unix.json", "tally_max_load 3"},
    {"uwsgi/stats_http_cheaper.json", "tally_worker_state{worker=\"0\",state=\"paused\"} 1"},
    {"uwsgi/stats_http_cheaper.json", "tally_worker_tasks_total{worker=\"1\"} 6"},
    {"uwsgi/stats_raw_tcp.json", "tally_worker_max_load{worker=\"1\"} 2"},
    {"uwsgi/stats_raw_tcp.json", "tally_worker_state{worker=\"1\",state=\"busy\"} 1"},
    {"dask/identity.json", "tally_worker_open_tasks{worker=\"tcp://127.0.0.1:36937\"} 2"},
    {"dask/identity.json", "tally_worker_max_load{worker=\"tcp://127.0.0.1:36937\"} 2"},
    {"dask/identity.json", "tally_worker_memory_bytes{worker=\"tcp://127.0.0.1:36937\"} 50962432"},
    {"dask/identity.json", "tally_worker_memory_limit_bytes{worker=\"tcp://127.0.0.1:36937\"} 500000000"},
    {"haproxy/stats.json", "tally_worker_max_load{worker=\"be/app1\"} 50"},
    {"haproxy/stats.json", "tally_worker_state{worker=\"be/app2\",state=\"offline\"} 1"},
    {"haproxy/stats.json", "tally_worker_state{worker=\"be/app3\",state=\"paused\"} 1"},
    {"haproxy/stats.json", "tally_queue_tasks{queue=\"be\",state=\"ready\"} 0"},
    {"sidekiq/stats_queues.json", "tally_queue_tasks{queue=\"default\",state=\"ready\"} 30"},
    {"rabbitmq/consumers.json", "tally_queue_consumers{namespace=\"prod\",queue=\"orders\"} 1"},
};

}  // namespace

TEST_CASE("infer: in seven services and more the list and what tells its items apart") {
  if (skipped()) return;
  for (const Row& row : expected) {
    INFO(row.file);
    const Inferred got = of(captured() / row.file);
    CHECK(got.failure == "");
    CHECK(got.where(row.kind, row.nth) == row.where);
  }
}

TEST_CASE("infer: what the proposals show of their answers") {
  if (skipped()) return;
  for (const Line& sample : samples) {
    const Inferred got = of(captured() / sample.file);
    INFO(sample.file << "\n" << got.yaml << got.mapped.text());
    CHECK(got.shows(sample.line));
  }
}

TEST_CASE("infer: of several kinds in one list each has its own figures") {
  if (skipped()) return;
  const Inferred got = of(captured() / "haproxy/stats.json");
  const infer::Rule* const rule = got.rule("workers");
  REQUIRE(rule);
  for (const infer::Metric& metric : rule->metrics) {
    INFO(metric.name);
    if (metric.live && metric.type != "info") CHECK(!got.mapped.of(metric.name).empty());
  }
  CHECK(got.shows("haproxy_worker_check_rise{worker=\"be/app1\"} 2"));
  CHECK(got.yaml.find("haproxy_worker_dreq") == std::string::npos);  // frontends' and backends'
}

TEST_CASE("infer: every captured answer gives a collector that loads and shows something of it") {
  if (skipped()) return;
  int files = 0, nothing = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(captured())) {
    if (entry.path().extension() != ".json" || entry.file_size() == 0) continue;
    INFO(entry.path());
    decode::Document document;
    if (!document.parse(map::testing::read_file(entry.path().string()))) continue;
    const Inferred got = of(entry.path());
    ++files;
    if (!got.failure.empty()) {
      CHECK(got.failure.starts_with("map: nothing to measure: "));
      ++nothing;
      continue;
    }
    INFO(got.yaml << got.mapped.text());
    CHECK(got.mapped.failure == "");
    CHECK(!got.mapped.lines.empty());
    for (const auto& [what, n] : got.mapped.errors) {
      INFO(what << " " << n);
      // An error among the answers of a multicall has no name, which the proposal says.
      const bool nameless =
          what.ends_with(" skipped") && got.yaml.find("# NOT ALL items have this name") != std::string::npos;
      CHECK((what.ends_with(" missing") || nameless));
    }
  }
  CHECK(files >= 70);
  CHECK(nothing <= 6);  // answers of only a name, or of nothing
}
