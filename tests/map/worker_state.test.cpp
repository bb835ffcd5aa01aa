// LANGUAGE 5.1, the second table, row by row.
#include "map/worker_state.h"

#include "mapping.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::map;
using namespace tallyman::map::testing;

namespace {

// What is said in one word each: s = state, u = up, e = enabled, r = ready, b = busy (0 or 1),
// l/m/o = load, max_load, open tasks, f = seen within stale_after.
Said said(const std::string& words) {
  Said out;
  std::istringstream in(words);
  for (std::string word; in >> word;) {
    const std::string text = word.substr(2);
    const auto flag = [&] { return text == "1"; };
    const auto number = [&] { return Number::of(static_cast<std::int64_t>(std::stoll(text))); };
    switch (word[0]) {
      case 's':
        out.state = worker_state(text);
        REQUIRE(out.state.has_value());
        break;
      case 'u':
        out.up = flag();
        break;
      case 'e':
        out.enabled = flag();
        break;
      case 'r':
        out.ready = flag();
        break;
      case 'b':
        out.busy = flag();
        break;
      case 'l':
        out.load = number();
        break;
      case 'm':
        out.max_load = number();
        break;
      case 'o':
        out.open_tasks = number();
        break;
      case 'f':
        out.fresh = flag();
        break;
      default:
        FAIL(word);
    }
  }
  return out;
}

char mark(const std::optional<bool>& b) { return b ? (*b ? '1' : '0') : '-'; }

}  // namespace

TEST_CASE("worker: what follows from what is said") {
  struct Row {
    const char* said;
    const char* is;  // up enabled busy ready state; `-` is missing
  };
  const Row rows[] = {
      {"", "---- unknown"},
      // up: said, then state, then last seen
      {"u:1", "1--- unknown"},
      {"u:0", "0--- offline"},
      {"s:idle", "110- idle"},
      {"s:busy", "111- busy"},
      {"s:draining", "10-- draining"},
      {"s:paused", "10-- paused"},
      {"s:starting", "11-- starting"},
      {"s:offline", "01-- offline"},
      {"s:failed", "01-- failed"},
      {"s:unknown", "---- unknown"},
      {"s:up", "11-- unknown"},
      {"u:0 s:idle", "010- offline"},
      {"u:1 s:offline", "11-- unknown"},
      {"f:1", "1--- unknown"},
      {"f:0", "0--- offline"},
      {"s:up f:0", "11-- unknown"},       // a said state comes before it
      {"u:1 f:0", "1--- unknown"},        // so does a said up
      {"s:unknown f:0", "0--- offline"},  // unknown says nothing
      // enabled: said, then state
      {"e:0", "-0-- paused"},
      {"e:1", "-1-- unknown"},
      {"s:idle e:0", "100- paused"},
      {"s:paused e:1", "11-- paused"},
      // busy: said, state busy, open tasks, load, state idle
      {"b:1", "--1- busy"},
      {"b:0", "--0- unknown"},
      {"o:2", "--1- busy"},
      {"o:0", "--0- unknown"},
      {"l:1", "--1- busy"},
      {"l:0", "--0- unknown"},
      {"o:0 l:5", "--0- unknown"},  // open tasks come before load
      {"s:idle o:1", "111- busy"},
      {"s:busy l:0", "111- busy"},
      {"b:0 s:busy", "110- idle"},
      {"s:up l:0", "110- idle"},
      {"s:up l:2", "111- busy"},
      {"u:1 l:0", "1-0- idle"},
      // ready: said; else neither down nor disabled, and load below max_load
      {"l:1 m:2", "--11 busy"},
      {"l:2 m:2", "--10 busy"},
      {"l:0 m:2 u:1", "1-01 idle"},
      {"l:0 m:2 u:0", "0-00 offline"},
      {"l:0 m:2 e:0", "-000 paused"},
      {"l:1", "--1- busy"},
      {"m:2", "---- unknown"},
      {"r:1 l:2 m:2", "--11 busy"},
      {"r:0 l:0 m:2 u:1", "1-00 idle"},
      // state: down first, but failed and starting stay
      {"u:0 s:failed", "01-- failed"},
      {"u:0 s:starting", "01-- starting"},
      {"u:0 s:draining", "00-- offline"},
      {"u:1 s:unknown", "1--- unknown"},
      // disabled: draining while busy, else paused
      {"e:0 l:1", "-01- draining"},
      {"e:0 l:0", "-00- paused"},
      {"s:busy e:0", "101- draining"},
      {"s:up e:0", "10-- paused"},
  };
  for (const Row& row : rows) {
    INFO(row.said);
    const Derived d = derive(said(row.said));
    const std::string is = std::string() + mark(d.up) + mark(d.enabled) + mark(d.busy) + mark(d.ready) + " " +
                           std::string(to_string(d.state));
    CHECK(is == row.is);
  }
}

