// How fast a body becomes samples, and exposition text, against simdjson's DOM parsing the same body and doing nothing
// else. Bodies of 8, 400 and 6,000 workers (1.2 KB to 1 MB), and of 10,000, with four values and three labels each.
//
//   ./dev bench map            bars: 0.35 of simdjson's rate to text up to 1 MB, 0.30 to samples at 10,000 workers
//
// Ends with 1 if the bar is missed, 3 if the machine was too noisy to say, 2 if the samples are wrong.
#include <simdjson.h>

#include <cstdlib>

#include "config/collector_file.h"
#include "map/collector.h"
#include "paired.h"
#include "store/shape_builder.h"

using namespace tallyman;

namespace {

constexpr double bar = 0.30;                        // samples, at 10,000 workers
constexpr double text_bar = 0.35, text_aim = 0.60;  // exposition text, at any size

constexpr const char* yaml = R"(
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
)";

// 160 bytes a worker, among them members that no rule asks for. `turn` changes the values, as life does.
std::string body_of(std::size_t workers, std::size_t turn) {
  std::string out = R"({"now": 1795309700, "workers": [)";
  for (std::size_t i = 0; i < workers; ++i) {
    if (i > 0) out += ", ";
    const std::string id = std::to_string(i);
    out += R"({"id": )" + id + R"(, "name": "worker-)" + id + R"(.example.org", "zone": "zone-)" +
           std::to_string(i % 7) + R"(", "rack": "rack-)" + std::to_string(i % 31) + R"(", "load": )" +
           std::to_string((i + turn) % 9) + R"(, "max_load": 8, "requests": )" + std::to_string(1000 + i * 3 + turn) +
           R"(, "memory": )" + std::to_string(11718656 + i * 16 + turn) + R"(, "avg": 0.25})";
  }
  return out + "]}";
}

map::Output mapped(const map::Collector& collector, const std::string& body, map::Collector::Answers& answers) {
  map::Raw raw;
  raw.status = 200;
  raw.body.reserve(body.size() + 64);  // as the transport leaves it
  raw.body = body;
  raw.arrived = 1795309700;
  auto answer = collector.read(0, {}, std::move(raw));
  if (!answer) std::abort();
  answers[0].clear();
  answers[0].push_back(std::move(**answer));
  auto output = collector.map(answers);
  if (!output) std::abort();
  return std::move(*output);
}

// Four samples of every worker, with the values of the body: counted and summed, which a slip would change.
bool right(const map::Output& output, std::size_t workers, std::size_t turn) {
  double sum = 0, expected = 0;
  std::size_t samples = 0;
  for (const map::Block& block : output.blocks)
    for (const Number& value : block.batch.values()) {
      sum += value.real();
      ++samples;
    }
  for (std::size_t i = 0; i < workers; ++i)
    expected += static_cast<double>((i + turn) % 9 + 8 + 1000 + i * 3 + turn + 11718656 + i * 16 + turn);
  return samples == 4 * workers && sum == expected;
}

// 0 well, 1 under the bar, 2 wrong, 3 too noisy.
int row(const map::Collector& collector, std::size_t workers, bool judged) {
  const std::string bodies[] = {body_of(workers, 0), body_of(workers, 1)};
  map::Collector::Answers answers(1);
  for (std::size_t turn : {0u, 1u})
    if (!right(mapped(collector, bodies[turn], answers), workers, turn)) {
      std::printf("%zu workers: the samples are wrong, nothing is measured\n", workers);
      return 2;
    }
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(bodies[0]);
  store::Common common;
  common.system = "bench";
  common.target = "bench";
  store::BlockBuilder builder(common);
  std::size_t turn = 0, kept = 0;
  const bench::Paired runs({
      {"simdjson", [&] { kept += parser.parse(padded).error() == simdjson::SUCCESS; }},
      {"samples", [&] { kept += mapped(collector, bodies[turn ^= 1], answers).samples; }},
      {"text",
       [&] {
         const map::Output output = mapped(collector, bodies[turn ^= 1], answers);
         kept +=
             builder.build(output.blocks[0].batch, store::Clock::time_point::max()).block->shape->prefix_bytes.size();
       }},
  });
  if (kept == 0) std::abort();
  const bench::Ratio samples = runs.rate(1, 0), text = runs.rate(2, 0);
  std::printf(
      "%6zu workers %8zu bytes   simdjson %7.0f MB/s   to samples %.2f (%.2f to %.2f), %8.1f us   to text %.2f (%.2f "
      "to %.2f), %8.1f us\n",
      workers, bodies[0].size(), static_cast<double>(bodies[0].size()) * 1e3 / runs.median_ns(0), samples.median,
      samples.least, samples.greatest, runs.median_ns(1) / 1e3, text.median, text.least, text.greatest,
      runs.median_ns(2) / 1e3);
  const bool noisy = runs.noise(0) > 2 || runs.noise(1) > 2 || runs.noise(2) > 2;
  const auto verdict = [&](const char* what, const bench::Ratio& r, double must, const std::string& aim) {
    const char* const word = noisy ? "the rounds differ too much, no verdict" : r.median >= must ? "met" : "MISSED";
    std::printf("%zu workers, %zu bytes to %s, of simdjson's rate: %.2f (%.2f to %.2f); bar at least %.2f%s: %s\n",
                workers, bodies[0].size(), what, r.median, r.least, r.greatest, must, aim.c_str(), word);
    return noisy ? 3 : r.median < must ? 1 : 0;
  };
  const int to_text =
      workers > 6000 ? 0 : verdict("text", text, text_bar, ", aim " + std::to_string(text_aim).substr(0, 4));
  return judged ? std::max(to_text, verdict("samples", samples, bar, "")) : to_text;
}

}  // namespace

int main() {
  Diagnostics found;
  const config::CollectorFile file = config::read_collector(yaml, "bench.yaml", "c", found);
  const auto collector = map::Collector::compile(file, nullptr, found);
  if (!collector) return 2;
  std::printf(
      "rates of simdjson's DOM parser alone, which is 1.00: median of %zu rounds in turn (least to greatest), CPU "
      "time\n",
      bench::Paired::rounds);
  int code = 0;
  for (const std::size_t workers : {8u, 400u, 6'000u, 10'000u})
    code = std::max(code, row(*collector, workers, workers == 10'000));
  return code;
}
