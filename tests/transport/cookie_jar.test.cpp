// The cookie jar, and a channel that keeps one: what is sent where.
#include "transport/cookie_jar.h"

#include "rig.h"
#include "support/fake_server.h"

namespace tallyman::test {
namespace {

using transport::CookieJar;
using transport::Reply;
using transport::Request;

constexpr double now = 1'795'000'000;  // 2026-11-18

TEST_CASE("cookie jar: what a Set-Cookie becomes") {
  struct Row {
    const char* set;
    const char* header;  // at /a/b over http, without the line end
  };
  const Row rows[] = {
      {"sid=1", "Cookie: sid=1"},
      {" sid = 1 ", "Cookie: sid=1"},
      {"sid=a=b==", "Cookie: sid=a=b=="},
      {"sid=\"q r\"; HttpOnly; SameSite=Lax", "Cookie: sid=\"q r\""},
      {"sid=", "Cookie: sid="},
      // As a kobo hub writes them.
      {" sessionid=fg5yox; expires=Sun, 06 Dec 2026 01:08:11 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax",
       "Cookie: sessionid=fg5yox"},
      {"sid=1; Domain=elsewhere.example", "Cookie: sid=1"},
      // not cookies
      {"", ""},
      {"sid", ""},
      {"=1", ""},
      {"; Path=/", ""},
      {"sid=a\rb", ""},
      {"sid=a\x01", ""},
      // over before they began
      {"sid=1; Max-Age=0", ""},
      {"sid=1; max-age=-5", ""},
      {"sid=1; Max-Age=-99999999999999999999999", ""},
      {"sid=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""},
      {"sid=1; Expires=Thu, 01-Jan-70 00:00:01 GMT", ""},
      {"sid=1; Expires=Thu Jan  1 00:00:00 1970", ""},
      // Max-Age goes before Expires
      {"sid=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "Cookie: sid=1"},
      {"sid=1; Max-Age=0; Expires=Thu, 01 Jan 2099 00:00:00 GMT", ""},
      // what cannot be read is not said
      {"sid=1; Max-Age=soon", "Cookie: sid=1"},
      {"sid=1; Max-Age=", "Cookie: sid=1"},
      {"sid=1; Max-Age=99999999999999999999999", "Cookie: sid=1"},
      {"sid=1; Expires=tomorrow", "Cookie: sid=1"},
      {"sid=1; Expires=Thu, 32 Jan 1970 00:00:00 GMT", "Cookie: sid=1"},
      {"sid=1; Expires=Wed, 18 Nov 2099 25:00:00 GMT", "Cookie: sid=1"},
      // the path
      {"sid=1; Path=/", "Cookie: sid=1"},
      {"sid=1; Path=/a", "Cookie: sid=1"},
      {"sid=1; Path=/a/", "Cookie: sid=1"},
      {"sid=1; Path=/a/b", "Cookie: sid=1"},
      {"sid=1; Path=/a/b/", ""},
      {"sid=1; Path=/a/bc", ""},
      {"sid=1; Path=/x", ""},
      {"sid=1; Path=x", "Cookie: sid=1"},
      {"sid=1; Path=/x; Path=/", "Cookie: sid=1"},
      // not over http
      {"sid=1; Secure", ""},
  };
  for (const Row& row : rows) {
    INFO(row.set);
    CookieJar jar;
    jar.store(row.set, "/a/login?next=/", now);
    CHECK(jar.header("/a/b?q=/x", false, now) == (*row.header ? std::string(row.header) + "\r\n" : ""));
  }
}

TEST_CASE("cookie jar: the path without a Path is the folder of the page") {
  const auto sent = [](const char* set_at, const char* target) {
    CookieJar jar;
    jar.store("a=1", set_at, now);
    return !jar.header(target, false, now).empty();
  };
  CHECK(sent("/login", "/x"));
  CHECK(sent("/api/login", "/api/x"));
  CHECK(sent("/api/login", "/api"));
  CHECK(sent("/api/login/", "/api/login/x"));
  CHECK_FALSE(sent("/api/login/", "/api/x"));
  CHECK_FALSE(sent("/api/login", "/apix"));
  CHECK_FALSE(sent("/api/login", "/"));
}

TEST_CASE("cookie jar: replaced, taken out, forgotten, over") {
  CookieJar jar;
  jar.store("a=1; Path=/", "/", now);
  jar.store("b=2; Path=/; Max-Age=10", "/", now);
  jar.store("a=3; Path=/deep", "/", now);
  CHECK(jar.header("/deep/x", false, now) == "Cookie: a=3; a=1; b=2\r\n");  // the nearest path first
  jar.store("a=4; Path=/", "/", now);
  CHECK(jar.header("/", false, now) == "Cookie: a=4; b=2\r\n");
  CHECK(jar.header("/", false, now + 9) == "Cookie: a=4; b=2\r\n");
  CHECK(jar.header("/", false, now + 10) == "Cookie: a=4\r\n");
  jar.store("a=; Path=/; Max-Age=0", "/", now);
  CHECK(jar.header("/deep/x", false, now) == "Cookie: a=3; b=2\r\n");
  jar.clear();
  CHECK(jar.header("/deep/x", true, now) == "");
  jar.store("s=1; Secure", "/", now);
  CHECK(jar.header("/", true, now) == "Cookie: s=1\r\n");
}

TEST_CASE("cookie jar: a server cannot fill it") {
  CookieJar jar;
  for (int i = 0; i < 1000; ++i) jar.store("c" + std::to_string(i) + "=1", "/", now);
  const std::string header = jar.header("/", false, now);
  CHECK(std::count(header.begin(), header.end(), '=') == 50);
  jar.clear();
  jar.store("c=" + std::string(4095, 'x'), "/", now);
  CHECK(jar.header("/", false, now).size() == std::string("Cookie: c=\r\n").size() + 4095);
  jar.store("d=" + std::string(4096, 'x'), "/", now);
  CHECK(jar.header("/", false, now).find("d=") == std::string::npos);
}

std::string cookie_of(const std::string& request) {
  const std::size_t at = request.find("\r\nCookie: ");
  return at == std::string::npos ? "(none)" : request.substr(at + 10, request.find("\r\n", at + 2) - at - 10);
}

Request asked(const char* path, bool new_session = false) {
  Request out;
  out.path = path;
  out.new_session = new_session;
  return out;
}

std::string set(const std::string& cookies) { return "Set-Cookie: " + cookies + "\r\n"; }

TEST_CASE("channel: keeps cookies from the first session on, and each session its own") {
  FakeServer server({{request(), send(ok("{}", set("before=1"))),                               //
                      request(), send(ok("{}", set("csrf=a; Path=/") + set("sid=b; Path=/"))),  //
                      request(), send(ok("{}", set("sid=c; Path=/"))),  // the server may change them
                      request(), send(ok("{}")),                        //
                      request(), send(ok("{}", set("sid=d; Path=/"))),  //
                      request(), send(ok("{}"))}});
  Rig rig;
  transport::Channel channel = rig.channel(server.url());
  for (const Request& one :
       {asked("/early"), asked("/login", true), asked("/a"), asked("/b"), asked("/login", true), asked("/c")})
    REQUIRE(rig.run(channel.fetch(one, Clock::now() + 5s)));
  const std::vector<std::string> sent = server.requests();
  CHECK(cookie_of(sent.at(0)) == "(none)");
  CHECK(cookie_of(sent.at(1)) == "(none)");  // of before the session: not kept
  CHECK(cookie_of(sent.at(2)) == "csrf=a; sid=b");
  CHECK(cookie_of(sent.at(3)) == "csrf=a; sid=c");
  CHECK(cookie_of(sent.at(4)) == "(none)");
  CHECK(cookie_of(sent.at(5)) == "sid=d");
}

TEST_CASE("channel: cookies never go to another origin, nor come from one") {
  FakeServer other({{request(), send(ok("{}", set("evil=1; Path=/"))), hang()}});
  FakeServer server({{request(), send(ok("{}", set("sid=b; Path=/"))), request(),
                      send("HTTP/1.1 302 Found\r\nLocation: " + other.url("/x") + "\r\n" + set("hop=1; Path=/") +
                           "Content-Length: 0\r\n\r\n"),
                      request(), send("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"), request(),
                      send(ok("{}"))}});
  Rig rig;
  transport::Channel channel = rig.channel(server.url());
  for (const Request& one : {asked("/login", true), asked("/away"), asked("/within")})
    REQUIRE(rig.run(channel.fetch(one, Clock::now() + 5s)));
  CHECK(cookie_of(other.requests().at(0)) == "(none)");
  CHECK(cookie_of(server.requests().at(2)) == "sid=b; hop=1");
  CHECK(cookie_of(server.requests().at(3)) == "sid=b; hop=1");  // a redirect within the origin
}

TEST_CASE("channel: a late answer to an old session does not end the new one") {
  // The first connection answers only when the third request has been seen on another.
  FakeServer server({{request(), send(ok("{}", set("sid=old; Path=/"))), request(), pause(200ms),
                      send(ok("late", set("sid=; Max-Age=0; Path=/"))), hang()},
                     {request(), send(ok("{}", set("sid=new; Path=/"))), request(), send(ok("{}")), hang()}});
  Rig rig;
  transport::Channel channel = rig.channel(server.url());
  REQUIRE(rig.run(channel.fetch(asked("/login", true), Clock::now() + 5s)));
  std::string late;
  boost::asio::co_spawn(rig.loop, channel.fetch(asked("/slow"), Clock::now() + 5s),
                        [&](std::exception_ptr, Result<Reply> reply) { late = reply ? reply->body : "failed"; });
  rig.run_until([&] { return server.requests().size() == 2; });
  REQUIRE(rig.run(channel.fetch(asked("/login", true), Clock::now() + 5s)));
  rig.run_until([&] { return !late.empty(); });
  CHECK(late == "late");
  REQUIRE(rig.run(channel.fetch(asked("/x"), Clock::now() + 5s)));
  CHECK(cookie_of(server.requests().back()) == "sid=new");
}

TEST_CASE("channel: a redirect that is not to be followed is the reply") {
  FakeServer server(
      {{request(),
        send("HTTP/1.1 302 Found\r\nLocation: /home\r\n" + set("sid=1; Path=/") + "Content-Length: 0\r\n\r\n"),
        request(), send(ok("{}"))}});
  Rig rig;
  transport::Channel channel = rig.channel(server.url());
  Request login = asked("/login", true);
  login.method = "POST";
  login.body = "user=a";
  login.follow = false;
  const Result<Reply> reply = rig.run(channel.fetch(login, Clock::now() + 5s));
  REQUIRE(reply);
  CHECK(reply->status == 302);
  REQUIRE(rig.get(channel, "/x"));
  CHECK(cookie_of(server.requests().at(1)) == "sid=1");
}

}  // namespace
}  // namespace tallyman::test
