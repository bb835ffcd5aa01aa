// TLS over a connected socket, with OpenSSL by way of asio::ssl. The verify callback only takes
// notes; what they mean for a person is put into words here.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "transport/tls_internal.h"

namespace tallyman::transport {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

bool is_ssl(const error_code& ec) { return ec.category() == boost::asio::error::get_ssl_category(); }

// The text of an error that OpenSSL found in what the peer sent.
std::string ssl_reason(const error_code& ec) {
  const auto code = static_cast<unsigned long>(ec.value());
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return "the server does not speak TLS on this port; use http://";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return ec.message() + "; does the server want a client certificate (tls.cert, tls.key)?";
    default:
      return ec.message();
  }
}

class TlsStream final : public Stream {
 public:
  TlsStream(Socket socket, std::shared_ptr<TlsContext> context)
      : context_(std::move(context)), stream_(std::move(socket), context_->ssl) {
    note_.context = context_.get();
    SSL_set_ex_data(native(), note_index(), &note_);
  }
  ~TlsStream() override {
    // Else OpenSSL takes a connection that ends without close_notify as a reason to forget its session.
    SSL_set_shutdown(native(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

  Result<> prepare(const std::string& host, const std::string& peer);
  Task<error_code> handshake() {
    const auto [ec] = co_await stream_.async_handshake(ssl::stream_base::client, resumed);
    co_return ec;
  }
  Error handshake_failed(const error_code& ec, const std::string& host, const std::string& peer);

  Socket& socket() override { return stream_.next_layer(); }
  bool plain() const override { return false; }

  Task<Transfer> read_some(char* buffer, std::size_t size) override {
    const auto [ec, bytes] = co_await stream_.async_read_some(boost::asio::buffer(buffer, size), resumed);
    co_return Transfer{ec, bytes};
  }
  Task<Transfer> write(std::string_view bytes) override {
    const auto [ec, sent] = co_await boost::asio::async_write(stream_, boost::asio::buffer(bytes), resumed);
    co_return Transfer{ec, sent};
  }
  End end_of(const error_code& ec) const override {
    if (ec == boost::asio::error::eof) return End::clean;
    return ec == ssl::error::stream_truncated ? End::cut : End::no;
  }
  Error explain(const error_code& ec) const override {
    if (is_ssl(ec)) return error(Stage::tls, ssl_reason(ec));
    return error(Stage::read, ec.message());
  }

 private:
  SSL* native() { return stream_.native_handle(); }

  std::shared_ptr<TlsContext> context_;
  HandshakeNote note_;  // before the stream: OpenSSL points at it
  ssl::stream<Socket> stream_;
};

Result<> TlsStream::prepare(const std::string& host, const std::string& peer) {
  note_.session_key = host + ' ' + peer;
  error_code not_numeric;
  boost::asio::ip::make_address(host, not_numeric);
  const bool numeric = !not_numeric;
  bool well = numeric || SSL_set_tlsext_host_name(native(), host.c_str()) == 1;
  if (!context_->settings.insecure) {
    X509_VERIFY_PARAM* const param = SSL_get0_param(native());
    well = well && (numeric ? X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str())
                            : X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size())) == 1;
  }
  if (!well) {
    ERR_clear_error();
    return error(Stage::tls, "`" + host + "` cannot be used as a server name; set tls.server_name");
  }
  const auto session = context_->sessions.find(note_.session_key);
  if (session != context_->sessions.end()) SSL_set_session(native(), session->second.get());
  return {};
}

Error TlsStream::handshake_failed(const error_code& ec, const std::string& host, const std::string& peer) {
  context_->sessions.erase(note_.session_key);
  const std::string with = "TLS with " + peer + ": ";
  if (note_.verify_error != X509_V_OK) {
    std::string text = "certificate verify failed: ";
    text += X509_verify_cert_error_string(note_.verify_error);
    text += " (" + note_.certificate + ")";
    if (note_.verify_error == X509_V_ERR_HOSTNAME_MISMATCH || note_.verify_error == X509_V_ERR_IP_ADDRESS_MISMATCH)
      text += ", expected `" + host + "`; set tls.server_name if that is not its name";
    else if (note_.verify_error == X509_V_ERR_CERT_HAS_EXPIRED)
      text += ", it ended " + note_.not_after;
    else if (note_.verify_error == X509_V_ERR_CERT_NOT_YET_VALID)
      text += ", it begins " + note_.not_before;
    else
      text += "; name its CA in tls.ca";
    return error(Stage::tls, with + text);
  }
  if (is_ssl(ec)) return error(Stage::tls, with + ssl_reason(ec));
  if (end_of(ec) != End::no || ec == boost::asio::error::connection_reset)
    return error(Stage::tls, with + "the server closed the connection during the handshake");
  return error(Stage::tls, with + ec.message());
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> tls_handshake(Socket socket, std::shared_ptr<TlsContext> context,
                                                    std::string host, std::string peer, Call& call) {
  auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(context));
  const Result<> prepared = stream->prepare(host, peer);
  if (!prepared) co_return prepared.error();
  const Call::Watch watch(call, stream->socket());
  const error_code ec = co_await stream->handshake();
  if (call.over()) co_return call.why("the TLS handshake with " + peer);
  if (ec) co_return stream->handshake_failed(ec, host, peer);
  co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace tallyman::transport
