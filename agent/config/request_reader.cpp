// Section 3 of the language: requests, bodies, follow-ups, pages, login.
#include <algorithm>
#include <cmath>

#include "config/collector_reader.h"
#include "config/collector_schema.h"

namespace tallyman::config {
namespace {

using Wanted = ValueUse::Wanted;

const Words& formats() {
  static const Words all = {"json", "xmlrpc", "csv", "kv", "fields", "text", "prometheus"};
  return all;
}

Text read_path(Reader& r, const Node& node) {
  Text path = r.text(node, "`path`");
  if (path.empty()) return path;
  if (path.text.find('?') != std::string::npos)
    r.fail(path.at, "`path` contains `?`; write what follows it under `query`");
  else if (path.text.find('#') != std::string::npos)
    r.fail(path.at, "`path` contains `#`; a fragment is never sent to a server");
  else if (path.text[0] == '{' && path.text.back() == '}' && path.text.find('/') == std::string::npos)
    return path;  // a parameter that is the whole path
  else if (path.text[0] != '/')
    r.fail(path.at, "`path` must start with `/`; found `" + path.text + "`");
  return path;
}

std::vector<std::pair<Text, std::optional<Text>>> read_query_part(Reader& r, const Node& node) {
  std::vector<std::pair<Text, std::optional<Text>>> out;
  if (!r.free_map(node, "`query`")) return out;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Node& item = node.items[i];
    if (item.kind == Node::Kind::null)
      out.emplace_back(node.keys[i], std::nullopt);
    else
      out.emplace_back(node.keys[i], r.word(item, "`" + node.keys[i].text + "` of `query`"));
  }
  return out;
}

std::vector<std::pair<Text, Text>> read_headers(Reader& r, const Node& node) {
  std::vector<std::pair<Text, Text>> out;
  if (!r.free_map(node, "`headers`")) return out;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Text& name = node.keys[i];
    if (!is_header_name(name.text)) r.fail(name.at, "`" + name.text + "` is not the name of an HTTP header");
    Text value = r.word(node.items[i], "the header `" + name.text + "`");
    if (has_control(value.text)) r.fail(value.at, "the header `" + name.text + "` holds a control character");
    out.emplace_back(name, std::move(value));
  }
  return out;
}

Body read_body(Reader& r, const Node& node) {
  Body body;
  body.at = node.at;
  static const Words kinds = {"json", "form", "text", "xmlrpc"};
  if (!r.map(node, "`body`", kinds)) return body;
  if (node.keys.size() != 1) {
    r.fail(node.at, "`body` has " + std::to_string(node.keys.size()) + " keys; expected exactly one of " + join(kinds));
    return body;
  }
  const Node& item = node.items[0];
  const std::string& kind = node.keys[0].text;
  if (kind == "json") {
    body.kind = Body::Kind::json;
    body.json = json_of(item);
  } else if (kind == "form") {
    body.kind = Body::Kind::form;
    if (r.free_map(item, "`form`"))
      for (std::size_t i = 0; i < item.keys.size(); ++i)
        body.form.emplace_back(item.keys[i], r.word(item.items[i], "`" + item.keys[i].text + "` of `form`"));
  } else if (kind == "text") {
    body.kind = Body::Kind::text;
    body.text = r.text(item, "`text`");
  } else if (kind == "xmlrpc") {
    body.kind = Body::Kind::xmlrpc;
    if (!r.map(item, "`xmlrpc`", {"call", "args"})) return body;
    if (const Node* call = item.find("call"))
      body.call = r.text(*call, "`call`");
    else
      r.missing(item.at, "`call` of `xmlrpc`", "the name of a method");
    body.json = "[]";
    if (const Node* args = item.find("args"))
      if (r.list(*args, "`args`", true)) body.json = json_of(*args);
  }
  return body;
}

ForEach::As read_as(Reader& r, const Scope& scope, const Text& name, const Node& node, const ForEach& around) {
  ForEach::As as;
  as.name = name;
  r.plain_name(name, "a variable");
  if (name.text == "key" || name.text == "now" || name.text == "token")
    r.fail(name.at, "`" + name.text + "` is a variable of the language; choose another name");
  else if (std::find(scope.parameters.begin(), scope.parameters.end(), name.text) != scope.parameters.end())
    r.fail(name.at, "`" + name.text + "` is already a parameter (`with`); choose another name");
  ValueUse use;
  use.subject = "`" + name.text + "`";
  use.max_outer = outer_of(around.each);
  if (node.kind != Node::Kind::list) {
    as.values.push_back(read_value(r, scope, node, use));
    return as;
  }
  as.is_list = true;
  if (r.list(node, use.subject))
    for (const Node& item : node.items) {
      use.subject = "an entry of `" + name.text + "`";
      as.values.push_back(read_value(r, scope, item, use));
    }
  return as;
}

