#include "infer/inside.h"

#include <string>
#include <utility>

#include "infer/words.h"

namespace tallyman::infer {
namespace {

using decode::Document;
using decode::Kind;
using decode::Node;

constexpr std::size_t most_folds = 3;  // JSON in the text of JSON in a text
constexpr std::size_t deepest = 500;   // of what is unfolded

bool may_be_json(Node node) {
  if (node.kind() != Kind::string) return false;
  const std::string_view text = node.text();
  return text.size() > 2 &&
         ((text.front() == '{' && text.back() == '}') || (text.front() == '[' && text.back() == ']'));
}

// What tools keep for themselves beside a thing, and what is not to be looked at.
bool is_closed(std::string_view key) {
  const std::string name = plain(key);
  return names_secret(name) || in_list(name, "annotations labels");
}

bool may_hold_json(Node node) {
  if (may_be_json(node)) return true;
  for (const Node::Child child : node.children())
    if (may_hold_json(child.node)) return true;
  return false;
}

class Writer {
 public:
  void add(Node node, std::size_t folds) {
    if (folds < most_folds && may_be_json(node) && add_inside(node.text(), folds)) return;
    const Kind kind = node.kind();
    if (kind != Kind::object && kind != Kind::array) return decode::append_json(out_, node);
    out_ += kind == Kind::object ? '{' : '[';
    bool first = true;
    for (const Node::Child child : node.children()) {
      if (!std::exchange(first, false)) out_ += ',';
      if (kind == Kind::object) {
        marked_ = marked_ || child.key == inside_mark;
        decode::append_json_string(out_, child.key);
        out_ += ':';
      }
      add(child.node, kind == Kind::object && is_closed(child.key) ? most_folds : folds);
    }
    out_ += kind == Kind::object ? '}' : ']';
  }

  bool found() const { return found_ && !marked_; }
  std::string take() { return std::move(out_); }

 private:
  bool add_inside(std::string_view text, std::size_t folds) {
    Document inside;
    if (!inside.parse(std::string(text), {.depth = deepest / 2})) return false;
    if (inside.root().size() == 0) return false;
    found_ = true;
    out_ += '{';
    decode::append_json_string(out_, inside_mark);
    out_ += ':';
    add(inside.root(), folds + 1);
    out_ += '}';
    return true;
  }

  std::string out_;
  bool found_ = false, marked_ = false;
};

}  // namespace

Node unfolded(Node root, Document& into) {
  if (!root || !may_hold_json(root)) return root;
  Writer writer;
  writer.add(root, 0);
  if (!writer.found() || !into.parse(writer.take(), {.depth = deepest})) return root;
  return into.root();
}

}  // namespace tallyman::infer
