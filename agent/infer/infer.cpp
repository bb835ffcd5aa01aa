#include "infer/infer.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "infer/inside.h"
#include "infer/nameless.h"
#include "infer/own_queue.h"
#include "infer/rules.h"
#include "infer/scoring.h"
#include "infer/yaml.h"

namespace tallyman::infer {
namespace {

using decode::Kind;
using decode::Node;

constexpr std::size_t most_labelled = 3;  // rules of lists of no known kind
constexpr std::size_t most_labelled_items = 200;
constexpr std::size_t compared = 500;  // items of which two samples are compared

class Builder {
 public:
  Builder(Node root, Node later, const Asked& asked) : root_(root), later_(later), asked_(asked) {}

  Result<Proposal> run() {
    out_.name = asked_.name;
    out_.source = asked_.source;
    out_.about = asked_.name + ", as its answer was understood";
    Shape shape = shape_of(root_);
    find_maps(shape, plain(asked_.hint));
    split_maps(shape);
    lists_ = find_lists(shape, asked_.hint);
    judged_ = judge(root_, lists_);
    take_workers();
    take_queues();
    note_pages();
    if (shape.objects > 0 && !shape.is_map) {
      Rule service = service_rule(of_service(leaves_of(shape, true)), root_, around(nullptr));
      if (!service.metrics.empty() || !service.values.empty() || !service.tasks.empty())
        out_.rules.push_back(std::move(service));
    }
    std::move(own_queues_.begin(), own_queues_.end(), std::back_inserter(out_.rules));
    take_inside();
    take_labelled();
    if (out_.rules.empty()) take_nameless();
    if (out_.rules.empty()) take_counted();
    note_not_seen(shape);
    name_others();
    if (out_.rules.empty())
      if (std::optional<Rule> bare = bare_rule(shape, asked_.name, names_)) out_.rules.push_back(std::move(*bare));
    if (out_.rules.empty()) return error(Stage::map, nothing());
    keep_within_limit();
    return std::move(out_);
  }

 private:
  Judged* list_at(std::size_t index) {
    const auto found = std::find_if(judged_.begin(), judged_.end(), [&](const Judged& j) { return j.index == index; });
    return found == judged_.end() ? nullptr : &*found;
  }
  Judged* parent(const Judged* list) {
    return list && list->list.parent != no_list ? list_at(list->list.parent) : nullptr;
  }
  bool inside(const Judged& list, const auto& good) {
    for (const Judged* p = parent(&list); p; p = parent(p))
      if (good(*p)) return true;
    return false;
  }
  bool taken(const Judged& list) const { return taken_.contains(&list); }

  Around around(const Judged* list) {
    const Judged* const outer = parent(list);
    return {asked_.name, names_, [this](const Judged* l, const Leaf& leaf) { return trend(l, leaf); }, outer,
            parent(outer)};
  }

  void take(Judged& list) {
    taken_.insert(&list);
    const std::size_t at = out_.rules.size();
    std::optional<Rule> own = list.role == Role::workers ? own_queue(list.leaves) : std::nullopt;
    out_.rules.push_back(rule_of(list, around(&list)));
    if (own) own_queues_.push_back(of_worker(std::move(*own), out_.rules[at]));
    // What its items hold as JSON in texts.
    bool inside = false;
    for (Judged& inner : judged_) {
      if (!inner.list.single() || parent(&inner) != &list || list.role == Role::consumers || list.role == Role::tasks)
        continue;
      std::optional<Rule> rule = inside_rule(inner, list, out_.rules[at], around(&inner));
      taken_.insert(&inner);
      if (!rule) continue;
      inside = true;
      out_.rules.push_back(std::move(*rule));
    }
    // That they are listed says nothing where their texts say more.
    if (inside && is_bare(out_.rules[at])) out_.rules.erase(out_.rules.begin() + static_cast<long>(at));
    // Maps of figures in its items.
    for (Judged& inner : judged_) {
      if (taken(inner) || parent(&inner) != &list || !inner.list.map() || list.identity.parts.size() > 1) continue;
      const Shape& s = *inner.list.item;
      if (!s.numeric() || inner.identity.short_lived || list.role == Role::consumers || list.role == Role::tasks)
        continue;
      if (inner.list.steps.back().names.empty()) continue;
      if (std::any_of(inner.items.begin(), inner.items.end(),
                      [](const Item& i) { return i.keys.back().find('/') != std::string::npos; }))
        continue;
      out_.rules.push_back(keyed_rule(inner, list, around(&inner)));
      taken_.insert(&inner);
    }
  }

