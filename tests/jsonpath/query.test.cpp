#include "jsonpath/query.h"

#include <cstdint>

#include "support/catch.h"

using namespace tallyman;
using decode::Document;
using decode::Node;
using jsonpath::Located;
using jsonpath::normalized_path;
using jsonpath::Query;

namespace {

Document parsed(std::string json) {
  Document document;
  const auto result = document.parse(std::move(json), {1024});
  INFO((result ? "" : result.error().detail));
  REQUIRE(result.has_value());
  return document;
}

Query compiled(std::string_view text) {
  auto query = Query::parse(text);
  INFO(text << ": " << (query ? "" : query.error().what));
  REQUIRE(query.has_value());
  return std::move(*query);
}

std::string json_of(Node node) {
  std::string out;
  decode::append_json(out, node);
  return out;
}

// What the query selects, separated by blanks.
std::string selected(const Query& query, Node root, Node current) {
  std::string out;
  CHECK(query.select(root, current, [&](const Located& found) {
    if (!out.empty()) out += ' ';
    out += json_of(found.node);
    return true;
  }));
  return out;
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("query: selects in the RFC's order") {
  const std::string json =
      R"({"a":[5,3,[{"j":4},{"k":6}]],"o":{"j":1,"k":2},"e":[],"n":null,"big":[1e400,18446744073709551616,7]})";
  struct Row {
    const char *query, *nodes;
  };
  const Row rows[] = {
      {"$.a[0]", "5"},
      {"$.a[-1][0].j", "4"},
      {"$.a[5]", ""},
      {"$['o']['k']", "2"},
      {"$.o['k','j','k']", "2 1 2"},
      {"$.o.*", "1 2"},
      {"$.n", "null"},
      {"$.n.*", ""},
      {"$..j", "4 1"},
      {"$.a..[0]", "5 {\"j\":4}"},
      {"$.a[1:]", R"(3 [{"j":4},{"k":6}])"},
      {"$.a[::-1]", R"([{"j":4},{"k":6}] 3 5)"},
      {"$.a[1::-1]", "3 5"},
      {"$.a[-9:9:2]", R"(5 [{"j":4},{"k":6}])"},
      {"$.a[5:0:-2]", R"([{"j":4},{"k":6}])"},
      {"$.a[::0]", ""},
      {"$.e[*]", ""},
      {"$.a[?@ > 3]", "5"},
      {"$.a[?@ > $.o.k]", "5 3"},
      {"$.a[?@[0].j == 4]", R"([{"j":4},{"k":6}])"},
      {"$[?@.j].k", "2"},
      {"$.big[*]", "1e400 18446744073709551616 7"},
      {"@.o.j", "1"},
      {"@", json.c_str()},
  };
  const Document d = parsed(json);
  for (const Row& row : rows) {
    CAPTURE(row.query);
    CHECK(selected(compiled(row.query), d.root(), d.root()) == row.nodes);
  }
}

TEST_CASE("query: duplicate keys give their last value only") {
  const Document d = parsed(R"({"a":1,"b":2,"a":{"x":3,"x":4}})");
  CHECK(selected(compiled("$.*"), d.root(), {}) == R"(2 {"x":4})");
  CHECK(selected(compiled("$..x"), d.root(), {}) == "4");
  CHECK(selected(compiled("$.a"), d.root(), {}) == R"({"x":4})");
}

TEST_CASE("query: a relative one starts at the current node, `$` inside it at the root") {
  const Document d = parsed(R"({"want":2,"items":[{"v":1},{"v":2}]})");
  const Node second = d.root().member("items").element(1);
  CHECK(selected(compiled("@.v"), d.root(), second) == "2");
  CHECK(selected(compiled("$.want"), d.root(), second) == "2");
  CHECK(selected(compiled("@[?@ == $.want]"), d.root(), second) == "2");
  CHECK(selected(compiled("@.v"), d.root(), {}) == "");
  CHECK(selected(compiled("$.want"), {}, {}) == "");
}

TEST_CASE("query: filters compare as the RFC says") {
  const std::string json =
      R"({"x":2,"t":"b","l":[1,{"a":1.0,"b":[]}],"m":[1.0,{"b":[],"a":1}],"z":null,"f":false,)"
      R"("u":18446744073709551615,"i":9007199254740993,"h":1e400,"g":18446744073709551616,"n":-0.0})";
  struct Row {
    const char* expression;
    bool truth;
  };
  const Row rows[] = {
      {"@.x == 2.0", true},
      {"@.x == 2e0", true},
      {"@.x == '2'", false},
      {"@.x != '2'", true},
      {"@.x < 'b'", false},
      {"@.x >= 2", true},
      {"@.x <= 1.999", false},
      {"'a' < @.t", true},
      {"@.t <= 'b'", true},
      {"@.t < 'aa'", false},
      {"'\\uD7FF' < '\\uD83D\\uDE00'", true},
      {"'\\uFFFD' < '\\uD83D\\uDE00'", true},  // code points, not UTF-16 units
      {"'' < 'a'", true},
      {"@.l == @.m", true},
      {"@.l <= @.m", true},
      {"@.l < @.m", false},
      {"@.l[1] == @.m[0]", false},
      {"@.l == @.l[1]", false},
      {"@.z == null", true},
      {"@.z <= null", true},
      {"@.z < null", false},
      {"@.z == @.absent", false},
      {"@.absent == @.gone", true},
      {"@.absent <= @.gone", true},
      {"@.absent < 1", false},
      {"@.absent != null", true},
      {"@.f == false", true},
      {"false <= @.f", true},
      {"false < true", false},
      {"@.u == 18446744073709551615", true},
      {"@.u < 18446744073709551616", true},
      {"@.u == 18446744073709551616.0", false},
      {"@.i == 9007199254740992.0", false},
      {"@.i > 9007199254740992.0", true},
      {"@.i == 9007199254740993", true},
      {"@.n == 0", true},
      {"@.n == -0", true},
      {"-1 < @.n", true},
      {"@.h == 1e400", true},
      {"@.h == 10.0e399", true},
      {"@.h > 1e308", true},
      {"@.h > @.u", true},
      {"@.h < 1e401", true},
      {"@.h < 1e99999999999999999999", true},
      {"-1e400 < @.x", true},
      {"-1e401 < -1e400", true},
      {"@.h != 'x'", true},
      {"@.g > @.u", true},
      {"@.g == 18446744073709551616", true},
      {"@.g > 18446744073709551615.5", false},  // 18446744073709551615.5 reads as 18446744073709551616.0
      {"@.g == 18446744073709551617", false},
      {"@.g < @.h", true},
      {"@.g >= 0", true},
      {"@.g > 1e-400", true},
      {"@.x && @.t", true},
      {"@.x && @.absent", false},
      {"@.absent || @.x == 2", true},
      {"!@.absent", true},
      {"!(@.x == 2)", false},
      {"@.x == 1 || @.x == 2 && @.t == 'c'", false},
      {"(@.x == 1 || @.x == 2) && @.t == 'b'", true},
      {"@.z", true},
      {"@.l[*]", true},
      {"@.l[9:]", false},
      {"@.l[?@.a]", true},
      {"@.l[?@.b[?@ == 1]]", false},
      {"length(@.t) == 1", true},
      {"length('\\uD83D\\uDE00\\u00E9') == 2", true},
      {"length(@.l) == 2", true},
      {"length(@.l[1]) == 2", true},
      {"length(@.x) == 1", false},
      {"length(@.absent) == @.absent", true},
      {"count(@.l[*]) == 2", true},
      {"count(@..*) == 19", true},
      {"count(@.absent) == 0", true},
      {"value(@.x) == 2", true},
      {"value(@..a) == 1", false},
      {"value(@.l..a) == 1", true},
      {"match(@.t, '[a-c]')", true},
      {"match(@.t, '')", false},
      {"search(@.t, '')", true},
      {"match(@.x, '2')", false},
      {"match(@.absent, '.*')", false},
      {"!match(@.absent, '.*')", true},
      {"match(@.t, '[')", false},
      {"!match(@.t, '[')", true},
      {"match(@.t, @.t)", true},
      {"search('abc', @.t)", true},
      {"match('abc', @.t)", false},
  };
  const Document d = parsed(json);
  for (const Row& row : rows) {
    CAPTURE(row.expression);
    const auto expression = jsonpath::Expression::parse(row.expression);
    REQUIRE(expression.has_value());
    CHECK(expression->matches(d.root(), d.root()) == row.truth);
    // The same as a filter.
    const Document list = parsed("[" + json + "]");
    const Query query = compiled("$[?" + std::string(row.expression) + "]");
    CHECK(query.nodes(list.root(), list.root()).size() == (row.truth ? 1 : 0));
  }
}

TEST_CASE("query: normalized paths escape what the RFC wants escaped") {
  const Document d = parsed(R"({"a":{"'\\\"\b\f\n\r\t\u0000\u001f\u00e9":[[7]]}})");
  std::vector<std::string> paths;
  const auto nodes = compiled("$..*").nodes(d.root(), {}, &paths);
  REQUIRE(nodes.size() == 4);
  const std::string name = "['\\'\\\\\"\\b\\f\\n\\r\\t\\u0000\\u001f\xC3\xA9']";
  CHECK(paths ==
        std::vector<std::string>{"$['a']", "$['a']" + name, "$['a']" + name + "[0]", "$['a']" + name + "[0][0]"});
  jsonpath::Allowance allowance;
  CHECK(compiled("$").nodes(d.root(), {}, allowance, &paths).size() == 1);
  CHECK(paths.back() == "$");
  CHECK_FALSE(allowance.exhausted);
}

TEST_CASE("query: tells the last name or index of each node") {
  const Document d = parsed(R"({"a":[10,20],"b":{"c":30}})");
  std::string seen;
  const auto note = [&](const Located& found) {
    seen += (found.index >= 0 ? std::to_string(found.index) : std::string(found.key)) + "=" + json_of(found.node) + " ";
    return true;
  };
  for (const char* query : {"$.a[-1]", "$.b.c", "$.*[*]", "$.a[::-1]", "$.b['c','d']", "$"})
    compiled(query).select(d.root(), {}, note);
  CHECK(seen == R"(1=20 c=30 0=10 1=20 c=30 1=20 0=10 c=30 ={"a":[10,20],"b":{"c":30}} )");
}

TEST_CASE("query: the base is what stands before the first selector of several") {
  struct Row {
    const char* query;
    bool relative, singular;
    const char* base;
  };
  const Row rows[] = {
      {"$", false, true, ""},           {"@", true, true, ""},
      {"$.a.b", false, true, "a b "},   {"$.a[0]['x y'][-1]", false, true, "a 0 x y -1 "},
      {"@.a[*].b", true, false, "a "},  {"$.s['a','b']", false, false, "s "},
      {"$.a[0:1]", false, false, "a "}, {"$.a[?@.b]", false, false, "a "},
      {"$.a..b", false, false, "a "},   {"$..a.b", false, false, ""},
      {"$[*]", false, false, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    const Query query = compiled(row.query);
    CHECK(query.text() == row.query);
    CHECK(query.relative() == row.relative);
    CHECK(query.singular() == row.singular);
    std::string base;
    for (const jsonpath::Singular& s : query.base()) base += (s.is_index ? std::to_string(s.index) : s.name) + " ";
    CHECK(base == row.base);
  }
}

TEST_CASE("query: goes on from the base when the caller has found it") {
  const Document d = parsed(R"({"a":{"list":[{"v":1},{"v":2}]},"want":2})");
  const Node list = d.root().member("a").member("list");
  struct Row {
    const char *query, *nodes;
  };
  const Row rows[] = {
      {"$.a.list[*].v", "1 2"}, {"$.a.list[?@.v == $.want]", "{\"v\":2}"}, {"$.a.list", "[{\"v\":1},{\"v\":2}]"}};
  for (const Row& row : rows) {
    std::string out;
    jsonpath::Allowance allowance;
    compiled(row.query).select_from_base(
        d.root(), list,
        [&](const Located& found) {
          out += (out.empty() ? "" : " ") + json_of(found.node);
          return true;
        },
        allowance);
    CHECK_FALSE(allowance.exhausted);
    CHECK(out == row.nodes);
  }
  bool called = false;
  jsonpath::Allowance allowance;
  const Query query = compiled("$.a.list[*]");
  query.select_from_base(d.root(), {}, [&](const Located&) { return called = true; }, allowance);
  CHECK_FALSE(called);
  CHECK_FALSE(allowance.exhausted);
}

TEST_CASE("query: several evaluations share what they may look at") {
  const Document d = parsed("[1,2,3,4,5,6,7,8,9]");
  const Query all = compiled("$[*]");
  jsonpath::Allowance allowance(30);
  int visits = 0;
  const auto look = [&] {
    all.select_from_base(d.root(), d.root(), [&](const Located&) { return ++visits; }, allowance);
  };
  for (int i = 0; i < 3; ++i) look();
  CHECK(visits == 27);
  CHECK(allowance.left == 3);
  CHECK_FALSE(allowance.exhausted);
  look();
  CHECK(visits == 30);
  CHECK(allowance.exhausted);
  look();  // nothing is left for the next
  CHECK(visits == 30);
  const auto test = jsonpath::Expression::parse("count($[*]) == 9");
  REQUIRE(test.has_value());
  CHECK(test->test(d.root(), d.root()) == jsonpath::Expression::Truth::yes);
  jsonpath::Allowance little(5);
  CHECK(test->test(d.root(), d.root(), little) == jsonpath::Expression::Truth::missing);
  CHECK(little.exhausted);
}

TEST_CASE("query: paths from the root in a filter are walked once") {
  std::string list;
  for (int i = 0; i < 2000; ++i) list += (list.empty() ? "" : ",") + ("{\"v\":" + std::to_string(i % 2)) + "}";
  const Document d = parsed("{\"list\":[" + list + "],\"want\":1}");
  std::string members = "\"want\":{\"v\":1}";
  for (int i = 0; i < 2000; ++i) members += ",\"k" + std::to_string(i) + "\":{\"v\":" + std::to_string(i % 2) + "}";
  const Document wide = parsed("{" + members + "}");
  struct Row {
    const Document* document;
    const char* query;
    std::size_t nodes;
  };
  const Row rows[] = {{&d, "$.list[?@.v == $.list[1].v]", 1000},
                      {&d, "$.list[?@.v == $.list[-1].v]", 1000},
                      {&d, "$.list[?@.v != $.none]", 2000},
                      {&d, "$.list[?$.list[1999] && @.v == $.want]", 1000},
                      {&wide, "$[?@.v == $.want.v]", 1001}};
  for (const Row& row : rows) {
    CAPTURE(row.query);
    jsonpath::Allowance allowance;
    CHECK(compiled(row.query).nodes(row.document->root(), {}, allowance).size() == row.nodes);
    CHECK_FALSE(allowance.exhausted);
    CHECK(jsonpath::default_max_visits - allowance.left < 20'000);
  }
  // One evaluation after the other, as for a `test` of each item, on several documents.
  const auto test = jsonpath::Expression::parse("@.v == $.want.v");
  REQUIRE(test.has_value());
  jsonpath::Allowance allowance;
  std::size_t yes = 0;
  for (const auto child : wide.root().children())
    yes += test->test(wide.root(), child.node, allowance) == jsonpath::Expression::Truth::yes;
  CHECK(yes == 1001);
  CHECK(jsonpath::default_max_visits - allowance.left < 20'000);
  CHECK(test->test(d.root(), d.root(), allowance) == jsonpath::Expression::Truth::missing);
}

TEST_CASE("query: names and numbers of any length are paid for") {
  const std::string million(1'000'000, '1');
  const Document d = parsed("{\"big\":" + million + ",\"also\":" + million + ",\"o\":{\"" + million +
                            "\":1},\"p\":{\"" + million + "\":1},\"list\":[0,1,2,3,4,5,6,7,8,9]}");
  for (const char* query : {"$.list[?@ < $.big]", "$.list[?$.big == $.also]", "$.list[?$.o == $.p]"}) {
    CAPTURE(query);
    jsonpath::Allowance allowance;
    CHECK(compiled(query).nodes(d.root(), {}, allowance).size() == 10);
    CHECK(jsonpath::default_max_visits - allowance.left > 30'000);
  }
}

TEST_CASE("query: paths are given up when they take too much room") {
  std::string list = "[1";
  for (int i = 1; i < 5'000; ++i) list += ",1";
  const Document d = parsed("{\"" + std::string(1'000'000, 'k') + "\":" + list + "]}");
  std::vector<std::string> paths;
  jsonpath::Allowance allowance;
  CHECK(compiled("$.*[*]").nodes(d.root(), {}, allowance, &paths).size() < 500);
  CHECK(allowance.exhausted);
}

TEST_CASE("query: first is the first node or none") {
  const Document d = parsed(R"({"a":[7,8],"n":null})");
  struct Row {
    const char *query, *node;
  };
  const Row rows[] = {{"$.a[1]", "8"}, {"$.a[*]", "7"}, {"$.a[2]", ""}, {"$.n", "null"}, {"$.a[?@ > 9]", ""}};
  for (const Row& row : rows) CHECK(json_of(compiled(row.query).first(d.root(), {})) == row.node);
}

TEST_CASE("query: stops when told to, and says so only when the bound was met") {
  const Document d = parsed("[1,2,3,4,5,6,7,8,9]");
  int visits = 0;
  const auto three = [&](const Located&) { return ++visits < 3; };
  CHECK(compiled("$[*]").select(d.root(), {}, three));
  CHECK(visits == 3);
  visits = 0;
  CHECK(compiled("$[*]").select(d.root(), {}, [&](const Located&) { return ++visits > 0; }, 9));
  CHECK(visits == 9);
  visits = 0;
  CHECK_FALSE(compiled("$[*]").select(d.root(), {}, [&](const Located&) { return ++visits > 0; }, 8));
  CHECK(visits == 8);
}

TEST_CASE("query: work is bounded, whatever the query and the body") {
  std::string list = "[";
  for (int i = 0; i < 3000; ++i) list += "{\"k" + std::to_string(i) + "\":" + std::to_string(i) + "},";
  list.back() = ']';
  const Document flat = parsed(list);
  const Document deep = parsed(repeated("[", 1000) + "1" + repeated("]", 1000));
  struct Row {
    const Document* document;
    std::string query;
  };
  const Row rows[] = {
      {&flat, "$[?$[?$[?@.x]]]"},         {&flat, "$..[?$..[?$..[?@.x]]]"},
      {&flat, "$[*][?count($..*) == 1]"}, {&flat, "$[?$[?@ == $]]"},
      {&deep, "$" + repeated("..*", 12)}, {&deep, "$" + repeated("..[?$", 20) + "..[?@ == 2" + repeated("]", 21)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    CHECK_FALSE(compiled(row.query).select(row.document->root(), {}, [](const Located&) { return true; }, 1'000'000));
  }
}

TEST_CASE("query: a pattern per node from the document is paid for") {
  std::string list = "[";
  for (int i = 0; i < 500; ++i)
    list += "{\"t\":\"a" + std::to_string(i) + "\",\"re\":\"a[0-9]*" + std::to_string(i) + "\"},";
  list.back() = ']';
  const Document d = parsed(list);
  const Query query = compiled("$[?match(@.t, @.re)]");
  std::size_t found = 0;
  const auto count = [&](const Located&) { return ++found > 0; };
  CHECK(query.select(d.root(), {}, count));
  CHECK(found == 500);
  CHECK_FALSE(query.select(d.root(), {}, count, 20'000));  // half a millisecond: not for 500 of them
}

TEST_CASE("reach: the first segment that selects nothing, and where it looked") {
  decode::Document document;
  REQUIRE(document.parse(R"({"a": {"b": [{"c": 1}, {"c": 2}], "d": []}, "e f": "x"})").has_value());
  struct Row {
    const char* query;
    const char* segment;  // "" if the query selects something
    const char* from;
    std::size_t nodes;
  };
  const Row rows[] = {
      {"$", "", "", 1},
      {"$.a.b[*].c", "", "", 2},
      {"$.x", ".x", "$", 1},
      {"$.a.x.y", ".x", "$['a']", 1},
      {"$.a.b[*].x", ".x", "$['a']['b'][0]", 2},
      {"$.a.b[?@.c > 2]", "[?@.c > 2]", "$['a']['b']", 1},
      {"$.a.d[*]", "[*]", "$['a']['d']", 1},
      {"$['e f'] [0]", " [0]", "$['e f']", 1},
      {"$..x", "..x", "$", 1},
      {"$.a.b[5]", "[5]", "$['a']['b']", 1},
  };
  for (const Row& row : rows) {
    INFO(row.query);
    const auto query = Query::parse(row.query);
    REQUIRE(query.has_value());
    const Query::Reach reach = query->reach(document.root(), document.root());
    if (*row.segment == 0) {
      CHECK(reach.selected == row.nodes);
      continue;
    }
    CHECK(reach.selected == 0);
    CHECK(reach.segment == row.segment);
    CHECK(normalized_path(document.root(), reach.from) == row.from);
    CHECK(reach.nodes == row.nodes);
  }
}

TEST_CASE("normalized path: of every node, as the evaluator says it") {
  decode::Document document;
  REQUIRE(document.parse(R"({"a": [1, {"b'c": [[], {}]}, "\u0001"], "": {"a": null}, "z": [[[2]]]})").has_value());
  const auto query = Query::parse("$..*");
  std::vector<std::string> paths;
  const auto nodes = query->nodes(document.root(), document.root(), &paths);
  REQUIRE(nodes.size() == 13);
  for (std::size_t i = 0; i < nodes.size(); ++i) CHECK(normalized_path(document.root(), nodes[i]) == paths[i]);
  CHECK(normalized_path(document.root(), document.root()) == "$");
  decode::Document other;
  REQUIRE(other.parse("[1]").has_value());
  CHECK(normalized_path(document.root(), other.root()).empty());
}
