// YAML as a plain tree in which every node knows where it stands. Built from yaml-cpp's events,
// because its own tree forgets duplicate keys, shares aliased nodes (a small file can then mean
// billions of them) and loses the difference between `5` and `"5"`. This header and its .cpp are
// the only ones that know yaml-cpp; what is refused here is refused in every file of ours.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/collector_file.h"
#include "core/diagnostic.h"

namespace tallyman::config {

struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  bool quoted = false;      // scalar: written in quotes, as a block, or tagged !!str: text in any case
  Position at;              // where the value starts; of an absent value, its key
  std::string text;         // scalar, without quotes
  std::vector<Text> keys;   // map: keys[i] belongs to items[i], in file order, no two alike
  std::vector<Node> items;  // list and map

  const Node* find(std::string_view key) const;  // map; null when absent
};

inline constexpr std::size_t max_file_bytes = 8u << 20;  // some 50,000 targets
inline constexpr int max_nesting = 64;
inline constexpr std::size_t max_nodes = 1'000'000;       // after aliases are written out
inline constexpr std::size_t max_text_bytes = 16u << 20;  // likewise

// Merge keys (`<<: *x`) are written out, a key beside them wins. Errors, appended to `out`: not
// YAML, a key that is no text, more than one document, over a limit above; then the result is
// empty, for what follows a broken place cannot be trusted. A duplicate key is an error too, but
// only its second value is dropped, so that the rest of the file is still checked.
std::optional<Node> parse_yaml(const std::string& yaml, const std::string& file, Diagnostics& out);

// Null, bool, number or text by YAML's core schema (1.2: `yes` is a text).
Scalar scalar_of(const Node& node);

}  // namespace tallyman::config
