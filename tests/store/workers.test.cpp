#include "store/workers.h"

#include "support/catch.h"

using namespace tallyman;
using namespace std::chrono_literals;
using store::WorkerBook;

namespace {

// The samples of a batch as lines, for comparison.
std::vector<std::string> lines(const SampleBatch& batch) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& s = batch.series()[i];
    out.push_back(batch.families()[s.family].name + "{" + std::string(batch.labels(s.labels)) + "} " +
                  to_text(batch.values()[i]));
  }
  return out;
}

const WorkerBook::Known a{"worker=\"a\"", "worker=\"a\",host=\"h\"", true};
const WorkerBook::Known b{"worker=\"b\"", "", std::nullopt};

}  // namespace

TEST_CASE("worker life: a worker that vanished is down for its grace, then gone") {
  WorkerBook book;
  const store::Clock::time_point t0{};
  SampleBatch batch;
  book.update({a, b}, {}, 5min, t0, store::Room{}, batch);
  CHECK(batch.size() == 0);

  book.update({b}, {}, 5min, t0 + 15s, store::Room{}, batch);
  CHECK(lines(batch) == std::vector<std::string>{
                            "tally_worker_up{worker=\"a\"} 0", "tally_worker_state{worker=\"a\",state=\"idle\"} 0",
                            "tally_worker_state{worker=\"a\",state=\"busy\"} 0",
                            "tally_worker_state{worker=\"a\",state=\"draining\"} 0",
                            "tally_worker_state{worker=\"a\",state=\"paused\"} 0",
                            "tally_worker_state{worker=\"a\",state=\"starting\"} 0",
                            "tally_worker_state{worker=\"a\",state=\"offline\"} 1",
                            "tally_worker_state{worker=\"a\",state=\"failed\"} 0",
                            "tally_worker_state{worker=\"a\",state=\"unknown\"} 0",
                            "tally_worker_enabled{worker=\"a\"} 1", "tally_worker_info{worker=\"a\",host=\"h\"} 1"});
  CHECK(book.tombstones() == 1);

  batch.clear();
  book.update({b}, {}, 5min, t0 + 15s + 5min - 1ns, store::Room{}, batch);
  CHECK(batch.size() == 11);
  batch.clear();
  book.update({b}, {}, 5min, t0 + 15s + 5min, store::Room{}, batch);
  CHECK(batch.size() == 0);
  CHECK(book.tombstones() == 0);
}

TEST_CASE("worker life: of whom a partial answer says nothing is neither down nor forgotten") {
  const WorkerBook::Known x{"worker=\"x\"", "", std::nullopt, 7}, y{"worker=\"y\"", "", std::nullopt, 8};
  const store::Clock::time_point t0{};
  const auto shown = [](const SampleBatch& batch) {
    std::vector<std::string> out;
    for (const std::string& line : lines(batch))
      if (line.starts_with("tally_worker_up")) out.push_back(line);
    return out;
  };
  using Lines = std::vector<std::string>;
  WorkerBook book;
  SampleBatch batch;
  book.update({a, x, y}, {}, 5min, t0, store::Room{}, batch);
  // The answer for x failed; y is really gone.
  book.update({a}, {false, {7}}, 5min, t0 + 1s, store::Room{}, batch);
  CHECK(shown(batch) == Lines{"tally_worker_up{worker=\"y\"} 0"});
  // Who is gone stays so where nobody is known.
  batch.clear();
  book.update({}, {true, {}}, 5min, t0 + 2s, store::Room{}, batch);
  CHECK(shown(batch) == Lines{"tally_worker_up{worker=\"y\"} 0"});
  // Who comes back does so in a partial answer too, and x is missed as soon as it is known to be gone.
  batch.clear();
  book.update({y}, {true, {}}, 5min, t0 + 3s, store::Room{}, batch);
  CHECK(shown(batch).empty());
  book.update({a, y}, {}, 5min, t0 + 4s, store::Room{}, batch);
  CHECK(shown(batch) == Lines{"tally_worker_up{worker=\"x\"} 0"});
}

