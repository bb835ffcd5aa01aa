// Names to addresses, off the poll path: c-ares on a thread of its own, answers kept for their
// time to live, expired answers served while a refresh runs. When a refresh fails because no
// server answers, the last answer stays in use (RFC 8767); when a server says that the name has
// no address, it goes. Numeric addresses and localhost need no lookup. Thread-safe.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "transport/task.h"
#include "transport/timer_wheel.h"

namespace tallyman::transport {

class Resolver {
 public:
  struct Options {
    std::chrono::seconds min_ttl{5}, max_ttl{300}, negative_ttl{5};
    std::string servers;  // for tests: "127.0.0.1:5353"; "" = the system's
  };
  Resolver() : Resolver(Options()) {}
  explicit Resolver(Options options);
  ~Resolver();  // ends the thread, within 1 s

  // Starts a lookup at load, so that the first poll finds it done.
  void prefetch(const std::string& host);

  // Addresses, not empty, in the order to be tried. From the cache at once, else waits until the
  // lookup ends or the deadline. Errors: Stage::resolve (with the name and the reason),
  // Stage::timeout, Stage::cancelled.
  Task<Result<std::vector<boost::asio::ip::address>>> resolve(std::string host, Clock::time_point deadline,
                                                              TimerWheel& wheel);

  // The same with a wait of the caller's, who may end it with Why::cancelled.
  Task<Result<std::vector<boost::asio::ip::address>>> resolve(std::string host, Clock::time_point deadline,
                                                              TimerWheel& wheel, std::shared_ptr<OneShot> wait);

  // What is known now, without waiting: used after a poll to see whether a kept connection's
  // address is still an answer; starts a refresh when the answer expired. Empty: nothing known.
  std::vector<boost::asio::ip::address> known(const std::string& host) const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tallyman::transport
