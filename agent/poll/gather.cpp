#include "poll/gather.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "poll/nursery.h"

namespace tallyman::poll {
namespace {

// Without its query, which may be long, or secret.
std::string path_of(const map::Call& call) {
  const std::string& asked = call.absolute.empty() ? call.path : call.absolute;
  std::string path;
  for (const char c : asked.substr(0, asked.find('?'))) path += c == map::token_place ? "{token}" : std::string(1, c);
  return path;
}

// An answer that is not what was expected, with where it came from.
Error from_path(Error why, const map::Call& call) {
  const std::string path = path_of(call);
  if (!path.empty() && path != "/") why.detail = path + ": " + why.detail;
  return why;
}

Fingerprint fingerprint_of(const transport::Reply& reply) {
  const XXH128_hash_t hash = XXH3_128bits(reply.body.data(), reply.body.size());
  return {hash.low64, hash.high64, reply.status};
}

}  // namespace

Gatherer::Gatherer(std::shared_ptr<const map::Collector> collector, Fetch fetch, Options options)
    : collector_(std::move(collector)), fetch_(std::move(fetch)), options_(options) {}

// What is only kept for the case that a request fails gives way to what is read now.
void Gatherer::drop_kept() {
  for (Kept& kept : *kept_) kept = Kept{};
  kept_bytes_ = 0;
}

Task<Result<transport::Reply>> Gatherer::fetch(std::size_t request, std::shared_ptr<const Request> asked,
                                               Clock::time_point deadline) {
  const auto timeout = collector_->requests()[request].timeout.value_or(options_.timeout);
  return fetch_(std::move(asked), std::min(deadline, Clock::now() + timeout));
}

map::Raw Gatherer::raw_of(std::size_t request, const map::Call& call, transport::Reply reply, const Gathered& out) {
  if (listener_) listener_(collector_->requests()[request].name, path_of(call), reply.status, reply.body);
  constexpr std::size_t honest = 5;  // times its size a document takes at most
  if (kept_bytes_ > 0 && out.memory + kept_bytes_ + honest * reply.body.size() > options_.memory) drop_kept();
  map::Raw raw{reply.status, std::move(reply.headers), std::move(reply.body), reply.arrived};
  raw.room = options_.memory - std::min(options_.memory, out.memory + kept_bytes_);
  return raw;
}

std::optional<Error> Gatherer::count(const map::Answer& answer, Gathered& out) {
  out.memory += answer.bytes();
  if (out.memory + kept_bytes_ > options_.memory) drop_kept();
  if (out.memory <= options_.memory) return std::nullopt;
  const std::size_t together = std::exchange(out.memory, out.memory - answer.bytes());  // it is not kept
  return error(Stage::limit, "the answers of one poll take " + std::to_string(together) +
                                 " bytes together once they are read; the limit is " + std::to_string(options_.memory) +
                                 " (2.5 times the target's limits.body): ask for fewer pages or items, or raise it");
}

void Gatherer::forget(std::vector<map::Answer>& answers, Gathered& out) {
  for (const map::Answer& answer : answers) out.memory -= answer.bytes();
  answers.clear();
}

// A document for which there is room, but for the others.
Error Gatherer::with_others(Error why, std::size_t room, const Gathered& out) const {
  if (why.stage == Stage::limit && room < options_.memory && why.detail.find(std::to_string(room)) != std::string::npos)
    why.detail += "; " + std::to_string(room) + " is what the poll's other answers leave, which take " +
                  std::to_string(out.memory);
  return why;
}

// No answer: the item of a follow-up is gone.
Result<std::optional<map::Answer>> Gatherer::read(std::size_t request, const map::Call& call, transport::Reply reply,
                                                  Gathered& out) {
  map::Raw raw = raw_of(request, call, std::move(reply), out);
  const std::size_t room = raw.room;
  Result<std::optional<map::Answer>> answer = collector_->read(request, call, std::move(raw));
  if (!answer) return from_path(with_others(answer.error(), room, out), call);
  if (answer->has_value())
    if (auto much = count(**answer, out)) return std::move(*much);
  return answer;
}

// One call and the pages after it.
Task<Result<>> Gatherer::ask_pages(std::size_t request, map::Call call, Gathered& out, std::vector<map::Answer>& pages,
                                   Clock::time_point deadline) {
  const map::RequestInfo& info = collector_->requests()[request];
  for (;;) {
    Result<transport::Reply> reply = co_await fetch(request, std::make_shared<const Request>(call), deadline);
    if (!reply) co_return reply.error();
    out.body_bytes += reply->body.size();
    Result<std::optional<map::Answer>> answer = read(request, call, std::move(*reply), out);
    if (!answer) co_return answer.error();
    if (!answer->has_value()) break;
    Result<std::optional<map::Call>> next = collector_->next_page(request, call, **answer);
    pages.push_back(std::move(**answer));
    if (!next) co_return from_path(next.error(), call);
    if (!next->has_value()) break;
    if (pages.size() >= options_.pages)
      co_return error(Stage::limit, "request `" + info.name + "` has more than " + std::to_string(options_.pages) +
                                        " pages; raise `limits: { pages }` or ask for larger pages");
    call = std::move(**next);
  }
  co_return Result<>();
}

// The pages are appended to the request's answers only when all are there: half a list is not shown
// as the whole.
Task<Result<>> Gatherer::ask_chain(std::size_t request, map::Call call, Gathered& out, Clock::time_point deadline) {
  std::vector<map::Answer> pages;
  Result<> asked = co_await ask_pages(request, std::move(call), out, pages, deadline);
  if (!asked) {
    forget(pages, out);
    co_return asked.error();
  }
  for (map::Answer& page : pages) out.answers[request].push_back(std::move(page));
  co_return Result<>();
}

// One failed follow-up costs its own item; but a poll that is stopped, or over a limit, ends.
void Gatherer::lose(std::size_t request, std::uint64_t item, Error why, Work& work, Gathered& out) const {
  const bool ends = why.stage == Stage::cancelled || why.stage == Stage::limit || why.stage == Stage::timeout;
  if (collector_->requests()[request].follow_up && !ends) {
    ++out.items_lost;
    out.lost_items[request].push_back(item);
    if (!work.lost) work.lost = why;
    work.only_faults &= why.fault;
    if (!out.item_error) out.item_error = std::move(why);
  } else if (!work.fatal) {
    work.fatal = std::move(why);
  }
}

Task<> Gatherer::ask_joined(std::size_t request, map::Call call, Work& work, Gathered& out,
                            Clock::time_point deadline) {
  Result<transport::Reply> reply = co_await fetch(request, std::make_shared<const Request>(call), deadline);
  std::optional<Error> failed;
  if (!reply) {
    failed = reply.error();
  } else {
    out.body_bytes += reply->body.size();
    map::Raw raw = raw_of(request, call, std::move(*reply), out);
    const std::size_t room = raw.room;
    Result<map::Collector::Joined> read = collector_->read_joined(request, call, std::move(raw));
    if (read) {
      for (std::size_t i = 0; i < read->size(); ++i) {
        Result<map::Answer>& answer = (*read)[i];
        if (!answer) {
          lose(request, map::item_key(request, call.joined[i].variables), answer.error(), work, out);
          continue;
        }
        if (const auto much = count(*answer, out)) {
          if (!work.fatal) work.fatal = *much;
          co_return;
        }
        out.answers[request].push_back(std::move(*answer));
      }
      co_return;
    }
    failed = from_path(with_others(read.error(), room, out), call);
  }
  if (map::Collector::ask_alone(*failed))
    std::move(call.joined.begin(), call.joined.end(), std::back_inserter(work.alone));
  else
    for (const map::Call& each : call.joined) lose(request, map::item_key(request, each.variables), *failed, work, out);
}

// Takes calls off the shared list until it is empty or the request has failed as a whole.
Task<> Gatherer::ask_items(std::size_t request, Work& work, Gathered& out, Clock::time_point deadline) {
  while (work.next < work.calls.size() && !work.fatal) {
    map::Call call = std::move(work.calls[work.next]);
    ++work.next;
    const std::uint64_t item = map::item_key(request, call.variables);
    if (call.unwritable) {
      lose(request, item, std::move(*call.unwritable), work, out);
    } else if (!call.joined.empty()) {
      co_await ask_joined(request, std::move(call), work, out, deadline);
    } else {
      const Result<> done = co_await ask_chain(request, std::move(call), out, deadline);
      if (!done) lose(request, item, done.error(), work, out);
    }
  }
}

Task<> Gatherer::ask_all(std::size_t request, Work& work, Gathered& out, Clock::time_point deadline) {
  work.next = 0;
  if (work.calls.size() == 1) {
    co_await ask_items(request, work, out, deadline);
  } else if (work.calls.size() > 1) {
    const Executor executor = co_await boost::asio::this_coro::executor;
    Nursery nursery(executor.context());
    for (std::size_t i = 0; i < std::min(options_.at_once, work.calls.size()); ++i)
      nursery.spawn(ask_items(request, work, out, deadline));
    co_await nursery.join();
  }
}

void Gatherer::fail(std::size_t request, Error why, Gathered& out) const {
  forget(out.answers[request], out);
  if (collector_->requests()[request].optional && why.stage != Stage::cancelled) {
    out.lost[request] = std::move(why);
    return;
  }
  out.refused.emplace_back(request, why);
  if (!out.failed) out.failed = std::move(why);
}

// Several requests with one question: each reads the reply for itself, and fails by itself.
void Gatherer::take(std::span<const std::size_t> requests, const map::Call& call, Result<transport::Reply> reply,
                    Gathered& out) {
  if (reply) out.body_bytes += reply->body.size();
  if (reply && collector_->body_only()) {
    const Fingerprint before = std::exchange(seen_, fingerprint_of(*reply));
    out.as_before = known_ && before == seen_;
    if (out.as_before) return;
  }
  for (const std::size_t request : requests) {
    if (!reply) {
      fail(request, reply.error(), out);
      continue;
    }
    const bool last = request == requests.back();  // a large body is not held twice
    Result<std::optional<map::Answer>> answer = read(request, call, last ? std::move(*reply) : *reply, out);
    if (!answer)
      fail(request, answer.error(), out);
    else if (answer->has_value())
      out.answers[request].push_back(std::move(**answer));
  }
}

Task<> Gatherer::ask_once(std::vector<std::size_t> requests, Gathered& out, Clock::time_point deadline) {
  std::shared_ptr<const map::Call> call = collector_->only_call();
  if (!call) {
    Result<std::vector<map::Call>> calls = collector_->calls(requests[0], out.answers);
    if (!calls) {
      for (const std::size_t request : requests) fail(request, calls.error(), out);
      co_return;
    }
    call = std::make_shared<const map::Call>(std::move(calls->front()));
  }
  Result<transport::Reply> reply = co_await fetch(requests[0], call, deadline);
  take(requests, *call, std::move(reply), out);
}

Task<> Gatherer::ask(std::size_t request, Gathered& out, Clock::time_point deadline) {
  Work work;
  Result<std::vector<map::Call>> calls = collector_->calls(request, out.answers);
  bool asked = false;
  if (!calls) {
    work.fatal = calls.error();
  } else {
    asked = !calls->empty();
    work.calls = std::move(*calls);
    co_await ask_all(request, work, out, deadline);
    // Nothing of it is remembered: the next poll tries the joined call again, since what broke it
    // may be repaired by then, and it costs one request.
    if (!work.fatal && !work.alone.empty()) {
      work.calls = std::move(work.alone);
      co_await ask_all(request, work, out, deadline);
    }
  }
  // Every item failed: that is the request failing, not so many items. But for faults: the service answers, what it
  // cannot tell is each item.
  if (!work.fatal && asked && out.answers[request].empty() && work.lost && !work.only_faults) work.fatal = work.lost;
  if (work.fatal) fail(request, std::move(*work.fatal), out);
}

// One for each request; those that ask the same thing together.
std::vector<Task<>> Gatherer::questions(const std::vector<std::size_t>& ready, Gathered& out,
                                        Clock::time_point deadline) {
  const std::vector<map::RequestInfo>& requests = collector_->requests();
  const auto leader = [&](std::size_t i) { return requests[i].same_as.value_or(i); };
  std::vector<Task<>> asked;
  for (std::size_t at = 0; at < ready.size(); ++at) {
    const auto same = [&](std::size_t i) { return leader(i) == leader(ready[at]); };
    if (std::any_of(ready.begin(), ready.begin() + static_cast<std::ptrdiff_t>(at), same)) continue;
    std::vector<std::size_t> together;
    std::copy_if(ready.begin(), ready.end(), std::back_inserter(together), same);
    asked.push_back(together.size() > 1 || collector_->body_only() ? ask_once(std::move(together), out, deadline)
                                                                   : ask(ready[at], out, deadline));
  }
  return asked;
}

Gathered Gatherer::begin(Clock::time_point now, std::vector<Kept>& kept, bool known) {
  const std::size_t requests = collector_->requests().size();
  Gathered out;
  out.answers.resize(requests);
  out.lost.resize(requests);
  out.lost_items.resize(requests);
  out.read.assign(requests, now);
  kept.resize(requests);
  kept_ = &kept;
  known_ = known;
  return out;
}

void Gatherer::count_kept() {
  kept_bytes_ = 0;
  for (const Kept& old : *kept_)
    for (const map::Answer& answer : old.answers) kept_bytes_ += answer.bytes();
}

Task<Gathered> Gatherer::gather(Loop& loop, Clock::time_point now, Clock::time_point deadline, std::vector<Kept>& kept,
                                bool known) {
  if (collector_->body_only() && collector_->requests().size() == 1) return gather_one(now, deadline, kept, known);
  return gather_all(loop, now, deadline, kept, known);
}

// As most are: nothing waits for anything, and nothing is asked less often.
Task<Gathered> Gatherer::gather_one(Clock::time_point now, Clock::time_point deadline, std::vector<Kept>& kept,
                                    bool known) {
  Gathered out = begin(now, kept, known);
  count_kept();
  const std::size_t request = 0;
  Result<transport::Reply> reply = co_await fetch(request, collector_->only_call(), deadline);
  take({&request, 1}, *collector_->only_call(), std::move(reply), out);
  co_return out;
}

Task<Gathered> Gatherer::gather_all(Loop& loop, Clock::time_point now, Clock::time_point deadline,
                                    std::vector<Kept>& kept, bool known) {
  const std::vector<map::RequestInfo>& requests = collector_->requests();
  Gathered out = begin(now, kept, known);
  std::vector<bool> done(requests.size(), false);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].every || !kept[i].valid || now - kept[i].read >= *requests[i].every) continue;
    for (const map::Answer& answer : kept[i].answers) out.memory += answer.bytes();
    out.answers[i] = std::move(kept[i].answers);
    out.read[i] = kept[i].read;
    out.lost_items[i] = std::move(kept[i].lost_items);
    kept[i] = Kept{};
    done[i] = true;
  }
  count_kept();
  std::size_t left = static_cast<std::size_t>(std::count(done.begin(), done.end(), false));
  while (left > 0 && !out.failed) {
    std::vector<std::size_t> ready;
    for (const std::size_t i : collector_->order()) {
      if (done[i]) continue;
      const auto& needs = requests[i].needs;
      if (std::all_of(needs.begin(), needs.end(), [&](std::size_t n) { return done[n]; })) ready.push_back(i);
    }
    if (ready.empty()) {  // cannot be: cycles are refused at load
      out.failed = error(Stage::internal, "requests wait for each other");
      break;
    }
    std::vector<Task<>> asked = questions(ready, out, deadline);
    if (asked.size() == 1) {
      co_await std::move(asked[0]);
    } else {
      Nursery nursery(loop);
      for (Task<>& each : asked) nursery.spawn(std::move(each));
      co_await nursery.join();
    }
    for (const std::size_t i : ready) {
      done[i] = true;
      --left;
      // A follow-up of a request that failed has nothing to go by.
      for (std::size_t j = 0; j < requests.size(); ++j)
        if (out.lost[i] && !done[j] &&
            std::find(requests[j].needs.begin(), requests[j].needs.end(), i) != requests[j].needs.end())
          out.lost[j] = out.lost[i];
    }
    for (std::size_t j = 0; j < requests.size(); ++j) {
      if (done[j] || !out.lost[j]) continue;
      done[j] = true;
      --left;
      if (requests[j].optional) continue;
      out.refused.emplace_back(j, *std::exchange(out.lost[j], std::nullopt));
      if (!out.failed) out.failed = out.refused.back().second;
    }
  }
  for (std::size_t i = 0; left > 0 && i < done.size(); ++i)
    if (!done[i]) out.unasked.push_back(i);
  co_return out;
}

}  // namespace tallyman::poll
