// Path templates of json_exporter and the queries they become. The rows are those that json_exporter's own evaluation
// was recorded for; what each gives on the document was worked out by hand from that record.
#include "importer/kube_path.h"

#include "jsonpath/query.h"
#include "support/catch.h"

using namespace tallyman;
using importer::PathTemplate;
using importer::read_template;

namespace {

const char* const document = R"({
  "counter": 1234, "big": 12345678901234567890, "t": true, "s": "abc", "sn": "42", "e": "", "n": null,
  "arr": [1, 2, 3], "one": [5], "empty": [], "obj": {"a": 1}, "No of x:": 4,
  "nested": {"k.x": 3, "k": {"x": 9}, "k y": 8, "a-b": 5, "1": 6, "$d": 7},
  "m": {"w1": {"name": "x", "q": 1}, "w2": {"name": "y", "q": 2}},
  "values": [{"id": "A", "count": 1, "state": "ACTIVE", "n": null}, {"id": "B", "count": 2, "state": "INACTIVE"},
             {"id": "C", "count": 3, "state": "ACTIVE"}]})";

// Literals in quotes, queries with their `$`, joined by blanks; `!` and the offset for what cannot be translated.
std::string shown(const PathTemplate& t) {
  if (t.error) return "!" + std::to_string(t.error->offset);
  std::string out;
  for (const auto& part : t.parts)
    out += (out.empty() ? "" : " ") + (part.query ? "$" + part.text : "\"" + part.text + "\"");
  return out;
}

std::string selected(const std::string& query) {
  decode::Document d;
  REQUIRE(d.parse(document).has_value());
  const auto q = jsonpath::Query::parse(query);
  INFO(query);
  REQUIRE(q.has_value());
  std::string out;
  for (const auto& node : q->nodes(d.root(), d.root())) {
    out += out.empty() ? "" : " ";
    decode::append_json(out, node);
  }
  return out;
}

struct Row {
  const char* source;
  const char* query;
  const char* nodes;
};

}  // namespace

TEST_CASE("json_exporter paths: && and || in filters, which it does not have, mean what they say") {
  const Row rows[] = {
      {R"({.values[?(@.state=="ACTIVE" && @.count>1)].id})", "$.values[?@.state == 'ACTIVE' && @.count > 1].id",
       R"("C")"},
      {R"({.values[?(@.id=='A' || @.id=="B&&")].id})", "$.values[?@.id == 'A' || @.id == 'B&&'].id", R"("A")"},
      {R"({.values[?((@.id=='A' || @.id=='B') && @.n)].count})", "$.values[?(@.id == 'A' || @.id == 'B') && @.n].count",
       "1"},
      {R"({.values[?(@['id']=='A'||@.count>=3)].count})", "$.values[?@.id == 'A' || @.count >= 3].count", "1 3"},
  };
  for (const Row& row : rows) {
    INFO(row.source);
    const PathTemplate t = read_template(row.source);
    CHECK(shown(t) == row.query);
    CHECK(selected(row.query) == row.nodes);
    REQUIRE_FALSE(t.notes.empty());
    CHECK(t.notes.front().what.starts_with("json_exporter has no `"));
  }
}

TEST_CASE("json_exporter paths: a range with one path in it is one text") {
  const auto between = [](const PathTemplate& t) {
    std::string out;
    for (const auto& part : t.parts) out += part.between ? "(" + *part.between + ")" : "";
    return out;
  };
  const PathTemplate plain = read_template("{range .values[*]}{.id}{end}");
  CHECK(shown(plain) == "$.values[*].id");
  CHECK(between(plain) == "()");
  CHECK(plain.notes.empty());
  const PathTemplate more = read_template("ids: {range $.values[?(@.n)]}<{@.id}>; { end }.");
  CHECK(shown(more) == "\"ids: <\" $.values[?@.n].id \">; .\"");
  CHECK(between(more) == "(>; <)");
  REQUIRE(more.notes.size() == 1);
  CHECK(more.notes[0].offset == 5);
  CHECK(shown(read_template("{.range}{.end}")) == "$.range $.end");
  const auto singular = [](const char* text) { return read_template(text).parts.at(0).singular; };
  CHECK(singular("{range .n}{.a}{end}"));  // a list of one, as json_exporter goes through it
  CHECK_FALSE(singular("{range .n[*]}{.a}{end}"));
  CHECK_FALSE(singular("{range .n}{..a}{end}"));
}

