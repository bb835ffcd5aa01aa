// Where a document has lists: arrays of objects, maps whose keys are data, and both inside one
// another. Finds them in a Shape and walks a document along their steps.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decode/document.h"
#include "infer/shape.h"
#include "infer/words.h"

namespace tallyman::infer {

// From an item (or the document) to the items one step in.
struct Step {
  std::vector<std::string> names;
  bool map = false;       // `.*`, else `[*]`
  std::string mark = {};  // of a map: only objects that have this member, `[?@.state]`
  // Only items whose (row's first element's) member of that name is that text: `[?@.type == 'worker']`.
  std::string kind_name = {}, kind_value = {};
  bool row = false;
  std::vector<std::string> within = {};  // of an element, where the item is: `edges[*].node`
  bool single = false;                   // no list: JSON in one text
  std::size_t arrays = 0;                // in the elements of which the items are: `[*][*]` is one
};

inline constexpr std::size_t no_list = static_cast<std::size_t>(-1);

struct List {
  std::vector<Step> steps;
  std::string name;   // plain; of the document itself what its source is called
  std::string shown;  // `$.workers[*]`, for people
  const Shape* item = nullptr;
  std::shared_ptr<const Shape> own = {};  // what `item` is, of a part of a list
  std::size_t count = 0;                  // items in all
  std::size_t parent = no_list;
  bool map() const { return steps.back().map; }
  bool single() const { return steps.back().single; }
};

// Decides which objects are maps and sums up their members (Shape::is_map).
void find_maps(Shape& shape, std::string_view plain_name);
// After that: which objects outside lists are maps but for some figures beside (Shape::map_mark).
void split_maps(Shape& shape);
// Outer lists before inner ones. `hint`: what the source is called, such as `queues`.
std::vector<List> find_lists(const Shape& root, std::string_view hint);

struct Item {
  std::vector<decode::Node> chain;  // the document, the outer items, the item
  std::vector<std::string> keys;    // of each step
};
// In document order, at most `limit`.
std::vector<Item> items_of(decode::Node root, const std::vector<Step>& steps, std::size_t limit);

// `.name` or `['na me']` after RFC 9535.
std::string query_name(std::string_view name);
std::string query_text(std::string_view text);  // 'te\'xt'
// A step of the language, or several: `{ json: "@.a" }` for JSON in a text. They are ready for YAML but for
// queries, which are not quoted.
std::vector<std::string> queries_of(const Step& step, bool first);
std::vector<std::string> queries(const List& list);

// A key that somebody gave to one thing among many: worker1@host, tcp://10.0.0.1:80, a UUID, app-17.
bool looks_given(std::string_view key);
// A port of a client, or an id: a value that is another one tomorrow.
bool looks_short_lived(std::string_view value);

}  // namespace tallyman::infer
