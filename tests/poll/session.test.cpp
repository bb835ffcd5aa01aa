// A session with a scripted collector and a scripted service: no socket, no YAML.
#include "poll/session.h"

#include <boost/asio/post.hpp>

#include "poll/nursery.h"
#include "support/catch.h"
#include "support/folder.h"
#include "support/silent_collector.h"

using namespace tallyman;
using namespace std::chrono_literals;
using poll::Clock;
using poll::Session;

namespace {

using Strings = std::vector<std::string>;

class LoginCollector : public test::SilentCollector {
 public:
  LoginCollector() : SilentCollector("c") {}
  map::LoginInfo info;

  const map::LoginInfo* login() const override { return &info; }
  Result<map::Call> login_call(const std::string& user, const std::string& password) const override {
    map::Call call;
    call.method = "POST";
    call.path = "/login";
    call.body = user + ":" + password;
    return call;
  }
  // The token is the body.
  Result<std::string> read_login(map::Raw raw) const override {
    if (raw.status != 200) return error(Stage::auth, "refused the login: " + raw.body);
    return raw.body;
  }
  std::optional<Error> session_lost(int status, std::string_view body) const override {
    if (status == 401) return error(Stage::auth, "answered 401");
    if (body == "fault: login") return error(Stage::auth, "answered fault: login");
    return std::nullopt;
  }
};

// Knows the tokens it gave out last; a request has its token in X-Token and in the path.
struct Service {
  Strings asked;
  std::string password = "pw";
  std::string valid;       // the token that is known now
  int given = 0;           // tokens
  bool forbidden = false;  // each request is 401, whatever its token
  bool faults = false;     // says so on 200
  Strings login_bodies;
  std::size_t new_sessions = 0;

  Task<Result<transport::Reply>> fetch(transport::Request request, Clock::time_point) {
    const Executor executor = co_await boost::asio::this_coro::executor;
    for (int i = 0; i < 3; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable_t<Executor>());
    transport::Reply reply;
    asked.push_back(request.path);
    if (request.new_session) ++new_sessions;
    if (request.path == "/login") {
      login_bodies.push_back(request.body);
      const bool right = request.body == "reader:" + password;
      reply.status = right ? 200 : 401;
      if (right) valid = "t/" + std::to_string(++given);
      reply.body = right ? valid : "you sent " + request.body;
      co_return reply;
    }
    const bool known = !valid.empty() && !request.headers.empty() && request.headers[0].second == "Bearer " + valid;
    reply.status = !forbidden && known ? 200 : faults ? 200 : 401;
    reply.body = !forbidden && known ? "data" : faults ? "fault: login" : "";
    co_return reply;
  }
};

struct Rig {
  Loop loop;
  std::shared_ptr<LoginCollector> collector = std::make_shared<LoginCollector>();
  config::Target target;
  Service service;
  std::optional<Session> session;

  explicit Rig(bool with_auth = true, const std::string& password = "pw") {
    collector->info.uses_auth = true;
    target.endpoint.url.scheme = Url::Scheme::http;
    if (with_auth) {
      target.endpoint.auth.kind = AuthSettings::Kind::basic;
      target.endpoint.auth.name = "reader";
      target.endpoint.auth.secret = Secret(Secret::Source::inline_value, password);
    }
  }

  // A poll that asks these paths together; each answer's body, or its error.
  Strings poll(const Strings& paths) {
    if (!session)
      session.emplace(loop, collector, target, [this](std::shared_ptr<const Request> request, Clock::time_point by) {
        return service.fetch(*request, by);
      });
    session->begin_poll(Clock::now() + 10s);
    Strings out(paths.size());
    poll::Nursery nursery(loop);
    for (std::size_t i = 0; i < paths.size(); ++i) nursery.spawn(ask(*session, paths[i], out[i]));
    loop.run();
    loop.restart();
    return out;
  }

  static Task<> ask(Session& session, std::string path, std::string& out) {
    transport::Request request;
    request.path = path + map::token_place;
    request.headers = {{"Authorization", std::string("Bearer ") + map::token_place}};
    const Result<transport::Reply> reply =
        co_await session.fetch(std::make_shared<const Request>(std::move(request)), Clock::now() + 1s);
    out = !reply                 ? std::string(to_string(reply.error().stage)) + ": " + reply.error().detail
          : reply->status == 200 ? reply->body
                                 : std::to_string(reply->status);
  }
};

}  // namespace

TEST_CASE("session: one login before the first requests, whose token stands in header and query") {
  Rig rig;
  CHECK(rig.poll({"/a?t=", "/b?t=", "/c?t="}) == Strings{"data", "data", "data"});
  CHECK(rig.service.asked == Strings{"/login", "/a?t=t%2F1", "/b?t=t%2F1", "/c?t=t%2F1"});
  CHECK(rig.service.login_bodies == Strings{"reader:pw"});
  CHECK(rig.service.new_sessions == 1);
  // The next poll goes on with it.
  CHECK(rig.poll({"/a?t="}) == Strings{"data"});
  CHECK(rig.service.login_bodies.size() == 1);
}

