// Text that must not be seen: it has no stream operator and no formatter; only reveal() gives it,
// and only transport/ and serve/ call that.
#pragma once
#include <string>
#include <utility>

namespace tallyman {

// A secret as configured: the value itself, or where it is read from.
class Secret {
 public:
  enum class Source { inline_value, env, file };

  Secret() = default;
  Secret(Source source, std::string text) : source_(source), text_(std::move(text)) {}

  Source source() const { return source_; }
  bool empty() const { return text_.empty(); }
  // The value (inline_value), the variable's name (env) or the path (file).
  const std::string& reveal() const { return text_; }
  // Is a configuration that was read again the same? Never for what somebody sent: it takes as long as they agree.
  friend bool operator==(const Secret&, const Secret&) = default;
  // For messages: `***`, `env:NAME` or `file:PATH`.
  std::string shown() const {
    return source_ == Source::env ? "env:" + text_ : source_ == Source::file ? "file:" + text_ : "***";
  }

 private:
  Source source_ = Source::inline_value;
  std::string text_;
};

}  // namespace tallyman
