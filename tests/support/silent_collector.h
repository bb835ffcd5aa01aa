// A collector that asks nothing and finds nothing: what tests of a poll override is what they are about.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "map/collector.h"

namespace tallyman::test {

class SilentCollector : public map::Collector {
 public:
  explicit SilentCollector(std::string name, std::vector<std::string> rules = {})
      : name_(std::move(name)), rules_(std::move(rules)) {}
  const std::string& name() const override { return name_; }
  const std::string& system() const override { return name_; }
  const std::vector<map::RequestInfo>& requests() const override { return requests_; }
  const std::vector<std::size_t>& order() const override { return order_; }
  const std::vector<std::string>& rule_names() const override { return rules_; }
  Result<std::vector<map::Call>> calls(std::size_t, const Answers&) const override { return std::vector<map::Call>(); }
  Result<std::optional<map::Answer>> read(std::size_t, const map::Call&, map::Raw) const override {
    return std::optional<map::Answer>();
  }
  Result<std::optional<map::Call>> next_page(std::size_t, const map::Call&, const map::Answer&) const override {
    return std::optional<map::Call>();
  }
  Result<Joined> read_joined(std::size_t, const map::Call&, map::Raw) const override { return Joined(); }
  Result<map::Output> map(const Answers&, const Lost&) const override { return map::Output(); }

 private:
  const std::string name_;
  const std::vector<map::RequestInfo> requests_;
  const std::vector<std::size_t> order_;
  const std::vector<std::string> rules_;
};

}  // namespace tallyman::test
