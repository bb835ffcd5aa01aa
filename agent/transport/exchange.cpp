// On a kept connection this is one send() and one recv(). The send is tried directly: the
// socket's buffer is empty, so it does not wait, and no coroutine is suspended for it. The answer
// is waited for with async_wait and then read by hand, into the one buffer of the loop: a call
// that waits for a slow target owns no buffer. async_wait costs an epoll_ctl; async_read_some
// would try recv() first and mostly pay an EAGAIN for it instead (strace -c: 0.8 per poll).
#include "transport/exchange.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

namespace tallyman::transport {
namespace {

using boost::system::error_code;

bool peer_closed(const error_code& ec, Stream::End end) {
  return end != Stream::End::no || ec == boost::asio::error::connection_reset ||
         ec == boost::asio::error::broken_pipe || ec == boost::asio::error::connection_aborted;
}

Outcome failed(Error why) { return {std::move(why), false}; }

template <class Machine>
Outcome broken(const error_code& ec, const Connection& connection, const Machine& machine, const char* doing) {
  const Stream::End end = connection.stream->end_of(ec);
  const bool early = machine.wire_bytes() == 0 && peer_closed(ec, end);
  if (early)
    return {error(Stage::read, connection.peer + " closed the connection before it sent a byte of the answer"), true};
  const Error why = connection.stream->explain(ec);
  return failed(error(why.stage, connection.peer + ": " + why.detail + " while " + doing));
}

// HttpMachine and StreamReader are fed alike.
template <class Machine>
Task<Outcome> exchange_with(Connection& connection, Gear& gear, Machine& machine, Shared& shared, Call& call) {
  Stream& stream = *connection.stream;
  const Call::Watch watch(call, stream.socket());

  error_code ec;
  std::size_t sent = 0;
  if (stream.plain() && !gear.request.empty()) {
    sent = stream.socket().write_some(boost::asio::buffer(gear.request), ec);
    if (ec == boost::asio::error::would_block) ec.clear();
  }
  if (!ec && sent < gear.request.size()) {
    const Transfer rest = co_await stream.write(std::string_view(gear.request).substr(sent));
    if (call.over()) co_return failed(call.why(connection.peer + " to take the request"));
    ec = rest.ec;
  }
  if (ec) co_return broken(ec, connection, machine, "the request was sent");

  using State = typename Machine::State;
  State state = State::need_more;
  while (state == State::need_more) {
    Transfer got;
    const char* from = shared.read_buffer.get();
    if (stream.plain()) {
      const auto [failure] = co_await stream.socket().async_wait(Socket::wait_read, resumed);
      got.ec = failure;
    } else {
      if (!gear.tls_buffer) gear.tls_buffer = std::make_unique_for_overwrite<char[]>(tls_buffer_bytes);
      from = gear.tls_buffer.get();
      got = co_await stream.read_some(gear.tls_buffer.get(), tls_buffer_bytes);
    }
    if (call.over()) co_return failed(call.why(machine.waiting_for() + " from " + connection.peer));
    if (stream.plain() && !got.ec) {
      got.bytes =
          stream.socket().read_some(boost::asio::mutable_buffer(shared.read_buffer.get(), read_buffer_bytes), got.ec);
      if (got.ec == boost::asio::error::would_block) continue;
    }
    if (!got.ec) {
      state = machine.feed(std::string_view(from, got.bytes));
      if (state != State::need_more || machine.body_bytes() <= LargeTurns::small) continue;
      if (!gear.turn) gear.turn = std::make_shared<LargeTurns::Turn>(shared.turns, call);
      gear.turn->received(machine.body_bytes());
      if (machine.body_bytes() <= gear.turn->room()) continue;
      co_await LargeTurns::grow(*gear.turn, machine.body_bytes(), machine.body_limit(), call);
      if (call.over()) co_return failed(call.why("memory for the large answer of " + connection.peer));
      machine.make_room(gear.turn->room());
      continue;
    }
    const Stream::End end = stream.end_of(got.ec);
    if (end == Stream::End::no || machine.wire_bytes() == 0)
      co_return broken(got.ec, connection, machine, "the answer was read");
    state = machine.feed_eof(end == Stream::End::clean);
  }
  if (state == State::failed)
    co_return failed(error(machine.failure().stage, connection.peer + ": " + machine.failure().detail));
  co_return Outcome{Result<>(), false};
}

}  // namespace

Task<Outcome> exchange(Connection& connection, Gear& gear, Shared& shared, Call& call) {
  return exchange_with(connection, gear, gear.machine, shared, call);
}

Task<Outcome> exchange(Connection& connection, Gear& gear, StreamReader& reader, Shared& shared, Call& call) {
  return exchange_with(connection, gear, reader, shared, call);
}

bool seems_closed(Stream& stream) {
  char byte;
  const ssize_t got = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (!stream.plain()) return got == 0;  // TLS tickets may be waiting
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace tallyman::transport
