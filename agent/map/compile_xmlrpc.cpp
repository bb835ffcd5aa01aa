// `body: { xmlrpc: .. }`: the arguments as the texts between their variables, so that a call is
// written by joining strings.
#include "map/compile.h"
#include "map/xmlrpc_request.h"

namespace tallyman::map {
namespace {

class ArgCompiler {
 public:
  ArgCompiler(Compiling& c, const config::Body& body, const Scope& scope) : c_(c), body_(body), scope_(scope) {}

  std::vector<BodyPart> run(decode::Node arg) {
    value(arg);
    flush();
    return std::move(parts_);
  }

 private:
  // The inside of a <value>.
  void value(decode::Node node) {
    using Kind = decode::Kind;
    switch (node.kind()) {
      case Kind::null:
        raw_ += "<nil/>";
        return;
      case Kind::string:
        return text_value(node.text());
      case Kind::array:
        raw_ += "<array><data>";
        for (const auto child : node.children()) {
          raw_ += "<value>";
          value(child.node);
          raw_ += "</value>";
        }
        raw_ += "</data></array>";
        return;
      case Kind::object:
        raw_ += "<struct>";
        for (const auto child : node.children()) {
          raw_ += "<member><name>";
          text(child.key);
          raw_ += "</name><value>";
          value(child.node);
          raw_ += "</value></member>";
        }
        raw_ += "</struct>";
        return;
      case Kind::boolean:
        return scalar(Datum::of(node.boolean()));
      case Kind::number:
        return scalar(Datum::of(node.number()));
      case Kind::out_of_range:
        c_.fail(body_.at, "`args` holds " + std::string(node.lexeme()) + ", which XML-RPC has no type for");
        return;
    }
  }

  void scalar(const Datum& d) {
    if (const Result<> written = append_xml_scalar(raw_, d); !written) c_.fail(body_.at, written.error().detail);
  }

  // A text that is only a variable becomes the value, with its type; any other stays a text.
  void text_value(std::string_view written) {
    if (only_variable(written)) {
      flush();
      parts_.push_back({BodyPart::Kind::xml_value, {}, compile_text(c_, {std::string(written), body_.at}, 0, scope_)});
      return;
    }
    raw_ += "<string>";
    text(written);
    raw_ += "</string>";
  }

  void text(std::string_view written) {
    const Template compiled = compile_text(c_, {std::string(written), body_.at}, 0, scope_);
    for (const Template::Part& part : compiled.parts) {
      if (part.kind == Template::Part::Kind::literal) {
        if (!append_xml_text(raw_, part.literal))
          c_.fail(body_.at, "`args` holds a control character, which XML has no way to write");
        continue;
      }
      flush();
      BodyPart out;
      out.kind = BodyPart::Kind::xml_text;
      out.text.parts.push_back(part);
      parts_.push_back(std::move(out));
    }
  }

  void flush() {
    if (!raw_.empty()) parts_.push_back({BodyPart::Kind::raw, std::move(raw_), {}});
    raw_.clear();
  }

  Compiling& c_;
  const config::Body& body_;
  const Scope& scope_;
  std::vector<BodyPart> parts_;
  std::string raw_;
};

}  // namespace

RequestPlan::XmlRpc compile_xmlrpc(Compiling& c, const config::Body& body, const Scope& scope) {
  RequestPlan::XmlRpc out;
  out.call = compile_text(c, body.call, 0, scope);
  decode::Document args;
  const Result<> parsed = args.parse(body.json);
  if (!parsed) {
    c.fail(body.at, "`args`: " + parsed.error().detail);
    return out;
  }
  for (const auto arg : args.root().children()) out.args.push_back(ArgCompiler(c, body, scope).run(arg.node));
  return out;
}

}  // namespace tallyman::map
