// Prometheus families of a service, shown again (LANGUAGE 6).
#include <algorithm>

#include "core/labels.h"
#include "map/glob.h"
#include "map/mapper.h"

namespace tallyman::map {

void Mapper::pass_through(const PassthroughPlan& plan) {
  RuleCounter& counter = s_.counters[plan.name];
  BlockSink& out = sink(plan.block);
  const auto wanted = [&](const std::string& name) {
    return (plan.keep.empty() || any_glob(plan.keep, name)) && !any_glob(plan.drop, name);
  };
  const auto label_text = [&](const Labels& labels) {
    s_.body.clear();
    for (const auto& [name, value] : labels) {
      if (std::find(plan.label_drop.begin(), plan.label_drop.end(), name) != plan.label_drop.end()) continue;
      const auto renamed = plan.label_rename.find(name);
      const std::string& shown = renamed == plan.label_rename.end() ? name : renamed->second;
      if (value.size() <= p_.limits.label_value_bytes) {
        append_label(s_.body, shown, value);
      } else {
        std::string cut = value;
        limit_label_value(cut, p_.limits.label_value_bytes);
        count(counter, Reason::limit);
        append_label(s_.body, shown, cut);
      }
    }
  };
  for (const Answer& answer : answers_[plan.request]) {
    if (!answer.families) continue;
    counter[static_cast<std::size_t>(Reason::duplicate)] += answer.families->duplicates;
    for (const decode::PromFamily& source : answer.families->families) {
      if (!wanted(source.family.name)) continue;
      Family family = source.family;
      if (const auto renamed = plan.rename.find(family.name); renamed != plan.rename.end())
        family.name = renamed->second;
      std::optional<std::uint32_t> index;
      for (const decode::PromSample& sample : source.samples) {
        if (sample.suffix == Suffix::created && any_glob(plan.drop, sample.name)) continue;
        if (!index) {
          index = out.named_family(family);
          if (!index) {  // another type under this name is already there
            for (std::size_t i = 0; i < source.samples.size(); ++i) count(counter, Reason::duplicate);
            break;
          }
        }
        label_text(sample.labels);
        out.add(*index, out.intern(s_.body), sample.value, sample.suffix, plan.fold, counter);
      }
    }
  }
}

}  // namespace tallyman::map
