#include "decode/xmlrpc.h"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <pugixml.hpp>

#include "decode/document.h"
#include "decode/json_scan.h"
#include "decode/xmlrpc_internal.h"

namespace tallyman::decode {
namespace {

using Xml = pugi::xml_node;

// `nil` of `ex:nil`.
std::string_view local_name(Xml node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

Xml next_element(Xml node) {
  while (node && node.type() != pugi::node_element) node = node.next_sibling();
  return node;
}
Xml first_element(Xml parent) { return next_element(parent.first_child()); }
Xml element_after(Xml node) { return next_element(node.next_sibling()); }

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::string_view trimmed(std::string_view text) {
  if (blank(text)) return {};
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  return text.substr(from, text.find_last_not_of(" \t\r\n") + 1 - from);
}

class Converter {
 public:
  Converter(std::string body, std::size_t depth, std::size_t memory)
      : body_(std::move(body)), depth_(depth), memory_(memory) {}

  Error take_error() { return std::move(*error_); }

  // The <value> that the body returns, or of its fault; none when it returns nothing.
  bool returned(Xml& value, bool& is_fault);

  // Appends the JSON of a <value>; `level` arrays and structs are around it.
  bool value(Xml value, std::size_t level, std::string& out);

 private:
  bool fail(Stage stage, Xml at, const std::string& what);
  bool fail(Xml at, const std::string& what) { return fail(Stage::decode, at, what); }
  bool fail_whole(std::string what, Stage stage = Stage::decode);
  std::size_t line_of(std::ptrdiff_t offset) const;
  Xml only_child(Xml parent, const char* name);
  bool text(Xml node, std::string& out);
  bool string(Xml node, std::string& out);
  bool scalar(Xml typed, std::string& out);
  bool array(Xml array, std::size_t level, std::string& out);
  bool structure(Xml structure, std::size_t level, std::string& out);

  std::string body_;  // the tree points into it: texts are unescaped where they stand
  std::size_t depth_, memory_;
  pugi::xml_document document_;
  std::optional<Error> error_;
  std::string scratch_;
};

std::size_t Converter::line_of(std::ptrdiff_t offset) const {
  const std::size_t end = std::min(body_.size(), static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)));
  return 1 +
         static_cast<std::size_t>(std::count(body_.begin(), body_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
}

bool Converter::fail(Stage stage, Xml at, const std::string& what) {
  if (!error_) error_ = error(stage, "line " + std::to_string(line_of(at.offset_debug())) + ": " + what);
  return false;
}

bool Converter::fail_whole(std::string what, Stage stage) {
  error_ = error(stage, std::move(what));
  return false;
}

bool Converter::returned(Xml& value, bool& is_fault) {
  if (const auto other = not_xmlrpc(body_)) return fail_whole(*other);
  // Enough elements for a tree that dwarfs the body are no XML-RPC: <value/> is the shortest that
  // says anything, so more than one element per 8 bytes is refused before a tree is built.
  std::size_t elements = 0;
  for (std::size_t i = 0; i + 1 < body_.size(); ++i) elements += body_[i] == '<' && body_[i + 1] != '/';
  if (elements > body_.size() / 8 + 8)
    return fail_whole("the body is no XML-RPC: an element every few bytes, and none of them holds a value");

  constexpr std::size_t element_bytes = 64;
  const std::size_t needed = 2 * body_.size() + element_bytes * elements;
  if (body_.size() > measured_bytes && needed > memory_)
    return fail_whole(over_memory(body_.size(), needed, memory_), Stage::limit);

  // A text that is the first thing in its element needs no node of its own: half the memory.
  const unsigned flags = pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_embed_pcdata;
  // To be asked before: parsing writes zeros into the body.
  const bool cut =
      body_.find("<methodResponse") != std::string::npos && body_.rfind("</methodResponse") == std::string::npos;
  const pugi::xml_parse_result parsed = document_.load_buffer_inplace(body_.data(), body_.size(), flags);
  if (!parsed) {
    if (parsed.status == pugi::status_out_of_memory)
      return fail_whole("no memory to parse a body of " + std::to_string(body_.size()) + " bytes", Stage::limit);
    std::string why = parsed.description();
    if (!why.empty()) why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
    return fail_whole("line " + std::to_string(line_of(parsed.offset)) +
                      ": the body is not XML: " + (cut ? "it ends before </methodResponse>: it was cut off" : why));
  }
  const Xml root = first_element(document_);
  if (element_after(root)) return fail(element_after(root), "expected the end of the body after its root");
  const std::string_view name = root.name();
  if (name != "methodResponse")
    return fail(root, "the body is XML but not XML-RPC: expected <methodResponse> but found <" +
                          std::string(name.substr(0, 40)) + ">" +
                          (name == "methodCall" ? ": that is a request, not a reply" : ""));
  const Xml content = first_element(root);
  is_fault = std::string_view(content.name()) == "fault";
  if (is_fault) return static_cast<bool>(value = only_child(content, "value"));
  if (std::string_view(content.name()) != "params")
    return fail(content ? content : root, "expected <params> or <fault> in <methodResponse>");
  const Xml param = first_element(content);
  if (!param) return true;
  if (element_after(param)) return fail(element_after(param), "expected one <param>, but there are more");
  if (std::string_view(param.name()) != "param") return fail(param, "expected <param> in <params>");
  return static_cast<bool>(value = only_child(param, "value"));
}

// The child that must be there and be alone.
Xml Converter::only_child(Xml parent, const char* name) {
  const Xml child = first_element(parent);
  if (std::string_view(child.name()) == name && !element_after(child)) return child;
  fail(parent, "expected one <" + std::string(name) + "> in <" + parent.name() + ">");
  return Xml();
}

// All of an element's text, CDATA included.
bool Converter::text(Xml node, std::string& out) {
  out = node.value();  // the text that comes first
  for (const Xml child : node.children()) {
    if (child.type() == pugi::node_element)
      return fail(child, "expected nothing but text in <" + std::string(node.name()) + ">, found <" +
                             std::string(child.name()).substr(0, 40) + ">");
    out += child.value();
  }
  if (!simdjson::validate_utf8(out.data(), out.size()))
    return fail(node, "the text in <" + std::string(node.name()) + "> is not UTF-8");
  return true;
}

bool Converter::string(Xml node, std::string& out) {
  if (!text(node, scratch_)) return false;
  append_json_string(out, scratch_);
  return true;
}

bool Converter::value(Xml value, std::size_t level, std::string& out) {
  const Xml typed = first_element(value);
  if (!typed) return string(value, out);
  if (element_after(typed))
    return fail(element_after(typed), "expected one type in <value>, found <" + std::string(typed.name()) + "> and <" +
                                          element_after(typed).name() + ">");
  if (!blank(value.value())) return fail(value, "expected either a text or a type in <value>, found both");
  const std::string_view type = local_name(typed);
  if (type != "array" && type != "struct") return scalar(typed, out);
  if (level >= depth_)
    return fail(Stage::limit, typed,
                "nested deeper than the limit of " + std::to_string(depth_) + " levels (limits: depth)");
  return type == "array" ? array(typed, level, out) : structure(typed, level, out);
}

bool Converter::scalar(Xml typed, std::string& out) {
  const std::string_view type = local_name(typed);
  if (type == "string" || type == "dateTime.iso8601" || type == "dateTime") return string(typed, out);
  if (!text(typed, scratch_)) return false;
  const std::string_view inside = trimmed(scratch_);
  const auto wrong = [&](const char* expected) {
    return fail(typed, "expected " + std::string(expected) + " in <" + typed.name() + ">, found " +
                           (inside.empty() ? "nothing" : "`" + std::string(inside.substr(0, 40)) + "`"));
  };
  if (type == "nil") {
    out += "null";
    return inside.empty() || wrong("nothing");
  }
  if (type == "boolean") {
    if (inside == "1" || inside == "true")
      out += "true";
    else if (inside == "0" || inside == "false")
      out += "false";
    else
      return wrong("0 or 1");
    return true;
  }
  if (type == "base64") {
    scratch_.erase(std::remove_if(scratch_.begin(), scratch_.end(),
                                  [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }),
                   scratch_.end());
    append_json_string(out, scratch_);
    return true;
  }
  for (const std::string_view name : {"int", "i4", "i8", "i1", "i2", "biginteger"})
    if (type == name) return append_json_integer(out, inside) || wrong("an integer");
  for (const std::string_view name : {"double", "float", "bigdecimal"})
    if (type == name) return append_json_double(out, inside) || wrong("a decimal number");
  return fail(typed, "unknown type <" + std::string(typed.name()).substr(0, 40) +
                         ">; expected int, i4, i8, boolean, double, string, nil, array, struct, dateTime.iso8601 or "
                         "base64");
}

bool Converter::array(Xml array, std::size_t level, std::string& out) {
  const Xml data = first_element(array);
  if (data && std::string_view(data.name()) != "data") return fail(data, "expected <data> in <array>");
  if (data && element_after(data)) return fail(element_after(data), "expected one <data> in <array>");
  out += '[';
  bool first = true;
  for (Xml item = first_element(data); item; item = element_after(item)) {
    if (std::string_view(item.name()) != "value") return fail(item, "expected <value> in <data>");
    if (!first) out += ',';
    first = false;
    if (!value(item, level + 1, out)) return false;
  }
  out += ']';
  return true;
}

bool Converter::structure(Xml structure, std::size_t level, std::string& out) {
  out += '{';
  bool first = true;
  for (Xml member = first_element(structure); member; member = element_after(member)) {
    if (std::string_view(member.name()) != "member") return fail(member, "expected <member> in <struct>");
    const Xml name = member.child("name"), held = member.child("value");
    if (!name || !held) return fail(member, "expected <name> and <value> in <member>");
    if (!first) out += ',';
    first = false;
    if (!string(name, out)) return false;
    out += ':';
    if (!value(held, level + 1, out)) return false;
  }
  out += '}';
  return true;
}

// What a fault's struct says.
Error fault_of(Node fault) {
  const Node code = fault.member("faultCode");
  const Node text = fault.member("faultString");
  std::string shown;
  if (code) append_json(shown, code);
  Error out =
      error(Stage::refused, "fault " + (shown.empty() ? "without a code" : shown.substr(0, 20)) + ": " +
                                (text && text.kind() == Kind::string ? fault_line(text.text()) : "no reason given"));
  out.fault = true;
  return out;
}

Result<Document> parsed(std::string json) {
  Document document;
  const Result<> done = document.parse(std::move(json), {max_depth});
  if (!done) return done.error();
  return document;
}

// The JSON of what the body returns; its fault is an error. `depth` as in Converter.
Result<std::string> read(std::string body, std::size_t depth, std::size_t memory) {
  const std::size_t bytes = body.size();
  Converter converter(std::move(body), depth, memory);
  bool is_fault = false;
  Xml value;
  if (!converter.returned(value, is_fault)) return converter.take_error();
  std::string json;
  json.reserve(bytes / 2 + Document::padding);
  if (!value)
    json = "null";
  else if (!converter.value(value, 0, json))
    return converter.take_error();
  if (!is_fault) return json;
  const Result<Document> fault = parsed(std::move(json));
  if (!fault) return fault.error();
  return fault_of(fault->root());
}

}  // namespace

Result<std::string> xmlrpc_to_json(std::string body, std::size_t depth, std::size_t memory) {
  return read(std::move(body), std::min(depth, max_depth), memory);
}

Result<std::vector<Result<std::string>>> multicall_to_json(std::string body, std::size_t calls, std::size_t depth,
                                                           std::size_t memory) {
  // The list of results, and the list around each value, are levels of the reply, not of a value.
  Result<std::string> json = read(std::move(body), std::min(depth, max_depth - 2) + 2, memory);
  if (!json) return json.error();
  const Result<Document> list = parsed(std::move(*json));
  if (!list) return list.error();
  const Node root = list->root();
  if (root.kind() != Kind::array || root.size() != calls)
    return error(Stage::decode, "a multicall of " + std::to_string(calls) + " calls was answered with " +
                                    (root.kind() == Kind::array ? std::to_string(root.size()) + " results"
                                                                : std::string(to_string(root.kind()))));
  std::vector<Result<std::string>> out;
  out.reserve(calls);
  for (const Node::Child child : root.children()) {
    const Node item = child.node;
    if (item.kind() == Kind::array && item.size() == 1) {
      std::string value;
      append_json(value, item.element(0));
      out.emplace_back(std::move(value));
    } else if (item.kind() == Kind::object && item.member("faultCode")) {
      out.emplace_back(fault_of(item));
    } else {
      return error(Stage::decode, "result " + std::to_string(child.index) +
                                      " of a multicall is neither a list of one value nor a fault, but " +
                                      std::string(to_string(item.kind())));
    }
  }
  return out;
}

std::vector<std::string> xmlrpc_faults(std::string_view body) {
  std::vector<std::string> out;
  if (body.find("faultString") == std::string_view::npos) return out;
  constexpr std::size_t memory = 40u << 20;  // a body that needs more is refused by whoever reads it
  Result<std::string> json = read(std::string(body), max_depth, memory);
  if (!json) {
    if (json.error().fault) out.push_back(json.error().detail);
    return out;
  }
  const Result<Document> document = parsed(std::move(*json));
  if (!document || document->root().kind() != Kind::array) return out;
  for (const Node::Child child : document->root().children())
    if (child.node.kind() == Kind::object && child.node.member("faultCode")) out.push_back(fault_of(child.node).detail);
  return out;
}

}  // namespace tallyman::decode
