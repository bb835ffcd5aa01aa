// The resolver against a small DNS server of our own.
#include "transport/resolver.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <mutex>
#include <thread>

#include "rig.h"
#include "support/fake_server.h"

namespace tallyman::test {
namespace {

using Addresses = std::vector<boost::asio::ip::address>;

// Answers A and AAAA questions over UDP on a loopback port, on a thread of its own.
class FakeDns {
 public:
  struct Answer {
    std::vector<std::string> addresses;  // of both families; empty: NODATA
    int ttl = 60;
    int code = 0;  // RCODE: 2 SERVFAIL, 3 NXDOMAIN
    bool silent = false;
  };

  FakeDns() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), stop_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) != 0) throw std::runtime_error("fake dns");
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeDns() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_, &one, sizeof one);
    thread_.join();
    ::close(fd_);
    ::close(stop_);
  }

  void set(const std::string& name, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[name] = std::move(answer);
  }
  int asked(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = asked_.find(name);
    return found == asked_.end() ? 0 : found->second;
  }
  transport::Resolver::Options options(std::chrono::seconds min_ttl = 5s) const {
    transport::Resolver::Options out;
    out.servers = "127.0.0.1:" + std::to_string(port_);
    out.min_ttl = min_ttl;
    out.negative_ttl = 60s;
    return out;
  }

 private:
  void serve() {
    for (;;) {
      pollfd fds[2] = {{stop_, POLLIN, 0}, {fd_, POLLIN, 0}};
      ::poll(fds, 2, -1);
      if (fds[0].revents != 0) return;
      char query[512];
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      const ssize_t got = ::recvfrom(fd_, query, sizeof query, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 12) continue;
      const std::string reply = answer(std::string(query, static_cast<std::size_t>(got)));
      if (!reply.empty()) ::sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  std::string answer(const std::string& query) {
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += length + 1;
    }
    const int type = query[at + 2];  // the low byte: 1 A, 28 AAAA
    const std::string question = query.substr(12, at + 5 - 12);
    Answer have;
    {
      const std::lock_guard lock(mutex_);
      if (type == 1) ++asked_[name];
      const auto found = answers_.find(name);
      if (found != answers_.end())
        have = found->second;
      else
        have.code = 3;
    }
    if (have.silent) return {};
    std::string records;
    int count = 0;
    for (const std::string& text : have.addresses) {
      const auto address = boost::asio::ip::make_address(text);
      if (address.is_v4() != (type == 1)) continue;
      ++count;
      records += std::string("\xc0\x0c\x00", 3) + static_cast<char>(type) + std::string("\x00\x01", 2);
      for (int shift = 24; shift >= 0; shift -= 8) records += static_cast<char>(have.ttl >> shift);
      const std::string bytes =
          address.is_v4() ? text_of(address.to_v4().to_bytes()) : text_of(address.to_v6().to_bytes());
      records += std::string(1, '\0') + static_cast<char>(bytes.size()) + bytes;
    }
    std::string head = query.substr(0, 2) + "\x81" + static_cast<char>(0x80 | have.code);
    head += std::string("\x00\x01\x00", 3) + static_cast<char>(count) + std::string(4, '\0');
    return head + question + records;
  }

  template <class Bytes>
  static std::string text_of(const Bytes& bytes) {
    return std::string(bytes.begin(), bytes.end());
  }

  int fd_, stop_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, Answer> answers_;  // under mutex_
  std::map<std::string, int> asked_;       // A questions; under mutex_
  std::thread thread_;
};

FakeDns::Answer answer_of(std::vector<std::string> addresses, int ttl = 60) {
  FakeDns::Answer out;
  out.addresses = std::move(addresses);
  out.ttl = ttl;
  return out;
}
FakeDns::Answer failing(int code) {
  FakeDns::Answer out;
  out.code = code;
  return out;
}
FakeDns::Answer silence() {
  FakeDns::Answer out;
  out.silent = true;
  return out;
}

Result<Addresses> resolve(Rig& rig, const std::string& name, std::chrono::milliseconds patience = 5s) {
  return rig.run(rig.resolver.resolve(name, Clock::now() + patience, rig.wheel));
}

// In any order: that is the system's choice (RFC 6724).
std::vector<std::string> texts(const Addresses& addresses) {
  std::vector<std::string> out;
  for (const auto& address : addresses) out.push_back(address.to_string());
  std::sort(out.begin(), out.end());
  return out;
}
using Texts = std::vector<std::string>;

// Runs the loop until the resolver knows just these.
void wait_until_known(Rig& rig, const std::string& name, const Texts& wanted) {
  rig.run_until([&] { return texts(rig.resolver.known(name)) == wanted; });
}

