#include <algorithm>

#include "map/request_writer.h"
#include "map/requests.h"
#include "map/xmlrpc_request.h"

namespace tallyman::map {
namespace {

void append_json_text(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  for (const char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    if (c == '"' || c == '\\')
      out += {'\\', raw};
    else if (c < 0x20)
      out += {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    else
      out += raw;
  }
}

Result<> write_body(const Writer& writer, const RequestPlan& plan, Call& call) {
  using Kind = config::Body::Kind;
  if (plan.body_kind == Kind::xmlrpc) return write_xmlrpc(writer, plan, call);
  if (plan.body_kind == Kind::form) {
    for (const auto& [name, from] : plan.form) {
      auto value = writer.text(from, false);
      if (!value) return value.error();
      if (!call.body.empty()) call.body += '&';
      call.body += percent_encode(name) + "=" + percent_encode(*value);
    }
    call.content_type = "application/x-www-form-urlencoded";
    return {};
  }
  for (const BodyPart& part : plan.body) {
    if (part.kind == BodyPart::Kind::json_value) {
      const Result<Datum> value = writer.only(part.text);
      if (!value) return value.error();
      const Datum& d = *value;
      if (d.kind == Datum::Kind::text) {
        call.body += '"';
        append_json_text(call.body, d.text);
        call.body += '"';
      } else if (d.kind == Datum::Kind::boolean) {
        call.body += d.text;
      } else {
        append_number(call.body, d.number);
      }
      continue;
    }
    auto text = writer.text(part.text, false);
    if (!text) return text.error();
    call.body += part.raw;
    if (part.kind == BodyPart::Kind::json_text)
      append_json_text(call.body, *text);
    else
      call.body += *text;
  }
  if (plan.body_kind == Kind::json) call.content_type = "application/json";
  if (plan.body_kind == Kind::text) call.content_type = "text/plain; charset=utf-8";
  return {};
}

bool has_control(std::string_view text) {
  for (const char c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return true;
  return false;
}

bool holds_token(const Template& text) {
  return std::any_of(text.parts.begin(), text.parts.end(),
                     [](const Template::Part& part) { return part.kind == Template::Part::Kind::token; });
}

// Percent-encoded but for the places of the token, which is encoded when it is put in.
std::string encode_around_token(std::string_view text) {
  std::string out;
  for (std::size_t at = text.find(token_place); at != std::string_view::npos; at = text.find(token_place)) {
    out += percent_encode(text.substr(0, at)) + token_place;
    text.remove_prefix(at + 1);
  }
  return out + percent_encode(text);
}

}  // namespace

Result<> write_call(const RequestPlan& plan, const std::optional<std::string>& page, Call& call) {
  const Writer writer(plan, call);
  if (plan.stream) {
    auto send = writer.line(plan.send);
    if (!send) return send.error();
    call.send = std::move(*send);
    call.until = plan.until;
    return {};
  }
  call.method = plan.method;
  auto path = writer.text(plan.path, true);
  if (!path) return path.error();
  call.path = std::move(*path);
  char separator = '?';
  const auto pair = [&](const std::string& name, const std::string* value, bool token = false) {
    call.path += separator;
    separator = '&';
    call.path += percent_encode(name);
    if (value) call.path += "=" + (token ? encode_around_token(*value) : percent_encode(*value));
  };
  for (const auto& [name_text, value_text] : plan.query) {
    auto name = writer.text(name_text, false);
    if (!name) return name.error();
    if (!value_text) {
      pair(*name, nullptr);
      continue;
    }
    auto value = writer.text(*value_text, false);
    if (!value) return value.error();
    pair(*name, &*value, holds_token(*value_text));
  }
  if (page) pair(plan.pages->query, &*page);
  for (const auto& [name, from] : plan.headers) {
    auto value = writer.text(from, false);
    if (!value) return value.error();
    std::string checked = *value;
    if (holds_token(from)) std::erase(checked, token_place);
    if (has_control(checked))
      return error(Stage::map,
                   "a variable puts a control character into the header `" + name + "` of `" + plan.name + "`");
    call.headers.emplace_back(name, std::move(*value));
  }
  return write_body(writer, plan, call);
}

}  // namespace tallyman::map
