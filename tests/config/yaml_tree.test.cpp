// The YAML tree: places, quoting, scalars of the core schema, merge keys, and what a hostile file
// may cost.
#include "config/yaml_tree.h"

#include "config/errors.h"
#include "config/reader.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::config;

namespace {

Node tree(const std::string& yaml) {
  Diagnostics found;
  const auto node = parse_yaml(yaml, "f", found);
  for (const Diagnostic& d : found) UNSCOPED_INFO(to_string(d));
  REQUIRE(node.has_value());
  return *node;
}

std::string place(const Node* node) {
  return node ? std::to_string(node->at.line) + ":" + std::to_string(node->at.column) : "none";
}

}  // namespace

TEST_CASE("yaml: a file in UTF-16 is said to be one") {
  for (const std::string& bytes : {std::string("\xff\xfe"
                                               "a\0",
                                               4),
                                   std::string("\xfe\xff\0a", 4)}) {
    Diagnostics found;
    CHECK_FALSE(parse_yaml(bytes, "f", found).has_value());
    CHECK(lines(found) == std::vector<std::string>{"f: the file is written in UTF-16; expected UTF-8"});
  }
}

TEST_CASE("yaml: a value's place is where it starts, an absent value's is its key") {
  const Node root = tree("a: 1\nb:\n  - x\n  - { k: \"v\" }\nc:\nd: [ ~ ]\n\"e\": |\n  text\n");
  CHECK(place(&root) == "1:1");
  CHECK(place(root.find("a")) == "1:4");
  CHECK(place(root.find("b")) == "3:3");
  CHECK(place(&root.find("b")->items[0]) == "3:5");
  CHECK(place(&root.find("b")->items[1]) == "4:5");
  CHECK(place(root.find("b")->items[1].find("k")) == "4:10");
  CHECK(place(root.find("c")) == "5:1");
  CHECK(root.find("c")->kind == Node::Kind::null);
  CHECK(place(&root.find("d")->items[0]) == "6:6");
  CHECK(place(root.find("e")) == "7:6");
  CHECK(root.find("e")->text == "text\n");
  CHECK(to_string(root.keys[3].at) == "f:6:1");
  CHECK(root.find("nothing") == nullptr);
}

TEST_CASE("yaml: scalars by the core schema, 64 bits exact, quoted is text") {
  struct Row {
    const char* yaml;
    Scalar scalar;
  };
  const auto integer = [](std::int64_t v) { return Scalar(Number::of(v)); };
  const auto real = [](double v) { return Scalar(Number::of(v)); };
  const auto text = [](const char* s) { return Scalar(std::string(s)); };
  const Row rows[] = {
      {"5", integer(5)},
      {"-5", integer(-5)},
      {"+5", integer(5)},
      {"007", integer(7)},
      {"0x1F", integer(31)},
      {"0o17", integer(15)},
      {"9223372036854775807", integer(INT64_MAX)},
      {"-9223372036854775808", integer(INT64_MIN)},
      {"18446744073709551615", Scalar(Number::of_unsigned(UINT64_MAX))},
      {"18446744073709551616", real(18446744073709551616.0)},
      {"-9223372036854775809", real(-9223372036854775808.0)},
      {"0xFFFFFFFFFFFFFFFF", Scalar(Number::of_unsigned(UINT64_MAX))},
      {"0x10000000000000000", text("0x10000000000000000")},
      {"1.5", real(1.5)},
      {"-.5", real(-0.5)},
      {"1.", real(1)},
      {"1e3", real(1000)},
      {"1.5E-2", real(0.015)},
      {"true", Scalar(true)},
      {"False", Scalar(false)},
      {"null", Scalar(std::monostate{})},
      {"~", Scalar(std::monostate{})},
      {"yes", text("yes")},
      {"off", text("off")},
      {"1_000", text("1_000")},
      {"0x", text("0x")},
      {"1e", text("1e")},
      {".", text(".")},
      {"1.2.3", text("1.2.3")},
      {"5s", text("5s")},
      {"12:30", text("12:30")},
      {"\"5\"", text("5")},
      {"'true'", text("true")},
      {"\"\"", text("")},
      {"\"null\"", text("null")},
      {"!!str 5", text("5")},
      {"|-\n  5", text("5")},
  };
  for (const Row& row : rows) {
    INFO(row.yaml);
    CHECK(scalar_of(tree(std::string("a: ") + row.yaml + "\n").items[0]) == row.scalar);
  }
  CHECK(std::get<Number>(scalar_of(tree("a: .inf").items[0])).real() > 1e308);
}

