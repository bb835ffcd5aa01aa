// One thread, one io_context, its targets: all their connections, buffers and timers live here and
// nothing of it is shared. start(), stop() and join() are for the thread that owns the loop object.
#pragma once
#include <memory>
#include <thread>
#include <vector>

#include "poll/nursery.h"
#include "poll/target_poller.h"

namespace tallyman::poll {

class PollLoop {
 public:
  PollLoop(transport::Resolver& resolver, store::SelfMetrics& self, store::LoopFigures& figures);
  ~PollLoop();  // stop() and join()

  // Before start() only.
  void add(config::Target target, std::shared_ptr<const map::Collector> collector, std::shared_ptr<store::Slot> slot);
  void start();
  // Ends every sleep and every call in flight; returns at once.
  void stop();
  void join();

 private:
  Task<> heartbeat();

  Loop loop_{1};
  transport::TimerWheel wheel_{loop_};
  store::LoopFigures& figures_;
  LoopContext context_;
  Nursery nursery_{loop_};
  std::vector<std::unique_ptr<TargetPoller>> pollers_;
  std::thread thread_;
  bool stopping_ = false;
};

}  // namespace tallyman::poll