TEST_CASE("worker: all eight states are written, info joins what several rules say") {
  Given given;
  given.yaml = R"(
collector: c
about: x
requests: { a: {}, b: { path: /b } }
workers:
  - from: a
    each: "$[*]"
    worker: "@.name"
    host: "@.host"
    load: "@.load"
    state: { path: "@.state", map: { on: up, off: offline } }
  - from: b
    each: "$.*"
    worker: "{key}"
    max_load: "@.slots"
    version: "@.version"
)";
  given.bodies["a"] = {R"([{"name": "w1", "host": "h", "load": 1, "state": "on"}, {"name": "w2", "state": "off"}])"};
  given.bodies["b"] = {R"({"w1": {"slots": 4, "version": "1.2"}, "w3": {"slots": 1}})"};
  const Mapped m = mapped(given);
  INFO(m.text());
  CHECK(m.of("tally_worker_info") ==
        std::vector<std::string>{R"(tally_worker_info{worker="w1",host="h",version="1.2"} 1)"});
  CHECK(m.of("tally_worker_up") ==
        std::vector<std::string>{R"(tally_worker_up{worker="w1"} 1)", R"(tally_worker_up{worker="w2"} 0)"});
  CHECK(m.of("tally_worker_ready") == std::vector<std::string>{R"(tally_worker_ready{worker="w1"} 1)"});
  CHECK(m.of("tally_worker_max_load") ==
        std::vector<std::string>{R"(tally_worker_max_load{worker="w1"} 4)", R"(tally_worker_max_load{worker="w3"} 1)"});
  CHECK(m.of("tally_worker_state") == std::vector<std::string>{
                                          R"(tally_worker_state{worker="w1",state="idle"} 0)",
                                          R"(tally_worker_state{worker="w1",state="busy"} 1)",
                                          R"(tally_worker_state{worker="w1",state="draining"} 0)",
                                          R"(tally_worker_state{worker="w1",state="paused"} 0)",
                                          R"(tally_worker_state{worker="w1",state="starting"} 0)",
                                          R"(tally_worker_state{worker="w1",state="offline"} 0)",
                                          R"(tally_worker_state{worker="w1",state="failed"} 0)",
                                          R"(tally_worker_state{worker="w1",state="unknown"} 0)",
                                          R"(tally_worker_state{worker="w2",state="idle"} 0)",
                                          R"(tally_worker_state{worker="w2",state="busy"} 0)",
                                          R"(tally_worker_state{worker="w2",state="draining"} 0)",
                                          R"(tally_worker_state{worker="w2",state="paused"} 0)",
                                          R"(tally_worker_state{worker="w2",state="starting"} 0)",
                                          R"(tally_worker_state{worker="w2",state="offline"} 1)",
                                          R"(tally_worker_state{worker="w2",state="failed"} 0)",
                                          R"(tally_worker_state{worker="w2",state="unknown"} 0)",
                                          R"(tally_worker_state{worker="w3",state="idle"} 0)",
                                          R"(tally_worker_state{worker="w3",state="busy"} 0)",
                                          R"(tally_worker_state{worker="w3",state="draining"} 0)",
                                          R"(tally_worker_state{worker="w3",state="paused"} 0)",
                                          R"(tally_worker_state{worker="w3",state="starting"} 0)",
                                          R"(tally_worker_state{worker="w3",state="offline"} 0)",
                                          R"(tally_worker_state{worker="w3",state="failed"} 0)",
                                          R"(tally_worker_state{worker="w3",state="unknown"} 1)",
                                      });
  CHECK(m.has(R"(tally_workers{state="busy"} 1)"));
  CHECK(m.has(R"(tally_workers{state="offline"} 1)"));
  CHECK(m.has(R"(tally_workers{state="unknown"} 1)"));
  CHECK(m.of("tally_workers").size() == 8);
  REQUIRE(m.out.workers.size() == 3);
  const SampleBatch& batch = m.out.blocks[0].batch;
  CHECK(batch.labels(m.out.workers[0].labels) == R"(worker="w1")");
  CHECK(batch.labels(m.out.workers[0].info) == R"(worker="w1",host="h",version="1.2")");
  CHECK(m.out.workers[0].enabled == std::optional(true));
  CHECK(batch.labels(m.out.workers[2].labels) == R"(worker="w3")");
  CHECK(m.out.workers[2].info == 0);
  CHECK_FALSE(m.out.workers[2].enabled.has_value());
  CHECK(m.out.has_workers);
}

