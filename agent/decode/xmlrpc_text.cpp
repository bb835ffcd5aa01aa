#include "decode/foreign_body.h"
#include "decode/xmlrpc_internal.h"

namespace tallyman::decode {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::size_t max_fault = 200;

bool digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view text, std::string& sign) {
  if (text.empty() || (text[0] != '-' && text[0] != '+')) return text;
  if (text[0] == '-') sign = "-";
  return text.substr(1);
}

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && digit(text[n])) ++n;
  const std::string_view out = text.substr(0, n);
  text.remove_prefix(n);
  return out;
}

// JSON has no zeros in front.
std::string_view plain(std::string_view digits) {
  const std::size_t at = digits.find_first_not_of('0');
  return at == std::string_view::npos ? "0" : digits.substr(at);
}

}  // namespace

std::optional<std::string> not_xmlrpc(std::string_view body) {
  if (body.starts_with("\xFE\xFF") || body.starts_with("\xFF\xFE")) return std::nullopt;  // UTF-16
  if (body.starts_with("\x1F\x8B")) return "the body is gzip data, not XML-RPC: its Content-Encoding was not said";
  std::string_view text = body.starts_with("\xEF\xBB\xBF") ? body.substr(3) : body;
  const std::size_t from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return "the body is empty; expected an XML-RPC reply";
  text.remove_prefix(from);
  if (text[0] == '{' || text[0] == '[')
    return "the body is JSON, not XML-RPC (starts with '" + std::string(1, text[0]) + "')";
  if (text[0] == '\0' || (text.size() > 1 && text[0] == '<' && text[1] == '\0')) return std::nullopt;  // UTF-16
  if (text[0] != '<') return "the body is not XML: it starts with `" + one_line(text, 20) + "`";
  if (const auto page = html_page(text))
    return "the body is HTML, not XML-RPC" + (page->title.empty() ? "" : ": a page called \"" + page->title + "\"");
  if (body.find('\0') != std::string_view::npos) return "the body is not XML: it holds a zero byte";
  return std::nullopt;
}

bool append_json_integer(std::string& out, std::string_view text) {
  std::string sign;
  std::string_view rest = without_sign(text, sign);
  const std::string_view digits = take_digits(rest);
  if (digits.empty() || !rest.empty()) return false;
  const std::string_view value = plain(digits);
  if (value != "0") out += sign;
  out += value;
  return true;
}

bool append_json_double(std::string& out, std::string_view text) {
  std::string sign;
  std::string_view rest = without_sign(text, sign);
  for (const std::string_view word : {"nan", "inf", "infinity"})
    if (equal_letters(rest, word)) {
      out += "null";
      return true;
    }
  const std::string_view whole = take_digits(rest);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
  }
  if (whole.empty() && fraction.empty()) return false;
  std::string exponent;
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    std::string minus;
    rest = without_sign(rest, minus);
    const std::string_view digits = take_digits(rest);
    if (digits.empty()) return false;
    exponent = "e" + minus + std::string(digits);
  }
  if (!rest.empty()) return false;
  out.append(sign).append(plain(whole));
  if (!fraction.empty()) out.append(".").append(fraction);
  out += exponent;
  return true;
}

std::string fault_line(std::string_view text) {
  const std::size_t end = text.find_last_not_of(blanks);
  if (end == std::string_view::npos) return "no reason given";
  text = text.substr(0, end + 1);
  if (text.find("Traceback (most recent call last)") != std::string_view::npos)
    text = text.substr(text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1);
  return one_line(text, max_fault);
}

}  // namespace tallyman::decode
