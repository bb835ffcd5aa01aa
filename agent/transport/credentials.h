// A target's credentials: from settings to the header or query parameter that carries them. A
// `file:` secret is read again when the file's mtime, inode or size changes, so that rotated
// tokens work without a reload; while it cannot be used, its last value is. What it returns is secret; its
// errors never are.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/endpoint.h"
#include "core/result.h"
#include "transport/local_file.h"

namespace tallyman::transport {

class Credentials {
 public:
  // `basic_header`: which header says user and password: a proxy has its own.
  explicit Credentials(AuthSettings settings, std::string_view basic_header = "Authorization")
      : settings_(std::move(settings)), basic_header_(basic_header) {}

  // Looks whether the secret changed (one stat() for a `file:`, nothing for the others) and
  // reads it then. True if header() or query() are new.
  // Errors: Stage::auth, when it cannot be read, is empty or has control characters, and never could be used.
  Result<bool> refresh();
  // What another of the same settings knows, as if this one had read it.
  void take_over(const Credentials& other);

  const std::string& header() const { return header_; }  // `Authorization: Basic ...\r\n`, or ""
  const std::string& query() const { return query_; }    // `token=...`, percent-encoded, or ""
  const std::string& secret() const { return secret_; }  // as last used, or ""
  const AuthSettings& settings() const { return settings_; }

 private:
  Result<std::string> usable(std::optional<FileStamp>& stamp) const;
  void render(const std::string& secret);

  AuthSettings settings_;
  const std::string basic_header_;
  bool known_ = false;
  bool stale_ = false;  // known, but the file could not be used since; said once
  std::optional<FileStamp> stamp_;
  std::string header_, query_, secret_;
};

// One line of text: the value, or what the variable or the file holds now, without its line end.
// Errors: Stage::auth, when it cannot be read or has control characters.
Result<std::string> read_secret(const Secret& secret, std::optional<FileStamp>* stamp = nullptr);

std::string base64(std::string_view text);

}  // namespace tallyman::transport
