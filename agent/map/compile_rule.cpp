// Rules, tables, metrics and passthrough (LANGUAGE 4.4, 5, 6).
#include <algorithm>
#include <set>

#include "map/compile.h"
#include "map/mapper.h"

namespace tallyman::map {
namespace {

using Kind = config::Rule::Kind;

std::string kind_name(Kind kind) {
  return kind == Kind::workers ? "workers" : kind == Kind::queues ? "queues" : "service";
}

std::uint32_t add_name(Compiling& c, std::string name) {
  c.program.rule_names.push_back(std::move(name));
  return static_cast<std::uint32_t>(c.program.rule_names.size() - 1);
}

const config::Value* find(const config::Rule& rule, std::string_view key) {
  for (const auto& [name, value] : rule.values)
    if (name.text == key) return &value;
  return nullptr;
}

std::size_t column_of(int& column, std::size_t& columns) {
  if (column < 0) column = static_cast<int>(columns++);
  return static_cast<std::size_t>(column);
}

std::uint32_t family_for(Compiling& c, const config::Metric& metric) {
  using Type = config::Metric::Type;
  Family family;
  family.name = metric.name.text;
  family.help = metric.help.text;
  // A stateset of OpenMetrics names its label like itself; ours is `state`, so it is a gauge.
  family.type = metric.type == Type::counter     ? MetricType::counter
                : metric.type == Type::histogram ? MetricType::histogram
                : metric.type == Type::info      ? MetricType::info
                                                 : MetricType::gauge;
  if (family.type == MetricType::info && !family.name.ends_with("_info"))
    c.fail(metric.name.at, "the info `" + family.name + "` must end in `_info`, as OpenMetrics has it");
  FamilyList& all = c.program.families;
  for (std::uint32_t known = 0; known < all.size(); ++known)
    if (all[known].name == family.name) return known;
  all.add(std::move(family));
  return static_cast<std::uint32_t>(all.size() - 1);
}

// The values of a rule, each with the family it is a sample of and the block it goes to.
template <class Visit>
void each_value(RulePlan& rule, Visit visit) {
  const bool workers = rule.kind == Kind::workers, queues = rule.kind == Kind::queues;
  const std::uint32_t first = workers ? family_id::workers : queues ? family_id::queues : family_id::service;
  const std::uint32_t tasks = queues ? family_id::queue_tasks : family_id::service_tasks;
  for (KeyedValue& v : rule.numbers) visit(first + static_cast<std::uint32_t>(v.key), v.block);
  for (KeyedValue& v : rule.tasks) visit(tasks, v.block);
  for (KeyedValue& v : rule.workers) visit(family_id::worker_count, v.block);
  if (rule.tasks_value) visit(tasks, rule.tasks_block);
  for (MetricPlan& m : rule.metrics) visit(m.family, m.block);
}

// Values go to the block of their rule's request; what is folded from the answers of requests that may fail apart, or
// have another pace, to a block of all of these.
void place_values(Program& program) {
  std::map<std::uint32_t, std::set<std::size_t>> folded;  // by family: the requests of its rules
  std::map<std::uint32_t, std::set<std::uint32_t>> blocks;
  for (RulePlan& rule : program.rules) {
    rule.tasks_block = rule.block;
    each_value(rule, [&](std::uint32_t family, std::uint32_t& block) {
      block = rule.block;
      if (rule.fold == Fold::none) return;
      folded[family].insert(rule.walk.request);
      blocks[family].insert(rule.block);
    });
  }
  program.first_joint = program.block_requests.size();
  std::map<std::set<std::size_t>, std::uint32_t> joint;
  for (RulePlan& rule : program.rules) {
    if (rule.fold == Fold::none) continue;
    each_value(rule, [&](std::uint32_t family, std::uint32_t& block) {
      if (blocks[family].size() < 2) return;
      const std::set<std::size_t>& requests = folded[family];
      const auto [at, added] = joint.emplace(requests, static_cast<std::uint32_t>(program.block_requests.size()));
      if (added) {
        program.block_requests.emplace_back(requests.begin(), requests.end());
        program.sizes.emplace_back();
      }
      block = at->second;
    });
  }
}

bool reads_table(const ValuePlan& value) {
  return (value.with && value.with->table >= 0) || std::any_of(value.list.begin(), value.list.end(), reads_table);
}

// Which rules list workers, and so which requests say who is there.
void find_lists(Program& program) {
  std::vector<RulePlan*> workers;
  for (RulePlan& rule : program.rules)
    if (rule.kind == Kind::workers) workers.push_back(&rule);
  for (RulePlan* rule : workers)
    rule->lists = std::none_of(rule->identity.begin(), rule->identity.end(),
                               [](const LabelPlan& label) { return reads_table(label.value); });
  const bool any = std::any_of(workers.begin(), workers.end(), [](const RulePlan* rule) { return rule->lists; });
  for (RulePlan* rule : workers) {
    rule->lists = rule->lists || !any;
    if (rule->lists) program.infos[rule->walk.request].lists_workers = true;
  }
  for (auto at = program.order.rbegin(); at != program.order.rend(); ++at) {
    const RequestInfo& info = program.infos[*at];
    if (info.lists_workers || info.leads_to_workers)
      for (const std::size_t needed : info.needs) program.infos[needed].leads_to_workers = true;
  }
}

class RuleCompiler {
 public:
  RuleCompiler(Compiling& c, const config::Rule& rule, RulePlan& plan, const std::vector<std::string>& variables)
      : c_(c), rule_(rule), plan_(plan) {
    scope_.walk = &plan.walk;
    scope_.level = static_cast<int>(plan.walk.steps.size());
    scope_.variables = &variables;
  }

