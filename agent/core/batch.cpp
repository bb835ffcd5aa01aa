#include "core/batch.h"

namespace tallyman {

void SampleBatch::clear() {
  families_.clear();
  series_.clear();
  values_.clear();
  label_text_.clear();
  label_ends_.assign(1, 0);
}

void SampleBatch::keep_values() {
  families_ = {};
  std::vector<Series>().swap(series_);
  std::string().swap(label_text_);
  std::vector<std::uint32_t>(1, 0).swap(label_ends_);
}

std::uint32_t SampleBatch::add_family(FamilyList::Shared family) {
  families_.add(std::move(family));
  return static_cast<std::uint32_t>(families_.size() - 1);
}

void SampleBatch::reserve(std::size_t series, std::size_t label_sets, std::size_t label_bytes) {
  series_.reserve(series);
  values_.reserve(series);
  label_ends_.reserve(label_sets);
  label_text_.reserve(label_bytes);
}

}  // namespace tallyman
