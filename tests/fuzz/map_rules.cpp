// A collector and, behind a line `====`, what its first request is answered: whatever both say, there is an error with
// a reason, or a batch whose series are told apart and whose label texts can be read.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/collector_file.h"
#include "core/labels.h"
#include "map/collector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view mark = "\n====\n";
  const std::size_t end = all.find(mark);
  if (end == all.npos) return 0;
  Diagnostics found;
  const auto file = config::parse_collector(std::string(all.substr(0, end)), "f.yaml", "", found);
  if (!file) return 0;
  const auto collector = map::Collector::compile(*file, nullptr, found);
  if (!collector) return has_errors(found) ? 0 : (std::abort(), 0);
  map::Collector::Answers answers(collector->requests().size());
  const std::size_t first = collector->order().front();
  const auto calls = collector->calls(first, answers);
  if (!calls || calls->empty()) return 0;
  map::Raw raw;
  raw.status = 200;
  raw.body = std::string(all.substr(end + mark.size()));
  raw.arrived = 1'000'000;
  auto answer = collector->read(first, calls->front(), std::move(raw));
  if (!answer || !*answer) return 0;
  answers[first].push_back(std::move(**answer));
  const auto mapped = collector->map(answers);
  if (!mapped) return mapped.error().detail.empty() ? (std::abort(), 0) : 0;
  for (const map::Block& block : mapped->blocks)
    for (std::uint32_t set = 1; set < block.batch.label_sets(); ++set)
      if (parse_labels(block.batch.labels(set)).empty()) std::abort();
  return 0;
}