TEST_CASE("worker: stale_after measures last_seen against the time of the answer") {
  Given given;
  given.yaml = R"(
collector: c
about: x
requests: { a: {} }
workers: { each: "$[*]", worker: "@.n", last_seen: { path: "@.t", as: unix }, stale_after: 5m, grace: 0s }
)";
  given.now = 1000;
  given.bodies["a"] = {R"([{"n": "a", "t": 700}, {"n": "b", "t": 699}, {"n": "c", "t": null}, {"n": "d", "t": 2000}])"};
  const Mapped m = mapped(given);
  INFO(m.text());
  CHECK(m.of("tally_worker_up") == std::vector<std::string>{R"(tally_worker_up{worker="a"} 1)",
                                                            R"(tally_worker_up{worker="b"} 0)",
                                                            R"(tally_worker_up{worker="d"} 1)"});
  CHECK(m.of("tally_worker_last_seen_timestamp_seconds")[0] ==
        R"(tally_worker_last_seen_timestamp_seconds{worker="a"} 700)");
  CHECK(m.out.grace == std::optional(Nanoseconds(0)));
}

TEST_CASE("worker: counted by state and pool; what a service rule says of a pool stays") {
  Given given;
  given.yaml = R"(
collector: c
about: x
requests: { a: {} }
workers: { each: "$.w[*]", worker: "@.n", pool: "@.p", state: "@.s" }
service: { each: "$.s[*]", pool: "@.p", workers: { idle: "@.idle" } }
)";
  given.bodies["a"] = {R"({"w": [{"n": "1", "p": "x", "s": "idle"}, {"n": "2", "p": "x", "s": "idle"},
      {"n": "3", "p": "y", "s": "busy"}, {"n": "4", "s": "odd"}], "s": [{"p": "y", "idle": 7}]})"};
  const Mapped m = mapped(given);
  INFO(m.text());
  CHECK(m.has(R"(tally_workers{state="idle",pool="x"} 2)"));
  CHECK(m.has(R"(tally_workers{state="busy",pool="x"} 0)"));
  CHECK(m.has(R"(tally_workers{state="busy",pool="y"} 1)"));
  CHECK(m.has(R"(tally_workers{state="idle",pool="y"} 7)"));
  CHECK(m.has(R"(tally_workers{state="unknown"} 1)"));
  CHECK(m.of("tally_workers").size() == 24);
  CHECK(m.errors.at("workers[0] map") == 1);  // `odd` is no state
}

TEST_CASE("worker: blocks, home and skipped items") {
  Given given;
  given.yaml = R"(
collector: c
about: x
requests:
  a: {}
  b: { path: /b, optional: true }
  d: { path: /d, every: 60s }
workers:
  - { from: a, each: "$[*]", worker: "@.n", load: "@.load" }
  - { from: b, each: "$[*]", worker: "@.n", max_load: "@.max", host: "@.host" }
queues: { from: d, each: "$[*]", queue: "@.n", bytes: "@.b" }
)";
  given.bodies["a"] = {R"([{"n": "w1", "load": 1}, {"load": 2}, {"n": "", "load": 3}, {"n": [], "load": 4}])"};
  given.bodies["b"] = {R"([{"n": "w1", "max": 2, "host": "h"}, {"n": "w2", "max": 3}])"};
  given.bodies["d"] = {R"([{"n": "q", "b": 5}])"};
  const Mapped m = mapped(given);
  INFO(m.text());
  CHECK(m.has(R"(tally_worker_load{worker="w1"} 1)"));
  CHECK(m.has(R"([1] tally_worker_max_load{worker="w1"} 2)"));
  CHECK(m.has(R"(tally_worker_ready{worker="w1"} 1)"));  // from both: at home
  CHECK(m.has(R"(tally_worker_info{worker="w1",host="h"} 1)"));
  CHECK(m.has(R"([1] tally_worker_state{worker="w2",state="unknown"} 1)"));
  CHECK(m.has(R"([2] tally_queue_bytes{queue="q"} 5)"));
  CHECK(m.errors.at("workers[0] skipped") == 2);
  CHECK(m.errors.at("workers[0] type") == 1);
  REQUIRE(m.out.workers.size() == 2);
  CHECK(m.out.workers[0].block == 0);
  CHECK(m.out.workers[1].block == 1);
  CHECK(m.out.blocks[0].batch.labels(m.out.workers[1].labels) == R"(worker="w2")");
  CHECK(m.out.blocks[0].requests == std::vector<std::size_t>{0});
  CHECK(m.out.blocks[1].requests == std::vector<std::size_t>{1});
  CHECK(m.out.blocks[2].requests == std::vector<std::size_t>{2});
}
