// One connection: reads requests, writes replies, until the client leaves, a deadline passes or
// the server stops. Everything here runs on the server's loop.
//
// Each wait has a deadline: one timer per connection, which closes the socket. The coroutine then
// sees its read or write fail and ends; nobody ends it from outside in any other way.
#pragma once
#include <utility>  // Boost 1.81's awaitable.hpp uses std::exchange without it

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "serve/finished.h"
#include "serve/routes.h"

namespace tallyman::serve {

using Loop = boost::asio::io_context;
using Executor = Loop::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Clock = std::chrono::steady_clock;
using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;
inline constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> resumed{};

// What the connections of one server share.
struct Shared {
  explicit Shared(Loop& loop) : finished_timer(loop) {}
  void keep_finished(exposition::Format format, std::string bytes, store::Clock::time_point pinned);

  Options options;
  Handlers handlers;
  bool stopping = false;
  std::size_t scrapes = 0;                       // at work now
  std::shared_ptr<const exposition::Plan> plan;  // of the last scrape of everything
  std::string reported;                          // the conflicts last logged
  Finished finished;
  Timer finished_timer;  // frees it
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, std::shared_ptr<Shared> shared);

  Task<> run();  // to the end of the connection; the session must be owned until then

  bool replying() const { return replying_; }
  bool closed() const { return closed_; }
  Clock::time_point since() const { return since_; }  // of the last request's end, or the accept
  void close();                                       // run() ends soon

 private:
  void arm(Clock::time_point deadline);
  Task<bool> read_more();              // false: the connection ended
  Task<bool> answer(Request request);  // true: the connection can take another request
  Task<Reloaded> reload();
  Task<Probed> probe(ProbeQuestion question);
  Task<bool> send_text(Reply reply, Request request, bool keep_alive);
  Task<bool> send_scrape(Reply reply, Request request, bool keep_alive);
  Task<bool> send_blocks(ScrapeOrder order, std::string head, bool chunked);
  Task<bool> send_block(std::string head, std::string_view block, bool chunked, bool last);
  Task<> linger();  // so that a client still sending can read our reply
  std::shared_ptr<const exposition::Plan> plan_of(const ScrapeOrder& order);

  Socket socket_;
  Timer timer_;
  std::shared_ptr<Shared> shared_;
  std::string received_;  // bytes no request has consumed
  bool replying_ = false;
  bool closed_ = false;
  Clock::time_point since_ = Clock::now();
};

}  // namespace tallyman::serve
