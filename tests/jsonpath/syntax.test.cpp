// The compliance suite says what is refused; these rows say how it is told.
#include "jsonpath/query.h"
#include "support/catch.h"

using namespace tallyman::jsonpath;

namespace {

struct Row {
  std::string text;
  std::size_t offset;
  const char* what;
};

}  // namespace

TEST_CASE("query: what is wrong is told with its place and what was expected") {
  const Row rows[] = {
      {"", 0, "expected '$' or '@' but found the end"},
      {" $", 0, "expected '$' or '@' but found a blank"},
      {"a.b", 0, "expected '$' or '@' but found 'a'"},
      {"$ ", 1, "expected '.', '[' or the end of the query but found a blank"},
      {"$x", 1, "expected '.', '[' or the end of the query but found 'x'"},
      {"$.", 2, "expected a name or '*' but found the end"},
      {"$. a", 2, "expected a name or '*' but found a blank"},
      {"$.1", 2, "expected a name or '*' but found '1'; an index is written [0], another name ['0']"},
      {"$.[0]", 2, "expected a name or '*' but found '['; no '.' stands before '['"},
      {"$.a.task-failed", 8,
       "expected '.', '[' or the end of the query but found '-'; a name with other characters than letters, digits and "
       "_ "
       "is written ['a-b']"},
      {"$.length()", 8,
       "expected '.', '[' or the end of the query but found '('; a function stands in a filter, before what it is of: "
       "length(@.a)"},
      {"$.a b", 3, "expected '.', '[' or the end of the query but found a blank"},
      {"$['a']-b", 6, "expected '.', '[' or the end of the query but found '-'"},
      {"$[workers]", 2, "expected a name in quotes, an index, a slice, '*' or '?' but found 'workers'"},
      {"$[\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9]", 2,
       "expected a name in quotes, an index, a slice, '*' or '?' but found "
       "'\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9'"},
      {"$[?@.a and @.b]", 7, "expected '&&', '||', ']' or ',' but found 'and'; did you mean '&&'?"},
      {"$[?@.a =~ '^x']", 7, "expected '==' but found '=~'; a pattern is asked for by match() or search()"},
      {"$[?@.a == True]", 10,
       "expected a query ('$' or '@'), a literal or a function but found 'True'; a text stands in quotes; true, false "
       "and "
       "null are written so"},
      {"$[?count (@.*) == 1]", 8, "expected '(' right after count but found a blank"},
      {"$..", 3, "expected a name, '*' or '[' but found the end"},
      {"$...a", 3, "expected a name, '*' or '[' but found '.'"},
      {"$[", 2, "expected a name in quotes, an index, a slice, '*' or '?' but found the end"},
      {"$[]", 2, "expected a name in quotes, an index, a slice, '*' or '?' but found ']'"},
      {"$[a]", 2, "expected a name in quotes, an index, a slice, '*' or '?' but found 'a'"},
      {"$[0 x]", 4, "expected ']' or ',' but found 'x'"},
      {"$['a'", 5, "expected ']' or ',' but found the end"},
      {"$['a]", 2, "expected a closing ' for the text that starts here"},
      {"$[01]", 2, "expected an integer without leading zeros"},
      {"$[-0]", 2, "expected an integer but found '-0': write 0"},
      {"$[-]", 3, "expected a digit after '-' but found ']'"},
      {"$[9007199254740992]", 2, "expected an integer between -9007199254740991 and 9007199254740991"},
      {"$[99999999999999999999]", 2, "expected an integer between -9007199254740991 and 9007199254740991"},
      {"$[1:2:3:4]", 7, "expected ']' or ',' but found ':'"},
      {"$['\\x']", 4, "expected one of b f n r t / \\ u ' after the backslash but found 'x'"},
      {"$['\\\"']", 4, "expected one of b f n r t / \\ u ' after the backslash but found '\"'"},
      {"$['\\u00g0']", 7, "expected four hexadecimal digits after \\u but found 'g'"},
      {"$['\\uD800']", 3, "expected a surrogate pair but found its first half alone"},
      {"$['\\uDC00']", 3, "expected a surrogate pair but found its second half first"},
      {"$['\\uD800\\u0041']", 9, "expected the second half of a surrogate pair"},
      {"$['\n']", 3, "expected control characters to be escaped but found the control character U+000A"},
      {"$.\xC3\xA9.\xC3", 5, "expected UTF-8 but found a byte that is not"},
      {"$[?]", 3, "expected a query ('$' or '@'), a literal or a function but found ']'"},
      {"$[?@.a", 6, "expected '&&', '||', ']' or ',' but found the end"},
      {"$[?@.a = 1]", 7, "expected '==' but found '='"},
      {"$[?@.a == ]", 10, "expected a query ('$' or '@'), a literal or a function but found ']'"},
      {"$[?@.a == x]", 10,
       "expected a query ('$' or '@'), a literal or a function but found 'x'; a text stands in quotes; true, false and "
       "null are written so"},
      {"$[?@.a & @.b]", 7, "expected '&&', '||', ']' or ',' but found '&'; did you mean '&&'?"},
      {"$[?(@.a]", 7, "expected '&&', '||' or ')' but found ']'"},
      {"$[?1]", 4, "expected a comparison operator but found ']'"},
      {"$[?!1]", 4, "expected a query, a function or '(' after '!' but found a literal"},
      {"$[?!@.a == 1]", 8,
       "expected '&&', '||', ']' or ',' but found '='; comparisons are joined by '&&', and one is negated as !(...)"},
      {"$[?@.* == 1]", 3, "expected a query that selects one node (names and indexes only) in a comparison"},
      {"$[?1 == @..a]", 8, "expected a query that selects one node (names and indexes only) in a comparison"},
      {"$[?@.a == 01]", 10, "expected a number without leading zeros"},
      {"$[?@.a == 1.]", 12, "expected a digit after '.' but found ']'"},
      {"$[?@.a == 1e]", 12, "expected a digit after the exponent's 'e' but found ']'"},
      {"$[?foo(@)]", 3, "expected one of length, count, value, match, search but found 'foo'"},
      {"$[?length(@)]", 12, "expected a comparison operator, since the function gives a value but found ']'"},
      {"$[?length() == 1]", 10, "expected a query ('$' or '@'), a literal or a function but found ')'"},
      {"$[?length(@,@) == 1]", 11, "expected ')' after 1 argument but found ','"},
      {"$[?match(@)]", 10, "expected ',' but found ')'"},
      {"$[?match(@,'a','b')]", 14, "expected ')' after 2 arguments but found ','"},
      {"$[?length(@.*) == 1]", 10,
       "expected a query that selects one node (names and indexes only) as argument of length()"},
      {"$[?count(1) == 1]", 9, "expected a query as argument of count()"},
      {"$[?length(match(@,'a')) == 1]", 10, "expected a value as argument of length()"},
      {"$[?match(@,'a') == true]", 3,
       "expected a value in a comparison, but match() and search() are tests by themselves"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto query = Query::parse(row.text);
    REQUIRE(query.has_error());
    CHECK(query.error().what == row.what);
    CHECK(query.error().offset == row.offset);
  }
}

TEST_CASE("expression: what is wrong is told with its place and what was expected") {
  const Row rows[] = {
      {"", 0, "expected a query ('$' or '@'), a literal or a function but found the end"},
      {"@.a ==", 6, "expected a query ('$' or '@'), a literal or a function but found the end"},
      {"@.a]", 3, "expected '&&', '||' or the end of the expression but found ']'"},
      {"@.a and @.b", 4, "expected '&&', '||' or the end of the expression but found 'and'; did you mean '&&'?"},
      {"5", 1, "expected a comparison operator but found the end"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto expression = Expression::parse(row.text);
    REQUIRE(expression.has_error());
    CHECK(expression.error().what == row.what);
    CHECK(expression.error().offset == row.offset);
  }
}

TEST_CASE("expression: what is said of the ways of SQL, Python, JavaScript and jq") {
  const std::string joint = "expected '&&', '||' or the end of the expression but found ";
  const std::string operand = "expected a query ('$' or '@'), a literal or a function but found ";
  const std::string pattern = "; a pattern is asked for by match() or search()";
  const struct {
    std::string text;
    std::size_t offset;
    std::string what;
  } rows[] = {
      {"@.x == 1 and @.y", 9, joint + "'and'; did you mean '&&'?"},
      {"@.x == 1 AND @.y", 9, joint + "'AND'; did you mean '&&'?"},
      {"@.x == 1 or @.y", 9, joint + "'or'; did you mean '||'?"},
      {"@.x == 1 | @.y", 9, joint + "'|'; did you mean '||'?"},
      {"(@.x and @.y)", 5, "expected '&&', '||' or ')' but found 'and'; did you mean '&&'?"},
      {"@.x android", 4, joint + "'android'"},
      {"not @.x", 0, operand + "'not'; did you mean '!'?"},
      {"NOT @.x", 0, operand + "'NOT'; did you mean '!'?"},
      {"not(@.x)", 0, "expected one of length, count, value, match, search but found 'not'; did you mean '!'?"},
      {"@.x && not @.y", 7, operand + "'not'; did you mean '!'?"},
      {"@.x = 1", 4, "expected '==' but found '='"},
      {"@.x === 1", 4, "expected '==' but found '==='"},
      {"@.x !== 1", 4, "expected '!=' but found '!=='"},
      {"@.x <> 1", 4, "expected '!=' but found '<>'"},
      {"@.x => 1", 4, "expected '>=' but found '=>'"},
      {"@.x =< 1", 4, "expected '<=' but found '=<'"},
      {"@.x ~= 'a'", 4, "expected '==' but found '~='" + pattern},
      {"@.x !~ 'a'", 4, "expected '!=' but found '!~'" + pattern},
      {"@.x like 'a%'", 4, joint + "'like'" + pattern},
      {"@.x matches 'a'", 4, joint + "'matches'" + pattern},
      {"@.x contains 'a'", 4, joint + "'contains'; a part of a text is asked for by search()"},
      {"@.x in ['a','b']", 4, joint + "'in'; one of several is written @.a == 'x' || @.a == 'y'"},
      {"@.x not in ['a']", 4, joint + "'not'; '!' stands before a test: !(...)"},
      {"@.x between 1 and 2", 4, joint + "'between'; a range is written @.a >= 1 && @.a <= 9"},
      {"@.x is null", 4, joint + "'is'; did you mean '=='?"},
      {"@.x is not null", 4, joint + "'is'; did you mean '=='?"},
      {"@.x == None", 7, operand + "'None'; did you mean null?"},
      {"@.x == undefined", 7, operand + "'undefined'; did you mean null?"},
      {"@.x == ['a']", 7, operand + "'['; there are no lists: compare with each value, joined by '||'"},
      {".x == 1", 0, operand + "'.'; a member of the item is @.name, one of the answer $.name"},
      {"@.x.length() > 1", 10, joint + "'('; a function stands before what it is of: length(@.a)"},
      {"len(@.x) > 1", 0,
       "expected one of length, count, value, match, search but found 'len'; did you mean length()?"},
      {"'abc'.length > 1", 5, "expected a comparison operator but found '.'"},
      {"1 < @.x < 5", 8, joint + "'<'; comparisons are joined by '&&', and one is negated as !(...)"},
      {"!@.x == 1", 5, joint + "'='; comparisons are joined by '&&', and one is negated as !(...)"},
      {"@.x + @.y > 1", 4, joint + "'+'; there is no arithmetic in a query"},
      {"@.task-failed", 6,
       joint + "'-'; there is no arithmetic in a query; a name with other characters than letters, digits and _ is "
               "written ['a-b']"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto expression = Expression::parse(row.text);
    REQUIRE(expression.has_error());
    CHECK(expression.error().what == row.what);
    CHECK(expression.error().offset == row.offset);
  }
}

TEST_CASE("query: a pattern that is none is legal, never true, and noted") {
  const Row rows[] = {
      {"$[?match(@.a, '\\\\d+')]", 14,
       "match() is never true, its pattern is no I-Regexp (RFC 9485): `\\d` at its character 1: a digit is [0-9] or "
       "\\p{Nd}"},
      {"$[?search(@.a,'(')]", 14,
       "search() is never true, its pattern is no I-Regexp (RFC 9485): a group is not closed: `)` is missing"},
      {"$.a[?@.b && !match( @.a, '[' )]", 25,
       "match() is never true, its pattern is no I-Regexp (RFC 9485): `[` at its character 1: a class is closed by ], "
       "and "
       "has - only as its first or last character or in a range"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto query = Query::parse(row.text);
    REQUIRE(query.has_value());
    REQUIRE(query->notes().size() == 1);
    CHECK(query->notes()[0].what == row.what);
    CHECK(query->notes()[0].offset == row.offset);
  }
  CHECK(Query::parse("$[?match(@.a, '[0-9]+')]")->notes().empty());
  CHECK(Query::parse("$[?match(@.a, @.pattern)]")->notes().empty());
  CHECK(Query::parse("$[?match(@.a, 5)]")->notes().empty());  // a case of the compliance suite
  CHECK(Expression::parse("match(@.a, '(') || search(@.b, ')')")->notes().size() == 2);
}

TEST_CASE("query: of a long one a message shows what is around the place") {
  const auto shown = [](std::string_view query, std::size_t offset) {
    const Excerpt e = excerpt(query, offset);
    return e.text + " " + std::to_string(e.before) + " " + std::to_string(character(query, offset));
  };
  CHECK(shown("$.\xC3\xA4[", 5) == "$.\xC3\xA4[ 4 5");
  CHECK(shown("", 0) == " 0 1");
  const std::string as(1000, 'a');
  CHECK(shown("$." + as + "!" + as, 1002) == "..." + as.substr(0, 100) + "!" + as.substr(0, 99) + "... 103 1003");
  CHECK(shown("[" + as, 0) == "[" + as.substr(0, 99) + "... 0 1");
  CHECK(shown(as, 1000) == "..." + as.substr(0, 100) + " 103 1001");
  std::string umlauts;  // cut between characters, which are counted
  for (int i = 0; i < 400; ++i) umlauts += "\xC3\xA4";
  CHECK(shown("." + umlauts, 401) == "..." + umlauts.substr(0, 100) + umlauts.substr(0, 100) + "... 53 202");
}

TEST_CASE("query: nesting is bounded where it is read") {
  const auto nested = [](std::string_view open, std::string_view core, std::string_view close, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += open;
    out += core;
    for (int i = 0; i < times; ++i) out += close;
    return out;
  };
  CHECK(Query::parse("$" + nested("[?@", "", "]", 100)).has_value());
  CHECK(Query::parse("$" + nested("[?@", "", "]", 101)).has_error());
  CHECK(Query::parse("$[?" + nested("(", "@", ")", 99) + "]").has_value());
  const auto deep = Query::parse("$[?" + nested("(", "@", ")", 100'000) + "]");
  REQUIRE(deep.has_error());
  CHECK(deep.error().what == "nested deeper than 100 levels");
  CHECK(Query::parse("$[?" + nested("!(", "@", ")", 100'000) + "]").has_error());
  CHECK(Query::parse("$[?" + nested("length(", "@", ")", 100'000) + " == 1]").has_error());
  // Length is not depth.
  CHECK(Query::parse("$" + nested(".a", "", "", 100'000)).has_value());
  CHECK(Query::parse("$[?@" + nested(" || @", "", "", 100'000) + "]").has_value());
}