TEST_CASE("resolver: numbers and localhost need no lookup") {
  transport::Resolver::Options nowhere;
  nowhere.servers = "127.0.0.1:1";
  Rig rig(nowhere);
  CHECK(texts(resolve(rig, "10.1.2.3").value()) == Texts{"10.1.2.3"});
  CHECK(texts(resolve(rig, "::1").value()) == Texts{"::1"});
  const Addresses local = resolve(rig, "localhost").value();
  REQUIRE(local.size() == 2);
  CHECK(local[0].to_string() == "127.0.0.1");  // the order in which they are tried
  CHECK(local[1].to_string() == "::1");
  CHECK(texts(rig.resolver.known("10.1.2.3")) == Texts{"10.1.2.3"});
}

TEST_CASE("resolver: addresses of both families, asked for once") {
  FakeDns dns;
  dns.set("a.test", answer_of({"10.0.0.1", "10.0.0.2", "fd00::1"}));
  Rig rig(dns.options());
  CHECK(rig.resolver.known("a.test").empty());  // and starts the lookup
  CHECK(texts(resolve(rig, "a.test").value()) == Texts{"10.0.0.1", "10.0.0.2", "fd00::1"});
  CHECK(texts(resolve(rig, "a.test").value()) == Texts{"10.0.0.1", "10.0.0.2", "fd00::1"});
  CHECK(texts(rig.resolver.known("a.test")) == Texts{"10.0.0.1", "10.0.0.2", "fd00::1"});
  CHECK(dns.asked("a.test") == 1);
}

TEST_CASE("resolver: many wait for one lookup") {
  FakeDns dns;
  dns.set("a.test", answer_of({"10.0.0.1"}));
  Rig rig(dns.options());
  int well = 0;
  for (int i = 0; i < 20; ++i)
    boost::asio::co_spawn(rig.loop, rig.resolver.resolve("a.test", Clock::now() + 5s, rig.wheel),
                          [&](std::exception_ptr, Result<Addresses> found) { well += found.has_value() ? 1 : 100; });
  rig.run_until([&] { return well >= 20; });
  CHECK(well == 20);
  CHECK(dns.asked("a.test") == 1);
}

TEST_CASE("resolver: failures are named, and kept for a while") {
  FakeDns dns;
  dns.set("empty.test", answer_of({}));
  dns.set("broken.test", failing(2));
  Rig rig(dns.options());
  CHECK(outcome(resolve(rig, "none.test")) == "resolve: no address for `none.test`: the name does not exist");
  CHECK(outcome(resolve(rig, "empty.test")) == "resolve: no address for `empty.test`: the name has no address");
  CHECK(outcome(resolve(rig, "broken.test")).substr(0, 39) == "resolve: no address for `broken.test`: ");
  const int asked = dns.asked("none.test");
  CHECK(outcome(resolve(rig, "none.test")) == "resolve: no address for `none.test`: the name does not exist");
  CHECK(dns.asked("none.test") == asked);
}

TEST_CASE("resolver: waits no longer than the deadline, and ends with the wheel") {
  FakeDns dns;
  dns.set("silent.test", silence());
  Rig rig(dns.options());
  const Clock::time_point start = Clock::now();
  CHECK(outcome(resolve(rig, "silent.test", 100ms)) ==
        "timeout: no answer in time: waited for DNS to resolve `silent.test`");
  CHECK(Clock::now() - start < 2s);
  rig.wheel.at(Clock::now() + 20ms, [&] { rig.wheel.stop(); });
  CHECK(to_string(resolve(rig, "silent.test").error().stage) == "cancelled");
}

TEST_CASE("resolver: an expired answer serves while it is asked again") {
  FakeDns dns;
  dns.set("moving.test", answer_of({"10.0.0.1"}, 0));
  Rig rig(dns.options(0s));
  CHECK(texts(resolve(rig, "moving.test").value()) == Texts{"10.0.0.1"});
  dns.set("moving.test", answer_of({"10.0.0.2"}, 60));
  CHECK(texts(resolve(rig, "moving.test").value()) == Texts{"10.0.0.1"});
  wait_until_known(rig, "moving.test", {"10.0.0.2"});
}

TEST_CASE("resolver: a failing server leaves the last answer, a denial takes it") {
  FakeDns dns;
  dns.set("a.test", answer_of({"10.0.0.1"}, 0));
  transport::Resolver::Options options = dns.options(0s);
  options.negative_ttl = 0s;
  Rig rig(options);
  CHECK(resolve(rig, "a.test"));
  dns.set("a.test", failing(2));
  const int before = dns.asked("a.test");
  rig.run_until([&] {
    rig.resolver.known("a.test");
    return dns.asked("a.test") >= before + 3;
  });
  CHECK(texts(rig.resolver.known("a.test")) == Texts{"10.0.0.1"});
  dns.set("a.test", failing(3));
  wait_until_known(rig, "a.test", {});
}

