// One poll's questions and answers: asks a collector's requests in order of need, independent ones
// together, follow-ups a few at a time or many in one call, and collects the documents. Knows no schedule and no store;
// how a request reaches the target is a function given to it.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "map/collector.h"
#include "transport/channel.h"

namespace tallyman::poll {

using transport::Clock;
using Fetch = std::function<Task<Result<transport::Reply>>(std::shared_ptr<const Request>, Clock::time_point deadline)>;

// What is kept of a request between polls: its answers, and when they were read.
struct Kept {
  std::vector<map::Answer> answers;
  Clock::time_point read{};  // when the request was asked
  bool valid = false;
  std::vector<std::uint64_t> lost_items;  // that the answers lack
};

// Enough of a reply to know it again.
struct Fingerprint {
  std::uint64_t low = 0, high = 0;  // of its body
  int status = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

struct Gathered {
  map::Collector::Answers answers;         // one list per request
  std::vector<Clock::time_point> read;     // per request: when it was asked
  std::optional<Error> failed;             // a required request failed: nothing can be mapped
  std::vector<std::optional<Error>> lost;  // per request: an optional one that failed
  // Required requests that failed, the first of which is `failed`, and those that were not asked any more then.
  std::vector<std::pair<std::size_t, Error>> refused;
  std::vector<std::size_t> unasked;
  // Per request: map::item_key() of follow-ups that failed when its answers were read.
  std::vector<std::vector<std::uint64_t>> lost_items;
  std::size_t items_lost = 0;       // such of this poll
  std::optional<Error> item_error;  // the first of them
  // The reply is that of the poll before, byte by byte: it was not read, there are no answers.
  bool as_before = false;
  std::size_t body_bytes = 0;
  std::size_t memory = 0;  // that the answers take
  bool complete() const {  // nothing is missing
    if (failed) return false;
    for (const auto& items : lost_items)
      if (!items.empty()) return false;
    for (const auto& l : lost)
      if (l) return false;
    return true;
  }
};

class Gatherer {
 public:
  struct Options {
    Nanoseconds timeout;  // of each request, where it does not say its own
    std::size_t pages = 100;
    std::size_t follow_ups = 1000;
    std::size_t at_once = 4;         // calls in flight
    std::size_t memory = 40u << 20;  // of all answers of a poll together: they are held until it ends
  };
  Gatherer(std::shared_ptr<const map::Collector> collector, Fetch fetch, Options options);

  // Is given each answer as it came, decoded of its transfer; null: nobody wants them.
  using Listener =
      std::function<void(const std::string& request, const std::string& path, int status, const std::string& body)>;
  void listen(Listener listener) { listener_ = std::move(listener); }

  // Ends by `deadline`. `kept[i]` are the answers of request i from before: they are used again
  // while its `every` has not passed, and updated.
  // `known`: a reply like the one of the poll before need not be read again (of a collector that goes by the body
  // only).
  Task<Gathered> gather(Loop& loop, Clock::time_point now, Clock::time_point deadline, std::vector<Kept>& kept,
                        bool known = false);

 private:
  Gathered begin(Clock::time_point now, std::vector<Kept>& kept, bool known);
  void count_kept();
  Task<Gathered> gather_one(Clock::time_point now, Clock::time_point deadline, std::vector<Kept>& kept, bool known);
  Task<Gathered> gather_all(Loop& loop, Clock::time_point now, Clock::time_point deadline, std::vector<Kept>& kept,
                            bool known);
  void take(std::span<const std::size_t> requests, const map::Call& call, Result<transport::Reply> reply,
            Gathered& out);
  std::vector<Task<>> questions(const std::vector<std::size_t>& ready, Gathered& out, Clock::time_point deadline);
  Task<> ask(std::size_t request, Gathered& out, Clock::time_point deadline);
  Task<> ask_once(std::vector<std::size_t> requests, Gathered& out, Clock::time_point deadline);
  Task<Result<>> ask_pages(std::size_t request, map::Call call, Gathered& out, std::vector<map::Answer>& pages,
                           Clock::time_point deadline);
  Task<Result<>> ask_chain(std::size_t request, map::Call call, Gathered& out, Clock::time_point deadline);
  // The calls of one request as they are worked off. One that is joined and fails as a whole in a way
  // that may be the fault of one item leaves its calls in `alone`.
  struct Work {
    std::vector<map::Call> calls;
    std::size_t next = 0;
    std::vector<map::Call> alone;
    std::optional<Error> lost;   // why the first item was lost
    bool only_faults = true;     // that is what all that were lost were lost by
    std::optional<Error> fatal;  // the request has failed as a whole
  };
  Task<> ask_all(std::size_t request, Work& work, Gathered& out, Clock::time_point deadline);
  Task<> ask_items(std::size_t request, Work& work, Gathered& out, Clock::time_point deadline);
  Task<> ask_joined(std::size_t request, map::Call call, Work& work, Gathered& out, Clock::time_point deadline);
  Task<Result<transport::Reply>> fetch(std::size_t request, std::shared_ptr<const Request> asked,
                                       Clock::time_point deadline);
  Result<std::optional<map::Answer>> read(std::size_t request, const map::Call& call, transport::Reply reply,
                                          Gathered& out);
  map::Raw raw_of(std::size_t request, const map::Call& call, transport::Reply reply, const Gathered& out);
  std::optional<Error> count(const map::Answer& answer, Gathered& out);
  void fail(std::size_t request, Error why, Gathered& out) const;
  static void forget(std::vector<map::Answer>& answers, Gathered& out);
  Error with_others(Error why, std::size_t room, const Gathered& out) const;
  void drop_kept();
  void lose(std::size_t request, std::uint64_t item, Error why, Work& work, Gathered& out) const;

  std::shared_ptr<const map::Collector> collector_;
  Fetch fetch_;
  Options options_;
  Listener listener_;
  Fingerprint seen_;  // of the last reply, of a collector that goes by the body only
  bool known_ = false;
  std::vector<Kept>* kept_ = nullptr;  // of the poll that goes on
  std::size_t kept_bytes_ = 0;
};

}  // namespace tallyman::poll
