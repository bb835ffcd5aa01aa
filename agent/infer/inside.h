// JSON that an answer holds as text, such as `{"payload": "{\"load\": 3}"}`: made a part of the document, so
// that lists are found in it. Where it began is remembered by a member's name that no service gives.
#pragma once
#include <string_view>

#include "decode/document.h"

namespace tallyman::infer {

// `{mark: value}` stands for a text whose JSON is that value.
inline constexpr std::string_view inside_mark = "\x01json";

// The document with its texts unfolded, which is then `into`; the document itself where no text is JSON.
decode::Node unfolded(decode::Node root, decode::Document& into);

}  // namespace tallyman::infer
