// One poll's answers through all rules of a program. A Mapper lives for one call; what it works
// in is a Scratch, which keeps its memory for the thread's next poll.
//
// Blocks: each rule writes into the block of its request. A worker's own values go there too;
// what follows from several of them (state, ready ...) goes into the worker's home, which is
// block 0 unless only another block names the worker. What is folded from the answers of requests
// that may fail apart goes into a block of these, and is left out when one of them was lost.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "map/entities.h"
#include "map/evaluate.h"
#include "map/program.h"
#include "map/sink.h"
#include "map/worker_state.h"

namespace tallyman::map {

struct WorkerRow {
  std::string_view host, version, pool;
  std::optional<WorkerState> said;  // the word the file said
  std::uint16_t home = 0;
  std::uint64_t item = 0;
  bool has_stale = false, has_seen = false;
  double stale_after = 0;
  double arrived = 0;  // of the answer that gave last_seen
  Derived derived;
};

struct Scratch {
  Evaluator evaluator;
  Entities workers, queues;
  std::vector<WorkerRow> worker_rows;
  std::vector<BlockSink> sinks;
  std::vector<RuleCounter> counters;
  LabelText label, body, more;  // being written
  struct Bucket {
    double le;
    Number count;
  };
  std::vector<Bucket> buckets;
};

class Explainer;

class Mapper {
 public:
  // `explainer`: is told what becomes of each rule, if there is one.
  Mapper(const Program& program, const Collector::Answers& answers, const Collector::Lost& lost, Scratch& scratch,
         Explainer* explainer = nullptr);
  Result<Output> run();

 private:
  // mapper.cpp
  void fill_tables();
  void run_rule(const RulePlan& rule);
  bool list_is_absent(const RequestPlan& follow_up);
  bool run_item(const RulePlan& rule);
  void check_visits(std::uint32_t rule);
  bool explain_item(const RulePlan& rule);
  std::size_t samples_so_far() const;
  void service_item(const RulePlan& rule);
  bool over_limit(const RulePlan& rule);
  bool over_text(BlockSink& out, std::size_t more = 0);
  void pend(std::size_t samples);
  void count_mended();
  bool identity(const RulePlan& rule);
  // Appends name="value" to `out`, cut at the limit of label values.
  void append_limited(LabelText& out, std::string_view name, std::string_view value);
  void append(LabelText& out, const LabelPlan& label, std::string_view value);
  BlockSink& sink(std::uint32_t block) { return s_.sinks[block]; }
  // Values of such a block are not to be given: of what they are folded from a part is not known.
  bool closed(std::uint32_t block) const { return any_closed_ && closed_[block]; }
  void finish_counts(Output& out) const;

  // metrics.cpp; `row` is of the workers or queues, none for a service rule
  void metrics(const RulePlan& rule, Entities* rows, std::uint32_t row);
  bool rule_labels(const RulePlan& rule);
  void state_set(const RulePlan& rule, const MetricPlan& metric);
  void info(const RulePlan& rule, const MetricPlan& metric);
  void histogram(const RulePlan& rule, const MetricPlan& metric);

  // workers.cpp
  std::uint32_t worker_item(const RulePlan& rule);
  void emit_workers(Output& out);
  void derive_workers();
  std::uint32_t info_set(std::uint32_t row, std::uint32_t block);
  void emit_worker_states();
  void count_workers(Output& out);

  // queues.cpp
  std::uint32_t queue_item(const RulePlan& rule);
  void emit_queues();

  // flatten.cpp
  void flatten(const RulePlan& rule);
  void flatten_node(const RulePlan& rule, decode::Node node, std::string& name, std::string& path, std::size_t& made);

  // passthrough.cpp
  void pass_through(const PassthroughPlan& plan);
  void pass_family(const PassthroughPlan& plan, const decode::PromFamily& source);

  const Program& p_;
  const Collector::Answers& answers_;
  const Collector::Lost& lost_;
  Scratch& s_;
  Evaluator& e_;
  Explainer* const explainer_;
  std::vector<Block> blocks_;
  std::vector<bool> closed_;  // by block
  bool any_closed_ = false;
  bool no_worker_list_ = false;
  std::vector<RuleFound> found_;
  std::optional<Error> failure_;
  // Of workers and queues that are read but not yet written, at least.
  std::size_t pending_samples_ = 0, pending_text_ = 0;
};

// Families of the vocabulary stand at the front of Program::families, in this order.
namespace family_id {
inline constexpr std::uint32_t workers = 0;
inline constexpr std::uint32_t queues = workers + worker_keys;
inline constexpr std::uint32_t service = queues + queue_keys;
inline constexpr std::uint32_t worker_info = service + service_keys;
inline constexpr std::uint32_t worker_state = worker_info + 1;
inline constexpr std::uint32_t worker_count = worker_info + 2;
inline constexpr std::uint32_t queue_tasks = worker_info + 3;
inline constexpr std::uint32_t service_tasks = worker_info + 4;
inline constexpr std::uint32_t target_info = worker_info + 5;
inline constexpr std::uint32_t count = worker_info + 6;
}  // namespace family_id

}  // namespace tallyman::map
