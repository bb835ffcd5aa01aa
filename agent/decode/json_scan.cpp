#include "decode/json_scan.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace tallyman::decode {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
int hex_value(char c) {
  return digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string hex(unsigned value, int digits) {
  std::string out(static_cast<std::size_t>(digits), '0');
  for (auto it = out.rbegin(); it != out.rend(); ++it, value >>= 4) *it = "0123456789ABCDEF"[value & 15];
  return out;
}

class Scanner {
 public:
  Scanner(std::string_view body, std::size_t start, std::size_t depth) : body_(body), at_(start), depth_(depth) {}

  JsonScan run() {
    if (!whole_body()) document();
    return std::move(scan_);
  }

 private:
  bool end() const { return at_ >= body_.size(); }
  char now() const { return end() ? '\0' : body_[at_]; }
  bool next_is(std::string_view text) const { return body_.substr(at_, text.size()) == text; }
  void blanks() { at_ = std::min(body_.find_first_not_of(" \t\r\n", at_), body_.size()); }

  bool fail(std::size_t offset, std::string what) {
    JsonProblem problem;
    problem.offset = offset;
    problem.what = std::move(what);
    for (std::size_t i = 0; i < offset; ++i) {
      if (body_[i] == '\n') {
        ++problem.line;
        problem.column = 1;
      } else if ((static_cast<unsigned char>(body_[i]) & 0xC0) != 0x80) {
        ++problem.column;
      }
    }
    if (body_.starts_with("\xEF\xBB\xBF") && problem.line == 1 && offset >= 3) --problem.column;
    scan_.problem = std::move(problem);
    return false;
  }
  bool fail_whole(std::string what) {
    fail(at_, std::move(what));
    scan_.problem->placed = false;
    return true;
  }
  bool expected(std::string_view what) {
    if (end()) return fail(at_, "the body ends here but expected " + std::string(what) + ": it was cut off");
    return fail(at_, "expected " + std::string(what) + " but found " + found());
  }

  // What stands at at_, as a person would name it: a word whole, else one character.
  std::string found() const {
    if (end()) return "the end of the body";
    const auto c = static_cast<unsigned char>(now());
    if (c == '"') return "a string";
    if (letter(now())) {
      std::size_t length = 0;
      while (length < 20 && at_ + length < body_.size() && letter(body_[at_ + length])) ++length;
      return "'" + std::string(body_.substr(at_, length)) + "'";
    }
    if (c < 0x20 || c == 0x7F) return c == '\n' ? "a line end" : "the control character U+00" + hex(c, 2);
    const std::size_t length = utf8_length(body_, at_);
    if (length == 0) return "the byte 0x" + hex(c, 2);
    return c == '\'' ? "a single quote" : "'" + std::string(body_.substr(at_, length)) + "'";
  }

  // Bodies that were never meant to be JSON.
  bool whole_body() {
    blanks();
    if (end()) return fail_whole(body_.empty() ? "the body is empty" : "the body is empty: nothing but blanks");
    if (next_is("\x1F\x8B")) return fail_whole("the body is gzip data, not JSON: its Content-Encoding was not said");
    if (next_is("\xFE\xFF") || next_is("\xFF\xFE")) return fail_whole("the body is UTF-16, not JSON in UTF-8");
    if (next_is("<?xml")) return fail_whole("the body is XML, not JSON (starts with '<')");
    if (now() == '<') return fail_whole("the body is HTML, not JSON (starts with '<')");
    return false;
  }

  bool document() {
    enum class Want { value, value_or_close, key, key_or_close, comma_or_close, end };
    Want want = Want::value;
    std::string open;  // the closing brackets to come, innermost last
    const auto close = [&] {
      ++at_;
      open.pop_back();
      want = open.empty() ? Want::end : Want::comma_or_close;
    };
    while (true) {
      blanks();
      switch (want) {
        case Want::end:
          return end() || fail(at_, "expected the end of the body after one JSON value but found " + found());
        case Want::comma_or_close:
          if (now() == open.back()) {
            close();
          } else if (now() == ',') {
            ++at_;
            want = open.back() == '}' ? Want::key : Want::value;
          } else {
            return expected(open.back() == '}' ? "',' or '}'" : "',' or ']'");
          }
          break;
        case Want::key_or_close:
        case Want::key:
          if (want == Want::key_or_close && now() == '}') {
            close();
            break;
          }
          if (now() != '"')
            return expected(want == Want::key ? "a key in double quotes" : "a key in double quotes or '}'");
          if (!string()) return false;
          blanks();
          if (now() != ':') return expected("':'");
          ++at_;
          want = Want::value;
          break;
        case Want::value_or_close:
          if (now() == ']') {
            close();
            break;
          }
          [[fallthrough]];
        case Want::value:
          if (now() == '[' || now() == '{') {
            const std::size_t from = at_;
            const char closing = now() == '[' ? ']' : '}';
            want = now() == '[' ? Want::value_or_close : Want::key_or_close;
            ++at_;
            blanks();
            if (open.size() >= depth_ && !end() && now() != closing) {
              fail(from, "nested deeper than the limit of " + std::to_string(depth_) + " levels (limits: depth)");
              scan_.problem->too_deep = true;
              return false;
            }
            open.push_back(closing);
            break;
          }
          if (!scalar()) return false;
          want = open.empty() ? Want::end : Want::comma_or_close;
          break;
      }
    }
  }

  bool scalar() {
    if (now() == '"') return string();
    if (now() == '-' || digit(now())) return number();
    for (const std::string_view word : {"true", "false", "null"}) {
      if (!next_is(word)) continue;
      const char after = at_ + word.size() < body_.size() ? body_[at_ + word.size()] : ' ';
      if (letter(after) || digit(after) || after == '_') break;
      at_ += word.size();
      return true;
    }
    // A word cut off by the end of the body.
    for (const std::string_view word : {"true", "false", "null"}) {
      const std::string_view rest = body_.substr(at_);
      if (!rest.empty() && rest.size() < word.size() && word.starts_with(rest)) {
        at_ = body_.size();
        return expected("the rest of '" + std::string(word) + "'");
      }
    }
    return expected("a value");
  }

  bool digits(const char* after) {
    if (!digit(now())) return expected(std::string("a digit after ") + after);
    while (digit(now())) ++at_;
    return true;
  }

  bool number() {
    const std::size_t from = at_;
    if (now() == '-') ++at_;
    if (now() == '0' && at_ + 1 < body_.size() && digit(body_[at_ + 1]))
      return fail(at_, "expected a number without leading zeros but found '0" + std::string(1, body_[at_ + 1]) + "'");
    if (!digits("'-'")) return false;
    if (now() == '.') {
      ++at_;
      if (!digits("'.'")) return false;
    }
    if (now() == 'e' || now() == 'E') {
      ++at_;
      if (now() == '+' || now() == '-') ++at_;
      if (!digits("the exponent's 'e'")) return false;
    }
    if (out_of_range(body_.substr(from, at_ - from))) scan_.out_of_range.push_back({from, at_ - from, ordinal_});
    ++ordinal_;
    return true;
  }

  bool string() {
    const std::size_t from = at_++;
    while (true) {
      if (end())
        return fail(from, "the string that starts here has no end: the body was cut off, or a quote is missing");
      const auto c = static_cast<unsigned char>(now());
      if (c == '"') return ++at_, true;
      if (c == '\\') {
        if (!escape()) return false;
      } else if (c < 0x20) {
        return fail(at_, "expected control characters in strings to be escaped but found " + found());
      } else {
        const std::size_t length = utf8_length(body_, at_);
        if (length == 0) return fail(at_, "expected UTF-8 but found the byte 0x" + hex(c, 2));
        at_ += length;
      }
    }
  }

  bool escape() {
    const std::size_t from = at_++;
    if (end()) return true;  // string() says that there is no end
    if (now() != 'u') {
      if (std::string_view("\"\\/bfnrt").find(now()) == std::string_view::npos)
        return fail(from, "expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u but found '\\' before " + found());
      ++at_;
      return true;
    }
    unsigned unit = 0;
    if (!hex4(unit)) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    unsigned low = 0;
    if (unit < 0xDC00 && next_is("\\u")) {
      ++at_;
      if (!hex4(low)) return false;
    }
    if (low >= 0xDC00 && low <= 0xDFFF) return true;
    return fail(from, "expected a surrogate pair but found \\u" + hex(unit, 4) + " alone, which is no character");
  }

  bool hex4(unsigned& unit) {  // at the 'u'
    ++at_;
    unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (hex_value(now()) < 0) return expected("four hexadecimal digits after \\u");
      unit = unit * 16 + static_cast<unsigned>(hex_value(now()));
    }
    return true;
  }

  std::string_view body_;
  std::size_t at_;
  std::size_t depth_;
  std::uint32_t ordinal_ = 0;
  JsonScan scan_;
};

}  // namespace