  // What waits at each worker is called as the worker is.
  static Rule of_worker(Rule own, const Rule& worker) {
    own.each = worker.each;
    own.identity = worker.identity;
    own.values.insert(own.values.begin(), {"queue", own.identity, "each worker's own", true});
    own.items = worker.items;
    own.series_per_item = series_of(own);
    return own;
  }

  // Of lists only those of words are figures of the service: how many there are.
  static std::vector<Leaf> of_service(std::vector<Leaf> leaves) {
    std::erase_if(leaves,
                  [](const Leaf& l) { return l.list() && (!l.shape->element || l.shape->element->words == 0); });
    return leaves;
  }

  // What stands as JSON in a text of the answer itself.
  void take_inside() {
    for (Judged& list : judged_) {
      if (!list.list.single() || list.list.parent != no_list) continue;
      Rule rule = service_rule(of_service(list.leaves), list.items.empty() ? Node() : list.items[0].chain.back(),
                               around(&list));
      for (const Rule& other : out_.rules)  // each once
        for (const Line& said : other.values)
          if (other.kind == rule.kind) std::erase_if(rule.values, [&](const Line& l) { return l.key == said.key; });
      for (const Rule& other : out_.rules)
        if (other.kind == rule.kind && !other.tasks.empty()) rule.tasks.clear();
      if (rule.metrics.empty() && rule.values.empty() && rule.tasks.empty()) continue;
      rule.each = queries(list.list);
      out_.rules.push_back(std::move(rule));
      taken_.insert(&list);
    }
  }

  Judged* best(Role role) {
    Judged* out = nullptr;
    for (Judged& list : judged_) {
      if (list.role != role || taken(list)) continue;
      // A list of workers in another is a part of those, but where it says far more: servers of upstreams.
      constexpr int far_more = 4;
      if (inside(list, [&](const Judged& p) {
            const bool more = role == Role::workers && p.role == Role::workers && list.score >= p.score + far_more;
            return (p.role == Role::workers && !more) || p.role == Role::tasks;
          }))
        continue;
      if (!out || list.score > out->score) out = &list;
    }
    return out;
  }

  void take_workers() {
    Judged* const workers = best(Role::workers);
    if (!workers) return;
    take(*workers);
    // What holds workers, and nothing that waits, is no queue: a pool.
    for (Judged* outer = parent(workers); outer; outer = parent(outer))
      if (outer->role == Role::queues && !says_tasks(outer->leaves)) outer->role = Role::none;
  }

  void take_queues() {
    if (Judged* list = best(Role::queues)) {
      // With the queues around it (streams of a consumer) and inside it.
      std::vector<Judged*> chain;
      for (Judged& other : judged_) {
        if (other.role != Role::queues) continue;
        const bool outer = inside(*list, [&](const Judged& p) { return &p == &other; });
        const bool inner = inside(other, [&](const Judged& p) { return &p == list; });
        // Rows of another kind share the place of the list.
        if (&other == list || outer || inner) chain.push_back(&other);
      }
      for (Judged* one : chain) take(*one);
      return;
    }
    for (const Role role : {Role::consumers, Role::tasks})
      if (Judged* list = best(role)) return take(*list);
    // Queues that each worker lists.
    for (Judged& list : judged_)
      if (list.role == Role::queues && !taken(list) && parent(&list) && taken(*parent(&list)) &&
          list.identity.weight >= 5)
        return take(list);
  }

  void take_labelled() {
    std::size_t n = 0;
    for (Judged& list : judged_) {
      if (taken(list) || list.role != Role::none || list.list.parent != no_list) continue;
      if (!list.figures && !state_leaf(list.leaves, Role::workers, list.items.size())) continue;
      // What a task is called is another one each time, also where nothing was found to count tasks by.
      const std::vector<Guess> guesses = guesses_of_list(list.list.name);
      if (std::any_of(guesses.begin(), guesses.end(),
                      [](const Guess& g) { return g.role == Role::tasks && g.weight >= 6; }))
        continue;
      const bool with_key = (list.identity.key && !list.list.map()) ||
                            std::any_of(list.identity.parts.begin(), list.identity.parts.end(),
                                        [](const Leaf& part) { return has_token(part.name, "port pid url uri href"); });
      const bool too_many = list.list.count > most_labelled_items || list.identity.short_lived ||
                            std::any_of(list.items.begin(), list.items.end(),
                                        [](const Item& i) { return i.keys.back().find('/') != std::string::npos; });
      if (n >= most_labelled || with_key || too_many || !list.identity.unique || !alike(*list.list.item)) continue;
      Rule rule = labelled_rule(list, around(&list));
      if (rule.metrics.empty()) continue;
      ++n;
      taken_.insert(&list);
      out_.rules.push_back(std::move(rule));
    }
  }

