// TLS settings to contexts that are shared by all channels of a loop with equal settings, and
// made when first needed; made anew when one of their files changed. OpenSSL stays in the .cpp.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "core/endpoint.h"
#include "core/result.h"
#include "transport/call.h"
#include "transport/stream.h"

namespace tallyman::transport {

class TlsContext;  // an SSL_CTX, the stamps of its files, the sessions to resume

class TlsContexts {
 public:
  // Errors: Stage::tls, when a file cannot be read or is not what it should be.
  Result<std::shared_ptr<TlsContext>> get(const TlsSettings& settings);

 private:
  std::map<std::string, std::shared_ptr<TlsContext>> contexts_;  // by settings
};

// Client handshake on a connected socket. `host` is checked against the certificate and sent as
// SNI unless it is an address. `peer` is for messages.
// Errors: Stage::tls with the reason, Stage::timeout, Stage::cancelled.
Task<Result<std::unique_ptr<Stream>>> tls_handshake(Socket socket, std::shared_ptr<TlsContext> context,
                                                    std::string host, std::string peer, Call& call);

}  // namespace tallyman::transport
