// Samples to what a scrape sends: laying out a set of series, writing values between its label texts, the plan, and the
// scrape itself.
#include <benchmark/benchmark.h>

#include "core/labels.h"
#include "exposition/exposition.h"
#include "inputs.h"
#include "store/shape_builder.h"

using namespace tallyman;
using bench::must;

namespace {

constexpr std::size_t workers = 8;

SampleBatch batch_of(std::size_t turn) {
  SampleBatch batch;
  std::vector<std::uint32_t> labels;
  for (std::size_t w = 0; w < workers; ++w)
    labels.push_back(batch.add_labels("worker=\"worker-" + std::to_string(w) + ".example.org\""));
  for (std::size_t f = 0; f < 16; ++f) {
    const auto family =
        batch.add_family({"tally_worker_figure_" + std::to_string(f), MetricType::gauge, "A figure.", ""});
    for (std::size_t w = 0; w < workers; ++w)
      batch.add(family, labels[w], Number::of(static_cast<std::int64_t>(1'000'000 + w * 977 + turn % 7)));
  }
  return batch;
}

store::Common common_of(std::size_t target) {
  store::Common common;
  common.system = "eight";
  common.target = "t" + std::to_string(10'000 + target);
  return common;
}

void layout(benchmark::State& state) {  // another set of series than before
  const SampleBatch batch = batch_of(0);
  for (auto _ : state) {
    store::BlockBuilder builder(common_of(0));
    benchmark::DoNotOptimize(builder.build(batch, store::Clock::time_point::max()).block.get());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batch.size()));
}
BENCHMARK(layout);

void fill(benchmark::State& state) {  // the same series, other values
  const SampleBatch batches[] = {batch_of(0), batch_of(1)};
  store::BlockBuilder builder(common_of(0));
  builder.build(batches[1], store::Clock::time_point::max());
  std::size_t turn = 0;
  for (auto _ : state) must(builder.build(batches[turn ^= 1], store::Clock::time_point::max()).same_shape, "filling");
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batches[0].size()));
}
BENCHMARK(fill);

std::vector<store::SnapshotPtr> snapshots(std::size_t targets) {
  std::vector<store::SnapshotPtr> out;
  const SampleBatch batch = batch_of(0);
  for (std::size_t t = 0; t < targets; ++t) {
    const store::Common common = common_of(t);
    auto snapshot = std::make_shared<store::Snapshot>();
    snapshot->target = common.target;
    snapshot->blocks.push_back(store::BlockBuilder(common).build(batch, store::Clock::time_point::max()).block);
    out.push_back(std::move(snapshot));
  }
  return out;
}

void plan(benchmark::State& state) {
  const auto all = snapshots(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) must(exposition::plan_for(all, nullptr).fresh, "planning");
}
BENCHMARK(plan)->ArgName("targets")->Arg(400);

void scrape(benchmark::State& state, exposition::Format format, bool gzip) {
  const auto all = snapshots(static_cast<std::size_t>(state.range(0)));
  const auto planned = exposition::plan_for(all, nullptr).plan;
  std::string block;
  std::size_t sent = 0;
  for (auto _ : state) {
    exposition::Scrape scrape(all, planned, format, gzip, store::Clock::time_point());
    while (scrape.next(block)) sent += block.size();
  }
  must(sent > 0, "a scrape");
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * all.size() * workers * 16));
}
BENCHMARK_CAPTURE(scrape, plain, exposition::Format::text, false)->ArgName("targets")->Arg(400);
BENCHMARK_CAPTURE(scrape, openmetrics, exposition::Format::openmetrics, false)->ArgName("targets")->Arg(400);
BENCHMARK_CAPTURE(scrape, gzip, exposition::Format::text, true)->ArgName("targets")->Arg(400);

void labels(benchmark::State& state) {
  const std::string values[] = {"worker-17.example.org", "zone \"a\"", "C:\\builds\nnightly"};
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (const std::string& value : values) append_label(out, "worker", value);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(labels);

}  // namespace
