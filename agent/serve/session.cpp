#include "serve/session.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <ctime>

#include "core/log.h"

namespace tallyman::serve {
namespace asio = boost::asio;
namespace {

constexpr std::size_t read_bytes = 4096;
constexpr std::size_t linger_bytes = 256 * 1024;
constexpr std::chrono::seconds linger_time{1};
constexpr std::chrono::milliseconds longest_scrape{60'000};
constexpr std::chrono::milliseconds longest_reload{60'000};  // after that nobody is told; it goes on

std::string http_date() {  // Thu, 01 Jan 1970 00:00:00 GMT, whatever the locale
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[utc.tm_wday], utc.tm_mday,
                months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text;
}

// One of at most max_scrapes places; given back when the scrape ends in whatever way.
class Place {
 public:
  explicit Place(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) { ++shared_->scrapes; }
  ~Place() { --shared_->scrapes; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::shared_ptr<Shared> shared_;
};

// For what a handler will tell, once, on whatever thread.
template <class T>
struct Wait : std::enable_shared_from_this<Wait<T>> {
  explicit Wait(const Executor& executor) : timer(executor, Clock::time_point::max()) {}
  std::function<void(T)> teller() {
    return [wait = this->shared_from_this()](T value) {
      asio::post(wait->timer.get_executor(), [wait, value = std::move(value)]() mutable {
        wait->outcome = std::move(value);
        wait->timer.cancel();
      });
    };
  }
  Timer timer;
  std::optional<T> outcome;
};

template <class T>
Task<T> told(std::shared_ptr<Wait<T>> wait) {
  while (!wait->outcome) {
    const auto result = co_await wait->timer.async_wait(resumed);
    (void)result;  // only cancel() ends it
  }
  co_return std::move(*wait->outcome);
}

}  // namespace

void Shared::keep_finished(exposition::Format format, std::string bytes, store::Clock::time_point pinned) {
  if (stopping) return;
  finished.keep(format, std::move(bytes), pinned);
  finished_timer.expires_after(Finished::young);
  finished_timer.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) finished.expire(store::Clock::now());
  });
}

Session::Session(Socket socket, std::shared_ptr<Shared> shared)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), shared_(std::move(shared)) {
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Session::close() {
  closed_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Session::arm(Clock::time_point deadline) {
  timer_.expires_at(deadline);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code failed) {
    // A wait that was already due when the deadline moved still comes as a success.
    if (!failed && Clock::now() >= self->timer_.expiry()) self->close();
  });
}

Task<> Session::run() {
  bool open = true;
  while (open && !closed_) {
    const auto parsed = parse_request(received_);
    if (const auto* complete = std::get_if<Parsed>(&parsed)) {
      received_.erase(0, complete->bytes);
      replying_ = true;
      open = co_await answer(complete->request);
      replying_ = false;
      since_ = Clock::now();
      if (!received_.empty()) arm(since_ + shared_->options.header_timeout);
    } else if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
      replying_ = true;
      Request unread;
      unread.keep_alive = false;
      Reply reply = text_reply(refusal->status, refusal->text + "\n");
      arm(Clock::now() + shared_->options.scrape_timeout);
      open = co_await send_text(std::move(reply), std::move(unread), false);
    } else if (shared_->stopping) {
      open = false;
    } else {
      // The first byte of a request starts the clock for its whole header.
      if (received_.empty()) arm(since_ + shared_->options.idle_timeout);
      open = co_await read_more();
    }
  }
  timer_.cancel();
  close();
}

Task<bool> Session::read_more() {
  const std::size_t held = received_.size();
  received_.resize(held + read_bytes);
  const auto result = co_await socket_.async_read_some(asio::buffer(received_.data() + held, read_bytes), resumed);
  const boost::system::error_code failed = std::get<0>(result);
  received_.resize(held + std::get<1>(result));
  if (closed_ || failed) co_return false;
  if (held == 0) arm(Clock::now() + shared_->options.header_timeout);
  co_return true;
}

Task<bool> Session::answer(Request request) {
  Reply reply = route(request, shared_->handlers);
  const bool keep_alive = request.keep_alive && !shared_->stopping;
  const auto allowed = std::min(request.scrape_timeout.value_or(shared_->options.scrape_timeout), longest_scrape);
  arm(Clock::now() + (reply.reload ? longest_reload : allowed));
  if (reply.reload) {
    const Reloaded outcome = co_await reload();
    if (outcome.ok)
      reply.body = outcome.text;
    else
      reply = text_reply(500, "the configuration was not reloaded, the one before still runs:\n" + outcome.text);
  }
  const bool probes = reply.probe.has_value();  // small, and bounded by the prober
  if (reply.probe) {
    arm(Clock::now() + reply.probe->within + allowed);  // the probe itself ends in time
    Probed probed = co_await probe(std::move(*reply.probe));
    reply = probed_reply(request, std::move(probed));
    arm(Clock::now() + allowed);
  }
  if (reply.scrape && !probes && !request.head() && shared_->scrapes >= shared_->options.max_scrapes) {
    reply =
        text_reply(503, "already " + std::to_string(shared_->scrapes) + " scrapes at work; try again in a second\n");
    reply.headers.emplace_back("Retry-After", "1");
  }
  bool open = false;
  if (reply.scrape)
    open = co_await send_scrape(std::move(reply), std::move(request), keep_alive);
  else
    open = co_await send_text(std::move(reply), std::move(request), keep_alive);
  co_return open;
}

