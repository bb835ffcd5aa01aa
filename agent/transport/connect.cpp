#include "transport/connect.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <vector>

#include "transport/tunnel.h"

namespace tallyman::transport {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::tcp;
using boost::system::error_code;
using EndPoint = boost::asio::generic::stream_protocol::endpoint;

struct Candidate {
  EndPoint endpoint;
  std::string peer;
  std::optional<address> at;
};

std::string peer_text(const std::string& host, const address& at, std::uint16_t port) {
  const std::string numeric = at.is_v6() ? "[" + at.to_string() + "]" : at.to_string();
  const std::string text = numeric + ":" + std::to_string(port);
  return host == at.to_string() ? text : host + " (" + text + ")";
}

Error connect_error(const error_code& ec, const Candidate& to) {
  namespace code = boost::system::errc;
  const std::string what = "connect to " + to.peer;
  if (ec == code::too_many_files_open || ec == code::too_many_files_open_in_system)
    return error(Stage::fds, "no file descriptor left to " + what + "; raise the limit of open files (ulimit -n)");
  struct stat info{};
  if (ec == code::connection_refused && !to.at && ::stat(to.peer.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode))
    return error(Stage::connect, what + ": it is " + (S_ISDIR(info.st_mode) ? "a directory" : "no socket") +
                                     "; expected a socket, as in unix:/run/app.sock:/path");
  if (ec == code::connection_refused) return error(Stage::connect, what + " refused: nothing listens there");
  if (ec == code::no_such_file_or_directory) return error(Stage::connect, what + ": no such socket");
  if (ec == code::permission_denied)
    return error(Stage::connect, what + ": no permission" + std::string(to.at ? "" : " to write to the socket"));
  return error(Stage::connect, what + ": " + ec.message());
}

// The highest descriptors are kept for those who want to see what is wrong: a target's connection
// may not have one of them. New descriptors are the lowest free ones, so the number tells.
bool is_reserved(int descriptor) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return false;
  const rlim_t reserve = std::min<rlim_t>(64, files.rlim_cur / 16);
  return static_cast<rlim_t>(descriptor) >= files.rlim_cur - reserve;
}

struct AttemptPlan {
  Loop& loop;
  TimerWheel& wheel;
  Clock::time_point until;
};

// One address. Stage::timeout when its share of the time is over, and the call's own end.
Task<Result<Socket>> attempt(AttemptPlan plan, Candidate to, Call& call) {
  Socket socket(plan.loop);
  error_code ec;
  socket.open(to.endpoint.protocol(), ec);
  if (ec) co_return connect_error(ec, to);
  if (is_reserved(socket.native_handle()))
    co_return error(Stage::fds, "too few file descriptors left to connect to " + to.peer +
                                    ": the last ones are kept for scrapes; raise the limit of open files (ulimit -n)");
  if (to.at) socket.set_option(tcp::no_delay(true), ec);

  bool share_over = false;
  {
    const TimerWheel::Entry share(plan.wheel, plan.until, [&share_over, &socket] {
      share_over = true;
      error_code ignored;
      socket.close(ignored);
    });
    const Call::Watch watch(call, socket);
    const auto [failed] = co_await socket.async_connect(to.endpoint, resumed);
    ec = failed;
  }
  if (call.over()) co_return call.why("the connection to " + to.peer);
  if (share_over) co_return error(Stage::timeout, "connect to " + to.peer + ": no answer");
  if (ec) co_return connect_error(ec, to);
  socket.non_blocking(true, ec);
  co_return std::move(socket);
}

Task<Result<std::vector<Candidate>>> candidates(ConnectPlan plan, Call& call) {
  std::vector<Candidate> out;
  if (plan.url.scheme == Url::Scheme::unix_http || plan.url.scheme == Url::Scheme::unix_stream) {
    out.push_back({EndPoint(boost::asio::local::stream_protocol::endpoint(plan.url.socket_path)), plan.url.socket_path,
                   std::nullopt});
    co_return out;
  }
  const Url& hop = plan.proxy ? *plan.proxy : plan.url;
  auto wait = std::make_shared<OneShot>(plan.shared.loop.get_executor());
  const Call::Watch watch(call, wait);
  const Result<std::vector<address>> found =
      co_await plan.shared.resolver.resolve(hop.host, call.deadline(), plan.shared.wheel, wait);
  if (call.over()) co_return call.why("DNS to resolve `" + hop.host + "`");
  if (!found) co_return found.error();
  for (const address& at : *found) {
    // A proxy is the configuration's own; where it connects to, only the names of the allow-list bound.
    if (plan.reach && !plan.proxy && !plan.reach->allows_address(at.to_string())) continue;
    out.push_back({EndPoint(tcp::endpoint(at, hop.port)),
                   (plan.proxy ? "the proxy " : "") + peer_text(hop.host, at, hop.port), at});
  }
  if (out.empty())
    co_return error(Stage::connect, "`" + hop.host + "` has no address that may be probed: none is in `networks`");
  co_return out;
}

// What stands between the bare connection and HTTP with the target.
Task<Result<Connection>> dress(ConnectPlan plan, std::shared_ptr<TlsContext> context, Socket socket, Candidate to,
                               Call& call) {
  Connection out;
  out.peer = to.peer;
  out.address = to.at;
  if (!context) {
    out.stream = make_plain_stream(std::move(socket));
    co_return out;
  }
  if (plan.proxy) {
    const TunnelPlan tunnel{plan.shared, plan.url, plan.proxy_auth, to.peer};
    Result<Socket> through = co_await open_tunnel(std::move(socket), tunnel, call);
    if (!through) co_return through.error();
    socket = std::move(*through);
    out.peer = plan.url.authority() + " through " + to.peer;
  }
  const std::string host = plan.tls.server_name.empty() ? plan.url.host : plan.tls.server_name;
  Result<std::unique_ptr<Stream>> stream =
      co_await tls_handshake(std::move(socket), std::move(context), host, out.peer, call);
  if (!stream) co_return stream.error();
  out.stream = std::move(*stream);
  co_return out;
}

}  // namespace

Task<Result<Connection>> connect(ConnectPlan plan, Call& call) {
  const Result<std::vector<Candidate>> addresses = co_await candidates(plan, call);
  if (!addresses) co_return addresses.error();

  // Before the connection: a certificate that cannot be read must not wait for a server.
  std::shared_ptr<TlsContext> context;
  if (plan.url.scheme == Url::Scheme::https) {
    const Result<std::shared_ptr<TlsContext>> made = plan.shared.tls_contexts.get(plan.tls);
    if (!made) co_return made.error();
    context = *made;
  }

  Error last;
  std::size_t left = addresses->size();
  for (const Candidate& to : *addresses) {
    const Clock::time_point now = Clock::now();
    const Clock::time_point until = now + (call.deadline() - now) / static_cast<int>(left--);
    const AttemptPlan one{plan.shared.loop, plan.shared.wheel, until};
    Result<Socket> socket = co_await attempt(one, to, call);
    if (socket) co_return co_await dress(plan, std::move(context), std::move(*socket), to, call);
    const Error why = socket.error();
    if (call.over() || why.stage == Stage::fds) co_return why;
    last = last.detail.empty() ? why : error(why.stage, last.detail + "; " + why.detail);
  }
  co_return last;
}

}  // namespace tallyman::transport
