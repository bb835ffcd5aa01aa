// Where the text formats write their JSON: twice the same calls, once to a Meter and then, when that is
// not too much, to a Text of exactly that size. Private to decode/.
#pragma once
#include <string>
#include <string_view>

#include "core/result.h"
#include "decode/text_formats.h"

namespace tallyman::decode {

// Bytes that append_json_string() appends.
std::size_t json_string_bytes(std::string_view text);

class JsonMeter {
 public:
  void raw(std::string_view json) { bytes_ += json.size(); }
  void text(std::string_view value) { bytes_ += json_string_bytes(value); }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

class JsonText {
 public:
  explicit JsonText(std::size_t bytes);
  void raw(std::string_view json) { json_ += json; }
  void text(std::string_view value);
  std::string take() { return std::move(json_); }

 private:
  std::string json_;
};

// What a body is read as, for its errors, and what it may not begin with.
struct TextFormat {
  const char* name;            // `CSV`
  const char* not_begun_with;  // characters that begin JSON instead
  bool may_be_html;
};

// The body without its byte order mark, its bytes mended where they are not UTF-8 (into `mended`, counted).
// Errors: it is something else; over `memory`.
Result<std::string_view> readable_text(std::string_view body, const TextFormat& format, std::size_t memory,
                                       std::string& mended, std::size_t& not_utf8);

Error over_memory_of_text(std::size_t body, std::size_t needed, std::size_t limit);

// `write(body, sink)` is called with both sinks; it gives Result<>.
template <class Write>
Result<JsonOfText> write_json(std::string_view body, const TextFormat& format, std::size_t memory, Write write) {
  JsonOfText out;
  std::string mended;
  const Result<std::string_view> text = readable_text(body, format, memory, mended, out.not_utf8);
  if (!text) return text.error();
  JsonMeter meter;
  if (const Result<> measured = write(*text, meter); !measured) return measured.error();
  const std::size_t needed = body.size() + mended.size() + meter.bytes();
  if (needed > memory) return over_memory_of_text(body.size(), needed, memory);
  JsonText json(meter.bytes());
  if (const Result<> written = write(*text, json); !written) return written.error();
  out.json = json.take();
  return out;
}

}  // namespace tallyman::decode
