// A parsed body. Every format becomes one Document: JSON directly, the others by being turned
// into JSON first. One evaluator (jsonpath/) walks it; nothing else looks inside.
//
// The tree is simdjson's DOM tape (doc/tape.md of simdjson), read in place: a Node is the
// document and a tape index, 16 bytes, cheap to copy, valid while its Document lives and is not
// parsed into again. Strings are views into the document.
#pragma once
#include <cstddef>
#include <cstdint>
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
  out_of_range,  // a JSON number that no 64-bit integer and no double holds
};
std::string_view to_string(Kind kind);  // as a person says it: "a string", "an object", ...

class Node {
 public:
  Node() = default;  // no node
  explicit operator bool() const { return document_ != nullptr; }

  Kind kind() const;
  bool is_null() const { return kind() == Kind::null; }
  bool boolean() const;           // kind boolean
  Number number() const;          // kind number
  std::string_view text() const;  // kind string
  // The number as the source wrote it (`1.10`, `1e3`); kind number or out_of_range.
  std::string_view lexeme() const;

  // Members and elements. Of duplicate keys the last wins: the earlier ones are not visited.
  std::size_t size() const;                 // array, object: children visited; else 0
  Node member(std::string_view key) const;  // object; no node if absent
  Node element(std::int64_t index) const;   // array; from the end if negative; no node if outside

  // for (Child c : node.children()): elements in order, members in document order.
  struct Child;
  class Iterator;
  struct Range;
  Range children() const;

  // The same node of the same document.
  friend bool operator==(const Node&, const Node&) = default;

  const Document* document() const { return document_; }
  std::uint32_t index() const { return index_; }

 private:
  friend class Document;
  Node(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
  const Document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

// The inline parts (children, iterator) are in document_inline.h, included at the end.

struct ParseLimits {
  std::size_t depth = 64;
};

class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  // Parses and validates `json`, whole. A byte order mark is skipped. The text is kept (moved
  // in): strings are unescaped beside it, lexemes point into it.
  // Errors: Stage::decode, with offset, line and column and what was expected; Stage::limit over
  // `depth`. A number out of range is not an error of the document but of its node.
  Result<> parse(std::string json, const ParseLimits& limits = {});

  Node root() const;
  // How many members were hidden by a later one of the same key, in objects visited so far.
  std::size_t duplicate_keys() const;
  // Gives the text's memory back for the next body; the document is empty after it.
  std::string release();

 private:
  friend class Node;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The value as JSON text, strings escaped; numbers as the source wrote them.
void append_json(std::string& out, Node node);

}  // namespace tallyman::decode
