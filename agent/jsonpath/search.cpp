#include "jsonpath/search.h"

#include <re2/re2.h>

#include <limits>

namespace tallyman::jsonpath {

namespace {

// Bytes times steps of the program: two seconds or so at the worst.
constexpr std::size_t most_work = 200'000'000;
constexpr std::size_t ns_per_visit = 25;

}  // namespace

std::size_t Stopwatch::visits() const {
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begun_;
  return static_cast<std::size_t>(took.count()) / ns_per_visit;
}

Searched search(const re2::RE2& regex, std::string_view text, std::string_view* group) {
  const auto steps = static_cast<std::size_t>(regex.ProgramSize());
  if (text.size() > most_work / steps) return {false, std::numeric_limits<std::size_t>::max()};
  const Stopwatch watch;
  const re2::StringPiece in(text.data(), text.size());
  Searched out;
  if (re2::StringPiece first; group) {
    out.found = re2::RE2::PartialMatch(in, regex, &first);
    if (out.found) *group = {first.data(), first.size()};
  } else {
    out.found = re2::RE2::PartialMatch(in, regex);
  }
  out.visits = watch.visits();
  return out;
}

}  // namespace tallyman::jsonpath
