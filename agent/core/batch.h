// What the mapping of one poll gives: samples, flat, in output order. The batch knows neither
// the target's name nor the agent: `system`, `target` and static labels are added by the store.
//
// Series refer to families and label sets by index, so that "the same series as last time" is
// two memory comparisons. A label set is label text as it stands between the braces, escaped,
// without the common labels: `worker="w1",pool="a"`; index 0 is the empty set.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/family.h"
#include "core/family_list.h"
#include "core/number.h"

namespace tallyman {

class SampleBatch {
 public:
  struct Series {
    std::uint32_t family;  // index into families()
    std::uint32_t labels;  // index of a label set
    Suffix suffix = Suffix::none;
    friend bool operator==(const Series&, const Series&) = default;
  };
  static_assert(sizeof(Series) == 12 && std::has_unique_object_representations_v<Series>);

  SampleBatch() { clear(); }

  // Forgets everything but the memory.
  void clear();
  // Forgets everything but the values, and gives the memory of all else back.
  void keep_values();

  // Not deduplicated: callers keep the index.
  std::uint32_t add_family(Family family) { return add_family(std::make_shared<const Family>(std::move(family))); }
  std::uint32_t add_family(FamilyList::Shared family);
  // Copies `body` and what goes on with it, `more`: label text as described above; if it is empty it is set 0.
  std::uint32_t add_labels(std::string_view body, std::string_view more = {}) {
    if (body.empty() && more.empty()) return 0;
    label_text_ += body;
    label_text_ += more;
    label_ends_.push_back(static_cast<std::uint32_t>(label_text_.size()));
    return static_cast<std::uint32_t>(label_ends_.size() - 1);
  }
  void add(std::uint32_t family, std::uint32_t labels, Number value, Suffix suffix = Suffix::none) {
    series_.push_back({family, labels, suffix});
    values_.push_back(value);
  }
  // Memory for so much in all.
  void reserve(std::size_t series, std::size_t label_sets, std::size_t label_bytes);

  void set_value(std::size_t sample, Number value) { values_[sample] = value; }

  const FamilyList& families() const { return families_; }
  const std::vector<Series>& series() const { return series_; }
  const std::vector<Number>& values() const { return values_; }
  std::string_view labels(std::uint32_t set) const {
    const std::uint32_t from = set == 0 ? 0 : label_ends_[set - 1];
    return std::string_view(label_text_).substr(from, label_ends_[set] - from);
  }
  std::size_t label_bytes(std::uint32_t set) const { return set == 0 ? 0 : label_ends_[set] - label_ends_[set - 1]; }
  std::size_t label_sets() const { return label_ends_.size(); }
  std::size_t size() const { return series_.size(); }
  // All label text, for hashing: the sets one after the other, and where each ends.
  std::string_view label_text() const { return label_text_; }
  const std::vector<std::uint32_t>& label_ends() const { return label_ends_; }

 private:
  FamilyList families_;
  std::vector<Series> series_;
  std::vector<Number> values_;
  std::string label_text_;
  std::vector<std::uint32_t> label_ends_;
};

}  // namespace tallyman
