// XML-RPC replies in: the returned value as JSON text, one JSON text per call of a multicall. The
// mapping of types is in collectors/README.md 3.1. Knows no request and no HTTP status.
//
// What is read leniently, since servers send it: blanks around numbers, a leading `+` and zeros, a
// type with any namespace prefix (`ex:nil`, `ex:i8`), a value without a type (a text), an array
// without data, no params at all (null). Entities other than XML's own five and numbered ones are
// left as they stand and a DOCTYPE is skipped, so nothing is ever expanded or fetched.
#pragma once
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace tallyman::decode {

// Errors: Stage::decode with the line and what was expected or what came instead (HTML, JSON ...);
// Stage::limit over `depth` arrays and structs in one another, or over `memory` bytes of text and tree;
// Stage::refused for a fault, as
// "fault CODE: STRING", cut to a line. An integer of more than 64 bits, or a double too large, is
// not an error here but of its node (Document); NaN and the infinities are null.
Result<std::string> xmlrpc_to_json(std::string body, std::size_t depth,
                                   std::size_t memory = std::numeric_limits<std::size_t>::max());

// The reply to a system.multicall of `calls` calls: one result per call, in order; a fault inside
// it is that call's error. `depth` holds for each value by itself.
// Errors: as above, of the whole: a fault instead of the list, or another number of results.
Result<std::vector<Result<std::string>>> multicall_to_json(
    std::string body, std::size_t calls, std::size_t depth,
    std::size_t memory = std::numeric_limits<std::size_t>::max());

// The faults that a reply is or, to a multicall, holds, each as the error above says it; none of what is
// no XML-RPC. Cheap where there is none.
std::vector<std::string> xmlrpc_faults(std::string_view body);

}  // namespace tallyman::decode
