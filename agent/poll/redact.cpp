#include "poll/redact.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/url.h"
#include "decode/document.h"
#include "poll/redact_xml.h"
#include "transport/credentials.h"

namespace tallyman::poll {
namespace {

constexpr std::string_view mask = "***";

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// `refreshToken`, `X-Api-Key` -> refreshtoken, xapikey.
std::string letters_of(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      out += c;
  return out;
}

bool names_secret(std::string_view name) {
  static constexpr std::array<std::string_view, 17> endings = {
      "password",      "passwd",       "passphrase", "pwd",        "secret",      "token",
      "apikey",        "accesskey",    "secretkey",  "privatekey", "credentials", "credential",
      "authorization", "passwordhash", "cookie",     "sessionid",  "cookies"};
  const std::string letters = letters_of(name);
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view end) { return letters.ends_with(end); });
}

// --- the target's own secrets -------------------------------------------------------------------

// As json.dumps of Python and json_encode of PHP write it.
std::string ascii_json(std::string_view text, bool slashes) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string plain;
  decode::append_json_string(plain, text);
  plain = plain.substr(1, plain.size() - 2);
  std::string out;
  const auto unit = [&](unsigned u) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += hex[u >> shift & 15];
  };
  for (std::size_t i = 0; i < plain.size();) {
    const auto c = static_cast<unsigned char>(plain[i]);
    const std::size_t length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (length == 1 || i + length > plain.size()) {
      if (c == '/' && slashes) out += '\\';
      out += plain[i++];
      continue;
    }
    unsigned code = c & (0xffU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) code = code << 6 | (static_cast<unsigned char>(plain[i + k]) & 63U);
    if (code >= 0x10000) {
      unit(0xd800 + ((code - 0x10000) >> 10));
      unit(0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      unit(code);
    }
    i += length;
  }
  return out;
}

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  return out;
}

// What says only which format is wanted, or who asks.
bool says_nothing(std::string_view header) {
  static constexpr std::array<std::string_view, 9> known = {"accept",      "acceptencoding", "acceptlanguage",
                                                            "contenttype", "useragent",      "host",
                                                            "origin",      "referer",        "xrequestedwith"};
  return std::find(known.begin(), known.end(), letters_of(header)) != known.end();
}

void add_parameters(const config::Parameters& with, std::vector<std::string>& out) {
  for (const auto& [name, value] : with) {
    if (!names_secret(name.text)) continue;
    if (const auto* scalar = std::get_if<config::Scalar>(&value))
      if (const auto* text = std::get_if<std::string>(scalar)) out.push_back(*text);
  }
}

void add_query(std::string_view query, std::vector<std::string>& out) {
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    if (const std::size_t eq = one.find('='); eq != std::string_view::npos && names_secret(one.substr(0, eq)))
      out.emplace_back(one.substr(eq + 1));
  }
}

// --- the service's ------------------------------------------------------------------------------

// Behind a text in quotes that begins at `at`; the end of all if it is cut.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

// The same of JSON within a text, where a quote is `\"`. Behind the one that ends it; the end of all if it is cut.
std::size_t after_inner(std::string_view text, std::size_t at) {
  for (at += 2; at < text.size(); at += 2) {
    while (at < text.size() && text[at] != '\\') ++at;
    if (text.substr(at).starts_with("\\\"")) return at + 2;
    if (text.substr(at).starts_with("\\\\\\\"")) at += 2;  // `\\\"`, a quote in it
  }
  return text.size();
}

// Members of JSON whose quotes are `quote`; `after` goes behind the text that begins with one.
template <class After>
std::string without_members(std::string_view text, std::string_view quote, After after) {
  const std::size_t quotes = 2 * quote.size();  // of a text
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find(quote); at < text.size(); at = text.find(quote, at)) {
    const std::size_t end = after(text, at);
    const std::string_view name = text.substr(at + quote.size(), end - at - quote.size());
    std::size_t value = end;
    while (value < text.size() && blank(text[value])) ++value;
    at = end;
    if (value >= text.size() || text[value] != ':') continue;
    for (++value; value < text.size() && blank(text[value]);) ++value;
    if (!text.substr(value).starts_with(quote)) continue;
    at = value;
    if (!names_secret(quote.size() == 1 ? name.substr(0, name.find(quote)) : name)) continue;
    at = after(text, value);
    const bool ends = at >= value + quotes && text.substr(at - quote.size()).starts_with(quote);
    if (ends && at == value + quotes) continue;  // none
    out.append(text.substr(copied, value - copied)).append(quote).append(mask);
    if (ends) out.append(quote);
    copied = at;
  }
  return out.append(text.substr(copied));
}

