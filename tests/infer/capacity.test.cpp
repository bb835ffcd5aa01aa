// Capacity pairs: names that are the same but for the word that says in use, or so many.
#include "inferred.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::infer::testing;

namespace {

// `a.b` is b of an object a.
std::string member(const std::string& name, int value) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return "\"" + name + "\": " + std::to_string(value);
  return "\"" + name.substr(0, dot) + "\": {" + member(name.substr(dot + 1), value) + "}";
}

std::string worker(const char* name, const std::string& part, const std::string& whole, int in_use, int so_many) {
  std::string values = member(part, in_use) + ", " + member(whole, so_many);
  if (const std::size_t dot = part.find('.'); dot != std::string::npos && whole.starts_with(part.substr(0, dot + 1)))
    values = "\"" + part.substr(0, dot) + "\": {" + member(part.substr(dot + 1), in_use) + ", " +
             member(whole.substr(dot + 1), so_many) + "}";
  return "{\"name\": \"" + std::string(name) + "\", " + values + "}";
}

Inferred of(const std::string& part, const std::string& whole, int so_many = 8) {
  return inferred("{\"workers\": [" + worker("a", part, whole, 3, so_many) + ", " +
                  worker("b", part, whole, 0, so_many) + "]}");
}

}  // namespace

TEST_CASE("infer: capacity pairs are found by their words") {
  const std::pair<const char*, const char*> rows[] = {{"running", "slots"},
                                                      {"load", "max_load"},
                                                      {"load", "capacity"},
                                                      {"busy", "total"},
                                                      {"load", "max"},
                                                      {"busy", "max"},
                                                      {"running", "total"},
                                                      {"active", "max"},
                                                      {"used", "total"},
                                                      {"current", "limit"},
                                                      {"in_use", "capacity"},
                                                      {"cpus_used", "cpus"},
                                                      {"busy_slots", "total_slots"},
                                                      {"busyThreads", "totalThreads"},
                                                      {"threads_busy", "threads_max"},
                                                      {"numBusy", "numExecutors"},
                                                      {"busy-slots", "total-slots"},
                                                      {"threads.busy", "threads.total"},
                                                      {"pool.active", "pool.size"},
                                                      {"slots.inUse", "slots.max"},
                                                      {"busy_slots", "capacity"},
                                                      {"current_jobs", "max_jobs"},
                                                      {"jobs.running", "jobs.limit"},
                                                      {"stats.busyWorkers", "stats.workers"},
                                                      {"allocatedCpus", "totalCpus"},
                                                      {"numBusyExecutors", "executorCount"},
                                                      {"numActive", "poolSize"},
                                                      {"activeConnections", "maximumPoolSize"}};
  for (const auto& [part, whole] : rows) {
    const Inferred got = of(part, whole);
    INFO(part << " " << whole << "\n" << got.yaml);
    CHECK(got.shows("tally_worker_load{worker=\"a\"} 3"));
    CHECK(got.shows("tally_worker_load{worker=\"b\"} 0"));
    CHECK(got.shows("tally_worker_max_load{worker=\"a\"} 8"));
  }
  // What is free, and what there is of both.
  const std::pair<const char*, const char*> free[] = {
      {"free_slots", "slots"}, {"idleThreads", "maxThreads"}, {"slots.available", "slots.total"}};
  for (const auto& [part, whole] : free) {
    const Inferred got = of(part, whole);
    INFO(part << " " << whole << "\n" << got.yaml);
    CHECK(got.shows("tally_worker_load{worker=\"a\"} 5"));
    CHECK(got.shows("tally_worker_max_load{worker=\"a\"} 8"));
  }
  CHECK(of("used_slots", "free_slots").shows("tally_worker_max_load{worker=\"a\"} 11"));
}

TEST_CASE("infer: pages, bytes, positions and what is counted are no capacity") {
  const std::pair<const char*, const char*> rows[] = {{"pagination.current", "pagination.total"},
                                                      {"offset", "limit"},
                                                      {"memory.used", "memory.total"},
                                                      {"disk_used", "disk_total"},
                                                      {"jobs_running", "jobs_total"},
                                                      {"requests_active", "requests_total"},
                                                      {"position.current", "position.total"},
                                                      {"max_used", "max"},
                                                      {"query_current", "query_total"},
                                                      {"rate_limit.used", "rate_limit.limit"},
                                                      {"used_bytes", "total_bytes"}};
  for (const auto& [part, whole] : rows) {
    const Inferred got = of(part, whole);
    INFO(part << " " << whole << "\n" << got.yaml);
    CHECK(got.mapped.of("tally_worker_max_load").empty());
  }
  // Bytes without a word, more in use than there is, and a total of what was done.
  CHECK(of("used", "total", 8'000'000).mapped.of("tally_worker_max_load").empty());
  CHECK(of("busy", "total", 2).mapped.of("tally_worker_max_load").empty());
  const Inferred done =
      inferred(R"({"workers": [{"name": "a", "running": 1, "completed": 4, "failed": 0, "total": 5}]})");
  CHECK(done.mapped.of("tally_worker_max_load").empty());
  const std::string before = R"({"workers": [{"name": "a", "busy": 1, "total": 5}]})";
  const Inferred grew = inferred(before, {"", R"({"workers": [{"name": "a", "busy": 1, "total": 6}]})", "x"});
  CHECK(grew.mapped.of("tally_worker_max_load").empty());
}

TEST_CASE("infer: the capacity of a service without workers") {
  const Inferred puma = inferred(
      R"({"started_at": "2026-11-22T01:15:33Z", "backlog": 0, "running": 3, "pool_capacity": 1, "max_threads": 5, "requests_count": 7})");
  CHECK(puma.shows("tally_load 4"));
  CHECK(puma.shows("tally_max_load 5"));
  const Inferred far = inferred(R"({"a": {"busy_threads": 1, "max_threads": 5}, "current": 1, "limit": 5})");
  CHECK(far.mapped.of("tally_max_load").empty());
  CHECK(inferred(R"({"running": 2, "total": 9})").mapped.of("tally_max_load").empty());  // of whatever
}
