// The asking half of a program: calls to make, replies to read, next pages.
#pragma once
#include "map/evaluate.h"
#include "map/program.h"

namespace tallyman::map {

Result<std::vector<Call>> make_calls(const Program& program, std::size_t request, const Collector::Answers& answers);
Result<Collector::Joined> read_joined_reply(const Program& program, std::size_t request, const Call& call, Raw raw);
Result<std::optional<Answer>> read_reply(const Program& program, std::size_t request, const Call& call, Raw raw);
// The same of any plan, also a login's.
Result<std::optional<Answer>> read_answer(const Program& program, const RequestPlan& plan, bool follow_up,
                                          const Call& call, Raw raw);
Result<std::optional<Call>> make_next_page(const Program& program, std::size_t request, const Call& call,
                                           const Answer& answer);

// request_text.cpp: method, path, query, headers and body of `plan` with `call`'s variables put
// in; `page` is the value of the page parameter, if there is one.
// Errors: Stage::map when a variable has no value, a control character in a header or in XML.
Result<> write_call(const RequestPlan& plan, const std::optional<std::string>& page, Call& call);

}  // namespace tallyman::map
