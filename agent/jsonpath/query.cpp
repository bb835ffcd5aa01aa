#include "jsonpath/query.h"

#include <algorithm>

#include "jsonpath/evaluator.h"
#include "jsonpath/parser.h"

namespace tallyman::jsonpath {

using decode::Node;

namespace {

constexpr std::size_t path_bytes_per_visit = 8;

void append_step(std::string& out, const Located& step) {
  out += '[';
  if (step.index >= 0) {
    out += std::to_string(step.index);
  } else {
    out += '\'';
    for (const char c : step.key) {
      constexpr std::string_view named = "\b\t\n\f\r'\\", names = "btnfr'\\";
      if (const std::size_t which = named.find(c); which != std::string_view::npos) {
        out += '\\';
        out += names[which];
      } else if (static_cast<unsigned char>(c) < 0x20) {
        out += "\\u00";
        out += "0123456789abcdef"[c >> 4];
        out += "0123456789abcdef"[c & 15];
      } else {
        out += c;
      }
    }
    out += '\'';
  }
  out += ']';
}

// A normalized path, RFC 9535 section 2.7. As deep as the document, hence the recursion.
void append_path(std::string& out, const Step& step) {
  if (!step.parent) {
    out += '$';
    return;
  }
  append_path(out, *step.parent);
  append_step(out, step);
}

Query::Reach::Kind kind_of(const ast::Segment& segment) {
  using Kind = Query::Reach::Kind;
  if (segment.descendant || segment.selectors.size() != 1) return Kind::other;
  switch (segment.selectors[0].kind) {
    case ast::Selector::Kind::name:
      return Kind::name;
    case ast::Selector::Kind::index:
      return Kind::index;
    case ast::Selector::Kind::wildcard:
      return Kind::wildcard;
    case ast::Selector::Kind::filter:
      return Kind::filter;
    case ast::Selector::Kind::slice:
      break;
  }
  return Kind::other;
}

}  // namespace

std::size_t character(std::string_view query, std::size_t offset) {
  const auto begin = query.begin();
  return 1 + static_cast<std::size_t>(
                 std::count_if(begin, begin + static_cast<std::ptrdiff_t>(std::min(offset, query.size())),
                               [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Excerpt excerpt(std::string_view query, std::size_t offset) {
  constexpr std::size_t whole = 300, around = 100;  // bytes
  if (query.size() <= whole) return {std::string(query), character(query, offset) - 1};
  const auto inside = [&](std::size_t i) {
    return i < query.size() && (static_cast<unsigned char>(query[i]) & 0xC0) == 0x80;
  };
  std::size_t from = offset > around ? offset - around : 0, to = std::min(query.size(), offset + around);
  while (inside(from)) ++from;
  while (inside(to)) ++to;
  std::string text = from > 0 ? "..." : "";
  text += query.substr(from, to - from);
  const std::size_t before = (from > 0 ? 3 : 0) + character(query.substr(from), offset - from) - 1;
  if (to < query.size()) text += "...";
  return {std::move(text), before};
}

std::string normalized_path(Node root, Node node) {
  if (!root || root.document() != node.document()) return "";
  std::string out = "$";
  // A container comes before all that is in it, and that before what follows the container.
  for (Node at = root; at != node;) {
    Located next;
    for (const Node::Child c : at.children()) {
      if (c.node.index() > node.index()) break;
      next = {c.node, c.key, c.index};
    }
    if (!next.node) return "";
    append_step(out, next);
    at = next.node;
  }
  return out;
}

struct Query::Impl {
  std::string text;
  ast::Path path;
  Notes notes;
  std::vector<Singular> base;

  Node start(Node root, Node current) const { return path.relative ? current : root; }
};

Query::Query(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Query::Query(Query&&) noexcept = default;
Query& Query::operator=(Query&&) noexcept = default;
Query::~Query() = default;

boost::system::result<Query, SyntaxError> Query::parse(std::string_view text) {
  auto impl = std::make_unique<Impl>();
  auto path = parse_path(text, &impl->notes);
  if (!path) return path.error();
  impl->text = text;
  impl->path = std::move(*path);
  for (const ast::Segment& segment : impl->path.segments) {
    if (!segment.singular()) break;
    const ast::Selector& selector = segment.selectors[0];
    impl->base.push_back({selector.kind == ast::Selector::Kind::index, selector.name, selector.index});
  }
  return Query(std::move(impl));
}

const std::string& Query::text() const { return impl_->text; }
const std::vector<SyntaxError>& Query::notes() const { return impl_->notes; }
bool Query::relative() const { return impl_->path.relative; }
bool Query::singular() const { return impl_->path.singular; }
const std::vector<Singular>& Query::base() const { return impl_->base; }

bool Query::select(Node root, Node current, jsonpath::Visit visit, std::size_t max_visits) const {
  Allowance own(max_visits);
  Evaluator evaluator(root, own);
  evaluator.walk(impl_->path, 0, Step{{impl_->start(root, current), {}, -1}, nullptr},
                 [&](const Step& step) { return visit(step); });
  return !own.exhausted;
}

void Query::select_from_base(Node root, Node base_node, jsonpath::Visit visit, Allowance& allowance) const {
  Evaluator evaluator(root, allowance);
  Step start{{base_node, {}, -1}, nullptr};
  if (!impl_->base.empty()) {
    const Singular& last = impl_->base.back();
    start.key = last.name;
    if (last.is_index && last.index >= 0) start.index = last.index;
  }
  evaluator.walk(impl_->path, impl_->base.size(), start, [&](const Step& step) { return visit(step); });
}

Node Query::first(Node root, Node current, Allowance& allowance) const {
  Evaluator evaluator(root, allowance);
  const Node start = impl_->start(root, current);
  if (impl_->path.singular) return evaluator.resolve(impl_->path, 0, start);
  Node found;
  evaluator.walk(impl_->path, 0, Step{{start, {}, -1}, nullptr}, [&](const Step& step) {
    found = step.node;
    return false;
  });
  return found;
}

std::vector<Node> Query::nodes(Node root, Node current, Allowance& allowance, std::vector<std::string>* paths) const {
  std::vector<Node> out;
  Evaluator evaluator(root, allowance);
  evaluator.walk(impl_->path, 0, Step{{impl_->start(root, current), {}, -1}, nullptr}, [&](const Step& step) {
    out.push_back(step.node);
    if (!paths) return true;
    append_path(paths->emplace_back(), step);  // they stay, and a name may be as long as the document
    return allowance.spend(paths->back().size() / path_bytes_per_visit, Allowance::By::memory);
  });
  return out;
}

Query::Reach Query::reach(Node root, Node current, Allowance& allowance) const {
  Reach out;
  const Node start = impl_->start(root, current);
  std::vector<Node> from;
  const std::vector<ast::Segment>& segments = impl_->path.segments;
  for (std::size_t i = 0; i <= segments.size(); ++i) {
    const std::size_t end = i == 0 ? 1 : segments[i - 1].end;
    const auto path = parse_path(std::string_view(impl_->text).substr(0, end));
    if (!path) break;  // cannot be: it is the beginning of what could be parsed
    std::vector<Node> found;
    Allowance own(allowance.left);  // what it knows is of this path, which goes
    Evaluator evaluator(root, own);
    evaluator.walk(*path, 0, Step{{start, {}, -1}, nullptr}, [&](const Step& step) {
      found.push_back(step.node);
      return true;
    });
    if (own.exhausted) {
      allowance.give_up(own.by);
      return out;
    }
    allowance.left = own.left;
    if (found.empty()) {
      if (i == 0) break;  // there is no such item at all
      const std::size_t begin = i == 1 ? 1 : segments[i - 2].end;
      out.segment = impl_->text.substr(begin, end - begin);
      out.kind = kind_of(segments[i - 1]);
      if (out.kind == Reach::Kind::name) out.name = segments[i - 1].selectors[0].name;
      out.from = from.front();
      out.nodes = from.size();
      return out;
    }
    from = std::move(found);
  }
  out.selected = from.size();
  return out;
}

struct Expression::Impl {
  ast::Logical logical;
  Notes notes;
};

Expression::Expression(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

boost::system::result<Expression, SyntaxError> Expression::parse(std::string_view text) {
  Notes notes;
  auto logical = parse_logical(text, &notes);
  if (!logical) return logical.error();
  return Expression(std::make_unique<Impl>(Impl{std::move(*logical), std::move(notes)}));
}

const std::vector<SyntaxError>& Expression::notes() const { return impl_->notes; }

Expression::Truth Expression::test(Node root, Node current, Allowance& allowance) const {
  Evaluator evaluator(root, allowance);
  const Truth truth = evaluator.evaluate(impl_->logical, current, true);
  return evaluator.exhausted() ? Truth::missing : truth;
}

bool Expression::matches(Node root, Node current, Allowance& allowance) const {
  Evaluator evaluator(root, allowance);
  return evaluator.evaluate(impl_->logical, current, false) == Truth::yes && !evaluator.exhausted();
}

}  // namespace tallyman::jsonpath
