// Redirects, next pages, and where credentials go.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "rig.h"
#include "support/fake_server.h"

namespace tallyman::test {
namespace {

using transport::Channel;
using transport::Reply;
using transport::Request;

std::string redirect(int status, const std::string& to) {
  return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + to + "\r\nContent-Length: 5\r\n\r\nmoved";
}

std::string first_line(const std::string& request) { return request.substr(0, request.find("\r\n")); }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

AuthSettings auth(AuthSettings::Kind kind, const std::string& name, const std::string& scheme,
                  Secret secret = Secret(Secret::Source::inline_value, "s3cret")) {
  AuthSettings out;
  out.kind = kind;
  out.name = name;
  out.scheme = scheme;
  out.secret = std::move(secret);
  return out;
}

Endpoint endpoint_of(const std::string& url, AuthSettings settings = {}) {
  Endpoint out;
  out.url = parse_url(url).value();
  out.auth = std::move(settings);
  return out;
}

TEST_CASE("redirect: GET follows within the origin, on the same connection") {
  for (const int status : {301, 302, 303, 307, 308}) {
    INFO(status);
    FakeServer server({{request(), send(redirect(status, "/there/?x=1")), request(), send(ok("{}"))}});
    Rig rig;
    Channel channel(rig.shared, endpoint_of(server.url("/here"), auth(AuthSettings::Kind::basic, "me", "")));
    const Result<Reply> reply = rig.get(channel);
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(reply->body == "{}");
    CHECK(server.accepted() == 1);
    CHECK(first_line(server.requests().at(1)) == "GET /there/?x=1 HTTP/1.1");
    CHECK(has(server.requests().at(1), "Authorization: Basic bWU6czNjcmV0\r\n"));  // me:s3cret
  }
}

TEST_CASE("redirect: another origin gets no credentials") {
  struct Row {
    AuthSettings settings;
    const char* at_home;  // in the first request
  };
  const Row rows[] = {
      {auth(AuthSettings::Kind::basic, "me", ""), "Authorization: Basic bWU6czNjcmV0\r\n"},
      {auth(AuthSettings::Kind::header, "Authorization", "Bearer"), "Authorization: Bearer s3cret\r\n"},
      {auth(AuthSettings::Kind::header, "X-Key", ""), "X-Key: s3cret\r\n"},
      {auth(AuthSettings::Kind::query, "token", ""), "GET /x?token=s3cret HTTP/1.1\r\n"},
  };
  for (const Row& row : rows) {
    INFO(row.at_home);
    FakeServer other({answers("{}")});
    // The server repeats the whole query, token included, as careless ones do.
    FakeServer server({{request(), send(redirect(302, other.url("/y?token=s3cret&a=1"))), hang()}});
    Rig rig;
    Endpoint endpoint = endpoint_of(server.url("/x"), row.settings);
    endpoint.headers = {{"X-Tenant", "t-key"}, {"Accept-Language", "en"}};
    Channel channel(rig.shared, endpoint);
    Request request_with_header;
    request_with_header.headers = {{"X-Call", "c-key"}};
    const Result<Reply> reply = rig.run(channel.fetch(request_with_header, Clock::now() + 5s));
    REQUIRE(reply);
    CHECK(has(server.requests().at(0), row.at_home));
    CHECK(has(server.requests().at(0), "X-Tenant: t-key\r\n"));
    const std::string abroad = other.requests().at(0);
    if (row.settings.kind == AuthSettings::Kind::query) {
      CHECK(first_line(abroad) == "GET /y?a=1 HTTP/1.1");
      CHECK_FALSE(has(abroad, "s3cret"));
    }
    CHECK_FALSE(has(abroad, "Authorization"));
    CHECK_FALSE(has(abroad, "X-Key"));
    CHECK_FALSE(has(abroad, "t-key"));
    CHECK_FALSE(has(abroad, "c-key"));
    CHECK(has(abroad, "Accept-Language: en\r\n"));
    CHECK(has(abroad, "Host: 127.0.0.1:" + std::to_string(other.port()) + "\r\n"));
  }
}

TEST_CASE("redirect: what is not followed") {
  const auto to = [](int status, const std::string& where) { return Script{request(), send(redirect(status, where))}; };
  struct Row {
    const char* what;
    const char* method;
    Script script;
    std::string detail;  // `@` stands for the server's origin
  };
  const Row rows[] = {
      {"POST", "POST", to(301, "/x/"), "@/x redirects to @/x/; a POST is not repeated there: configure that address"},
      {"to itself", "GET", to(302, "/x"), "@/x redirects to @/x, where it came from: a loop"},
      {"in a circle", "GET", to(302, "/a") + to(302, "/b") + to(302, "/a"),
       "@/b redirects to @/a, where it came from: a loop"},
      {"too many", "GET", to(302, "/1") + to(302, "/2") + to(302, "/3") + to(302, "/4") + to(302, "/5") + to(302, "/6"),
       "@/5 redirects to @/6 after 5 redirects; no more are followed"},
      {"another scheme", "GET", to(302, "file:/etc/passwd"),
       "@/x redirects to an address that cannot be followed: `file:/etc/passwd`: expected http or https"},
      {"no url", "GET", to(302, "http://"),
       "@/x redirects to an address that cannot be followed: `http://`: the host is missing"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    FakeServer server({row.script});
    Rig rig;
    Channel channel(rig.shared, endpoint_of(server.url("/x")));
    Request asked;
    asked.method = row.method;
    const Result<Reply> reply = rig.run(channel.fetch(asked, Clock::now() + 5s));
    std::string expected = "redirect: " + row.detail;
    for (std::size_t at; (at = expected.find('@')) != std::string::npos;) expected.replace(at, 1, server.url());
    CHECK(outcome(reply) == expected);
  }
}

TEST_CASE("redirect: five are followed; 3xx without a Location is a reply") {
  Script five;
  for (int i = 1; i <= 5; ++i) five = five + Script{request(), send(redirect(302, "/" + std::to_string(i)))};
  FakeServer server({five + answers("{}"), {request(), send("HTTP/1.1 304 Not Modified\r\n\r\n"), hang()}});
  Rig rig;
  Channel channel(rig.shared, endpoint_of(server.url()));
  const Result<Reply> reply = rig.get(channel);
  REQUIRE(reply);
  CHECK(reply->status == 200);
  CHECK(first_line(server.requests().at(5)) == "GET /5 HTTP/1.1");

  FakeServer bare({{request(), send("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")}});
  Channel to_bare(rig.shared, endpoint_of(bare.url()));
  CHECK(rig.get(to_bare)->status == 302);
}

TEST_CASE("next page: within the origin only") {
  FakeServer server({answers("{}", 4)});
  Rig rig;
  Channel channel(rig.shared, endpoint_of(server.url("/api/items"), auth(AuthSettings::Kind::query, "key", "")));
  const auto page = [&](const std::string& absolute) {
    Request asked;
    asked.absolute = absolute;
    return rig.run(channel.fetch(asked, Clock::now() + 5s));
  };
  REQUIRE(page(server.url("/api/items?page=2")));
  REQUIRE(page("/api/items?page=3"));
  REQUIRE(page("?page=4"));
  REQUIRE(page("/api/items?page=5&key=s3cret"));  // its own, once
  const std::vector<std::string> sent = server.requests();
  CHECK(first_line(sent.at(0)) == "GET /api/items?page=2&key=s3cret HTTP/1.1");
  CHECK(first_line(sent.at(1)) == "GET /api/items?page=3&key=s3cret HTTP/1.1");
  CHECK(first_line(sent.at(2)) == "GET /api/items?page=4&key=s3cret HTTP/1.1");
  CHECK(first_line(sent.at(3)) == "GET /api/items?page=5&key=s3cret HTTP/1.1");
  // A reference without a path belongs to the page that was asked.
  FakeServer deeper({answers("{}", 2)});
  Channel below(rig.shared, endpoint_of(deeper.url("/api/")));
  for (const char* reference : {"?page=2", "page/3"}) {
    Request asked;
    asked.path = "/items/?size=5";
    asked.absolute = reference;
    REQUIRE(rig.run(below.fetch(asked, Clock::now() + 5s)));
  }
  CHECK(first_line(deeper.requests().at(0)) == "GET /api/items/?page=2 HTTP/1.1");
  CHECK(first_line(deeper.requests().at(1)) == "GET /api/items/page/3 HTTP/1.1");
  CHECK(outcome(page("http://127.0.0.1:1/api?page=2")) ==
        "redirect: the next page is at http://127.0.0.1:1/api, not at 127.0.0.1:" + std::to_string(server.port()) +
            "; only pages of the same origin are read");
  CHECK(outcome(page("https" + server.url().substr(4))).substr(0, 10) == "redirect: ");
}

TEST_CASE("redirect: on a unix socket, the Host that was sent is the socket") {
  FakeServer::Options options;
  options.where = FakeServer::Where::unix_socket;
  options.socket_path = "/tmp/tallyman-redirect-" + std::to_string(::getpid()) + ".sock";
  FakeServer server({{request(), send(redirect(301, "http://localhost/x/")), request(), send(ok("{}"))}},
                    std::move(options));
  Rig rig;
  Channel channel(rig.shared, endpoint_of(server.url("/x")));
  REQUIRE(rig.get(channel));
  CHECK(server.accepted() == 1);
  CHECK(first_line(server.requests().at(1)) == "GET /x/ HTTP/1.1");
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_("/tmp/tallyman-secret-" + std::to_string(::getpid()) + ".txt") {
    write(text);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::trunc) << text; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_CASE("credentials: a file is read again when it changes") {
  const TemporaryFile file("first\n");
  FakeServer server({answers("{}", 3)});
  Rig rig;
  Channel channel(rig.shared, endpoint_of(server.url(), auth(AuthSettings::Kind::header, "Authorization", "Bearer",
                                                             Secret(Secret::Source::file, file.path()))));
  REQUIRE(rig.get(channel));
  file.write("second, longer\r\n");
  REQUIRE(rig.get(channel));
  REQUIRE(rig.get(channel));
  CHECK(has(server.requests().at(0), "\r\nAuthorization: Bearer first\r\n"));
  CHECK(has(server.requests().at(1), "\r\nAuthorization: Bearer second, longer\r\n"));
  CHECK(has(server.requests().at(2), "\r\nAuthorization: Bearer second, longer\r\n"));
}

TEST_CASE("credentials: while a file cannot be used its last value is, also by who takes over") {
  auto file = std::make_unique<TemporaryFile>("first\n");
  const std::string path = file->path();
  FakeServer server({answers("{}", 5)}), others({answers("{}", 2)});
  Rig rig;
  const auto settings = auth(AuthSettings::Kind::header, "Authorization", "Bearer", Secret(Secret::Source::file, path));
  Channel channel(rig.shared, endpoint_of(server.url(), settings));
  REQUIRE(rig.get(channel));
  file->write("line one\nline two\n");
  REQUIRE(rig.get(channel));
  file.reset();
  REQUIRE(rig.get(channel));
  Channel next(rig.shared, endpoint_of(others.url(), settings));
  next.take_over(channel);
  REQUIRE(rig.get(next));
  file = std::make_unique<TemporaryFile>("second, longer\n");
  REQUIRE(rig.get(channel));
  REQUIRE(rig.get(next));
  for (std::size_t i = 0; i < 3; ++i) CHECK(has(server.requests().at(i), "\r\nAuthorization: Bearer first\r\n"));
  CHECK(has(server.requests().at(3), "\r\nAuthorization: Bearer second, longer\r\n"));
  CHECK(has(others.requests().at(0), "\r\nAuthorization: Bearer first\r\n"));
  CHECK(has(others.requests().at(1), "\r\nAuthorization: Bearer second, longer\r\n"));

  // Other settings, other secrets.
  file.reset();
  const auto other = auth(AuthSettings::Kind::header, "X-Key", "", Secret(Secret::Source::file, path));
  Channel stranger(rig.shared, endpoint_of(server.url(), other));
  stranger.take_over(channel);
  CHECK(outcome(rig.get(stranger)) == "auth: the secret file:" + path + " cannot be read: no such file: " + path);
}

TEST_CASE("credentials: what cannot be used is an auth error without the secret") {
  const TemporaryFile file("line one\nline two\n");
  const TemporaryFile* const two_lines = &file;
  ::unsetenv("TALLYMAN_TEST_NONE");
  ::setenv("TALLYMAN_TEST_SECRET", "from the environment", 1);
  const auto with = [](Secret::Source source, const std::string& text) {
    return auth(AuthSettings::Kind::header, "X-Key", "", Secret(source, text));
  };
  struct Row {
    AuthSettings settings;
    std::string expected;
  };
  const Row rows[] = {
      {with(Secret::Source::file, "/no/such/file"),
       "auth: the secret file:/no/such/file cannot be read: no such file: /no/such/file"},
      {with(Secret::Source::file, "/tmp"),
       "auth: the secret file:/tmp cannot be read: /tmp is a directory; expected a regular file"},
      {with(Secret::Source::file, "/dev/null"),
       "auth: the secret file:/dev/null cannot be read: /dev/null is a device; expected a regular file"},
      {with(Secret::Source::file, two_lines->path()),
       "auth: the secret file:" + two_lines->path() +
           " has control characters (a line break inside?); expected one line of text"},
      {with(Secret::Source::env, "TALLYMAN_TEST_NONE"),
       "auth: the secret env:TALLYMAN_TEST_NONE is not set in the environment of the agent"},
      {with(Secret::Source::inline_value, "a\r\nX-Injected: 1"),
       "auth: the secret *** has control characters (a line break inside?); expected one line of text"},
      {with(Secret::Source::inline_value, ""), "auth: the secret *** is empty"},
      {with(Secret::Source::env, "TALLYMAN_TEST_SECRET"), "well"},
  };
  for (const Row& row : rows) {
    INFO(row.expected);
    FakeServer server({answers("{}")});
    Rig rig;
    Channel channel(rig.shared, endpoint_of(server.url(), row.settings));
    CHECK(outcome(rig.get(channel)) == row.expected);
    if (row.expected == "well")
      CHECK(has(server.requests().at(0), "\r\nX-Key: from the environment\r\n"));
    else
      CHECK(server.accepted() == 0);
  }
}

TEST_CASE("channel: headers that would break the request are refused") {
  struct Row {
    transport::Headers configured, of_call;
    const char* path;
    const char* expected;
  };
  const Row rows[] = {
      {{{"X-A", "b\r\nX-B: c"}}, {}, "/", "config: the header `X-A` has control characters in its value"},
      {{{"X A", "b"}}, {}, "/", "config: the header name `X A` is not legal; expected letters, digits and `-`"},
      {{{"content-length", "7"}}, {}, "/", "config: the header `content-length` is made by the agent; remove it"},
      {{}, {{"X-A", "b\n"}}, "/", "config: the header `X-A` has control characters in its value"},
      {{}, {}, "/a b", "config: the path has blanks or control characters; write them as %20"},
      {{{"User-Agent", "mine/1"}, {"X-Utf8", "\xc3\xa4"}}, {}, "/", "well"},
  };
  for (const Row& row : rows) {
    INFO(row.expected);
    FakeServer server({answers("{}")});
    Rig rig;
    Endpoint endpoint = endpoint_of(server.url());
    endpoint.headers = row.configured;
    Channel channel(rig.shared, endpoint);
    Request asked;
    asked.path = row.path;
    asked.headers = row.of_call;
    CHECK(outcome(rig.run(channel.fetch(asked, Clock::now() + 5s))) == row.expected);
    if (row.expected != std::string("well")) continue;
    CHECK(has(server.requests().at(0), "\r\nUser-Agent: mine/1\r\n"));
    CHECK_FALSE(has(server.requests().at(0), "tallyman"));
  }
}

}  // namespace
}  // namespace tallyman::test