ForEach read_for_each(Reader& r, const Scope& scope, const Text& request, const Node& node) {
  ForEach out;
  out.at = node.at;
  static const Words keys = schema_keys("/$defs/request/properties/for_each/properties");
  if (!r.map(node, "`for_each`", keys)) return out;
  if (const Node* from = node.find("from")) {
    out.from = r.text(*from, "`from`");
    if (!out.from.empty() && out.from.text == request.text)
      r.fail(out.from.at, "`for_each` of `" + request.text + "` asks for itself; `from` must name another request");
    else if (!out.from.empty())
      r.known(out.from, "request", scope.requests);
  }
  if (const Node* each = node.find("each")) {
    out.each = read_each(r, *each);
    if (!node.find("from"))
      r.fail(each->at, "`each` of `for_each` needs `from`: the request whose answer holds the items");
  }
  const Node* as = node.find("as");
  if (!as) {
    r.missing(node.at, "`as` of `for_each`", "names and what they are, such as as: { id: \"@.id\" }");
  } else if (r.free_map(*as, "`as` of `for_each`", false)) {
    for (std::size_t i = 0; i < as->keys.size(); ++i)
      out.as.push_back(read_as(r, scope, as->keys[i], as->items[i], out));
  }
  return out;
}

Pages read_pages(Reader& r, const Scope& scope, const Node& node) {
  Pages out;
  out.at = node.at;
  if (!r.map(node, "`pages`", {"query", "start", "step", "last", "next"})) return out;
  if (const Node* query = node.find("query")) out.query = r.text(*query, "`query` of `pages`");
  const Node* last = node.find("last");
  const Node* next = node.find("next");
  for (const char* key : {"start", "step"})
    if (const Node* item = node.find(key)) {
      const bool is_step = std::string_view(key) == "step";
      if (!last) r.fail(item->at, std::string("`") + key + "` of `pages` goes with `last`: numbered pages need both");
      if (const auto n = r.integer(*item, std::string("`") + key + "`", is_step ? 1 : 0, INT64_MAX))
        (is_step ? out.step : out.start) = *n;
    }
  if (last && next) {
    r.fail(node.at, "`pages` has both `last` and `next`; expected one of them");
  } else if (!last && !next) {
    r.fail(node.at,
           "`pages` does not say where they end; expected `last` (numbered pages) or `next` (the next page's "
           "parameter, url or path)");
  }
  if (last && !node.find("query"))
    r.fail(node.at, "`pages` with `last` needs `query`: the parameter that is counted up");
  ValueUse use;
  if (last) {
    use.subject = "`last`";
    use.wanted = Wanted::number;
    out.last = read_value(r, scope, *last, use);
  }
  if (next) {
    use.subject = "`next`";
    use.wanted = Wanted::text;
    out.next = read_value(r, scope, *next, use);
  }
  return out;
}

// Bytes as a stream has them. The one mistake that everybody makes is that of YAML: only between double
// quotes is `\n` a line break.
bool escaped_line_break(const std::string& text) { return text.ends_with("\\n") || text.ends_with("\\r"); }

Text read_stream_text(Reader& r, const Node& node, const std::string& key) {
  Text out = r.text(node, "`" + key + "`");
  if (escaped_line_break(out.text))
    r.fail(out.at, "`" + key + "` ends with a backslash and a letter; a line break is written between double quotes: " +
                       key + ": \"" + out.text + "\"");
  return out;
}

std::vector<std::pair<int, int>> read_accept(Reader& r, const Node& node) {
  std::vector<std::pair<int, int>> out;
  if (r.list(node, "`accept`"))
    for (const Node& item : node.items)
      if (const auto status = r.integer(item, "an HTTP status in `accept`", 100, 599))
        out.emplace_back(static_cast<int>(*status), static_cast<int>(*status));
  return out;
}

// The keys that a request and a login share.
void read_common(Reader& r, const Node& node, Request& out) {
  const auto when = [&](const char* key, auto&& read) {
    if (const Node* item = node.find(key)) read(*item);
  };
  out.path = {"/", node.at};
  when("path", [&](const Node& n) { out.path = read_path(r, n); });
  when("query", [&](const Node& n) { out.query = read_query_part(r, n); });
  when("headers", [&](const Node& n) { out.headers = read_headers(r, n); });
  when("body", [&](const Node& n) { out.body = read_body(r, n); });
  out.method = out.body.kind == Body::Kind::none ? "GET" : "POST";
  when("method", [&](const Node& n) {
    if (r.choice(n, "`method`", {"GET", "POST", "HEAD"})) out.method = n.text;
  });
  when("accept", [&](const Node& n) { out.accept = read_accept(r, n); });
  when("expect", [&](const Node& n) { out.expect = r.text(n, "`expect`"); });
  when("timeout", [&](const Node& n) { out.timeout = r.duration(n, "`timeout`", std::chrono::milliseconds(1)); });
}

}  // namespace

