#include "app_probe.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "importer/answer_text.h"
#include "poll/single_poll.h"

namespace tallyman {
namespace {

using transport::Clock;

serve::Probed refused(int status, std::string text) { return {status, std::move(text) + "\n", {}, {}}; }

// In the words of json_exporter.
serve::Probed not_fetched(const std::string& target, const Error& why) {
  return refused(503,
                 "Failed to fetch JSON response. TARGET: " + one_line(target) + ", ERROR: " + one_line(why.detail));
}

}  // namespace

Prober::Prober(transport::Resolver& resolver)
    : resolver_(resolver),
      shared_(transport::make_shared_state(loop_, wheel_, resolver)),
      work_(loop_.get_executor()) {}

Prober::~Prober() { stop(); }

void Prober::apply(const Runnable& runnable) {
  std::shared_ptr<const Plan> plan;
  if (runnable.agent.probe)
    plan = std::make_shared<const Plan>(Plan{*runnable.agent.probe, runnable.probes, runnable.modules});
  const std::lock_guard lock(mutex_);
  plan_ = std::move(plan);
  if (!plan_ || thread_.joinable()) return;
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "probe");
    loop_.run();
  });
}

void Prober::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    if (!thread_.joinable()) return;
    boost::asio::post(loop_, [this] {
      wheel_.stop();
      for (const auto& [key, running] : running_)
        if (running->cancel) running->cancel();
      work_.reset();
    });
  }
  thread_.join();
}

void Prober::offer(serve::Configuration& to) const {
  const std::lock_guard lock(mutex_);
  if (!plan_) return;
  for (const auto& [name, one] : plan_->collectors) to.probe_collectors.push_back(name);
  for (const auto& [name, one] : plan_->modules.known) to.probe_modules.push_back(name);
}

std::optional<Prober::Job> Prober::collector_job(const std::string& name, const Plan& plan, serve::Probed& refusal) {
  const auto collector = plan.collectors.find(name);
  if (collector == plan.collectors.end()) {
    std::vector<std::string> names;
    for (const auto& [known, one] : plan.collectors) names.push_back(known);
    const std::string near = nearest(name, names);
    refusal = refused(400, "`" + one_line(name) + "` is not in `collectors` of `probe`" +
                               (near.empty() ? "" : "; did you mean `" + near + "`?"));
    return std::nullopt;
  }
  Job job;
  job.target.collector.text = name;
  job.target.limits = collector->second.limits;
  job.target.endpoint.body_limit = job.target.limits.body_bytes;
  job.target.endpoint.tls = plan.settings.tls;
  job.collector = collector->second.collector;
  return job;
}

// As json_exporter: the module is looked at before the target.
std::optional<Prober::Job> Prober::module_job(const serve::ProbeQuestion& question, const Plan& plan,
                                              serve::Probed& refusal) {
  const auto& [known, left_out] = plan.modules;
  const auto module = known.find(question.module);
  if (const auto why = left_out.find(question.module); why != left_out.end()) {
    refusal = refused(400, "module \"" + one_line(question.module) + "\" was left out: " + why->second);
  } else if (known.empty() && left_out.empty()) {
    refusal = refused(400, std::string(question.target.empty() ? "Target" : "Collector") +
                               " parameter is missing: /probe?target=URL&collector=NAME");
  } else if (module == known.end()) {
    refusal = refused(400, "Unknown module \"" + one_line(question.module) + "\"");
  } else {
    Job job;
    job.target = module->second.target;
    job.collector = module->second.collector;
    job.module = &module->second;
    return job;
  }
  return std::nullopt;
}

std::optional<Prober::Job> Prober::job_of(const serve::ProbeQuestion& question, std::shared_ptr<const Plan> plan,
                                          serve::Probed& refusal) {
  if (!plan) {
    refusal = refused(403, "nothing may be probed: there is no `probe` in targets.yaml");
    return std::nullopt;
  }
  std::optional<Job> job = question.collector.empty() ? module_job(question, *plan, refusal)
                                                      : collector_job(question.collector, *plan, refusal);
  if (!job) return std::nullopt;
  job->asked = question.target;
  if (question.target.empty()) {
    refusal = refused(400, job->module ? "Target parameter is missing"
                                       : "Target parameter is missing: /probe?target=URL&collector=NAME");
    return std::nullopt;
  }
  Result<Url> url = parse_url(question.target);
  if (!url) {
    refusal = job->module ? not_fetched(question.target, url.error())
                          : refused(400, "target: " + one_line(url.error().detail));
    return std::nullopt;
  }
  if (const std::string why = plan->settings.reach->refuses(*url); !why.empty()) {
    refusal = refused(403, "this target may not be probed: " + why);
    return std::nullopt;
  }
  job->target.name.text = url->authority();
  job->target.endpoint.reach = plan->settings.reach;
  if (job->target.endpoint.auth.kind == AuthSettings::Kind::none)
    for (const auto& [host, auth] : plan->settings.auth)
      if (host == compared_host(url->host)) job->target.endpoint.auth = auth;
  job->target.interval = job->target.timeout = question.within;
  const auto whole = question.within / std::chrono::milliseconds(1);
  // After a reload a question is another one: what it may ask may have changed.
  job->key = std::to_string(reinterpret_cast<std::uintptr_t>(plan.get())) + (job->module ? " m " : " c ") +
             (job->module ? question.module : question.collector) + " " + std::to_string(whole) + " " + url->text() +
             "?" + url->query;
  job->target.endpoint.url = std::move(*url);
  job->deadline = Clock::now() + question.within;
  job->plan = std::move(plan);
  return job;
}

