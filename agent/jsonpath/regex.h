// The regular expressions of match() and search(): I-Regexp (RFC 9485) on RE2, linear in time.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "jsonpath/search.h"

namespace tallyman::jsonpath {

class Pattern {
 public:
  // Null if it is not an I-Regexp, or has a program of more than `steps`; that and its automaton take `memory` bytes.
  static std::unique_ptr<const Pattern> compile(std::string_view iregexp, bool anchored, int steps = max_program,
                                                std::size_t memory = 8u << 20);
  ~Pattern();
  Searched search(std::string_view text) const;

 private:
  struct Impl;
  explicit Pattern(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What keeps compile() from taking it, for a person: "`\\d` at its character 1: a digit is [0-9] or \\p{Nd}".
std::string why_no_pattern(std::string_view iregexp);

}  // namespace tallyman::jsonpath
