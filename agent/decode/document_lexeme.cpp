// Numbers as the source wrote them. The tape has values, not places; but it has the numbers in
// the order of the source, so one walk over both finds every place. It is made when a number is
// asked for that cannot be written back from its value.
#include <algorithm>
#include <charconv>

#include "decode/document_impl.h"

namespace tallyman::decode {

char* Arena::room(std::size_t bytes) {
  if (block_ < blocks_.size() && block_bytes - used_ < bytes) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) blocks_.push_back(std::make_unique<char[]>(block_bytes));
  return blocks_[block_].get() + used_;
}

std::size_t number_length(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_not_of("0123456789+-.eE", at);
  return (end == std::string_view::npos ? text.size() : end) - at;
}

void Document::Impl::find_numbers() {
  numbers_known = true;
  const std::string_view source = std::string_view(text).substr(0, length);
  const std::uint32_t end = tape_end();
  std::size_t at = start;
  for (std::uint32_t word = 1; word < end; ++word) {
    if (tape::tags.words[tape::tag(dom.tape[word])] != 2) continue;
    // The source is known to be JSON: only strings have to be stepped over with care.
    while (at < source.size() && source[at] != '-' && !(source[at] >= '0' && source[at] <= '9')) {
      if (source[at] == '"')
        for (++at; at < source.size() && source[at] != '"'; ++at) at += source[at] == '\\';
      ++at;
    }
    numbers.push_back({word, static_cast<std::uint32_t>(at)});
    at += number_length(source, at);
    ++word;
  }
}

// "-0" is the integer that cannot be told from its value. Dates are full of "-0", hence the look behind it.
bool Document::Impl::may_have_minus_zeros() {
  if (!minus_zeros) {
    const std::string_view source = body();
    minus_zeros = false;
    for (std::size_t at = source.find("-0"); at != std::string_view::npos; at = source.find("-0", at + 2)) {
      const char next = at + 2 < source.size() ? source[at + 2] : ' ';
      if (next == ',' || next == '}' || next == ']' || next == ' ' || next == '\n' || next == '\r' || next == '\t') {
        minus_zeros = true;
        break;
      }
    }
  }
  return *minus_zeros;
}

std::string_view Node::lexeme() const { return document_->find_lexeme(index_); }

std::string_view Document::find_lexeme(std::uint32_t number) const {
  Impl& impl = *impl_;
  const std::string_view source = std::string_view(impl.text).substr(0, impl.length);
  const std::uint64_t word = tape_[number];
  const std::uint8_t tag = tape::tag(word);
  if (tag == 'o') {
    const Span span = impl.out_of_range[tape::payload(word)];
    return source.substr(span.offset, span.length);
  }
  if (tag != 'd') {
    const std::uint64_t raw = tape_[number + 1];
    if (raw != 0) {
      constexpr std::size_t most = 20;  // -9223372036854775808, 18446744073709551615
      char* const out = impl.rendered.room(most);
      char* const end = tag == 'l' ? std::to_chars(out, out + most, static_cast<std::int64_t>(raw)).ptr
                                   : std::to_chars(out, out + most, raw).ptr;
      impl.rendered.take(static_cast<std::size_t>(end - out));
      return {out, end};
    }
    if (!impl.may_have_minus_zeros()) return "0";
  }
  if (!impl.numbers_known) impl.find_numbers();
  const auto found =
      std::lower_bound(impl.numbers.begin(), impl.numbers.end(), number,
                       [](const Impl::NumberAt& entry, std::uint32_t wanted) { return entry.word < wanted; });
  return source.substr(found->offset, number_length(source, found->offset));
}

}  // namespace tallyman::decode
