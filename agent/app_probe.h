// GET /probe: polls what a scraper asks for, once and now, within the allow-list; with a collector of ours, or a module
// of json_exporter's configuration, whose answers look as json_exporter's. On a loop and thread of its own, so that it
// delays no target; equal questions that come together are one poll. Knows no HTTP.
#pragma once
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app_config.h"
#include "poll/nursery.h"
#include "poll/target_poller.h"
#include "serve/server.h"

namespace tallyman {

class Prober {
 public:
  using Done = std::function<void(serve::Probed)>;

  explicit Prober(transport::Resolver& resolver);
  ~Prober();  // stop()

  // What holds for questions from now on. The thread begins with the first that allows any. Not after stop().
  void apply(const Runnable& runnable);
  // `done` is called once, here or on the prober's thread. On any thread.
  void ask(serve::ProbeQuestion question, Done done);
  // The names that may be asked for.
  void offer(serve::Configuration& to) const;
  void stop();  // every question is answered when it returns

 private:
  struct Plan {
    config::ProbeSettings settings;
    std::map<std::string, ProbeCollector> collectors;
    ProbeModules modules;
  };
  struct Running {
    std::vector<Done> waiting;
    std::function<void()> cancel;  // of what is in flight; null: nothing
  };
  struct Job {
    std::string key;
    std::shared_ptr<const Plan> plan;
    config::Target target;
    std::shared_ptr<const map::Collector> collector;
    const ProbeModule* module = nullptr;  // of the plan; null: a collector of ours
    std::string asked;                    // the target, as it was written
    transport::Clock::time_point deadline;
  };
  void take(Job job, Done done);
  Task<> run(std::shared_ptr<const Job> job);
  Task<serve::Probed> probed(std::shared_ptr<const Job> job);
  Task<serve::Probed> collected(std::shared_ptr<const Job> job);
  Task<serve::Probed> answered(std::shared_ptr<const Job> job);
  // Empty: it is in `refusal` why not.
  static std::optional<Job> job_of(const serve::ProbeQuestion& question, std::shared_ptr<const Plan> plan,
                                   serve::Probed& refusal);
  static std::optional<Job> collector_job(const std::string& name, const Plan& plan, serve::Probed& refusal);
  static std::optional<Job> module_job(const serve::ProbeQuestion& question, const Plan& plan, serve::Probed& refusal);

  Loop loop_{1};
  transport::TimerWheel wheel_{loop_};
  transport::Resolver& resolver_;
  std::shared_ptr<transport::Shared> shared_;
  poll::Nursery nursery_{loop_};
  std::map<std::string, std::shared_ptr<Running>> running_;  // on the loop only
  mutable std::mutex mutex_;                                 // of what is below
  std::shared_ptr<const Plan> plan_;
  bool stopped_ = false;
  boost::asio::executor_work_guard<Executor> work_;
  std::thread thread_;
};

}  // namespace tallyman