TEST_CASE("json_exporter paths: one path in braces is one query") {
  const Row rows[] = {
      {"{.counter}", "$.counter", "1234"},
      {"{ .counter }", "$.counter", "1234"},
      {"{$.counter}", "$.counter", "1234"},
      {"{@.counter}", "$.counter", "1234"},
      {"{$['counter']}", "$.counter", "1234"},
      {"{.big}", "$.big", "12345678901234567890"},
      {"{.t}", "$.t", "true"},
      {"{.arr}", "$.arr", "[1,2,3]"},
      {"{.one[*]}", "$.one[*]", "5"},
      {"{.one[0]}", "$.one[0]", "5"},
      {"{.arr[*]}", "$.arr[*]", "1 2 3"},
      {"{.arr[-1]}", "$.arr[-1]", "3"},
      {"{.arr[7]}", "$.arr[7]", ""},
      {"{.arr[0:9]}", "$.arr[0:9]", "1 2 3"},
      {"{.arr[-2:]}", "$.arr[-2:]", "2 3"},
      {"{.arr[0:0]}", "$.arr[0:0]", ""},
      {"{.arr[::2]}", "$.arr[::2]", "1 3"},
      {"{.empty[*]}", "$.empty[*]", ""},
      {"{.obj}", "$.obj", "{\"a\":1}"},
      {"{.missing.deeper}", "$.missing.deeper", ""},
      {"{.nested.k\\.x}", "$.nested['k.x']", "3"},
      {"{.nested['k\\.x']}", "$.nested['k.x']", "3"},
      {"{.nested['k.x']}", "$.nested.k.x", "9"},
      {"{.nested['k y']}", "$.nested['k y']", "8"},
      {"{.nested.a-b}", "$.nested['a-b']", "5"},
      {"{.nested['a-b']}", "$.nested['a-b']", "5"},
      {"{.nested.1}", "$.nested['1']", "6"},
      {"{.nested.\\$d}", "$.nested['$d']", "7"},
      {"{['No\\ of\\ x:']}", "$['No of x:']", "4"},
      {"{..count}", "$..count", "1 2 3"},
      {"{..['id']}", "$..id", "\"A\" \"B\" \"C\""},
      {"{.m.*.q}", "$.m.*.q", "1 2"},
      {"{.values[?(@.state == \"ACTIVE\")].count}", "$.values[?@.state == 'ACTIVE'].count", "1 3"},
      {"{.values[?(@.state=='INACTIVE')].count}", "$.values[?@.state == 'INACTIVE'].count", "2"},
      {"{.values[?(@.state!='ACTIVE')].count}", "$.values[?@.state != 'ACTIVE'].count", "2"},
      {"{.values[?(@.count > 1)].id}", "$.values[?@.count > 1].id", "\"B\" \"C\""},
      {"{.values[?(@.count >= 1.5)].id}", "$.values[?@.count >= 1.5].id", "\"B\" \"C\""},
      {"{.values[?(@.count == 2)].id}", "$.values[?@.count == 2].id", "\"B\""},
      {"{.values[?($.count == 2.0)].id}", "$.values[?@.count == 2.0].id", "\"B\""},
      {"{.values[?(@.n)].id}", "$.values[?@.n].id", "\"A\""},
      {"{.values[?(@.zzz)].id}", "$.values[?@.zzz].id", ""},
      {"{.values[?(@.zzz==1)].id}", "$.values[?@.zzz == 1].id", ""},
      {"{.values[?(@['state']=='INACTIVE')].id}", "$.values[?@.state == 'INACTIVE'].id", "\"B\""},
      {"{.values[?(@.id == \"]\")].id}", "$.values[?@.id == ']'].id", ""},
      {"{.arr[?(@)]}", "$.arr[?@]", "1 2 3"},
      {"{.values[0,2].id}", "$.values[0,2].id", "\"A\" \"C\""},
      {"{.values[0]['id','count']}", "$.values[0]['id','count']", "\"A\" 1"},
      {"{.values[*].id}", "$.values[*].id", "\"A\" \"B\" \"C\""},
      {"{.values[0:2].id}", "$.values[0:2].id", "\"A\" \"B\""},
      {"{.values.length}", "$.values.length", ""},
      {"{.m[?(@.q>1)].name}", "$.m[?@.q > 1].name", "\"y\""},  // json_exporter filters no maps
      {"{$[\"counter\"]}", "$.counter", "1234"},               // nor does it know double quotes
      {"{.values[::-1].id}", "$.values[::-1].id", "\"C\" \"B\" \"A\""},
  };
  for (const Row& row : rows) {
    INFO(row.source);
    const PathTemplate t = read_template(row.source);
    CHECK(shown(t) == row.query);
    CHECK(t.single_query());
    CHECK(selected(row.query) == row.nodes);
  }
  for (const char* whole : {"{}", "{@}", "{$}", "{ }", "{.}"}) CHECK(shown(read_template(whole)) == "$");
}

