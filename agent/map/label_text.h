// Label text while it is made: `worker="w1",pool="a"`. What a string cannot do: grow by bytes that are not zeroed
// first, and have room behind its end, so that short texts are copied a word at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "core/short_load.h"

namespace tallyman::map {

class LabelText {
 public:
  // Behind the text; and behind a Head.
  static constexpr std::size_t slack = 16;

  // `name="`, with room to read behind it.
  class Head {
   public:
    Head() = default;
    explicit Head(std::string_view name) : text_(std::string(name) + "=\""), size_(text_.size()) {
      text_.append(slack, '\0');
    }
    const char* data() const { return text_.data(); }
    std::size_t size() const { return size_; }

   private:
    std::string text_;
    std::size_t size_ = 0;
  };

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  operator std::string_view() const { return {bytes_.get(), size_}; }  // NOLINT: it is one

  void clear() { size_ = 0; }
  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  void assign(std::string_view text) {
    clear();
    append(text);
  }
  // `name="value"`, and a comma before it if something stands there; escaped.
  void append_label(std::string_view name, std::string_view value);

  // The same of a value that needs no escapes: false, and nothing is appended, if it does or has characters that
  // are not ASCII.
  bool append_plain(const Head& head, std::string_view value) {
    char* const from = room(1 + head.size() + value.size() + 1);
    char* to = from;
    *to = ',';
    to += size_ != 0;
    for (std::size_t i = 0; i < head.size(); i += slack) std::memcpy(to + i, head.data() + i, slack);
    to += head.size();
    if (copy(to, value) != 0) return false;
    to += value.size();
    *to++ = '"';
    size_ += static_cast<std::size_t>(to - from);
    return true;
  }

 private:
  // Not 0 if a byte is to be escaped, or is not ASCII.
  static constexpr std::uint64_t special(std::uint64_t w) {
    return zero_byte(w ^ in_each_byte('\\')) | zero_byte(w ^ in_each_byte('"')) | zero_byte(w ^ in_each_byte('\n')) |
           (w & in_each_byte(0x80));
  }
  static std::uint64_t copy(char* to, std::string_view value) {
    const char* const from = value.data();
    const std::size_t size = value.size();
    std::uint64_t word, found = 0;
    if (size < sizeof word) {
      word = short_load(from, size);
      std::memcpy(to, &word, sizeof word);
      return special(word);
    }
    for (std::size_t i = 0; i + sizeof word < size; i += sizeof word) {
      std::memcpy(&word, from + i, sizeof word);
      std::memcpy(to + i, &word, sizeof word);
      found |= special(word);
    }
    std::memcpy(&word, from + size - sizeof word, sizeof word);
    std::memcpy(to + size - sizeof word, &word, sizeof word);
    return found | special(word);
  }

  // Where the next `more` bytes go, with the slack behind them.
  char* room(std::size_t more) {
    if (capacity_ - size_ < more + slack) grow(more);
    return bytes_.get() + size_;
  }
  void grow(std::size_t more);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace tallyman::map
