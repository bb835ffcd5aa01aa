// tcp and unix sockets.
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

#include "transport/stream.h"

namespace tallyman::transport {
namespace {

class PlainStream final : public Stream {
 public:
  explicit PlainStream(Socket socket) : socket_(std::move(socket)) {}

  Socket& socket() override { return socket_; }
  bool plain() const override { return true; }

  Task<Transfer> read_some(char* buffer, std::size_t size) override {
    const auto [ec, bytes] = co_await socket_.async_read_some(boost::asio::buffer(buffer, size), resumed);
    co_return Transfer{ec, bytes};
  }

  Task<Transfer> write(std::string_view bytes) override {
    const auto [ec, sent] = co_await boost::asio::async_write(socket_, boost::asio::buffer(bytes), resumed);
    co_return Transfer{ec, sent};
  }

  End end_of(const boost::system::error_code& ec) const override {
    return ec == boost::asio::error::eof ? End::clean : End::no;
  }

  Error explain(const boost::system::error_code& ec) const override { return error(Stage::read, ec.message()); }

 private:
  Socket socket_;
};

}  // namespace

std::unique_ptr<Stream> make_plain_stream(Socket socket) { return std::make_unique<PlainStream>(std::move(socket)); }

}  // namespace tallyman::transport
