// Who asks, and whom it trusts: the options that `probe`, `explain` and `infer` share, so that what can be polled with
// `auth`, `headers` and `tls` of targets.yaml can be looked at by hand as well.
#pragma once
#include <string>
#include <vector>

#include "core/endpoint.h"
#include "core/result.h"

namespace tallyman::cli {

struct AccessOptions {
  std::string user, password;  // Basic; the password as any secret: the value, env:NAME or file:PATH
  std::string bearer;          // a secret too
  std::vector<std::string> headers;
  std::string ca, cert, key, server_name;
  bool insecure = false;
};

// Errors: Stage::config, with the option, what was expected, and no secret.
Result<> apply(const AccessOptions& options, Endpoint& endpoint);

}  // namespace tallyman::cli
