// One thread, one io_context, its targets: all their connections, buffers and timers live here and
// nothing of it is shared. Targets come and go while it runs. All calls are for the thread that owns the loop object.
#pragma once
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "poll/nursery.h"
#include "poll/target_poller.h"

namespace tallyman::poll {

struct PolledTarget {
  std::shared_ptr<const config::Target> target;
  std::shared_ptr<const map::Collector> collector;
  std::shared_ptr<store::Slot> slot;
  // Of one that takes the place of another of its name: it asks the same about the same workers, so that those
  // known before are missed if they are gone.
  bool same_workers = false;
};

class PollLoop {
 public:
  // `loops`: how many there are, which share the memory for large bodies.
  PollLoop(transport::Resolver& resolver, store::SelfMetrics& self, store::LoopFigures& figures, std::size_t loops = 1);
  ~PollLoop();  // stop() and join()

  // One of that name ends, and what it showed last is shown until the new one has polled.
  void add(PolledTarget polled);
  // A poll that is being read now ends first; after that the target's rule counters are forgotten.
  void remove(const std::string& target);
  void start();
  // Ends every sleep and every call in flight; returns at once.
  void stop();
  void join();

 private:
  Task<> heartbeat();
  void take(PolledTarget polled);

  Loop loop_{1};
  transport::TimerWheel wheel_{loop_};
  store::LoopFigures& figures_;
  LoopContext context_;
  Nursery nursery_{loop_};
  std::unordered_map<std::string, std::shared_ptr<TargetPoller>> pollers_;  // by the target's name
  std::thread thread_;
  bool stopping_ = false;
};

}  // namespace tallyman::poll
