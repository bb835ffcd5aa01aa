// A target seen from one loop: its connection, kept alive between polls, its credentials, its
// limits. One call at a time per Channel on the hot path; a second concurrent call opens a
// connection of its own. Schemes: http, https, unix, tcp, file, dummy.
//
// What speaks no HTTP (tcp://, unix:///) is asked on a connection of its own each time: `send` goes
// out, and the answer is what comes until it ends with `until`, or until the peer closes. Kept
// connections would save a handshake on loopback, and cost more than that: HAProxy closes after one
// answer, gearmand and beanstalkd do not, and what is left of an answer that came too late must not be
// read as the next one.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/endpoint.h"
#include "core/reply_headers.h"
#include "core/request.h"
#include "core/result.h"
#include "transport/resolver.h"
#include "transport/task.h"
#include "transport/timer_wheel.h"

namespace tallyman::transport {

using tallyman::Headers;
using tallyman::Request;

struct Reply {
  int status = 0;  // 0 where there is no HTTP
  ReplyHeaders headers;
  std::string body;  // chunks joined, gzip and deflate undone; at most the endpoint's body_limit
  std::size_t wire_bytes = 0;
  double arrived = 0;  // epoch seconds, when the last byte was read
  // Of a large body: the room it takes out of what the loop has for them. Held until it is parsed;
  // it belongs to the loop's thread and ends before the loop.
  std::shared_ptr<void> turn;
};

// Shared by the channels of one loop. `loops`: of how many, which share the memory for large bodies.
struct Shared;
std::shared_ptr<Shared> make_shared_state(Loop& loop, TimerWheel& wheel, Resolver& resolver, std::size_t loops = 1);

class Channel {
 public:
  Channel(std::shared_ptr<Shared> shared, Endpoint endpoint);
  ~Channel();  // closes
  Channel(const Channel&) = delete;

  // Every HTTP status is a Reply. GET follows at most 5 redirects; credentials and cookies stay with
  // their origin. One retry, only for GET and HEAD on a reused connection that was closed before a byte
  // came. Errors: resolve, connect, tls, auth (a secret that cannot be read), timeout, redirect,
  // read, limit, fds, cancelled. Each detail names the address and what was waited for.
  Task<Result<Reply>> fetch(std::shared_ptr<const Request> request, Clock::time_point deadline);
  Task<Result<Reply>> fetch(Request request, Clock::time_point deadline) {
    return fetch(std::make_shared<const Request>(std::move(request)), deadline);
  }

  // Of one whose place this takes: its credentials, where they are set alike. Secrets in files may be gone by now.
  void take_over(const Channel& predecessor);

  // Of the session's cookies. Secret: to take them out of what is shown.
  std::vector<std::string> cookie_values() const;
  // Secret: what the target's and its proxy's credentials last said; "" where they have said nothing.
  std::vector<std::string> secrets() const;

  // Ends what is in flight with Stage::cancelled; further fetches end so at once.
  void cancel();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tallyman::transport
