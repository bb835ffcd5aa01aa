// The texts of one call: templates with the call's variables put in. Parameters are constants by
// now. Knows no body format.
#pragma once
#include <string>

#include "core/url.h"
#include "map/evaluate.h"
#include "map/program.h"

namespace tallyman::map {

class Writer {
 public:
  Writer(const RequestPlan& plan, const Call& call) : plan_(plan), call_(call) {}

  // Errors: Stage::map when a variable has no value.
  Result<std::string> text(const Template& from, bool encode_variables) const {
    std::string out;
    for (const Template::Part& part : from.parts) {
      if (part.kind == Template::Part::Kind::literal) {
        out += part.literal;
        continue;
      }
      if (part.kind == Template::Part::Kind::token) {
        out += token_place;
        continue;
      }
      const Datum d = value(part);
      if (d.is_missing()) return no_value();
      const std::string piece =
          d.kind == Datum::Kind::number && d.text.empty() ? to_text(d.number) : std::string(d.text);
      out += encode_variables ? percent_encode(piece) : piece;
    }
    return out;
  }

  // The same, where a variable of an answer may be one line's part and no more.
  // Errors: also when it holds a control character.
  Result<std::string> line(const Template& from) const {
    for (const Template::Part& part : from.parts)
      if (part.kind == Template::Part::Kind::variable && has_control(value(part).text))
        return error(Stage::map, "a variable puts a control character into `send` of `" + plan_.name + "`");
    return text(from, false);
  }
  static bool has_control(std::string_view text) {
    for (const char c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
    return false;
  }

  // What a template that is one variable stands for, with its type.
  Result<Datum> only(const Template& from) const {
    const Datum d = from.parts.empty() ? Datum::missing() : value(from.parts[0]);
    if (d.is_missing()) return no_value();
    return d;
  }

  const std::string& request() const { return plan_.name; }

 private:
  Error no_value() const { return error(Stage::map, "a variable in the request `" + plan_.name + "` has no value"); }

  Datum value(const Template::Part& part) const {
    if (part.kind == Template::Part::Kind::constant) return part.constant;
    if (part.kind == Template::Part::Kind::variable && part.variable < call_.variables.size())
      return datum_of(call_.variables[part.variable].second);
    return Datum::missing();
  }

  const RequestPlan& plan_;
  const Call& call_;
};

}  // namespace tallyman::map
