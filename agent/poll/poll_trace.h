// What one poll did, for people: filled where somebody asked for it, and only then.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "map/explanation.h"

namespace tallyman::poll {

struct PollTrace {
  // What the answers of one poll may take here, cut at the end.
  static constexpr std::size_t most_text = 128 * 1024;
  static constexpr std::size_t most_bodies = 64;

  struct Body {
    std::string request, path;  // without its query
    int status = 0;
    std::size_t bytes = 0;  // of the whole
    std::string text;       // its beginning
  };
  std::vector<Body> bodies;  // in the order they came; not of a login
  std::size_t bodies_left_out = 0;
  double at = 0;           // epoch seconds
  map::Explanation rules;  // of a poll that failed, those on what was answered
  // Optional requests that failed, and why.
  std::vector<std::pair<std::string, Error>> lost;
  // Required ones, and those that were not asked any more then.
  std::vector<std::pair<std::string, Error>> refused;
  std::vector<std::string> unasked;
  std::size_t items_lost = 0;       // follow-ups that failed
  std::optional<Error> item_error;  // the first of them
  std::optional<Error> failed;      // the poll as a whole
};

}  // namespace tallyman::poll
