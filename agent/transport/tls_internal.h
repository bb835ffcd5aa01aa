// OpenSSL's side of the TLS contexts: included by tls_context.cpp and stream_tls.cpp only.
#pragma once
#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "transport/local_file.h"
#include "transport/tls_context.h"

namespace tallyman::transport {

struct SessionDeleter {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, SessionDeleter>;

// What one handshake leaves behind: why verification failed, and under which key its session is
// kept. Attached to the SSL object.
struct HandshakeNote {
  TlsContext* context = nullptr;
  std::string session_key;
  int verify_error = X509_V_OK;
  std::string certificate;  // of which verification failed: `CN=a, DNS:b`
  std::string not_before, not_after;
};

class TlsContext {
 public:
  static Result<std::shared_ptr<TlsContext>> make(const TlsSettings& settings);
  bool files_changed() const;

  boost::asio::ssl::context ssl{boost::asio::ssl::context::tls_client};
  TlsSettings settings;
  // To resume: by host and peer. Only ever offered to the peer that gave it, under this context,
  // so verification was done with the same settings.
  std::unordered_map<std::string, Session> sessions;

 private:
  Result<> load();
  std::vector<std::optional<FileStamp>> stamps() const;
  std::vector<std::optional<FileStamp>> loaded_;
};

int note_index();  // of the HandshakeNote in an SSL object's ex_data
int on_verify(int well, X509_STORE_CTX* store);

}  // namespace tallyman::transport
