// Texts with {variables} (LANGUAGE 3.4). Parsed once; a text that is only `{x}` keeps the type
// of x. Parameters (`with`) are bound at compile time and are constants here.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "map/datum.h"

namespace tallyman::map {

struct Template {
  struct Part {
    enum class Kind : std::uint8_t { literal, constant, key, now, variable, token };
    Kind kind = Kind::literal;
    std::string literal;
    Datum constant;            // of a parameter; its text lives in the program
    int level = 0;             // key: of the item at this level
    std::size_t variable = 0;  // index into the request's for_each variables
  };
  std::vector<Part> parts;
  std::string unset;  // the parameter that it inserts and that is null: then it is missing

  bool single() const { return parts.size() == 1 && parts[0].kind != Part::Kind::literal; }
  // Nothing but literal text.
  bool literal() const { return parts.empty() || (parts.size() == 1 && parts[0].kind == Part::Kind::literal); }
  std::string_view literal_text() const { return parts.empty() ? std::string_view() : parts[0].literal; }
};

// Splits `text` at its variables: `literal` and `variable` are called in order, with offsets into
// `text`. `{{name}` gives the literal `{name}`; a brace that encloses no name is text.
void split_template(std::string_view text, const std::function<void(std::string_view literal)>& literal,
                    const std::function<void(std::string_view name, std::size_t offset)>& variable);

// The name if `text` is exactly `{name}`.
std::optional<std::string_view> only_variable(std::string_view text);

}  // namespace tallyman::map
