// Targets that are polled again as soon as their last poll has ended: more than a configuration may ask for, and what
// "polls per CPU second" of a busy agent means. It is the agent's poll loop with its schedule, timers, connections,
// mapping and store, on one thread, without the server. `./dev bench poll` runs it.
//
//   bench_saturated URL TARGETS
//
// Polls until its input ends, which whoever measures it decides. Then says how many targets were up, how many polls had
// failed, and writes the lines of the last target.
#include <cstdio>

#include "eight.h"
#include "poll/poll_loop.h"

using namespace tallyman;
using bench::must;

namespace {

std::shared_ptr<const config::Target> target(const std::string& name, const std::string& url) {
  auto out = std::make_shared<config::Target>();
  out->name.text = name;
  out->collector.text = "eight";
  out->endpoint.url = parse_url(url).value();
  out->interval = std::chrono::milliseconds(1);
  out->timeout = std::chrono::seconds(10);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t targets = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
  must(targets > 0, "usage");
  transport::Resolver resolver;
  store::SelfMetrics self("0");
  store::Store all;
  std::uint64_t failed = 0;
  {
    poll::PollLoop loop(resolver, self, self.loop(0));
    const auto compiled = bench::eight();
    for (std::size_t t = 0; t < targets; ++t) {
      const std::string name = "t" + std::to_string(10'000 + t).substr(1);
      loop.add({target(name, argv[1]), compiled, all.add(name)});
    }
    loop.start();
    while (std::getchar() != EOF) {
    }
    failed = self.loop(0).failed;
  }
  std::size_t up = 0;
  for (const auto& slot : all.slots()) up += slot->health().up;
  std::printf("%zu up, %llu failed\n", up, static_cast<unsigned long long>(failed));
  for (const auto& block : all.slots().back()->pin()->blocks) std::fputs(block->text.c_str(), stdout);
}
