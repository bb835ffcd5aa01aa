// What evaluating a value gives, before it is known what it is for: a number, a text, nothing, or
// the reason why it is nothing. Texts are views: into the document, the program or the arena.
#pragma once
#include <string_view>

#include "core/number.h"
#include "decode/document.h"
#include "map/collector.h"

namespace tallyman::map {

// What a key takes. `text`: an empty text is missing (identities, labels); `part`: of `concat`,
// where it is a value; `any`: as it comes (variables of for_each).
enum class Want : std::uint8_t { number, text, part, any };

struct Datum {
  enum class Kind : std::uint8_t { missing, number, boolean, text, failed };
  Kind kind = Kind::missing;
  Reason reason = Reason::type;  // failed
  bool counted = false;          // missing, and already counted (no match in a map)
  Number number;                 // number; boolean: 0 or 1
  std::string_view text;         // text, boolean; number: as the source wrote it, or empty

  static Datum missing() { return {}; }
  static Datum failed(Reason reason) { return {Kind::failed, reason, false, {}, {}}; }
  static Datum of(Number n, std::string_view lexeme = {}) { return {Kind::number, Reason::type, false, n, lexeme}; }
  static Datum of(bool b) {
    return {Kind::boolean, Reason::type, false, Number::of(std::int64_t{b}), b ? "true" : "false"};
  }
  static Datum of(std::string_view text) { return {Kind::text, Reason::type, false, {}, text}; }

  bool is_missing() const { return kind == Kind::missing; }
  bool is_failed() const { return kind == Kind::failed; }
};

}  // namespace tallyman::map
