// `proxy` of a target: a url, or a url with a user and password.
#include "config/target_reader.h"

namespace tallyman::config {
namespace {

Url read_proxy_url(Reader& r, const TargetScope& scope, const Node& node, const std::string& subject) {
  const Text text = r.text(node, subject);
  if (text.empty()) return {};
  const Result<std::string> full = expand(text.text, scope.environment);
  if (!full) {
    r.fail(text.at, subject + ": " + full.error().detail);
    return {};
  }
  Result<Url> url = parse_url(*full);
  const std::string wanted = "; expected the proxy's own address, such as http://proxy.example.org:3128";
  if (!url) {
    // The text as written: a variable may hold a password.
    r.fail(text.at, subject + " cannot be `" + (full->find('@') == std::string::npos ? text.text : "***") + "`" +
                        wanted + ", and a user and password in proxy: { url, auth: { basic: { user, password } } }");
    return {};
  }
  if (url->scheme != Url::Scheme::http || !url->path.empty() || !url->query.empty()) {
    r.fail(text.at, subject + " cannot be `" + text.text + "`" + wanted);
    return {};
  }
  return std::move(*url);
}

}  // namespace

ProxySettings read_proxy(Reader& r, const TargetScope& scope, const Node& node) {
  ProxySettings out;
  if (node.kind == Node::Kind::scalar && node.text == "none") return out;  // in spite of the defaults
  if (node.kind == Node::Kind::scalar) {
    out.url = read_proxy_url(r, scope, node, "`proxy`");
    return out;
  }
  if (!r.map(node, "`proxy`", {"url", "auth"})) return out;
  if (const Node* url = node.find("url"))
    out.url = read_proxy_url(r, scope, *url, "`url` of `proxy`");
  else
    r.missing(node.at, "`url` of `proxy`", "the proxy's own address, such as http://proxy.example.org:3128");
  if (const Node* auth = node.find("auth")) {
    out.auth = read_auth(r, scope, *auth);
    if (out.auth.kind != AuthSettings::Kind::none && out.auth.kind != AuthSettings::Kind::basic)
      r.fail(auth->at, "`auth` of `proxy` can only be `basic: { user, password }`");
  }
  return out;
}

}  // namespace tallyman::config
