// A service's session: the request that begins it, what its answer means, and which answers say that
// it has ended. Pure: who asks when is poll/session.h's. What is put in and what comes out is secret;
// the errors are not, unless the service's own text repeats it.
#pragma once
#include <string>
#include <string_view>

#include "map/program.h"

namespace tallyman::map {

// All three of a program that has a login.
Result<Call> make_login(const Program& program, const std::string& user, const std::string& password);
Result<std::string> read_login_reply(const Program& program, Raw raw);
std::optional<Error> session_lost(const Program& program, int status, std::string_view body);

}  // namespace tallyman::map
