#include "config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <set>
#include <sstream>

#include "core/labels.h"

namespace tallyman::config {
namespace {

// Leaves yaml-cpp's parser from inside an event; caught in parse_yaml.
struct Refused {
  Position at;
  std::string what;
};

class Builder : public YAML::EventHandler {
 public:
  Builder(std::shared_ptr<const std::string> file, Diagnostics& out) : file_(std::move(file)), out_(out) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.at = at(mark);
    place(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw Refused{at(mark), "an alias (`*name`) inside its own anchor (`&name`)"};
    charge_tree(known->second, at(mark));
    place(known->second, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Node::Kind::scalar;
    node.at = at(mark);
    node.text = value;
    node.quoted = tag != "?";
    if (tag != "?" && tag != "!" && tag != "tag:yaml.org,2002:str") refuse_tag(node.at, tag);
    charge(node, node.at);
    place(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  std::optional<Node> take() { return std::move(root_); }
  Position at(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    bool have_key = false;
    bool plain_key = false;
    Text key;
    std::vector<std::pair<Position, Node>> merges;
    std::map<std::string, Position, std::less<>> seen;
  };

  void refuse_tag(const Position& where, const std::string& tag) {
    const std::string name = tag.starts_with("tag:yaml.org,2002:") ? "!!" + tag.substr(18) : tag;
    throw Refused{where, "the tag `" + name + "` has no meaning here; only !!str is known"};
  }

  void charge(const Node& node, const Position& where) {
    text_bytes_ += node.text.size();
    if (++nodes_ > max_nodes || text_bytes_ > max_text_bytes)
      throw Refused{where, "the file is too large once its aliases are written out; at most " +
                               std::to_string(max_nodes) + " values and " + std::to_string(max_text_bytes >> 20) +
                               " MiB of text"};
  }

  void charge_tree(const Node& node, const Position& where) {
    charge(node, where);
    for (const Text& key : node.keys) text_bytes_ += key.text.size();
    for (const Node& item : node.items) charge_tree(item, where);
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Open level;
    level.node.kind = kind;
    level.node.at = at(mark);
    level.anchor = anchor;
    if (tag != "?" && tag != "!") refuse_tag(level.node.at, tag);
    if (static_cast<int>(stack_.size()) >= max_nesting)
      throw Refused{level.node.at, "nested too deeply; at most " + std::to_string(max_nesting) + " levels"};
    charge(level.node, level.node.at);
    stack_.push_back(std::move(level));
  }

  void close() {
    Open level = std::move(stack_.back());
    stack_.pop_back();
    for (auto& [where, source] : level.merges) merge(level, source, where);
    place(std::move(level.node), level.anchor);
  }

  // `<<: *x` or `<<: [*x, *y]`: entries that are not there yet, the earlier source first.
  void merge(Open& into, Node& source, const Position& where) {
    if (source.kind == Node::Kind::list) {
      for (Node& item : source.items) merge(into, item, where);
      return;
    }
    if (source.kind != Node::Kind::map) throw Refused{where, "`<<` takes a map, or a list of maps, usually an alias"};
    for (std::size_t i = 0; i < source.items.size(); ++i) {
      if (!into.seen.emplace(source.keys[i].text, source.keys[i].at).second) continue;
      into.node.keys.push_back(std::move(source.keys[i]));
      into.node.items.push_back(std::move(source.items[i]));
    }
  }

  // A finished node goes where it belongs: the document, a list, or a map as key or value.
  void place(Node node, YAML::anchor_t anchor) {
    if (anchor) anchors_[anchor] = node;
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    if (!parent.have_key) {
      if (node.kind == Node::Kind::null)
        throw Refused{node.at, "a key is null; put it in quotes if the text `null` or `~` is meant"};
      if (node.kind != Node::Kind::scalar) throw Refused{node.at, "a key must be a text, not a list or a map"};
      parent.have_key = true;
      parent.plain_key = !node.quoted;
      parent.key = {std::move(node.text), node.at};
      return;
    }
    parent.have_key = false;
    if (parent.plain_key && parent.key.text == "<<") {
      parent.merges.emplace_back(node.at, std::move(node));
      return;
    }
    // An absent value is reported by the parser where the next thing starts, which is misleading.
    if (node.kind == Node::Kind::null && node.at.line != parent.key.at.line) node.at = parent.key.at;
    const auto [first, fresh] = parent.seen.emplace(parent.key.text, parent.key.at);
    if (!fresh) {
      out_.push_back({parent.key.at, "the key `" + parent.key.text + "` is already on line " +
                                         std::to_string(first->second.line) +
                                         "; a key may stand once, write a list where several are wanted"});
      return;
    }
    parent.node.keys.push_back(std::move(parent.key));
    parent.node.items.push_back(std::move(node));
  }

  std::shared_ptr<const std::string> file_;
  Diagnostics& out_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::optional<Node> root_;
  std::size_t nodes_ = 0;
  std::size_t text_bytes_ = 0;
};

// Of the line in which `at` is.
bool tab_indents(std::string_view yaml, std::size_t at) {
  const std::size_t line = at == 0 ? 0 : yaml.rfind('\n', at - 1) + 1;  // npos + 1: the first line
  const std::size_t text = yaml.find_first_not_of(" \t", line);
  return yaml.substr(line, text - line).find('\t') != yaml.npos;
}

// What people trip over most: texts that YAML wants quoted.
std::string hint(const std::string& yaml, const YAML::Mark& mark, const std::string& said) {
  if (mark.pos < 0 || static_cast<std::size_t>(mark.pos) >= yaml.size()) return "";
  const char c = yaml[static_cast<std::size_t>(mark.pos)];
  const char before = mark.pos > 0 ? yaml[static_cast<std::size_t>(mark.pos) - 1] : ' ';
  if (before == '"' || before == '\'') return "; a text in quotes ended here: is one before it not closed?";
  if (c == '@' || c == '`' || c == '%' || c == '*' || c == '&')
    return std::string("; a text that starts with `") + c + "` must stand in quotes";
  if (c == '?') return "; a text that holds `?` must stand in quotes inside { } and [ ]";
  if (c == '\t' || tab_indents(yaml, static_cast<std::size_t>(mark.pos))) return "; a tab cannot indent, use blanks";
  if (said == "illegal map value")
    return "; the keys of a map begin in one column, and a text that holds `: ` must stand in quotes";
  if (said.ends_with(" flow not found"))
    return "; inside { } and [ ] a text that holds one of `[ ] { } ,` must stand in quotes, such as \"$.a[*]\"";
  if (said == "end of map not found" || said == "end of sequence not found")
    return "; the keys of a map begin in one column, and so do the `- ` of a list";
  if (said == "illegal block entry") return "; a list (`- `) begins on the line after its key";
  return "";
}

// yaml-cpp would put U+FFFD there, and a name would be another.
std::optional<Diagnostic> not_utf8(const std::string& yaml, const std::shared_ptr<const std::string>& file) {
  Position at{file, 1, 1};
  for (std::size_t i = 0; i < yaml.size(); ++at.column) {
    const std::size_t length = utf8_length(yaml, i);
    if (length == 0) {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(yaml[i]);
      return Diagnostic{at, std::string("the byte 0x") + digits[byte >> 4] + digits[byte & 15] +
                                " is not UTF-8; expected a file that is saved as UTF-8"};
    }
    if (yaml[i] == '\n') at = {file, at.line + 1, 0};
    i += length;
  }
  return std::nullopt;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i].text == key) return &items[i];
  return nullptr;
}

std::optional<Node> parse_yaml(const std::string& yaml, const std::string& file, Diagnostics& out) {
  const auto name = std::make_shared<const std::string>(file);
  if (yaml.size() > max_file_bytes) {
    out.push_back({{name, 0, 0}, "the file has " + std::to_string(yaml.size()) + " bytes; at most 8 MiB are read"});
    return std::nullopt;
  }
  if (yaml.starts_with("\xff\xfe") || yaml.starts_with("\xfe\xff")) {
    out.push_back({{name, 0, 0}, "the file is written in UTF-16; expected UTF-8"});
    return std::nullopt;
  }
  if (const auto bad = not_utf8(yaml, name)) {
    out.push_back(*bad);
    return std::nullopt;
  }
  Builder builder(name, out);
  try {
    std::istringstream stream(yaml);
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      std::optional<Node> root = builder.take();
      Builder rest(name, out);
      if (parser.HandleNextDocument(rest)) {
        const auto second = rest.take();
        throw Refused{second ? second->at : Position{name, 0, 0},
                      "a second document; one file holds one (remove the line `---`)"};
      }
      return root;
    }
    Node nothing;
    nothing.at = {name, 1, 1};
    return nothing;
  } catch (const Refused& refused) {
    out.push_back({refused.at, refused.what});
  } catch (const YAML::Exception& e) {
    out.push_back({builder.at(e.mark), "not YAML: " + e.msg + hint(yaml, e.mark, e.msg)});
  } catch (const std::exception& e) {
    out.push_back({{name, 0, 0}, std::string("not YAML: ") + e.what()});
  }
  return std::nullopt;
}

}  // namespace tallyman::config
