// XML-RPC requests out: a method call, or many in one system.multicall. Values are written as
// values: a text stays a <string> whatever it looks like, and nothing in it can become syntax.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "map/request_writer.h"

namespace tallyman::map {

// <int> for what 32 bits hold, which every server takes, else <i8>; <boolean>, <double>, <string>.
// Errors: Stage::map for an integer over 2^63 - 1 and for a text that XML cannot hold.
Result<> append_xml_scalar(std::string& out, const Datum& d);

// Escapes `text` as element content; false if it has a character that XML 1.0 has no way to write:
// control characters but tab and line ends, U+FFFE, U+FFFF.
bool append_xml_text(std::string& out, std::string_view text);

// Body and content type of `call`.
Result<> write_xmlrpc(const Writer& writer, const RequestPlan& plan, Call& call);

// The call that makes all these, at least one, in one; they are kept in its `joined`.
Result<Call> join_calls(const RequestPlan& plan, std::vector<Call> calls);

}  // namespace tallyman::map
