// The gatherer with a scripted collector and a scripted fetch: no socket, no YAML.
#include "poll/gather.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "poll/nursery.h"
#include "support/catch.h"

using namespace tallyman;
using namespace std::chrono_literals;
using poll::Clock;
using poll::Gathered;
using poll::Gatherer;
using poll::Kept;

namespace {

// Requests as given; `calls` of a follow-up are one per body of the request it needs.
class ScriptedCollector : public map::Collector {
 public:
  std::vector<map::RequestInfo> infos;
  std::vector<std::size_t> order_list;
  std::vector<std::vector<std::string>> paths;  // calls of each request
  int pages_of_first = 1;
  bool by_body = false;
  std::size_t batch = 1;  // of follow-ups: joined calls have the path `a+b+c`

  const std::string& name() const override { return text_; }
  const std::string& system() const override { return text_; }
  const std::vector<map::RequestInfo>& requests() const override { return infos; }
  const std::vector<std::size_t>& order() const override { return order_list; }
  const std::vector<std::string>& rule_names() const override { return rules_; }
  const std::shared_ptr<const map::Call>& only_call() const override {
    if (!by_body) return map::Collector::only_call();
    if (!only_) only_ = std::make_shared<const map::Call>(calls(0, {})->front());
    return only_;
  }
  Result<std::vector<map::Call>> calls(std::size_t request, const Answers&) const override {
    std::vector<map::Call> out;
    for (const std::string& path : paths[request]) {
      map::Call call;
      call.path = path;
      if (path == "unwritable") call.unwritable = error(Stage::map, "cannot be written");
      out.push_back(std::move(call));
    }
    if (batch == 1 || !infos[request].follow_up) return out;
    std::vector<map::Call> joined;
    for (map::Call& call : out) {
      if (joined.empty() || joined.back().joined.size() == batch) joined.emplace_back();
      joined.back().path += (joined.back().path.empty() ? "" : "+") + call.path;
      joined.back().joined.push_back(std::move(call));
    }
    return joined;
  }
  // A result per call.
  Result<Joined> read_joined(std::size_t, const map::Call& call, map::Raw raw) const override {
    if (raw.status == 401) return error(Stage::auth, "401");
    if (raw.status == 500) return error(Stage::refused, "fault 1: too large");
    Joined out;
    for (const map::Call& one : call.joined) {
      if (one.path == bad_item) {
        out.emplace_back(fault());
        continue;
      }
      map::Answer answer;
      answer.headers.add("body", one.path);
      out.emplace_back(std::move(answer));
    }
    return out;
  }
  static Error fault() {
    Error e = error(Stage::refused, "fault 1: no");
    e.fault = true;
    return e;
  }
  static constexpr int refused = 299;      // the status of an answer that is a fault
  static constexpr int unexpected = 298;   // of one that the collector does not expect
  std::string choosy;                      // the name of a request whose `expect` is false of all
  std::string bad_item;                    // a fault inside the joined call
  mutable std::vector<std::size_t> rooms;  // of each answer
  std::size_t takes = 0;                   // of the room, each answer
  Result<std::optional<map::Answer>> read(std::size_t request, const map::Call&, map::Raw raw) const override {
    if (raw.status == 500) return error(Stage::status, "500");
    if (raw.status == refused) return fault();
    if (raw.status == unexpected || infos[request].name == choosy) return error(Stage::refused, "`expect` is false");
    if (raw.status == 404 && infos[request].follow_up) return std::optional<map::Answer>();
    rooms.push_back(raw.room);
    if (takes > raw.room) return error(Stage::limit, "takes too much; the limit is " + std::to_string(raw.room));
    map::Answer answer;
    answer.headers.add("body", raw.body);
    return std::optional<map::Answer>(std::move(answer));
  }
  Result<std::optional<map::Call>> next_page(std::size_t request, const map::Call& call,
                                             const map::Answer&) const override {
    if (request != 0 || call.page + 1 >= pages_of_first) return std::optional<map::Call>();
    map::Call next = call;
    ++next.page;
    return std::optional<map::Call>(std::move(next));
  }
  Result<map::Output> map(const Answers&, const Lost&) const override { return map::Output(); }

