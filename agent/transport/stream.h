// One connection: bytes both ways over tcp, a unix socket or TLS. What it does not know: HTTP,
// deadlines, retries. Whoever closes its socket ends what waits on it.
#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "transport/task.h"

namespace tallyman::transport {

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;

struct Transfer {
  boost::system::error_code ec;
  std::size_t bytes = 0;
};

class Stream {
 public:
  virtual ~Stream() = default;

  virtual Socket& socket() = 0;
  // True: reads and writes may go to socket() itself, which saves a coroutine frame each.
  virtual bool plain() const = 0;
  virtual Task<Transfer> read_some(char* buffer, std::size_t size) = 0;
  virtual Task<Transfer> write(std::string_view bytes) = 0;  // all of them
  // Did the peer end the stream as its protocol wants, seen from the error that ended it?
  enum class End { clean, cut, no };
  virtual End end_of(const boost::system::error_code& ec) const = 0;
  // What `ec` means, for errors that are the stream's own (TLS alerts): Stage::tls, else Stage::read.
  virtual Error explain(const boost::system::error_code& ec) const = 0;

  void close() {
    boost::system::error_code ignored;
    socket().close(ignored);
  }
};

std::unique_ptr<Stream> make_plain_stream(Socket socket);

}  // namespace tallyman::transport
