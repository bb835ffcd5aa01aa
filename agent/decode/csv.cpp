#include <vector>

#include "decode/document.h"
#include "decode/json_sink.h"

namespace tallyman::decode {
namespace {

constexpr std::size_t max_names = 4096;       // of a header; HAProxy's has 120
constexpr std::size_t max_quoted = 1u << 20;  // bytes of one field that is copied, since its quotes are
constexpr TextFormat format = {"CSV", "{[", false};

// One field after the other.
class Fields {
 public:
  explicit Fields(std::string_view body) : rest_(body) {}

  bool at_end() const { return rest_.empty(); }
  std::size_t line() const { return line_; }

  // Skips lines without a byte in them.
  void skip_empty_lines() {
    while (rest_.starts_with('\n') || rest_.starts_with("\r\n")) end_line();
  }

  // The field that begins here, and what follows it. The text lives until the next call.
  enum class After { comma, line };
  Result<After> next(std::string_view& field) {
    if (rest_.starts_with('"')) return quoted(field);
    const std::size_t end = rest_.find_first_of(",\n");
    field = rest_.substr(0, end);
    rest_.remove_prefix(field.size());
    if (field.ends_with('\r') && !rest_.starts_with(',')) field.remove_suffix(1);
    return after();
  }

 private:
  void end_line() {
    rest_.remove_prefix(rest_[0] == '\r' ? 2 : 1);
    ++line_;
  }

  // Before a comma, a line break or the end.
  After after() {
    if (rest_.starts_with(',')) {
      rest_.remove_prefix(1);
      return After::comma;
    }
    if (!rest_.empty()) end_line();
    return After::line;
  }

  Result<After> quoted(std::string_view& field) {
    const std::size_t opened = line_;
    rest_.remove_prefix(1);
    text_.clear();
    for (;;) {
      const std::size_t end = rest_.find('"');
      if (end == std::string_view::npos)
        return error(Stage::decode,
                     "line " + std::to_string(opened) + ": a quote is opened and does not end: the body was cut off");
      if (text_.size() + end > max_quoted)
        return error(Stage::limit, "line " + std::to_string(opened) + ": a quoted field has more than 1 MiB");
      for (const char c : rest_.substr(0, end)) line_ += c == '\n';
      text_ += rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (!rest_.starts_with('"')) break;
      text_ += '"';  // doubled
      rest_.remove_prefix(1);
    }
    field = text_;
    if (!rest_.empty() && rest_[0] != ',' && rest_[0] != '\n' && !rest_.starts_with("\r\n") && rest_ != "\r")
      return error(Stage::decode, "line " + std::to_string(line_) +
                                      ": text follows a closing quote; expected a comma or the end of the line (a "
                                      "quote inside a quoted field is doubled)");
    if (rest_ == "\r") rest_ = {};
    return after();
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  std::string text_;  // of a quoted field
};

// `"name":` of each column; empty: it has no name and is left out.
using Header = std::vector<std::string>;

// HAProxy's `# pxname` is `pxname`; a column that is called `#` stays.
std::string_view without_mark(std::string_view name) {
  if (name.size() < 2 || name[0] != '#') return name;
  const std::size_t from = name.find_first_not_of(" \t", 1);
  return from == std::string_view::npos ? name : name.substr(from);
}

Result<Header> read_header(Fields& fields) {
  fields.skip_empty_lines();
  if (fields.at_end()) return error(Stage::decode, "the body is empty; expected CSV with a header row");
  Header header;
  bool named = false;
  for (;;) {
    std::string_view name;
    const Result<Fields::After> after = fields.next(name);
    if (!after) return after.error();
    if (header.empty()) name = without_mark(name);
    if (header.size() == max_names)
      return error(Stage::limit, "the header row has more than " + std::to_string(max_names) + " names");
    std::string& key = header.emplace_back();
    if (!name.empty()) {
      append_json_string(key, name);
      key += ':';
      named = true;
    }
    if (*after == Fields::After::line) break;
  }
  if (!named) return error(Stage::decode, "the header row has no names");
  if (header.back().empty()) header.pop_back();  // only the comma at its end, not one more column
  return header;
}

Error ragged(std::size_t line, std::size_t got, const Header& header) {
  return error(Stage::decode, "line " + std::to_string(line) + " has " + std::to_string(got) +
                                  (got == 1 ? " field" : " fields") + ", the header row has " +
                                  std::to_string(header.size()) +
                                  (got < header.size() ? ": the body was cut off, or is not the CSV that was expected"
                                                       : ": a comma inside a field must be quoted"));
}

template <class Sink>
Result<> write_row(Fields& fields, const Header& header, Sink& sink) {
  const std::size_t line = fields.line();
  sink.raw("{");
  bool first = true;
  for (std::size_t i = 0;; ++i) {
    std::string_view field;
    const Result<Fields::After> after = fields.next(field);
    if (!after) return after.error();
    const bool ends = *after == Fields::After::line;
    if (i < header.size() && !header[i].empty()) {
      if (!first) sink.raw(",");
      first = false;
      sink.raw(header[i]);
      sink.text(field);
    }
    // One field too many that is empty is only the comma at the end of a row.
    const bool comma = i == header.size() && ends && field.empty();
    if ((i >= header.size() && !comma) || (ends && i + 1 < header.size())) return ragged(line, i + 1, header);
    if (ends) break;
  }
  sink.raw("}");
  return {};
}

}  // namespace

Result<JsonOfText> csv_to_json(std::string_view body, std::size_t memory) {
  return write_json(body, format, memory, [](std::string_view text, auto& sink) -> Result<> {
    Fields fields(text);
    const Result<Header> header = read_header(fields);
    if (!header) return header.error();
    sink.raw("[");
    bool first = true;
    for (fields.skip_empty_lines(); !fields.at_end(); fields.skip_empty_lines()) {
      if (!first) sink.raw(",");
      first = false;
      if (const Result<> row = write_row(fields, *header, sink); !row) return row;
    }
    sink.raw("]");
    return {};
  });
}

}  // namespace tallyman::decode