TEST_CASE("yaml: merge keys are written out, a key beside them wins, the first source wins") {
  const Node root = tree(
      "x: &x { a: 1, b: 2 }\ny: &y { b: 3, c: 4 }\n"
      "one: { <<: *x, b: 5 }\nmany: { <<: [*x, *y], d: 6 }\nplain: { \"<<\": 7 }\n");
  const Node* one = root.find("one");
  REQUIRE(one->keys.size() == 2);
  CHECK(one->find("a")->text == "1");
  CHECK(one->find("b")->text == "5");
  CHECK(place(one->find("a")) == "1:12");  // where it can be mended
  const Node* many = root.find("many");
  REQUIRE(many->keys.size() == 4);
  CHECK(many->find("b")->text == "2");
  CHECK(many->find("c")->text == "4");
  CHECK(root.find("plain")->find("<<")->text == "7");
}

TEST_CASE("yaml: a duplicate key is said, and the rest of the file is still read") {
  Diagnostics found;
  const auto root = parse_yaml("a: 1\nb: { c: 1, c: 2 }\na: 3\n", "f", found);
  REQUIRE(root.has_value());
  CHECK(root->find("a")->text == "1");
  CHECK(lines(found) ==
        std::vector<std::string>{
            "f:2:12: the key `c` is already on line 2; a key may stand once, write a list where several are wanted",
            "f:3:1: the key `a` is already on line 1; a key may stand once, write a list where several are wanted"});
}

TEST_CASE("yaml: aliases cannot multiply a small file into a large one") {
  // Nine levels of nine: 9^9 nodes if written out.
  std::string nodes = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 9; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    nodes += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
    for (int k = 0; k < 8; ++k) nodes += ", " + below;
    nodes += "]\n";
  }
  // Few nodes, much text.
  std::string text = "a: &a \"" + std::string(500'000, 'x') + "\"\nb: [*a";
  for (int i = 0; i < 40; ++i) text += ", *a";
  text += "]\n";
  std::string keys = "a: &a { " + std::string(1000, 'x') + ": 1 }\nb: [*a";  // a key has at most 1024 bytes
  for (int i = 0; i < 20'000; ++i) keys += ", *a";
  keys += "]\n";
  for (const std::string& yaml : {nodes, text, keys}) {
    Diagnostics found;
    CHECK_FALSE(parse_yaml(yaml, "f", found).has_value());
    REQUIRE(found.size() == 1);
    CHECK(found[0].what ==
          "the file is too large once its aliases are written out; at most 1000000 values and 16 MiB of text");
  }
}

TEST_CASE("yaml: nesting and size have limits") {
  struct Row {
    std::string yaml;
    const char* what;
  };
  const Row rows[] = {
      {std::string(65, '['), "nested too deeply; at most 64 levels"},
      {std::string(100'000, '['), "nested too deeply; at most 64 levels"},
      {std::string(100'000, '{'), "nested too deeply; at most 64 levels"},
      {std::string((8 << 20) + 1, 'x'), "the file has 8388609 bytes; at most 8 MiB are read"},
  };
  for (const Row& row : rows) {
    Diagnostics found;
    CHECK_FALSE(parse_yaml(row.yaml, "f", found).has_value());
    REQUIRE(found.size() == 1);
    CHECK(found[0].what == row.what);
  }
  CHECK(tree(std::string(64, '[') + std::string(64, ']')).kind == Node::Kind::list);
}

TEST_CASE("yaml: broken files of every kind end in a diagnostic, never in an exception") {
  const std::string rows[] = {
      "a: [1",         "a: {b", "a: \"b", "a: 'b", "\t- x",   "a:\n\t- b",  "- a\nb: c",   "a: b: c",
      "*nobody",       "&a",    "!!",     "? a",   "%YAML 9", "a: \"\\q\"", "a: \xff\xfe", std::string("a\0b", 3),
      "---\n---\n---", "]",     "}",      "a: @b", "a: `b",   "key: &a *a"};
  for (const std::string& yaml : rows) {
    INFO(yaml);
    Diagnostics found;
    const auto node = parse_yaml(yaml, "f", found);
    CHECK((node.has_value() || has_errors(found)));
  }
}