TEST_CASE("json_exporter paths: which select one value at most") {
  for (const char* one : {"{.a.b}", "{.a[0]}", "{['x']}", "{}", "{.a[-1]['b.c']}"})
    CHECK(read_template(one).parts.at(0).singular);
  for (const char* many : {"{.a[*]}", "{.*}", "{..a}", "{.a[0:1]}", "{.a[0,1]}", "{['x','y']}", "{.a[?(@.b)].c}"})
    CHECK_FALSE(read_template(many).parts.at(0).singular);
}

TEST_CASE("json_exporter paths: text around and between") {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},
      {"1", "\"1\""},
      {"beta", "\"beta\""},
      {".counter", "\".counter\""},
      {"{1}", "\"1\""},
      {"{true}", "\"true\""},
      {"{\"x\"}", "\"x\""},
      {"{'lit'}", "\"lit\""},
      {"'quoted'", "\"quoted\""},
      {"\"q\"", "\"q\""},
      {"a{'}'}b", "\"a}b\""},
      {"text }", "\"text }\""},
      {"planet-{.s}", "\"planet-\" $.s"},
      {"{.values[0].id}-{.counter}", "$.values[0].id \"-\" $.counter"},
      {"{.a[1]}{' '}{.s}", "$.a[1] \" \" $.s"},
      {"{.m.w1.q}{.m.w2.q}", "$.m.w1.q $.m.w2.q"},
  };
  for (const auto& [source, parts] : rows) {
    INFO(source);
    CHECK(shown(read_template(source)) == parts);
  }
}

