// Bodies to what the mapping reads, each format by itself.
#include <benchmark/benchmark.h>

#include "decode/document.h"
#include "decode/prometheus_text.h"
#include "decode/text_formats.h"
#include "decode/xmlrpc.h"
#include "inputs.h"

using namespace tallyman;
using bench::must;

namespace {

void bytes(benchmark::State& state, const std::string& body) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}

// As the transport leaves a body: with room behind it.
std::string copy_of(const std::string& body) {
  std::string copy;
  copy.reserve(body.size() + decode::Document::padding);
  copy = body;
  return copy;
}

void json(benchmark::State& state) {
  const std::string body = bench::crew(static_cast<std::size_t>(state.range(0)));
  decode::Document document;
  for (auto _ : state) must(document.parse(copy_of(body)).has_value(), "json");
  bytes(state, body);
}
BENCHMARK(json)->ArgName("workers")->Arg(8)->Arg(400)->Arg(6000);

void xmlrpc(benchmark::State& state) {
  const std::string body = bench::file("decode/xmlrpc/08_get_tasks_all.response.xml");
  for (auto _ : state) {
    Result<std::string> json = decode::xmlrpc_to_json(body, 64);
    must(json.has_value(), "xmlrpc");
    benchmark::DoNotOptimize(json->data());
  }
  bytes(state, body);
}
BENCHMARK(xmlrpc);

void prometheus_text(benchmark::State& state, const char* path) {
  const std::string body = bench::file(path);
  for (auto _ : state) {
    Result<decode::PromText> text = decode::parse_prometheus(body);
    must(text && text->samples > 0, path);
    benchmark::DoNotOptimize(text->samples);
  }
  bytes(state, body);
}
BENCHMARK_CAPTURE(prometheus_text, flower, "decode/prometheus/flower.prom");
BENCHMARK_CAPTURE(prometheus_text, fastapi, "decode/prometheus/fastapi.prom");
BENCHMARK_CAPTURE(prometheus_text, openmetrics, "decode/prometheus/php-fpm.openmetrics");

void csv(benchmark::State& state) {
  const std::string body = bench::file("collectors/haproxy/captured/stats.csv");
  for (auto _ : state) {
    Result<decode::JsonOfText> json = decode::csv_to_json(body);
    must(json && json->json.size() > body.size(), "csv");
    benchmark::DoNotOptimize(json->json.data());
  }
  bytes(state, body);
}
BENCHMARK(csv);

}  // namespace