 private:
  std::string text_ = "scripted";
  std::vector<std::string> rules_;
  mutable std::shared_ptr<const map::Call> only_;
};

std::shared_ptr<ScriptedCollector> collector(std::vector<map::RequestInfo> infos,
                                             std::vector<std::vector<std::string>> paths) {
  auto c = std::make_shared<ScriptedCollector>();
  c->infos = std::move(infos);
  c->paths = std::move(paths);
  for (std::size_t i = 0; i < c->infos.size(); ++i) c->order_list.push_back(i);
  return c;
}

map::RequestInfo request(std::string name, bool optional = false, std::vector<std::size_t> needs = {}) {
  map::RequestInfo info;
  info.name = std::move(name);
  info.optional = optional;
  info.needs = std::move(needs);
  return info;
}

struct Server {
  std::map<std::string, int> status;  // by path; 200 where not named, -1 = refused
  std::vector<std::string> asked;

  std::size_t at_once = 0, most_at_once = 0;
  std::map<std::string, Clock::time_point> by;  // the deadline of each path's request

  Task<Result<transport::Reply>> fetch(transport::Request request, Clock::time_point deadline) {
    asked.push_back(request.path);
    by[request.path] = deadline;
    most_at_once = std::max(most_at_once, ++at_once);
    const Executor executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable_t<Executor>());
    --at_once;
    const auto at = status.find(request.path);
    const int code = at == status.end() ? 200 : at->second;
    if (code < 0) co_return error(Stage::connect, "refused");
    if (code == 1) co_return error(Stage::timeout, "too slow");
    if (code == 2) co_return error(Stage::limit, "too large");
    transport::Reply reply;
    reply.status = code;
    reply.body = std::move(request.path);
    co_return reply;
  }
};

Task<> gather_into(Gatherer& gatherer, Loop& loop, Clock::time_point now, std::vector<Kept>& kept, Gathered& out) {
  out = co_await gatherer.gather(loop, now, now + 10s, kept);
}

Gathered gather(const std::shared_ptr<ScriptedCollector>& c, Server& server, std::vector<Kept>& kept,
                Clock::time_point now = Clock::now(), Gatherer::Options options = {.timeout = 1s}) {
  Loop loop;
  Gatherer gatherer(
      c, [&](std::shared_ptr<const Request> request, Clock::time_point by) { return server.fetch(*request, by); },
      options);
  Gathered out;
  poll::Nursery nursery(loop);
  nursery.spawn(gather_into(gatherer, loop, now, kept, out));
  loop.run();
  return out;
}

std::vector<std::string> bodies(const Gathered& gathered, std::size_t request) {
  std::vector<std::string> out;
  for (const map::Answer& a : gathered.answers[request]) out.emplace_back(a.headers[0].second);
  return out;
}

using Strings = std::vector<std::string>;

