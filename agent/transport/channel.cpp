// The policy of a fetch: which connection, which credentials, redirects, the one retry. The
// bytes are exchange.cpp's, the way there is connect.cpp's.
#include "transport/channel.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "core/wall_clock.h"
#include "transport/call.h"
#include "transport/connect.h"
#include "transport/cookie_jar.h"
#include "transport/credentials.h"
#include "transport/dummy_source.h"
#include "transport/exchange.h"
#include "transport/local_file.h"
#include "transport/location.h"
#include "transport/request_bytes.h"
#include "transport/shared_state.h"
#include "transport/stream_reader.h"
#include "transport/tunnel.h"

namespace tallyman::transport {
namespace {

constexpr int most_redirects = 5;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// RFC 9112 3.2.2, what a proxy is asked for.
std::string in_full(const Location& at, const std::string& target) { return "http://" + at.url.authority() + target; }

bool is_idempotent(std::string_view method) { return method == "GET" || method == "HEAD"; }

// A name that the resolver looks up, so that its addresses may change.
bool is_looked_up(const Url& url) {
  if (url.host.empty()) return false;
  boost::system::error_code not_numeric;
  boost::asio::ip::make_address(url.host, not_numeric);
  return not_numeric.failed() && url.host != "localhost";
}

}  // namespace

std::shared_ptr<Shared> make_shared_state(Loop& loop, TimerWheel& wheel, Resolver& resolver, std::size_t loops) {
  return std::make_shared<Shared>(loop, wheel, resolver, loops);
}

struct Channel::Impl {
  Impl(std::shared_ptr<Shared> the_shared, Endpoint the_endpoint)
      : shared(std::move(the_shared)),
        endpoint(std::move(the_endpoint)),
        credentials(endpoint.auth),
        proxy_credentials(endpoint.proxy.auth, "Proxy-Authorization"),
        fixed(fixed_headers(host_header(endpoint.url), endpoint.headers)),
        looked_up(is_looked_up(endpoint.first_hop())) {}

  // Of the endpoint's own origin.
  std::optional<Connection> take_kept();
  void keep(Connection connection);
  Result<> write(std::string& out, const Request& request, const Location& at);
  Result<> write_abroad(std::string& out, const Request& request, const Location& at) const;
  void begin_session();
  // Plain http through a proxy: the request goes to the proxy itself, which sees and passes it on.
  bool asks_proxy(const Location& at) const { return endpoint.proxied() && at.url.scheme == Url::Scheme::http; }
  void take_cookies(const HttpMachine& machine, const Location& at, std::uint64_t sent_in);

