// The targets that run: which there are, on which loop, and how a new set of them takes the place of the old one.
// A target whose settings and collector are the same is not touched: it keeps its connection, its places in time and
// its counters. For one thread, that of the agent's control.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app_config.h"
#include "poll/poll_loop.h"
#include "store/self_metrics.h"
#include "store/store.h"

namespace tallyman {

class Fleet {
 public:
  struct Change {
    std::size_t added = 0, changed = 0, removed = 0, kept = 0;
  };

  Fleet(store::Store& store, store::SelfMetrics& self, transport::Resolver& resolver, int threads);

  // A changed target's last values stay until it has been polled anew, those of a removed one go at once.
  Change apply(std::vector<RunnableTarget> targets);
  void start();
  void stop();  // ends every poll, returns at once
  void join();

 private:
  struct Running {
    std::shared_ptr<const config::Target> target;
    std::size_t collector_hash = 0;
    std::size_t loop = 0;
  };
  void poll(RunnableTarget runnable, Change& change);
  std::size_t emptiest_loop() const;

  store::Store& store_;
  store::SelfMetrics& self_;
  std::vector<std::unique_ptr<poll::PollLoop>> loops_;
  std::vector<std::size_t> targets_of_loop_;
  std::map<std::string, Running> running_;
};

}  // namespace tallyman
