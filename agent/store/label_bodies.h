// The label sets of a batch as one target shows them: with its common labels, legal names, values
// within the limit. Knows neither families nor values. Private to store/.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/batch.h"
#include "core/labels.h"
#include "store/shape_builder.h"

namespace tallyman::store {

struct LabelHash {
  std::uint64_t low = 0, high = 0;
  friend bool operator==(const LabelHash&, const LabelHash&) = default;
};

// A label set with the common labels in it, as it is written and as it is compared.
struct LabelBody {
  std::size_t text_at = 0;
  std::uint32_t text_bytes = 0;
  bool as_given = false;      // its text is the batch's, with the common labels before it
  LabelHash identity;         // of all labels, whatever their order
  LabelHash metric;           // the same without `le`, `quantile` or the stateset's label
  LabelHash origin;           // metric before labels were filtered
  bool has_structure = true;  // the label that the suffix asks for is there
  double bound =
      std::numeric_limits<double>::quiet_NaN();  // its value, of `le` and `quantile`; NaN if it is no canonical number
};

class LabelBodies {
 public:
  LabelBodies(const SampleBatch& batch, const Common& common);

  // `structural` is the label that the series' suffix asks for, "" if none.
  LabelBody of(std::uint32_t set, std::string_view structural);

  // No more of them is asked for: their texts stay, and all else goes.
  void forget();
  // The text of a body, as between the braces.
  void append_text(std::string& to, std::size_t text_at, std::uint32_t text_bytes, bool as_given) const;
  std::size_t text_size(const LabelBody& body) const;
  // Of the sets asked for so far:
  bool all_name_target() const { return names_target_; }  // each has the label target="<the target>"
  std::size_t sanitised() const { return sanitised_; }
  std::size_t cut() const { return cut_; }

 private:
  using Views = std::vector<std::pair<std::string_view, std::string_view>>;

  LabelBody make(std::uint32_t set, std::string_view structural);
  bool make_simple(std::string_view source, LabelBody& body);
  bool split_simple(std::string_view source);
  template <class Pairs>
  bool names_target(const Pairs& labels) const;
  template <class Pairs>
  LabelHash hash_of(const Pairs& sorted, std::string_view without);

  const SampleBatch& batch_;
  const Common& common_;
  Labels shared_;            // the common labels
  std::string shared_text_;  // as they are written
  bool names_target_ = true;
  std::size_t sanitised_ = 0, cut_ = 0;
  std::vector<std::uint32_t> plain_;  // label set -> body + 1, of series without structural label
  std::vector<LabelBody> bodies_;
  Views views_;        // labels being looked at
  std::string texts_;  // of bodies that are not as given
  std::string canonical_;
};

}  // namespace tallyman::store
