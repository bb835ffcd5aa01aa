// A parsed body. Every format becomes one Document: JSON directly, the others by being turned
// into JSON first. One evaluator (jsonpath/) walks it; nothing else looks inside.
//
// The tree is simdjson's DOM tape (doc/tape.md of simdjson), read in place: a Node is the
// document and a tape index, 16 bytes, cheap to copy, valid while its Document lives and is not
// parsed into again. Strings are views into the document.
//
// What we find out later is noted on the tape itself, as further tags (document_inline.h): so
// asking twice costs nothing, and a document belongs to one thread at a time.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "core/number.h"
#include "core/result.h"

namespace tallyman::decode {

class Document;

enum class Kind : std::uint8_t {
  null,
  boolean,
  number,
  string,
  array,
  object,
  out_of_range,  // a JSON number over all doubles, 1e400, or an integer over 64 bits, 18446744073709551616
};
std::string_view to_string(Kind kind);  // as a person says it: "a string", "an object", ...

class Node {
 public:
  Node() = default;  // no node
  explicit operator bool() const { return document_ != nullptr; }

  Kind kind() const;
  bool is_null() const { return kind() == Kind::null; }
  bool boolean() const;   // kind boolean
  Number number() const;  // kind number
  // Kind string. As of member names, a few bytes behind it may be read too: Document::text_slack.
  std::string_view text() const;
  // The number as the source wrote it (`1.10`, `1e3`, `-0`); kind number or out_of_range. Valid
  // as long as the node. The first call on a number with a fraction or an exponent reads the
  // source once more, to find all of them; integers need no such pass.
  std::string_view lexeme() const;

  // Members and elements. Of duplicate keys the last wins: the earlier ones are not visited.
  std::size_t size() const;                 // array, object: children visited; else 0
  std::size_t width() const;                // about size(), at most 2^24 - 1, at no cost: for budgets
  Node member(std::string_view key) const;  // object; no node if absent
  Node element(std::int64_t index) const;   // array; from the end if negative; no node if outside

  // for (Child c : node.children()): elements in order, members in document order; nothing if
  // the node is neither.
  struct Child;
  class Iterator;
  struct Range;
  Range children() const;
  // The members of an object. Equal keys are not looked for first: all may come, until children() or member() found
  // them.
  class Members;
  Members members_as_written() const;

  // The same node of the same document.
  friend bool operator==(const Node&, const Node&) = default;

  const Document* document() const { return document_; }
  std::uint32_t index() const { return index_; }

 private:
  friend class Document;
  friend class Iterator;
  friend class Members;
  Node(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
  std::uint64_t word() const;
  const Document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

struct ParseLimits {
  std::size_t depth = 64;  // arrays and objects in one another, at most max_depth
  // Bytes of text and tree together. Bodies of up to 1 MiB, or a 16th of it, are not measured.
  std::size_t memory = std::numeric_limits<std::size_t>::max();
};
// Everything that walks a document may recurse so deep.
inline constexpr std::size_t max_depth = 1024;

class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  // Parses and validates `json`, whole. A byte order mark is skipped. The text is kept (moved
  // in): strings are unescaped beside it, lexemes point into it. It is copied only if its
  // capacity has no room for `padding` more bytes.
  // Errors: Stage::decode, with offset, line and column and what was expected; Stage::limit over
  // `depth` or `memory`. After an error the document is empty. A number out of range is not an error of the
  // document but of its node.
  Result<> parse(std::string json, const ParseLimits& limits = {});
  static constexpr std::size_t padding = 64;
  // So many bytes behind each text and key of a tree may be read, whatever they are: short ones are compared a word
  // at a time.
  static constexpr std::size_t text_slack = 8;

  Node root() const { return tape_ ? Node(this, 1) : Node(); }  // no node while empty
  // How many members were hidden by a later one of the same key, in objects whose children() were taken and where a
  // member() was asked for that comes twice.
  std::size_t duplicate_keys() const { return duplicate_keys_; }
  // What it takes in memory at most, text and tree; 0 while empty.
  std::size_t bytes() const;
  // Gives the text's memory back for the next body (an empty string with capacity); the document
  // is empty after it.
  std::string release();

 private:
  friend class Node;
  friend class Node::Iterator;
  friend class Node::Members;
  struct Impl;

  static std::string_view string_at(const std::uint8_t* strings, std::uint64_t word);
  static std::uint32_t after(const std::uint64_t* tape, std::uint32_t index);
  std::string_view string_at(std::uint64_t word) const;
  std::uint32_t after(std::uint32_t index) const;
  void check_keys(std::uint32_t object) const;  // replaces the object's tag by one of the two below
  std::string_view find_lexeme(std::uint32_t number) const;

  std::uint64_t* tape_ = nullptr;  // impl_'s
  const std::uint8_t* strings_ = nullptr;
  mutable std::size_t duplicate_keys_ = 0;
  std::unique_ptr<Impl> impl_;
};

// The value as compact JSON text, strings escaped; numbers as the source wrote them. For people, who see the beginning
// only: stops soon after `out` has `most` bytes.
void append_json(std::string& out, Node node, std::size_t most = std::string::npos);
void append_json_string(std::string& out, std::string_view text);  // with its quotes

}  // namespace tallyman::decode

#include "decode/document_inline.h"  // IWYU pragma: export
