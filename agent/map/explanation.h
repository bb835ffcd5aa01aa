// What became of each rule on the answers of one poll, for people: how many items and samples, what was lost and why,
// with the first few places. Plain data; knows neither the rules nor the answers.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "map/collector.h"

namespace tallyman::map {

struct Explanation {
  struct Example {
    std::string where;  // normalized path; of a text that a `json` step parsed: the text's, and the path in it
    std::string why;
  };
  struct Loss {
    std::string key;  // as in the file: `load`, `labels.zone`; "" what no single key is to blame for
    Reason reason = Reason::missing;
    std::uint64_t count = 0;
    std::vector<Example> examples;  // the first few that differ: what is of no item stands once
    std::size_t looks = 0;          // that were taken for them
  };
  struct Rule {
    std::string name;     // `workers[0]`, `tables.arch`, `passthrough[0]`
    std::string request;  // that it reads
    std::string each;     // its steps as written; "" of a passthrough
    RuleFound found;
    std::size_t documents = 0;
    std::size_t samples = 0;  // of a table, its entries
    std::uint64_t nanoseconds = 0;
    std::string nothing;  // why there is no item, if there is none
    std::vector<Loss> losses;
  };
  static constexpr std::size_t examples = 3;  // of each loss

  std::vector<Rule> rules;
  // What follows from several rules: states, what was not said of workers, tally_workers.
  std::size_t derived = 0;
};

// What a reason means, as a person says it.
std::string_view meaning(Reason reason);

}  // namespace tallyman::map