  void run() {
    plan_.fold = rule_.fold;
    if (rule_.stale_after) {
      plan_.stale_after = seconds(*rule_.stale_after);
      c_.program.body_only = false;
    }
    for (const auto& [name, value] : rule_.labels) plan_.labels.push_back(label(name.text, value));
    switch (rule_.kind) {
      case Kind::workers:
        workers();
        break;
      case Kind::queues:
        queues();
        break;
      case Kind::service:
        service();
        break;
    }
    for (const config::Metric& metric : rule_.metrics) plan_.metrics.push_back(compile(metric));
  }

 private:
  ValuePlan text(const config::Value& value) { return compile_value(c_, value, Want::text, scope_); }
  ValuePlan number(const config::Value& value) { return compile_value(c_, value, Want::number, scope_); }
  LabelPlan label(const std::string& name, const config::Value& value) {
    return {name, LabelText::Head(name), text(value)};
  }
  std::optional<ValuePlan> text_of(std::string_view key) {
    const config::Value* value = find(rule_, key);
    return value ? std::optional(text(*value)) : std::nullopt;
  }

  void workers() {
    identity({"worker"}, "worker");
    plan_.host = text_of("host");
    plan_.version = text_of("version");
    plan_.pool = text_of("pool");
    plan_.state = text_of("state");
    for (const auto& [name, value] : rule_.values)
      if (const auto key = find_word(worker_words, name.text))
        plan_.numbers.push_back(
            {*key, column_of(c_.program.worker_column[*key], c_.program.worker_columns), number(value)});
    c_.program.has_workers = true;
    if (rule_.grace && !c_.program.grace) c_.program.grace = rule_.grace;
  }

  void queues() {
    identity({"namespace", "queue", "consumer_group"}, "queue");
    for (const auto& [name, value] : rule_.values)
      if (const auto key = find_word(queue_words, name.text))
        plan_.numbers.push_back(
            {*key, column_of(c_.program.queue_column[*key], c_.program.queue_columns), number(value)});
    for (const auto& [name, value] : rule_.tasks) {
      const auto state = task_state(name.text);
      if (!state) continue;  // config/ has refused it
      plan_.tasks.push_back({static_cast<std::size_t>(*state), task_column(*state), number(value)});
    }
    if (!rule_.tasks_value) return;
    plan_.state = text_of("state");  // config/ has refused a rule without it
    plan_.tasks_value = number(*rule_.tasks_value);
    for (std::size_t state = 0; state < task_states; ++state) task_column(static_cast<TaskState>(state));
  }

  std::size_t task_column(TaskState state) {
    return column_of(c_.program.queue_column[queue_keys + static_cast<std::size_t>(state)], c_.program.queue_columns);
  }

  void service() {
    if (find(rule_, "pool")) identity({"pool"}, "");
    plan_.required = plan_.identity.size();  // an item without a pool is the whole service
    plan_.version = text_of("version");
    for (const auto& [name, value] : rule_.values)
      if (const auto key = find_word(service_words, name.text)) plan_.numbers.push_back({*key, 0, number(value)});
    for (const auto& [name, value] : rule_.tasks)
      if (const auto state = task_state(name.text))
        plan_.tasks.push_back({static_cast<std::size_t>(*state), 0, number(value)});
    for (const auto& [name, value] : rule_.workers)
      if (const auto state = worker_state(name.text); state && *state != WorkerState::up)
        plan_.workers.push_back({static_cast<std::size_t>(*state), 0, number(value)});
    if (rule_.flatten) flatten();
  }

  void flatten() {
    FlattenPlan out;
    const Template prefix = compile_text(c_, rule_.flatten->prefix, 0, scope_);
    for (const Template::Part& part : prefix.parts) {
      if (part.kind == Template::Part::Kind::literal)
        out.prefix += part.literal;
      else if (part.kind == Template::Part::Kind::constant)
        out.prefix += part.constant.text;
      else
        c_.fail(rule_.flatten->prefix.at, "a metric's name is never data: `prefix` may insert parameters only");
    }
    const bool ours = out.prefix.starts_with("tally_") || out.prefix.starts_with("tallyman_");
    if (ours && c_.target)
      c_.fail(c_.target->name.at, "the prefix `" + out.prefix + "` is the agent's own; choose another one");
    for (const config::Text& glob : rule_.flatten->drop) out.drop.push_back(glob.text);
    out.max = rule_.flatten->max;
    plan_.flatten = std::move(out);
  }

