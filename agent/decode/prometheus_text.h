// Prometheus text 0.0.4 and OpenMetrics 1.0 in: families as they were, in order. Which of the
// two it is, the text says (`# EOF`, `# TYPE x info`, `_created` in a counter family), not the
// Content-Type. Timestamps and exemplars are read over.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/family.h"
#include "core/labels.h"
#include "core/number.h"
#include "core/result.h"

namespace tallyman::decode {

struct PromSample {
  std::string name;  // as it stood: foo_bucket, foo_total, ...
  Suffix suffix = Suffix::none;
  Labels labels;  // in the source's order, values unescaped; `le` and `quantile` canonical floats
  Number value;
};

struct PromFamily {
  Family family;  // name as text 0.0.4 has it: a counter with its `_total`, an info with `_info`
  std::vector<PromSample> samples;
};

struct PromText {
  std::vector<PromFamily> families;
  std::size_t duplicates = 0;  // series that came twice: the first is kept
  std::size_t samples = 0;
};

// Errors: Stage::decode with the line number, the line (cut) and what was expected; Stage::limit
// over `max_samples`. One bad line fails the text: half an exposition is not shown as the whole.
Result<PromText> parse_prometheus(std::string_view text, std::size_t max_samples);

// As the JSON form of LANGUAGE section 3.1: {"name": [{"labels": {..}, "value": 1}, ..]} by
// sample name, for rules on it.
std::string to_json(const PromText& text);

}  // namespace tallyman::decode
