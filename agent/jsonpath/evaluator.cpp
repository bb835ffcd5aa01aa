#include "jsonpath/evaluator.h"

#include <algorithm>

namespace tallyman::jsonpath {

using ast::Logical;
using ast::Operand;
using ast::Path;
using ast::Segment;
using ast::Selector;
using decode::Kind;
using decode::Node;
using Truth = Expression::Truth;

namespace {

// A step of the walk is at most a few hundred bytes of stack. Documents are at most 1024 deep
// and queries nest, so their product has to be bounded.
constexpr int max_recursion = 5000;

constexpr std::size_t kept_patterns = 8;
// A pattern from the document is compiled for every new text: it must be small, and is paid for.
constexpr std::size_t pattern_memory = 1 << 20;
// Characters of a text are counted at a few GB/s.
constexpr std::size_t counted_per_visit = 32;

}  // namespace

void Evaluator::walk(const Path& path, std::size_t segment, const Step& start, StepVisit visit) {
  if (start.node) follow(path, segment, start, visit);
}

// These four return false when the walk is to stop: `visit` said so, or the allowance did.
bool Evaluator::follow(const Path& path, std::size_t segment, const Step& at, StepVisit visit) {
  if (segment == path.segments.size()) return visit(at);
  if (++depth_ > max_recursion) allowance_.give_up(Allowance::By::nodes);
  const bool more = !exhausted() && (path.segments[segment].descendant ? descend(path, segment, at, visit)
                                                                       : select(path, segment, at, visit));
  --depth_;
  return more;
}

bool Evaluator::descend(const Path& path, std::size_t segment, const Step& at, StepVisit visit) {
  if (++depth_ > max_recursion) allowance_.give_up(Allowance::By::nodes);
  bool more = !exhausted() && select(path, segment, at, visit);
  if (more) {
    for (const Node::Child c : at.node.children()) {
      if (!allowance_.spend(1)) more = false;
      const Kind kind = c.node.kind();
      if (more && (kind == Kind::array || kind == Kind::object))
        more = descend(path, segment, Step{{c.node, c.key, c.index}, &at}, visit);
      if (!more) break;
    }
  }
  --depth_;
  return more;
}

// The child that a name or an index selects.
Node Evaluator::child(const Selector& selector, Node parent) {
  std::size_t passed = parent.width();
  if (selector.kind == Selector::Kind::index && selector.index >= 0)
    passed = std::min(passed, static_cast<std::size_t>(selector.index));
  if (!allowance_.spend(1 + passed / passed_per_visit)) return {};
  return selector.kind == Selector::Kind::name ? parent.member(selector.name) : parent.element(selector.index);
}

bool Evaluator::select(const Path& path, std::size_t segment, const Step& at, StepVisit visit) {
  for (const Selector& selector : path.segments[segment].selectors) {
    switch (selector.kind) {
      case Selector::Kind::name:
      case Selector::Kind::index: {
        const Node found = child(selector, at.node);
        if (exhausted()) return false;
        if (!found) break;
        Step step{{found, selector.name, -1}, &at};
        if (selector.kind == Selector::Kind::index)
          step.index =
              selector.index >= 0 ? selector.index : selector.index + static_cast<std::int64_t>(at.node.size());
        if (!follow(path, segment + 1, step, visit)) return false;
        break;
      }
      case Selector::Kind::wildcard:
        for (const Node::Child c : at.node.children()) {
          if (!allowance_.spend(1)) return false;
          if (!follow(path, segment + 1, Step{{c.node, c.key, c.index}, &at}, visit)) return false;
        }
        break;
      case Selector::Kind::filter:
        for (const Node::Child c : at.node.children()) {
          if (!allowance_.spend(1)) return false;
          const Truth truth = evaluate(*selector.filter, c.node, false);
          if (exhausted()) return false;
          if (truth != Truth::yes) continue;
          if (!follow(path, segment + 1, Step{{c.node, c.key, c.index}, &at}, visit)) return false;
        }
        break;
      case Selector::Kind::slice:
        if (!select_slice(path, segment, selector, at, visit)) return false;
        break;
    }
  }
  return true;
}

bool Evaluator::select_slice(const Path& path, std::size_t segment, const Selector& slice, const Step& at,
                             StepVisit visit) {
  if (at.node.kind() != Kind::array || slice.step == 0) return true;
  // RFC 9535, section 2.3.4.2.2.
  const auto length = static_cast<std::int64_t>(at.node.size());
  const auto normal = [length](std::int64_t i) { return i >= 0 ? i : length + i; };
  if (slice.step > 0) {
    std::int64_t next = std::clamp<std::int64_t>(normal(slice.start.value_or(0)), 0, length);
    const std::int64_t end = std::clamp<std::int64_t>(normal(slice.end.value_or(length)), 0, length);
    for (const Node::Child c : at.node.children()) {
      if (next >= end) break;
      if (!allowance_.spend(1)) return false;
      if (c.index != next) continue;
      next += slice.step;
      if (!follow(path, segment + 1, Step{{c.node, {}, c.index}, &at}, visit)) return false;
    }
    return true;
  }
  // Backwards: the tape cannot be read that way, so what is selected is collected first.
  const std::int64_t first = std::clamp<std::int64_t>(slice.start ? normal(*slice.start) : length - 1, -1, length - 1);
  const std::int64_t end = std::clamp<std::int64_t>(slice.end ? normal(*slice.end) : -1, -1, length - 1);
  std::vector<Node::Child> selected;
  for (const Node::Child c : at.node.children()) {
    if (c.index > first) break;
    if (!allowance_.spend(1)) return false;
    if (c.index > end && (first - c.index) % slice.step == 0) selected.push_back(c);
  }
  for (auto c = selected.rbegin(); c != selected.rend(); ++c)
    if (!follow(path, segment + 1, Step{{c->node, {}, c->index}, &at}, visit)) return false;
  return true;
}

Node Evaluator::resolve(const Path& path, std::size_t segment, Node start) {
  for (; segment < path.segments.size() && start; ++segment) start = child(path.segments[segment].selectors[0], start);
  return start;
}

Node Evaluator::singular(const Path& path, Node current) {
  if (path.relative) return resolve(path, 0, current);
  if (const RootPaths::Known* known = allowance_.roots.find(&path, root_)) return known->node;
  const Node found = resolve(path, 0, root_);
  if (!exhausted()) allowance_.roots.keep(&path, root_, found);
  return found;
}

bool Evaluator::exists(const Path& path, Node current) {
  if (path.singular) return static_cast<bool>(singular(path, current));
  bool found = false;
  walk(path, 0, Step{{start_of(path, current), {}, -1}, nullptr}, [&](const Step&) {
    found = true;
    return false;
  });
  return found;
}

Truth Evaluator::evaluate(const Logical& logical, Node current, bool test_rule) {
  const auto truth = [](bool yes) { return yes ? Truth::yes : Truth::no; };
  if (!allowance_.spend(1)) return Truth::no;
  switch (logical.kind) {
    case Logical::Kind::any:
      for (const Logical& part : logical.parts)
        if (const Truth t = evaluate(part, current, test_rule); t != Truth::no) return t;
      return Truth::no;
    case Logical::Kind::all:
      for (const Logical& part : logical.parts)
        if (const Truth t = evaluate(part, current, test_rule); t != Truth::yes) return t;
      return Truth::yes;
    case Logical::Kind::negation: {
      const Truth t = evaluate(logical.parts[0], current, test_rule);
      return t == Truth::missing ? t : truth(t == Truth::no);
    }
    case Logical::Kind::existence:
      return truth(exists(logical.left.path, current));
    case Logical::Kind::function:
      return truth(matches(*logical.left.function, current));
    case Logical::Kind::comparison:
      break;
  }
  const Value left = value(logical.left, current);
  const Value right = value(logical.right, current);
  if (test_rule) {
    const auto literal_null = [](const Operand& operand) {
      return operand.kind == Operand::Kind::literal && operand.literal.kind == ast::Literal::Kind::null;
    };
    const auto absent = [](const Operand& operand, const Value& v) {
      return operand.kind != Operand::Kind::literal && (v.kind == Value::Kind::nothing || v.kind == Value::Kind::null);
    };
    if ((absent(logical.left, left) && !literal_null(logical.right)) ||
        (absent(logical.right, right) && !literal_null(logical.left)))
      return Truth::missing;
  }
  return truth(compare(left, logical.comparison, right, allowance_));
}

Value Evaluator::value(const Operand& operand, Node current) {
  switch (operand.kind) {
    case Operand::Kind::literal:
      return Value::of(operand.literal);
    case Operand::Kind::path:
      return Value::of(singular(operand.path, current));
    case Operand::Kind::function:
      break;
  }
  return call(*operand.function, current);
}

// The functions of RFC 9535, section 2.4, that give values.
Value Evaluator::call(const ast::Function& function, Node current) {
  const Operand& argument = function.arguments[0];
  if (function.name == ast::Function::Name::length) {
    const Value v = value(argument, current);
    if (v.kind == Value::Kind::structure) return Value::of(v.node.size());
    if (v.kind != Value::Kind::string || !allowance_.spend(v.text.size() / counted_per_visit)) return {};
    const auto leads = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return Value::of(static_cast<std::size_t>(std::count_if(v.text.begin(), v.text.end(), leads)));
  }
  const bool counts = function.name == ast::Function::Name::count;
  std::size_t nodes = 0;
  Node only;
  walk(argument.path, 0, Step{{start_of(argument.path, current), {}, -1}, nullptr}, [&](const Step& step) {
    only = step.node;
    ++nodes;
    return counts || nodes < 2;
  });
  if (counts) return Value::of(nodes);
  return nodes == 1 ? Value::of(only) : Value();
}

bool Evaluator::matches(const ast::Function& function, Node current) {
  const Value text = value(function.arguments[0], current);
  if (text.kind != Value::Kind::string) return false;
  const auto search = [&](const Pattern* pattern) {
    if (!pattern || exhausted()) return false;
    const Searched searched = pattern->search(text.text);
    return allowance_.spend(searched) && searched.found;
  };
  if (function.fixed_pattern) return search(function.pattern.get());
  const Value written = value(function.arguments[1], current);
  if (written.kind != Value::Kind::string) return false;
  return search(pattern(written.text, function.name == ast::Function::Name::match));
}

const Pattern* Evaluator::pattern(std::string_view text, bool anchored) {
  if (!allowance_.spend(1 + text.size() / counted_per_visit, Allowance::By::texts)) return nullptr;
  for (const Compiled& c : compiled_)
    if (c.anchored == anchored && c.text == text) return c.pattern.get();
  // How long it takes to compile one, only the clock knows: `\p{L}{20}` takes a thousand times as long as `a{20}`.
  const Stopwatch watch;
  Compiled fresh{std::string(text), anchored, Pattern::compile(text, anchored, max_foreign_program, pattern_memory)};
  if (!allowance_.spend(watch.visits(), Allowance::By::searches)) return nullptr;
  if (compiled_.size() < kept_patterns) {
    compiled_.push_back(std::move(fresh));
    return compiled_.back().pattern.get();
  }
  Compiled& place = compiled_[oldest_++ % kept_patterns];
  place = std::move(fresh);
  return place.pattern.get();
}

}  // namespace tallyman::jsonpath
