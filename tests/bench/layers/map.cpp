// A body to samples through a collector's file: reading and mapping, each by itself, and both. ./dev bench map compares
// the whole with simdjson.
#include <benchmark/benchmark.h>

#include "config/collector_file.h"
#include "inputs.h"
#include "map/collector.h"

using namespace tallyman;
using bench::must;

namespace {

std::shared_ptr<const map::Collector> compiled(const std::string& path) {
  Diagnostics found;
  const config::CollectorFile read = config::read_collector(bench::file(path), path, "bench", found);
  auto collector = map::Collector::compile(read, nullptr, found);
  must(collector != nullptr, path.c_str());
  return collector;
}

map::Answer answer_of(const map::Collector& collector, const std::string& body) {
  map::Raw raw;
  raw.status = 200;
  raw.body.reserve(body.size() + decode::Document::padding);  // as the transport leaves it
  raw.body = body;
  raw.arrived = 1795309700;
  auto answer = collector.read(0, {}, std::move(raw));
  must(answer && *answer, "reading");
  return std::move(**answer);
}

void compile(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(compiled("bench/collectors/eight.yaml").get());
}
BENCHMARK(compile);

void read(benchmark::State& state) {
  const auto collector = compiled("bench/collectors/eight.yaml");
  const std::string body = bench::crew(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(answer_of(*collector, body).bytes());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}
BENCHMARK(read)->ArgName("workers")->Arg(8)->Arg(400);

void mapped(benchmark::State& state) {
  const auto collector = compiled("bench/collectors/eight.yaml");
  map::Collector::Answers answers(1);
  answers[0].push_back(answer_of(*collector, bench::crew(static_cast<std::size_t>(state.range(0)))));
  std::size_t samples = 0;
  for (auto _ : state) {
    const auto output = collector->map(answers);
    must(output && output->samples > 0, "mapping");
    samples += output->samples;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(samples));
}
BENCHMARK(mapped)->ArgName("workers")->Arg(8)->Arg(400);

}  // namespace
