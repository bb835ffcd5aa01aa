// The regular expressions of match() and search(): I-Regexp (RFC 9485) on RE2, linear in time.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace tallyman::jsonpath {

class Pattern {
 public:
  // Null if it is not an I-Regexp, or needs more than `memory` bytes as a program.
  static std::unique_ptr<const Pattern> compile(std::string_view iregexp, bool anchored, std::size_t memory = 8u << 20);
  ~Pattern();
  bool found_in(std::string_view text) const;

 private:
  struct Impl;
  explicit Pattern(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What keeps compile() from taking it, for a person: "`\\d` at its character 1: a digit is [0-9] or \\p{Nd}".
std::string why_no_pattern(std::string_view iregexp);

}  // namespace tallyman::jsonpath
