// What the walk of many items finds, against asking each item for each path: objects whose keys come, go, change
// their order, come twice or look alike.
#include <random>

#include "map/item_trie.h"
#include "support/catch.h"

using namespace tallyman;
using jsonpath::Singular;

namespace {

using Path = std::vector<Singular>;

Singular name(std::string text) { return {false, std::move(text), 0}; }

decode::Node asked(decode::Node at, const Path& path) {
  for (const Singular& segment : path) {
    if (!at) return {};
    at = segment.is_index ? at.element(segment.index) : at.member(segment.name);
  }
  return at;
}

// All items of `$.items` walked in order with one memory of their keys.
void walk_is_right(const std::vector<Path>& paths, const std::string& items) {
  map::ItemTrie trie;
  std::uint32_t next = 0;
  std::vector<std::uint32_t> slot_of;
  for (const Path& path : paths) slot_of.push_back(trie.slot(path, next));
  std::vector<decode::Node> slots(next);
  map::ItemTrie::Keys keys;

  decode::Document walked, plain;
  REQUIRE(walked.parse(items).has_value());
  REQUIRE(plain.parse(items).has_value());
  auto other = plain.root().children().begin();
  for (const auto item : walked.root().children()) {
    trie.walk(item.node, slots, keys);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const decode::Node expected = asked((*other).node, paths[i]), got = slots[slot_of[i]];
      REQUIRE(static_cast<bool>(got) == static_cast<bool>(expected));
      if (expected) REQUIRE(got.index() == expected.index());
    }
    ++other;
  }
}

}  // namespace

TEST_CASE("items: keys in another order, left out, more, twice") {
  const std::vector<Path> paths = {{name("a")}, {name("bb")}, {name("in"), name("x")}, {name("in"), name("y")}};
  walk_is_right(paths, R"([
    {"a": 1, "bb": 2, "in": {"x": 3, "y": 4}},
    {"a": 1, "bb": 2, "in": {"x": 3, "y": 4}},
    {"bb": 2, "in": {"y": 4}, "a": 1},
    {"a": 1, "in": {"x": 3, "y": 4}},
    {"a": 1, "new": 0, "bb": 2, "in": {"x": 3, "z": 0, "y": 4}},
    {"p": 1, "q": 2, "r": 3, "s": 4, "t": 5, "a": 6, "bb": 7},
    {"p": 1, "q": 2, "r": 3, "s": 4, "t": 5, "a": 6, "bb": 7},
    {"a": 1, "bb": 2, "a": 3},
    {"a": 1, "bb": 2, "in": {"x": 3, "x": 4}},
    {"a": 1, "in": {"x": 3}, "in": {"y": 4}},
    {"": 0, "a": null, "bb": [], "in": 7},
    {},
    5
  ])");
}

TEST_CASE("items: keys that look alike") {
  const std::string eight = "abcdefgh", stem = "the_same_long_beginning_";
  const std::vector<Path> paths = {
      {name(eight)}, {name(eight + "1")}, {name(stem + "1")}, {name(stem + "2_of_16_and_more")}, {name("x")}};
  const auto item = [&](const std::string& last) {
    return "{\"" + eight + "\": 1, \"" + eight + "1\": 2, \"" + eight + "2\": 3, \"" + stem + "1\": 4, \"" + stem +
           "3\": 5, \"" + stem + "2_of_16_and_more\": 6, \"" + last + "\": 7}";
  };
  // The last key ends where the text of all keys ends, and differs from its like in one byte.
  walk_is_right(paths, "[" + item("x") + "," + item("y") + "," + item("x") + "," + item("xx") + "," + item("x\\u0000") +
                           "," + item("") + "]");
  // In the place of one that is asked for stands one that differs behind its eighth byte, or in its length.
  walk_is_right({{name(stem + "1")}, {name("x")}}, "[{\"" + stem + "1\": 1, \"x\": 2}, {\"" + stem +
                                                       "3\": 1, \"x\": 2}, {\"" + stem + "1\": 1, \"x\": 2}, {\"" +
                                                       stem + "11\": 1, \"x\": 2}, {\"" + stem + "\": 1, \"x\": 2}]");
}

TEST_CASE("items: more keys than are kept in mind") {
  const std::vector<Path> paths = {{name("k0")}, {name("k70")}, {name("k199")}, {name("k1"), Singular{true, "", -1}}};
  std::string items = "[";
  for (std::size_t i = 0; i < 5; ++i) {
    items += i == 0 ? "{" : ",{";
    for (std::size_t k = i; k < 200; ++k)
      items += (k == i ? "\"k" : ",\"k") + std::to_string(k) + "\": [" + std::to_string(k) + "]";
    items += "}";
  }
  walk_is_right(paths, items + "]");
}

TEST_CASE("items: whatever keys they have") {
  std::mt19937 random(20261125);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> names = {"id",    "name", "state", "queue_length", "queue_lengths", "a", "b", "c", "d",
                                          "inner", "",     "q",     "\\u00e9"};
  for (int round = 0; round < 300; ++round) {
    std::vector<Path> paths;
    for (std::size_t i = 0; i < 2 + below(6); ++i) {
      Path path = {name(names[below(names.size() - 1)])};
      if (below(4) == 0) path.push_back(name(names[below(names.size() - 1)]));
      paths.push_back(std::move(path));
    }
    std::vector<std::string> usual;
    for (std::size_t i = 0; i < below(10); ++i) usual.push_back(names[below(names.size())]);
    const auto object = [&](auto&& self, int depth) -> std::string {
      std::vector<std::string> members = usual;
      for (std::size_t changes = below(3); changes > 0 && !members.empty(); --changes) {
        const std::size_t at = below(members.size());
        switch (below(3)) {
          case 0:
            members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
            break;
          case 1:
            members.insert(members.begin() + static_cast<std::ptrdiff_t>(at), names[below(names.size())]);
            break;
          default:
            std::swap(members[at], members[below(members.size())]);
        }
      }
      std::string out = "{";
      for (const std::string& member : members) {
        if (out.size() > 1) out += ",";
        out += "\"" + member + "\":" + (depth < 2 && below(3) == 0 ? self(self, depth + 1) : std::to_string(below(9)));
      }
      return out + "}";
    };
    std::string items = "[";
    for (std::size_t i = 0; i < 20; ++i) items += (i == 0 ? "" : ",") + object(object, 0);
    INFO(items << "]");
    walk_is_right(paths, items + "]");
  }
}
