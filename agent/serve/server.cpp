#include "serve/server.h"

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <thread>

#include "core/log.h"
#include "serve/descriptor_reserve.h"
#include "serve/listen_address.h"
#include "serve/session.h"

namespace tallyman::serve {
namespace asio = boost::asio;
namespace {

using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using boost::system::error_code;

constexpr std::chrono::milliseconds drain_time{500};
constexpr std::chrono::milliseconds accept_pause{100};

error_code open_acceptor(Acceptor& acceptor, const tcp::endpoint& at, bool dual_stack) {
  error_code failed;
  acceptor.open(at.protocol(), failed);
  // Ports of connections that just closed can be bound again; one that is listened on cannot.
  if (!failed) acceptor.set_option(Acceptor::reuse_address(true), failed);
  if (!failed && dual_stack) acceptor.set_option(asio::ip::v6_only(false), failed);
  if (!failed) acceptor.bind(at, failed);
  if (!failed) acceptor.listen(Acceptor::max_listen_connections, failed);
  return failed;
}

Result<> open(Acceptor& acceptor, const std::string& listen) {
  const auto address = parse_listen(listen);
  if (!address) return address.error();
  error_code failed;
  if (address->host.empty()) {
    failed = open_acceptor(acceptor, tcp::endpoint(tcp::v6(), address->port), true);
    if (failed && failed != asio::error::address_in_use && failed != asio::error::access_denied) {
      error_code ignored;  // no IPv6 on this machine
      acceptor.close(ignored);
      failed = open_acceptor(acceptor, tcp::endpoint(tcp::v4(), address->port), false);
    }
  } else {
    failed = open_acceptor(acceptor, tcp::endpoint(asio::ip::make_address(address->host), address->port), false);
  }
  if (!failed) return {};
  std::string why = "cannot listen on " + listen + ": ";
  if (failed == asio::error::address_in_use)
    why += "address already in use; another tallyman? use --listen ADDR:PORT";
  else if (failed == asio::error::access_denied)
    why += "permission denied; ports below 1024 need privileges: use --listen ADDR:PORT with a higher one";
  else
    why += failed.message() + "; use --listen ADDR:PORT with an address of this machine";
  return error(Stage::connect, why);
}

class HttpServer final : public Server {
 public:
  HttpServer(Options options, Handlers handlers) : shared_(std::make_shared<Shared>(loop_)) {
    shared_->options = std::move(options);
    shared_->handlers = std::move(handlers);
  }
  ~HttpServer() override { HttpServer::stop(); }

  Result<> open_listener() { return open(acceptor_, shared_->options.listen); }

  std::string address() const override { return address_; }
  void note_address();
  void start() override;
  void stop() override;

 private:
  Task<> accept_loop();
  void take(Socket socket);
  void forget(const std::shared_ptr<Session>& session);
  bool close_longest_waiting();
  void begin_stop();

  Loop loop_{1};
  Acceptor acceptor_{loop_};
  Timer pause_{loop_};  // between accepts when there are no descriptors
  Timer drain_{loop_};
  DescriptorReserve reserve_;
  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Session>> sessions_;
  std::string address_;
  std::mutex stop_mutex_;
  std::thread thread_;
};

void HttpServer::note_address() {
  error_code failed;
  const tcp::endpoint at = acceptor_.local_endpoint(failed);
  const std::string port = ":" + std::to_string(at.port());
  if (at.address().is_v4())
    address_ = at.address().to_string() + port;
  else
    address_ = "[" + at.address().to_string() + "]" + port;
}

void HttpServer::start() {
  asio::co_spawn(loop_, accept_loop(), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);  // a bug of ours
  });
  thread_ = std::thread([this] { loop_.run(); });
}

void HttpServer::stop() {
  const std::lock_guard lock(stop_mutex_);
  if (!thread_.joinable()) return;
  asio::post(loop_, [this] { begin_stop(); });
  thread_.join();
  error_code ignored;
  acceptor_.close(ignored);
}

// The loop has no other work than the accept loop, the sessions and their timers: when they have
// ended, run() returns.
void HttpServer::begin_stop() {
  shared_->stopping = true;
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  shared_->finished_timer.cancel();
  for (const auto& session : sessions_)
    if (!session->replying()) session->close();
  if (sessions_.empty()) return;
  drain_.expires_after(drain_time);
  drain_.async_wait([this](error_code failed) {
    if (failed) return;
    for (const auto& session : sessions_) session->close();
  });
}

Task<> HttpServer::accept_loop() {
  bool troubled = false;  // the log has it already
  while (!shared_->stopping) {
    Socket socket(loop_);
    const auto result = co_await acceptor_.async_accept(socket, resumed);
    const error_code failed = std::get<0>(result);
    if (shared_->stopping) co_return;
    if (!failed) {
      troubled = false;
      take(std::move(socket));
    } else if (failed != asio::error::connection_aborted && !reserve_.give_one()) {
      // The connection stays in the backlog: make room, try again.
      if (!troubled) log::warn("cannot accept connections", {{"why", failed.message()}});
      troubled = true;
      close_longest_waiting();
      pause_.expires_after(accept_pause);
      co_await pause_.async_wait(resumed);
      reserve_.refill();
    }
  }
}

void HttpServer::take(Socket socket) {
  if (sessions_.size() >= shared_->options.max_connections && !close_longest_waiting()) return;  // closes the new one
  auto session = std::make_shared<Session>(std::move(socket), shared_);
  sessions_.push_back(session);
  asio::co_spawn(loop_, session->run(), [this, session](std::exception_ptr failed) {
    forget(session);
    if (failed) std::rethrow_exception(failed);
  });
}

void HttpServer::forget(const std::shared_ptr<Session>& session) {
  std::erase(sessions_, session);
  reserve_.refill();
  if (shared_->stopping && sessions_.empty()) drain_.cancel();
}

// A connection that waits for a request, or dribbles one, makes room; one with a reply in flight
// does not.
bool HttpServer::close_longest_waiting() {
  std::shared_ptr<Session> longest;
  for (const auto& session : sessions_)
    if (!session->replying() && !session->closed() && (!longest || session->since() < longest->since()))
      longest = session;
  if (!longest) return false;
  longest->close();
  return true;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(Options options, Handlers handlers) {
  auto server = std::make_unique<HttpServer>(std::move(options), std::move(handlers));
  const Result<> opened = server->open_listener();
  if (!opened) return opened.error();
  server->note_address();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tallyman::serve
