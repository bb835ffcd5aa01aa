// The hot half of document.h: reading the tape. Included by it, not by anybody else.
//
// A tape word is a tag (the first byte) and a payload of 56 bits. simdjson's tags:
//   { [   low 32 bits: index after the closing word; high 24: number of children, saturated
//   "     offset of the text in the string buffer: 4 bytes of length, then the bytes
//   l u d a second word follows: int64, uint64 above INT64_MAX, double
//   t f n nothing
// Ours, written over them:
//   U D   a '{' whose keys are known to be Unique, or to have Duplicates
//   h     a key ('"') hidden by a later equal one
//   o     a number out of range: payload is its place in the list of such, second word unused
#pragma once
#include <bit>
#include <cstring>

namespace tallyman::decode {

namespace tape {

constexpr std::uint8_t tag(std::uint64_t word) { return static_cast<std::uint8_t>(word >> 56); }
constexpr std::uint64_t payload(std::uint64_t word) { return word & 0x00FF'FFFF'FFFF'FFFF; }
constexpr std::uint32_t after_container(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
constexpr std::uint32_t saturated = 0xFF'FFFF;
constexpr std::uint32_t count(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32) & saturated; }
constexpr std::uint64_t retag(std::uint64_t word, char tag) {
  return payload(word) | static_cast<std::uint64_t>(static_cast<std::uint8_t>(tag)) << 56;
}

struct Tags {
  std::array<Kind, 256> kind{};
  std::array<std::uint8_t, 256> words{};  // 0: a container, see after_container()
};
constexpr Tags make_tags() {
  Tags t;
  for (std::uint8_t& n : t.words) n = 1;
  for (char c : {'l', 'u', 'd', 'o'}) t.words[static_cast<std::uint8_t>(c)] = 2;
  for (char c : {'{', 'U', 'D', '['}) t.words[static_cast<std::uint8_t>(c)] = 0;
  for (char c : {'l', 'u', 'd'}) t.kind[static_cast<std::uint8_t>(c)] = Kind::number;
  for (char c : {'{', 'U', 'D'}) t.kind[static_cast<std::uint8_t>(c)] = Kind::object;
  for (char c : {'t', 'f'}) t.kind[static_cast<std::uint8_t>(c)] = Kind::boolean;
  t.kind['['] = Kind::array;
  t.kind['"'] = Kind::string;
  t.kind['o'] = Kind::out_of_range;
  return t;
}
inline constexpr Tags tags = make_tags();

}  // namespace tape

inline std::string_view Document::string_at(const std::uint8_t* strings, std::uint64_t word) {
  const std::uint8_t* at = strings + tape::payload(word);
  std::uint32_t length;
  std::memcpy(&length, at, sizeof length);
  return {reinterpret_cast<const char*>(at) + sizeof length, length};
}

// Branches, not a table: the next index must not wait for the word. Measured: a member in 20 is
// found in 42 ns instead of 103.
inline std::uint32_t Document::after(const std::uint64_t* words, std::uint32_t index) {
  const std::uint64_t word = words[index];
  switch (tape::tag(word)) {
    case 'l':
    case 'u':
    case 'd':
    case 'o':
      return index + 2;
    case '{':
    case 'U':
    case 'D':
    case '[':
      return tape::after_container(word);
    default:
      return index + 1;
  }
}

inline std::string_view Document::string_at(std::uint64_t word) const { return string_at(strings_, word); }
inline std::uint32_t Document::after(std::uint32_t index) const { return after(tape_, index); }

inline std::uint64_t Node::word() const { return document_->tape_[index_]; }
inline Kind Node::kind() const { return tape::tags.kind[tape::tag(word())]; }
inline bool Node::boolean() const { return tape::tag(word()) == 't'; }
inline std::size_t Node::width() const { return tape::tags.words[tape::tag(word())] == 0 ? tape::count(word()) : 0; }
inline std::string_view Node::text() const { return document_->string_at(word()); }

inline Number Node::number() const {
  const std::uint64_t raw = document_->tape_[index_ + 1];
  switch (tape::tag(word())) {
    case 'l':
      return Number::of(static_cast<std::int64_t>(raw));
    case 'u':
      return Number::of_unsigned(raw);
    default:
      return Number::of(std::bit_cast<double>(raw));
  }
}

struct Node::Child {
  Node node;
  std::string_view key;     // member name, if of an object
  std::int64_t index = -1;  // element index, if of an array
};

class Node::Iterator {
 public:
  Iterator(const Document* document, std::uint32_t at, std::uint32_t end, bool object)
      : document_(document), at_(at), end_(end), position_(object ? -1 : 0) {
    if (object) skip_hidden();
  }