TEST_CASE("resolver: a time to live below the least is raised to it") {
  FakeDns dns;
  dns.set("a.test", answer_of({"10.0.0.1"}, 0));
  Rig rig(dns.options(60s));
  for (int i = 0; i < 5; ++i) CHECK(resolve(rig, "a.test"));
  CHECK(dns.asked("a.test") == 1);
}

TEST_CASE("resolver: ends within a second while a lookup runs") {
  FakeDns dns;
  dns.set("silent.test", silence());
  const Clock::time_point start = Clock::now();
  {
    transport::Resolver resolver(dns.options());
    resolver.prefetch("silent.test");
  }
  CHECK(Clock::now() - start < 1s);
}

TEST_CASE("channel: names are looked up, and a moved name's connection closes after its poll") {
  FakeDns dns;
  FakeServer server({answers("{}", 4)});
  dns.set("svc.test", answer_of({"127.0.0.1"}, 0));
  Rig rig(dns.options(0s));
  transport::Channel channel = rig.channel("http://svc.test:" + std::to_string(server.port()));
  REQUIRE(rig.get(channel));
  REQUIRE(rig.get(channel));
  CHECK(server.accepted() == 1);
  dns.set("svc.test", answer_of({"127.0.0.2"}, 60));
  wait_until_known(rig, "svc.test", {"127.0.0.2"});
  REQUIRE(rig.get(channel));  // on the kept connection, which then closes
  CHECK(server.accepted() == 1);
  const Result<transport::Reply> moved = rig.get(channel);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().detail ==
        "connect to svc.test (127.0.0.2:" + std::to_string(server.port()) + ") refused: nothing listens there");
}

// 127.0.0.2:port, where a connection attempt gets no answer: its queue is full.
class FullQueue {
 public:
  explicit FullQueue(std::uint16_t port) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    at.sin_port = htons(port);
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    if (::bind(listener_, address, sizeof at) != 0 || ::listen(listener_, 0) != 0)
      throw std::runtime_error("full queue: cannot listen");
    for (int& fd : clients_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(fd, address, sizeof at);
    }
  }
  ~FullQueue() {
    for (const int fd : clients_) ::close(fd);
    ::close(listener_);
  }
  FullQueue(const FullQueue&) = delete;

 private:
  int listener_;
  std::array<int, 4> clients_{};
};

TEST_CASE("channel: an address that does not answer costs its share of the time only") {
  FakeDns dns;
  FakeServer server({answers("{}")});
  const FullQueue silent(server.port());
  dns.set("two.test", answer_of({"127.0.0.2", "127.0.0.1"}));
  Rig rig(dns.options());
  transport::Channel channel = rig.channel("http://two.test:" + std::to_string(server.port()));
  const Clock::time_point start = Clock::now();
  CHECK(outcome(rig.get(channel, "", 1s)) == "well");
  const auto took = Clock::now() - start;
  CHECK(took >= 400ms);  // half of the second, less what the lookup took
  CHECK(took < 1s);

  dns.set("one.test", answer_of({"127.0.0.2"}));
  transport::Channel to_silent = rig.channel("http://one.test:" + std::to_string(server.port()));
  CHECK(outcome(rig.get(to_silent, "", 200ms)) ==
        "timeout: no answer within 200ms: waited for the connection to one.test (127.0.0.2:" +
            std::to_string(server.port()) + ")");
}

TEST_CASE("channel: cancelled, or out of time, while its name is looked up") {
  FakeDns dns;
  dns.set("silent.test", silence());
  Rig rig(dns.options());
  transport::Channel channel = rig.channel("http://silent.test:1");
  CHECK(outcome(rig.get(channel, "", 100ms)) ==
        "timeout: no answer within 100ms: waited for DNS to resolve `silent.test`");
  rig.wheel.at(Clock::now() + 20ms, [&] { channel.cancel(); });
  CHECK(to_string(rig.get(channel).error().stage) == "cancelled");
}

TEST_CASE("channel: a name without an address") {
  FakeDns dns;
  Rig rig(dns.options());
  transport::Channel channel = rig.channel("http://none.test");
  CHECK(outcome(rig.get(channel)) == "resolve: no address for `none.test`: the name does not exist");
}

}  // namespace
}  // namespace tallyman::test
