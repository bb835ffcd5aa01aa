// Takes out of an answer what must not be seen by whoever may ask for an explanation: what the target sends to say who
// it is, in each form in which a service may repeat it, and what the service tells of its own: passwords, tokens and
// keys by the names of their members, credentials in urls. Pure but for reading the secrets that are to be taken out.
#pragma once
#include <string>
#include <vector>

#include "config/agent_config.h"

namespace tallyman::poll {

// What a target sends: credentials, also the proxy's, as they are now and, in `sent`, as they were last used (a
// secret's file may be gone since) with the token of a login; headers that are more than a format, parameters with a
// secret's name; cookies of a login. As they are, percent-encoded, escaped as in JSON (with \/ and
// \u00e4 too) and as in XML, and in Basic credentials. Longest first.
std::vector<std::string> secrets_of(const config::Target& target, const std::vector<std::string>& sent,
                                    const std::vector<std::string>& cookies);

std::string without_secrets(std::string text, const std::vector<std::string>& secrets);

// An answer's text, which may be cut: also the values of members called `password`, `api_key`, `refreshToken` .. in
// JSON, in JSON within its texts, in XML and in lines of names and values, and user and password in urls. Linear.
std::string redacted(std::string body, const std::vector<std::string>& secrets);

}  // namespace tallyman::poll
