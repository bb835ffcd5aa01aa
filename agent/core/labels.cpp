#include "core/labels.h"

#include <cstdint>
#include <cstdio>

namespace tallyman {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::size_t utf8_length(std::string_view s, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned b = byte(at);
  if (b < 0x80) return 1;
  if (b >= 0xC2 && b <= 0xDF) return tail(at + 1) ? 2 : 0;
  if (b >= 0xE0 && b <= 0xEF) {
    if (!tail(at + 1) || !tail(at + 2)) return 0;
    const unsigned c = byte(at + 1);
    if ((b == 0xE0 && c < 0xA0) || (b == 0xED && c > 0x9F)) return 0;  // overlong, surrogate
    return 3;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    if (!tail(at + 1) || !tail(at + 2) || !tail(at + 3)) return 0;
    const unsigned c = byte(at + 1);
    if ((b == 0xF0 && c < 0x90) || (b == 0xF4 && c > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

namespace {

std::string legal_name(std::string_view name, bool colon) {
  std::string out;
  out.reserve(name.size() + 1);
  if (name.empty() || is_digit(name[0])) out += '_';
  for (char c : name) out += is_alpha(c) || is_digit(c) || (colon && c == ':') ? c : '_';
  return out;
}

}  // namespace

bool is_metric_name(std::string_view name) {
  if (name.empty() || is_digit(name[0])) return false;
  for (char c : name)
    if (!is_alpha(c) && !is_digit(c) && c != ':') return false;
  return true;
}

bool is_label_name(std::string_view name) { return is_metric_name(name) && name.find(':') == std::string_view::npos; }

std::string legal_metric_name(std::string_view name) { return legal_name(name, true); }
std::string legal_label_name(std::string_view name) { return legal_name(name, false); }

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = utf8_length(text, i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t n = utf8_length(text, i)) {
      out.append(text, i, n);
      i += n;
    } else {
      out += "\xEF\xBF\xBD";
      ++i;
    }
  }
  return out;
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += ',';
  out += name;
  out += "=\"";
  bool plain = true;
  for (char c : value)
    if (c == '\\' || c == '"' || c == '\n' || static_cast<signed char>(c) < 0) plain = false;
  if (plain) {
    out += value;
    out += '"';
    return;
  }
  std::string clean;
  if (!is_utf8(value)) {
    clean = to_utf8(value);
    value = clean;
  }
  for (char c : value) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '"')
      out += "\\\"";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  out += '"';
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes) {
  if (bytes >= text.size()) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

bool limit_label_value(std::string& value, std::size_t limit) {
  if (value.size() <= limit) return false;
  std::uint32_t hash = 2166136261u;  // FNV-1a: stable across runs and machines
  for (unsigned char c : value) hash = (hash ^ c) * 16777619u;
  constexpr std::size_t tail = 9;
  char hex[16];
  std::snprintf(hex, sizeof hex, "~%08x", hash);
  value.resize(utf8_prefix(value, limit > tail ? limit - tail : 0).size());
  value += hex;
  return true;
}

Labels parse_labels(std::string_view body) {
  Labels out;
  std::size_t i = 0;
  while (i < body.size()) {
    const std::size_t eq = body.find('=', i);
    if (eq == std::string_view::npos || eq + 1 >= body.size() || body[eq + 1] != '"') return {};
    std::string value;
    std::size_t j = eq + 2;
    for (;; ++j) {
      if (j >= body.size()) return {};
      if (body[j] == '"') break;
      if (body[j] == '\\' && j + 1 < body.size()) {
        ++j;
        value += body[j] == 'n' ? '\n' : body[j];
      } else {
        value += body[j];
      }
    }
    out.emplace_back(std::string(body.substr(i, eq - i)), std::move(value));
    i = j + 1;
    if (i < body.size()) {
      if (body[i] != ',') return {};
      ++i;
    }
  }
  return out;
}

}  // namespace tallyman
