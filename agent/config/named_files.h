// Looks at files that a target names and that are read when it is polled: certificates, keys,
// secrets. One that is missing or unfit now may be right when it is needed (a secret that is
// mounted later, a certificate that is being issued), so all that is said here is a warning. Does
// not know whether a key belongs to its certificate: only TLS itself can tell.
#pragma once
#include <string>

#include "config/target_reader.h"

namespace tallyman::config {

enum class Pem { certificates, key };

// `path` is where the file is, `subject` the setting: "`ca`".
void look_at_pem(Reader& r, const TargetScope& scope, const Position& at, const std::string& subject,
                 const std::string& path, Pem wanted);
// What keeps a text from being that, as a phrase for a message; "" if nothing does.
std::string unfit_pem(const std::string& text, Pem wanted);
// What is in the file is never shown.
void look_at_secret(Reader& r, const TargetScope& scope, const Position& at, const std::string& subject,
                    const std::string& path);

}  // namespace tallyman::config
