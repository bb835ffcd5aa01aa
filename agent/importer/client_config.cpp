// `headers` and `http_client_config` of a module: what of it belongs to a target.
#include <algorithm>
#include <optional>

#include "config/reader.h"
#include "core/letters.h"
#include "importer/json_exporter.h"
#include "importer/source.h"

namespace tallyman::importer {
namespace {

using config::Node;

class Settings {
 public:
  Settings(Notes& notes, Use use) : notes_(notes), stands_in_(use == Use::stand_in) {}

  void headers(const Node& node) {
    if (!is_map(node, "`headers`")) return;
    for (std::size_t i = 0; i < node.keys.size(); ++i) header(node.keys[i], node.items[i]);
  }

  void client(const Node& node) {
    if (!is_map(node, "`http_client_config`")) return;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      const Position& at = node.keys[i].at;
      const Node& value = node.items[i];
      if (key == "basic_auth")
        basic(value);
      else if (key == "authorization")
        authorization(value);
      else if (key == "bearer_token")
        bearer(at, secret(value));
      else if (key == "bearer_token_file")
        bearer(at, file_secret(value));
      else if (key == "tls_config")
        tls(value);
      else if (key == "proxy_url")
        proxy(value);
      else if (key == "http_headers")
        http_headers(value);
      else if (key == "enable_http2")
        continue;  // json_exporter speaks HTTP/1.1 whatever it says, and so do we
      else if (key == "follow_redirects")
        redirects(value);
      else if (key == "oauth2")
        notes_.left_out(
            at,
            "`oauth2` is not known here; where the target's own host gives tokens a collector's `login` fetches "
            "one, else give the target auth: { bearer: file:PATH } and let another program keep the file fresh");
      else if (key == "no_proxy" || key == "proxy_from_environment" || key == "proxy_connect_header")
        notes_.left_out(at, "`" + key + "` is not known here; a target has its own `proxy`, or none");
      else
        notes_.left_out(at, "`" + key + "` is no key of http_client_config: json_exporter ignores it, too");
    }
  }

  std::string take() {
    std::string out;
    if (!auth_.empty()) out += "    auth: " + auth_ + "\n";
    if (!tls_.empty()) out += "    tls: { " + tls_ + " }\n";
    if (!proxy_.empty()) out += "    proxy: " + proxy_ + "\n";
    if (!headers_.empty()) out += "    headers:\n" + headers_;
    return out;
  }

 private:
  bool is_map(const Node& node, const std::string& what) {
    if (node.kind == Node::Kind::map) return true;
    if (node.kind != Node::Kind::null) notes_.left_out(node.at, what + " must be a map");
    return false;
  }

  // A text that must be one; the value is not shown, it may be a secret.
  std::optional<std::string> scalar(const Node& node, const std::string& what) {
    if (node.kind == Node::Kind::scalar && !node.text.empty() && !config::has_control(node.text)) return node.text;
    notes_.left_out(node.at, what + " must be a text without control characters");
    return std::nullopt;
  }

  std::string secret(const Node& node) {
    const auto text = scalar(node, "a secret");
    if (!text) return "";
    if (text->starts_with("env:") || text->starts_with("file:")) {
      notes_.left_out(node.at,
                      "a secret that itself begins with `env:` or `file:` must be put in a file: "
                      "file:PATH is how it is named here");
      return "";
    }
    if (!stands_in_)
      notes_.changed(node.at,
                     "a secret is copied in clear to targets.yaml, which only its owner may read; expected "
                     "\"file:PATH\" (as `password_file` is) or \"env:NAME\" in its place");
    return yaml_text(*text);
  }

  std::string path(const Node& node) {
    const auto text = scalar(node, "a file's name");
    if (!text) return "";
    if (!text->starts_with('/') && !stands_in_)
      notes_.changed(node.at, "`" + *text +
                                  "` is looked for beside targets.yaml; json_exporter looks in the folder it "
                                  "was started in");
    return *text;
  }

  std::string file_secret(const Node& node) {
    const std::string name = path(node);
    return name.empty() ? "" : yaml_text("file:" + name);
  }

  void set_auth(const Position& at, const std::string& text) {
    if (!auth_.empty())
      notes_.left_out(at, "a second way to say who we are; a target has one `auth`, the first is used");
    else
      auth_ = text;
  }

  void bearer(const Position& at, const std::string& secret) {
    if (!secret.empty()) set_auth(at, "{ bearer: " + secret + " }");
  }

  // The value at `key`, at `key_file` from a file; "" when there is none.
  std::string secret_of(const Node& node, const std::string& key) {
    if (const Node* file = node.find(key + "_file")) return file_secret(*file);
    if (const Node* value = node.find(key)) return secret(*value);
    return "";
  }

  void unknown(const Node& node, const std::string& where, const config::Words& known) {
    for (const config::Text& key : node.keys)
      if (std::find(known.begin(), known.end(), key.text) == known.end())
        notes_.left_out(key.at, "`" + key.text + "` of `" + where + "` is not known here");
  }

  void basic(const Node& node) {
    if (!is_map(node, "`basic_auth`")) return;
    unknown(node, "basic_auth", {"username", "password", "password_file"});
    const Node* user = node.find("username");
    const std::string password = secret_of(node, "password");
    if (!user || password.empty()) {
      notes_.left_out(node.at, "`basic_auth` without " + std::string(user ? "a password" : "`username`") +
                                   " cannot be translated; expected both");
      return;
    }
    const auto name = scalar(*user, "`username`");
    if (!name) return;
    if (name->find(':') != std::string::npos || name->starts_with("env:") || name->starts_with("file:"))
      notes_.left_out(user->at, "`username` holds `:`, which Basic authentication cannot carry");
    else
      set_auth(node.at, "{ basic: { user: " + yaml_text(*name) + ", password: " + password + " } }");
  }

