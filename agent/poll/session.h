// The session of one target whose collector has `login`: logs in before the first request and once
// more per poll when an answer says that there is no session; calls in flight at once share one
// login. Puts the token where requests want it; cookies are the channel's. Knows no schedule; what
// a login asks and which answers end it are the collector's. Without `login` it only passes on.
#pragma once
#include <boost/asio/basic_waitable_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "config/agent_config.h"
#include "poll/gather.h"

namespace tallyman::poll {

class Session {
 public:
  // `ask` sends one request to the target.
  Session(Loop& loop, std::shared_ptr<const map::Collector> collector, const config::Target& target, Fetch ask);
  Session(const Session&) = delete;

  // A new poll, which ends by `deadline`: one login may be made in it.
  void begin_poll(Clock::time_point deadline);
  // As of the channel, and: auth when the login is refused, or an answer asks for one although there
  // was. `by` holds for the request; a login has a time of its own.
  Task<Result<transport::Reply>> fetch(std::shared_ptr<const Request> request, Clock::time_point by);
  // Why the login of this poll failed. It fails the poll, whatever else is optional: a login that is
  // refused must back off, or the account is locked.
  const std::optional<Error>& failure() const { return failure_; }
  const std::string& token() const { return token_; }                         // secret; "" if there is none
  std::string password() const { return password_.value_or(std::string()); }  // likewise
  // The password that one of the same settings knows, for the case that it cannot be read.
  void take_over(const Session& predecessor);

  // Whether the collector logs in to this target; then user and password are for the login alone.
  static bool logs_in(const map::Collector& collector, const config::Target& target);

 private:
  Task<Result<transport::Reply>> fetch_within(std::shared_ptr<const Request> request, Clock::time_point by);
  Task<Result<transport::Reply>> fetch_anonymous(std::shared_ptr<const Request> request, Clock::time_point by);
  Task<Result<>> log_in();
  Task<Result<>> begin();
  Result<> read_password();
  std::shared_ptr<const Request> with_token(std::shared_ptr<const Request> request) const;
  Error without_secrets(Error e) const;

  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
  const std::shared_ptr<const map::Collector> collector_;
  const AuthSettings auth_;
  const Nanoseconds timeout_;
  const bool active_;
  const Fetch ask_;
  Timer ended_;  // cancelled when a login has ended
  Clock::time_point poll_ends_{};
  bool logged_in_ = false;
  bool busy_ = false;         // a login is in flight
  bool attempted_ = false;    // in this poll
  std::uint64_t number_ = 0;  // of the session
  std::optional<Error> failure_;
  std::optional<std::string> password_;  // as last read; none before
  bool stale_ = false;                   // its file could not be used since; said once
  std::string token_;                    // as last used
};

}  // namespace tallyman::poll