  const std::shared_ptr<Shared> shared;
  const Endpoint endpoint;
  Credentials credentials, proxy_credentials;
  const Result<std::string> fixed;  // header lines
  const bool looked_up;
  std::optional<Connection> kept;
  CookieJar cookies;
  std::uint64_t session = 0;  // 0: cookies are not kept
  std::vector<Call*> calls;
  bool cancelled = false;
};

std::optional<Connection> Channel::Impl::take_kept() {
  std::optional<Connection> out = std::move(kept);
  kept.reset();
  return out;
}

void Channel::Impl::keep(Connection connection) {
  if (kept || cancelled) return;  // a second call's connection closes
  if (looked_up) {
    const std::vector<boost::asio::ip::address> now = shared->resolver.known(endpoint.first_hop().host);
    if (!now.empty() && std::find(now.begin(), now.end(), *connection.address) == now.end()) return;
  }
  kept = std::move(connection);
}

Result<> Channel::Impl::write(std::string& out, const Request& request, const Location& at) {
  if (!fixed) return fixed.error();
  const Result<bool> refreshed = credentials.refresh();
  if (!refreshed) return refreshed.error();
  std::string target;
  if (!credentials.query().empty()) {
    target = at.target;
    add_query(target, credentials.query());
  }
  if (asks_proxy(at)) target = in_full(at, target.empty() ? at.target : target);
  RequestParts parts;
  parts.method = request.method;
  parts.target = target.empty() ? at.target : target;
  parts.fixed = *fixed;
  std::string own = credentials.header();
  if (asks_proxy(at)) own += proxy_credentials.header();
  if (!cookies.empty()) own += cookies.header(at.target, at.url.scheme != Url::Scheme::http, epoch_now());
  parts.auth = own;
  parts.extra = &request.headers;
  parts.content_type = request.content_type;
  parts.body = request.body;
  return write_request(out, parts);
}

// To another origin, where a redirect led: nothing that the target was given to authenticate
// with, and no configured header, since any of them may be a key.
Result<> Channel::Impl::write_abroad(std::string& out, const Request& request, const Location& at) const {
  const Result<std::string> lines = fixed_headers(host_header(at.url), harmless_headers(endpoint.headers));
  if (!lines) return lines.error();
  const HeaderList extra = harmless_headers(request.headers);
  std::string target = at.target;
  if (endpoint.auth.kind == AuthSettings::Kind::query) remove_query(target, percent_encode(endpoint.auth.name));
  if (asks_proxy(at)) target = in_full(at, target);
  RequestParts parts;
  parts.method = request.method;
  parts.target = target;
  parts.fixed = *lines;
  if (asks_proxy(at)) parts.auth = proxy_credentials.header();
  parts.extra = &extra;
  return write_request(out, parts);
}

void Channel::Impl::begin_session() {
  cookies.clear();
  ++session;
}

// `sent_in`: the session in which the request was sent. What answers to an older one may only be the end of it.
void Channel::Impl::take_cookies(const HttpMachine& machine, const Location& at, std::uint64_t sent_in) {
  if (session == 0 || sent_in != session) return;
  const double now = epoch_now();
  for (const auto& [name, value] : machine.headers())
    if (name == "set-cookie") cookies.store(value, at.target, now);
}

namespace {

using Impl = Channel::Impl;

Error stopped() { return error(Stage::cancelled, "the agent stops or reloads"); }

Result<Location> first_location(const Impl& self, const Request& request) {
  if (request.absolute.empty()) return location_of(self.endpoint.url, request.path);
  const Location base = location_of(self.endpoint.url, request.path);
  Result<Location> to = resolve_reference(base, request.absolute);
  if (!to) return error(Stage::redirect, "the next page's address: " + to.error().detail);
  if (!same_origin(to->url, self.endpoint.url))
    return error(Stage::redirect, "the next page is at " + to->shown() + ", not at " + host_header(self.endpoint.url) +
                                      "; only pages of the same origin are read");
  return to;
}

std::string visit_key(const Location& at) {
  return (at.url.scheme == Url::Scheme::https ? "https:" : "") + at.url.authority() + at.url.socket_path + at.target;
}

// Where an answer leads to. `visited` has `from` and all before it. Errors: Stage::redirect.
Result<Location> next_location(const Location& from, const Request& request, std::string_view reference,
                               const std::vector<std::string>& visited) {
  Result<Location> to = resolve_reference(from, reference);
  if (!to)
    return error(Stage::redirect,
                 from.shown() + " redirects to an address that cannot be followed: " + to.error().detail);
  const std::string where = from.shown() + " redirects to " + to->shown();
  if (!is_idempotent(request.method))
    return error(Stage::redirect, where + "; a " + request.method + " is not repeated there: configure that address");
  if (from.url.scheme == Url::Scheme::https && to->url.scheme == Url::Scheme::http)
    return error(Stage::redirect, where + ", from https to http, which is not followed");
  if (std::find(visited.begin(), visited.end(), visit_key(*to)) != visited.end())
    return error(Stage::redirect, where + ", where it came from: a loop");
  if (static_cast<int>(visited.size()) > most_redirects)
    return error(Stage::redirect,
                 where + " after " + std::to_string(most_redirects) + " redirects; no more are followed");
  return to;
}

// One exchange at `at`, whose request stands in gear.request: on the kept connection, with the
// one retry, or on a new one.
// `home`: it is of the endpoint's own origin.
Task<Result<>> exchange_at(std::shared_ptr<Impl> self, const Location& at, bool home, const Request& request,
                           Gear& gear, Call& call) {
  HttpMachine::Options options;
  options.head = request.method == "HEAD";
  options.body_limit = self->endpoint.body_limit;

  std::optional<Connection> connection;
  if (home) connection = self->take_kept();
  // A request that may not be repeated is not risked on a connection that the peer gave up.
  if (connection && !is_idempotent(request.method) && seems_closed(*connection->stream)) connection.reset();
  for (;;) {
    const bool reused = connection.has_value();
    if (!reused) {
      TlsSettings tls = self->endpoint.tls;
      if (!home) tls.cert.clear(), tls.key.clear(), tls.server_name.clear();
      const Url* proxy = self->endpoint.proxied() ? &self->endpoint.proxy.url : nullptr;
      const ConnectPlan plan{
          *self->shared, at.url, tls, proxy, self->proxy_credentials.header(), self->endpoint.reach.get()};
      Result<Connection> made = co_await connect(plan, call);
      if (!made) co_return made.error();
      connection = std::move(*made);
    }
    gear.machine.start(options);
    Outcome outcome = co_await exchange(*connection, gear, *self->shared, call);
    if (outcome.closed_early && reused && is_idempotent(request.method)) {
      connection.reset();
      continue;
    }
    if (outcome.result && home && gear.machine.keep_alive()) self->keep(std::move(*connection));
    co_return std::move(outcome.result);
  }
}

Task<Result<Reply>> fetch_http(std::shared_ptr<Impl> self, std::shared_ptr<const Request> asked,
                               Clock::time_point deadline) {
  if (self->cancelled) co_return stopped();
  const Request& request = *asked;
  Result<Location> at = first_location(*self, request);
  if (!at) co_return at.error();
  Call call(self->shared->wheel, deadline, self->calls);
  const GearLease gear(self->shared);
  if (request.new_session) self->begin_session();
  const std::uint64_t session = self->session;
  std::vector<std::string> visited;
  for (;;) {
    const bool home = (visited.empty() && request.absolute.empty()) || same_origin(at->url, self->endpoint.url);
    const Result<bool> ready = self->proxy_credentials.refresh();
    if (!ready) co_return ready.error();
    const Result<> written =
        home ? self->write(gear->request, request, *at) : self->write_abroad(gear->request, request, *at);
    if (!written) co_return written.error();
    const Result<> exchanged = co_await exchange_at(self, *at, home, request, *gear, call);
    if (!exchanged) co_return exchanged.error();
    if (gear->machine.status() == 407 && self->asks_proxy(*at))
      co_return proxy_wants_auth("the proxy " + self->endpoint.proxy.url.authority(),
                                 !self->proxy_credentials.header().empty());

    HttpMachine& machine = gear->machine;
    if (home) self->take_cookies(machine, *at, session);
    const std::string_view reference = machine.header("location");
    if (!request.follow || !is_redirect(machine.status()) || reference.empty()) break;
    visited.push_back(visit_key(*at));
    at = next_location(*at, request, reference, visited);
    if (!at) co_return at.error();
    if (const std::string why = self->endpoint.reach ? self->endpoint.reach->refuses(at->url) : ""; !why.empty())
      co_return error(Stage::redirect,
                      visited.back() + " redirects to " + at->shown() + ", which may not be probed: " + why);
  }
  HttpMachine& machine = gear->machine;
  Reply reply;
  reply.status = machine.status();
  reply.headers = std::move(machine.headers());
  reply.body = std::move(machine.body());
  reply.wire_bytes = machine.wire_bytes();
  if (gear->turn) gear->turn->complete();
  reply.turn = std::move(gear->turn);
  reply.arrived = epoch_now();
  co_return reply;
}

// What speaks no HTTP. Never on a kept connection: see channel.h.
Task<Result<Reply>> fetch_stream(std::shared_ptr<Impl> self, std::shared_ptr<const Request> request,
                                 Clock::time_point deadline) {
  if (self->cancelled) co_return stopped();
  Call call(self->shared->wheel, deadline, self->calls);
  const GearLease gear(self->shared);
  const ConnectPlan plan{*self->shared,
                         self->endpoint.url,
                         self->endpoint.tls,
                         nullptr,
                         self->proxy_credentials.header(),
                         self->endpoint.reach.get()};
  Result<Connection> connection = co_await connect(plan, call);
  if (!connection) co_return connection.error();
  gear->request = request->send;
  StreamReader reader(request->until, self->endpoint.body_limit, !gear->request.empty());
  const Outcome outcome = co_await exchange(*connection, *gear, reader, *self->shared, call);
  if (!outcome.result) co_return outcome.result.error();
  Reply reply;
  reply.body = std::move(reader.body());
  reply.wire_bytes = reader.wire_bytes();
  if (gear->turn) gear->turn->complete();
  reply.turn = std::move(gear->turn);
  reply.arrived = epoch_now();
  co_return reply;
}

Result<Reply> fetch_file(const Impl& self) {
  Result<LocalFile> file = read_local_file(self.endpoint.url.path, self.endpoint.body_limit);
  if (!file) return file.error();
  Reply reply;
  reply.wire_bytes = file->bytes.size();
  reply.body = std::move(file->bytes);
  reply.arrived = epoch_now();
  return reply;
}

Task<Result<Reply>> fetch_local(std::shared_ptr<Impl> self, std::shared_ptr<const Request> request) {
  if (self->cancelled) co_return stopped();
  if (self->endpoint.url.scheme == Url::Scheme::file) co_return fetch_file(*self);
  co_return fetch_dummy(self->endpoint.url, *request, epoch_now());
}

}  // namespace

Channel::Channel(std::shared_ptr<Shared> shared, Endpoint endpoint)
    : impl_(std::make_shared<Impl>(std::move(shared), std::move(endpoint))) {
  if (impl_->looked_up) impl_->shared->resolver.prefetch(impl_->endpoint.first_hop().host);
}

Channel::~Channel() { cancel(); }

Task<Result<Reply>> Channel::fetch(std::shared_ptr<const Request> request, Clock::time_point deadline) {
  const Url& url = impl_->endpoint.url;
  if (url.is_http()) return fetch_http(impl_, std::move(request), deadline);
  if (url.is_stream()) return fetch_stream(impl_, std::move(request), deadline);
  return fetch_local(impl_, std::move(request));
}

std::vector<std::string> Channel::cookie_values() const { return impl_->cookies.values(); }

std::vector<std::string> Channel::secrets() const {
  return {impl_->credentials.secret(), impl_->proxy_credentials.secret()};
}

void Channel::take_over(const Channel& predecessor) {
  impl_->credentials.take_over(predecessor.impl_->credentials);
  impl_->proxy_credentials.take_over(predecessor.impl_->proxy_credentials);
}

void Channel::cancel() {
  impl_->cancelled = true;
  impl_->kept.reset();
  for (Call* const call : impl_->calls) call->cancel();
}

}  // namespace tallyman::transport
