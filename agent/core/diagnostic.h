// What is wrong with a configuration, and where. Loaders collect these and go on, so that one
// run of `tallyman check` shows every error.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tallyman {

struct Position {
  std::shared_ptr<const std::string> file;  // as the user named it; null: unknown
  int line = 0;                             // from 1
  int column = 0;                           // from 1
};

inline bool same_place(const Position& a, const Position& b) {
  return a.line == b.line && a.column == b.column && (a.file == b.file || (a.file && b.file && *a.file == *b.file));
}

// A place that is kept with a setting for messages, and is no part of it: any two are equal.
struct Place : Position {
  Place() = default;
  Place(Position at) : Position(std::move(at)) {}
  friend bool operator==(const Place&, const Place&) { return true; }
};

std::string to_string(const Position& at);  // "targets.yaml:3:5"

struct Diagnostic {
  Position at;
  std::string what;  // what, what was expected, the nearest known name: one line, no full stop
  bool warning = false;
};

using Diagnostics = std::vector<Diagnostic>;

std::string to_string(const Diagnostic& d);  // "targets.yaml:3:5: unknown key `urll`; did you mean `url`?"
// For a terminal, whatever a message quotes: control characters (also those of C1, which a terminal obeys) and bytes
// that are not UTF-8 are shown as escapes.
std::string one_line(std::string_view text);
bool has_errors(const Diagnostics& all);  // warnings are not errors

// The known name nearest to `word` by edit distance, "" if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace tallyman
