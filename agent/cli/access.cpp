#include "cli/access.h"

#include "config/reader.h"
#include "core/letters.h"
#include "transport/credentials.h"

namespace tallyman::cli {
namespace {

Error wrong(const std::string& what) { return error(Stage::config, what); }

// Read once, to say at once what is not there.
Result<Secret> secret_of(const std::string& option, const std::string& text) {
  Secret secret(Secret::Source::inline_value, text);
  if (text.starts_with("env:")) secret = {Secret::Source::env, text.substr(4)};
  if (text.starts_with("file:")) secret = {Secret::Source::file, text.substr(5)};
  const Result<std::string> value = transport::read_secret(secret);
  if (!value) return wrong(option + ": " + value.error().detail);
  if (value->empty()) return wrong(option + ": the secret is empty; expected the value, env:NAME or file:PATH");
  return secret;
}

Result<> add_header(const std::string& text, Endpoint& endpoint) {
  const std::size_t colon = text.find(':');
  std::string value = colon == std::string::npos ? "" : text.substr(colon + 1);
  while (value.starts_with(' ')) value.erase(0, 1);
  const std::string name = text.substr(0, colon);
  // Not the value: it may be a secret.
  if (colon == std::string::npos || !config::is_header_name(name))
    return wrong("--header: expected \"Name: value\", such as --header \"X-Api-Key: env:KEY\"");
  if (value.starts_with("env:") || value.starts_with("file:")) {
    const Result<Secret> secret = secret_of("--header " + name, value);
    if (!secret) return secret.error();
    value = transport::read_secret(*secret).value();
  }
  if (value.empty()) return wrong("--header " + name + ": a value is missing");
  const std::string small = small_letters(name);
  if (config::is_agents_header(small)) return wrong("--header " + name + ": the agent sets it");
  if (config::has_control(value)) return wrong("--header " + name + ": the value holds a control character");
  if (small == "authorization") {  // kept out of logs, and from whom a redirect leads to
    if (endpoint.auth.kind != AuthSettings::Kind::none)
      return wrong("--header " + name + ": --user or --bearer say already who asks");
    endpoint.auth = {AuthSettings::Kind::header, name, "", {Secret::Source::inline_value, std::move(value)}};
    return {};
  }
  endpoint.headers.emplace_back(name, std::move(value));
  return {};
}

}  // namespace

Result<> apply(const AccessOptions& options, Endpoint& endpoint) {
  if (!options.user.empty() && !options.bearer.empty()) return wrong("--user and --bearer: expected one of them");
  if (options.user.empty() != options.password.empty())
    return wrong(options.user.empty() ? "--password: expected --user NAME beside it"
                                      : "--user: expected --password env:NAME or file:PATH beside it");
  AuthSettings& auth = endpoint.auth;
  if (!options.user.empty()) {
    if (options.user.find(':') != std::string::npos)
      return wrong(
          "--user: the name contains `:`, which Basic authentication cannot carry; the password is given by "
          "--password");
    const Result<Secret> password = secret_of("--password", options.password);
    if (!password) return password.error();
    auth = {AuthSettings::Kind::basic, options.user, "", *password};
  }
  if (!options.bearer.empty()) {
    const Result<Secret> token = secret_of("--bearer", options.bearer);
    if (!token) return token.error();
    auth = {AuthSettings::Kind::header, "Authorization", "Bearer", *token};
  }
  for (const std::string& header : options.headers)
    if (const Result<> added = add_header(header, endpoint); !added) return added;
  if (options.cert.empty() != options.key.empty()) return wrong("--cert and --key: expected both or neither");
  endpoint.tls = {options.ca, options.cert, options.key, options.server_name, options.insecure};
  const bool tls = endpoint.url.scheme == Url::Scheme::https;
  if (!tls && endpoint.tls != TlsSettings{})
    return wrong("--ca, --cert, --key, --server-name and --insecure are for https://; expected a url of it");
  if (!endpoint.url.is_http() && (auth.kind != AuthSettings::Kind::none || !options.headers.empty()))
    return wrong("--user, --bearer and --header are for HTTP; expected a url of http://, https:// or unix:");
  return {};
}

}  // namespace tallyman::cli
