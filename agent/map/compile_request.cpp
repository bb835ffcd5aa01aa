// Requests, their follow-ups and pages (LANGUAGE 3), and the order they are asked in.
#include <algorithm>

#include "map/compile.h"
#include "map/request_writer.h"
#include "map/requests.h"

namespace tallyman::map {
namespace {

class RequestCompiler {
 public:
  RequestCompiler(Compiling& c, const config::Request& request, RequestPlan& plan)
      : c_(c), request_(request), plan_(plan) {
    scope_.variables = &plan.variables;
    scope_.tables = false;
    scope_.needed_by = request.name.text;
  }

  // Gives whether it inserts {auth.user} or {auth.password}.
  bool run_login() {
    bool varies = false;
    scope_.variables = &login_variables();
    scope_.varies = &varies;
    run(0);
    return varies;
  }

  void run(std::size_t index) {
    plan_.path = path();
    scope_.token = scope_.variables != &login_variables();
    for (const auto& [name, value] : request_.query)
      plan_.query.emplace_back(text(name), value ? std::optional(text(*value)) : std::nullopt);
    for (const auto& [name, value] : request_.headers) plan_.headers.emplace_back(name.text, text(value));
    accept_header();
    scope_.token = false;
    body();
    batch();
    if (scope_.variables != &login_variables()) stream();  // a login is left out where there is no HTTP
    if (!request_.expect.empty()) {
      plan_.expect = compile_expression(c_, request_.expect);
      plan_.expect_text = request_.expect.text;
      plan_.needs_document = true;
    }
    if (request_.for_each) for_each(*request_.for_each);
    if (request_.pages) pages(*request_.pages, index);
  }

 private:
  Template text(const config::Text& t) { return compile_text(c_, t, 0, scope_); }

