// Texts with {variables}, parameters and JSON bodies.
#include "map/compile.h"
#include "map/evaluate.h"

namespace tallyman::map {
namespace {

std::string target_name(const Compiling& c) { return c.target ? c.target->name.text : std::string(); }

// What a parameter is, for messages; lists and null are told apart from the rest.
const char* type_name(const config::Parameter& p) {
  if (std::holds_alternative<std::vector<config::Scalar>>(p)) return "a list";
  const auto& scalar = std::get<config::Scalar>(p);
  if (std::holds_alternative<bool>(scalar)) return "true or false";
  if (std::holds_alternative<Number>(scalar)) return "a number";
  return std::holds_alternative<std::string>(scalar) ? "a text" : "null";
}

bool is_null(const config::Parameter& p) { return std::string_view(type_name(p)) == "null"; }

std::string unknown_variable(const Compiling& c, std::string_view name, const Scope& scope) {
  std::vector<std::string> known;
  if (scope.walk) known = {"key", "now"};
  const auto add = [&](const std::string& one) {
    if (std::find(known.begin(), known.end(), one) == known.end()) known.push_back(one);
  };
  if (scope.variables) std::for_each(scope.variables->begin(), scope.variables->end(), add);
  for (const auto& [key, value] : c.parameters) add(key);
  std::string what = "unknown variable `{" + std::string(name) + "}`";
  const bool in_login = scope.variables == &login_variables();
  if (name == "token") {
    if (in_login) return what + ": it comes from the answer to `login`";
    if (!c.file.login || c.file.login->token.empty())
      return what + ": it belongs to `login`, which must say with `token:` where its answer has it";
    return what + ": it can stand in `headers` and `query` of requests only";
  }
  if (name.starts_with("auth.") && !in_login) return what + ": what is in `auth` of a target can stand in `login` only";
  if ((name == "key" || name == "now") && !scope.walk) return what + ": there is no answer yet where a request is made";
  if (const std::string near = nearest(name, known); !near.empty()) return what + "; did you mean `{" + near + "}`?";
  what += "; ";
  if (known.empty()) return what + "there are none here. Write `{{" + std::string(name) + "}` if it is text";
  what += "expected one of ";
  for (std::size_t i = 0; i < known.size(); ++i) what += (i ? ", {" : "{") + known[i] + "}";
  return what + "; `{{" + std::string(name) + "}` is the text itself";
}

// A parameter in a text.
bool insert_parameter(Compiling& c, const config::Text& text, const std::string& name, const Scope& scope,
                      Template& out) {
  const config::Parameter& value = c.parameters.find(name)->second;
  if (std::holds_alternative<std::vector<config::Scalar>>(value)) {
    c.fail(text.at, "`{" + name + "}` is a list; only a value of `for_each: { as: ... }` can be one");
    return false;
  }
  const auto& scalar = std::get<config::Scalar>(value);
  if (std::holds_alternative<std::monostate>(scalar)) {
    out.unset = name;
    if (!scope.needed_by.empty() && c.target)
      c.fail(c.target->name.at, "the target `" + target_name(c) + "` must set the parameter `" + name + "` of `" +
                                    c.program.name + "` (with: { " + name + ": ... }): its request `" +
                                    std::string(scope.needed_by) + "` needs it");
    return true;
  }
  Template::Part part;
  part.kind = Template::Part::Kind::constant;
  part.constant = compile_constant(c, scalar, Want::any, text.at);
  out.parts.push_back(std::move(part));
  return true;
}

void insert_variable(Compiling& c, const config::Text& text, std::string_view name, int outer, const Scope& scope,
                     Template& out) {
  Template::Part part;
  if (scope.walk && name == "key") {
    part.kind = Template::Part::Kind::key;
    part.level = std::max(0, scope.level - outer);
    out.parts.push_back(part);
    return;
  }
  if (scope.walk && name == "now") {
    part.kind = Template::Part::Kind::now;
    c.program.body_only = false;
    out.parts.push_back(part);
    return;
  }
  if (scope.variables)
    for (std::size_t i = 0; i < scope.variables->size(); ++i)
      if ((*scope.variables)[i] == name) {
        part.kind = Template::Part::Kind::variable;
        part.variable = i;
        out.parts.push_back(part);
        if (scope.varies) *scope.varies = true;
        return;
      }
  const bool has_token = c.file.login && !c.file.login->token.empty();
  if (c.parameters.contains(name)) {
    insert_parameter(c, text, std::string(name), scope, out);
  } else if (name == "token" && scope.token && has_token) {
    part.kind = Template::Part::Kind::token;
    out.parts.push_back(part);
  } else {
    c.fail(text.at, unknown_variable(c, name, scope));
  }
}

}  // namespace

const std::vector<std::string>& login_variables() {
  static const std::vector<std::string> names = {"auth.user", "auth.password"};
  return names;
}

Template compile_text(Compiling& c, const config::Text& text, int outer, const Scope& scope) {
  Template out;
  split_template(
      text.text,
      [&](std::string_view literal) {
        Template::Part part;
        part.literal = literal;
        out.parts.push_back(std::move(part));
      },
      [&](std::string_view name, std::size_t) { insert_variable(c, text, name, outer, scope, out); });
  return out;
}

void bind_parameters(Compiling& c) {
  std::vector<std::string> names;
  for (const auto& [name, value] : c.file.with) {
    c.parameters.emplace(name.text, value);
    names.push_back(name.text);
  }
  if (!c.target) return;
  for (const auto& [name, value] : c.target->with) {
    const auto known = c.parameters.find(name.text);
    if (known == c.parameters.end()) {
      std::string what = "the collector `" + c.program.name + "` has no parameter `" + name.text + "`";
      if (const std::string near = nearest(name.text, names); !near.empty())
        what += "; did you mean `" + near + "`?";
      else if (names.empty())
        what += "; it has none";
      else
        for (std::size_t i = 0; i < names.size(); ++i) what += (i == 0 ? "; expected one of " : ", ") + names[i];
      c.fail(name.at, std::move(what));
    } else if (!is_null(known->second) && !is_null(value) &&
               std::string_view(type_name(known->second)) != type_name(value)) {
      c.fail(name.at, "the parameter `" + name.text + "` of `" + c.program.name + "` must be " +
                          type_name(known->second) + ", as its default is; found " + type_name(value));
    } else {
      known->second = value;
    }
  }
}

// config/ gives the body as JSON text, variables still in its strings. A string that is only a
// variable becomes the value; any other keeps its quotes, so that no value can become syntax.
std::vector<BodyPart> compile_json_body(Compiling& c, const config::Body& body, const Scope& scope) {
  std::vector<BodyPart> out;
  const std::string& json = body.json;
  std::string raw;
  const auto flush = [&] {
    if (!raw.empty()) out.push_back({BodyPart::Kind::raw, raw, {}});
    raw.clear();
  };
  const auto insert = [&](BodyPart::Kind kind, std::string_view name) {
    flush();
    BodyPart part;
    part.kind = kind;
    insert_variable(c, {json, body.at}, name, 0, scope, part.text);
    out.push_back(std::move(part));
  };
  for (std::size_t i = 0; i < json.size();) {
    if (json[i] != '"') {
      raw += json[i++];
      continue;
    }
    std::size_t end = i + 1;
    while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
    const std::string_view inside = std::string_view(json).substr(i + 1, end - i - 1);
    const bool is_key = json.compare(end + 1, 1, ":") == 0;
    if (const auto name = only_variable(inside); name && !is_key) {
      insert(BodyPart::Kind::json_value, *name);
    } else {
      raw += '"';
      split_template(
          inside, [&](std::string_view literal) { raw += literal; },
          [&](std::string_view variable, std::size_t) { insert(BodyPart::Kind::json_text, variable); });
      raw += '"';
    }
    i = end + 1;
  }
  flush();
  return out;
}

}  // namespace tallyman::map
