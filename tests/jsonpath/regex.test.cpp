#include "jsonpath/regex.h"

#include "jsonpath/query.h"
#include "support/catch.h"

using tallyman::jsonpath::Pattern;

TEST_CASE("regex: I-Regexp matches as RFC 9485 says") {
  struct Row {
    std::string pattern, text;
    bool matches, found;  // anchored, not anchored
  };
  using namespace std::string_literals;
  const Row rows[] = {
      {"", "", true, true},
      {"", "a", false, true},
      {"ab?c", "ac", true, true},
      {"a|b", "b", true, true},
      {"a|bc", "abc", false, true},
      {"(a|b)+c", "xabac", false, true},
      {"a.c", "a\nc", false, false},
      {"a.c", "a\rc", false, false},
      {"a.c",
       "a\xE2\x80\xA8"
       "c",
       true, true},
      {"a.c",
       "a\xF0\x9F\x98\x80"
       "c",
       true, true},
      {"[^a]", "\n", true, true},
      {"[.]", "x", false, false},
      {"[.]", ".", true, true},
      {"\\.", "x", false, false},
      {"a{2}", "aa", true, true},
      {"a{2,}", "a", false, false},
      {"a{2,3}", "aaaa", false, true},
      {"[a-c]x", "bx", true, true},
      {"[-a]", "-", true, true},
      {"[a-]", "-", true, true},
      {"[^-a]", "-", false, false},
      {"[a^]", "^", true, true},
      {"[\\]\\[]", "]", true, true},
      {"[\\n\\t]", "\t", true, true},
      {"[\\-z]", "a", false, false},
      {"\\p{Lu}\\P{Lu}", "Ab", true, true},
      {"[\\p{Nd}x]", "5", true, true},
      {"[^\\p{L}]", "\xC3\xA9", false, false},
      {"\\p{Cn}", "\xCD\xB8", true, true},       // U+0378, not assigned
      {"[^\\p{Cn}]", "\xCD\xB8", false, false},  //
      {"\\P{Cn}", "a", true, true},
      {"\\p{C}", "\xCD\xB8", true, true},
      {"\\p{C}", "\x07", true, true},
      {"\\P{C}", "\x07", false, false},
      {"[\\P{C}]", "a", true, true},
      {"\xC3\xA9", "\xC3\xA9", true, true},
      {"a\0b"s, "a\0b"s, true, true},
      {"a#b c", "a#b c", true, true},
      {"^b", "ab", false, false},
      {"b$", "ab", false, true},
      {"\\^\\|\\{\\}\\*", "^|{}*", true, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.text);
    const auto anchored = Pattern::compile(row.pattern, true), anywhere = Pattern::compile(row.pattern, false);
    REQUIRE(anchored);
    REQUIRE(anywhere);
    CHECK(anchored->search(row.text).found == row.matches);
    CHECK(anywhere->search(row.text).found == row.found);
  }
}

TEST_CASE("regex: what is not an I-Regexp is refused, though RE2 would take it") {
  for (const char* pattern :
       {"[",       "]",           "a]",    "(",     ")",          "a)",     "*",          "a**",     "a*?",  "a+?",
        "(?:a)",   "(?i)a",       "\\d",   "\\w+",  "\\b",        "\\1",    "\\x41",      "\\",      "\\/",  "{",
        "a{",      "a{}",         "a{,2}", "a{2",   "a{x}",       "}",      "[]",         "[^]",     "[a",   "[a--b]",
        "[a-b-c]", "[[:alpha:]]", "[a[b]", "[\\d]", "[a-\\p{L}]", "\\p{}",  "\\p{Greek}", "\\p{Lx}", "\\pL", "\\p{L",
        "[z-a]",   "a{3,2}",      "\xFF",  "(a",    "|*",         "a{2}{3}"}) {
    CAPTURE(pattern);
    CHECK_FALSE(Pattern::compile(pattern, true));
  }
  CHECK(tallyman::jsonpath::to_re2("a(b", false).empty());
}

TEST_CASE("regex: groups stay groups") {
  CHECK(tallyman::jsonpath::to_re2("a(b.)", true) == "\\A(?:a(b[^\\n\\r]))\\z");
  CHECK(tallyman::jsonpath::to_re2("", false) == "(?:)");
}

TEST_CASE("regex: size and nesting are bounded") {
  CHECK_FALSE(Pattern::compile(std::string(100'000, '(') + std::string(100'000, ')'), false));
  CHECK_FALSE(Pattern::compile("((a{1000}){1000}){1000}", false));
  CHECK_FALSE(Pattern::compile("a{1001}", false));
  CHECK_FALSE(Pattern::compile("\\p{L}{900}", false));
}

TEST_CASE("regex: a search costs its time, and one that could take seconds is not begun") {
  // Neither is in the text: every byte of it is in every state of the pattern.
  const auto slow = Pattern::compile("(a?){300}a{300}c", false), quick = Pattern::compile("a+c", false);
  REQUIRE(slow);
  REQUIRE(quick);
  const std::string text(20'000, 'a');
  CHECK_FALSE(quick->search(text).found);
  CHECK(slow->search(text).visits > 10 * quick->search(text).visits);
  const auto large = Pattern::compile("a{1,900}.{0,900}c", false);
  CHECK_FALSE(large);
  const auto wide = Pattern::compile("a{1,900}.{0,700}c", false);
  REQUIRE(wide);
  CHECK(wide->search(std::string(1'000'000, 'a')).visits > std::size_t{1} << 60);
  CHECK(quick->search(std::string(1'000'000, 'a') + "c").found);
}

TEST_CASE("regex: what keeps a pattern from being one is told") {
  struct Row {
    std::string pattern;
    const char* why;
  };
  const Row rows[] = {
      {"\\d+", "`\\d` at its character 1: a digit is [0-9] or \\p{Nd}"},
      {"a\\sb", "`\\s` at its character 2: a blank is [ \\t\\n\\r]"},
      {"x[\\w-]", "`[` at its character 2: a letter, digit or _ is [A-Za-z0-9_]"},
      {"\\bx", "`\\b` at its character 1: the edge of a word cannot be asked for"},
      {"\\x41",
       "`\\x` at its character 1: a backslash stands before ( ) * + - . ? [ \\ ] ^ { | } n r t, or as \\p{..}"},
      {"a+?", "`?` at its character 3: a quantifier follows one character, class or group"},
      {"*a", "`*` at its character 1: a quantifier follows one character, class or group"},
      {"(?i)a", "`?` at its character 2: a group is ( and ), without options"},
      {"(a", "a group is not closed: `)` is missing"},
      {"a)", "`)` at its character 2: there is no group to close; a parenthesis is written \\)"},
      {"{a}", "`{` at its character 1: a brace is written \\{"},
      {"[[:alpha:]]", "`[` at its character 1: ranges are written out, such as [a-z]"},
      {"[a-z-[aeiou]]",
       "`[` at its character 1: a class is closed by ], and has - only as its first or last character or in a range"},
      {"a{1001}",
       "it is too large, repeats more than 1000 times, or has a range or repetition that ends before it begins"},
      {"[z-a]",
       "it is too large, repeats more than 1000 times, or has a range or repetition that ends before it begins"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    REQUIRE_FALSE(Pattern::compile(row.pattern, true));
    CHECK(tallyman::jsonpath::why_no_pattern(row.pattern) == row.why);
  }
}
