#include "decode/json_sink.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "core/labels.h"
#include "decode/document.h"
#include "decode/foreign_body.h"
#include "decode/json_scan.h"

namespace tallyman::decode {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF", replacement = "\xEF\xBF\xBD";

Error not_that(const std::string& what, const TextFormat& format) {
  return error(Stage::decode, "the body is " + what + ", not " + format.name);
}

}  // namespace

std::size_t json_string_bytes(std::string_view text) {
  std::size_t bytes = text.size() + 2;
  for (const char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    if (c == '"' || c == '\\')
      ++bytes;
    else if (c < 0x20)
      bytes += std::strchr("\b\f\n\r\t", c) != nullptr && c != 0 ? 1 : 5;
  }
  return bytes;
}

JsonText::JsonText(std::size_t bytes) { json_.reserve(bytes + Document::padding); }

void JsonText::text(std::string_view value) { append_json_string(json_, value); }

Error over_memory_of_text(std::size_t body, std::size_t needed, std::size_t limit) {
  return error(Stage::limit, over_memory(body, needed, limit));
}

Result<std::string_view> readable_text(std::string_view body, const TextFormat& format, std::size_t memory,
                                       std::string& mended, std::size_t& not_utf8) {
  if (body.starts_with("\x1F\x8B")) return not_that("gzip data whose Content-Encoding was not said", format);
  if (body.starts_with("\xFE\xFF") || body.starts_with("\xFF\xFE")) return not_that("UTF-16", format);
  std::string_view text = body.starts_with(byte_order_mark) ? body.substr(byte_order_mark.size()) : body;
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from != std::string_view::npos) {
    const std::string_view start = text.substr(from);
    if (std::string_view(format.not_begun_with).find(start[0]) != std::string_view::npos)
      return not_that("JSON", format);
    if (const auto page = format.may_be_html ? std::nullopt : html_page(start))
      return error(Stage::decode, std::string("the body is HTML, not ") + format.name +
                                      (page->title.empty() ? "" : ": a page called \"" + page->title + "\""));
  }
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos && !format.may_be_html)
    return not_that("binary (it holds a zero byte)", format);
  if (simdjson::validate_utf8(text.data(), text.size())) return text;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = tallyman::utf8_length(text, i);
    not_utf8 += length == 0;
    i += std::max<std::size_t>(length, 1);
  }
  const std::size_t mended_bytes = text.size() + not_utf8 * (replacement.size() - 1);
  if (body.size() + mended_bytes > memory) return over_memory_of_text(body.size(), body.size() + mended_bytes, memory);
  mended = to_utf8(text);
  return std::string_view(mended);
}

}  // namespace tallyman::decode
