// Prometheus families of a service, shown again (LANGUAGE 6).
#include "core/glob.h"
#include "core/labels.h"
#include "map/explainer.h"
#include "map/mapper.h"
#include "map/passing.h"

namespace tallyman::map {

void Mapper::pass_through(const PassthroughPlan& plan) {
  RuleCounter& counter = s_.counters[plan.name];
  BlockSink& out = sink(plan.block);
  const auto wanted = [&](const std::string& name) {
    return (plan.keep.empty() || any_glob(plan.keep, name)) && !any_glob(plan.drop, name);
  };
  // One answer that keeps its labels and names has no two metrics alike: that is most exporters, and
  // the quick way. All else may bring metrics together.
  const bool as_it_is =
      plan.label_drop.empty() && plan.label_rename.empty() && plan.rename.empty() && answers_[plan.request].size() == 1;
  Passing passing(plan, p_.limits.label_value_bytes, counter);
  const std::size_t before = out.batch().size();
  if (explainer_) explainer_->begin(plan.name, before);
  for (const Answer& answer : answers_[plan.request]) {
    if (!answer.families) continue;
    found_[plan.name].base = RuleFound::Base::there;
    counter[static_cast<std::size_t>(Reason::duplicate)] += answer.families->duplicates;
    for (const decode::PromFamily& source : answer.families->families) {
      if (!wanted(source.family.name)) continue;
      if (failure_) return;
      if (as_it_is)
        pass_family(plan, source);
      else
        passing.add(source);
    }
  }
  passing.write(out);
  found_[plan.name].items = out.batch().size() - before;
  if (explainer_) explainer_->end(found_[plan.name], out.batch().size());
}

void Mapper::pass_family(const PassthroughPlan& plan, const decode::PromFamily& source) {
  RuleCounter& counter = s_.counters[plan.name];
  BlockSink& out = sink(plan.block);
  std::optional<std::uint32_t> index;
  for (const decode::PromSample& sample : source.samples) {
    if (sample.suffix == Suffix::created && any_glob(plan.drop, sample.name())) continue;
    if (!index) {
      index = out.named_family(source.family);
      if (!index) {  // another type under this name is already there
        counter[static_cast<std::size_t>(Reason::duplicate)] += source.samples.size();
        return;
      }
    }
    s_.body.clear();
    for (const decode::PromLabel& label : sample.labels()) {
      const std::string_view name = label.name(), value = label.value();
      if (value.size() <= p_.limits.label_value_bytes) {
        s_.body.append_label(name, value);
      } else {
        std::string cut(value);
        limit_label_value(cut, p_.limits.label_value_bytes);
        count(counter, Reason::limit);
        s_.body.append_label(name, cut);
      }
    }
    out.add(*index, out.intern(s_.body), sample.value, sample.suffix, Fold::none, counter);
    if (out.batch().size() % 1024 == 0 && over_text(out)) return;
  }
}

}  // namespace tallyman::map
