#include "jsonpath/parser.h"

#include <array>
#include <utility>

#include "jsonpath/cursor.h"
#include "jsonpath/hints.h"
#include "jsonpath/regex.h"

namespace tallyman::jsonpath {

namespace {

using namespace ast;

// The function extensions of RFC 9535, section 2.4. A parameter is a value unless it is `nodes`.
struct Signature {
  std::string_view text;
  Function::Name name;
  std::size_t parameters;
  bool takes_nodes;
  bool gives_truth;  // else a value
};
constexpr std::array<Signature, 5> signatures = {{{"length", Function::Name::length, 1, false, false},
                                                  {"count", Function::Name::count, 1, true, false},
                                                  {"value", Function::Name::value, 1, true, false},
                                                  {"match", Function::Name::match, 2, false, true},
                                                  {"search", Function::Name::search, 2, false, true}}};

constexpr std::string_view other_names = "a name with other characters than letters, digits and _ is written ['a-b']";
constexpr std::string_view no_methods = "a function stands in a filter, before what it is of: length(@.a)";
constexpr std::string_view in_quotes = "a text stands in quotes; true, false and null are written so";

bool gives_truth(Function::Name name) { return name == Function::Name::match || name == Function::Name::search; }

class Parser {
 public:
  Parser(std::string_view text, Notes* notes) : in_(text), notes_(notes) {}

  boost::system::result<Path, SyntaxError> whole_path() {
    Path path;
    if (in_.check_utf8() && query(path) && !in_.end())
      in_.expected("'.', '[' or the end of the query", shorthand_end_ != in_.offset() || in_.now() == ' ' ? ""
                                                       : in_.now() == '('                                 ? no_methods
                                                                          : other_names);
    if (in_.error()) return *in_.error();
    return path;
  }

  boost::system::result<Logical, SyntaxError> whole_logical() {
    Logical logical;
    if (in_.check_utf8() && any(logical)) {
      in_.blanks();
      if (!in_.end()) in_.expected("'&&', '||' or the end of the expression", hint_for_joint(in_.rest()));
    }
    if (in_.error()) return *in_.error();
    return logical;
  }

 private:
  // Counts what is open; the parser's own recursion is bounded by it.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) { ++parser_.nesting_; }
    ~Level() { --parser_.nesting_; }
    Level(const Level&) = delete;
    bool fits() const {
      return parser_.nesting_ <= max_nesting ||
             parser_.in_.fail(parser_.in_.offset(), "nested deeper than " + std::to_string(max_nesting) + " levels");
    }

   private:
    Parser& parser_;
  };

  bool query(Path& path) {
    path.relative = in_.now() == '@';
    if (!in_.take("$") && !in_.take("@")) return in_.expected("'$' or '@'");
    while (true) {
      const std::size_t before = in_.offset();
      in_.blanks();
      if (in_.now() != '[' && in_.now() != '.') {
        in_.back_to(before);  // blanks only stand between segments
        return true;
      }
      Segment& segment = path.segments.emplace_back();
      if (!this->segment(segment)) return false;
      segment.end = in_.offset();
      path.singular = path.singular && segment.singular();
    }
  }

  bool segment(Segment& out) {
    if (in_.now() == '[') return bracket(out);
    out.descendant = in_.take("..");
    if (out.descendant && in_.now() == '[') return bracket(out);
    if (!out.descendant) in_.take(".");
    Selector& selector = out.selectors.emplace_back();
    if (in_.take("*")) return true;
    if (!in_.name_ahead())
      return in_.expected(out.descendant ? "a name, '*' or '['" : "a name or '*'",
                          number_ahead()     ? "an index is written [0], another name ['0']"
                          : in_.now() == '[' ? "no '.' stands before '['"
                                             : "");
    selector.kind = Selector::Kind::name;
    selector.name = in_.shorthand();
    shorthand_end_ = in_.offset();
    return true;
  }

  bool bracket(Segment& out) {
    in_.take("[");
    while (true) {
      in_.blanks();
      Selector& selector = out.selectors.emplace_back();
      if (!this->selector(selector)) return false;
      in_.blanks();
      if (in_.take("]")) return true;
      if (!in_.take(","))
        return selector.kind == Selector::Kind::filter
                   ? in_.expected("'&&', '||', ']' or ','", hint_for_joint(in_.rest()))
                   : in_.expected("']' or ','");
    }
  }

  bool selector(Selector& out) {
    const char c = in_.now();
    if (c == '\'' || c == '"') {
      out.kind = Selector::Kind::name;
      return in_.string(out.name);
    }
    if (in_.take("*")) return true;
    if (in_.take("?")) {
      const Level level(*this);
      out.kind = Selector::Kind::filter;
      out.filter = std::make_unique<Logical>();
      return level.fits() && any(*out.filter);
    }
    if (number_ahead() || c == ':') return index_or_slice(out);
    return in_.expected("a name in quotes, an index, a slice, '*' or '?'");
  }