std::string JsonProblem::text() const {
  if (!placed) return what;
  return "line " + std::to_string(line) + ", column " + std::to_string(column) + " (byte " + std::to_string(offset) +
         "): " + what;
}

JsonScan scan_json(std::string_view body, std::size_t start, std::size_t depth) {
  return Scanner(body, start, depth).run();
}

// On the tape a string and a key are a word of 8 bytes, a number, an array and an object two; each token
// is 4 bytes in the index. Strings are copied, with 5 bytes about them.
std::size_t parsed_bytes(std::string_view body) {
  std::size_t tokens = 0, words = 0, text = 0;
  bool in_scalar = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    switch (body[i]) {
      case '"': {
        const std::size_t from = i;
        for (++i; i < body.size() && body[i] != '"'; ++i)
          if (body[i] == '\\') ++i;
        text += i - from + 5;
        ++tokens;
        ++words;
        in_scalar = false;
        break;
      }
      case '{':
      case '[':
      case '}':
      case ']':
        ++words;
        [[fallthrough]];
      case ',':
      case ':':
        ++tokens;
        [[fallthrough]];
      case ' ':
      case '\n':
      case '\r':
      case '\t':
        in_scalar = false;
        break;
      default:
        if (in_scalar) break;
        in_scalar = true;
        ++tokens;
        words += body[i] == '-' || digit(body[i]) ? 2 : 1;
    }
  }
  return body.size() + text + 8 * words + 4 * tokens;
}