TEST_CASE("session: one that was lost is begun again in the same poll, once for all calls in flight") {
  Rig rig;
  rig.service.faults = GENERATE(false, true);
  rig.poll({"/a"});
  rig.service.valid = "restarted";
  CHECK(rig.poll({"/a", "/b", "/c", "/d"}) == Strings{"data", "data", "data", "data"});
  CHECK(rig.service.login_bodies.size() == 2);
  CHECK(rig.service.asked.size() == 2 + 4 + 1 + 4);
  CHECK_FALSE(rig.session->failure());
}

TEST_CASE("session: an answer that asks for a login after one is the end of it; each poll tries once") {
  Rig rig;
  rig.service.forbidden = true;
  const std::string says = "auth: answered 401 although it accepted the login; the user may lack the right to ask this";
  CHECK(rig.poll({"/a", "/b"}) == Strings{says, says});
  CHECK(rig.service.login_bodies.size() == 1);
  CHECK(rig.poll({"/a", "/b", "/c"}) == Strings{says, says, says});
  CHECK(rig.service.login_bodies.size() == 2);
  rig.service.forbidden = false;
  CHECK(rig.poll({"/a"}) == Strings{"data"});
  CHECK(rig.service.login_bodies.size() == 2);
}

TEST_CASE("session: a refused login is not repeated in its poll, fails it, and says no secret") {
  Rig rig(true, "wr0ng");
  const std::string says = "auth: refused the login: you sent reader:[password]";
  CHECK(rig.poll({"/a", "/b"}) == Strings{says, says});
  CHECK(rig.service.asked == Strings{"/login"});
  REQUIRE(rig.session->failure());
  CHECK(rig.session->failure()->stage == Stage::auth);
  CHECK(rig.poll({"/a"}) == Strings{says});
  CHECK(rig.service.asked == Strings{"/login", "/login"});
  rig.service.password = "wr0ng";
  CHECK(rig.poll({"/a"}) == Strings{"data"});
  CHECK_FALSE(rig.session->failure());
}

TEST_CASE("session: a login that is refused while others wait for it is refused to all") {
  Rig rig;
  rig.poll({"/a"});
  rig.service.valid = "restarted";
  rig.service.password = "changed";
  const std::string says = "auth: refused the login: you sent reader:[password]";
  CHECK(rig.poll({"/a", "/b", "/c"}) == Strings{says, says, says});
  CHECK(rig.service.login_bodies.size() == 2);
}

TEST_CASE("session: a secret's file that cannot be read leaves its last value, also to who follows") {
  const test::Folder folder;
  Rig rig;
  rig.target.endpoint.auth.secret = Secret(Secret::Source::file, folder / "secret");
  CHECK(rig.poll({"/a"})[0].find("auth: the secret") == 0);  // there is none yet
  CHECK(rig.service.login_bodies.empty());
  folder.write("secret", "pw\n");
  CHECK(rig.poll({"/a"}) == Strings{"data"});
  rig.service.valid = "restarted";
  SECTION("gone") { std::filesystem::remove(folder / "secret"); }
  SECTION("being written") { folder.write("secret", ""); }
  SECTION("cut within a line") { folder.write("secret", "p\001"); }
  CHECK(rig.poll({"/a"}) == Strings{"data"});
  CHECK(rig.service.login_bodies == Strings{"reader:pw", "reader:pw"});

  Rig next;
  next.target.endpoint.auth = rig.target.endpoint.auth;
  next.poll({});  // makes the session
  next.session->take_over(*rig.session);
  CHECK(next.poll({"/a"}) == Strings{"data"});
  Rig other;
  other.target.endpoint.auth = rig.target.endpoint.auth;
  other.target.endpoint.auth.name = "writer";
  other.poll({});
  other.session->take_over(*rig.session);
  CHECK(other.poll({"/a"})[0].find("auth: the secret") == 0);

  // A value that is there again, and another, is the one that counts.
  folder.write("secret", "rotated");
  rig.service.valid = "restarted";
  rig.service.password = "rotated";
  CHECK(rig.poll({"/a"}) == Strings{"data"});
  CHECK(rig.service.login_bodies.back() == "reader:rotated");
}

TEST_CASE("session: without user and password an optional login is left out, and what wants one says so") {
  Rig rig(false);
  rig.collector->info.optional = true;
  rig.service.faults = true;
  CHECK(rig.poll({"/a"}) ==
        Strings{"auth: answered fault: login; the target has no user and password under `auth: { basic: .. }`"});
  rig.service.faults = false;
  CHECK(rig.poll({"/a"}) == Strings{"401"});
  CHECK(rig.service.login_bodies.empty());
}

TEST_CASE("session: nobody logs in to a file or a dummy") {
  Rig rig;
  for (const Url::Scheme scheme : {Url::Scheme::file, Url::Scheme::dummy}) {
    rig.target.endpoint.url.scheme = scheme;
    CHECK_FALSE(Session::logs_in(*rig.collector, rig.target));
  }
  for (const Url::Scheme scheme : {Url::Scheme::http, Url::Scheme::https, Url::Scheme::unix_http}) {
    rig.target.endpoint.url.scheme = scheme;
    CHECK(Session::logs_in(*rig.collector, rig.target));
  }
}
