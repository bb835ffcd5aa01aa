// The fleet with a scripted collector: which targets run after each apply(), and what is left of one that is gone.
#include "app_fleet.h"

#include <condition_variable>
#include <mutex>

#include "support/catch.h"
#include "support/silent_collector.h"

using namespace tallyman;
using namespace std::chrono_literals;

namespace {

// Its one rule never finds a thing, and each answer is held up as long as the test wants.
class Scripted : public test::SilentCollector {
 public:
  explicit Scripted(std::string name) : SilentCollector(std::move(name), {"workers[0]"}) {}

  Result<map::Output> map(const Answers&, const Lost&) const override {
    std::unique_lock lock(mutex_);
    ++entered_;
    changed_.notify_all();
    changed_.wait_for(lock, 20s, [&] { return open_; });
    map::Output out;
    out.blocks.emplace_back();
    out.found = {{map::RuleFound::Base::absent, 0}};
    out.no_worker_list = true;
    return out;
  }

  // The `n`th answer is being read, or was.
  bool reading(std::size_t n) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return entered_ >= n; });
  }
  std::size_t begun() const {
    const std::lock_guard lock(mutex_);
    return entered_;
  }
  // The number of the first answer that is held up.
  std::size_t hold() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    return entered_ + 1;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::size_t entered_ = 0;
  bool open_ = true;
};

struct Rig {
  store::Store store;
  store::SelfMetrics self{"1"};
  transport::Resolver resolver;
  std::shared_ptr<Scripted> collector = std::make_shared<Scripted>("one");
  Fleet fleet;

  explicit Rig(int threads = 1) : fleet(store, self, resolver, threads) {}
  // A test that fails may leave a poll waiting.
  ~Rig() {
    collector->let_go();
    end();
  }
  void end() {
    fleet.stop();
    fleet.join();
  }

  RunnableTarget target(const std::string& name, std::shared_ptr<const Scripted> of = nullptr) const {
    RunnableTarget out;
    out.target.name.text = name;
    out.collector = of ? of : collector;
    out.target.collector.text = out.collector->name();
    out.target.endpoint.url = *parse_url("dummy:site");
    out.target.interval = 100ms;
    out.collector_hash = std::hash<std::string>()(out.collector->name());
    return out;
  }
  // Targets and collectors whose rules the agent's own metrics tell of.
  std::vector<std::string> counted() const {
    SampleBatch batch;
    self.collect(batch);
    std::vector<std::string> out;
    for (const SampleBatch::Series& series : batch.series())
      if (batch.families()[series.family].name == "tallyman_rule_missing_total")
        out.push_back(std::string(batch.labels(series.labels)));
    return out;
  }
};

std::string counter(const std::string& collector, const std::string& target) {
  return "collector=\"" + collector + "\",target=\"" + target + "\",rule=\"workers[0]\",reason=\"absent\"";
}

std::vector<RunnableTarget> all(std::initializer_list<RunnableTarget> targets) { return targets; }

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("fleet: what is new, changed, gone or the same") {
  Rig rig;
  RunnableTarget changed = rig.target("b");
  changed.target.labels = {{"site", "x"}};

  Fleet::Change change = rig.fleet.apply(all({rig.target("a"), rig.target("b"), rig.target("c")}));
  CHECK(change.added == 3);
  const auto slot = rig.store.find("b");
  REQUIRE(slot);
  change = rig.fleet.apply(all({rig.target("a"), changed, rig.target("d")}));
  CHECK(change.added == 1);
  CHECK(change.changed == 1);
  CHECK(change.removed == 1);
  CHECK(change.kept == 1);
  CHECK(rig.store.find("b") == slot);  // what it showed is shown until it is polled anew
  CHECK_FALSE(rig.store.find("c"));
  CHECK(rig.store.slots().size() == 3);

  RunnableTarget other_text = changed;  // the same settings, but its collector's file says something else
  other_text.collector_hash += 1;
  CHECK(rig.fleet.apply(all({other_text})).changed == 1);
  CHECK(rig.fleet.apply(all({other_text})).kept == 1);
  CHECK(rig.fleet.apply({}).removed == 1);
  CHECK(rig.store.slots().empty());
}

TEST_CASE("fleet: targets are polled on all loops, and go to the emptiest") {
  Rig rig(2);
  const auto other = std::make_shared<Scripted>("two");
  rig.fleet.apply(all({rig.target("a"), rig.target("b", other)}));
  rig.fleet.start();
  REQUIRE(rig.collector->reading(2));
  REQUIRE(other->reading(2));
  CHECK(rig.self.loop(0).polls > 0);
  CHECK(rig.self.loop(1).polls > 0);

  // Once a is gone its loop is the empty one: c, held up, is not in b's way.
  const auto third = std::make_shared<Scripted>("three");
  const std::size_t held = third->hold();
  rig.fleet.apply(all({rig.target("b", other), rig.target("c", third)}));
  REQUIRE(third->reading(held));
  CHECK(other->reading(other->begun() + 2));
  third->let_go();
}

TEST_CASE("fleet: a poll that ends after its target is gone brings none of its counters back") {
  Rig rig;
  rig.fleet.apply(all({rig.target("a")}));
  rig.fleet.start();
  REQUIRE(rig.collector->reading(2));
  CHECK(rig.counted() == Strings{counter("one", "a")});
  REQUIRE(rig.collector->reading(rig.collector->hold()));
  rig.fleet.apply({});
  CHECK(rig.counted().empty());
  rig.collector->let_go();  // it counts now
  rig.end();
  CHECK(rig.counted().empty());
}

TEST_CASE("fleet: nor after another collector has taken its place") {
  Rig rig;
  const auto other = std::make_shared<Scripted>("two");
  rig.fleet.apply(all({rig.target("a")}));
  rig.fleet.start();
  REQUIRE(rig.collector->reading(rig.collector->hold()));
  rig.fleet.apply(all({rig.target("a", other)}));
  rig.collector->let_go();
  REQUIRE(other->reading(2));
  rig.end();
  CHECK(rig.counted() == Strings{counter("two", "a")});
}
