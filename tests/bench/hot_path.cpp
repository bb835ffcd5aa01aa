// What the agent does again and again, as often as is said and nothing else, for tools that count instructions: the
// same steps in the same order each time, in one thread, without a clock that matters. ./dev bench instructions runs
// it.
//
//   bench_hot_path poll-mapped|poll-same|scrape|large TIMES
//
// What is to be counted runs inside counted(): callgrind is told so (--toggle-collect=counted). What comes before (the
// first poll, the plan of the first scrape) and the server's part of a poll do not. Prints how many there were of what
// the costs are told by: `200 poll`.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "eight.h"
#include "exposition/exposition.h"
#include "layers/inputs.h"
#include "poll/nursery.h"
#include "poll/target_poller.h"
#include "store/shape_builder.h"

using namespace tallyman;
using bench::must;

// By this name callgrind knows it. It is not inlined, and the call in it is not its last act: then it could be left
// before what it calls is done.
extern "C" [[gnu::noinline]] void counted(const std::function<void()>& step) {
  step();
  asm volatile("");
}

namespace {

// One kept connection, answered by hand: the loop under measurement never waits, so it always does the same.
class Server {
 public:
  Server() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    must(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0 && ::listen(listener_, 1) == 0 &&
             ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
         "listening");
    port_ = ntohs(address.sin_port);
    bound(listener_);
  }
  ~Server() {
    ::close(peer_);
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/crew.json"; }

  void accept() {
    peer_ = ::accept(listener_, nullptr, nullptr);
    must(peer_ >= 0, "accepting");
    bound(peer_);
  }
  // Reads the request that has come and answers it.
  void answer(const std::string& body) {
    char request[4096];
    must(::recv(peer_, request, sizeof request, 0) > 0, "a request");
    const std::string reply =
        "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Wed, 25 Nov 2026 10:00:00 GMT\r\nContent-Type: "
        "application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\nConnection: keep-alive\r\nETag: \"67446e00-4d2\"\r\n\r\n" + body;
    must(::send(peer_, reply.data(), reply.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(reply.size()), "an answer");
  }

 private:
  static void bound(int socket) {  // no wait is for ever
    const timeval limit{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  int listener_, peer_ = -1;
  std::uint16_t port_ = 0;
};

// A target of a loop that is run by hand.
class Polled {
 public:
  Polled() {
    auto settings = std::make_shared<config::Target>();
    settings->name.text = "t0001";
    settings->collector.text = "eight";
    settings->endpoint.url = parse_url(server_.url()).value();
    settings->interval = settings->timeout = std::chrono::minutes(10);
    poller_ = std::make_unique<poll::TargetPoller>(
        poll::LoopContext{loop_, wheel_, resolver_, transport::make_shared_state(loop_, wheel_, resolver_),
                          self_.loop(0), self_, false},
        std::move(settings), bench::eight(), slot_);
  }

  // Both halves of a poll, which the answer parts, by way of `run`: counted or not.
  template <class Run>
  void poll(const std::string& body, const Run& run) {
    ended_ = false;
    run([this] {
      nursery_.spawn(one());
      loop_.restart();
      loop_.poll();
    });
    if (!connected_) {  // the first time the request goes out only now
      server_.accept();
      loop_.run_for(std::chrono::milliseconds(200));
      connected_ = true;
    }
    server_.answer(body);
    run([this] {
      while (!ended_) must(loop_.run_one_for(std::chrono::minutes(1)) > 0, "a poll");
      loop_.poll();
    });
  }

  store::SnapshotPtr shown() const { return slot_->pin(); }

 private:
  Task<> one() {
    const Result<> polled = co_await poller_->poll_once();
    must(polled.has_value(), "a poll");
    ended_ = true;
  }

  Server server_;
  Loop loop_{1};
  transport::TimerWheel wheel_{loop_};
  transport::Resolver resolver_;
  store::SelfMetrics self_{"0"};
  std::shared_ptr<store::Slot> slot_ = std::make_shared<store::Slot>("t0001");
  poll::Nursery nursery_{loop_};
  std::unique_ptr<poll::TargetPoller> poller_;
  bool connected_ = false, ended_ = false;
};

const auto uncounted = [](const std::function<void()>& step) { step(); };
constexpr std::size_t series_of_a_poll = 128;

void polls(std::size_t times, bool same) {
  const std::string bodies[] = {bench::crew(8, 0), bench::crew(8, same ? 0 : 1)};
  Polled target;
  for (std::size_t turn = 0; turn < 4; ++turn) target.poll(bodies[turn % 2], uncounted);
  for (std::size_t turn = 0; turn < times; ++turn) target.poll(bodies[turn % 2], counted);
  must(target.shown()->blocks[0]->shape->prefix_bytes.size() == series_of_a_poll, "what is shown");
  std::printf("%zu poll\n", times);
}

SampleBatch batch_of(const map::Collector& collector, const std::string& body) {
  map::Raw raw;
  raw.status = 200;
  raw.body.reserve(body.size() + decode::Document::padding);  // as the transport leaves it
  raw.body = body;
  map::Collector::Answers answers(1);
  auto answer = collector.read(0, {}, std::move(raw));
  must(answer && *answer, "reading");
  answers[0].push_back(std::move(**answer));
  auto output = collector.map(answers);
  must(output && output->blocks.size() == 1, "mapping");
  return std::move(output->blocks[0].batch);
}

store::Common common_of(const std::string& target) {
  store::Common common;
  common.system = "eight";
  common.target = target;
  return common;
}

// Bodies of 400 workers, 64 KB, to text.
void large(std::size_t times) {
  const std::string bodies[] = {bench::crew(400, 0), bench::crew(400, 1)};
  const auto compiled = bench::eight();
  store::BlockBuilder builder(common_of("t0001"));
  builder.build(batch_of(*compiled, bodies[1]), store::Clock::time_point::max());
  for (std::size_t turn = 0; turn < times; ++turn)
    counted([&] { builder.build(batch_of(*compiled, bodies[turn % 2]), store::Clock::time_point::max()); });
  std::printf("%zu KB\n", times * bodies[0].size() / 1000);
}

void scrapes(std::size_t times) {
  constexpr std::size_t targets = 400;
  const auto compiled = bench::eight();
  store::Store all;
  std::size_t series = 0;
  for (std::size_t t = 0; t < targets; ++t) {
    const std::string name = "t" + std::to_string(1000 + t);
    auto snapshot = std::make_shared<store::Snapshot>();
    snapshot->target = name;
    snapshot->blocks.push_back(store::BlockBuilder(common_of(name))
                                   .build(batch_of(*compiled, bench::crew(8, t)), store::Clock::time_point::max())
                                   .block);
    series += snapshot->blocks[0]->shape->prefix_bytes.size();
    all.add(name)->publish(std::move(snapshot), {});
  }
  std::shared_ptr<const exposition::Plan> plan = exposition::plan_for(all.pin(), nullptr).plan;
  std::string block;
  block.reserve(exposition::Scrape::block_bytes);
  std::size_t sent = 0;
  for (std::size_t turn = 0; turn < times; ++turn)
    counted([&] {
      std::vector<store::SnapshotPtr> pinned = all.pin();
      plan = exposition::plan_for(pinned, plan).plan;
      exposition::Scrape scrape(std::move(pinned), plan, exposition::Format::text, false, store::Clock::time_point());
      while (scrape.next(block)) sent += block.size();
    });
  must(sent > times * series * 80, "a scrape");
  std::printf("%zu series\n", times * series);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 3 ? argv[1] : "";
  const std::size_t times = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
  must(times > 0, "usage");
  if (what == "poll-mapped" || what == "poll-same") {
    polls(times, what == "poll-same");
  } else if (what == "large") {
    large(times);
  } else {
    must(what == "scrape", "usage");
    scrapes(times);
  }
}
