#include "jsonpath/cursor.h"

#include <charconv>

#include "decode/json_scan.h"
#include "jsonpath/utf8.h"

namespace tallyman::jsonpath {

bool Cursor::take(std::string_view token) {
  if (!next_is(token)) return false;
  at_ += token.size();
  return true;
}

void Cursor::blanks() {
  while (!end() && (now() == ' ' || now() == '\t' || now() == '\n' || now() == '\r')) ++at_;
}

bool Cursor::fail(std::size_t offset, std::string what) {
  if (!error_) error_ = SyntaxError{offset, std::move(what)};
  return false;
}

bool Cursor::expected(std::string_view what, std::string_view hint) {
  return fail(
      at_, "expected " + std::string(what) + " but found " + found() + (hint.empty() ? "" : "; ") + std::string(hint));
}

std::string Cursor::found() const {
  if (end()) return "the end";
  const auto c = static_cast<unsigned char>(now());
  if (c == '\'') return "a single quote";
  if (c == ' ') return "a blank";
  if (c < 0x20 || c == 0x7F) {
    constexpr char hex[] = "0123456789ABCDEF";
    return std::string("the control character U+00") + hex[c >> 4] + hex[c & 15];
  }
  return "'" + std::string(word_ahead()) + "'";
}

std::string_view Cursor::word_ahead() const {
  constexpr std::size_t shown = 20;
  std::size_t end = at_ + decode::utf8_length(text_, at_);
  if (!in_text_ && name_ahead())
    for (Cursor next(*this); next.name_ahead() || next.digit_ahead();) {
      next.at_ += decode::utf8_length(text_, next.at_);
      if (next.at_ > at_ + shown) break;
      end = next.at_;
    }
  return text_.substr(at_, end - at_);
}

bool Cursor::check_utf8() {
  for (std::size_t i = 0; i < text_.size();) {
    const std::size_t length = decode::utf8_length(text_, i);
    if (length == 0) return fail(i, "expected UTF-8 but found a byte that is not");
    i += length;
  }
  return true;
}

bool Cursor::name_ahead() const {
  const auto c = static_cast<unsigned char>(now());
  return !end() && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80);
}

std::string Cursor::shorthand() {
  const std::size_t from = at_;
  while (name_ahead() || digit_ahead()) ++at_;
  return std::string(text_from(from));
}

std::string_view Cursor::function_name() {
  const std::size_t from = at_;
  while ((now() >= 'a' && now() <= 'z') || (at_ > from && (now() == '_' || digit_ahead()))) ++at_;
  return text_from(from);
}

bool Cursor::digits(std::string_view after) {
  if (!digit_ahead()) return expected("a digit after " + std::string(after));
  while (digit_ahead()) ++at_;
  return true;
}

bool Cursor::integer(std::int64_t& out) {
  const std::size_t from = at_;
  const bool negative = take("-");
  if (!digit_ahead()) return expected(negative ? "a digit after '-'" : "an integer");
  if (now() == '0') {
    ++at_;
    if (negative) return fail(from, "expected an integer but found '-0': write 0");
    if (digit_ahead()) return fail(from, "expected an integer without leading zeros");
  }
  while (digit_ahead()) ++at_;
  constexpr std::int64_t most = 9007199254740991;  // 2^53 - 1
  const std::string_view digits = text_from(from);
  const auto [rest, code] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (code != std::errc() || out > most || out < -most)
    return fail(from, "expected an integer between -9007199254740991 and 9007199254740991");
  return true;
}

bool Cursor::number(ast::Literal& out) {
  const std::size_t from = at_;
  const bool negative = take("-");
  if (now() == '0') {
    ++at_;
    if (digit_ahead()) return fail(from, "expected a number without leading zeros");
  } else if (!digits("'-'")) {
    return false;
  }
  bool whole = true;
  if (take(".")) {
    whole = false;
    if (!digits("'.'")) return false;
  }
  if (take("e") || take("E")) {
    whole = false;
    if (!take("-")) take("+");
    if (!digits("the exponent's 'e'")) return false;
  }
  const std::string_view text = text_from(from);
  const char *const first = text.data(), *const last = first + text.size();
  out.kind = ast::Literal::Kind::number;
  if (decode::out_of_range(text)) {
    out.kind = ast::Literal::Kind::big;
    out.text = text;
  } else if (!whole) {
    double value = 0;
    if (std::from_chars(first, last, value).ec != std::errc()) value = negative ? -0.0 : 0.0;  // too small
    out.number = Number::of(value);
  } else if (negative) {
    std::int64_t value = 0;
    std::from_chars(first, last, value);
    out.number = Number::of(value);
  } else {
    std::uint64_t value = 0;
    std::from_chars(first, last, value);
    out.number = Number::of_unsigned(value);
  }
  return true;
}

bool Cursor::string(std::string& out) {
  const std::size_t from = at_;
  const char quote = text_[at_++];
  in_text_ = true;
  while (true) {
    if (end()) return fail(from, std::string("expected a closing ") + quote + " for the text that starts here");
    const char c = now();
    if (c == quote) {
      in_text_ = false;
      return ++at_, true;
    }
    if (c == '\\') {
      if (!escape(out, quote)) return false;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return expected("control characters to be escaped");
    } else {
      out += c;
      ++at_;
    }
  }
}

bool Cursor::escape(std::string& out, char quote) {
  const std::size_t from = at_++;
  if (now() != 'u') {
    constexpr std::string_view letters = "bfnrt/\\", meanings = "\b\f\n\r\t/\\";
    if (now() == quote && !end()) {
      out += quote;
    } else if (const std::size_t which = letters.find(now()); which != std::string_view::npos) {
      out += meanings[which];
    } else {
      return expected(std::string("one of b f n r t / \\ u ") + quote + " after the backslash");
    }
    ++at_;
    return true;
  }
  unsigned unit = 0;
  if (!hex4(unit)) return false;
  if (unit >= 0xD800 && unit <= 0xDFFF) {
    unsigned low = 0;
    if (unit > 0xDBFF) return fail(from, "expected a surrogate pair but found its second half first");
    if (!next_is("\\u")) return fail(from, "expected a surrogate pair but found its first half alone");
    const std::size_t second = at_++;
    if (!hex4(low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return fail(second, "expected the second half of a surrogate pair");
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(out, unit);
  return true;
}

bool Cursor::hex4(unsigned& unit) {  // at the 'u'
  ++at_;
  unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = now();
    const int value = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (value < 0) return expected("four hexadecimal digits after \\u");
    unit = unit * 16 + static_cast<unsigned>(value);
  }
  return true;
}

}  // namespace tallyman::jsonpath
