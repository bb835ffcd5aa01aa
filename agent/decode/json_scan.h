// Why a body is not JSON. simdjson says only that it is not; this scanner, slow and small, is
// run over the refused body to say where and what. It also finds the numbers that are grammatical
// but out of range, which must not cost the whole body.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tallyman::decode {

struct JsonProblem {
  std::size_t offset = 0;  // bytes into the body
  std::size_t line = 1;
  std::size_t column = 1;  // in characters; a line starts after each \n
  std::string what;
  bool placed = true;     // false: it is about the body as a whole
  bool too_deep = false;  // over the depth limit
  std::string text() const;
};

struct JsonScan {
  struct BigNumber {
    std::size_t offset = 0, length = 0;
    std::uint32_t ordinal = 0;  // its place among all numbers of the body
  };
  std::optional<JsonProblem> problem;   // the first one
  std::vector<BigNumber> out_of_range;  // in order; complete only without a problem
};

// `start`: where the text begins after a byte order mark. `depth` as in ParseLimits.
JsonScan scan_json(std::string_view body, std::size_t start, std::size_t depth);

// Bytes that a body takes once it is parsed: the text itself, its strings, the tape, and the parser's
// index of where tokens are. Quick and exact for JSON; for what is none it is some number.
std::size_t parsed_bytes(std::string_view body);

// No less than that for JSON, and ten times as quick: by counts of characters, whether they are in strings or not.
std::size_t parsed_bytes_at_most(std::string_view body);

// Smaller bodies are not measured: they cannot take much.
inline constexpr std::size_t measured_bytes = 1u << 20;
// What is said of a body that takes more than it may once it is parsed.
std::string over_memory(std::size_t body, std::size_t needed, std::size_t limit);

// Whether a number, grammatical in JSON, is out of range: an integer beyond int64 and uint64, or
// beyond the largest double. What is too small for a double is 0, not out of range.
bool out_of_range(std::string_view number);

// Bytes of the character at text[at]; 0 if it is not UTF-8.
std::size_t utf8_length(std::string_view text, std::size_t at);

}  // namespace tallyman::decode
