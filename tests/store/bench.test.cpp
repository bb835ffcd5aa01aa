// What a new set of series costs, hidden: run with `test_store "[.bench]"`.
#include <time.h>

#include <cstdio>
#include <string>

#include "core/labels.h"
#include "store/shape_builder.h"
#include "support/catch.h"

using namespace tallyman;

namespace {

// What `count` workers with all derived words give, as mapping writes them.
SampleBatch workers(std::size_t count) {
  SampleBatch batch;
  std::vector<std::uint32_t> sets;
  for (std::size_t i = 0; i < count; ++i)
    sets.push_back(batch.add_labels("worker=\"worker-" + std::to_string(i) + "\""));
  const auto gauge = [&](const char* name) { return batch.add_family({name, MetricType::gauge, "A help text.", ""}); };
  for (const char* name : {"tally_worker_up", "tally_worker_enabled", "tally_worker_ready", "tally_worker_busy",
                           "tally_worker_load", "tally_worker_max_load", "tally_worker_memory_bytes"}) {
    const auto family = gauge(name);
    for (const std::uint32_t set : sets) batch.add(family, set, Number::of(std::int64_t{1}));
  }
  const auto state = gauge("tally_worker_state");
  for (const std::uint32_t set : sets)
    for (const char* word : {"idle", "busy", "draining", "paused", "starting", "offline", "failed", "unknown"}) {
      std::string body(batch.labels(set));
      append_label(body, "state", word);
      batch.add(state, batch.add_labels(body), Number::of(std::int64_t{0}));
    }
  return batch;
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_of_layout(std::size_t count) {
  const SampleBatch batch = workers(count);
  store::Common common;
  common.system = "bench";
  common.target = "large";
  store::BlockBuilder builder(common);
  const double began = cpu_seconds();
  const auto built = builder.build(batch, store::Clock::time_point::max());
  const double took = cpu_seconds() - began;
  CHECK(built.block->shape->prefix_bytes.size() == batch.size());
  std::printf("%7zu workers %8zu series: layout %.3f s, %.0f ns a series\n", count, batch.size(), took,
              took * 1e9 / static_cast<double>(batch.size()));
  return took;
}

}  // namespace

TEST_CASE("bench: the layout of a new shape is near linear", "[.bench]") {
  seconds_of_layout(1'000);
  seconds_of_layout(10'000);
  CHECK(seconds_of_layout(100'000) < 1.5);
}
