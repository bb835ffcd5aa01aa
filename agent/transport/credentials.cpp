#include "transport/credentials.h"

#include <cstdlib>
#include <utility>

#include "core/log.h"

namespace tallyman::transport {
namespace {

constexpr std::size_t secret_limit = 64u << 10;

bool has_control(std::string_view text) {
  for (unsigned char c : text)
    if (c < 0x20 || c == 0x7f) return true;
  return false;
}

}  // namespace

std::string base64(std::string_view text) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const std::size_t left = text.size() - i;
    const auto byte = [&](std::size_t k) {
      return k < left ? static_cast<unsigned>(static_cast<unsigned char>(text[i + k])) : 0u;
    };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    out += digits[group >> 18];
    out += digits[group >> 12 & 63];
    out += left > 1 ? digits[group >> 6 & 63] : '=';
    out += left > 2 ? digits[group & 63] : '=';
  }
  return out;
}

namespace {

Result<std::string> raw_secret(const Secret& secret, std::optional<FileStamp>* stamp) {
  switch (secret.source()) {
    case Secret::Source::inline_value:
      return secret.reveal();
    case Secret::Source::env: {
      const char* const value = std::getenv(secret.reveal().c_str());
      if (value == nullptr)
        return error(Stage::auth, "the secret " + secret.shown() + " is not set in the environment of the agent");
      return std::string(value);
    }
    case Secret::Source::file:
      break;
  }
  Result<LocalFile> file = read_local_file(secret.reveal(), secret_limit);
  if (!file) return error(Stage::auth, "the secret " + secret.shown() + " cannot be read: " + file.error().detail);
  if (stamp != nullptr) *stamp = file->stamp;
  std::string text = std::move(file->bytes);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Error bad_secret(const Secret& secret) {
  return error(Stage::auth, "the secret " + secret.shown() +
                                " has control characters (a line break inside?); expected one line of text");
}

}  // namespace

Result<std::string> read_secret(const Secret& secret, std::optional<FileStamp>* stamp) {
  Result<std::string> text = raw_secret(secret, stamp);
  if (text && has_control(*text)) return bad_secret(secret);
  return text;
}

void Credentials::render(const std::string& secret) {
  switch (settings_.kind) {
    case AuthSettings::Kind::none:
      break;
    case AuthSettings::Kind::basic:
      header_ = basic_header_ + ": Basic " + base64(settings_.name + ":" + secret) + "\r\n";
      break;
    case AuthSettings::Kind::header:
      header_ = settings_.name + ": " + (settings_.scheme.empty() ? "" : settings_.scheme + " ") + secret + "\r\n";
      break;
    case AuthSettings::Kind::query:
      query_ = percent_encode(settings_.name) + "=" + percent_encode(secret);
      break;
  }
}

Result<std::string> Credentials::usable(std::optional<FileStamp>& stamp) const {
  Result<std::string> secret = read_secret(settings_.secret, &stamp);
  if (!secret) return secret;
  // An empty password is legal for basic; an empty token is a file that is being written, or a slip.
  if (secret->empty() && settings_.kind != AuthSettings::Kind::basic)
    return error(Stage::auth, "the secret " + settings_.secret.shown() + " is empty");
  if (has_control(settings_.name) || has_control(settings_.scheme)) return bad_secret(settings_.secret);
  return secret;
}

Result<bool> Credentials::refresh() {
  if (settings_.kind == AuthSettings::Kind::none) return false;
  if (known_) {
    if (settings_.secret.source() != Secret::Source::file) return false;
    const std::optional<FileStamp> now = stamp_of(settings_.secret.reveal());
    if (now && now == stamp_) return false;
  }
  std::optional<FileStamp> stamp;
  const Result<std::string> secret = usable(stamp);
  if (!secret) {
    if (!known_) return secret.error();
    // A file that is gone or being written says nothing of the value it had: the service knows whether that is good.
    if (!std::exchange(stale_, true))
      log::warn("a secret cannot be read again; its last value is used", {{"reason", secret.error().detail}});
    return false;
  }
  if (std::exchange(stale_, false)) log::info("a secret can be read again", {{"secret", settings_.secret.shown()}});
  stamp_ = stamp;
  header_.clear();
  query_.clear();
  render(*secret);
  secret_ = *secret;
  known_ = true;
  return true;
}

void Credentials::take_over(const Credentials& other) {
  if (!other.known_ || !(settings_ == other.settings_) || basic_header_ != other.basic_header_) return;
  known_ = true;
  stale_ = other.stale_;
  stamp_ = other.stamp_;
  header_ = other.header_;
  query_ = other.query_;
  secret_ = other.secret_;
}

}  // namespace tallyman::transport
