#include "transport/request_bytes.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace tallyman::transport {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// RFC 9110 5.6.2
bool is_token(std::string_view text) {
  static constexpr std::string_view extra = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c)) || extra.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

Result<> append_header(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name))
    return error(Stage::config, "the header name `" + std::string(name.substr(0, 60)) +
                                    "` is not legal; expected letters, digits and `-`");
  if (same_name(name, "Content-Length") || same_name(name, "Transfer-Encoding"))
    return error(Stage::config, "the header `" + std::string(name) + "` is made by the agent; remove it");
  // The value may be a secret, so it is not shown.
  for (unsigned char c : value)
    if ((c < 0x20 && c != '\t') || c == 0x7f)
      return error(Stage::config, "the header `" + std::string(name) + "` has control characters in its value");
  out.append(name).append(": ").append(value).append("\r\n");
  return {};
}

// A header of the call replaces the channel's header of that name: one Accept, not two.
void append_unless_replaced(std::string& out, std::string_view lines, const HeaderList& extra) {
  if (extra.empty()) {
    out.append(lines);
    return;
  }
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n") + 2;
    const std::string_view line = lines.substr(0, end), name = line.substr(0, line.find(':'));
    if (std::none_of(extra.begin(), extra.end(), [&](const auto& header) { return same_name(header.first, name); }))
      out.append(line);
    lines.remove_prefix(end);
  }
}

}  // namespace

Result<std::string> fixed_headers(std::string_view host, const HeaderList& configured) {
  const std::array<std::pair<std::string_view, std::string_view>, 4> defaults = {
      {{"Host", host},
       {"User-Agent", "tallyman/" TALLYMAN_VERSION},
       {"Accept", "application/json, */*;q=0.5"},
       {"Accept-Encoding", "gzip, deflate"}}};
  std::string out;
  for (const auto& [name, value] : defaults) {
    const bool replaced = std::any_of(configured.begin(), configured.end(),
                                      [&, n = name](const auto& header) { return same_name(header.first, n); });
    if (!replaced) out.append(name).append(": ").append(value).append("\r\n");
  }
  for (const auto& [name, value] : configured) {
    const Result<> appended = append_header(out, name, value);
    if (!appended) return appended.error();
  }
  return out;
}

HeaderList harmless_headers(const HeaderList& headers) {
  HeaderList out;
  for (const auto& header : headers)
    if (same_name(header.first, "Accept") || same_name(header.first, "Accept-Encoding") ||
        same_name(header.first, "Accept-Language"))
      out.push_back(header);
  return out;
}

Result<> write_request(std::string& out, const RequestParts& parts) {
  if (!is_token(parts.method))
    return error(Stage::config, "`" + std::string(parts.method.substr(0, 20)) + "` is not an HTTP method");
  for (unsigned char c : parts.target)
    if (c <= 0x20 || c == 0x7f)
      return error(Stage::config, "the path has blanks or control characters; write them as %20");
  out.clear();
  out.append(parts.method).append(" ").append(parts.target).append(" HTTP/1.1\r\n");
  static const HeaderList no_headers;
  const HeaderList& extra = parts.extra != nullptr ? *parts.extra : no_headers;
  append_unless_replaced(out, parts.fixed, extra);
  append_unless_replaced(out, parts.auth, extra);
  for (const auto& [name, value] : extra) {
    const Result<> appended = append_header(out, name, value);
    if (!appended) return appended.error();
  }
  if (!parts.content_type.empty()) {
    const Result<> appended = append_header(out, "Content-Type", parts.content_type);
    if (!appended) return appended.error();
  }
  if (!parts.body.empty() || parts.method == "POST" || parts.method == "PUT")
    out.append("Content-Length: ").append(std::to_string(parts.body.size())).append("\r\n");
  out.append("\r\n").append(parts.body);
  return {};
}

}  // namespace tallyman::transport