Strings sorted(Strings list) {
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

TEST_CASE("gather: independent requests and their answers") {
  Server server;
  std::vector<Kept> kept;
  const Gathered g = gather(collector({request("a"), request("b")}, {{"/a"}, {"/b"}}), server, kept);
  CHECK_FALSE(g.failed);
  CHECK(g.complete());
  CHECK(bodies(g, 0) == Strings{"/a"});
  CHECK(bodies(g, 1) == Strings{"/b"});
  CHECK(g.body_bytes == 4);
}

TEST_CASE("gather: requests that ask the same are asked once, and each fails for itself") {
  auto users = request("users", true), groups = request("groups", true);
  users.same_as = groups.same_as = 0;
  const auto c = collector({request("file"), users, request("other"), groups}, {{"/f"}, {"/f"}, {"/o"}, {"/f"}});
  Server server;
  std::vector<Kept> kept;
  SECTION("one reply for all") {
    const Gathered g = gather(c, server, kept);
    CHECK(g.complete());
    for (const std::size_t i : {0, 1, 3}) CHECK(bodies(g, i) == Strings{"/f"});
    CHECK(sorted(server.asked) == Strings{"/f", "/o"});
    CHECK(g.body_bytes == 4);
  }
  SECTION("one of them expects something else") {
    c->choosy = "users";
    const Gathered g = gather(c, server, kept);
    CHECK_FALSE(g.failed);
    CHECK(g.lost[1]);
    CHECK_FALSE(g.lost[3]);
    CHECK(g.answers[1].empty());
    CHECK(bodies(g, 3) == Strings{"/f"});
  }
  SECTION("none is answered") {
    server.status["/f"] = -1;
    const Gathered g = gather(c, server, kept);
    REQUIRE(g.failed);
    CHECK(g.failed->stage == Stage::connect);
    CHECK(g.lost[1]);
    CHECK(g.lost[3]);
  }
  SECTION("one that is not due is not asked, and the others are asked without it") {
    const Clock::time_point now = Clock::now();
    for (const std::size_t i : {0, 1, 3}) c->infos[i].every = 60s;
    kept.resize(4);
    kept[0] = {{}, now - 1s, true, {}};
    kept[0].answers.emplace_back().headers.add("body", "old");
    const Gathered g = gather(c, server, kept, now);
    CHECK(g.complete());
    CHECK(bodies(g, 0) == Strings{"old"});
    CHECK(bodies(g, 1) == Strings{"/f"});
    CHECK(bodies(g, 3) == Strings{"/f"});
    CHECK(sorted(server.asked) == Strings{"/f", "/o"});
  }
}

TEST_CASE("gather: a reply like the one before is not read again where it is known") {
  const auto c = collector({request("a")}, {{"/a"}});
  c->by_body = true;
  Server server;
  std::vector<Kept> kept;
  Loop loop;
  Gatherer gatherer(
      c, [&](std::shared_ptr<const Request> request, Clock::time_point by) { return server.fetch(*request, by); },
      {.timeout = 1s});
  const auto gather = [&](bool known) {
    Gathered out;
    poll::Nursery nursery(loop);
    nursery.spawn([](Gatherer& g, Loop& l, std::vector<Kept>& k, bool again, Gathered& o) -> Task<> {
      o = co_await g.gather(l, Clock::now(), Clock::now() + 10s, k, again);
    }(gatherer, loop, kept, known, out));
    loop.restart();
    loop.run();
    return out;
  };
  CHECK_FALSE(gather(true).as_before);  // there was none
  const Gathered again = gather(true);
  CHECK(again.as_before);
  CHECK(again.answers[0].empty());
  CHECK(again.body_bytes == 2);
  CHECK(again.complete());
  CHECK_FALSE(gather(false).as_before);
  server.status["/a"] = 203;
  CHECK_FALSE(gather(true).as_before);
  CHECK(gather(true).as_before);
  server.status["/a"] = -1;
  CHECK(gather(true).failed);
  c->by_body = false;
  server.status["/a"] = 203;
  CHECK_FALSE(gather(true).as_before);
  CHECK_FALSE(gather(true).as_before);
}

TEST_CASE("gather: a required request that fails fails the poll, an optional one only itself") {
  Server server;
  server.status["/b"] = 500;
  std::vector<Kept> kept;
  SECTION("required") {
    const Gathered g = gather(collector({request("a"), request("b")}, {{"/a"}, {"/b"}}), server, kept);
    REQUIRE(g.failed);
    CHECK(g.failed->stage == Stage::status);
    CHECK(g.failed->detail == "/b: 500");
  }
  SECTION("where it failed is told without the query, and a token of a login is not there to be shown") {
    const std::string path = std::string("/b/") + map::token_place + "/c?page=1";
    server.status[path] = 500;
    const Gathered g = gather(collector({request("a"), request("b")}, {{"/a"}, {path}}), server, kept);
    REQUIRE(g.failed);
    CHECK(g.failed->detail == "/b/{token}/c: 500");
  }
  SECTION("the url as it is") {
    server.status["/"] = 500;
    const Gathered g = gather(collector({request("a")}, {{"/"}}), server, kept);
    REQUIRE(g.failed);
    CHECK(g.failed->detail == "500");
  }
  SECTION("optional") {
    const Gathered g = gather(collector({request("a"), request("b", true)}, {{"/a"}, {"/b"}}), server, kept);
    CHECK_FALSE(g.failed);
    CHECK(g.lost[1]);
    CHECK_FALSE(g.complete());
    CHECK(bodies(g, 0) == Strings{"/a"});
    CHECK(g.answers[1].empty());
  }
}

TEST_CASE("gather: one failed follow-up costs its item; a gone one is no error; all failed is a failure") {
  auto info = request("item", false, {0});
  info.follow_up = true;
  const auto c = collector({request("list"), info}, {{"/list"}, {"/1", "/2", "/3"}});
  Server server;
  std::vector<Kept> kept;
  SECTION("one failed") {
    server.status["/2"] = 500;
    const Gathered g = gather(c, server, kept);
    CHECK_FALSE(g.failed);
    CHECK(g.items_lost == 1);
    CHECK_FALSE(g.complete());
    CHECK(bodies(g, 1) == Strings{"/1", "/3"});
  }
  SECTION("one gone") {
    server.status["/2"] = 404;
    const Gathered g = gather(c, server, kept);
    CHECK(g.complete());
    CHECK(bodies(g, 1) == Strings{"/1", "/3"});
  }
  SECTION("all failed") {
    server.status = {{"/1", 500}, {"/2", 500}, {"/3", -1}};
    const Gathered g = gather(c, server, kept);
    REQUIRE(g.failed);
    CHECK(g.failed->stage == Stage::status);
  }
}

TEST_CASE("gather: a fault for each item fails none of the other answers") {
  auto info = request("item", false, {0});
  info.follow_up = true;
  constexpr int refused = ScriptedCollector::refused;
  Server server;
  std::vector<Kept> kept;
  SECTION("the only one") {
    server.status = {{"/1", refused}};
    const Gathered g = gather(collector({request("list"), info}, {{"/list"}, {"/1"}}), server, kept);
    CHECK_FALSE(g.failed);
    CHECK_FALSE(g.complete());
    CHECK(g.items_lost == 1);
    CHECK(g.lost_items[1].size() == 1);
    REQUIRE(g.item_error);
    CHECK(g.item_error->stage == Stage::refused);
    CHECK(bodies(g, 0) == Strings{"/list"});
  }
  SECTION("joined, and then each alone") {
    const auto c = collector({request("list"), info}, {{"/list"}, {"/1", "/2"}});
    c->batch = 2;
    server.status = {{"/1+/2", 500}, {"/1", refused}, {"/2", refused}};
    const Gathered g = gather(c, server, kept);
    CHECK_FALSE(g.failed);
    CHECK(g.items_lost == 2);
    CHECK(sorted(server.asked) == Strings{"/1", "/1+/2", "/2", "/list"});
  }
  SECTION("with one that it could not answer, it is the service") {
    server.status = {{"/1", refused}, {"/2", 500}};
    REQUIRE(gather(collector({request("list"), info}, {{"/list"}, {"/1", "/2"}}), server, kept).failed);
  }
  SECTION("where it is no fault but `expect`, it is the request") {
    server.status = {{"/1", ScriptedCollector::unexpected}};
    const Gathered g = gather(collector({request("list"), info}, {{"/list"}, {"/1"}}), server, kept);
    REQUIRE(g.failed);
    CHECK(g.failed->stage == Stage::refused);
  }
  SECTION("a list that is refused is no item") {
    server.status = {{"/list", refused}};
    REQUIRE(gather(collector({request("list"), info}, {{"/list"}, {"/1"}}), server, kept).failed);
  }
}

TEST_CASE("gather: what needs a lost optional request is lost with it") {
  auto info = request("item", true, {0});
  info.follow_up = true;
  Server server;
  server.status["/list"] = -1;
  std::vector<Kept> kept;
  const Gathered g =
      gather(collector({request("list", true), info, request("other")}, {{"/list"}, {"/1"}, {"/o"}}), server, kept);
  CHECK_FALSE(g.failed);
  CHECK(g.lost[0]);
  CHECK(g.lost[1]);
  CHECK(bodies(g, 2) == Strings{"/o"});
  CHECK(std::find(server.asked.begin(), server.asked.end(), "/1") == server.asked.end());
}

TEST_CASE("gather: pages are read to the end, and too many fail the request") {
  const auto c = collector({request("list")}, {{"/list"}});
  Server server;
  std::vector<Kept> kept;
  c->pages_of_first = 3;
  CHECK(gather(c, server, kept).answers[0].size() == 3);
  c->pages_of_first = 4;
  const Gathered g = gather(c, server, kept, Clock::now(), {.timeout = 1s, .pages = 3});
  REQUIRE(g.failed);
  CHECK(g.failed->stage == Stage::limit);
  CHECK(g.answers[0].empty());
}

TEST_CASE("gather: the answers of a poll may take so much memory together") {
  const auto c = collector({request("list")}, {{"/list"}});
  c->pages_of_first = 10;
  map::Answer one;
  one.headers.add("body", "/list");
  Server server;
  std::vector<Kept> kept;
  const Gathered all = gather(c, server, kept, Clock::now(), {.timeout = 1s, .memory = 10 * one.bytes()});
  CHECK_FALSE(all.failed);
  CHECK(all.memory == 10 * one.bytes());
  const Gathered g = gather(c, server, kept, Clock::now(), {.timeout = 1s, .memory = 10 * one.bytes() - 1});
  REQUIRE(g.failed);
  CHECK(g.failed->stage == Stage::limit);
  CHECK(g.failed->detail == "the answers of one poll take " + std::to_string(10 * one.bytes()) +
                                " bytes together once they are read; the limit is " +
                                std::to_string(10 * one.bytes() - 1) +
                                " (2.5 times the target's limits.body): ask for fewer pages or items, or raise it");
  CHECK(g.memory == 0);  // nothing is held of it

  SECTION("what failed on the way takes none of it") {
    auto optional = request("optional", true);
    const auto both = collector({optional, request("b")}, {{"/a"}, {"/b"}});
    both->pages_of_first = 4;
    const Gathered rest = gather(both, server, kept, Clock::now(), {.timeout = 1s, .pages = 3});
    REQUIRE(rest.lost[0]);
    CHECK(rest.memory == rest.answers[1].at(0).bytes());
  }
  SECTION("each answer is told what is left") {
    c->pages_of_first = 3;
    c->rooms.clear();
    gather(c, server, kept, Clock::now(), {.timeout = 1s, .memory = 5000});
    CHECK(c->rooms == std::vector<std::size_t>{5000, 5000 - one.bytes(), 5000 - 2 * one.bytes()});
  }
  SECTION("a document too large for what is left is told of the others") {
    c->pages_of_first = 3;
    c->takes = 5000 - one.bytes();
    const Gathered last = gather(c, server, kept, Clock::now(), {.timeout = 1s, .memory = 5000});
    REQUIRE(last.failed);
    const std::string left = std::to_string(5000 - 2 * one.bytes());
    CHECK(last.failed->detail == "/list: takes too much; the limit is " + left + "; " + left +
                                     " is what the poll's other answers leave, which take " +
                                     std::to_string(2 * one.bytes()));
    CHECK_FALSE(gather(c, server, kept, Clock::now(), {.timeout = 1s, .memory = 10000}).failed);
  }
}

TEST_CASE("gather: what is kept for a failure gives way to what is read") {
  const auto c = collector({request("list", true)}, {{"/list"}});
  map::Answer old;
  old.headers.add("body", "old");
  Server server;
  const auto keep = [&] {
    std::vector<Kept> kept(1);
    map::Answer answer;
    answer.headers.add("body", "old");
    kept[0].answers.push_back(std::move(answer));
    kept[0].valid = true;
    return kept;
  };
  std::vector<Kept> kept = keep();
  CHECK_FALSE(gather(c, server, kept).lost[0]);
  CHECK(kept[0].valid);
  kept = keep();
  CHECK_FALSE(gather(c, server, kept, Clock::now(), {.timeout = 1s, .memory = old.bytes() + 100}).lost[0]);
  CHECK_FALSE(kept[0].valid);
}

TEST_CASE("gather: a request with `every` is not asked again before its time") {
  auto slow = request("slow");
  slow.every = 60s;
  const auto c = collector({request("a"), slow}, {{"/a"}, {"/slow"}});
  Server server;
  std::vector<Kept> kept(2);
  const Clock::time_point t0 = Clock::now();
  map::Answer old;
  old.headers.add("body", "old");
  kept[1].answers.push_back(std::move(old));
  kept[1].read = t0 - 59s;
  kept[1].valid = true;
  SECTION("59 s later the last document is used again") {
    const Gathered g = gather(c, server, kept, t0);
    CHECK(bodies(g, 1) == Strings{"old"});
    CHECK(g.read[1] == t0 - 59s);
    CHECK(server.asked == Strings{"/a"});
  }
  SECTION("60 s later it is asked") {
    const Gathered g = gather(c, server, kept, t0 + 1s);
    CHECK(bodies(g, 1) == Strings{"/slow"});
  }
}

TEST_CASE("gather: joined calls give one answer per call") {
  auto info = request("item", false, {0});
  info.follow_up = true;
  const auto c = collector({request("list"), info}, {{"/list"}, {"/1", "/2", "/3", "/4", "/5"}});
  c->batch = 2;
  Server server;
  std::vector<Kept> kept;
  SECTION("all well") {
    const Gathered g = gather(c, server, kept);
    CHECK(g.complete());
    CHECK(sorted(bodies(g, 1)) == Strings{"/1", "/2", "/3", "/4", "/5"});
    CHECK(sorted(server.asked) == Strings{"/1+/2", "/3+/4", "/5", "/list"});
    CHECK(g.body_bytes == 5 + 5 + 5 + 2);
  }
  SECTION("a fault inside costs its own item") {
    c->bad_item = "/3";
    const Gathered g = gather(c, server, kept);
    CHECK_FALSE(g.failed);
    CHECK(g.items_lost == 1);
    REQUIRE(g.item_error);
    CHECK(g.item_error->stage == Stage::refused);
    CHECK(sorted(bodies(g, 1)) == Strings{"/1", "/2", "/4", "/5"});
  }
  SECTION("one that fails as a whole is asked call by call, and costs the bad item only") {
    server.status = {{"/3+/4", 500}, {"/4", 500}};
    const Gathered g = gather(c, server, kept);
    CHECK_FALSE(g.failed);
    CHECK(g.items_lost == 1);
    CHECK_FALSE(g.complete());
    CHECK(sorted(bodies(g, 1)) == Strings{"/1", "/2", "/3", "/5"});
    // The other batches are not asked again.
    CHECK(sorted(server.asked) == Strings{"/1+/2", "/3", "/3+/4", "/4", "/5", "/list"});
  }
  SECTION("so is one that is over the body limit") {
    server.status = {{"/1+/2", 2}};
    const Gathered g = gather(c, server, kept);
    CHECK(g.complete());
    CHECK(g.answers[1].size() == 5);
  }
  SECTION("not one that was never answered: it costs its items") {
    server.status = {{"/1+/2", -1}};
    const Gathered g = gather(c, server, kept);
    CHECK_FALSE(g.failed);
    CHECK(g.items_lost == 2);
    CHECK(sorted(bodies(g, 1)) == Strings{"/3", "/4", "/5"});
  }
  SECTION("nor one that was denied") {
    server.status = {{"/1+/2", 401}};
    const Gathered g = gather(c, server, kept);
    CHECK(g.items_lost == 2);
    CHECK(g.item_error->stage == Stage::auth);
  }
  SECTION("one that is too slow ends the request, as a single call does") {
    server.status = {{"/1+/2", 1}};
    const Gathered g = gather(c, server, kept);
    REQUIRE(g.failed);
    CHECK(g.failed->stage == Stage::timeout);
  }
  SECTION("all items bad: the request failed") {
    server.status = {{"/1+/2", 500}, {"/3+/4", 500}, {"/1", 500}, {"/2", 500}, {"/3", 500}, {"/4", 500}, {"/5", 500}};
    const Gathered g = gather(c, server, kept);
    REQUIRE(g.failed);
  }
}

TEST_CASE("gather: calls made one by one go a few at a time, and end by the poll's deadline") {
  auto info = request("item", false, {0});
  info.follow_up = true;
  Strings paths;
  for (int i = 0; i < 100; ++i) paths.push_back("/" + std::to_string(i));
  const auto c = collector({request("list"), info}, {{"/list"}, paths});
  c->batch = 100;
  Server server;
  std::string whole;
  for (const std::string& path : paths) whole += (whole.empty() ? "" : "+") + path;
  server.status[whole] = 500;
  std::vector<Kept> kept;
  SECTION("all asked") {
    const Clock::time_point now = Clock::now();
    const Gathered g = gather(c, server, kept, now, {.timeout = 60s, .at_once = 4});
    CHECK(g.complete());
    CHECK(g.answers[1].size() == 100);
    CHECK(server.most_at_once == 4);
    for (const std::string& path : paths) CHECK(server.by[path] <= now + 10s);  // gather_into's deadline
  }
  SECTION("the first that comes too late is the last that is asked") {
    server.status["/10"] = 1;
    const Gathered g = gather(c, server, kept);
    REQUIRE(g.failed);
    CHECK(g.failed->stage == Stage::timeout);
    CHECK(server.asked.size() < 30);
  }
}

TEST_CASE("gather: a call that cannot be written is not made, and costs its item") {
  auto info = request("item", false, {0});
  info.follow_up = true;
  const auto c = collector({request("list"), info}, {{"/list"}, {"/1", "unwritable", "/3"}});
  Server server;
  std::vector<Kept> kept;
  const Gathered g = gather(c, server, kept);
  CHECK_FALSE(g.failed);
  CHECK(g.items_lost == 1);
  CHECK(g.item_error->stage == Stage::map);
  CHECK(sorted(server.asked) == Strings{"/1", "/3", "/list"});
}

TEST_CASE("gather: another request's lost item does not fail one whose items are all gone") {
  auto a = request("a", false, {0}), b = request("b", false, {0});
  a.follow_up = b.follow_up = true;
  Server server;
  server.status = {{"/a1", 500}, {"/b1", 404}};
  std::vector<Kept> kept;
  const Gathered g = gather(collector({request("list"), a, b}, {{"/list"}, {"/a1", "/a2"}, {"/b1"}}), server, kept);
  CHECK_FALSE(g.failed);
  CHECK(g.items_lost == 1);
}
