#include "support/fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace tallyman::test {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address loopback(FakeServer::Where where, const std::string& path) {
  Address out;
  if (where == FakeServer::Where::ipv4) {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.size = sizeof(sockaddr_in);
  } else if (where == FakeServer::Where::ipv6) {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_addr = in6addr_loopback;
    out.size = sizeof(sockaddr_in6);
  } else {
    auto* const local = reinterpret_cast<sockaddr_un*>(&out.storage);
    local->sun_family = AF_UNIX;
    if (path.size() >= sizeof local->sun_path) throw std::runtime_error("socket path too long: " + path);
    std::memcpy(local->sun_path, path.data(), path.size());
    out.size = sizeof(sockaddr_un);
  }
  return out;
}

std::uint16_t bound_port(int fd) {
  Address out;
  out.size = sizeof out.storage;
  if (::getsockname(fd, out.get(), &out.size) != 0) throw std::runtime_error("getsockname");
  if (out.storage.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&out.storage)->sin_port);
  if (out.storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&out.storage)->sin6_port);
  return 0;
}

// The size of a whole request at the front of `bytes`, 0 if it is not there yet.
std::size_t whole_request(const std::string& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  std::size_t body = 0;
  const std::size_t at = bytes.find("Content-Length: ");
  if (at < end) body = std::stoul(bytes.substr(at + 16));
  const std::size_t size = end + 4 + body;
  return bytes.size() >= size ? size : 0;
}

}  // namespace

std::string ok(const std::string& body, const std::string& more_headers) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" + body;
}

Script answers(const std::string& body, int times) {
  Script out;
  for (int i = 0; i < times; ++i) out.insert(out.end(), {request(), send(ok(body))});
  return out;
}

