// What a Document keeps behind its tape. For document*.cpp only: it shows simdjson.
#pragma once
#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decode/document.h"

namespace tallyman::decode {

// A stretch of the source. Bodies are under 4 GiB (simdjson's own limit).
struct Span {
  std::uint32_t offset = 0, length = 0;
};

// Short texts that live until the next parse, in blocks that are used again.
class Arena {
 public:
  char* room(std::size_t bytes);  // at most block_bytes
  void take(std::size_t bytes) { used_ += bytes; }
  void reset() { block_ = used_ = 0; }
  static constexpr std::size_t block_bytes = 4096;

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_ = 0, used_ = 0;
};

struct Document::Impl {
  struct NumberAt {
    std::uint32_t word, offset;  // on the tape, in the text
  };

  simdjson::dom::document dom;
  std::string text;        // the body and `padding` bytes behind it
  std::size_t start = 0;   // after the byte order mark
  std::size_t length = 0;  // where the body ends in `text`

  std::size_t occupied = 0;  // by text and tree

  std::vector<Span> out_of_range;  // lexemes of the nodes of tag 'o'

  Arena rendered;                   // lexemes of integers
  std::vector<NumberAt> numbers;    // every number in order, once find_numbers() ran
  bool numbers_known = false;       //
  std::optional<bool> minus_zeros;  // whether a "-0" may be among the integers

  std::vector<std::uint64_t> slots;  // scratch of check_keys

  std::string_view body() const { return std::string_view(text).substr(start, length - start); }
  std::uint32_t tape_end() const;  // index of the closing root word
  void find_numbers();
  bool may_have_minus_zeros();
  simdjson::error_code read(std::size_t depth);
  void take_exactly(const simdjson::dom::document& parsed);
  std::size_t strings_at_most() const;
  void mark_out_of_range(const std::vector<std::uint32_t>& ordinals);
};

// The length of the number that starts at text[at].
std::size_t number_length(std::string_view text, std::size_t at);

}  // namespace tallyman::decode
