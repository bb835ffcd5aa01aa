#include "map/item_walk.h"

#include <re2/re2.h>

namespace tallyman::map {
namespace {

class Walker {
 public:
  Walker(Evaluator& at, const WalkPlan& plan, const std::function<void()>& visit)
      : at_(at), plan_(plan), visit_(visit) {}

  // Runs step `i` from the item of level `i`. False if its base is absent.
  bool step(std::size_t i) {
    if (i == plan_.steps.size()) return visit_(), true;
    for (const StepPlan::Alternative& way : plan_.steps[i].alternatives) {
      if (at_.exhausted()) return true;
      Item base = way.absolute ? Item{at_.root(), {}, -1, false} : at_.item(i);
      const bool moved = follow(*way.query, base);
      if (!base.node || (moved && base.node.is_null())) continue;
      take(i, way, base);
      return true;
    }
    if (i > 0 && !at_.exhausted()) at_.lose_step(i, at_.item(i).node, Reason::missing);
    return false;
  }

 private:
  void enter(std::size_t i, const Item& item) {
    at_.enter(i + 1, item);
    step(i + 1);
  }

  // Goes along the base of `query`. True if it has one; the item's node is none if it ends early.
  bool follow(const jsonpath::Query& query, Item& item) {
    for (const jsonpath::Singular& segment : query.base()) {
      at_.spend(1 + item.node.width() / jsonpath::passed_per_visit);  // those before it are passed
      if (at_.exhausted()) return item = {}, true;
      if (segment.is_index) {
        const auto size = static_cast<std::int64_t>(item.node.size());
        const std::int64_t index = segment.index < 0 ? segment.index + size : segment.index;
        item = {item.node.element(segment.index), {}, index, true};
      } else {
        item = {item.node.member(segment.name), segment.name, -1, true};
      }
      if (!item.node) return true;
    }
    return !query.base().empty();
  }

  void take(std::size_t i, const StepPlan::Alternative& way, const Item& base) {
    const StepPlan& step = plan_.steps[i];
    switch (step.kind) {
      case config::Step::Kind::json:
        return embedded(i, base);
      case config::Step::Kind::keys:
        return members(i, *step.match, way.absolute, base.node);
      case config::Step::Kind::query:
      case config::Step::Kind::first:
        break;
    }
    if (way.singular) return enter(i, base);
    at_.select(*way.query, base.node, [this, i](const jsonpath::Located& l) {
      enter(i, {l.node, l.key, l.index, true});
      return !at_.exhausted();
    });
  }

  void embedded(std::size_t i, const Item& base) {
    if (base.node.is_null()) return;
    if (at_.exhausted()) return;
    decode::Node root;
    if (base.node.kind() == decode::Kind::string) root = at_.embedded(base.node.text());
    if (at_.exhausted()) return;
    if (!root) return at_.lose_step(i, base.node, Reason::type);
    enter(i, {root, base.key, base.index, base.keyed});
  }

  void members(std::size_t i, const RE2& match, bool absolute, decode::Node object) {
    if (object.kind() != decode::Kind::object) return at_.lose_step(i, object, Reason::type);
    // Its names matched again and again, for each item of the step before: then it is not the regex that takes long.
    const Evaluator::By by = absolute && i > 0 && again_++ > 0 ? Evaluator::By::items : Evaluator::By::searches;
    for (const auto child : object.children()) {
      at_.spend(1);
      if (at_.exhausted()) return;
      std::string_view group = child.key;
      if (at_.search(match, child.key, match.NumberOfCapturingGroups() > 0 ? &group : nullptr, by))
        enter(i, {child.node, group, -1, true});
    }
  }

  Evaluator& at_;
  const WalkPlan& plan_;
  const std::function<void()>& visit_;
  std::size_t again_ = 0;  // how often members of one object of the answer were gone over
};

}  // namespace

bool walk(Evaluator& at, const WalkPlan& plan, const Answer& answer, RuleCounter& counter,
          const std::function<void()>& visit) {
  at.begin(plan, answer, counter);
  return Walker(at, plan, visit).step(0);
}

}  // namespace tallyman::map