Script operator+(Script a, const Script& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct FakeServer::Impl {
  // A connection's transport: plain, or TLS if `ssl`.
  struct Connection {
    int fd;
    SSL* ssl = nullptr;
    std::string received;
  };

  void listen();
  void accept_all();
  void serve(int fd, Script script);
  bool play(Connection& c, const Step& step);
  bool send_all(Connection& c, std::string_view bytes);
  bool receive(Connection& c);
  // Until the fd can be read or the time is over; false when the server stops.
  bool wait(int fd, int milliseconds) const;

  std::vector<Script> scripts;
  Options options;
  SSL_CTX* context = nullptr;
  int listener = -1, stop_fd = -1;
  std::uint16_t port = 0;
  std::thread acceptor;
  mutable std::mutex mutex;
  std::vector<std::thread> connections;  // under mutex
  std::vector<std::string> requests;     // under mutex
  int accepted = 0;                      // under mutex
  int closed = 0;                        // under mutex
  std::condition_variable one_closed;
};

bool FakeServer::Impl::wait(int fd, int milliseconds) const {
  pollfd fds[2] = {{stop_fd, POLLIN, 0}, {fd, POLLIN, 0}};
  ::poll(fds, fd < 0 ? 1 : 2, milliseconds);
  return fds[0].revents == 0;
}

bool FakeServer::Impl::send_all(Connection& c, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = c.ssl != nullptr ? SSL_write(c.ssl, bytes.data(), static_cast<int>(bytes.size()))
                                          : ::send(c.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool FakeServer::Impl::receive(Connection& c) {
  char chunk[4096];
  if (c.ssl == nullptr || SSL_pending(c.ssl) == 0)
    if (!wait(c.fd, -1)) return false;
  const ssize_t got = c.ssl != nullptr ? SSL_read(c.ssl, chunk, sizeof chunk) : ::recv(c.fd, chunk, sizeof chunk, 0);
  if (got <= 0) return false;
  c.received.append(chunk, static_cast<std::size_t>(got));
  return true;
}

bool FakeServer::Impl::play(Connection& c, const Step& step) {
  switch (step.kind) {
    case Step::Kind::request: {
      std::size_t size;
      while ((size = whole_request(c.received)) == 0)
        if (!receive(c)) return false;
      const std::lock_guard lock(mutex);
      requests.push_back(c.received.substr(0, size));
      c.received.erase(0, size);
      return true;
    }
    case Step::Kind::line: {
      std::size_t end;
      while ((end = c.received.find('\n')) == std::string::npos)
        if (!receive(c)) return false;
      const std::lock_guard lock(mutex);
      requests.push_back(c.received.substr(0, end + 1));
      c.received.erase(0, end + 1);
      return true;
    }
    case Step::Kind::send:
      if (step.pause.count() == 0) return send_all(c, step.bytes);
      for (const char byte : step.bytes)
        if (!wait(-1, static_cast<int>(step.pause.count())) || !send_all(c, {&byte, 1})) return false;
      return true;
    case Step::Kind::pause:
      return wait(-1, static_cast<int>(step.pause.count()));
    case Step::Kind::hang:
      while (receive(c)) {
      }
      return false;
    case Step::Kind::reset: {
      const linger now{1, 0};
      ::setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      return false;
    }
    case Step::Kind::close:
      break;
  }
  return false;
}

void FakeServer::Impl::serve(int fd, Script script) {
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  Connection c{fd, nullptr, {}};
  bool well = true;
  if (options.tls && options.tls->silent) {
    while (receive(c)) {
    }
    well = false;
  } else if (context != nullptr) {
    const timeval patience{5, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    c.ssl = SSL_new(context);
    SSL_set_fd(c.ssl, fd);
    well = SSL_accept(c.ssl) == 1;
    if (!well) {  // let the alert arrive: closing with unread bytes would be a reset
      ::shutdown(fd, SHUT_WR);
      char rest[1024];
      while (wait(fd, -1) && ::recv(fd, rest, sizeof rest, 0) > 0) {
      }
    }
  }
  if (well)
    for (const Step& step : script)
      if (!play(c, step)) break;
  if (c.ssl != nullptr) {
    if (well && options.tls->close_notify) SSL_shutdown(c.ssl);
    SSL_free(c.ssl);
    ERR_clear_error();
  }
  ::close(fd);
  const std::lock_guard lock(mutex);
  ++closed;
  one_closed.notify_all();
}

void FakeServer::Impl::accept_all() {
  while (wait(listener, -1)) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::lock_guard lock(mutex);
    const std::size_t index = std::min(static_cast<std::size_t>(accepted++), scripts.size() - 1);
    connections.emplace_back([this, fd, script = scripts[index]] { serve(fd, script); });
  }
}

void FakeServer::Impl::listen() {
  stop_fd = ::eventfd(0, EFD_CLOEXEC);
  Address at = loopback(options.where, options.socket_path);
  listener = ::socket(at.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || ::bind(listener, at.get(), at.size) != 0 || ::listen(listener, 64) != 0)
    throw std::runtime_error(std::string("fake server: ") + std::strerror(errno));
  port = bound_port(listener);
  if (!options.tls || options.tls->silent) return;
  context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, options.tls->cert.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, options.tls->key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("fake server: cannot load " + options.tls->cert);
  if (!options.tls->client_ca.empty()) {
    SSL_CTX_load_verify_locations(context, options.tls->client_ca.c_str(), nullptr);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("fake"), 4);
}

FakeServer::FakeServer(std::vector<Script> scripts, Options options) : impl_(std::make_unique<Impl>()) {
  impl_->scripts = std::move(scripts);
  impl_->options = std::move(options);
  impl_->listen();
  impl_->acceptor = std::thread([impl = impl_.get()] { impl->accept_all(); });
}

FakeServer::~FakeServer() {
  const std::uint64_t many = 1;
  [[maybe_unused]] const ssize_t written = ::write(impl_->stop_fd, &many, sizeof many);
  impl_->acceptor.join();
  for (std::thread& connection : impl_->connections) connection.join();
  ::close(impl_->listener);
  ::close(impl_->stop_fd);
  if (impl_->context != nullptr) SSL_CTX_free(impl_->context);
  if (impl_->options.where == Where::unix_socket) ::unlink(impl_->options.socket_path.c_str());
}

std::uint16_t FakeServer::port() const { return impl_->port; }

std::string FakeServer::url(const std::string& path) const {
  if (impl_->options.where == Where::unix_socket)
    return "unix:" + impl_->options.socket_path + (path.empty() ? "" : ":" + path);
  const std::string host = impl_->options.where == Where::ipv6 ? "[::1]" : "127.0.0.1";
  return (impl_->options.tls ? "https://" : "http://") + host + ":" + std::to_string(impl_->port) + path;
}

std::string FakeServer::stream_url() const {
  if (impl_->options.where == Where::unix_socket) return "unix://" + impl_->options.socket_path;
  const std::string host = impl_->options.where == Where::ipv6 ? "[::1]" : "127.0.0.1";
  return "tcp://" + host + ":" + std::to_string(impl_->port);
}

int FakeServer::accepted() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->accepted;
}

bool FakeServer::await_closed(int connections) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->one_closed.wait_for(lock, std::chrono::seconds(10), [&] { return impl_->closed >= connections; });
}

std::vector<std::string> FakeServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

DeadPort::DeadPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  Address at = loopback(FakeServer::Where::ipv4, {});
  if (fd_ < 0 || ::bind(fd_, at.get(), at.size) != 0) throw std::runtime_error("no dead port");
  port_ = bound_port(fd_);
}

DeadPort::~DeadPort() { ::close(fd_); }

}  // namespace tallyman::test
