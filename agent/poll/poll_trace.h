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
  map::Explanation rules;  // none if the poll failed before
  // Optional requests that failed, and why.
  std::vector<std::pair<std::string, Error>> lost;
  std::size_t items_lost = 0;       // follow-ups that failed
  std::optional<Error> item_error;  // the first of them
  std::optional<Error> failed;      // the poll as a whole
};

}  // namespace tallyman::poll