  bool number_ahead() const { return in_.now() == '-' || (in_.now() >= '0' && in_.now() <= '9'); }

  bool index_or_slice(Selector& out) {
    out.kind = Selector::Kind::index;
    if (number_ahead()) {
      if (!in_.integer(out.index)) return false;
      out.start = out.index;
    }
    const std::size_t before = in_.offset();
    in_.blanks();
    if (!in_.take(":")) {
      in_.back_to(before);
      return true;
    }
    out.kind = Selector::Kind::slice;
    in_.blanks();
    if (number_ahead()) {
      std::int64_t end = 0;
      if (!in_.integer(end)) return false;
      out.end = end;
      in_.blanks();
    }
    if (!in_.take(":")) return true;
    in_.blanks();
    return !number_ahead() || in_.integer(out.step);
  }

  bool any(Logical& out) { return joined(out, Logical::Kind::any, "||", &Parser::all); }
  bool all(Logical& out) { return joined(out, Logical::Kind::all, "&&", &Parser::basic); }

  // part *(S token S part); one part alone stays itself.
  bool joined(Logical& out, Logical::Kind kind, std::string_view token, bool (Parser::*part)(Logical&)) {
    Logical first;
    if (!(this->*part)(first)) return false;
    std::vector<Logical> parts;
    parts.push_back(std::move(first));
    while (true) {
      const std::size_t before = in_.offset();
      in_.blanks();
      if (!in_.take(token)) {
        in_.back_to(before);
        break;
      }
      if (!(this->*part)(parts.emplace_back())) return false;
    }
    if (parts.size() == 1) {
      out = std::move(parts[0]);
    } else {
      out.kind = kind;
      out.parts = std::move(parts);
    }
    return true;
  }

  bool basic(Logical& out) {
    in_.blanks();
    const bool negated = in_.take("!");
    if (negated) in_.blanks();
    Logical inner;
    Logical& target = negated ? inner : out;
    if (in_.take("(")) {
      const Level level(*this);
      if (!level.fits() || !any(target)) return false;
      in_.blanks();
      if (!in_.take(")")) return in_.expected("'&&', '||' or ')'", hint_for_joint(in_.rest()));
    } else if (!test_or_comparison(target, negated)) {
      return false;
    }
    if (negated) {
      out.kind = Logical::Kind::negation;
      out.parts.push_back(std::move(inner));
    }
    return true;
  }

  bool test_or_comparison(Logical& out, bool negated) {
    const std::size_t start = in_.offset();
    if (!operand(out.left)) return false;
    const std::size_t end = in_.offset();
    in_.blanks();
    if (!negated && comparison(out.comparison)) {
      out.kind = Logical::Kind::comparison;
      in_.blanks();
      const std::size_t right = in_.offset();
      return comparable(out.left, start) && operand(out.right) && comparable(out.right, right);
    }
    if (in_.error()) return false;
    switch (out.left.kind) {
      case Operand::Kind::path:
        out.kind = Logical::Kind::existence;
        break;
      case Operand::Kind::function:
        if (!gives_truth(out.left.function->name))
          return in_.expected(negated ? "a test: '!' stands before a query, match(), search() or '('"
                                      : "a comparison operator, since the function gives a value");
        out.kind = Logical::Kind::function;
        break;
      case Operand::Kind::literal:
        if (negated) return in_.fail(start, "expected a query, a function or '(' after '!' but found a literal");
        return in_.expected("a comparison operator");
    }
    in_.back_to(end);
    return true;
  }

  bool comparison(Comparison& out) {
    constexpr std::pair<std::string_view, Comparison> operators[] = {
        {"==", Comparison::equal}, {"!=", Comparison::not_equal},     {"<=", Comparison::less_equal},
        {"<", Comparison::less},   {">=", Comparison::greater_equal}, {">", Comparison::greater}};
    if (const OtherOperator* other = other_operator(in_.rest()))
      return in_.fail(in_.offset(), "expected '" + std::string(other->ours) + "' but found '" +
                                        std::string(other->theirs) + (other->hint.empty() ? "'" : "'; ") +
                                        std::string(other->hint));
    for (const auto& [text, value] : operators) {
      if (!in_.take(text)) continue;
      out = value;
      return true;
    }
    if (in_.now() == '=') return in_.fail(in_.offset(), "expected '==' but found '='");
    return false;
  }