std::size_t parsed_bytes_at_most(std::string_view body) {
  std::size_t quotes = 0, brackets = 0, separators = 0, blanks = 0;
  // Sums of a block fit in a byte, so that a compiler adds them for 16 characters or more at once.
  constexpr std::size_t block = 240;
  for (std::size_t from = 0; from < body.size(); from += block) {
    const std::string_view part = body.substr(from, block);
    std::uint8_t quote = 0, bracket = 0, separator = 0, blank = 0;
    for (const char c : part) {
      quote = static_cast<std::uint8_t>(quote + (c == '"'));
      bracket = static_cast<std::uint8_t>(bracket + (((c | 0x20) == '{') | ((c | 0x20) == '}')));
      separator = static_cast<std::uint8_t>(separator + ((c == ',') | (c == ':')));
      blank = static_cast<std::uint8_t>(blank + ((c == ' ') | (c == '\n') | (c == '\r') | (c == '\t')));
    }
    quotes += quote;
    brackets += bracket;
    separators += separator;
    blanks += blank;
  }
  // A number, true, false or null stands behind a separator, a bracket or nothing; in what is no JSON, where only the
  // index grows, behind a blank or a string too.
  const std::size_t strings = quotes / 2 + 1, scalars = separators + brackets + 1;
  const std::size_t words = brackets + strings + 2 * scalars;
  const std::size_t tokens = separators + brackets + strings + scalars + blanks + quotes;
  return 2 * body.size() + 5 * strings + 8 * words + 4 * tokens;
}

std::string over_memory(std::size_t body, std::size_t needed, std::size_t limit) {
  return "parsed, the body of " + std::to_string(body) + " bytes takes " + std::to_string(needed) + "; the limit is " +
         std::to_string(limit) + " (2.5 times the target's limits.body): ask for less at once, or raise it";
}

bool out_of_range(std::string_view number) {
  const char* const first = number.data();
  const char* const last = first + number.size();
  const std::size_t point = number.find_first_of(".eE");
  if (point == std::string_view::npos) {
    if (number[0] == '-') {
      std::int64_t value;
      return std::from_chars(first, last, value).ec != std::errc();
    }
    std::uint64_t value;
    return std::from_chars(first, last, value).ec != std::errc();
  }
  double value;
  if (std::from_chars(first, last, value).ec == std::errc()) return false;
  // Too large or too small: the sign of the decimal exponent of the first digit that is not 0 says which.
  const std::size_t e = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t lead = mantissa.find_first_of("123456789");
  if (lead == std::string_view::npos) return false;
  const auto dot = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
  std::int64_t exponent = 0;
  if (e != std::string_view::npos) {
    const std::string_view text = number.substr(e + (number[e + 1] == '+' ? 2 : 1));
    if (std::from_chars(text.data(), text.data() + text.size(), exponent).ec != std::errc()) return text[0] != '-';
  }
  return exponent > -(dot - static_cast<std::int64_t>(lead));
}

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return at < text.size() ? 1 : 0;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned second = byte(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;  // overlong, surrogate
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned second = byte(1);
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;  // overlong, beyond U+10FFFF
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace tallyman::decode
