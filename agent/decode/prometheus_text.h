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
//
// What is read are places in the text, which is kept: a copy of each name and label would take four
// times what the text does.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch.h"
#include "core/family.h"
#include "core/labels.h"
#include "core/number.h"
#include "core/result.h"

namespace tallyman::decode {

// A label where it stands: its value comes two bytes behind its name, `="` mostly.
class PromLabel {
 public:
  PromLabel() = default;
  PromLabel(const char* at, std::size_t name_bytes, std::size_t value_bytes)
      : at_(at), name_(static_cast<std::uint32_t>(name_bytes)), value_(static_cast<std::uint32_t>(value_bytes)) {}
  static constexpr std::size_t between = 2;
  std::string_view name() const { return {at_, name_}; }
  std::string_view value() const { return {at_ + name_ + between, value_}; }

 private:
  const char* at_ = nullptr;
  std::uint32_t name_ = 0, value_ = 0;
};
static_assert(sizeof(PromLabel) == 16);

// Valid as long as the PromText it is of.
struct PromSample {
  std::string_view name() const { return {name_at, name_bytes}; }  // as it stood: foo_bucket, foo_total, ...
  // In the source's order, values unescaped; `le` and `quantile` canonical floats.
  std::span<const PromLabel> labels() const { return {labels_at, label_count}; }
  const char* name_at = nullptr;
  const PromLabel* labels_at = nullptr;
  std::uint32_t name_bytes = 0;
  std::uint16_t label_count = 0;
  Suffix suffix = Suffix::none;
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
  // Samples whose name or whose label's name is over `longest_name`, which are left out, and HELPs that were cut.
  std::size_t too_long = 0;

  std::size_t bytes = 0;  // what it takes in memory, the text and what is read of it
  static constexpr std::size_t longest_name = 1024, longest_help = 4096;
  std::shared_ptr<const void> keeps;  // what samples point into
};

struct PromLimits {
  std::size_t samples = std::numeric_limits<std::size_t>::max();
  std::size_t memory = std::numeric_limits<std::size_t>::max();  // of the text and what is read of it together
};

// Errors: Stage::decode with the line number, the line (cut) and what was expected; Stage::limit
// over `limits`. One bad line fails the text: half an exposition is not shown as the whole.
Result<PromText> parse_prometheus(std::string text, const PromLimits& limits = {});

// {"name": [{"labels": {..}, "value": 1}, ..]} by sample name, for rules on it. NaN and the
// infinities are null: JSON has no such numbers, and a rule takes null as missing. A gauge or counter
// of which there is only the head is an empty list.
// Errors: Stage::limit over `memory` bytes of it.
Result<std::string> to_json(const PromText& text, std::size_t memory = std::numeric_limits<std::size_t>::max());

// All families (also those without samples) and samples, in order; nothing is filtered.
void fill_batch(const PromText& text, SampleBatch& batch);

}  // namespace tallyman::decode