Task<Reloaded> Session::reload() {
  const auto wait = std::make_shared<Wait<Reloaded>>(socket_.get_executor());
  shared_->handlers.reload(wait->teller());
  co_return co_await told(wait);
}

Task<Probed> Session::probe(ProbeQuestion question) {
  const auto wait = std::make_shared<Wait<Probed>>(socket_.get_executor());
  shared_->handlers.probe(std::move(question), wait->teller());
  co_return co_await told(wait);
}

Task<bool> Session::send_text(Reply reply, Request request, bool keep_alive) {
  std::string bytes = head_text(reply, request, reply.body.size(), keep_alive, http_date());
  if (!request.head()) bytes += reply.body;
  const auto result = co_await asio::async_write(socket_, asio::buffer(bytes), resumed);
  if (closed_ || std::get<0>(result)) co_return false;
  if (!keep_alive) co_await linger();
  co_return keep_alive;
}

Task<bool> Session::send_scrape(Reply reply, Request request, bool keep_alive) {
  const bool chunked = request.http_1_1;
  if (!chunked) keep_alive = keep_alive && request.head();  // the end of the connection ends the body
  std::string head = head_text(reply, request, std::nullopt, keep_alive, http_date());
  if (request.head()) {
    const auto result = co_await asio::async_write(socket_, asio::buffer(head), resumed);
    co_return !closed_ && !std::get<0>(result) && keep_alive;
  }
  bool sent = false;
  {
    const Place place(shared_);
    sent = co_await send_blocks(std::move(*reply.scrape), std::move(head), chunked);
  }
  if (sent && !keep_alive) co_await linger();
  co_return sent&& keep_alive;
}

// A finished one that is young enough is sent as it is. Else block by block, as they are made; the
// head goes out with the first.
Task<bool> Session::send_blocks(ScrapeOrder order, std::string head, bool chunked) {
  const auto now = store::Clock::now();
  const bool keeps = order.all && order.gzip;
  const Finished::Bytes finished = keeps ? shared_->finished.find(order.format, now) : nullptr;
  if (finished) {
    bool sent = co_await send_block(std::move(head), *finished, chunked, false);
    if (sent) sent = co_await send_block({}, {}, chunked, true);
    co_return sent;
  }
  const std::shared_ptr<const exposition::Plan> plan = plan_of(order);
  exposition::Scrape scrape(std::move(order.snapshots), plan, order.format, order.gzip, now);
  std::string block, whole;
  bool more = true;
  while (more) {
    more = scrape.next(block);
    if (keeps && whole.size() <= Finished::most_bytes) whole += block;
    std::string first = std::move(head);
    head.clear();
    const bool sent = co_await send_block(std::move(first), block, chunked, !more);
    if (!sent) co_return false;
  }
  if (keeps) shared_->keep_finished(order.format, std::move(whole), now);
  co_return true;
}

// After each block other connections have their turn. `block` is the caller's until this ends.
Task<bool> Session::send_block(std::string head, std::string_view block, bool chunked, bool last) {
  std::string_view after;
  if (chunked && !block.empty()) {  // an empty chunk would end the body
    char size[16];
    const auto written = std::to_chars(size, size + sizeof size, block.size(), 16);
    head.append(size, written.ptr).append("\r\n");
    after = "\r\n";
  }
  if (chunked && last) after = block.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n";
  const std::array<asio::const_buffer, 3> parts{asio::buffer(head), asio::buffer(block), asio::buffer(after)};
  const auto result = co_await asio::async_write(socket_, parts, resumed);
  if (closed_ || std::get<0>(result)) co_return false;
  co_await asio::post(socket_.get_executor(), asio::use_awaitable_t<Executor>());
  co_return !closed_;
}

// Closing a socket with unread bytes resets the connection, and the reset can overtake the reply.
Task<> Session::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  arm(Clock::now() + linger_time);
  std::string unread(read_bytes, '\0');
  std::size_t total = 0;
  bool open = true;
  while (open && !closed_ && !shared_->stopping && total < linger_bytes) {
    const auto result = co_await socket_.async_read_some(asio::buffer(unread), resumed);
    open = !std::get<0>(result);
    total += std::get<1>(result);
  }
}

std::shared_ptr<const exposition::Plan> Session::plan_of(const ScrapeOrder& order) {
  if (!order.all) return exposition::plan_for(order.snapshots, nullptr).plan;
  exposition::Planned planned = exposition::plan_for(order.snapshots, shared_->plan);
  shared_->plan = planned.plan;
  if (!planned.fresh) return planned.plan;
  // A plan is made anew whenever a worker comes or goes; the log says only what changed.
  std::vector<std::string> targets;
  std::string all;
  for (const exposition::Conflict& conflict : planned.conflicts) {
    targets.push_back(conflict.target);
    const std::string line = conflict.target + '\n' + conflict.family + '\n' + conflict.why + '\n';
    if (shared_->reported.find(line) == std::string::npos)
      log::warn("left out of the exposition: it clashes with what others show",
                {{"target", conflict.target}, {"family", conflict.family}, {"why", conflict.why}});
    all += line;
  }
  shared_->reported = std::move(all);
  shared_->handlers.conflicts(targets);
  return planned.plan;
}

}  // namespace tallyman::serve