// `name: value` and `name=value`.
std::string without_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const bool ends = line.size() < text.size();
    text.remove_prefix(line.size() + (ends ? 1 : 0));
    const std::size_t cut = line.find_first_of(":=");
    if (cut != std::string_view::npos && cut + 1 < line.size() && names_secret(line.substr(0, cut)))
      out.append(line.substr(0, cut + 1)).append(" ").append(mask);
    else
      out.append(line);
    if (ends) out += '\n';
  }
  return out;
}

std::string without_userinfo(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  const auto take = [&](std::string_view slashes) {
    for (std::size_t at = text.find(slashes); at != std::string_view::npos; at = text.find(slashes, at)) {
      at += slashes.size();
      const std::size_t end = std::min(text.find_first_of("/?#\"'<> \t\r\n\\,;", at), text.size());
      const std::size_t sign = text.substr(at, end - at).rfind('@');
      if (sign == std::string_view::npos) continue;
      out.append(text.substr(copied, at - copied)).append(mask);
      copied = at = at + sign;
    }
    out.append(text.substr(copied));
  };
  take("://");
  const std::string first = std::exchange(out, "");
  text = first;
  copied = 0;
  take(":\\/\\/");
  return out;
}

}  // namespace

std::vector<std::string> secrets_of(const config::Target& target, const std::vector<std::string>& sent,
                                    const std::vector<std::string>& cookies) {
  std::vector<std::string> plain = sent;
  for (const std::string& cookie : cookies)
    if (cookie.size() >= 6) plain.push_back(cookie);  // `lang=en` would take every `en` away
  std::vector<std::string> out;
  for (const AuthSettings* auth : {&target.endpoint.auth, &target.endpoint.proxy.auth}) {
    if (auth->kind == AuthSettings::Kind::none) continue;
    if (auth->kind == AuthSettings::Kind::basic)
      for (const std::string& used : sent)
        if (!used.empty()) out.push_back(transport::base64(auth->name + ":" + used));
    const Result<std::string> secret = transport::read_secret(auth->secret);
    if (!secret || secret->empty()) continue;  // then only what was read before was sent
    plain.push_back(*secret);
    if (auth->kind == AuthSettings::Kind::basic) out.push_back(transport::base64(auth->name + ":" + *secret));
  }
  for (const auto& [name, value] : target.endpoint.headers)
    if (names_secret(name) || (value.size() >= 8 && !says_nothing(name))) plain.push_back(value);
  add_parameters(target.with, plain);
  add_query(target.endpoint.url.query, plain);
  for (const std::string& secret : plain) {
    if (secret.empty()) continue;
    out.push_back(secret);
    out.push_back(percent_encode(secret));
    out.push_back(xml(secret));
    for (const bool slashes : {false, true}) out.push_back(ascii_json(secret, slashes));
    std::string escaped;
    decode::append_json_string(escaped, secret);
    out.push_back(escaped.substr(1, escaped.size() - 2));
  }
  std::sort(out.begin(), out.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    std::size_t at = text.find(secret);
    if (at == std::string::npos) continue;
    std::string out;
    std::size_t copied = 0;
    for (; at != std::string::npos; at = text.find(secret, copied)) {
      out.append(text, copied, at - copied).append(mask);
      copied = at + secret.size();
    }
    text = out.append(text, copied, std::string::npos);
  }
  return text;
}

std::string redacted(std::string body, const std::vector<std::string>& secrets) {
  std::string out = without_secrets(std::move(body), secrets);
  const std::size_t first = out.find_first_not_of(" \t\r\n");
  const bool json = first != std::string::npos && (out[first] == '{' || out[first] == '[');
  if (first != std::string::npos && out[first] == '<') out = without_xml_secrets(out, names_secret, mask);
  out = json ? without_members(without_members(out, "\"", after_string), "\\\"", after_inner) : without_lines(out);
  return without_userinfo(out);
}

}  // namespace tallyman::poll
