// One poll of what is no target: asks a collector's requests once and maps what came. For probes that show the samples
// in another form than a target does; knows no store, no schedule and no login.
#pragma once
#include <memory>

#include "config/agent_config.h"
#include "map/collector.h"
#include "poll/gather.h"
#include "transport/channel.h"

namespace tallyman::poll {

class SinglePoll {
 public:
  SinglePoll(std::shared_ptr<transport::Shared> shared, std::shared_ptr<const config::Target> target,
             std::shared_ptr<const map::Collector> collector);

  // Once. Ends by `deadline`, or early with Stage::cancelled when cancel() is called.
  Task<Result<map::Output>> run(Loop& loop, Clock::time_point deadline);
  void cancel();

 private:
  const std::shared_ptr<const config::Target> target_;
  const std::shared_ptr<const map::Collector> collector_;
  transport::Channel channel_;
  Gatherer gatherer_;
  std::vector<Kept> kept_;
  bool cancelled_ = false;
};

}  // namespace tallyman::poll
