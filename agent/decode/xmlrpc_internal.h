// The texts of XML-RPC that need no tree: numbers, faults, bodies that are something else. Private
// to decode/.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tallyman::decode {

// What the body is, if it was never meant to be XML-RPC: empty, HTML, JSON, gzip ...
std::optional<std::string> not_xmlrpc(std::string_view body);

// Appends the number as JSON writes it; false, and nothing appended, if it is none. Integers keep
// all their digits. NaN and the infinities are null.
bool append_json_integer(std::string& out, std::string_view text);
bool append_json_double(std::string& out, std::string_view text);

// A faultString as one line of at most 200 bytes: of a traceback its last line, which has the reason.
std::string fault_line(std::string_view text);

}  // namespace tallyman::decode
