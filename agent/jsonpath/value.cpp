#include "jsonpath/value.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace tallyman::jsonpath {

using decode::Kind;
using decode::Node;

Value Value::of(Node node) {
  Value v;
  if (!node) return v;
  switch (node.kind()) {
    case decode::Kind::null:
      v.kind = Value::Kind::null;
      break;
    case decode::Kind::boolean:
      v.kind = Value::Kind::boolean;
      v.boolean = node.boolean();
      break;
    case decode::Kind::number:
      v.kind = Value::Kind::number;
      v.number = node.number();
      break;
    case decode::Kind::string:
      v.kind = Value::Kind::string;
      v.text = node.text();
      break;
    case decode::Kind::array:
    case decode::Kind::object:
      v.kind = Value::Kind::structure;
      v.node = node;
      break;
    case decode::Kind::out_of_range:
      v.kind = Value::Kind::big;
      v.text = node.lexeme();
      break;
  }
  return v;
}

Value Value::of(const ast::Literal& literal) {
  Value v;
  switch (literal.kind) {
    case ast::Literal::Kind::null:
      v.kind = Value::Kind::null;
      break;
    case ast::Literal::Kind::boolean:
      v.kind = Value::Kind::boolean;
      v.boolean = literal.boolean;
      break;
    case ast::Literal::Kind::number:
      v.kind = Value::Kind::number;
      v.number = literal.number;
      break;
    case ast::Literal::Kind::big:
      v.kind = Value::Kind::big;
      v.text = literal.text;
      break;
    case ast::Literal::Kind::string:
      v.kind = Value::Kind::string;
      v.text = literal.text;
      break;
  }
  return v;
}

Value Value::of(std::size_t count) {
  Value v;
  v.kind = Value::Kind::number;
  v.number = Number::of_unsigned(count);
  return v;
}

namespace {

// A decimal number taken apart: sign, exponent of its first digit that is not 0, digits from there.
struct Decimal {
  int sign = 0;
  std::int64_t exponent = 0;
  std::string digits;  // no zeros at either end
};

Decimal decimal(std::string_view text) {
  Decimal d;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t lead = mantissa.find_first_of("123456789");
  if (lead == std::string_view::npos) return d;
  d.sign = negative ? -1 : 1;
  for (const char c : mantissa.substr(lead))
    if (c != '.') d.digits += c;
  d.digits.erase(d.digits.find_last_not_of('0') + 1);
  if (e < text.size()) {
    std::string_view exponent = text.substr(e + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    constexpr std::int64_t far = INT64_MAX / 4;  // beyond what any other digit could make up for
    if (std::from_chars(exponent.data(), exponent.data() + exponent.size(), d.exponent).ec != std::errc())
      d.exponent = exponent.starts_with('-') ? -far : far;
    d.exponent = std::clamp(d.exponent, -far, far);
  }
  d.exponent += static_cast<std::int64_t>(point) - static_cast<std::int64_t>(lead);
  return d;
}

int compare_decimals(std::string_view left, std::string_view right) {
  const Decimal a = decimal(left), b = decimal(right);
  if (a.sign != b.sign) return a.sign < b.sign ? -1 : 1;
  if (a.exponent != b.exponent) return (a.exponent < b.exponent) == (a.sign > 0) ? -1 : 1;
  const int order = a.digits.compare(b.digits);
  return order == 0 ? 0 : (order < 0) == (a.sign > 0) ? -1 : 1;
}

constexpr std::size_t digits_per_visit = 4;   // that are compared
constexpr std::size_t bytes_per_visit = 256;  // the same of texts

bool numeric(const Value& v) { return v.kind == Value::Kind::number || v.kind == Value::Kind::big; }

int compare_numbers(const Value& a, const Value& b, Allowance& allowance) {
  if (a.kind == Value::Kind::number && b.kind == Value::Kind::number) return compare(a.number, b.number);
  // Out of range: rare, so digit by digit. Of which an answer can write a million.
  if (!allowance.spend((a.text.size() + b.text.size()) / digits_per_visit, Allowance::By::texts)) return 0;
  std::string written;  // of the one that is in range
  const auto text = [&](const Value& v) -> std::string_view {
    return v.kind == Value::Kind::big ? v.text : written = to_text(v.number);
  };
  return compare_decimals(text(a), text(b));
}

bool equal(const Value& a, const Value& b, Allowance& allowance);

bool equal_arrays(Node a, Node b, Allowance& allowance) {
  if (a.size() != b.size()) return false;
  auto right = b.children().begin();
  for (const Node::Child left : a.children()) {
    if (!equal(Value::of(left.node), Value::of((*right).node), allowance)) return false;
    ++right;
  }
  return true;
}

// Order is of no meaning, but the same order is usual: names are looked up only where it differs.
bool equal_objects(Node a, Node b, Allowance& allowance) {
  if (a.size() != b.size()) return false;
  auto right = b.children().begin();
  for (const Node::Child left : a.children()) {
    Node other;
    const std::size_t one = 1 + left.key.size() / bytes_per_visit;  // that it takes to compare with one name
    if (!allowance.spend(one)) return false;
    if (const Node::Child candidate = *right; candidate.key == left.key) {
      other = candidate.node;
    } else {
      if (!allowance.spend(b.width() * one)) return false;
      other = b.member(left.key);
    }
    if (!other || !equal(Value::of(left.node), Value::of(other), allowance)) return false;
    ++right;
  }
  return true;
}

bool equal(const Value& a, const Value& b, Allowance& allowance) {
  if (!allowance.spend(1)) return false;
  if (numeric(a) && numeric(b)) return compare_numbers(a, b, allowance) == 0;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Value::Kind::nothing:
    case Value::Kind::null:
      return true;
    case Value::Kind::boolean:
      return a.boolean == b.boolean;
    case Value::Kind::string:
      return a.text.size() == b.text.size() && allowance.spend(a.text.size() / bytes_per_visit) && a.text == b.text;
    case Value::Kind::structure:
      if (a.node == b.node) return true;
      if (a.node.kind() != b.node.kind()) return false;
      return a.node.kind() == Kind::array ? equal_arrays(a.node, b.node, allowance)
                                          : equal_objects(a.node, b.node, allowance);
    case Value::Kind::number:
    case Value::Kind::big:
      break;
  }
  return false;
}

bool less(const Value& a, const Value& b, Allowance& allowance) {
  if (numeric(a) && numeric(b)) return compare_numbers(a, b, allowance) < 0;
  if (a.kind != Value::Kind::string || b.kind != Value::Kind::string) return false;
  // Bytes of UTF-8 sort as code points do.
  return allowance.spend(std::min(a.text.size(), b.text.size()) / bytes_per_visit) && a.text < b.text;
}

}  // namespace

bool compare(const Value& left, ast::Comparison comparison, const Value& right, Allowance& allowance) {
  switch (comparison) {
    case ast::Comparison::equal:
      return equal(left, right, allowance);
    case ast::Comparison::not_equal:
      return !equal(left, right, allowance);
    case ast::Comparison::less:
      return less(left, right, allowance);
    case ast::Comparison::less_equal:
      return less(left, right, allowance) || equal(left, right, allowance);
    case ast::Comparison::greater:
      return less(right, left, allowance);
    case ast::Comparison::greater_equal:
      return less(right, left, allowance) || equal(left, right, allowance);
  }
  return false;
}

}  // namespace tallyman::jsonpath
