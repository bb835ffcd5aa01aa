// What a document looks like: nodes of the same place (all elements of one array, all members of a
// map) summed up as one Shape. Knows no meaning of names; a pure function of the document, linear in
// its size, and bounded in memory: of a large array evenly many items are looked at, of a large object its first
// members.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/number.h"
#include "decode/document.h"

namespace tallyman::infer {

inline constexpr std::size_t most_items = 500;     // looked at of one array
inline constexpr std::size_t most_members = 256;   // looked at of one object
inline constexpr std::size_t most_texts = 64;      // .. and so many texts more, of which one may be its name
inline constexpr std::size_t most_words = 48;      // kept of the texts of one place
inline constexpr std::size_t most_shapes = 20000;  // of one document

// What a text is, apart from being a text.
enum class TextKind : std::uint8_t { word, empty, number, time, duration, size, percent };
TextKind text_kind(std::string_view text);

struct Shape {
  std::size_t seen = 0;  // nodes of any kind
  std::size_t nulls = 0, booleans = 0, numbers = 0, texts = 0, arrays = 0, objects = 0;

  // Numbers, and texts that are numbers.
  std::size_t integers = 0, zeros = 0;
  double least = 0, most = 0, least_above_zero = 0;
  bool huge = false;  // 18446744073709551615 was among them: -1 of somebody
  bool minus_one = false;

  // Texts by kind; the different ones, in order, at most most_words.
  std::size_t words = 0, empties = 0, number_texts = 0, times = 0, durations = 0, sizes = 0, percents = 0;
  std::vector<std::string> different;
  std::unordered_set<std::string> known;  // of texts and integers, to see whether they repeat
  std::size_t longest = 0;

  struct Member {
    std::string name;
    std::unique_ptr<Shape> shape;
  };
  std::vector<Member> members;  // of objects, in order of appearance
  std::unordered_map<std::string, std::size_t> index;
  bool members_left_out = false;
  std::size_t member_nodes = 0;  // all members of all objects, also those not looked at
  std::size_t most_of_one = 0;   // members or elements of the largest object or array

  std::unique_ptr<Shape> element;  // of arrays
  std::size_t elements = 0;        // of all arrays together
  // Of a row's values: the row says itself what they are (`tags: {nature: Counter}`).
  std::size_t said_counters = 0, said_gauges = 0;
  // The objects are maps, whose keys are data: `element` is their values and `elements` their number.
  bool is_map = false;
  // Of one object, whose other objects are such a map: `element` and `elements` are those, and each has a member of
  // this name. Empty: there is none.
  std::string map_mark;
  // The elements are `{field: {name: ..}, value: ..}`: rows as lists of named values. The members are those names,
  // and these two lead to name and value of an element.
  bool is_row = false;
  std::vector<std::string> row_name, row_value;

  const Shape* member(std::string_view name) const;
  bool only(std::size_t kind) const { return kind > 0 && kind + nulls == seen; }
  // Numbers or texts that are numbers, and nothing else but null and "".
  bool numeric() const { return numbers + number_texts > 0 && numbers + number_texts + empties + nulls == seen; }
};

// Items that share what they have; not [{"a": 1}, {"b": 2}].
bool alike(const Shape& item);

// Of the document's own objects, its lists and maps left out: how many members were not looked at.
std::size_t members_not_seen(const Shape& shape);

Shape shape_of(decode::Node root);
// Of nodes that are elements of one list: what they have together.
Shape shape_of(const std::vector<decode::Node>& elements);

// Where the name and the value of a row's element are; empty names if it is no row.
struct RowForm {
  std::vector<std::string> name, value;
};
RowForm row_form(decode::Node array);
decode::Node at(decode::Node node, const std::vector<std::string>& names);  // no node if it is not there

}  // namespace tallyman::infer
