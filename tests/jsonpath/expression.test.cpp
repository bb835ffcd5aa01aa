#include "jsonpath/query.h"
#include "support/catch.h"

using namespace tallyman;
using decode::Document;
using jsonpath::Expression;
using Truth = Expression::Truth;

namespace {

const char* word(Truth truth) { return truth == Truth::yes ? "yes" : truth == Truth::no ? "no" : "missing"; }

}  // namespace

// LANGUAGE 4.1.
TEST_CASE("expression: a comparison that reads nothing makes the test missing") {
  Document d;
  REQUIRE(d.parse(R"({"status":"ok","n":null,"x":5,"list":[{"v":1},{"v":null},{}],"empty":[],"errors":["e"]})")
              .has_value());
  struct Row {
    const char *expression, *truth;
  };
  const Row rows[] = {
      {"@.status == 'ok'", "yes"},
      {"@.status != 'ok'", "no"},
      {"@.absent == 'ok'", "missing"},
      {"@.absent != 'ok'", "missing"},
      {"'ok' == @.absent", "missing"},
      {"@.n == 5", "missing"},
      {"@.n < 5", "missing"},
      {"5 > @.n", "missing"},
      {"@.absent == @.gone", "missing"},
      {"@.n == @.n", "missing"},
      {"@.x == @.x", "yes"},
      {"!(@.absent == 1)", "missing"},
      // The literal null is asked for on purpose.
      {"@.n == null", "yes"},
      {"@.n != null", "no"},
      {"null == @.n", "yes"},
      {"@.x == null", "no"},
      {"@.x != null", "yes"},
      {"@.absent == null", "no"},
      {"@.absent != null", "yes"},
      {"@.absent && @.absent != null", "no"},
      {"null == null", "yes"},
      {"1 == null", "no"},
      // Existence, and functions that are tests.
      {"@.absent", "no"},
      {"!@.absent", "yes"},
      {"@.n", "yes"},
      {"!$.errors[*]", "no"},
      {"!$.empty[*]", "yes"},
      {"match(@.absent, 'x')", "no"},
      {"match(@.status, 'o.')", "yes"},
      // From the left, no further than needed.
      {"@.absent && @.absent == 1", "no"},
      {"@.x == 5 || @.absent == 1", "yes"},
      {"@.absent == 1 || @.x == 5", "missing"},
      {"@.x == 4 && @.absent == 1", "no"},
      {"@.absent == 1 && @.x == 4", "missing"},
      {"@.x == 5 && (@.x == 4 || @.absent == 1)", "missing"},
      // Functions: a value that is Nothing is missing, a count never is.
      {"count(@.absent) == 0", "yes"},
      {"count(@.empty[*]) > 0", "no"},
      {"length(@.absent) == 0", "missing"},
      {"length(@.x) == 1", "missing"},
      {"length(@.status) == 2", "yes"},
      {"value(@..gone) == 1", "missing"},
      {"value(@.n) == 1", "missing"},
      // Inside a filter the RFC's own rule holds.
      {"@.list[?@.v == 7]", "no"},
      {"@.list[?@.v != 1]", "yes"},
      {"count(@.list[?@.v == null]) == 1", "yes"},
      {"count(@.list[?@.v == @.w]) == 1", "yes"},
      // Blanks around are no fault of a folded YAML text.
      {" \n@.x\t== 5\n", "yes"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.expression);
    const auto expression = Expression::parse(row.expression);
    INFO((expression ? "" : expression.error().what));
    REQUIRE(expression.has_value());
    const Truth truth = expression->test(d.root(), d.root());
    CHECK(word(truth) == std::string_view(row.truth));
    // As the RFC, where nothing is missing, it is the same.
    if (truth != Truth::missing) CHECK(expression->matches(d.root(), d.root()) == (truth == Truth::yes));
  }
}

TEST_CASE("expression: by the RFC's rule the absent is just unequal") {
  Document d;
  REQUIRE(d.parse("{\"x\":1}").has_value());
  struct Row {
    const char* expression;
    bool truth;
  };
  const Row rows[] = {{"@.absent == 1", false},
                      {"@.absent != 1", true},
                      {"!(@.absent == 1)", true},
                      {"@.absent == @.gone", true},
                      {"@.absent < 1 || @.x == 1", true}};
  for (const Row& row : rows) CHECK(Expression::parse(row.expression)->matches(d.root(), d.root()) == row.truth);
}

TEST_CASE("expression: `@` is the item, `$` the root") {
  Document d;
  REQUIRE(d.parse(R"({"limit":2,"items":[{"v":1},{"v":3}]})").has_value());
  const auto expression = Expression::parse("@.v > $.limit");
  REQUIRE(expression.has_value());
  const auto items = d.root().member("items");
  CHECK(expression->test(d.root(), items.element(0)) == Truth::no);
  CHECK(expression->test(d.root(), items.element(1)) == Truth::yes);
  CHECK(expression->test(d.root(), d.root()) == Truth::missing);
}
