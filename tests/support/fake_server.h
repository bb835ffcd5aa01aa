// A server that plays a script, for tests: it listens on a loopback port or a unix socket, each
// connection is served by a thread of its own, and nothing it does waits longer than its owner
// lives. Plain or TLS.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tallyman::test {

struct Step {
  enum class Kind { request, line, send, pause, hang, close, reset };
  Kind kind = Kind::close;
  std::string bytes;                   // send
  std::chrono::milliseconds pause{0};  // pause, or before each byte of send
};

// Reads one request: its head, and as much body as its Content-Length says.
inline Step request() { return {Step::Kind::request, {}, {}}; }
// Without HTTP: what comes up to a line break.
inline Step line() { return {Step::Kind::line, {}, {}}; }
inline Step send(std::string bytes) { return {Step::Kind::send, std::move(bytes), {}}; }
// A byte at a time.
inline Step drip(std::string bytes, std::chrono::milliseconds before_each) {
  return {Step::Kind::send, std::move(bytes), before_each};
}
inline Step pause(std::chrono::milliseconds length) { return {Step::Kind::pause, {}, length}; }
inline Step hang() { return {Step::Kind::hang, {}, {}}; }  // until the client or the server ends
inline Step close() { return {Step::Kind::close, {}, {}}; }
inline Step reset() { return {Step::Kind::reset, {}, {}}; }  // RST instead of FIN

using Script = std::vector<Step>;  // of one connection; it closes at the end

// `HTTP/1.1 200 OK` with Content-Length and what else is given (lines with \r\n).
std::string ok(const std::string& body, const std::string& more_headers = "");
// request(), send(ok(body)), `times` times.
Script answers(const std::string& body, int times = 1);
Script operator+(Script a, const Script& b);

struct ServerTls {
  std::string cert, key;     // paths
  std::string client_ca;     // path; "": clients need no certificate
  bool silent = false;       // accepts and never shakes hands
  bool close_notify = true;  // at the end of a script
};

class FakeServer {
 public:
  enum class Where { ipv4, ipv6, unix_socket };
  struct Options {
    Where where = Where::ipv4;
    std::string socket_path;         // unix_socket
    std::unique_ptr<ServerTls> tls;  // null: plain
  };

  // The n-th connection plays the n-th script, further ones the last.
  explicit FakeServer(std::vector<Script> scripts) : FakeServer(std::move(scripts), Options()) {}
  FakeServer(std::vector<Script> scripts, Options options);
  ~FakeServer();  // ends all connections
  FakeServer(const FakeServer&) = delete;

  std::uint16_t port() const;
  std::string url(const std::string& path = "") const;  // http://127.0.0.1:port, https://..., unix:...
  std::string stream_url() const;                       // tcp://127.0.0.1:port, unix:///...
  int accepted() const;                                 // connections so far
  std::vector<std::string> requests() const;            // as they came, in order
  // True once so many connections have played their script and are closed; false after 10 s. On
  // loopback the end of a closed connection has then arrived at its other side.
  bool await_closed(int connections) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A port of 127.0.0.1 where nothing listens: bound, not listening, for the object's life.
class DeadPort {
 public:
  DeadPort();
  ~DeadPort();
  DeadPort(const DeadPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace tallyman::test
