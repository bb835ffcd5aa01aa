#include "poll/single_poll.h"

namespace tallyman::poll {

SinglePoll::SinglePoll(std::shared_ptr<transport::Shared> shared, std::shared_ptr<const config::Target> target,
                       std::shared_ptr<const map::Collector> collector)
    : target_(std::move(target)),
      collector_(std::move(collector)),
      channel_(std::move(shared), target_->endpoint),
      gatherer_(collector_,
                [this](std::shared_ptr<const Request> request, Clock::time_point by) {
                  return channel_.fetch(std::move(request), by);
                },
                {.timeout = target_->timeout,
                 .pages = target_->limits.pages,
                 .follow_ups = target_->limits.follow_ups,
                 .memory = target_->limits.memory()}) {}

void SinglePoll::cancel() {
  cancelled_ = true;
  channel_.cancel();
}

Task<Result<map::Output>> SinglePoll::run(Loop& loop, Clock::time_point deadline) {
  Gathered gathered = co_await gatherer_.gather(loop, Clock::now(), deadline, kept_);
  if (cancelled_) co_return error(Stage::cancelled, "the agent stops or reloads");
  if (gathered.failed) co_return *gathered.failed;
  Result<map::Output> mapped = collector_->map(gathered.answers);
  co_return mapped;
}

}  // namespace tallyman::poll
