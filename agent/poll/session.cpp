#include "poll/session.h"

#include <algorithm>
#include <utility>

#include "core/log.h"
#include "core/url.h"
#include "transport/credentials.h"

namespace tallyman::poll {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

}  // namespace

bool Session::logs_in(const map::Collector& collector, const config::Target& target) {
  const map::LoginInfo* login = collector.login();
  if (!login || !target.endpoint.url.is_http()) return false;
  return !login->uses_auth || target.endpoint.auth.kind == AuthSettings::Kind::basic;
}

Session::Session(Loop& loop, std::shared_ptr<const map::Collector> collector, const config::Target& target, Fetch ask)
    : collector_(std::move(collector)),
      auth_(target.endpoint.auth),
      timeout_(target.timeout),
      active_(logs_in(*collector_, target)),
      ask_(std::move(ask)),
      ended_(loop, Clock::time_point::max()) {}

void Session::begin_poll(Clock::time_point deadline) {
  poll_ends_ = deadline;
  attempted_ = false;
  failure_.reset();
}

Task<Result<transport::Reply>> Session::fetch(std::shared_ptr<const Request> request, Clock::time_point by) {
  if (active_) return fetch_within(std::move(request), by);
  if (collector_->login()) return fetch_anonymous(std::move(request), by);
  return ask_(std::move(request), by);
}

// A hub that could be asked without a login, and wants one.
Task<Result<transport::Reply>> Session::fetch_anonymous(std::shared_ptr<const Request> request, Clock::time_point by) {
  Result<transport::Reply> reply = co_await ask_(std::move(request), by);
  if (!reply || reply->status == 401 || reply->status == 403) co_return reply;  // the status is read as ever
  const std::optional<Error> lost = collector_->session_lost(reply->status, reply->body);
  if (!lost) co_return reply;
  co_return error(Stage::auth, lost->detail + "; the target has no user and password under `auth: { basic: .. }`");
}

Task<Result<transport::Reply>> Session::fetch_within(std::shared_ptr<const Request> request, Clock::time_point by) {
  const Nanoseconds patience = by - Clock::now();
  bool renewed = false;
  for (;;) {
    if (!logged_in_ || busy_) {
      const Result<> in = co_await log_in();
      if (!in) co_return in.error();
      by = std::min(poll_ends_, Clock::now() + patience);
    }
    const std::uint64_t number = number_;
    Result<transport::Reply> reply = co_await ask_(with_token(request), by);
    if (!reply) co_return without_secrets(reply.error());
    const std::optional<Error> lost = collector_->session_lost(reply->status, reply->body);
    if (!lost) co_return reply;
    const bool is_current = number == number_ && !busy_;
    if (failure_) co_return *failure_;
    // A session that begins in this poll is not begun again, and none is waited for twice.
    if (renewed || (is_current && attempted_))
      co_return without_secrets(error(
          Stage::auth, lost->detail + " although it accepted the login; the user may lack the right to ask this"));
    if (is_current) logged_in_ = false;
    renewed = true;
  }
}

Task<Result<>> Session::log_in() {
  while (busy_) {
    const auto [ec] = co_await ended_.async_wait(resumed);
    (void)ec;  // only the end of the login ends this wait
  }
  if (failure_) co_return *failure_;
  if (logged_in_) co_return Result<>();
  busy_ = attempted_ = true;
  const Result<> begun = co_await begin();
  busy_ = false;
  if (begun) {
    logged_in_ = true;
    ++number_;
  } else {
    failure_ = without_secrets(begun.error());
  }
  ended_.cancel();
  if (failure_) co_return *failure_;
  co_return Result<>();
}

// Anew at each login: a file that was rotated counts. One that is gone or being written says nothing of the value it
// had, as with credentials that need no login.
Result<> Session::read_password() {
  Result<std::string> secret = transport::read_secret(auth_.secret);
  const bool is_file = auth_.secret.source() == Secret::Source::file;
  if (secret && secret->empty() && is_file)
    secret = error(Stage::auth, "the secret " + auth_.secret.shown() + " is empty");
  if (!secret) {
    if (!password_) return secret.error();
    if (!std::exchange(stale_, true))
      log::warn("a secret cannot be read again; its last value is used", {{"reason", secret.error().detail}});
    return {};
  }
  if (std::exchange(stale_, false)) log::info("a secret can be read again", {{"secret", auth_.secret.shown()}});
  password_ = std::move(*secret);
  return {};
}

void Session::take_over(const Session& predecessor) {
  if (!(auth_ == predecessor.auth_)) return;
  password_ = predecessor.password_;
  stale_ = predecessor.stale_;
}

Task<Result<>> Session::begin() {
  const map::LoginInfo& login = *collector_->login();
  if (login.uses_auth) {
    const Result<> read = read_password();
    if (!read) co_return read.error();
  }
  Result<map::Call> call = collector_->login_call(auth_.name, password());
  if (!call) co_return call.error();
  Request request = std::move(*call);
  request.new_session = true;
  request.follow = login.follow;
  token_.clear();
  const Clock::time_point by = std::min(poll_ends_, Clock::now() + login.timeout.value_or(timeout_));
  Result<transport::Reply> reply = co_await ask_(std::make_shared<const Request>(std::move(request)), by);
  if (!reply) {
    Error failed = reply.error();
    failed.detail = "the login: " + failed.detail;
    co_return failed;
  }
  map::Raw raw{reply->status, std::move(reply->headers), std::move(reply->body), reply->arrived};
  Result<std::string> token = collector_->read_login(std::move(raw));
  if (!token) co_return token.error();
  token_ = std::move(*token);
  co_return Result<>();
}

std::shared_ptr<const Request> Session::with_token(std::shared_ptr<const Request> request) const {
  if (token_.empty()) return request;
  const std::string_view place(&map::token_place, 1);
  Request asked = *request;
  replace_all(asked.path, place, percent_encode(token_));
  for (auto& [name, value] : asked.headers) replace_all(value, place, token_);
  return std::make_shared<const Request>(std::move(asked));
}

// A service may repeat in its own words what it was sent.
Error Session::without_secrets(Error e) const {
  replace_all(e.detail, password(), "[password]");
  replace_all(e.detail, token_, "[token]");
  return e;
}

}  // namespace tallyman::poll
