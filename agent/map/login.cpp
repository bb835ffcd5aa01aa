#include "map/login.h"

#include <algorithm>

#include "core/glob.h"
#include "decode/xmlrpc.h"
#include "map/compile.h"
#include "map/evaluate.h"
#include "map/item_walk.h"
#include "map/requests.h"

namespace tallyman::map {
namespace {

constexpr const char* look = "; look at user and password under `auth` of the target";

// Services say no to a login with these; any other is a failure of its own kind.
bool says_no(int status) { return status == 400 || status == 401 || status == 403 || status == 422; }

Error shown(Error e, int status) {
  if (e.stage == Stage::auth || (e.stage == Stage::status && says_no(status)))
    return error(Stage::auth, "the service answered " + std::to_string(status) + " to the login" + look);
  if (e.stage == Stage::refused) return error(Stage::auth, "the service refused the login: " + e.detail + look);
  e.detail = "the login: " + e.detail;
  return e;
}

}  // namespace

Result<Call> make_login(const Program& program, const std::string& user, const std::string& password) {
  Call call;
  const std::vector<std::string>& names = login_variables();
  call.variables = {{names[0], user}, {names[1], password}};
  if (const Result<> written = write_call(program.login->request, std::nullopt, call); !written) return written.error();
  call.variables.clear();
  return call;
}

Result<std::string> read_login_reply(const Program& program, Raw raw) {
  const LoginPlan& login = *program.login;
  const int status = raw.status;
  const Result<std::optional<Answer>> answer = read_answer(program, login.request, false, {}, std::move(raw));
  if (!answer) return shown(answer.error(), status);
  if (!login.token) return std::string();
  thread_local Evaluator e;
  e.reset(program);
  RuleCounter unused{};
  std::string token;
  walk(e, login.walk, **answer, unused, [&] {
    const Datum read = e.value(*login.token);
    if (read.kind == Datum::Kind::text) token = read.text;
  });
  if (token.empty()) return error(Stage::map, "the answer to the login has no token at `" + login.token_query + "`");
  if (std::any_of(token.begin(), token.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return error(Stage::map, "the token of the login holds a control character");
  return token;
}

std::optional<Error> session_lost(const Program& program, int status, std::string_view body) {
  if (status == 401 || status == 403) return error(Stage::auth, "the service answered " + std::to_string(status));
  const std::vector<std::string>& again = program.login->again;
  if (again.empty()) return std::nullopt;
  for (const std::string& fault : decode::xmlrpc_faults(body))
    if (any_glob(again, fault)) return error(Stage::auth, "the service answered " + fault);
  return std::nullopt;
}

}  // namespace tallyman::map