  Child operator*() const {
    if (position_ >= 0) return {Node(document_, at_), {}, position_};
    return {Node(document_, at_ + 1), document_->string_at(document_->tape_[at_]), -1};
  }
  Iterator& operator++() {
    if (position_ >= 0) {
      at_ = document_->after(at_);
      ++position_;
    } else {
      at_ = document_->after(at_ + 1);
      skip_hidden();
    }
    return *this;
  }
  struct End {};
  friend bool operator==(const Iterator& i, End) { return i.at_ >= i.end_; }

 private:
  void skip_hidden() {
    while (at_ < end_ && tape::tag(document_->tape_[at_]) == 'h') at_ = document_->after(at_ + 1);
  }
  const Document* document_;
  std::uint32_t at_, end_;
  std::int64_t position_;  // -1: of an object
};

struct Node::Range {
  Iterator first;
  Iterator begin() const { return first; }
  Iterator::End end() const { return {}; }
};

inline Node::Range Node::children() const {
  if (tape::tag(word()) == '{') document_->check_keys(index_);
  const std::uint64_t w = word();
  switch (tape::tag(w)) {
    case 'U':
    case 'D':
      return {Iterator(document_, index_ + 1, tape::after_container(w) - 1, true)};
    case '[':
      return {Iterator(document_, index_ + 1, tape::after_container(w) - 1, false)};
    default:
      return {Iterator(document_, 0, 0, false)};
  }
}

// for (auto m = node.members_as_written(); m.more(); m.next()): what every poll does for each member, hence in places
// that stay in registers.
class Node::Members {
 public:
  bool more() const { return at_ < end_; }
  void next() {
    at_ = Document::after(tape_, at_ + 1);
    skip_hidden();
  }
  std::string_view key() const { return Document::string_at(strings_, tape_[at_]); }
  Node node() const { return Node(document_, at_ + 1); }

 private:
  friend class Node;
  explicit Members(Node object)
      : document_(object.document_),
        tape_(document_->tape_),
        strings_(document_->strings_),
        at_(object.index_ + 1),
        end_(tape::after_container(tape_[object.index_]) - 1) {
    skip_hidden();
  }
  void skip_hidden() {
    while (at_ < end_ && tape::tag(tape_[at_]) == 'h') at_ = Document::after(tape_, at_ + 1);
  }
  const Document* const document_;
  const std::uint64_t* const tape_;
  const std::uint8_t* const strings_;
  std::uint32_t at_;
  const std::uint32_t end_;
};

inline Node::Members Node::members_as_written() const { return Members(*this); }

inline Node Node::member(std::string_view key) const {
  const std::uint64_t w = word();
  const std::uint8_t tag = tape::tag(w);
  if (tape::tags.kind[tag] != Kind::object) return {};
  const std::uint32_t end = tape::after_container(w) - 1;
  Node found;
  for (std::uint32_t at = index_ + 1; at < end; at = document_->after(at + 1)) {
    const std::uint64_t name = document_->tape_[at];
    const std::string_view text = document_->string_at(name);
    if (text != key) continue;
    if (tag == 'U') return Node(document_, at + 1);
    if (tape::tag(name) == 'h') continue;
    // While the keys are unchecked the last one wins; a second one is worth a count.
    if (found && tag == '{') document_->check_keys(index_);
    found = Node(document_, at + 1);
  }
  return found;
}

}  // namespace tallyman::decode
