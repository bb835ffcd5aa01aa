// The values of an item: where each is, what kind it is of, and how the collector language reads it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "decode/document.h"
#include "infer/shape.h"
#include "infer/words.h"

namespace tallyman::infer {

struct Leaf {
  std::vector<std::string> path;  // from the item; empty: the item itself
  const Shape* shape = nullptr;
  std::string name, full, parent;  // plain: of the last step, of the whole path, of the step before the last
  std::vector<std::string> row_name, row_value;  // of a row: how its value is found
  std::size_t outer = 0;                         // steps out
  bool first = false;                            // the first of a list
  bool used = false;
  bool of_pair = false;  // the total of a used and a total

  bool list() const { return shape->arrays > 0 && shape->arrays + shape->nulls == shape->seen; }
};

// In document order; nested objects are walked into, maps and lists are not. `lists`: arrays are leaves too.
std::vector<Leaf> leaves_of(const Shape& item, bool lists);

// When a record was changed, `updated_at` beside `created_at`: what it tells of was not seen then.
bool is_record_time(const Leaf& leaf, const std::vector<Leaf>& leaves);

enum class Moment : unsigned char { none, unix, unix_ms, unix_us, unix_ns, text };
Moment moment_of(const Shape& shape, std::string_view plain_name);
const char* as_of(Moment moment);

// The value of one leaf: `"@.a.b"`, or with modifiers `{ path: "@.a.b", as: ms }`, ready for YAML.
struct Reading {
  std::string op = "path", argument;  // the argument quoted
  std::string modifiers;              // `, as: ms, none: -1`
  std::string text() const;           // the shortest form
  std::string form() const;           // as a nested form or in full: `{ path: "@.a" }`
  std::string query;                  // unquoted
};
Reading read(const Leaf& leaf, std::string_view suffix = "");  // suffix: `[-1]`

// A comment of a value that is too doubtful to be live.
inline constexpr const char* unsure = "if it counts seconds; else add `as: ms`";
// Whether a leaf can be what a field wants, and its value then. `comment`: what is guessed about it.
std::optional<std::string> value_for(const Field& field, const Leaf& leaf, std::string& comment);

// The text of a node of one document; empty if it is none.
std::string text_at(decode::Node item, const Leaf& leaf);
std::optional<double> number_at(decode::Node item, const Leaf& leaf);

}  // namespace tallyman::infer
