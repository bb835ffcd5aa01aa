// One search of a regular expression, and what it costs.
//
// RE2 is linear in the text, by a factor that is the pattern's and the text's: 2 ns a byte while its automaton fits in
// its memory, up to 13 ns times the size of its program when it does not (seen on `(?:a?){300}a{300}c`). Only the
// clock knows which. So what a search took is charged like the visits of nodes, and one that could keep a loop from its
// other work for seconds is not begun.
#pragma once
#include <chrono>
#include <cstddef>
#include <string_view>

namespace re2 {
class RE2;
}

namespace tallyman::jsonpath {

// Steps of its program that a pattern may have: `a` has one, `[A-Za-z0-9_]` three or so, `.` ten, `\p{L}` a thousand,
// and what is repeated by {3} has three times its own.
inline constexpr int max_program = 10'000;
// The same for a pattern that comes with an answer.
inline constexpr int max_foreign_program = 2'000;

struct Searched {
  bool found = false;
  std::size_t visits = 0;  // the nodes that could have been visited meanwhile; if it was not begun, more than there are
};

// For other work of which only the clock knows how much it is.
class Stopwatch {
 public:
  std::size_t visits() const;  // the nodes that could have been visited since

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// `group`, if given, gets the first group; its data is null if that has no part in the match.
Searched search(const re2::RE2& regex, std::string_view text, std::string_view* group = nullptr);

}  // namespace tallyman::jsonpath