  // JSON is what is asked for where nobody says otherwise. Of a page that has other forms too (MicroProfile's /metrics,
  // Vault's) the one is asked for that is read here. OpenMetrics is read, but not asked for: some cache it for all.
  void accept_header() {
    using config::Format;
    const char* wanted = nullptr;
    switch (plan_.format) {
      case Format::prometheus:
        wanted = "text/plain;version=0.0.4, */*;q=0.5";
        break;
      case Format::csv:
        wanted = "text/csv, text/plain;q=0.9, */*;q=0.5";
        break;
      case Format::kv:
      case Format::fields:
      case Format::text:
        wanted = "text/plain, */*;q=0.5";
        break;
      case Format::xmlrpc:
        wanted = "text/xml, */*;q=0.5";
        break;
      case Format::json:
        return;
    }
    const auto is_accept = [](std::string_view name) {
      constexpr std::string_view accept = "accept";
      return std::equal(name.begin(), name.end(), accept.begin(), accept.end(),
                        [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
    };
    for (const auto& [name, value] : plan_.headers)
      if (is_accept(name)) return;
    if (c_.target)  // what it says comes first, and a request's header would replace it
      for (const auto& [name, value] : c_.target->endpoint.headers)
        if (is_accept(name)) return;
    Template out;
    out.parts.emplace_back();
    out.parts[0].literal = wanted;
    plan_.headers.emplace_back("Accept", std::move(out));
  }

  // A path that is only a parameter is that path: its slashes stay, as they do in no other text. A
  // variable of for_each cannot be one: no answer says where the next request goes.
  Template path() {
    const auto name = only_variable(request_.path.text);
    if (!name) return text(request_.path);
    const auto parameter = c_.parameters.find(*name);
    if (parameter == c_.parameters.end()) {
      c_.fail(request_.path.at, "`path` is only the variable `{" + std::string(*name) +
                                    "}`, which is no parameter (`with`) that could be a whole path");
      return {};
    }
    const auto* scalar = std::get_if<config::Scalar>(&parameter->second);
    const auto* value = scalar ? std::get_if<std::string>(scalar) : nullptr;
    const bool unset = scalar && std::holds_alternative<std::monostate>(*scalar);
    if (unset || !scalar) return text(request_.path);  // says what is wrong with it
    const bool odd = value && std::any_of(value->begin(), value->end(), [](char ch) {
                       return static_cast<unsigned char>(ch) <= 0x20 || ch == 0x7f || ch == '?' || ch == '#';
                     });
    if (!value || !value->starts_with('/') || odd)
      c_.fail(c_.target ? c_.target->name.at : request_.path.at,
              "the parameter `" + std::string(*name) + "` of `" + c_.program.name +
                  "` is the path of a request: it must start with `/` and hold no blank, `?` or `#`");
    Template out;
    out.parts.emplace_back();
    if (value) out.parts[0].literal = *value;
    return out;
  }

  void body() {
    plan_.body_kind = request_.body.kind;
    switch (request_.body.kind) {
      case config::Body::Kind::none:
        return;
      case config::Body::Kind::json:
        plan_.body = compile_json_body(c_, request_.body, scope_);
        return;
      case config::Body::Kind::form:
        for (const auto& [name, value] : request_.body.form) plan_.form.emplace_back(name.text, text(value));
        return;
      case config::Body::Kind::text:
        plan_.body.push_back({BodyPart::Kind::raw, {}, text(request_.body.text)});
        return;
      case config::Body::Kind::xmlrpc:
        plan_.xmlrpc = compile_xmlrpc(c_, request_.body, scope_);
        return;
    }
  }

  // What a target without HTTP is asked, and what cannot be asked of it.
  void stream() {
    plan_.send = text(request_.send);
    plan_.until = request_.until.text;
    for (const Template::Part& part : plan_.send.parts)
      if (part.kind == Template::Part::Kind::constant && Writer::has_control(part.constant.text))
        c_.fail(c_.target ? c_.target->name.at : request_.send.at,
                "a parameter of `" + c_.program.name + "` puts a control character into `send` of its request `" +
                    request_.name.text + "`");
    if (!c_.target) return;
    const Url& url = c_.target->endpoint.url;
    plan_.stream = url.is_stream();
    const std::string subject = "the target `" + c_.target->name.text + "`: the request `" + request_.name.text +
                                "` of `" + c_.program.name + "` has ";
    const char* const only_http = request_.body.kind != config::Body::Kind::none ? "a `body`"
                                  : request_.pages                               ? "`pages`"
                                                                                 : nullptr;
    if (plan_.stream && only_http)
      c_.fail(c_.target->url_at,
              subject + only_http + ", which needs HTTP; expected a url of http://, https:// or unix:");
    if (url.scheme == Url::Scheme::unix_http && url.path.empty() && !request_.send.empty())
      c_.out.push_back({c_.target->url_at,
                        subject + "`send`, which is ignored over HTTP; write unix://" + url.socket_path +
                            " if the socket speaks the service's own protocol",
                        true});
  }

  void batch() {
    plan_.batch = static_cast<std::size_t>(request_.batch);
    if (plan_.batch == 1) return;
    const auto varies = [](const Template& t) {
      return std::any_of(t.parts.begin(), t.parts.end(),
                         [](const Template::Part& part) { return part.kind == Template::Part::Kind::variable; });
    };
    bool any = varies(plan_.path);
    for (const auto& [name, value] : plan_.query) any = any || varies(name) || (value && varies(*value));
    for (const auto& [name, value] : plan_.headers) any = any || varies(value);
    if (any)
      c_.fail(request_.batch_at,
              "`batch` asks about many items in one request, so `path`, `query` and `headers` cannot hold a variable "
              "of `for_each`; only `args` can");
  }

  void for_each(const config::ForEach& each) {
    RequestPlan::ForEach out;
    out.from_answer = !each.from.empty();
    Scope scope;
    scope.tables = false;
    scope.needed_by = request_.name.text;
    if (out.from_answer) {
      const auto from = c_.request(each.from);
      out.walk = compile_walk(c_, from.value_or(0), each.each);
      if (from) c_.program.requests[*from].needs_document = true;
      scope.walk = &out.walk;
      scope.level = static_cast<int>(out.walk.steps.size());
      scope.variables = &c_.variables(from);
    }
    for (const config::ForEach::As& as : each.as) {
      std::vector<ValuePlan> values;
      for (const config::Value& value : as.values)
        if (!list_parameter(value, values)) values.push_back(compile_value(c_, value, Want::any, scope));
      if (values.empty() && c_.target)
        c_.fail(c_.target->name.at, "the target `" + c_.target->name.text + "` gives the request `" +
                                        request_.name.text + "` of `" + c_.program.name + "` nothing to ask for: `" +
                                        as.name.text + "` is an empty list (set it in `with`)");
      out.as.push_back(std::move(values));
    }
    plan_.for_each = std::move(out);
  }

  // `{task_queues}`, when it is a list: each entry is a value.
  bool list_parameter(const config::Value& value, std::vector<ValuePlan>& out) {
    if (value.op != config::Value::Op::text) return false;
    const auto name = only_variable(value.argument.text);
    if (!name) return false;
    const auto parameter = c_.parameters.find(*name);
    if (parameter == c_.parameters.end()) return false;
    const auto* list = std::get_if<std::vector<config::Scalar>>(&parameter->second);
    if (!list) return false;
    for (const config::Scalar& entry : *list) {
      ValuePlan plan;
      plan.op = config::Value::Op::constant;
      plan.want = Want::any;
      plan.constant = compile_constant(c_, entry, Want::any, value.at);
      out.push_back(std::move(plan));
    }
    return true;
  }

  void pages(const config::Pages& pages, std::size_t index) {
    RequestPlan::Pages out;
    out.query = pages.query.text;
    out.start = pages.start;
    out.step = pages.step;
    out.walk = compile_walk(c_, index, {});
    plan_.needs_document = true;
    Scope scope;
    scope.tables = false;
    scope.walk = &out.walk;
    scope.level = static_cast<int>(out.walk.steps.size());
    scope.variables = &plan_.variables;
    if (pages.last) out.last = compile_value(c_, *pages.last, Want::number, scope);
    if (pages.next) out.next = compile_value(c_, *pages.next, Want::text, scope);
    plan_.pages = std::move(out);
  }

  Compiling& c_;
  const config::Request& request_;
  RequestPlan& plan_;
  Scope scope_;
};

// Dependencies first, else as in the file. config/ has refused cycles; a request left over by
// one comes last, so that nothing is lost.
std::vector<std::size_t> order_of(const std::vector<RequestInfo>& infos) {
  std::vector<std::size_t> order;
  std::vector<bool> done(infos.size());
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t i = 0; i < infos.size(); ++i) {
      const bool ready =
          std::all_of(infos[i].needs.begin(), infos[i].needs.end(), [&](std::size_t n) { return done[n]; });
      if (done[i] || !ready) continue;
      order.push_back(i);
      done[i] = moved = true;
    }
  }
  return order;
}

// Block 0, or a block of its own when a request may fail alone or has its own pace. A follow-up
// is at most as fresh as what it follows and lives with it.
void assign_blocks(Program& program, const std::vector<config::Request>& requests) {
  program.block_requests.assign(1, {});
  for (const std::size_t i : program.order) {
    std::uint32_t block = 0;
    if (requests[i].optional || requests[i].every) {
      block = static_cast<std::uint32_t>(program.block_requests.size());
      program.block_requests.emplace_back();
    } else if (!program.infos[i].needs.empty()) {
      block = program.requests[program.infos[i].needs[0]].block;
    }
    program.requests[i].block = block;
    program.block_requests[block].push_back(i);
  }
  for (std::size_t i = 0; i < program.block_requests.size(); ++i) program.sizes.emplace_back();
}

// Requests that differ only in what they make of the answer are one question. A POST may do something each time.
void find_twins(Program& program, const std::vector<config::Request>& requests) {
  std::vector<std::optional<Call>> calls(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const RequestPlan& plan = program.requests[i];
    Call call;
    if (plan.for_each || plan.pages || plan.method == "POST" || !write_call(plan, std::nullopt, call)) continue;
    for (std::size_t k = 0; k < i && !program.infos[i].same_as; ++k)
      if (calls[k] && calls[k]->asks_the_same(call) && program.infos[k].every == program.infos[i].every &&
          program.infos[k].timeout == program.infos[i].timeout)
        program.infos[i].same_as = program.infos[k].same_as.value_or(k);
    calls[i] = std::move(call);
  }
}

}  // namespace

void compile_requests(Compiling& c) {
  Program& program = c.program;
  const std::vector<config::Request>& requests = c.file.requests;
  program.requests.resize(requests.size());
  program.infos.resize(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const config::Request& request = requests[i];
    RequestPlan& plan = program.requests[i];
    plan.name = request.name.text;
    plan.method = request.method;
    plan.format = request.format;
    plan.accept = request.accept;
    plan.needs_document = request.format != config::Format::prometheus;
    RequestInfo& info = program.infos[i];
    info.name = request.name.text;
    info.optional = request.optional;
    info.every = request.every;
    info.timeout = request.timeout;
    if (!request.for_each) continue;
    for (const config::ForEach::As& as : request.for_each->as) plan.variables.push_back(as.name.text);
    if (request.for_each->from.empty()) continue;
    if (const auto from = c.request(request.for_each->from)) {
      info.follow_up = true;
      info.needs.push_back(*from);
    }
  }
  program.order = order_of(program.infos);
  for (std::size_t i = 0; i < requests.size(); ++i) RequestCompiler(c, requests[i], program.requests[i]).run(i);
  find_twins(program, requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const bool first = i == 0 && !requests[0].for_each && !requests[0].pages && !requests[0].every;
    program.body_only &= first || program.infos[i].same_as == 0u;
  }
  assign_blocks(program, requests);
  if (!requests.empty()) return;
  // config/ has refused such a file. What else is wrong in it is looked for all the same, as if it had one.
  program.requests.resize(1);
  program.infos.resize(1);
  program.body_only = false;
}

void compile_login(Compiling& c) {
  if (!c.file.login) return;
  const config::Login& login = *c.file.login;
  LoginPlan& plan = c.program.login.emplace();
  RequestPlan& request = plan.request;
  request.name = login.request.name.text;
  request.method = login.request.method;
  request.accept = login.request.accept;
  const bool xmlrpc = login.request.body.kind == config::Body::Kind::xmlrpc;
  request.format = xmlrpc ? config::Format::xmlrpc : config::Format::json;
  request.needs_document = xmlrpc || !login.token.empty();
  plan.info.uses_auth = RequestCompiler(c, login.request, request).run_login();
  plan.info.optional = login.optional;
  plan.info.timeout = login.request.timeout;
  plan.info.follow = std::none_of(request.accept.begin(), request.accept.end(),
                                  [](const auto& range) { return range.first >= 300 && range.first < 400; });
  if (login.optional && !plan.info.uses_auth)
    c.fail(
        login.request.at,
        "`optional` is of a login with `{auth.user}` or `{auth.password}`: it is left out where the target has none");
  if (login.optional && !login.token.empty())
    c.fail(login.token.at, "a login with `token` cannot be `optional`: without it `{token}` has no value");
  for (const config::Text& glob : login.again) plan.again.push_back(glob.text);
  plan.walk = compile_walk(c, 0, {});
  if (login.token.empty()) return;
  Scope scope;
  scope.tables = false;
  scope.walk = &plan.walk;
  scope.level = static_cast<int>(plan.walk.steps.size());
  config::Value value;
  value.op = config::Value::Op::path;
  value.argument = login.token;
  value.at = login.token.at;
  plan.token = compile_value(c, value, Want::text, scope);
  plan.token_query = login.token.text;
}

}  // namespace tallyman::map
