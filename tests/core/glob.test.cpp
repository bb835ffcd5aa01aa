#include "core/glob.h"

#include <random>

#include "support/catch.h"

using namespace tallyman;

namespace {

// As it is defined: `*` is nothing, or one character and `*`.
bool by_definition(std::string_view glob, std::string_view name) {
  if (glob.empty()) return name.empty();
  if (glob[0] == '*')
    return by_definition(glob.substr(1), name) || (!name.empty() && by_definition(glob, name.substr(1)));
  return !name.empty() && (glob[0] == '?' || glob[0] == name[0]) && by_definition(glob.substr(1), name.substr(1));
}

}  // namespace

TEST_CASE("globs: over the whole name") {
  CHECK(glob_match("go_*", "go_threads"));
  CHECK_FALSE(glob_match("go_*", "process_go_threads"));
  CHECK(glob_match("*_total", "jobs_total"));
  CHECK(glob_match("a*b*c", "aXbYbZc"));
  CHECK_FALSE(glob_match("ab*bc", "abc"));  // no character is both its head's and its tail's
  CHECK(glob_match("?", "x"));
  CHECK_FALSE(glob_match("?", ""));
  CHECK(glob_match("*", ""));
  CHECK(glob_match("", ""));
  CHECK_FALSE(glob_match("", "x"));
  CHECK(glob_match("*?b*", "xxab"));
  CHECK_FALSE(glob_match("*x*", {}));
}

TEST_CASE("globs: as they are defined, on all kinds of short ones") {
  std::mt19937 random(7);
  const auto text = [&](std::string_view letters, std::size_t most) {
    std::string out(random() % (most + 1), ' ');
    for (char& c : out) c = letters[random() % letters.size()];
    return out;
  };
  std::size_t matched = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string glob = text("ab*?", 7), name = text("ab", 9);
    const bool is = glob_match(glob, name);
    matched += is;
    if (is != by_definition(glob, name)) FAIL("`" << glob << "` on `" << name << "`");
  }
  CHECK(matched > 10'000);
  CHECK(matched < 190'000);
}
