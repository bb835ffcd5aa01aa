// RFC 9535, compiled once and evaluated on a decode::Document. Nothing is added to the RFC but
// the place of `@`: a query that starts with `@` is evaluated relative to a given node (the
// RFC's own grammar for queries inside filters). Compiled objects are immutable and may be used
// by several threads.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "decode/document.h"

namespace tallyman::jsonpath {

struct SyntaxError {
  std::size_t offset = 0;  // bytes into the query
  std::string what;        // what was expected, what stood there
};

// What a segment of a singular query selects.
struct Singular {
  bool is_index = false;
  std::string name;
  std::int64_t index = 0;
};

// A node and where it is: the last name or index on its path, for `{key}`.
struct Located {
  decode::Node node;
  std::string_view key;     // member name, if by name
  std::int64_t index = -1;  // element index (never negative), if by index
};

class Query {
 public:
  static boost::system::result<Query, SyntaxError> parse(std::string_view text);
  Query(Query&&) noexcept;
  Query& operator=(Query&&) noexcept;
  ~Query();

  const std::string& text() const;
  bool relative() const;  // starts with `@`
  bool singular() const;  // names and indexes only: at most one node
  // Segments before the first that can select several: the base (LANGUAGE 4.1). All of them for
  // a singular query.
  const std::vector<Singular>& base() const;

  // Calls `visit` for each node in the RFC's order; `root` is `$`, `current` is `@`. Stops when
  // visit returns false. Bounded: after `max_visits` nodes looked at it stops and returns false.
  using Visit = std::function<bool(const Located&)>;
  bool select(decode::Node root, decode::Node current, const Visit& visit, std::size_t max_visits = 50'000'000) const;
  // The same from the node that the base selected, when the caller has found it already.
  bool select_from_base(decode::Node root, decode::Node base_node, const Visit& visit,
                        std::size_t max_visits = 50'000'000) const;
  // All nodes, with normalized paths ($['a'][0]) if `paths` is given.
  std::vector<decode::Node> nodes(decode::Node root, decode::Node current,
                                  std::vector<std::string>* paths = nullptr) const;

 private:
  struct Impl;
  explicit Query(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A logical expression as in `[?...]`, alone: `@.status == 'ok' && !$.errors[*]`.
class Expression {
 public:
  static boost::system::result<Expression, SyntaxError> parse(std::string_view text);
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  // LANGUAGE 4.1, the test rule: missing when a comparison outside `[?...]` reads a node that is
  // absent or null (comparison with the literal `null`, and existence, excepted).
  enum class Truth { no, yes, missing };
  Truth test(decode::Node root, decode::Node current) const;
  // As the RFC: absent is just unequal.
  bool matches(decode::Node root, decode::Node current) const;

 private:
  struct Impl;
  explicit Expression(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// I-Regexp (RFC 9485) as RE2 pattern; "" if it is not an I-Regexp. match() is anchored.
std::string to_re2(std::string_view iregexp, bool anchored);

}  // namespace tallyman::jsonpath