  bool comparable(const Operand& operand, std::size_t offset) {
    if (operand.kind == Operand::Kind::path && !operand.path.singular)
      return in_.fail(offset, "expected a query that selects one node (names and indexes only) in a comparison");
    if (operand.kind == Operand::Kind::function && gives_truth(operand.function->name))
      return in_.fail(offset, "expected a value in a comparison, but match() and search() are tests by themselves");
    return true;
  }

  bool operand(Operand& out) {
    const char c = in_.now();
    if (c == '$' || c == '@') {
      out.kind = Operand::Kind::path;
      return query(out.path);
    }
    if (c == '\'' || c == '"') {
      out.literal.kind = Literal::Kind::string;
      return in_.string(out.literal.text);
    }
    if (number_ahead()) return in_.number(out.literal);
    const std::size_t start = in_.offset();
    const std::string_view hint = hint_for_operand(in_.rest());
    const std::string_view name = in_.function_name();
    if (name.empty())
      return in_.expected("a query ('$' or '@'), a literal or a function", !hint.empty()      ? hint
                                                                           : in_.name_ahead() ? in_quotes
                                                                                              : "");
    if (in_.now() == '(') return function(out, name, start, hint);
    if (name == "true" || name == "false") {
      out.literal.kind = Literal::Kind::boolean;
      out.literal.boolean = name == "true";
      return true;
    }
    if (name == "null") return true;
    for (const Signature& s : signatures)
      if (s.text == name) return in_.expected("'(' right after " + std::string(name));
    in_.back_to(start);
    return in_.expected("a query ('$' or '@'), a literal or a function", hint.empty() ? in_quotes : hint);
  }

  bool function(Operand& out, std::string_view name, std::size_t start, std::string_view hint) {
    const Signature* signature = nullptr;
    for (const Signature& s : signatures)
      if (s.text == name) signature = &s;
    if (!signature)
      return in_.fail(start, "expected one of length, count, value, match, search but found '" + std::string(name) +
                                 (hint.empty() ? "'" : "'; ") + std::string(hint));
    const Level level(*this);
    if (!level.fits()) return false;
    in_.take("(");
    std::size_t at = 0;  // of the last argument
    out.kind = Operand::Kind::function;
    out.function = std::make_unique<Function>();
    Function& f = *out.function;
    f.name = signature->name;
    for (in_.blanks(); in_.now() != ')' || f.arguments.size() != signature->parameters; in_.blanks()) {
      if (f.arguments.size() == signature->parameters)
        return in_.expected("')' after " + std::to_string(signature->parameters) + " argument" +
                            (signature->parameters > 1 ? "s" : ""));
      if (!f.arguments.empty()) {
        if (!in_.take(",")) return in_.expected("','");
        in_.blanks();
      }
      at = in_.offset();
      if (!operand(f.arguments.emplace_back()) || !argument(f.arguments.back(), *signature, at)) return false;
    }
    in_.take(")");
    if (!signature->gives_truth) return true;
    const Operand& pattern = f.arguments[1];
    f.fixed_pattern = pattern.kind == Operand::Kind::literal;
    if (!f.fixed_pattern || pattern.literal.kind != Literal::Kind::string) return true;
    f.pattern = Pattern::compile(pattern.literal.text, f.name == Function::Name::match);
    if (!f.pattern && notes_)  // false by the RFC, not a fault of the query
      notes_->push_back({at, std::string(name) + "() is never true, its pattern is no I-Regexp (RFC 9485): " +
                                 why_no_pattern(pattern.literal.text)});
    return true;
  }

  bool argument(const Operand& operand, const Signature& signature, std::size_t offset) {
    if (signature.takes_nodes)
      return operand.kind == Operand::Kind::path ||
             in_.fail(offset, "expected a query as argument of " + std::string(signature.text) + "()");
    if (operand.kind == Operand::Kind::path && !operand.path.singular)
      return in_.fail(offset, "expected a query that selects one node (names and indexes only) as argument of " +
                                  std::string(signature.text) + "()");
    if (operand.kind == Operand::Kind::function && gives_truth(operand.function->name))
      return in_.fail(offset, "expected a value as argument of " + std::string(signature.text) + "()");
    return true;
  }

  Cursor in_;
  Notes* notes_;
  int nesting_ = 0;
  std::size_t shorthand_end_ = 0;  // of the last name after a '.'
};

}  // namespace

boost::system::result<Path, SyntaxError> parse_path(std::string_view text, Notes* notes) {
  return Parser(text, notes).whole_path();
}
boost::system::result<Logical, SyntaxError> parse_logical(std::string_view text, Notes* notes) {
  return Parser(text, notes).whole_logical();
}

}  // namespace tallyman::jsonpath
