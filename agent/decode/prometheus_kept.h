// What a PromText keeps and its samples point into. Private to prometheus_text.cpp.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/prometheus_text.h"

namespace tallyman::decode {

// The text itself, and beside it what could not be used as it stands: unescaped values, labels without
// blanks. Blocks, since samples point into them.
class KeptText {
 public:
  explicit KeptText(std::string text) : text_(std::move(text)) {}
  std::string_view text() const { return text_; }
  std::size_t bytes() const { return text_.size() + mended_bytes_ + labels_bytes_; }

  PromLabel mended(std::string_view name, std::string_view value) {
    const std::size_t needed = name.size() + PromLabel::between + value.size();
    if (needed > mended_left_) {
      mended_left_ = std::max<std::size_t>(needed, mended_block);
      mended_.push_back(std::make_unique_for_overwrite<char[]>(mended_left_));
      mended_next_ = mended_.back().get();
      mended_bytes_ += mended_left_;
    }
    char* const at = mended_next_;
    mended_next_ += needed;
    mended_left_ -= needed;
    std::memcpy(at, name.data(), name.size());
    std::memcpy(at + name.size() + PromLabel::between, value.data(), value.size());
    return {at, name.size(), value.size()};
  }
  const PromLabel* labels(const std::vector<PromLabel>& of_one) {
    if (of_one.size() > labels_left_) {
      labels_left_ = std::max(of_one.size(), labels_block);
      labels_.push_back(std::make_unique_for_overwrite<PromLabel[]>(labels_left_));
      labels_next_ = labels_.back().get();
      labels_bytes_ += labels_left_ * sizeof(PromLabel);
    }
    PromLabel* const at = labels_next_;
    std::copy(of_one.begin(), of_one.end(), at);
    labels_next_ += of_one.size();
    labels_left_ -= of_one.size();
    return at;
  }

 private:
  static constexpr std::size_t mended_block = 4096, labels_block = 256;
  const std::string text_;
  std::vector<std::unique_ptr<char[]>> mended_;
  std::vector<std::unique_ptr<PromLabel[]>> labels_;
  char* mended_next_ = nullptr;
  PromLabel* labels_next_ = nullptr;
  std::size_t mended_left_ = 0, labels_left_ = 0, mended_bytes_ = 0, labels_bytes_ = 0;
};

}  // namespace tallyman::decode
