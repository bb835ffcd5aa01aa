// Prometheus text 0.0.4 and OpenMetrics 1.0 in: families as they were, in order. Which of the
// two it is, the text says (`# EOF`), not the Content-Type. Timestamps and exemplars are read over.
//
// What is read leniently, since exporters do it and Prometheus takes it:
//   - blanks and tabs between tokens, CR before LF, no newline at the end (of 0.0.4), a comma
//     after the last label, TYPE words in any case, backslashes that escape nothing;
//   - families in several pieces are one; the first TYPE and the first HELP hold; a TYPE after
//     samples of that very name holds for them too; samples without TYPE are untyped;
//   - the suffixes of all types are known in both formats: `x_total` belongs to a counter `x`. A
//     gauge family `x_created` beside a counter, histogram or summary `x` (python's client in
//     0.0.4) becomes its created samples.
// Values that OpenMetrics forbids to a type (a bucket that is less than the one before, a negative
// counter, an info that is not 1) make the family untyped (info, stateset: a gauge); its samples
// keep their suffixes. What is missing (a `+Inf` bucket, a sum) leaves the type as it is.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/batch.h"
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
  std::size_t not_utf8 = 0;    // label values of which bytes were replaced by U+FFFD
  std::size_t samples = 0;
};

// Errors: Stage::decode with the line number, the line (cut) and what was expected; Stage::limit
// over `max_samples`. One bad line fails the text: half an exposition is not shown as the whole.
Result<PromText> parse_prometheus(std::string_view text, std::size_t max_samples);

// {"name": [{"labels": {..}, "value": 1}, ..]} by sample name, for rules on it. NaN and the
// infinities are null: JSON has no such numbers, and a rule takes null as missing. A gauge or counter
// of which there is only the head is an empty list.
std::string to_json(const PromText& text);

// All families (also those without samples) and samples, in order; nothing is filtered.
void fill_batch(const PromText& text, SampleBatch& batch);

}  // namespace tallyman::decode