  // Lists of figures that nothing tells apart, where there is nothing else: by their place.
  void take_nameless() {
    constexpr std::size_t most_places = 100;
    for (Judged& list : judged_) {
      if (list.role != Role::none || list.list.parent != no_list || list.list.single() || !list.figures) continue;
      if (!list.identity.key || list.list.map() || list.list.count > most_places || !alike(*list.list.item)) continue;
      if (!list.list.item->only(list.list.item->objects)) continue;
      const std::vector<Guess> guesses = guesses_of_list(list.list.name);
      if (std::any_of(guesses.begin(), guesses.end(), [](const Guess& g) { return g.role == Role::tasks; })) continue;
      Rule rule = labelled_rule(list, around(&list));
      if (rule.metrics.empty()) continue;
      taken_.insert(&list);
      out_.rules.push_back(std::move(rule));
      return;
    }
  }

  void take_counted() {
    for (Judged& list : judged_) {
      if (list.role != Role::none || list.list.parent != no_list || list.list.single() || list.list.item->is_row)
        continue;
      if (!list.figures || !alike(*list.list.item)) continue;
      taken_.insert(&list);
      out_.rules.push_back(counted_rule(list, asked_.name, names_));
      return;
    }
  }

  void note_not_seen(const Shape& shape) {
    const std::size_t n = members_not_seen(shape);
    if (n == 0) return;
    out_.notes.push_back("LEFT OUT: " + std::to_string(n) +
                         " members were not looked at: of one object only the first " + std::to_string(most_members) +
                         " are. Write those that are wanted by hand, or have all numbers:");
    out_.notes.push_back("  the rule `flatten: { prefix: \"" + plain(asked_.name) +
                         "_\", max: 10000 }` of `service`, in place of its metrics.");
  }

  void name_others() {
    constexpr std::size_t most = 12;
    std::size_t left = 0;
    for (const Judged& list : judged_) {
      if (taken(list) || list.list.item->seen == 0 || list.list.single()) continue;
      const char* what = "no workers or queues by what is in it";
      if (list.role == Role::workers) what = "they look like workers too; only the better list is written";
      if (list.role == Role::queues) what = "they look like queues too; only the better list is written";
      if (list.role == Role::tasks || list.role == Role::consumers)
        what = "single tasks or consumers: to be counted, not listed";
      if (inside(list, [this](const Judged& p) { return taken(p); }) && list.role != Role::queues)
        what = "a part of the items above";
      if (out_.others.size() >= most) {
        ++left;
        continue;
      }
      out_.others.push_back(list.list.shown + ": " + std::to_string(list.list.count) +
                            (list.list.count == 1 ? " item, " : " items, ") + what);
    }
    if (left > 0) out_.others.push_back("and " + std::to_string(left) + " lists more");
  }

  void note_pages() {
    if (root_.kind() != Kind::object) return;
    for (const Node::Child child : root_.children()) {
      const std::string name = plain(child.key);
      const std::string query = "$" + query_name(child.key);
      if (in_list(name, "page_count total_pages num_pages pages") && child.node.kind() == Kind::number &&
          child.node.number().real() > 1)
        out_.notes.push_back("This is one page of " + to_text(child.node.number()) +
                             ": page: { pages: { query: page, start: 1, step: 1, last: " + yaml_quoted(query) + " } }");
      if (in_list(name, "next next_page next_url") && child.node.kind() == Kind::string && !child.node.text().empty())
        out_.notes.push_back("There are more pages: page: { pages: { next: " + yaml_quoted(query) + " } }");
    }
  }