TEST_CASE("worker life: a worker that comes back is no longer down") {
  WorkerBook book;
  const store::Clock::time_point t0{};
  SampleBatch batch;
  book.update({a, b}, {}, 5min, t0, store::Room{}, batch);
  book.update({b}, {}, 5min, t0 + 1s, store::Room{}, batch);
  batch.clear();
  book.update({b, a}, {}, 5min, t0 + 2s, store::Room{}, batch);
  CHECK(batch.size() == 0);
  CHECK(book.tombstones() == 0);
}

TEST_CASE("worker life: grace 0 shows nothing of a worker that is gone") {
  WorkerBook book;
  SampleBatch batch;
  book.update({a, b}, {}, 0s, store::Clock::time_point{}, store::Room{}, batch);
  book.update({}, {}, 0s, store::Clock::time_point{} + 1s, store::Room{}, batch);
  CHECK(batch.size() == 0);
}

TEST_CASE("worker life: tombstones are capped, the longest gone go first") {
  WorkerBook book;
  SampleBatch batch;
  const auto named = [](std::size_t from, std::size_t to) {
    std::vector<std::string> names;
    for (std::size_t i = from; i < to; ++i) names.push_back("worker=\"" + std::to_string(i) + "\"");
    return names;
  };
  const auto known = [](const std::vector<std::string>& names) {
    std::vector<WorkerBook::Known> out;
    for (const auto& n : names) out.push_back({n, "", std::nullopt});
    return out;
  };
  const store::Clock::time_point t0{};
  const auto first = named(0, 6000), second = named(6000, 12000);
  book.update(known(first), {}, 1h, t0, store::Room{}, batch);
  book.update(known(second), {}, 1h, t0 + 1s, store::Room{}, batch);
  batch.clear();
  book.update({}, {}, 1h, t0 + 2s, store::Room{}, batch);
  CHECK(book.tombstones() == WorkerBook::max_tombstones);
  // All of the second batch are still shown: they went last.
  std::size_t late = 0;
  for (const std::string& line : lines(batch))
    if (line.starts_with("tally_worker_up{worker=\"") && std::stoi(line.substr(24)) >= 6000) ++late;
  CHECK(late == 6000);
}

TEST_CASE("worker life: who is gone is offline in the count of its pool") {
  const WorkerBook::Known x{"worker=\"x\"", "worker=\"x\",pool=\"p\"", true};
  const WorkerBook::Known y{"worker=\"y\"", "worker=\"y\",pool=\"q\"", true};
  WorkerBook book;
  const store::Clock::time_point t0{};
  SampleBatch batch;
  book.update({a, b, x, y}, {}, 5min, t0, store::Room{}, batch);
  book.count_gone(batch, {});
  CHECK(batch.size() == 0);
  book.update({b}, {}, 5min, t0 + 15s, store::Room{}, batch);

  // The pool "" is counted by the agent, of `p` the service speaks, of `q` nobody does.
  SampleBatch counts;
  const auto family = counts.add_family({"tally_workers", MetricType::gauge, "Workers by state", ""});
  const auto say = [&](const char* labels, std::int64_t n) {
    counts.add(family, counts.add_labels(labels), Number::of(n));
    return static_cast<std::uint32_t>(counts.size() - 1);
  };
  say("state=\"idle\"", 1);
  const std::uint32_t counted = say("state=\"offline\"", 2);
  say("state=\"offline\",pool=\"p\"", 7);
  book.count_gone(counts, {counted});
  CHECK(lines(counts) ==
        std::vector<std::string>{
            "tally_workers{state=\"idle\"} 1", "tally_workers{state=\"offline\"} 3",
            "tally_workers{state=\"offline\",pool=\"p\"} 7", "tally_workers{state=\"idle\",pool=\"q\"} 0",
            "tally_workers{state=\"busy\",pool=\"q\"} 0", "tally_workers{state=\"draining\",pool=\"q\"} 0",
            "tally_workers{state=\"paused\",pool=\"q\"} 0", "tally_workers{state=\"starting\",pool=\"q\"} 0",
            "tally_workers{state=\"offline\",pool=\"q\"} 1", "tally_workers{state=\"failed\",pool=\"q\"} 0",
            "tally_workers{state=\"unknown\",pool=\"q\"} 0"});

  // The grace over, nothing is added: the count is that of those named.
  SampleBatch later;
  book.update({b}, {}, 5min, t0 + 15s + 5min, store::Room{}, later);
  book.count_gone(later, {});
  CHECK(later.size() == 0);
}