  void identity(std::initializer_list<const char*> keys, std::string_view required) {
    for (const char* key : keys) {
      const config::Value* value = find(rule_, key);
      if (!value) continue;
      if (key == required) plan_.required = plan_.identity.size();
      plan_.identity.push_back(label(key, *value));
    }
  }

  MetricPlan compile(const config::Metric& metric) {
    MetricPlan out;
    out.type = metric.type;
    out.family = family_for(c_, metric);
    switch (metric.type) {
      case config::Metric::Type::gauge:
      case config::Metric::Type::counter:
        out.value = number(metric.value);
        break;
      case config::Metric::Type::stateset:
        out.value = text(metric.value);
        for (const config::Text& state : metric.states) out.states.push_back(state.text);
        break;
      case config::Metric::Type::info:
        for (const auto& [name, value] : metric.labels) {
          clash(name);
          out.info.push_back(label(name.text, value));
        }
        break;
      case config::Metric::Type::histogram:
        histogram(metric.histogram, out);
        break;
    }
    return out;
  }

  void histogram(const config::Metric::Histogram& from, MetricPlan& out) {
    out.buckets = compile_query(c_, from.buckets, 0, scope_);
    out.cumulative = from.cumulative;
    const auto with_unit = [&](config::Value value) {
      if (value.with.as.empty()) value.with.as = from.as;
      return value;
    };
    if (from.le) {
      Scope bucket = scope_;
      ++bucket.level;
      out.le = compile_value(c_, with_unit(*from.le), Want::number, bucket);
    }
    if (from.sum) out.sum = number(with_unit(*from.sum));
    for (const LabelPlan& label : plan_.labels)
      if (label.name == "le") c_.fail(rule_.at, "the label `le` is the histogram's own; choose another name");
  }

  // A label that the sample has already.
  void clash(const config::Text& name) {
    const auto same = [&](const LabelPlan& l) { return l.name == name.text; };
    if (std::any_of(plan_.identity.begin(), plan_.identity.end(), same) ||
        std::any_of(plan_.labels.begin(), plan_.labels.end(), same))
      c_.fail(name.at, "the label `" + name.text + "` is already there, from the rule's identity or its `labels`");
  }

  Compiling& c_;
  const config::Rule& rule_;
  RulePlan& plan_;
  Scope scope_;
};

}  // namespace

void compile_tables(Compiling& c) {
  for (const config::Table& table : c.file.tables) {
    const auto request = c.request(table.from);
    TablePlan plan;
    plan.name = add_name(c, "tables." + table.name.text);
    plan.walk = compile_walk(c, request.value_or(0), table.each);
    if (request) c.program.requests[*request].needs_document = true;
    Scope scope;
    scope.walk = &plan.walk;
    scope.level = static_cast<int>(plan.walk.steps.size());
    scope.variables = &c.variables(request);
    plan.key = compile_value(c, table.key, Want::text, scope);
    plan.value = compile_value(c, table.value, Want::any, scope);
    c.tables.emplace(table.name.text, static_cast<int>(c.program.tables.size()));
    c.program.tables.push_back(std::move(plan));
  }
}

void compile_rules(Compiling& c) {
  std::map<Kind, int> seen;
  for (const config::Rule& rule : c.file.rules) {
    const auto request = c.request(rule.from);
    RulePlan plan;
    plan.kind = rule.kind;
    plan.name = add_name(c, kind_name(rule.kind) + "[" + std::to_string(seen[rule.kind]++) + "]");
    plan.walk = compile_walk(c, request.value_or(0), rule.each);
    if (request) {
      plan.block = c.program.requests[*request].block;
      c.program.requests[*request].needs_document = true;
    }
    RuleCompiler(c, rule, plan, c.variables(request)).run();
    plan.cost = 8 + 4 * (plan.numbers.size() + plan.tasks.size() + plan.workers.size() + plan.labels.size() +
                         plan.metrics.size());
    c.program.rules.push_back(std::move(plan));
  }
  place_values(c.program);
  find_lists(c.program);
}

void compile_passthrough(Compiling& c) {
  int n = 0;
  const auto texts = [](const std::vector<config::Text>& from) {
    std::vector<std::string> out;
    for (const config::Text& text : from) out.push_back(text.text);
    return out;
  };
  for (const config::Passthrough& pass : c.file.passthrough) {
    const auto request = c.request(pass.from);
    if (!request) continue;
    PassthroughPlan plan;
    plan.name = add_name(c, "passthrough[" + std::to_string(n++) + "]");
    plan.request = *request;
    plan.block = c.program.requests[*request].block;
    plan.keep = texts(pass.keep);
    plan.drop = texts(pass.drop);
    plan.label_drop = texts(pass.label_drop);
    for (const auto& [from, to] : pass.rename) plan.rename.emplace(from.text, to.text);
    for (const auto& [from, to] : pass.label_rename) plan.label_rename.emplace(from.text, to.text);
    plan.fold = pass.fold;
    c.program.requests[*request].needs_families = true;
    c.program.passthrough.push_back(std::move(plan));
  }
}

}  // namespace tallyman::map
