// Any bytes as Prometheus text: refused, or families whose JSON form is JSON and whose batch has
// every sample once. What was understood must be understood again when it is written out.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/labels.h"
#include "decode/document.h"
#include "decode/prometheus_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman;
  const auto text = decode::parse_prometheus({reinterpret_cast<const char*>(data), size}, {.samples = 10000});
  if (!text) return 0;

  std::size_t samples = 0;
  std::string written;
  for (const auto& f : text->families) {
    if (!is_metric_name(f.family.name)) std::abort();
    for (const auto& s : f.samples) {
      std::string body;
      for (const auto& label : s.labels()) append_label(body, label.name(), label.value());
      written.append(s.name()).append("{").append(body).append("} ").append(to_text(s.value)).append("\n");
      ++samples;
    }
  }
  if (samples + text->duplicates != text->samples) std::abort();

  SampleBatch batch;
  decode::fill_batch(*text, batch);
  if (batch.size() != samples || batch.families().size() != text->families.size()) std::abort();
  for (std::uint32_t set = 1; set < batch.label_sets(); ++set)
    if (parse_labels(batch.labels(set)).empty()) std::abort();

  decode::Document document;
  if (!document.parse(*decode::to_json(*text))) std::abort();

  const auto again = decode::parse_prometheus(written, {.samples = 10000});
  if (!again || again->samples != samples) std::abort();
  return 0;
}
