// `auth` of a target: four ways to say who we are. A secret stays where it is: what is said here
// is only where to find it, so that a rotated file needs no reload.
#include <algorithm>

#include "config/named_files.h"
#include "config/target_reader.h"

namespace tallyman::config {
namespace {

using Kind = AuthSettings::Kind;

std::string shape_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a text";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

// As Reader::map and free_map, but a text in the wrong place is not shown: it may be the secret.
bool is_map(Reader& r, const Node& node, const std::string& subject) {
  if (node.kind == Node::Kind::map) return true;
  r.fail(node.at, subject + " must be a map; found " + shape_of(node));
  return false;
}

bool is_map(Reader& r, const Node& node, const std::string& subject, const Words& known) {
  return is_map(r, node, subject) && r.map(node, subject, known);
}

// Inline, `env:NAME` or `file:PATH`. The value itself is never shown.
Secret read_secret(Reader& r, const TargetScope& scope, const Node& node, const std::string& subject) {
  if (node.kind != Node::Kind::scalar) {
    r.fail(node.at, subject + " must be the value itself, env:NAME or file:PATH; found " + shape_of(node));
    return {};
  }
  const std::string& text = node.text;
  if (text.starts_with("env:")) {
    const std::string name = text.substr(4);
    if (!is_variable_name(name))
      r.fail(node.at, subject + ": `" + text + "` does not name a variable; expected env:NAME");
    else if (const auto value = scope.environment(name); !value || value->empty())
      r.fail(node.at, subject + ": the environment variable `" + name + "` is " + (value ? "empty" : "not set"));
    return {Secret::Source::env, name};
  }
  if (text.starts_with("file:")) {
    const std::string path = beside(scope.folder, text.substr(5));
    if (text.size() == 5)
      r.fail(node.at, subject + ": a path is missing after `file:`");
    else
      look_at_secret(r, scope, node.at, subject, path);
    return {Secret::Source::file, path};
  }
  if (text.empty()) r.fail(node.at, subject + " must not be empty; expected the value, env:NAME or file:PATH");
  if (has_control(text)) r.fail(node.at, subject + " holds a control character");
  return {Secret::Source::inline_value, text};
}

void read_basic(Reader& r, const TargetScope& scope, const Node& node, AuthSettings& out) {
  out.kind = Kind::basic;
  if (!is_map(r, node, "`basic`", {"user", "password"})) return;
  if (const Node* user = node.find("user")) {
    Text name = r.word(*user, "`user`");
    if (name.text.starts_with("env:")) {
      const std::string variable = name.text.substr(4);
      const auto value = scope.environment(variable);
      if (!value) r.fail(name.at, "`user`: the environment variable `" + variable + "` is not set");
      name.text = value.value_or("");
    } else if (name.text.starts_with("file:")) {
      r.fail(name.at, "`user` cannot come from a file; expected the name itself or env:NAME");
    } else if (name.empty() && user->kind == Node::Kind::scalar) {
      r.fail(name.at, "`user` must not be empty");
    }
    if (name.text.find(':') != std::string::npos && !name.text.starts_with("file:"))
      r.fail(name.at, "`user` contains `:`, which Basic authentication cannot carry");
    if (has_control(name.text)) r.fail(name.at, "`user` holds a control character");
    out.name = name.text;
  } else {
    r.missing(node.at, "`user` of `basic`", "basic: { user: NAME, password: env:NAME }");
  }
  if (const Node* password = node.find("password"))
    out.secret = read_secret(r, scope, *password, "`password`");
  else
    r.missing(node.at, "`password` of `basic`", "the value itself, env:NAME or file:PATH");
}

void read_header(Reader& r, const TargetScope& scope, const Node& node, AuthSettings& out) {
  out.kind = Kind::header;
  out.name = "Authorization";
  if (!is_map(r, node, "`header`", {"name", "scheme", "value"})) return;
  if (const Node* name = node.find("name")) {
    const Text text = r.text(*name, "`name` of `header`");
    if (!text.empty() && !is_header_name(text.text))
      r.fail(text.at, "`" + text.text + "` is not the name of an HTTP header");
    out.name = text.text;
  }
  if (const Node* scheme = node.find("scheme")) {
    const Text text = r.text(*scheme, "`scheme`");
    if (!text.empty() && !is_header_name(text.text))
      r.fail(text.at, "`" + text.text + "` is not a scheme; expected one word, such as Token");
    out.scheme = text.text;
  }
  if (!node.find("name") && !node.find("scheme"))
    r.missing(node.at, "`name` or `scheme` of `header`",
              "{ name: X-Api-Key, value: .. } or { scheme: Token, value: .. } (of Authorization)");
  if (const Node* value = node.find("value"))
    out.secret = read_secret(r, scope, *value, "`value` of `header`");
  else
    r.missing(node.at, "`value` of `header`", "the value itself, env:NAME or file:PATH");
}

void read_query(Reader& r, const TargetScope& scope, const Node& node, AuthSettings& out) {
  out.kind = Kind::query;
  if (!is_map(r, node, "`query` of `auth`")) return;
  if (node.keys.size() != 1)
    r.fail(node.at, "`query` of `auth` has " + std::to_string(node.keys.size()) +
                        " parameters; expected one, such as { token: env:NAME }");
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    out.name = node.keys[i].text;
    out.secret = read_secret(r, scope, node.items[i], "`" + out.name + "` of `query`");
  }
}

// What is no kind has been said.
void read_kind(Reader& r, const TargetScope& scope, const std::string& kind, const Node& node, AuthSettings& out) {
  if (kind == "basic") {
    read_basic(r, scope, node, out);
  } else if (kind == "bearer") {
    out.kind = Kind::header;
    out.name = "Authorization";
    out.scheme = "Bearer";
    out.secret = read_secret(r, scope, node, "`bearer`");
  } else if (kind == "header") {
    read_header(r, scope, node, out);
  } else if (kind == "query") {
    read_query(r, scope, node, out);
  }
}

}  // namespace

AuthSettings read_auth(Reader& r, const TargetScope& scope, const Node& node) {
  AuthSettings out;
  if (node.kind == Node::Kind::scalar && node.text == "none") return out;  // in spite of the defaults
  static const Words kinds = {"basic", "bearer", "header", "query"};
  if (!is_map(r, node, "`auth`", kinds)) return out;
  if (node.keys.size() != 1)
    r.fail(node.at, "`auth` has " + std::to_string(node.keys.size()) + " keys; expected exactly one of " + join(kinds));
  // Of several each is read, for what is wrong in it.
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    out = {};
    read_kind(r, scope, node.keys[i].text, node.items[i], out);
  }
  return out;
}

}  // namespace tallyman::config
