#include "map/why.h"

#include <re2/re2.h>

#include <algorithm>

#include "core/diagnostic.h"
#include "core/labels.h"
#include "map/units.h"

namespace tallyman::map {
namespace {

using decode::Kind;
using decode::Node;

constexpr std::size_t listed_names = 12;
constexpr std::size_t most_names = 1000;  // that are looked through for the nearest
constexpr std::size_t compared = 64;      // bytes of each
// Comparing two names takes the product of their bytes. So much at most for one look, which is 1000 names of 16 bytes.
constexpr std::size_t most_compared = 256 * 1000;
constexpr std::size_t compared_per_visit = 16;
constexpr std::size_t shown_bytes = 60;  // of a text
constexpr std::size_t passed_per_visit = 16;

std::string in_ticks(std::string_view text) {
  const std::string_view cut = utf8_prefix(text, shown_bytes);
  std::string out;
  decode::append_json_string(out, cut);
  return cut.size() < text.size() ? out + "..." : out;
}

std::string count_of(std::size_t n, const char* what) {
  return n == 0 ? std::string("without ") + what + "s" : "of " + std::to_string(n) + " " + what + (n > 1 ? "s" : "");
}

// "it has: a, b, c", and the nearest to `wanted` first.
std::string names(Node object, const std::string& wanted, jsonpath::Allowance& allowance) {
  std::vector<std::string> all;
  std::string list;
  std::size_t n = 0, work = 0;
  for (const auto child : object.children()) {
    if (++n > most_names) break;
    const std::size_t cost = std::min(compared, child.key.size()) * std::min(compared, wanted.size());
    if (work + cost <= most_compared) all.emplace_back(child.key.substr(0, 4 * shown_bytes));
    work += cost;
    if (n <= listed_names) list += (list.empty() ? "" : ", ") + std::string(child.key.substr(0, shown_bytes));
  }
  if (n == 0) return "; it is empty";
  if (n > listed_names) list += " and " + std::to_string(object.size() - listed_names) + " more";
  const bool affordable = allowance.spend(std::min(work, most_compared) / compared_per_visit);
  const std::string near = affordable ? nearest(wanted, all) : "";
  return (near.empty() ? std::string() : "; nearest is `" + near + "`") + "; it has: " + list;
}

const char* wanted(Want want) { return want == Want::number ? "a number is wanted" : "a text is wanted"; }

}  // namespace

std::string what_is(Node node) {
  switch (node.kind()) {
    case Kind::null:
      return "is null";
    case Kind::boolean:
      return node.boolean() ? "is true" : "is false";
    case Kind::number:
      return "is the number " + std::string(node.lexeme().substr(0, shown_bytes));
    case Kind::out_of_range:
      return "is the number " + std::string(node.lexeme().substr(0, shown_bytes)) +
             (decimal(node.lexeme()).is_failed() ? ", out of range" : "");
    case Kind::string:
      return node.text().empty() ? "is an empty text" : "is the text " + in_ticks(node.text());
    case Kind::array:
      return "is an array " + count_of(node.size(), "element");
    case Kind::object:
      return "is an object " + count_of(node.size(), "member");
  }
  return "";
}

std::string ends(const jsonpath::Query::Reach& reach, jsonpath::Allowance& allowance) {
  using K = jsonpath::Query::Reach::Kind;
  if (!reach.from) return "is not there";
  const Kind kind = reach.from.kind();
  std::string out;
  if (reach.nodes > 1) out = "and all " + std::to_string(reach.nodes) + " like it: ";
  if (reach.kind == K::name) {
    if (kind != Kind::object) return out + what_is(reach.from) + ", and no object with a member `" + reach.name + "`";
    return out + "has no member `" + reach.name + "`" + names(reach.from, reach.name, allowance);
  }
  if (kind != Kind::array && kind != Kind::object)
    return out + what_is(reach.from) + ": nothing for `" + reach.segment + "` to select from";
  if (reach.from.size() == 0) return out + "is empty";
  if (reach.kind == K::filter) {
    std::string first;
    for (const auto child : reach.from.children()) {
      decode::append_json(first, child.node, 2 * shown_bytes + 8);
      break;
    }
    if (first.size() > 2 * shown_bytes) first = to_utf8(first.substr(0, 2 * shown_bytes)) + "...";
    return out + "`" + reach.segment + "` keeps none of its " + std::to_string(reach.from.size()) +
           (kind == Kind::array ? " elements" : " members") + "; the first is " + first;
  }
  return out + what_is(reach.from) + ", and `" + reach.segment + "` selects none of them";
}

std::string why_no_item(const WalkPlan& walk, Node root, jsonpath::Allowance& allowance) {
  std::string out;
  std::vector<std::unique_ptr<decode::Document>> inside;  // texts that `json` steps read
  Node at = root;
  for (std::size_t i = 0; i < walk.steps.size(); ++i) {
    const StepPlan& step = walk.steps[i];
    if (i > 0) out = "step " + std::to_string(i + 1) + " of `each`, at the first item of the step before: ";
    Node next;
    std::string why;
    for (const StepPlan::Alternative& way : step.alternatives) {
      const auto reach = way.query->reach(root, at, allowance);
      if (reach.selected == 0) {
        const Node from = reach.from ? reach.from : at;
        why += (why.empty() ? "" : "; or: ") + jsonpath::normalized_path(from.document()->root(), from) + " " +
               ends(reach, allowance);
        continue;
      }
      next = way.query->first(root, at, allowance);
      break;
    }
    if (!next) return out + why;
    const std::string where = jsonpath::normalized_path(next.document()->root(), next);
    if (step.kind == config::Step::Kind::json) {
      decode::Document& parsed = *inside.emplace_back(std::make_unique<decode::Document>());
      if (next.kind() != Kind::string || !allowance.spend(next.text().size()) ||
          !parsed.parse(std::string(next.text()), {.depth = decode::max_depth}))
        return out + where + " " + what_is(next) + "; a text that is JSON is wanted";
      next = parsed.root();
    }
    if (step.kind == config::Step::Kind::keys) {
      if (next.kind() != Kind::object) return out + where + " " + what_is(next) + "; an object is wanted";
      std::string first;
      Node matches;
      for (const auto child : next.children()) {
        if (first.empty()) first = ", the first is `" + std::string(child.key.substr(0, shown_bytes)) + "`";
        const jsonpath::Searched searched = jsonpath::search(*step.match, child.key);
        if (searched.found) matches = child.node;
        if (!allowance.spend(searched) || matches) break;
      }
      if (matches) {
        at = matches;
        continue;
      }
      return out + where + ": none of its " + std::to_string(next.size()) + " members has a name that matches `" +
             (step.match ? step.match->pattern() : "") + "`" + first;
    }
    if (next.is_null()) return out + where + " is null";
    at = next;
  }
  return out + "nothing";
}

std::string Why::where(Node node) const {
  if (!node) return "";
  at_.spend(node.index() / passed_per_visit);  // what stands before it is passed on the way
  // What a `json` step parsed is a document of its own, in a text of the one before.
  for (std::size_t level = 0; level <= walk_.steps.size(); ++level) {
    const Node item = at_.item(level).node;
    if (!item || item.document() != node.document()) continue;
    const std::string inside = jsonpath::normalized_path(node.document()->root(), node);
    if (level == 0) return inside;
    const Node outside = at_.item(level - 1).node;
    Node text;
    for (const StepPlan::Alternative& way : walk_.steps[level - 1].alternatives)
      if ((text = way.query->first(at_.root(), outside, at_.allowance()))) break;
    return where(text ? text : outside) + ", in its JSON text " + inside;
  }
  return jsonpath::normalized_path(node.document()->root(), node);
}

Explanation::Example Why::item() const { return {where(at_.item(walk_.steps.size()).node), ""}; }

Explanation::Example Why::query(const QueryPlan& plan) {
  const Node current = at_.item(static_cast<std::size_t>(plan.level)).node;
  if (!current) return {"", "there is no such item"};
  const auto reach = plan.whole->reach(at_.root(), current, at_.allowance());
  const Node at = reach.from ? reach.from : current;
  return {where(at), ends(reach, at_.allowance())};
}

Explanation::Example Why::value(const ValuePlan& plan, const Datum& is) {
  using Op = ValuePlan::Op;
  Explanation::Example here = item();
  switch (plan.op) {
    case Op::constant:
      return {"", "it is an empty text"};
    case Op::text:
      if (!plan.text.unset.empty())  // of no item
        return {"", "the parameter `" + plan.text.unset + "` is not set"};
      if (is.is_failed())
        here.why = std::string("the text is no value as it is wanted; ") + wanted(plan.want);
      else
        here.why = "the text has a part that is missing, or is empty";
      return here;
    case Op::header:
      here.where = whole_answer;
      here.why = is.is_failed() ? "has a header `" + plan.header + "` that is not a number"
                                : "has no header `" + plan.header + "`, or it is empty";
      return here;
    case Op::test:
      here.why = "a comparison in `test` reads what is absent or null";
      return here;
    case Op::path: {
      const Node current = at_.item(static_cast<std::size_t>(plan.query.level)).node;
      const Node found = current ? plan.query.whole->first(at_.root(), current, at_.allowance()) : Node();
      return found ? node(found, plan.with.get(), plan.want, is) : query(plan.query);
    }
    case Op::diff:
      return list(plan, is);
    case Op::first:
    case Op::sum:
    case Op::min:
    case Op::max:
    case Op::concat:
    case Op::count:
      return plan.is_list ? list(plan, is) : nodes(plan, is);
  }
  return here;
}

// The part that is to blame: the first that is failed or, where one missing part is enough, missing. Of alternatives
// one that looks into the answer, if there is such a one: parameters are mostly left unset on purpose.
Explanation::Example Why::list(const ValuePlan& plan, const Datum& is) {
  const bool any = plan.op == ValuePlan::Op::first && plan.list.size() > 1;
  const bool looks =
      std::any_of(plan.list.begin(), plan.list.end(), [](const ValuePlan& part) { return part.text.unset.empty(); });
  for (const ValuePlan& part : plan.list) {
    if (any && looks && !part.text.unset.empty()) continue;
    const Datum d = at_.value(part);
    if (is.is_failed() ? !d.is_failed() : !d.is_missing()) continue;
    Explanation::Example out = value(part, d);
    if (any) out.why += "; nor is another of the " + std::to_string(plan.list.size()) + " alternatives there";
    return out;
  }
  Explanation::Example here = item();
  here.why = "the result is out of range";
  return here;
}

Explanation::Example Why::nodes(const ValuePlan& plan, const Datum& is) {
  const Node current = at_.item(static_cast<std::size_t>(plan.query.level)).node;
  if (!current) return {"", "there is no such item"};
  const Want want = plan.op == ValuePlan::Op::first    ? plan.want
                    : plan.op == ValuePlan::Op::concat ? Want::part
                                                       : Want::number;
  for (const Node found : plan.query.whole->nodes(at_.root(), current, at_.allowance())) {
    const Datum d = at_.read(plan.with.get(), found, want);
    if (is.is_failed() ? d.is_failed() : d.is_missing()) return node(found, plan.with.get(), want, d);
  }
  return query(plan.query);
}

// One node that is there, and is no value.
Explanation::Example Why::node(Node node, const Modifiers* with, Want want, const Datum& is) {
  Explanation::Example out{where(node), what_is(node)};
  const Kind kind = node.kind();
  if (kind == Kind::null || (is.is_failed() && is.reason == Reason::range)) return out;
  if (kind == Kind::array || kind == Kind::object) {
    out.why += std::string("; ") + wanted(want);
    return out;
  }
  if (!with) {
    if (is.is_failed()) out.why += std::string("; ") + wanted(want);
    return out;
  }
  Modifiers only;
  only.none = with->none;
  if (!only.none.empty() && at_.read(&only, node, Want::part).is_missing()) {
    out.why += ", which `none` takes as missing";
    return out;
  }
  only.extract = with->extract;
  const Datum word = at_.read(&only, node, Want::part);
  if (with->extract && word.is_missing()) {
    out.why += ", in which `extract: " + with->extract->pattern() + "` finds nothing";
    return out;
  }
  const std::string read = with->extract ? ", of which " + in_ticks(word.text) : std::string(", which");
  if (is.counted) {
    if (with->table < 0) {
      out.why += read + " is no word of its `map`";
    } else {
      const auto table = static_cast<std::size_t>(with->table);
      out.why += read + " is no key of `" + program_.rule_names[program_.tables[table].name] + "`, which has " +
                 std::to_string(at_.tables[table].size()) + (at_.tables[table].size() == 1 ? " entry" : " entries");
    }
    return out;
  }
  if (with->unit.kind != Unit::Kind::none) {
    const bool never = is.is_missing() && (with->unit.kind == Unit::Kind::epoch || with->unit.kind == Unit::Kind::time);
    out.why += never            ? read + " as a time is at or before 1970, and means never"
               : is.is_failed() ? read + " is nothing that its `as` can read"
                                : "";
    return out;
  }
  if (is.is_failed()) out.why += std::string("; ") + wanted(want);
  return out;
}

}  // namespace tallyman::map