TEST_CASE("worker life: who is gone gives way where the limits leave no room, the longest gone first") {
  const WorkerBook::Known x{"worker=\"x\"", "worker=\"x\",pool=\"p\"", true};
  const store::Clock::time_point t0{};
  // `a` shows 11 samples, `b` 9 and `x` 11, and a pool of which nothing is said 8.
  const auto shown = [&](store::Room room) {
    WorkerBook book;
    SampleBatch batch, counts;
    book.update({a, b, x}, {}, 5min, t0, store::Room{}, batch);
    book.update({b, x}, {}, 5min, t0 + 15s, store::Room{}, batch);
    book.update({x}, {}, 5min, t0 + 30s, store::Room{}, batch);
    batch.clear();
    const std::size_t forgotten = book.update({}, {}, 5min, t0 + 45s, room, batch);
    CHECK(forgotten == 3 - book.tombstones());
    book.count_gone(counts, {});
    CHECK(batch.size() + counts.size() <= room.samples);
    std::string names;
    for (const std::string& line : lines(batch))
      if (line.starts_with("tally_worker_up{worker=\"")) names += line[24];
    // Forgotten: it does not come back when there is room again.
    batch.clear();
    CHECK(book.update({}, {}, 5min, t0 + 60s, store::Room{}, batch) == 0);
    CHECK(book.tombstones() == names.size());
    return names;
  };
  CHECK(shown({}) == "abx");
  CHECK(shown({.samples = 47}) == "abx");  // 31, and two pools
  CHECK(shown({.samples = 46}) == "bx");
  CHECK(shown({.samples = 36}) == "bx");
  CHECK(shown({.samples = 35}) == "x");
  CHECK(shown({.samples = 18}).empty());
  CHECK(shown({.samples = 0}).empty());
  CHECK(shown({.text = 0}).empty());
  CHECK(shown({.text = 2000}) == "x");
}

TEST_CASE("worker life: the room for text counts what the lines take") {
  const std::string name = "worker=\"" + std::string(1000, 'n') + "\"";
  WorkerBook book;
  SampleBatch batch;
  book.update({{name, "", std::nullopt}}, {}, 5min, store::Clock::time_point{}, store::Room{}, batch);
  WorkerBook other = book;
  CHECK(book.update({}, {}, 5min, store::Clock::time_point{} + 1s, {.text = 9000}, batch) == 1);
  CHECK(batch.size() == 0);
  CHECK(other.update({}, {}, 5min, store::Clock::time_point{} + 1s, {.text = 12'000}, batch) == 0);
  CHECK(batch.size() == 9);
}

TEST_CASE("worker life: one that was unknown is missed by the next full answer, though that names the same") {
  WorkerBook book;
  SampleBatch batch;
  const store::Clock::time_point t0{};
  book.update({a, b}, {}, 5min, t0, store::Room{}, batch);
  book.update({a}, {.all = true, .items = {}}, 5min, t0 + 1s, store::Room{}, batch);
  CHECK(book.tombstones() == 0);
  book.update({a}, {}, 5min, t0 + 2s, store::Room{}, batch);
  CHECK(book.tombstones() == 1);
}
