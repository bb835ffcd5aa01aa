// Bodies of plain text in, JSON text for a Document out: csv, kv, fields, text. What each gives is in
// collectors/README.md 3.1. All values are texts; whoever reads one as a number decides whether it is.
// Knows no request and no HTTP status.
//
// Each body is read twice, first only to measure the JSON: a row of CSV repeats the names of its
// header, so a body of a few hundred KB may stand for gigabytes, and is refused before any of it is
// written. A byte order mark is skipped; bytes that are not UTF-8 (Latin-1, mostly) become U+FFFD and
// are counted. A body that was meant to be something else (HTML of a login page, JSON, gzip) is an
// error: each of these formats would find lines in it.
#pragma once
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tallyman::decode {

struct JsonOfText {
  std::string json;
  std::size_t not_utf8 = 0;  // characters that were replaced by U+FFFD
};

inline constexpr std::size_t any_memory = std::numeric_limits<std::size_t>::max();

// Of all: Errors: Stage::decode with the line and what was expected; Stage::limit when the body and its
// JSON together take more than `memory` bytes.

// [{"name": "value", ..}, ..] by the header row, after RFC 4180: fields may be quoted, quoted ones may hold
// commas, line breaks and doubled quotes. `# ` before the header is dropped, empty lines are skipped, a
// column without a name is left out; of equal names the last counts (Document). A comma at the end of a
// row, or of the header alone, is no field.
// Errors: a row with more or fewer fields than the header (it was cut off, or holds an unquoted comma),
// a quote that does not end, text after one that does, a header without names or of over 4096.
Result<JsonOfText> csv_to_json(std::string_view body, std::size_t memory = any_memory);

// {"name": "value", ..}: each line split at its first `=`, `+=` or `:`, blanks about both dropped; lines
// without one, or without a name before it, are skipped. Of equal names the last counts (Document).
// Errors: no line has one: that is another answer (`NOT_FOUND`).
Result<JsonOfText> kv_to_json(std::string_view body, std::size_t memory = any_memory);

// [["field", ..], ..]: each line split at every tab, or, when it has none, at runs of blanks. Empty lines
// and `.` are skipped; a body without others is an empty list.
Result<JsonOfText> fields_to_json(std::string_view body, std::size_t memory = any_memory);

// "the body", all of it.
Result<JsonOfText> text_to_json(std::string_view body, std::size_t memory = any_memory);

}  // namespace tallyman::decode
