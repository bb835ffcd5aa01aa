// Reads nodes of a YAML tree as what they should be and says what is wrong in one way, for both
// kinds of file. A reader never stops: after an error it returns an empty value and the caller
// goes on, so that one run shows every mistake.
//
// `subject` names the thing in messages, with its backquotes: "`interval`", "a request".
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_tree.h"

namespace tallyman::config {

using Words = std::vector<std::string>;

class Reader {
 public:
  void fail(const Position& at, std::string what) { found_.push_back({at, std::move(what), false}); }
  void warn(const Position& at, std::string what) { found_.push_back({at, std::move(what), true}); }
  Diagnostics& found() { return found_; }

  // A map that has only `known` keys. False (and said) if it is no map; unknown keys are said only.
  // `elsewhere`: keys that people write here, and what to do instead.
  using Elsewhere = std::vector<std::pair<std::string, std::string>>;
  bool map(const Node& node, const std::string& subject, const Words& known, const Elsewhere& elsewhere = {});
  // A map with free keys. Empty maps are refused unless `may_be_empty`.
  bool free_map(const Node& node, const std::string& subject, bool may_be_empty = true);
  // A map from names of labels to what `read` makes of each; every name is checked.
  using ReadLabel = std::function<void(const Text& name, const Node& value)>;
  void labels(const Node& node, const std::string& subject, const ReadLabel& read);
  bool list(const Node& node, const std::string& subject, bool may_be_empty = false);

  Text text(const Node& node, const std::string& subject, bool may_be_empty = false);  // a number needs quotes
  Text word(const Node& node, const std::string& subject);  // any scalar but null, as written
  bool boolean(const Node& node, const std::string& subject);
  std::optional<std::int64_t> integer(const Node& node, const std::string& subject, std::int64_t min, std::int64_t max);
  std::optional<Nanoseconds> duration(const Node& node, const std::string& subject, Nanoseconds min);
  std::optional<std::size_t> size(const Node& node, const std::string& subject);  // 16MiB
  // The index of the word in `known`; nothing (and said) if it is not there.
  std::optional<std::size_t> choice(const Node& node, const std::string& subject, const Words& known);
  std::vector<Text> texts(const Node& node, const std::string& subject);  // a list, not empty
  // Names with `*` and `?`. What no name can match (a regular expression, say) is an error.
  enum class Name { metric, label };
  std::vector<Text> globs(const Node& node, const std::string& subject, Name of);
  // A constant: a scalar but null. Empty (and said) otherwise.
  std::optional<Scalar> constant(const Node& node, const std::string& subject);

  // True if `text` is in `known`; else says "unknown <kind> `x`; did you mean `y`?".
  bool known(const Text& text, const std::string& kind, const Words& known);
  bool plain_name(const Text& text, const std::string& kind);  // [a-z][a-z0-9_]*
  bool label_name(const Text& text);                           // legal, and nobody else's
  void missing(const Position& at, const std::string& what, const std::string& expected);
  void expected(const Node& node, const std::string& subject, const std::string& expected);

 private:
  Diagnostics found_;
};

std::string describe(const Node& node);                               // "a list", "the number 5", "nothing"
std::string join(const Words& words);                                 // "a, b or c"
std::string did_you_mean(std::string_view word, const Words& known);  // "; did you mean `y`?" or "; known: a, b"
bool is_header_name(const std::string& s);                            // a token of RFC 9110
bool has_control(const std::string& s);                               // a byte that may not stand in a header
bool is_agents_header(const std::string& small);                      // in small letters: the agent sets it itself
void sort_by_position(Diagnostics& all);                              // stable; by line and column

}  // namespace tallyman::config
