// A parsed query: what the parser builds and the evaluator walks. Knows neither text nor nodes.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/number.h"

namespace tallyman::jsonpath {
class Pattern;
}

namespace tallyman::jsonpath::ast {

struct Logical;
struct Function;

struct Selector {
  enum class Kind : std::uint8_t { name, index, wildcard, slice, filter };
  Kind kind = Kind::wildcard;
  std::string name;
  std::int64_t index = 0;
  std::optional<std::int64_t> start, end;  // of a slice
  std::int64_t step = 1;
  std::unique_ptr<Logical> filter;
};

struct Segment {
  bool descendant = false;
  std::vector<Selector> selectors;
  std::size_t end = 0;  // of its text in the query, in bytes
  bool singular() const {
    return !descendant && selectors.size() == 1 &&
           (selectors[0].kind == Selector::Kind::name || selectors[0].kind == Selector::Kind::index);
  }
};

struct Path {
  bool relative = false;  // starts at `@`
  bool singular = true;
  std::vector<Segment> segments;
};

struct Literal {
  enum class Kind : std::uint8_t { null, boolean, number, big, string };
  Kind kind = Kind::null;
  bool boolean = false;
  Number number;
  std::string text;  // of a string; of `big`, a number out of range, as written
};

// What stands on a side of a comparison or as an argument.
struct Operand {
  enum class Kind : std::uint8_t { literal, path, function };
  Kind kind = Kind::literal;
  Literal literal;
  Path path;
  std::unique_ptr<Function> function;
};

struct Function {
  enum class Name : std::uint8_t { length, count, value, match, search };
  Name name = Name::length;
  std::vector<Operand> arguments;
  // match, search: the second argument compiled, when it is a literal text. Null if that is not
  // an I-Regexp: it matches nothing.
  bool fixed_pattern = false;
  std::shared_ptr<const Pattern> pattern;
};

enum class Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

struct Logical {
  enum class Kind : std::uint8_t { any, all, negation, existence, comparison, function };
  Kind kind = Kind::all;
  std::vector<Logical> parts;  // any, all: two or more; negation: one
  Comparison comparison = Comparison::equal;
  Operand left, right;  // comparison: both; existence: left is a path; function: left is one
};

}  // namespace tallyman::jsonpath::ast
