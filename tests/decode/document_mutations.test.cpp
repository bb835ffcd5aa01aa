// Two readers of JSON must agree: simdjson, that decides, and our scanner, that explains. Bodies
// broken at random (the same ones every time) are shown to both.
#include <random>

#include "decode/document.h"
#include "decode/json_scan.h"
#include "support/catch.h"

using namespace tallyman;
using namespace tallyman::decode;

namespace {

constexpr const char* seeds[] = {
    R"({"workers":[{"id":1,"tx":1234567890,"avg":0.25,"s":"idle","apps":[]},{"id":-2,"x":null,"y":true}],"n":1e3})",
    R"(["\u00e9\ud83d\ude00\n\\","é€😀",[[],{}],[1.5E-7,-0,0.0],{"a":{"a":{"a":[false]}},"a":1}])",
    R"({"big":18446744073709551616,"e":1e400,"m":-1E+999,"max":18446744073709551615,"min":-9223372036854775808})",
    "\xEF\xBB\xBF \t\r\n[ 1 , \"a\" , { \"b\" : [ ] } ] \n",
};
constexpr std::string_view pieces[] = {"\"",
                                       "\\",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       ",",
                                       ":",
                                       "0",
                                       "9",
                                       "-",
                                       ".",
                                       "e",
                                       "+",
                                       "u",
                                       " ",
                                       "\n",
                                       "\x01",
                                       "\xFF",
                                       "\xC3",
                                       "\x80",
                                       "\xED\xA0\x80",
                                       "true",
                                       "nul",
                                       "\\ud800",
                                       "1e999",
                                       "99999999999999999999",
                                       "\"a\":",
                                       "[[[[[[[["};

std::string mutated(std::mt19937& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::string body = seeds[below(std::size(seeds))];
  for (std::size_t i = 0, n = 1 + below(3); i < n; ++i) {
    const std::size_t at = below(body.size() + 1), length = below(4);
    switch (below(3)) {
      case 0:
        body.erase(std::min(at, body.size()), length);
        break;
      case 1:
        body.insert(at, pieces[below(std::size(pieces))]);
        break;
      default:
        body.replace(std::min(at, body.size()), length, pieces[below(std::size(pieces))]);
    }
  }
  return body;
}

}  // namespace

TEST_CASE("document: the parser and the scanner that explains agree on broken bodies") {
  std::mt19937 random(20240229);
  Document d, again;
  int good = 0, bad = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string body = mutated(random);
    const std::size_t start = body.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    const JsonScan scan = scan_json(body, start, 12);
    const auto parsed = d.parse(body, {12});
    INFO(body << "\n" << (scan.problem ? scan.problem->text() : "") << "\n" << (parsed ? "" : parsed.error().detail));
    // An empty container may stand one level below the limit for either; nothing else is theirs to differ on.
    REQUIRE(parsed.has_value() == !scan.problem);
    ++(parsed ? good : bad);
    if (!parsed) {
      REQUIRE(parsed.error().detail == scan.problem->text());
      continue;
    }
    std::string json, twice;
    append_json(json, d.root());
    REQUIRE(again.parse(json, {12}).has_value());
    REQUIRE(again.root().size() == d.root().size());
    append_json(twice, again.root());
    REQUIRE(twice == json);
  }
  CHECK(good > 1000);
  CHECK(bad > 1000);
}

TEST_CASE("document: the quick bound of what a body takes is never below the exact one, of JSON") {
  std::mt19937 random(20240301);
  Document document;
  int good = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string body = mutated(random);
    for (std::size_t n = random() % 8; n > 0; --n) body = "[" + body + "," + body + "]";  // over one block too
    if (!document.parse(body, {64})) continue;
    ++good;
    INFO(body);
    REQUIRE(parsed_bytes_at_most(body) >= parsed_bytes(body));
  }
  CHECK(good > 1000);
  // Of usual answers it is not far off, and so seldom asks for the slow one.
  const std::string item =
      R"({"id": 1, "name": "worker-1.example.org", "status": "busy", "load": 3, "memory": 11718656},)";
  std::string body = "[";
  for (int i = 0; i < 1000; ++i) body += item;
  CHECK(parsed_bytes_at_most(body) < 2 * parsed_bytes(body));
}
