// A channel against a scripted server: connections, deadlines, errors, the retry rule.
#include <sys/resource.h>

#include "rig.h"
#include "support/catch.h"
#include "support/fake_server.h"

namespace tallyman::test {
namespace {

using transport::Channel;
using transport::Reply;
using transport::Request;

std::string header_of(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "(none)";
  const std::size_t from = at + name.size() + 4;
  return request.substr(from, request.find("\r\n", from) - from);
}

TEST_CASE("channel: one connection for many polls") {
  FakeServer server({answers("{}", 5)});
  Rig rig;
  Channel channel = rig.channel(server.url());
  for (int i = 0; i < 5; ++i) {
    const Result<Reply> reply = rig.get(channel, "/x");
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(reply->body == "{}");
  }
  CHECK(server.accepted() == 1);
  CHECK(server.requests().size() == 5);
}

TEST_CASE("channel: the request has what a server expects") {
  FakeServer server({answers("{}", 2)});
  Rig rig;
  Channel channel = rig.channel(server.url("/base?a=1"));
  REQUIRE(rig.get(channel, "/workers?b=2"));
  const std::string sent = server.requests().at(0);
  CHECK(sent.substr(0, sent.find("\r\n")) == "GET /base/workers?b=2&a=1 HTTP/1.1");
  CHECK(header_of(sent, "Host") == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(header_of(sent, "User-Agent").substr(0, 9) == "tallyman/");
  CHECK(header_of(sent, "Accept") == "application/json, */*;q=0.5");
  CHECK(header_of(sent, "Accept-Encoding") == "gzip, deflate");
  CHECK(header_of(sent, "Content-Length") == "(none)");

  Request post;
  post.method = "POST";
  post.path = "/rpc";
  post.body = "<x/>";
  post.content_type = "text/xml";
  post.headers = {{"Accept", "text/xml"}, {"X-Trace", "7"}};
  REQUIRE(rig.run(channel.fetch(post, Clock::now() + 5s)));
  const std::string posted = server.requests().at(1);
  CHECK(posted.substr(0, posted.find("\r\n")) == "POST /base/rpc?a=1 HTTP/1.1");
  CHECK(header_of(posted, "Accept") == "text/xml");  // one, not two
  CHECK(posted.find("application/json") == std::string::npos);
  CHECK(header_of(posted, "X-Trace") == "7");
  CHECK(header_of(posted, "Content-Length") == "4");
  CHECK(header_of(posted, "Content-Type") == "text/xml");
  CHECK(posted.substr(posted.size() - 8) == "\r\n\r\n<x/>");
}

TEST_CASE("channel: a url that ends with a slash is asked for as written") {
  FakeServer server({answers("{}", 2)});
  Rig rig;
  Channel channel = rig.channel(server.url("/library/metrics/"));
  REQUIRE(rig.get(channel, "/"));
  REQUIRE(rig.get(channel, "/x"));
  CHECK(server.requests().at(0).starts_with("GET /library/metrics/ HTTP/1.1\r\n"));
  CHECK(server.requests().at(1).starts_with("GET /library/metrics/x HTTP/1.1\r\n"));
}

TEST_CASE("channel: a reply says what came") {
  FakeServer server(
      {{request(), send("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nX-A:  b \r\nContent-Length: 3\r\n\r\nno!")}});
  Rig rig;
  Channel channel = rig.channel(server.url());
  const double before = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const Result<Reply> reply = rig.get(channel);
  REQUIRE(reply);
  CHECK(reply->status == 503);
  CHECK(reply->body == "no!");
  CHECK(reply->headers == ReplyHeaders{{"retry-after", "7"}, {"x-a", "b"}, {"content-length", "3"}});
  CHECK(reply->wire_bytes ==
        std::string("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nX-A:  b \r\nContent-Length: 3\r\n\r\nno!").size());
  CHECK(reply->arrived >= before);
}

TEST_CASE("channel: connections that may not be kept are not") {
  const std::string body = "{}";
  struct Row {
    const char* what;
    std::string answer;
    int connections;
  };
  const Row rows[] = {
      {"Connection: close", ok(body, "Connection: close\r\n"), 2},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 2},
      {"HTTP/1.0 with keep-alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", 1},
      {"bytes after the answer", ok(body) + "HTTP", 2},
      {"HTTP/1.1", ok(body), 1},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    FakeServer server({{request(), send(row.answer), request(), send(row.answer), hang()}});
    Rig rig;
    Channel channel = rig.channel(server.url());
    REQUIRE(rig.get(channel));
    REQUIRE(rig.get(channel));
    CHECK(server.accepted() == row.connections);
  }
}

TEST_CASE("channel: errors of a connection are named") {
  struct Row {
    const char* what;
    Script script;
    Stage stage;
    const char* detail;  // after the peer
  };
  const Row rows[] = {
      {"half a body",
       {request(), send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234"), close()},
       Stage::read,
       ": the connection was closed before the end of the body (4 of 10 bytes came)"},
      {"half a header",
       {request(), send("HTTP/1.1 200 OK\r\nContent-Le"), close()},
       Stage::read,
       ": the connection was closed before the end of the header"},
      {"closed at once",
       {request(), close()},
       Stage::read,
       " closed the connection before it sent a byte of the answer"},
      {"another protocol",
       {request(), send("SSH-2.0-OpenSSH_9.2p1\r\n\r\n\r\n"), hang()},
       Stage::read,
       ": the answer is not HTTP/1.1: it begins with `SSH-2.0-OpenSSH_9.2p1`"},
      {"body over the limit",
       {request(), send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), hang()},
       Stage::limit,
       ": the body is over the limit of 1000 bytes; raise the target's limits.body"},
      {"endless body over the limit",
       {request(), send("HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x')), hang()},
       Stage::limit,
       ": the body is over the limit of 1000 bytes; raise the target's limits.body"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    FakeServer server({row.script});
    Rig rig;
    Endpoint endpoint;
    endpoint.url = parse_url(server.url()).value();
    endpoint.body_limit = 1000;
    Channel channel(rig.shared, endpoint);
    const Result<Reply> reply = rig.get(channel);
    REQUIRE_FALSE(reply);
    CHECK(to_string(reply.error().stage) == to_string(row.stage));
    CHECK(reply.error().detail == "127.0.0.1:" + std::to_string(server.port()) + row.detail);
  }
}

TEST_CASE("channel: refused") {
  const DeadPort port;
  Rig rig;
  Channel channel = rig.channel("http://127.0.0.1:" + std::to_string(port.port()));
  const Result<Reply> reply = rig.get(channel);
  REQUIRE_FALSE(reply);
  CHECK(to_string(reply.error().stage) == "connect");
  CHECK(reply.error().detail ==
        "connect to 127.0.0.1:" + std::to_string(port.port()) + " refused: nothing listens there");
}

TEST_CASE("channel: the next address is tried") {
  // localhost is 127.0.0.1, then ::1; the server is at ::1 only.
  FakeServer::Options options;
  options.where = FakeServer::Where::ipv6;
  FakeServer server({answers("{}")}, std::move(options));
  Rig rig;
  Channel channel = rig.channel("http://localhost:" + std::to_string(server.port()));
  const Result<Reply> reply = rig.get(channel);
  REQUIRE(reply);
  CHECK(reply->body == "{}");
}

TEST_CASE("channel: over IPv6 and over a unix socket") {
  for (const auto where : {FakeServer::Where::ipv6, FakeServer::Where::unix_socket}) {
    FakeServer::Options options;
    options.where = where;
    options.socket_path = "/tmp/tallyman-test-" + std::to_string(::getpid()) + ".sock";
    FakeServer server({answers("{}", 2)}, std::move(options));
    Rig rig;
    Channel channel = rig.channel(server.url("/stats"));
    REQUIRE(rig.get(channel));
    REQUIRE(rig.get(channel));
    CHECK(server.accepted() == 1);
    const std::string sent = server.requests().at(0);
    CHECK(sent.substr(0, sent.find("\r\n")) == "GET /stats HTTP/1.1");
    CHECK(header_of(sent, "Host") ==
          (where == FakeServer::Where::ipv6 ? "[::1]:" + std::to_string(server.port()) : "localhost"));
  }
}

TEST_CASE("channel: no such unix socket") {
  Rig rig;
  Channel channel = rig.channel("unix:/tmp/tallyman-no-such.sock:/x");
  const Result<Reply> reply = rig.get(channel);
  REQUIRE_FALSE(reply);
  CHECK(to_string(reply.error().stage) == "connect");
  CHECK(reply.error().detail == "connect to /tmp/tallyman-no-such.sock: no such socket");
}

TEST_CASE("channel: deadlines") {
  struct Row {
    const char* what;
    Script script;
    const char* waited_for;
  };
  const Row rows[] = {
      {"no answer", {request(), hang()}, "the status line"},
      {"stalled header", {request(), send("HTTP/1.1 200 OK\r\nA: b\r\n"), hang()}, "the end of the header"},
      {"stalled body",
       {request(), send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12"), hang()},
       "the end of the body (2 of 9 bytes came)"},
      {"a byte every 20 ms", {request(), drip(ok(std::string(100, 'x')), 20ms)}, "the status line"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    FakeServer server({row.script});
    Rig rig;
    Channel channel = rig.channel(server.url());
    const Clock::time_point start = Clock::now();
    const Result<Reply> reply = rig.get(channel, "", 200ms);
    const auto took = Clock::now() - start;
    REQUIRE_FALSE(reply);
    CHECK(to_string(reply.error().stage) == "timeout");
    CHECK(reply.error().detail == "no answer within 200ms: waited for " + std::string(row.waited_for) +
                                      " from 127.0.0.1:" + std::to_string(server.port()));
    CHECK(took >= 200ms);
    CHECK(took < 2s);
  }
}

TEST_CASE("channel: a poll after a timeout uses a new connection") {
  FakeServer server({{request(), hang()}, answers("{}")});
  Rig rig;
  Channel channel = rig.channel(server.url());
  REQUIRE_FALSE(rig.get(channel, "", 50ms));
  REQUIRE(rig.get(channel));
  CHECK(server.accepted() == 2);
}

TEST_CASE("channel: the one retry") {
  struct Row {
    const char* what;
    const char* method;
    std::vector<Script> scripts;
    bool well;
    int connections;
  };
  const Script one = answers("{}");
  const Row rows[] = {
      {"GET on a closed kept connection", "GET", {one + Script{request(), close()}, one}, true, 2},
      {"GET on a reset kept connection", "GET", {one + Script{request(), reset()}, one}, true, 2},
      {"GET, closed twice", "GET", {one + Script{request(), close()}, {request(), close()}, one}, false, 2},
      {"GET, closed after a byte", "GET", {one + Script{request(), send("H"), close()}, one}, false, 1},
      {"POST, closed after the request", "POST", {one + Script{request(), close()}, one}, false, 1},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    FakeServer server(row.scripts);
    Rig rig;
    Channel channel = rig.channel(server.url());
    REQUIRE(rig.get(channel));
    Request second;
    second.method = row.method;
    const Result<Reply> reply = rig.run(channel.fetch(second, Clock::now() + 5s));
    CHECK(reply.has_value() == row.well);
    if (!reply) CHECK(to_string(reply.error().stage) == "read");
    CHECK(server.accepted() == row.connections);
  }
}

TEST_CASE("channel: a POST is not sent on a connection that the server has closed") {
  FakeServer server({answers("{}")});
  Rig rig;
  Channel channel = rig.channel(server.url());
  REQUIRE(rig.get(channel));
  REQUIRE(server.await_closed(1));
  Request post;
  post.method = "POST";
  CHECK(rig.run(channel.fetch(post, Clock::now() + 5s)));
  CHECK(server.accepted() == 2);
}

TEST_CASE("channel: cancel ends what is in flight, and what comes later") {
  FakeServer server({{request(), hang()}});
  Rig rig;
  Channel channel = rig.channel(server.url());
  rig.wheel.at(Clock::now() + 30ms, [&] { channel.cancel(); });
  const Result<Reply> reply = rig.get(channel);
  REQUIRE_FALSE(reply);
  CHECK(to_string(reply.error().stage) == "cancelled");
  const Result<Reply> later = rig.get(channel);
  REQUIRE_FALSE(later);
  CHECK(to_string(later.error().stage) == "cancelled");
  CHECK(server.accepted() == 1);
}

TEST_CASE("channel: a channel may go while a call is in flight") {
  FakeServer server({{request(), hang()}});
  Rig rig;
  Endpoint endpoint;
  endpoint.url = parse_url(server.url()).value();
  endpoint.body_limit = 1000;
  auto channel = std::make_unique<Channel>(rig.shared, std::move(endpoint));
  rig.wheel.at(Clock::now() + 30ms, [&] { channel.reset(); });
  const Result<Reply> reply = rig.run(channel->fetch(Request(), Clock::now() + 5s));
  REQUIRE_FALSE(reply);
  CHECK(to_string(reply.error().stage) == "cancelled");
}

TEST_CASE("channel: a loop may end with calls in flight") {
  FakeServer server({{request(), hang()}});
  auto rig = std::make_unique<Rig>();
  Endpoint endpoint;
  endpoint.url = parse_url(server.url()).value();
  auto channel = std::make_unique<Channel>(rig->shared, std::move(endpoint));
  boost::asio::co_spawn(rig->loop, channel->fetch(Request(), Clock::now() + 5s),
                        [](std::exception_ptr, Result<Reply>) {});
  rig->run_until([&] { return server.requests().size() == 1; });
  channel.reset();
  rig.reset();
  SUCCEED("no leak, no crash: the sanitizers say so");
}

TEST_CASE("channel: a second call at once has a connection of its own") {
  FakeServer server({answers("1", 2), answers("2", 2)});
  Rig rig;
  Channel channel = rig.channel(server.url());
  int done = 0;
  const auto count = [&](std::exception_ptr, Result<Reply> reply) { done += reply.has_value() ? 1 : 100; };
  for (int i = 0; i < 2; ++i) boost::asio::co_spawn(rig.loop, channel.fetch(Request(), Clock::now() + 5s), count);
  rig.run_until([&] { return done >= 2; });
  CHECK(done == 2);
  CHECK(server.accepted() == 2);
  REQUIRE(rig.get(channel));  // one of the two was kept
  CHECK(server.accepted() == 2);
}

TEST_CASE("channel: HEAD has no body, whatever its length says") {
  FakeServer server({{request(), send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"), request(), send(ok("{}"))}});
  Rig rig;
  Channel channel = rig.channel(server.url());
  Request head;
  head.method = "HEAD";
  const Result<Reply> reply = rig.run(channel.fetch(head, Clock::now() + 5s));
  REQUIRE(reply);
  CHECK(reply->body.empty());
  CHECK(rig.get(channel)->body == "{}");
  CHECK(server.accepted() == 1);
}

// Takes all descriptors that the process may have; gives them back at the end.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);  // the lowest free one
    ::close(next);
    const rlimit low{static_cast<rlim_t>(next), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_CASE("channel: running out of descriptors is a reason of its own") {
  FakeServer server({answers("{}")});
  Rig rig;
  Channel http = rig.channel(server.url()), file = rig.channel("file:/etc/passwd");
  {
    const NoDescriptors none;
    for (Channel* channel : {&http, &file}) {
      const Result<Reply> reply = rig.get(*channel);
      REQUIRE_FALSE(reply);
      CHECK(to_string(reply.error().stage) == "fds");
      CHECK(reply.error().detail.find("no file descriptor left") != std::string::npos);
    }
  }
  CHECK(rig.get(http));
}

}  // namespace
}  // namespace tallyman::test
