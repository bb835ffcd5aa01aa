// Through an HTTP proxy: what it is asked, what its refusals are called. That bytes get through a tunnel is seen end to
// end.
#include <fstream>

#include "rig.h"
#include "support/catch.h"
#include "support/fake_server.h"

namespace tallyman::test {
namespace {

using transport::Channel;
using transport::Reply;

Channel through(Rig& rig, const FakeServer& proxy, const std::string& url, AuthSettings auth = {}) {
  Endpoint endpoint;
  endpoint.url = parse_url(url).value();
  endpoint.proxy.url = parse_url(proxy.url()).value();
  endpoint.proxy.auth = std::move(auth);
  return Channel(rig.shared, std::move(endpoint));
}

AuthSettings user_and_password() {
  AuthSettings out;
  out.kind = AuthSettings::Kind::basic;
  out.name = "me";
  out.secret = Secret(Secret::Source::inline_value, "hush");
  return out;
}

std::string first_line(const std::string& request) { return request.substr(0, request.find("\r\n")); }

TEST_CASE("proxy: http is asked for in full, on one kept connection") {
  FakeServer proxy({answers("{}", 2)});
  Rig rig;
  // A name that only the proxy knows.
  Channel channel = through(rig, proxy, "http://inside.invalid:81/base?a=1", user_and_password());
  for (int i = 0; i < 2; ++i) {
    const Result<Reply> reply = rig.get(channel, "/x");
    REQUIRE(reply);
    CHECK(reply->body == "{}");
  }
  CHECK(proxy.accepted() == 1);
  const std::string sent = proxy.requests().at(1);
  CHECK(first_line(sent) == "GET http://inside.invalid:81/base/x?a=1 HTTP/1.1");
  CHECK(sent.find("\r\nHost: inside.invalid:81\r\n") != std::string::npos);
  CHECK(sent.find("\r\nProxy-Authorization: Basic bWU6aHVzaA==\r\n") != std::string::npos);
  CHECK(sent.find("\r\nAuthorization:") == std::string::npos);
}

TEST_CASE("proxy: a redirect to another host goes through it as well") {
  FakeServer proxy(
      {{request(), send("HTTP/1.1 302 Found\r\nLocation: http://other.invalid/y\r\nContent-Length: 0\r\n\r\n")},
       answers("{}")});
  Rig rig;
  Channel channel = through(rig, proxy, "http://inside.invalid", user_and_password());
  REQUIRE(rig.get(channel, "/x"));
  const std::string sent = proxy.requests().at(1);
  CHECK(first_line(sent) == "GET http://other.invalid/y HTTP/1.1");
  CHECK(sent.find("\r\nProxy-Authorization: Basic bWU6aHVzaA==\r\n") != std::string::npos);
}

TEST_CASE("proxy: https asks for a tunnel and tells the proxy nothing of the target's") {
  FakeServer proxy({{request(), send("HTTP/1.1 200 Connection established\r\n\r\n"), close()}});
  Rig rig;
  Endpoint endpoint;
  endpoint.url = parse_url("https://inside.invalid/secret/path").value();
  endpoint.auth = user_and_password();
  endpoint.proxy.url = parse_url(proxy.url()).value();
  Channel channel(rig.shared, std::move(endpoint));
  const Result<Reply> reply = rig.get(channel);
  REQUIRE_FALSE(reply);
  const std::string sent = proxy.requests().at(0);
  CHECK(first_line(sent) == "CONNECT inside.invalid:443 HTTP/1.1");
  CHECK(sent.find("\r\nHost: inside.invalid:443\r\n") != std::string::npos);
  CHECK(sent.find("uthorization") == std::string::npos);
  CHECK(sent.find("secret") == std::string::npos);
  CHECK(to_string(reply.error().stage) == "tls");
  CHECK(reply.error().detail.find("TLS with inside.invalid through the proxy 127.0.0.1:") == 0);
}

TEST_CASE("proxy: refusals say who refused what") {
  const std::string empty = "\r\nContent-Length: 0\r\n\r\n";
  struct Row {
    Script script;
    bool auth;
    std::string url, reason, has;
  };
  const Row rows[] = {
      {{request(), send("HTTP/1.1 407 Who" + empty)},
       false,
       "https://h.invalid",
       "auth",
       " asks for a user and password (407): say them in proxy: { url, auth: { basic: { user, password } } }"},
      {{request(), send("HTTP/1.1 407 Who" + empty)},
       true,
       "https://h.invalid",
       "auth",
       " refuses our user and password (407)"},
      {{request(), send("HTTP/1.1 407 Who" + empty)},
       true,
       "http://h.invalid",
       "auth",
       " refuses our user and password (407)"},
      {{request(), send("HTTP/1.1 403 No" + empty)},
       false,
       "https://h.invalid:8443",
       "connect",
       " does not connect us to h.invalid:8443: it answers 403"},
      {{request(), send("HTTP/1.1 503 No\r\nContent-Length: 9999999\r\n\r\n")},
       false,
       "https://h.invalid",
       "connect",
       " does not connect us to h.invalid:443: it answers 503"},
      {{request(), close()}, false, "https://h.invalid", "read", " closed the connection before it sent a byte"},
      {{request(), send("SSH-2.0-x\r\n\r\n")}, false, "https://h.invalid", "read", "the proxy 127.0.0.1:"},
      {{request(), hang()}, false, "https://h.invalid", "timeout", "the proxy 127.0.0.1:"},
  };
  for (const Row& row : rows) {
    FakeServer proxy({row.script});
    Rig rig;
    Channel channel = through(rig, proxy, row.url, row.auth ? user_and_password() : AuthSettings{});
    const Result<Reply> reply = rig.get(channel, "", row.reason == std::string_view("timeout") ? 400ms : 10s);
    INFO(row.has);
    REQUIRE_FALSE(reply);
    INFO(reply.error().detail);
    CHECK(to_string(reply.error().stage) == row.reason);
    CHECK(reply.error().detail.find(row.has) != std::string::npos);
    CHECK(reply.error().detail.find("hush") == std::string::npos);
  }
}

TEST_CASE("proxy: one that is not there is named as such") {
  const DeadPort dead;
  Rig rig;
  Endpoint endpoint;
  endpoint.url = parse_url("https://h.invalid").value();
  endpoint.proxy.url = parse_url("http://127.0.0.1:" + std::to_string(dead.port())).value();
  Channel channel(rig.shared, std::move(endpoint));
  const Result<Reply> reply = rig.get(channel);
  REQUIRE_FALSE(reply);
  CHECK(to_string(reply.error().stage) == "connect");
  CHECK(reply.error().detail.find("connect to the proxy 127.0.0.1:") == 0);
}

TEST_CASE("proxy: a unix socket needs none") {
  FakeServer proxy({answers("proxy")});
  Endpoint endpoint;
  endpoint.url = parse_url("unix:/run/x.sock").value();
  endpoint.proxy.url = parse_url(proxy.url()).value();
  CHECK_FALSE(endpoint.proxied());
  CHECK(endpoint.first_hop().socket_path == "/run/x.sock");
}

}  // namespace
}  // namespace tallyman::test