Request read_request(Reader& r, const Scope& scope, const Text& name, const Node& node) {
  Request out;
  out.name = name;
  out.at = node.at;
  r.plain_name(name, "a request");
  if (node.kind == Node::Kind::null) {
    r.fail(node.at, "the request `" + name.text + "` is empty; write `" + name.text + ": {}` if it needs nothing");
    return out;
  }
  static const Words keys = schema_keys("/$defs/request/properties");
  const char* targets = "it is the target's, in targets.yaml";
  if (!r.map(node, "a request", keys, {{"url", targets}, {"auth", targets}, {"tls", targets}, {"interval", targets}}))
    return out;
  read_common(r, node, out);
  const auto when = [&](const char* key, auto&& read) {
    if (const Node* item = node.find(key)) read(*item);
  };
  when("send", [&](const Node& n) { out.send = read_stream_text(r, n, "send"); });
  when("until", [&](const Node& n) { out.until = read_stream_text(r, n, "until"); });
  if (const std::string& s = out.send.text;
      !s.empty() && !escaped_line_break(s) && s.back() != '\n' && s.back() != '\r')
    r.warn(out.send.at, "`send` does not end with a line break, for which most services wait: write \"...\\n\"");
  if (out.body.kind == Body::Kind::xmlrpc) out.format = Format::xmlrpc;
  when("format", [&](const Node& n) {
    if (const auto index = r.choice(n, "`format`", formats())) out.format = static_cast<Format>(*index);
    out.format_at = n.at;
  });
  when("for_each", [&](const Node& n) { out.for_each = read_for_each(r, scope, name, n); });
  when("batch", [&](const Node& n) {
    out.batch_at = n.at;
    if (const auto count = r.integer(n, "`batch`", 1, 500)) out.batch = static_cast<int>(*count);
    if (out.body.kind != Body::Kind::xmlrpc || !out.for_each)
      r.fail(n.at, "`batch` goes with an xmlrpc body and `for_each`: it joins calls into one system.multicall");
  });
  when("pages", [&](const Node& n) {
    out.pages = read_pages(r, scope, n);
    if (out.batch_at.line > 0) r.fail(n.at, "`pages` does not go with `batch`: the answers of many items come in one");
  });
  when("optional", [&](const Node& n) { out.optional = r.boolean(n, "`optional`"); });
  when("every", [&](const Node& n) { out.every = r.duration(n, "`every`", std::chrono::milliseconds(1)); });
  return out;
}

Login read_login(Reader& r, const Scope& scope, const Node& node) {
  Login out;
  out.request.name = {"login", node.at};
  out.request.at = node.at;
  static const Words keys = schema_keys("/properties/login/properties");
  if (!r.map(node, "`login`", keys)) return out;
  read_common(r, node, out.request);
  if (!node.find("path")) r.missing(node.at, "`path` of `login`", "the path of the login call");
  if (const Node* token = node.find("token")) out.token = read_query(r, *token, "`token`");
  if (const Node* again = node.find("again"); again && r.list(*again, "`again`"))
    for (const Node& item : again->items) out.again.push_back(r.text(item, "a fault in `again`"));
  if (const Node* optional = node.find("optional")) out.optional = r.boolean(*optional, "`optional`");
  return out;
}

std::string_view to_string(Format format) { return formats()[static_cast<std::size_t>(format)]; }

namespace {

void append_json_string(std::string& out, const std::string& text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (unsigned char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', static_cast<char>(c)};
    else if (c == '\n')
      out += "\\n";
    else if (c < 0x20)
      out += {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    else
      out += static_cast<char>(c);
  }
  out += '"';
}

}  // namespace

std::string json_of(const Node& node) {
  std::string out;
  switch (node.kind) {
    case Node::Kind::null:
      return "null";
    case Node::Kind::list:
      for (const Node& item : node.items) out += (out.empty() ? "" : ",") + json_of(item);
      return "[" + out + "]";
    case Node::Kind::map:
      for (std::size_t i = 0; i < node.keys.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, node.keys[i].text);
        out += ':' + json_of(node.items[i]);
      }
      return "{" + out + "}";
    case Node::Kind::scalar:
      break;
  }
  const Scalar scalar = scalar_of(node);
  const auto* number = std::get_if<Number>(&scalar);
  const bool finite = number && std::isfinite(number->real());
  if (std::holds_alternative<bool>(scalar) || finite) {
    std::string text = to_text(scalar);
    // 5.0 stays a double: XML-RPC tells the two apart.
    if (finite && !number->is_integer() && text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
  }
  append_json_string(out, node.text);
  return out;
}

}  // namespace tallyman::config
