#include "poll/gather.h"

#include <algorithm>

#include "poll/nursery.h"

namespace tallyman::poll {
namespace {

transport::Request to_request(const map::Call& call) {
  transport::Request request;
  request.method = call.method;
  request.path = call.path;
  request.absolute = call.absolute;
  request.headers = call.headers;
  request.body = call.body;
  request.content_type = call.content_type;
  return request;
}

}  // namespace

Gatherer::Gatherer(std::shared_ptr<const map::Collector> collector, Fetch fetch, Options options)
    : collector_(std::move(collector)), fetch_(std::move(fetch)), options_(options) {}

// One call and the pages after it, appended to the request's answers only when all are there: half
// a list is not shown as the whole.
Task<Result<>> Gatherer::ask_chain(std::size_t request, map::Call call, Gathered& out, Clock::time_point deadline) {
  const map::RequestInfo& info = collector_->requests()[request];
  std::vector<map::Answer> pages;
  for (;;) {
    const Clock::time_point by = std::min(deadline, Clock::now() + info.timeout.value_or(options_.timeout));
    transport::Request asked = to_request(call);
    Result<transport::Reply> reply = co_await fetch_(std::move(asked), by);
    if (!reply) co_return reply.error();
    out.body_bytes += reply->body.size();
    map::Raw raw{reply->status, std::move(reply->headers), std::move(reply->body), reply->arrived};
    Result<std::optional<map::Answer>> answer = collector_->read(request, call, std::move(raw));
    if (!answer) co_return answer.error();
    if (!answer->has_value()) break;  // the item of a follow-up is gone: no error
    Result<std::optional<map::Call>> next = collector_->next_page(request, call, **answer);
    pages.push_back(std::move(**answer));
    if (!next) co_return next.error();
    if (!next->has_value()) break;
    if (pages.size() >= options_.pages)
      co_return error(Stage::limit, "request `" + info.name + "` has more than " + std::to_string(options_.pages) +
                                        " pages; raise `limits: { pages }` or ask for larger pages");
    call = std::move(**next);
  }
  for (map::Answer& page : pages) out.answers[request].push_back(std::move(page));
  co_return Result<>();
}

// Takes calls off a shared list until it is empty or the request has failed as a whole.
Task<> Gatherer::ask_items(std::size_t request, std::vector<map::Call>& calls, std::size_t& next, Gathered& out,
                           Clock::time_point deadline, std::optional<Error>& fatal) {
  const bool follow_up = collector_->requests()[request].follow_up;
  while (next < calls.size() && !fatal) {
    map::Call call = std::move(calls[next]);
    ++next;
    Result<> done = co_await ask_chain(request, std::move(call), out, deadline);
    if (done) continue;
    // One failed follow-up costs its own item; but a poll that is stopped, or over a limit, ends.
    const Stage stage = done.error().stage;
    if (follow_up && stage != Stage::cancelled && stage != Stage::limit && stage != Stage::timeout) {
      ++out.items_lost;
      if (!out.item_error) out.item_error = done.error();
    } else if (!fatal) {
      fatal = done.error();
    }
  }
}

Task<> Gatherer::ask(std::size_t request, Gathered& out, Clock::time_point deadline) {
  const map::RequestInfo& info = collector_->requests()[request];
  std::optional<Error> fatal;
  Result<std::vector<map::Call>> calls = collector_->calls(request, out.answers);
  if (!calls) {
    fatal = calls.error();
  } else if (calls->size() == 1) {
    std::size_t next = 0;
    co_await ask_items(request, *calls, next, out, deadline, fatal);
  } else if (calls->size() > 1) {
    const Executor executor = co_await boost::asio::this_coro::executor;
    Nursery nursery(executor.context());
    std::size_t next = 0;
    for (std::size_t i = 0; i < std::min(options_.at_once, calls->size()); ++i)
      nursery.spawn(ask_items(request, *calls, next, out, deadline, fatal));
    co_await nursery.join();
  }
  // Every item failed: that is the request failing, not so many items.
  if (!fatal && calls && !calls->empty() && out.answers[request].empty() && out.item_error) fatal = out.item_error;
  if (!fatal) co_return;
  out.answers[request].clear();
  if (info.optional && fatal->stage != Stage::cancelled)
    out.lost[request] = std::move(fatal);
  else if (!out.failed)
    out.failed = std::move(fatal);
}

Task<Gathered> Gatherer::gather(Loop& loop, Clock::time_point now, Clock::time_point deadline,
                                std::vector<Kept>& kept) {
  const std::vector<map::RequestInfo>& requests = collector_->requests();
  Gathered out;
  out.answers.resize(requests.size());
  out.lost.resize(requests.size());
  out.read.assign(requests.size(), now);
  kept.resize(requests.size());

  std::vector<bool> done(requests.size(), false);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].every || !kept[i].valid || now - kept[i].read >= *requests[i].every) continue;
    out.answers[i] = std::move(kept[i].answers);
    out.read[i] = kept[i].read;
    kept[i] = Kept{};
    done[i] = true;
  }
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
    if (ready.size() == 1) {
      co_await ask(ready[0], out, deadline);
    } else {
      Nursery nursery(loop);
      for (const std::size_t i : ready) nursery.spawn(ask(i, out, deadline));
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
      if (!requests[j].optional && !out.failed) out.failed = out.lost[j];
    }
  }
  co_return out;
}

}  // namespace tallyman::poll
