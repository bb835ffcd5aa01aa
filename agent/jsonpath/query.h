// RFC 9535, compiled once and evaluated on a decode::Document. Nothing is added to the RFC but
// the place of `@`: a query that starts with `@` is evaluated relative to a given node (the
// RFC's own grammar for queries inside filters). Compiled objects are immutable and may be used
// by several threads.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/result.h"
#include "decode/document.h"
#include "jsonpath/allowance.h"

namespace tallyman::jsonpath {

struct SyntaxError {
  std::size_t offset = 0;  // bytes into the query
  std::string what;        // what was expected, what stood there
};

// For messages: a query, or what of a long one is around `offset`, and how many characters of it stand before that.
struct Excerpt {
  std::string text;
  std::size_t before = 0;
};
Excerpt excerpt(std::string_view query, std::size_t offset);
// The number of the character at `offset`, from 1.
std::size_t character(std::string_view query, std::size_t offset);

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

// What is called for each node; false stops. It refers to a function and does not keep it alive:
// pass a lambda, keep none. (std::function would allocate.)
class Visit {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Visit> && std::is_invocable_r_v<bool, F&, const Located&>)
  Visit(F&& function)  // NOLINT: implicit, so that a lambda can stand where a Visit is wanted
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, const Located& found) -> bool {
          return (*static_cast<std::remove_reference_t<F>*>(object))(found);
        }) {}
  bool operator()(const Located& found) const { return call_(object_, found); }

 private:
  void* object_;
  bool (*call_)(void*, const Located&);
};

class Query {
 public:
  using Visit = jsonpath::Visit;
  // Whole: blanks at either end are errors, as in the RFC.
  static boost::system::result<Query, SyntaxError> parse(std::string_view text);
  Query(Query&&) noexcept;
  Query& operator=(Query&&) noexcept;
  ~Query();

  const std::string& text() const;
  // What is legal by the RFC and never true, such as match() with a pattern that is none: surely a mistake.
  const std::vector<SyntaxError>& notes() const;
  bool relative() const;  // starts with `@`
  bool singular() const;  // names and indexes only: at most one node
  // Segments before the first that can select several: the base (LANGUAGE 4.1). All of them for
  // a singular query.
  const std::vector<Singular>& base() const;

  // Calls `visit` for each node in the RFC's order; `root` is `$`, `current` is `@`. Stops when
  // visit returns false. Bounded: after `max_visits` nodes looked at (or nesting of filters too
  // deep to follow) it stops. Returns false only then: what was visited is not all.
  bool select(decode::Node root, decode::Node current, Visit visit, std::size_t max_visits = default_max_visits) const;
  // The same from the node that the base selected, when the caller has found it already. A
  // singular query's own node then has the key as the query writes it (`index` -1 if negative).
  // What it looks at is taken from `allowance`, which says when it was not enough.
  void select_from_base(decode::Node root, decode::Node base_node, Visit visit, Allowance& allowance) const;
  // The first node, no node if there is none. The way to read a singular query.
  decode::Node first(decode::Node root, decode::Node current, Allowance& allowance) const;
  decode::Node first(decode::Node root, decode::Node current) const {
    Allowance own;
    return first(root, current, own);
  }
  // How far the query gets, for people who ask why it selects nothing.
  struct Reach {
    enum class Kind { name, index, wildcard, filter, other };
    std::size_t selected = 0;  // nodes of the whole query; the rest is of the first segment that selects none
    std::string segment;       // as it is written, `.workers`
    Kind kind = Kind::other;
    std::string name;       // of a name
    decode::Node from;      // the first node it looked at,
    std::size_t nodes = 0;  // and how many there were
  };
  Reach reach(decode::Node root, decode::Node current, Allowance& allowance) const;
  Reach reach(decode::Node root, decode::Node current) const {
    Allowance own;
    return reach(root, current, own);
  }
  // All nodes, with normalized paths ($['a'][0]) appended to `paths` if it is given. `allowance` says whether these
  // are all.
  std::vector<decode::Node> nodes(decode::Node root, decode::Node current, Allowance& allowance,
                                  std::vector<std::string>* paths = nullptr) const;
  std::vector<decode::Node> nodes(decode::Node root, decode::Node current,
                                  std::vector<std::string>* paths = nullptr) const {
    Allowance own;
    return nodes(root, current, own, paths);
  }

 private:
  struct Impl;
  explicit Query(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The normalized path (RFC 9535, section 2.7) of a node of the document of `root`, which is looked for from there on:
// for messages, not for each node. "" if it is not below `root`.
std::string normalized_path(decode::Node root, decode::Node node);

// A logical expression as in `[?...]`, alone: `@.status == 'ok' && !$.errors[*]`. Blanks around
// it are allowed.
class Expression {
 public:
  static boost::system::result<Expression, SyntaxError> parse(std::string_view text);
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  const std::vector<SyntaxError>& notes() const;  // as Query's

  // LANGUAGE 4.1, the test rule: missing when a comparison outside `[?...]` reads a node that is
  // absent or null (comparison with the literal `null`, and existence, excepted). `&&` and `||`
  // read from the left and no further than needed: `@.x && @.x > 1` is no when x is absent.
  enum class Truth { no, yes, missing };
  // Given up, it is missing, and `allowance` says so.
  Truth test(decode::Node root, decode::Node current, Allowance& allowance) const;
  // As the RFC: absent is just unequal.
  bool matches(decode::Node root, decode::Node current, Allowance& allowance) const;
  // By themselves.
  Truth test(decode::Node root, decode::Node current) const {
    Allowance own;
    return test(root, current, own);
  }
  bool matches(decode::Node root, decode::Node current) const {
    Allowance own;
    return matches(root, current, own);
  }

 private:
  struct Impl;
  explicit Expression(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// I-Regexp (RFC 9485) as RE2 pattern; "" if it is not one. match() is anchored, search() is not.
// Groups stay groups, `^` and `$` are the ends of the text (as the compliance suite wants).
std::string to_re2(std::string_view iregexp, bool anchored);

}  // namespace tallyman::jsonpath
