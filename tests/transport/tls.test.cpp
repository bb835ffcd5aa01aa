// https: who is trusted, and what the errors say.
#include <filesystem>
#include <fstream>

#include "rig.h"
#include "support/fake_server.h"
#include "support/test_ca.h"

namespace tallyman::test {
namespace {

using transport::Channel;
using transport::Reply;

FakeServer::Options with_tls(const TestCa::Pair& pair, const std::string& client_ca = "", bool close_notify = true) {
  FakeServer::Options out;
  out.tls = std::make_unique<ServerTls>();
  out.tls->cert = pair.cert;
  out.tls->key = pair.key;
  out.tls->client_ca = client_ca;
  out.tls->close_notify = close_notify;
  return out;
}

TestCa::Request named(const std::string& common_name, const std::string& names) {
  TestCa::Request out;
  out.common_name = common_name;
  out.names = names;
  return out;
}

Endpoint endpoint_of(const std::string& url, TlsSettings tls) {
  Endpoint out;
  out.url = parse_url(url).value();
  out.tls = std::move(tls);
  return out;
}

std::string at(const FakeServer& server) { return "127.0.0.1:" + std::to_string(server.port()); }

TEST_CASE("tls: a certificate of the configured authority is trusted, and the connection kept") {
  TestCa ca;
  FakeServer server({answers("{}", 3)}, with_tls(ca.issue(named("server", "IP:127.0.0.1"))));
  Rig rig;
  TlsSettings tls;
  tls.ca = ca.ca();
  Channel channel(rig.shared, endpoint_of(server.url(), tls));
  for (int i = 0; i < 3; ++i) {
    const Result<Reply> reply = rig.get(channel, "/x");
    REQUIRE(reply);
    CHECK(reply->body == "{}");
  }
  CHECK(server.accepted() == 1);
}

TEST_CASE("tls: whom it does not trust, it says why") {
  TestCa ca, other;
  TestCa::Request expired = named("old", "IP:127.0.0.1");
  expired.from_day = -30;
  expired.to_day = -1;
  TestCa::Request future = expired;
  future.from_day = 2;
  future.to_day = 30;
  TestCa::Request self_signed = named("lonely", "IP:127.0.0.1");
  self_signed.self_signed = true;
  struct Row {
    const char* what;
    TestCa::Pair pair;
    std::string server_name, starts, ends;
  };
  const Row rows[] = {
      {"self-signed", ca.issue(self_signed), "", "certificate verify failed: self-signed certificate (CN=lonely)",
       "; name its CA in tls.ca"},
      {"unknown authority", other.issue(named("stranger", "IP:127.0.0.1")), "",
       "certificate verify failed: unable to get local issuer certificate (CN=stranger)", "; name its CA in tls.ca"},
      {"expired", ca.issue(expired), "", "certificate verify failed: certificate has expired (CN=old), it ended ",
       " GMT"},
      {"not yet valid", ca.issue(future), "",
       "certificate verify failed: certificate is not yet valid (CN=old), it begins ", " GMT"},
      {"wrong address", ca.issue(named("a", "IP:127.0.0.2")), "",
       "certificate verify failed: IP address mismatch (CN=a), expected `127.0.0.1`; ",
       "set tls.server_name if that is not its name"},
      {"wrong name", ca.issue(named("b", "DNS:b.example,DNS:c.example")), "a.example",
       "certificate verify failed: hostname mismatch (CN=b, DNS:b.example, DNS:c.example), expected `a.example`; ",
       "set tls.server_name if that is not its name"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    FakeServer server({answers("{}")}, with_tls(row.pair));
    Rig rig;
    TlsSettings tls;
    tls.ca = ca.ca();
    tls.server_name = row.server_name;
    Channel channel(rig.shared, endpoint_of(server.url(), tls));
    const std::string got = outcome(rig.get(channel));
    const std::string starts = "tls: TLS with " + at(server) + ": " + row.starts;
    CHECK(got.substr(0, starts.size()) == starts);
    CHECK(got.substr(got.size() - std::min(got.size(), row.ends.size())) == row.ends);
    CHECK(server.requests().empty());
  }
}

TEST_CASE("tls: server_name is sent and checked; insecure checks nothing; the system's store is the default") {
  TestCa ca;
  FakeServer server({answers("{}")}, with_tls(ca.issue(named("x", "DNS:right.example"))));
  Rig rig;
  TlsSettings right, insecure;
  right.ca = ca.ca();
  right.server_name = "right.example";
  insecure.insecure = true;
  Channel by_name(rig.shared, endpoint_of(server.url(), right));
  CHECK(outcome(rig.get(by_name)) == "well");
  Channel trusting(rig.shared, endpoint_of(server.url(), insecure));
  CHECK(outcome(rig.get(trusting)) == "well");
  Channel by_default(rig.shared, endpoint_of(server.url(), TlsSettings()));
  CHECK(to_string(rig.get(by_default).error().stage) == "tls");
}

TEST_CASE("tls: client certificates") {
  TestCa ca;
  FakeServer server({answers("{}")}, with_tls(ca.issue(named("server", "IP:127.0.0.1")), ca.ca()));
  const TestCa::Pair mine = ca.issue(named("client", ""));
  Rig rig;
  TlsSettings tls;
  tls.ca = ca.ca();
  Channel without(rig.shared, endpoint_of(server.url(), tls));
  const Result<Reply> refused = rig.get(without);
  REQUIRE_FALSE(refused);
  CHECK(to_string(refused.error().stage) == "tls");
  CHECK(refused.error().detail.find("does the server want a client certificate (tls.cert, tls.key)?") !=
        std::string::npos);
  tls.cert = mine.cert;
  tls.key = mine.key;
  Channel with(rig.shared, endpoint_of(server.url(), tls));
  CHECK(outcome(rig.get(with)) == "well");
}

TEST_CASE("tls: files that cannot be used are named") {
  TestCa ca;
  const TestCa::Pair a = ca.issue(named("a", "")), b = ca.issue(named("b", ""));
  const std::string text = ca.folder() + "/text.pem";
  std::ofstream(text) << "no certificate\n";
  struct Row {
    TlsSettings tls;
    std::string starts;
  };
  const auto settings = [](std::string ca_file, std::string cert, std::string key) {
    TlsSettings out;
    out.ca = std::move(ca_file), out.cert = std::move(cert), out.key = std::move(key);
    return out;
  };
  const Row rows[] = {
      {settings("/no/ca.pem", "", ""), "tls: tls.ca: no such file: /no/ca.pem"},
      {settings(text, "", ""), "tls: tls.ca: " + text + ": "},
      {settings(ca.ca(), "/no/cert.pem", ""), "tls: tls.cert: no such file: /no/cert.pem"},
      {settings(ca.ca(), a.cert, "/no/key.pem"), "tls: tls.key: no such file: /no/key.pem"},
      {settings(ca.ca(), a.cert, b.key),
       "tls: tls.key: " + b.key + ": key values mismatch; expected a private key in PEM"},
  };
  Rig rig;
  FakeServer server({answers("{}")}, with_tls(a));
  for (const Row& row : rows) {
    INFO(row.starts);
    Channel channel(rig.shared, endpoint_of(server.url(), row.tls));
    CHECK(outcome(rig.get(channel)).substr(0, row.starts.size()) == row.starts);
  }
  CHECK(server.accepted() <= 5);
}

TEST_CASE("tls: a changed ca file is read again") {
  TestCa right, wrong;
  FakeServer server({{request(), send(ok("{}", "Connection: close\r\n"))}},
                    with_tls(right.issue(named("server", "IP:127.0.0.1"))));
  const std::string path = wrong.folder() + "/swapped.pem";
  std::filesystem::copy_file(wrong.ca(), path);
  Rig rig;
  TlsSettings tls;
  tls.ca = path;
  Channel channel(rig.shared, endpoint_of(server.url(), tls));
  CHECK(to_string(rig.get(channel).error().stage) == "tls");
  std::filesystem::remove(path);
  std::filesystem::copy_file(right.ca(), path);
  CHECK(outcome(rig.get(channel)) == "well");
  CHECK(outcome(rig.get(channel)) == "well");  // a new connection, with the session of the last
}

TEST_CASE("tls: the deadline holds in the handshake") {
  FakeServer::Options options;
  options.tls = std::make_unique<ServerTls>();
  options.tls->silent = true;
  FakeServer server({{}}, std::move(options));
  Rig rig;
  Channel channel(rig.shared, endpoint_of(server.url(), TlsSettings()));
  const Clock::time_point start = Clock::now();
  CHECK(outcome(rig.get(channel, "", 200ms)) ==
        "timeout: no answer within 200ms: waited for the TLS handshake with " + at(server));
  CHECK(Clock::now() - start < 2s);
}

TEST_CASE("tls: cancelled in the handshake") {
  FakeServer::Options options;
  options.tls = std::make_unique<ServerTls>();
  options.tls->silent = true;
  FakeServer server({{}}, std::move(options));
  Rig rig;
  Channel channel(rig.shared, endpoint_of(server.url(), TlsSettings()));
  rig.wheel.at(Clock::now() + 30ms, [&] { channel.cancel(); });
  CHECK(to_string(rig.get(channel).error().stage) == "cancelled");
}

TEST_CASE("tls: plain and TLS mixed up") {
  TestCa ca;
  FakeServer plain({{send("HTTP/1.1 400 Bad Request\r\n\r\n"), hang()}});
  FakeServer secure({answers("{}")}, with_tls(ca.issue(named("server", "IP:127.0.0.1"))));
  Rig rig;
  Channel to_plain(rig.shared, endpoint_of("https" + plain.url().substr(4), TlsSettings()));
  CHECK(outcome(rig.get(to_plain)) ==
        "tls: TLS with " + at(plain) + ": the server does not speak TLS on this port; use http://");
  Channel to_secure(rig.shared, endpoint_of("http" + secure.url().substr(5), TlsSettings()));
  CHECK(outcome(rig.get(to_secure)) ==
        "read: " + at(secure) + " closed the connection before it sent a byte of the answer");
}

TEST_CASE("tls: a body without a length needs a proper end") {
  TestCa ca;
  const Script script = {request(), send("HTTP/1.1 200 OK\r\n\r\npart")};
  for (const bool proper : {true, false}) {
    FakeServer server({script}, with_tls(ca.issue(named("server", "IP:127.0.0.1")), "", proper));
    Rig rig;
    TlsSettings tls;
    tls.ca = ca.ca();
    Channel channel(rig.shared, endpoint_of(server.url(), tls));
    CHECK(outcome(rig.get(channel)).substr(0, 5) == (proper ? "well" : "read:"));
  }
}

TEST_CASE("tls: redirects stay secure, and client certificates at home") {
  TestCa ca;
  FakeServer plain({answers("{}")});
  FakeServer server(
      {{request(), send("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + plain.url("/x") + "\r\n\r\n")}},
      with_tls(ca.issue(named("server", "IP:127.0.0.1"))));
  Rig rig;
  TlsSettings tls;
  tls.ca = ca.ca();
  Channel channel(rig.shared, endpoint_of(server.url("/"), tls));
  CHECK(outcome(rig.get(channel)) == "redirect: " + server.url("/") + " redirects to " + plain.url("/x") +
                                         ", from https to http, which is not followed");
  CHECK(plain.accepted() == 0);
}

}  // namespace
}  // namespace tallyman::test
