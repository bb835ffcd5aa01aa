#include "map/collector.h"

#include <algorithm>

#include "map/compile.h"
#include "map/explainer.h"
#include "map/login.h"
#include "map/mapper.h"
#include "map/requests.h"

namespace tallyman::map {
namespace {

// A program has all words of the vocabulary; a rule gives those of its kind.
bool gives(const Program& program, const std::string& family) {
  const auto any = [&](auto&& is) { return std::any_of(program.rules.begin(), program.rules.end(), is); };
  if (family == "tally_workers")
    return program.has_workers || any([](const RulePlan& rule) { return !rule.workers.empty(); });
  if (family.starts_with("tally_worker_")) return program.has_workers;
  using Kind = config::Rule::Kind;
  const Kind kind = family.starts_with("tally_queue_") ? Kind::queues : Kind::service;
  return !family.starts_with("tally_") || any([&](const RulePlan& rule) { return rule.kind == kind; });
}

class Compiled : public Collector {
 public:
  Program program;

  const std::string& name() const override { return program.name; }
  const std::string& system() const override { return program.system; }
  const std::vector<RequestInfo>& requests() const override { return program.infos; }
  const std::vector<std::size_t>& order() const override { return program.order; }
  const std::vector<std::string>& rule_names() const override { return program.rule_names; }
  const std::shared_ptr<const Call>& only_call() const override { return only_call_; }
  std::optional<std::vector<std::string>> families() const override {
    if (program.names_from_answers) return std::nullopt;
    std::vector<std::string> out;
    for (const Family& family : program.families)
      if (gives(program, family.name)) out.push_back(family.name);
    return out;
  }

  Result<std::vector<Call>> calls(std::size_t request, const Answers& answers) const override {
    return make_calls(program, request, answers);
  }
  Result<std::optional<Answer>> read(std::size_t request, const Call& call, Raw raw) const override {
    return read_reply(program, request, call, std::move(raw));
  }
  Result<std::optional<Call>> next_page(std::size_t request, const Call& call, const Answer& answer) const override {
    return make_next_page(program, request, call, answer);
  }
  Result<Joined> read_joined(std::size_t request, const Call& call, Raw raw) const override {
    return read_joined_reply(program, request, call, std::move(raw));
  }
  const LoginInfo* login() const override { return program.login ? &program.login->info : nullptr; }
  Result<Call> login_call(const std::string& user, const std::string& password) const override {
    return make_login(program, user, password);
  }
  Result<std::string> read_login(Raw raw) const override { return read_login_reply(program, std::move(raw)); }
  std::optional<Error> session_lost(int status, std::string_view body) const override {
    return map::session_lost(program, status, body);
  }
  Result<Output> map(const Answers& answers, const Lost& lost) const override {
    thread_local Scratch scratch;  // one per loop, for all its targets
    Result<Output> mapped = Mapper(program, answers, lost, scratch).run();
    // What a large target needs is not kept for the small ones, nor while it is laid out.
    constexpr std::size_t large = 20'000;
    if (!mapped || mapped->samples > large || mapped->text > (2u << 20)) scratch = Scratch();
    return mapped;
  }
  Result<Output> explain(const Answers& answers, const Lost& lost, const Ticks& nanoseconds,
                         Explanation& out) const override {
    Scratch scratch;  // seldom asked for: what it takes is not kept
    Explainer explainer(program, nanoseconds, out);
    return Mapper(program, answers, lost, scratch, &explainer).run();
  }

  // Once the program is whole.
  void find_only_call() {
    if (!program.body_only) return;
    const Result<std::vector<Call>> calls = make_calls(program, 0, {});
    if (calls && calls->size() == 1) only_call_ = std::make_shared<const Call>(calls->front());
  }

 private:
  std::shared_ptr<const Call> only_call_;
};

}  // namespace

std::string_view to_string(Reason reason) {
  static constexpr std::string_view names[] = {"type",  "map",  "duplicate", "limit",
                                               "range", "utf8", "missing",   "skipped"};
  return names[static_cast<std::size_t>(reason)];
}

std::size_t Answer::bytes() const {
  std::size_t out = sizeof(Answer);
  if (document) out += sizeof(decode::Document) + document->bytes();
  if (families) out += families->bytes;
  return out + headers.bytes();
}

bool Collector::ask_alone(const Error& error) {
  switch (error.stage) {
    case Stage::refused:
    case Stage::decode:
    case Stage::limit:
      return true;
    case Stage::status:
      return !error.retry_after;
    default:
      return false;
  }
}

std::shared_ptr<const Collector> Collector::compile(const config::CollectorFile& file, const config::Target* target,
                                                    Diagnostics& out) {
  auto collector = std::make_shared<Compiled>();
  if (!compile_program(file, target, out, collector->program)) return nullptr;
  collector->find_only_call();
  return collector;
}

}  // namespace tallyman::map
