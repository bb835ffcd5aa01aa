// kv, fields, text: a line at a time, or none. csv has a file of its own.
#include "decode/text_formats.h"

#include "decode/foreign_body.h"
#include "decode/json_sink.h"

namespace tallyman::decode {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr TextFormat kv_format = {"`name: value` lines", "{", false};
constexpr TextFormat fields_format = {"lines of fields", "", false};
constexpr TextFormat text_format = {"text", "", true};

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) + 1 - from);
}

// The next line without its end; `rest` must not be empty.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

template <class Sink>
Result<> write_kv(std::string_view body, Sink& sink) {
  bool first = true;
  sink.raw("{");
  for (std::string_view rest = body; !rest.empty();) {
    const std::string_view line = take_line(rest);
    const std::size_t at = line.find_first_of("=:");
    if (at == std::string_view::npos) continue;
    const std::size_t end = at > 0 && line[at] == '=' && line[at - 1] == '+' ? at - 1 : at;
    const std::string_view name = trimmed(line.substr(0, end));
    if (name.empty()) continue;
    if (!first) sink.raw(",");
    first = false;
    sink.text(name);
    sink.raw(":");
    sink.text(trimmed(line.substr(at + 1)));
  }
  sink.raw("}");
  if (!first) return {};
  const std::string start = one_line(body.substr(0, 200), 40);
  return error(Stage::decode,
               start.empty() ? std::string("the body is empty; expected lines of `name: value`")
                             : "no line of the body is `name: value` or `name=value`; it begins with `" + start + "`");
}

template <class Sink>
void write_fields_of(std::string_view line, Sink& sink) {
  bool first = true;
  const auto field = [&](std::string_view text) {
    if (!first) sink.raw(",");
    first = false;
    sink.text(text);
  };
  sink.raw("[");
  if (line.find('\t') != std::string_view::npos) {
    for (std::size_t tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
      field(line.substr(0, tab));
      line.remove_prefix(tab + 1);
    }
    field(line);
  } else {
    for (line = trimmed(line); !line.empty();) {
      const std::size_t end = line.find(' ');
      field(line.substr(0, end));
      line = end == std::string_view::npos ? std::string_view() : trimmed(line.substr(end));
    }
  }
  sink.raw("]");
}

template <class Sink>
Result<> write_fields(std::string_view body, Sink& sink) {
  bool first = true;
  sink.raw("[");
  for (std::string_view rest = body; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (line == "." || trimmed(line).empty()) continue;
    if (!first) sink.raw(",");
    first = false;
    write_fields_of(line, sink);
  }
  sink.raw("]");
  return {};
}

}  // namespace

Result<JsonOfText> kv_to_json(std::string_view body, std::size_t memory) {
  return write_json(body, kv_format, memory,
                    [](std::string_view text, auto& sink) -> Result<> { return write_kv(text, sink); });
}

Result<JsonOfText> fields_to_json(std::string_view body, std::size_t memory) {
  return write_json(body, fields_format, memory,
                    [](std::string_view text, auto& sink) -> Result<> { return write_fields(text, sink); });
}

Result<JsonOfText> text_to_json(std::string_view body, std::size_t memory) {
  return write_json(body, text_format, memory, [](std::string_view text, auto& sink) -> Result<> {
    sink.text(text);
    return {};
  });
}

}  // namespace tallyman::decode