TEST_CASE("json_exporter paths: what cannot be translated is said with its place") {
  struct Wrong {
    const char* source;
    std::size_t offset;
    const char* what;
  };
  const Wrong rows[] = {
      {"text {", 5, "`{` is not closed; expected `}`"},
      {"{.a[0}", 3, "`[` is not closed; expected `]`"},
      {"{'x}", 1, "the quote is not closed"},
      {"{.a['x}", 4, "the quote is not closed"},
      {"{.id | upper}", 5, "`|` has no meaning here, neither for json_exporter nor for us: there are no pipes"},
      {"{.a \"x\"}", 4, "a path and a literal in one pair of braces cannot be translated"},
      {"{\"x\".a}", 4, "a literal and more in one pair of braces cannot be translated"},
      {"{range .values[*]}{.id};", 0, "`range` has no `{end}`"},
      {"{range .values[*]", 0, "`{` is not closed; expected `}`"},
      {"{.a}{end}", 5, "`end` without a `range` before it"},
      {"{range .a[*]}{range .b[*]}{.c}{end}{end}", 14, "a `range` in another cannot be translated"},
      {"x{range .values[*]}{.id}={.count};{end}", 1,
       "a `range` is translated if it has one path in it; several samples are `type: object`, one text of all is `{ "
       "concat: QUERY, sep: \";\" }` in our language"},
      {"{counter}", 1, "`counter` is no path; expected one that begins with `.`, such as `{.counter}`"},
      {"{..}", 0, "a name is missing after `..`"},
      {"{.values[?(@.state=~\"AC.*\")].id}", 18,
       "json_exporter has no `=~`; a query of ours has search(): write the rule by hand, such as `[?search(@.a, "
       "'x')]`"},
      {"{.values[?(@.a & @.b)].id}", 15, "`&` is no operator; expected `&&`"},
      {"{.values[?(@.a && )].id}", 17, "a side of `&&` or `||` is missing"},
      {"{.values[?@.count>1].id}", 9, "json_exporter takes a filter in parentheses only: `[?(...)]`"},
      {"{.values[(@.length-1)].id}", 9,
       "`[(@.length-1)]` is neither an index, a slice, a name in quotes nor a filter `?(...)`"},
      {"{.a[x]}", 4, "`[x]` is neither an index, a slice, a name in quotes nor a filter `?(...)`"},
      {"{.a[]}", 4, "`[]` is neither an index, a slice, a name in quotes nor a filter `?(...)`"},
      {"{.a[0:1:2:3]}", 4, "`[0:1:2:3]` is neither an index, a slice, a name in quotes nor a filter `?(...)`"},
      {"{.a['x.y','z']}", 4,
       "a `.` in one of several names means two steps to json_exporter, which a query cannot say; write `\\.` if it is "
       "part of the name"},
      {"{.a[?(@.b = 1)]}", 10, "`=` is no comparison; expected ==, !=, <, <=, > or >="},
      {"{.a[?(@.b ==)]}", 12, "a side of the comparison is missing"},
      {"{.a[?(== 1)]}", 6, "`==` has nothing on its left"},
      {"{.a[?(@.b == c)]}", 13, "`c` is neither a path (@.name), a text in quotes, a number, true nor false"},
      {"{.a[?(@.b[*] == 1)]}", 6, "a comparison takes paths that select one value; this one may select several"},
      {"{.a[?()]}", 4, "the filter is empty"},
      {"{.a[?('c')]}", 6, "the filter is a constant; expected a path, or a comparison with one"},
  };
  for (const Wrong& row : rows) {
    INFO(row.source);
    const PathTemplate t = read_template(row.source);
    CHECK(t.parts.empty());
    REQUIRE(t.error);
    CHECK(t.error->offset == row.offset);
    CHECK(t.error->what == row.what);
  }
}

TEST_CASE("json_exporter paths: what is mended is noted") {
  const std::pair<const char*, const char*> rows[] = {
      {"{$[\"counter\"]}", "json_exporter refuses names in double quotes; taken as in single ones"},
      {"{.nested['k y']}", "json_exporter cannot read this name; taken as it is written"},
      {"{.values[?(@.count > 1)].id}",
       "json_exporter cannot compare a number with the integer `1` (\"incompatible types\"); here it compares"},
      {"{.values[?($.n)].id}", "`$` in a filter means the item to json_exporter, not the document; translated so"},
      {"{.length()}", "json_exporter has no functions: `length()` is the name of a member"},
      {"{..*}", "json_exporter cannot read `..*`; taken as every value below"},
  };
  for (const auto& [source, what] : rows) {
    INFO(source);
    const PathTemplate t = read_template(source);
    REQUIRE(t.notes.size() == 1);
    CHECK(t.notes[0].what == what);
  }
  CHECK(read_template("{.a['b\\.c'].d[?(@.x == 1.5)]}").notes.empty());
}

TEST_CASE("json_exporter paths: hostile nesting ends") {
  std::string deep = "{.a";
  for (int i = 0; i < 10'000; ++i) deep += "[?(@";
  for (int i = 0; i < 10'000; ++i) deep += ")]";
  const PathTemplate t = read_template(deep + "}");
  REQUIRE(t.error);
  CHECK(t.error->what == "filters nested too deeply");
}

TEST_CASE("kube path: bytes that are no UTF-8 give no query") {
  const PathTemplate t = read_template("{.a\x84}");
  REQUIRE(t.error);
  CHECK(t.error->what == "the path is not UTF-8");
}
