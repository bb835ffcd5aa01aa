// A loop with all that a channel needs, and a way to run one task on it: bounded, whatever it does.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

#include "shown.h"
#include "transport/channel.h"

namespace tallyman::test {

using namespace std::chrono_literals;
using transport::Clock;

class Rig {
 public:
  Rig() : Rig(transport::Resolver::Options()) {}
  explicit Rig(transport::Resolver::Options options)
      : resolver(std::move(options)), shared(transport::make_shared_state(loop, wheel, resolver)) {}

  transport::Channel channel(const std::string& url) {
    Endpoint endpoint;
    endpoint.url = parse_url(url).value();
    return transport::Channel(shared, std::move(endpoint));
  }

  // Runs the loop until the task ends; throws after 10 s.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure, T value) {
      if (failure) std::rethrow_exception(failure);
      out.emplace(std::move(value));
    });
    run_until([&] { return out.has_value(); });
    return std::move(*out);
  }

  template <class Done>
  void run_until(Done done) {
    const Clock::time_point end = Clock::now() + 10s;
    loop.restart();
    while (!done()) {
      if (Clock::now() > end) throw std::runtime_error("the task did not end within 10 s");
      loop.run_one_for(100ms);
      if (loop.stopped()) loop.restart();
    }
  }

  Result<transport::Reply> get(transport::Channel& channel, const std::string& path = "",
                               std::chrono::milliseconds timeout = 5s) {
    transport::Request request;
    request.path = path;
    return run(channel.fetch(std::move(request), Clock::now() + timeout));
  }

  Loop loop{1};
  transport::TimerWheel wheel{loop};
  transport::Resolver resolver;
  std::shared_ptr<transport::Shared> shared;
};

}  // namespace tallyman::test
