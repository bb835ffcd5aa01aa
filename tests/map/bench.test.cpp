// How fast mapping is, against simdjson parsing the same body (DESIGN 4): ./test_map "[.bench]".
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;
using namespace tallyman::map::testing;

namespace {

std::string workers_body(int n) {
  std::string out = R"({"now": 1795309700, "workers": [)";
  for (int i = 0; i < n; ++i) {
    if (i > 0) out += ',';
    const std::string id = std::to_string(i);
    out += R"({"id": )" + id + R"(, "name": "worker-)" + id + R"(.example.org", "pid": )" + std::to_string(20000 + i) +
           R"(, "zone": "zone-)" + std::to_string(i % 7) + R"(", "rack": "rack-)" + std::to_string(i % 31) +
           R"(", "status": "busy", "load": )" + std::to_string(i % 9) + R"(, "max_load": 8, "requests": )" +
           std::to_string(1000 + i * 3) + R"(, "memory": )" + std::to_string(11718656 + i) +
           R"(, "tags": ["a", "b"], "avg": 0.25})";
  }
  return out + "]}";
}

template <class F>
double best_of(F&& run) {
  double best = 1e9;
  for (int i = 0; i < 40; ++i) {
    const auto from = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count());
  }
  return best;
}

void measure(const char* what, const std::string& yaml, const std::string& body, double at_least) {
  Given given;
  given.yaml = yaml;
  const auto collector = compiled(given);
  Collector::Answers answers(1);
  Raw raw;
  raw.status = 200;
  raw.body = body;
  raw.arrived = 1795309700;
  answers[0].push_back(std::move(**collector->read(0, {}, std::move(raw))));
  std::size_t samples = 0;
  const double map = best_of([&] { samples = collector->map(answers)->samples; });
  const double parse = best_of([&] {
    std::string copy = body;
    decode::Document document;
    if (!document.parse(std::move(copy))) std::abort();
  });
  const double mb = static_cast<double>(body.size()) / 1e6;
  std::printf("%-34s %7zu samples  map %7.1f MB/s (%.2f ms)  parse %7.1f MB/s  ratio %.2f\n", what, samples, mb / map,
              map * 1e3, mb / parse, parse / map);
  CHECK(parse / map >= at_least);
}

}  // namespace

TEST_CASE("bench: mapping against parsing", "[.bench]") {
  const std::string body = workers_body(10'000);
  measure("10k workers, 4 metrics, 3 labels", R"(
collector: c
about: x
limits: { samples: 1000000 }
requests: { r: {} }
service:
  each: "$.workers[*]"
  labels: { worker: "@.name", zone: "@.zone", rack: "@.rack" }
  metrics:
    load: { gauge: "@.load", help: h }
    max_load: { gauge: "@.max_load", help: h }
    requests_total: { counter: "@.requests", help: h }
    memory: { gauge: "@.memory", help: h }
)",
          body, 0.30);
  measure("10k workers, 4 words, all derived", R"(
collector: c
about: x
limits: { samples: 1000000 }
requests: { r: {} }
workers:
  each: "$.workers[*]"
  worker: "@.name"
  state: { path: "@.status", map: { idle: up, busy: busy, "*": unknown } }
  load: "@.load"
  max_load: "@.max_load"
  tasks_total: "@.requests"
  memory: "@.memory"
)",
          body, 0.05);
}