  void authorization(const Node& node) {
    if (!is_map(node, "`authorization`")) return;
    unknown(node, "authorization", {"type", "credentials", "credentials_file"});
    const Node* type = node.find("type");
    const std::string scheme = type && !type->text.empty() ? type->text : "Bearer";
    const std::string value = secret_of(node, "credentials");
    if (value.empty())
      notes_.left_out(node.at, "`authorization` without `credentials` or `credentials_file`");
    else if (!config::is_header_name(scheme))
      notes_.left_out(type->at, "`type` must be one word, such as Bearer");
    else if (small_letters(scheme) == "bearer")
      bearer(node.at, value);
    else
      set_auth(node.at, "{ header: { scheme: " + yaml_text(scheme) + ", value: " + value + " } }");
  }

  void add_tls(const std::string& text) { tls_ += (tls_.empty() ? "" : ", ") + text; }

  void tls(const Node& node) {
    if (!is_map(node, "`tls_config`")) return;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      const Node& value = node.items[i];
      if (key == "ca_file" || key == "cert_file" || key == "key_file") {
        if (const std::string name = path(value); !name.empty())
          add_tls(key.substr(0, key.find('_')) + ": " + yaml_text(name));
      } else if (key == "server_name") {
        if (const auto name = scalar(value, "`server_name`")) add_tls("server_name: " + yaml_text(*name));
      } else if (key == "insecure_skip_verify") {
        if (value.text == "true") add_tls("insecure: true");
      } else if (key == "ca" || key == "cert" || key == "key") {
        notes_.left_out(node.keys[i].at, "`" + key +
                                             "` inside the file: put it in a file of its own and name that as `" + key +
                                             "` of the target's `tls`");
      } else {
        notes_.left_out(node.keys[i].at, "`" + key + "` of `tls_config` is not known here");
      }
    }
  }

  void proxy(const Node& node) {
    const auto url = scalar(node, "`proxy_url`");
    if (!url) return;
    const bool plain = url->starts_with("http://") && url->find('@') == std::string::npos;
    const std::size_t slash = plain ? url->find('/', 7) : std::string::npos;
    if (!plain || (slash != std::string::npos && slash + 1 < url->size()))
      notes_.left_out(node.at,
                      "`proxy_url` must be http://HOST:PORT; a user and password go to "
                      "proxy: { url, auth: { basic: { user, password } } }");
    else
      proxy_ = yaml_text(dollars(url->substr(0, slash)));
  }

  void redirects(const Node& node) {
    if (node.text == "false") notes_.changed(node.at, "redirects are followed here, whatever `follow_redirects` says");
  }

  static std::string dollars(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '$' ? std::string("$$") : std::string(1, c);
    return out;
  }

  void add_header(const std::string& name, const std::string& value) {
    headers_ += "      " + yaml_text(name) + ": " + yaml_text(dollars(value)) + "\n";
  }

  void header(const config::Text& name, const Node& value) {
    const std::string small = small_letters(name.text);
    if (is_request_header(name.text)) return;  // is in the collector
    if (value.kind != Node::Kind::scalar || config::has_control(value.text)) {
      notes_.left_out(value.at, "the header `" + name.text + "` must be a text without control characters");
    } else if (!config::is_header_name(name.text)) {
      notes_.left_out(name.at, "`" + name.text + "` is not the name of an HTTP header");
    } else if (small == "host") {
      notes_.changed(name.at, "the header `Host` is left out; it has no effect in json_exporter either");
    } else if (config::is_agents_header(small)) {
      notes_.left_out(name.at, "the header `" + name.text + "` is set by the agent");
    } else if (small == "authorization") {
      const std::size_t blank = value.text.find(' ');
      Node credentials = value;
      credentials.text = blank == std::string::npos ? value.text : value.text.substr(blank + 1);
      const std::string scheme = value.text.substr(0, blank);
      const std::string text = secret(credentials);
      if (text.empty()) return;
      if (blank == std::string::npos)
        set_auth(name.at, "{ header: { name: Authorization, value: " + text + " } }");
      else if (!config::is_header_name(scheme))
        notes_.left_out(value.at, "`Authorization` must be a scheme and a value, such as Bearer and a token");
      else
        set_auth(name.at, "{ header: { scheme: " + yaml_text(scheme) + ", value: " + text + " } }");
    } else {
      add_header(name.text, value.text);
    }
  }

  void http_headers(const Node& node) {
    if (!is_map(node, "`http_headers`")) return;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const Node& one = node.items[i];
      const Node* values = one.kind == Node::Kind::map ? one.find("values") : nullptr;
      if (!values && one.kind == Node::Kind::map) values = one.find("secrets");
      if (!values || values->kind != Node::Kind::list || values->items.size() != 1 || one.keys.size() != 1)
        notes_.left_out(one.at, "`http_headers` can be translated with one entry in `values` or `secrets` only");
      else
        header(node.keys[i], values->items[0]);
    }
  }

  Notes& notes_;
  const bool stands_in_;
  std::string auth_, tls_, proxy_, headers_;
};

}  // namespace

bool is_request_header(std::string_view name) {
  const std::string small = small_letters(std::string(name));
  return small == "accept" || small == "content-type";
}

std::string target_settings(const Node* headers, const Node* client, Notes& notes, Use use) {
  Settings settings(notes, use);
  if (client) settings.client(*client);
  if (headers) settings.headers(*headers);
  return settings.take();
}

}  // namespace tallyman::importer
