// Families of Prometheus text on their way through, when labels or names change on the way: which
// metrics become one by that, and what is left of them. Whole metrics are looked at (a histogram with
// all its buckets), never single samples. Knows no clock, no target and no rule.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "decode/prometheus_text.h"
#include "map/sink.h"

namespace tallyman::map {

class Passing {
 public:
  Passing(const PassthroughPlan& plan, std::size_t label_value_bytes, RuleCounter& counter)
      : plan_(plan), label_value_bytes_(label_value_bytes), counter_(counter) {}

  // One family of an answer, which keep and drop have let through.
  void add(const decode::PromFamily& source);
  void write(BlockSink& out) const;

  struct Part {
    Suffix suffix = Suffix::none;
    std::string structure;  // value of `le`, `quantile` or the stateset's label
    Number value;
  };
  struct Metric {
    std::string before;  // its labels in the answer, in an order of their own
    std::string key;     // likewise, after labels were dropped and renamed
    std::string body;    // as it will be shown
    std::string source;  // the family's name in the answer
    std::vector<Part> parts;
  };

 private:
  struct Shown {
    Family family;
    std::vector<Metric> metrics;
    std::unordered_map<std::string, std::size_t> by_key;
  };

  Metric begin(const decode::PromFamily& source, std::span<const decode::PromLabel> labels, std::string_view structural,
               std::string before);
  std::string shown_name(const Family& family) const;

  const PassthroughPlan& plan_;
  std::size_t label_value_bytes_;
  RuleCounter& counter_;
  std::vector<Shown> families_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

// Folds `from` into `to`; false if such metrics cannot be. `left_out` grows by the samples that the
// result cannot have.
bool fold_metric(const Family& family, Fold fold, Passing::Metric& to, const Passing::Metric& from,
                 std::size_t& left_out);

}  // namespace tallyman::map
