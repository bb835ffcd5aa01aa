#include "decode/document.h"

namespace tallyman::decode {

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, from, at - from);
    from = at + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\b':
        out += 'b';
        break;
      case '\f':
        out += 'f';
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += "u00";
        out += "0123456789abcdef"[c >> 4];
        out += "0123456789abcdef"[c & 15];
    }
  }
  out.append(text, from);
  out += '"';
}

// Recursive: a document is at most max_depth deep.
void append_json(std::string& out, Node node, std::size_t most) {
  if (!node || out.size() >= most) return;
  switch (node.kind()) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += node.boolean() ? "true" : "false";
      return;
    case Kind::number:
    case Kind::out_of_range:
      out += node.lexeme();
      return;
    case Kind::string:
      append_json_string(out, node.text().substr(0, most - out.size()));
      return;
    case Kind::array:
    case Kind::object:
      break;
  }
  const bool object = node.kind() == Kind::object;
  out += object ? '{' : '[';
  bool first = true;
  for (const Node::Child child : node.children()) {
    if (out.size() >= most) return;
    if (!first) out += ',';
    first = false;
    if (object) {
      append_json_string(out, child.key.substr(0, most - out.size()));
      out += ':';
    }
    append_json(out, child.node, most);
  }
  out += object ? '}' : ']';
}

}  // namespace tallyman::decode