void Prober::ask(serve::ProbeQuestion question, Done done) {
  serve::Probed refusal;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      refusal = refused(503, "the agent stops");
    } else if (auto job = job_of(question, plan_, refusal)) {
      boost::asio::post(loop_, [this, job = std::move(*job), done = std::move(done)]() mutable {
        take(std::move(job), std::move(done));
      });
      return;
    }
  }
  done(std::move(refusal));
}

void Prober::take(Job job, Done done) {
  if (wheel_.stopped()) return done(refused(503, "the agent stops"));
  if (const auto same = running_.find(job.key); same != running_.end()) {
    same->second->waiting.push_back(std::move(done));
    return;
  }
  if (running_.size() >= static_cast<std::size_t>(job.plan->settings.max))
    return done(refused(503, "already " + std::to_string(running_.size()) + " probes at work (`max`); try again"));
  const auto running = std::make_shared<Running>();
  running->waiting.push_back(std::move(done));
  running_[job.key] = running;
  nursery_.spawn(run(std::make_shared<const Job>(std::move(job))));
}

Task<> Prober::run(std::shared_ptr<const Job> job) {
  const serve::Probed answer = co_await probed(job);
  const auto at = running_.find(job->key);
  const std::shared_ptr<Running> running = at->second;
  running_.erase(at);
  for (const Done& done : running->waiting) done(answer);
}

Task<serve::Probed> Prober::probed(std::shared_ptr<const Job> job) {
  // Here for a clear answer; what counts is what the connection is made to, which is looked at again there.
  const std::string host = job->target.endpoint.url.host;
  const auto found = co_await resolver_.resolve(host, job->deadline, wheel_);
  if (wheel_.stopped()) co_return refused(503, "the agent stops");
  if (found) {
    const Reach& reach = *job->plan->settings.reach;
    const bool any = std::any_of(found->begin(), found->end(),
                                 [&](const auto& address) { return reach.allows_address(address.to_string()); });
    if (!any) co_return refused(403, "this target may not be probed: its name has no address in `networks`");
  }
  serve::Probed out;
  if (job->module)
    out = co_await answered(job);
  else
    out = co_await collected(job);
  running_.at(job->key)->cancel = nullptr;
  if (wheel_.stopped()) co_return refused(503, "the agent stops");
  co_return out;
}

Task<serve::Probed> Prober::collected(std::shared_ptr<const Job> job) {
  // Figures and counters of its own: a probe is no target, and they end with it.
  store::SelfMetrics self(TALLYMAN_VERSION);
  const auto slot = std::make_shared<store::Slot>(job->target.name.text);
  poll::LoopContext context{loop_, wheel_, resolver_, shared_, self.loop(0), self, false};
  const auto poller = std::make_shared<poll::TargetPoller>(context, std::make_shared<const config::Target>(job->target),
                                                           job->collector, slot);
  running_.at(job->key)->cancel = [poller] { poller->cancel(); };
  const Nanoseconds left = std::max<Nanoseconds>(job->deadline - Clock::now(), std::chrono::milliseconds(1));
  const Result<> polled = co_await poller->poll_once(left);
  running_.at(job->key)->cancel = nullptr;  // before what the poller counts in
  serve::Probed out;
  if (auto snapshot = slot->pin()) out.snapshots.push_back(std::move(snapshot));
  if (out.snapshots.empty()) out = refused(503, polled ? "the poll gave nothing" : one_line(polled.error().detail));
  co_return out;
}

Task<serve::Probed> Prober::answered(std::shared_ptr<const Job> job) {
  const auto poll =
      std::make_shared<poll::SinglePoll>(shared_, std::make_shared<const config::Target>(job->target), job->collector);
  running_.at(job->key)->cancel = [poll] { poll->cancel(); };
  const Result<map::Output> mapped = co_await poll->run(loop_, job->deadline);
  if (!mapped) co_return not_fetched(job->asked, mapped.error());
  serve::Probed out;
  out.exposition = importer::answer_text(mapped->blocks.front().batch, job->module->shown);
  co_return out;
}

}  // namespace tallyman
