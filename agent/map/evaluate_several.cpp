// Values of several nodes or parts: first, sum, min, max, diff, concat.
#include "map/evaluate.h"

namespace tallyman::map {
namespace {

constexpr std::size_t node_read = 4;  // visits that it takes to read a node as a value
constexpr std::size_t part_read = 2;  // the same of an entry of a list

}  // namespace

Datum Evaluator::first(const ValuePlan& plan) {
  Datum found;
  if (plan.is_list) {
    for (const ValuePlan& alternative : plan.list) {
      spend(part_read);
      found = value(alternative);
      if (!found.is_missing()) break;
    }
    return found;
  }
  nodes(plan.query, [&](const jsonpath::Located& l) {
    spend(node_read, By::nodes);
    found = read(plan.with.get(), l.node, plan.want);
    return found.is_missing() && !exhausted();
  });
  return found;
}

Datum Evaluator::fold(const ValuePlan& plan) {
  using Op = ValuePlan::Op;
  Datum total;
  const auto take = [&](const Datum& d) {
    if (d.is_missing()) return true;
    if (d.is_failed()) {
      total = d;
      return false;
    }
    if (total.is_missing())
      total = Datum::of(d.number);
    else
      total.number = folded(plan.op == Op::sum   ? Fold::sum
                            : plan.op == Op::min ? Fold::min
                                                 : Fold::max,
                            total.number, d.number);
    return true;
  };
  if (plan.is_list) {
    for (const ValuePlan& entry : plan.list) {
      spend(part_read);
      if (!take(value(entry))) break;
    }
    return total;
  }
  bool empty = true;  // no node at all: the sum of nothing is 0; all of them missing is missing
  const bool there = nodes(plan.query, [&](const jsonpath::Located& l) {
    empty = false;
    spend(node_read, By::nodes);
    return !exhausted() && take(read(plan.with.get(), l.node, Want::number));
  });
  if (there && empty && plan.op == Op::sum) return Datum::of(Number::of(std::int64_t{0}));
  return total;
}

Datum Evaluator::diff(const ValuePlan& plan) {
  const Datum a = value(plan.list[0]);
  if (a.kind != Datum::Kind::number) return a;
  const Datum b = value(plan.list[1]);
  if (b.kind != Datum::Kind::number) return b;
  return Datum::of(subtract(a.number, b.number));
}

Datum Evaluator::concat(const ValuePlan& plan) {
  const std::size_t from = buffer_.size();
  Datum stop;
  bool any = false, there = true;
  const auto take = [&](const Datum& d) {
    if (any) buffer_ += plan.sep;
    any = true;
    append_text(d);
  };
  if (plan.is_list) {
    for (const ValuePlan& entry : plan.list) {
      spend(part_read);
      const Datum d = value(entry);
      if (d.kind != Datum::Kind::text) {
        stop = d;
        there = false;
        break;
      }
      take(d);
    }
  } else {
    there = nodes(plan.query, [&](const jsonpath::Located& l) {
      spend(node_read, By::nodes);
      const Datum d = read(plan.with.get(), l.node, Want::part);
      if (d.kind == Datum::Kind::text)
        take(d);
      else if (d.is_failed())
        stop = d;
      return !stop.is_failed() && !exhausted();
    });
  }
  if (there && !stop.is_failed()) return Datum::of(put_together(from));
  buffer_.resize(from);
  return stop;
}

}  // namespace tallyman::map
