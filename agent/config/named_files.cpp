#include "config/named_files.h"

#include <optional>

namespace tallyman::config {
namespace {

bool holds(const std::string& text, const char* what) { return text.find(what) != std::string::npos; }

std::optional<std::string> content(Reader& r, const TargetScope& scope, const Position& at, const std::string& subject,
                                   const std::string& path, const char* fails) {
  const Result<std::string> text = scope.read(path);
  if (text) return *text;
  r.warn(at, subject + ": `" + path + "` cannot be read: " + text.error().detail + "; until it can, polls " + fails);
  return std::nullopt;
}

}  // namespace

std::string unfit_pem(const std::string& text, Pem wanted) {
  if (wanted == Pem::key) {
    if (holds(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----") || holds(text, "Proc-Type: 4,ENCRYPTED"))
      return "has a passphrase, which nobody is there to type; expected a key without one";
    if (!holds(text, "PRIVATE KEY-----")) return "holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)";
  } else if (!holds(text, "-----BEGIN CERTIFICATE-----") && !holds(text, "-----BEGIN TRUSTED CERTIFICATE-----") &&
             !holds(text, "-----BEGIN X509 CERTIFICATE-----")) {
    return "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)";
  }
  return "";
}

void look_at_pem(Reader& r, const TargetScope& scope, const Position& at, const std::string& subject,
                 const std::string& path, Pem wanted) {
  if (const auto text = content(r, scope, at, subject, path, "fail with the reason tls"))
    if (const std::string why = unfit_pem(*text, wanted); !why.empty()) r.warn(at, subject + ": `" + path + "` " + why);
}

void look_at_secret(Reader& r, const TargetScope& scope, const Position& at, const std::string& subject,
                    const std::string& path) {
  const auto text = content(r, scope, at, subject, path, "use its last value, or fail with the reason auth");
  if (!text) return;
  const std::size_t end = text->find_last_not_of("\r\n");
  const std::string secret = text->substr(0, end == std::string::npos ? 0 : end + 1);
  if (secret.empty())
    r.warn(at, subject + ": `" + path + "` is empty; expected the secret, on one line");
  else if (has_control(secret))
    r.warn(at, subject + ": `" + path + "` holds a line break or another control character; expected one line");
}

}  // namespace tallyman::config
