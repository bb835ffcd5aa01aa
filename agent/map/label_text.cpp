#include "map/label_text.h"

#include "core/labels.h"

namespace tallyman::map {

void LabelText::append_label(std::string_view name, std::string_view value) {
  thread_local std::string text;
  text.clear();
  tallyman::append_label(text, name, value);
  if (!empty()) append(",");
  append(text);
}

void LabelText::grow(std::size_t more) {
  capacity_ = 2 * capacity_ + more + 64 + slack;
  auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
  if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
  bytes_ = std::move(larger);
}

}  // namespace tallyman::map
