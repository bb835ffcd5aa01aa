// Rules that find nothing to read any more: the service may have changed its answers. Said once when the base of a rule
// was absent in some good polls in a row, and once when it is there again. Counts; knows no clock and no answer.
#pragma once
#include <cstdint>
#include <vector>

namespace tallyman::poll {

class Drift {
 public:
  static constexpr std::uint32_t polls = 3;  // in a row: a service that starts may answer less

  struct Change {
    std::uint32_t rule = 0;
    bool gone = false;  // else it is there again
  };

  // After a good poll. `absent`: the rules whose base was in no answer. `complete`: every request was answered, so
  // that a rule which is not named did find its base.
  std::vector<Change> note(const std::vector<std::uint32_t>& absent, bool complete);

 private:
  struct Missing {
    std::uint32_t rule;
    std::uint32_t polls;
  };
  std::vector<Missing> missing_;  // mostly empty
};

}  // namespace tallyman::poll
