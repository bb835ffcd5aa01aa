#include "map/xmlrpc_request.h"

namespace tallyman::map {
namespace {

constexpr std::string_view head = "<?xml version=\"1.0\"?>\n<methodCall><methodName>";
constexpr std::string_view before_params = "</methodName><params>";
constexpr std::string_view end = "</params></methodCall>\n";

Error unwritable(const std::string& request) {
  return error(Stage::map,
               "a text in the request `" + request + "` holds a control character, which XML has no way to write");
}

Result<> append_part(std::string& out, const Writer& writer, const BodyPart& part) {
  if (part.kind == BodyPart::Kind::raw) {
    out += part.raw;
    return {};
  }
  if (part.kind == BodyPart::Kind::xml_value) {
    const Result<Datum> d = writer.only(part.text);
    if (!d) return d.error();
    if (const Result<> written = append_xml_scalar(out, *d); !written)
      return error(Stage::map, "request `" + writer.request() + "`: " + written.error().detail);
    return {};
  }
  const auto text = writer.text(part.text, false);
  if (!text) return text.error();
  if (!append_xml_text(out, *text)) return unwritable(writer.request());
  return {};
}

// The arguments, each between `before` and `after`.
Result<> append_args(std::string& out, const Writer& writer, const RequestPlan& plan, std::string_view before,
                     std::string_view after) {
  for (const std::vector<BodyPart>& arg : plan.xmlrpc.args) {
    out += before;
    for (const BodyPart& part : arg)
      if (const Result<> done = append_part(out, writer, part); !done) return done.error();
    out += after;
  }
  return {};
}

Result<> append_method(std::string& out, const Writer& writer, const RequestPlan& plan) {
  const auto name = writer.text(plan.xmlrpc.call, false);
  if (!name) return name.error();
  if (!append_xml_text(out, *name)) return unwritable(writer.request());
  return {};
}

}  // namespace

bool append_xml_text(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '\r')
      out += "&#13;";  // a bare one would be read as a line end
    else if (c < 0x20 && c != '\t' && c != '\n')
      return false;
    else if (const std::string_view three = text.substr(i, 3); three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF")
      return false;
    else
      out += text[i];
  }
  return true;
}

Result<> append_xml_scalar(std::string& out, const Datum& d) {
  switch (d.kind) {
    case Datum::Kind::boolean:
      out += d.number.int64() != 0 ? "<boolean>1</boolean>" : "<boolean>0</boolean>";
      return {};
    case Datum::Kind::number: {
      if (d.number.kind() == Number::Kind::uint64)
        return error(Stage::map, to_text(d.number) + " is more than an XML-RPC integer holds (2^63 - 1)");
      if (d.number.kind() == Number::Kind::real) {
        out += "<double>";
        append_number(out, d.number);
        out += "</double>";
        return {};
      }
      const std::int64_t n = d.number.int64();
      const bool small = n >= INT32_MIN && n <= INT32_MAX;
      out += small ? "<int>" : "<i8>";
      append_number(out, d.number);
      out += small ? "</int>" : "</i8>";
      return {};
    }
    case Datum::Kind::text:
      out += "<string>";
      if (!append_xml_text(out, d.text))
        return error(Stage::map, "a text holds a control character, which XML has no way to write");
      out += "</string>";
      return {};
    case Datum::Kind::missing:
    case Datum::Kind::failed:
      break;
  }
  return error(Stage::map, "a value is missing");
}

Result<> write_xmlrpc(const Writer& writer, const RequestPlan& plan, Call& call) {
  call.content_type = "text/xml";
  call.body = head;
  if (const Result<> done = append_method(call.body, writer, plan); !done) return done.error();
  call.body += before_params;
  if (const Result<> done = append_args(call.body, writer, plan, "<param><value>", "</value></param>"); !done)
    return done.error();
  call.body += end;
  return {};
}

Result<Call> join_calls(const RequestPlan& plan, std::vector<Call> calls) {
  Call out;
  out.method = calls[0].method;
  out.path = calls[0].path;
  out.headers = calls[0].headers;
  out.content_type = calls[0].content_type;
  out.body.append(head).append("system.multicall").append(before_params);
  out.body += "<param><value><array><data>";
  for (const Call& call : calls) {
    const Writer writer(plan, call);
    out.body += "<value><struct><member><name>methodName</name><value><string>";
    if (const Result<> done = append_method(out.body, writer, plan); !done) return done.error();
    out.body += "</string></value></member><member><name>params</name><value><array><data>";
    if (const Result<> done = append_args(out.body, writer, plan, "<value>", "</value>"); !done) return done.error();
    out.body += "</data></array></value></member></struct></value>";
  }
  out.body += "</data></array></value></param>";
  out.body += end;
  out.joined = std::move(calls);
  return out;
}

}  // namespace tallyman::map