  // A target that shows more than its limit fails: of a large answer the vocabulary alone is live, and where even that
  // is too much the limit is raised.
  void keep_within_limit() {
    constexpr std::size_t limit = 100'000, enough_left = limit * 9 / 10;
    const auto in_all = [this] {
      std::size_t n = 0;
      for (const Rule& rule : out_.rules) n += rule.items * rule.series_per_item;
      return n;
    };
    const std::size_t whole = in_all();
    while (in_all() > enough_left) {
      Rule* largest = nullptr;
      for (Rule& rule : out_.rules) {
        const bool figures =
            std::any_of(rule.metrics.begin(), rule.metrics.end(), [](const Metric& m) { return m.live; });
        if (figures && rule.values.size() > 1 && (!largest || rule.items > largest->items)) largest = &rule;
      }
      if (!largest) break;
      for (Metric& metric : largest->metrics) metric.live = false;
      largest->series_per_item = series_of(*largest);
      largest->notes.push_back("ONLY THE VOCABULARY is live: with all figures there would be about " +
                               std::to_string(whole) + " series, and a target shows at most " + std::to_string(limit) +
                               " (limits: samples).");
    }
    if (in_all() > enough_left) out_.samples = in_all() * 2;
    constexpr std::size_t default_depth = 64, deepest = 200;
    if (const std::size_t levels = depth_of(root_); levels > default_depth - 4)
      out_.depth = std::min(deepest, levels + 8);
  }

  static std::size_t depth_of(Node node) {
    std::size_t out = 0;
    if (node.kind() == Kind::object || node.kind() == Kind::array)
      for (const Node::Child child : node.children()) out = std::max(out, depth_of(child.node));
    return out + 1;
  }

  std::string nothing() const {
    for (const Judged& list : judged_)
      if (list.figures && !taken(list))
        return "nothing to propose: " + list.list.shown + " has figures (items: " + std::to_string(list.list.count) +
               "), but nothing that tells the items apart for longer than a moment; expected a name in each, or a rule "
               "by hand that sums them up";
    std::string what = "there is " + std::string(decode::to_string(root_.kind()));
    if ((root_.kind() == Kind::object || root_.kind() == Kind::array) && root_.size() == 0)
      what = root_.kind() == Kind::object ? "the object is empty" : "the list is empty";
    return "nothing to measure: " + what +
           ", with no number, boolean or list of items in it; expected an answer of a service that is at work, with at "
           "least one worker or queue";
  }

  // Both samples of one number, over all items that are in both.
  Trend trend(const Judged* list, const Leaf& leaf) {
    if (!later_) return Trend::unknown;
    std::vector<std::pair<Node, Node>> pairs;
    if (!list) {
      pairs.emplace_back(root_, later_);
    } else {
      auto& later = later_items_[list];
      if (later.empty())
        for (const Item& item : items_of(later_, list->list.steps, items_judged))
          later.emplace(key_of(*list, item), item.chain.back());
      for (std::size_t i = 0; i < list->items.size() && i < compared; ++i)
        if (const auto found = later.find(key_of(*list, list->items[i])); found != later.end())
          pairs.emplace_back(list->items[i].chain.back(), found->second);
    }
    bool grew = false, seen = false;
    for (const auto& [before, after] : pairs) {
      const auto a = number_at(before, leaf), b = number_at(after, leaf);
      if (!a || !b) continue;
      seen = true;
      if (*b < *a) return Trend::fell;
      grew = grew || *b > *a;
    }
    return !seen ? Trend::unknown : grew ? Trend::grew : Trend::same;
  }

  static std::string key_of(const Judged& list, const Item& item) {
    std::string out;
    for (std::size_t i = 0; i + 1 < item.keys.size(); ++i) out += item.keys[i] + "\x1f";
    return out + list.identity.of(item);
  }

  Node root_, later_;
  const Asked& asked_;
  Proposal out_;
  std::vector<List> lists_;
  std::vector<Judged> judged_;
  std::set<const Judged*> taken_;
  std::vector<Rule> own_queues_;
  std::set<std::string> names_;
  std::map<const Judged*, std::unordered_map<std::string, Node>> later_items_;
};

}  // namespace

Result<Proposal> infer(Node root, Node later, const Asked& asked) {
  if (!root) return error(Stage::map, "nothing to measure: the document is empty");
  decode::Document first, second;
  return Builder(unfolded(root, first), unfolded(later, second), asked).run();
}

}  // namespace tallyman::infer
