#include "map/requests.h"

#include <algorithm>
#include <unordered_set>

#include "core/letters.h"
#include "decode/text_formats.h"
#include "decode/xmlrpc.h"
#include "map/item_walk.h"
#include "map/times.h"
#include "map/xmlrpc_request.h"

namespace tallyman::map {
namespace {

// for_each and pages are read between polls' mappings, so they have an evaluator of their own.
Evaluator& evaluator(const Program& program) {
  thread_local Evaluator e;
  e.reset(program);
  return e;
}

config::Scalar scalar_of(const Datum& d) {
  switch (d.kind) {
    case Datum::Kind::number:
      return d.number;
    case Datum::Kind::boolean:
      return d.number.int64() != 0;
    case Datum::Kind::text:
      return std::string(d.text);
    case Datum::Kind::missing:
    case Datum::Kind::failed:
      break;
  }
  return {};
}

constexpr std::size_t combination_cost = 16;  // visits; equal ones are many, and no request

// `expect` and the links of pages look at one answer after the other: at each as often as all rules at all of them.
std::size_t visits_of(const Answer& answer) { return std::max<std::size_t>(100'000, visits_per_byte * answer.bytes()); }

// Equal sets of variables are asked once: the text that tells them apart.
std::string key_of(const Variables& variables) {
  std::string out;
  for (const auto& [name, value] : variables) {
    const std::string text = config::to_text(value);
    out += std::to_string(value.index()) + ":" + std::to_string(text.size()) + ":" + text;
  }
  return out;
}

}  // namespace

std::uint64_t item_key(std::size_t request, const Variables& variables) {
  if (variables.empty()) return 0;
  return hash_text(std::to_string(request) + "/" + key_of(variables)) | 1;
}

namespace {

class CallMaker {
 public:
  CallMaker(const Program& program, const RequestPlan& plan) : program_(program), plan_(plan), e_(evaluator(program)) {}

  Result<std::vector<Call>> run(const Collector::Answers& answers) {
    if (!plan_.for_each) {
      add({});
    } else if (!plan_.for_each->from_answer) {
      Answer nothing;
      RuleCounter unused{};
      WalkPlan none;
      none.tries.resize(2);
      e_.begin(none, nothing, unused);
      item();
    } else {
      RuleCounter unused{};
      for (const Answer& answer : answers[plan_.for_each->walk.request])
        if (answer.document) walk(e_, plan_.for_each->walk, answer, unused, [this] { item(); });
    }
    if (e_.exhausted())
      return error(Stage::limit, "`each` of the follow-up `" + plan_.name + "` " + given_up(e_.exhausted_by()).does);
    if (failure_) return *failure_;
    return plan_.batch > 1 ? batches() : std::move(calls_);
  }

 private:
  // Every combination of the variables' values for one item; one without a value is none.
  void item() {
    const auto& as = plan_.for_each->as;
    e_.spend(8 + 4 * as.size());
    std::vector<std::vector<config::Scalar>> values(as.size());
    for (std::size_t i = 0; i < as.size(); ++i)
      for (const ValuePlan& plan : as[i]) {
        const Datum d = e_.value(plan);
        if (!d.is_missing() && !d.is_failed()) values[i].push_back(scalar_of(d));
      }
    Variables chosen;
    combine(values, chosen);
  }

  void combine(const std::vector<std::vector<config::Scalar>>& values, Variables& chosen) {
    e_.spend(combination_cost);
    if (failure_ || e_.exhausted()) return;
    const std::size_t i = chosen.size();
    if (i == values.size()) return add(chosen);
    for (const config::Scalar& value : values[i]) {
      chosen.emplace_back(plan_.variables[i], value);
      combine(values, chosen);
      chosen.pop_back();
    }
  }

  void add(const Variables& variables) {
    if (failure_ || !seen_.insert(key_of(variables)).second) return;
    if (plan_.for_each && calls_.size() >= program_.limits.follow_ups) {
      failure_ =
          error(Stage::limit, "`" + plan_.name + "` would ask more than " + std::to_string(program_.limits.follow_ups) +
                                  " times in one poll (`limits: { follow_ups: ... }`)");
      return;
    }
    Call call;
    call.variables = variables;
    std::optional<std::string> page;
    if (plan_.pages && plan_.pages->last) page = std::to_string(plan_.pages->start);
    if (const Result<> written = write_call(plan_, page, call); !written) {
      // A name that cannot be asked about costs its own item: the service gave it, not the collector.
      if (!plan_.for_each || !plan_.for_each->from_answer) return void(failure_ = written.error());
      call.unwritable = written.error();
    }
    calls_.push_back(std::move(call));
  }

  // `batch` of them in one; one left over, and what cannot be written, alone.
  Result<std::vector<Call>> batches() {
    std::vector<Call> out, group;
    const auto close = [&]() -> Result<> {
      if (group.size() < 2) {
        std::move(group.begin(), group.end(), std::back_inserter(out));
      } else {
        Result<Call> joined = join_calls(plan_, std::move(group));
        if (!joined) return joined.error();
        out.push_back(std::move(*joined));
      }
      group.clear();
      return {};
    };
    for (Call& call : calls_) {
      std::vector<Call>& to = call.unwritable ? out : group;
      to.push_back(std::move(call));
      if (group.size() < plan_.batch) continue;
      if (const Result<> closed = close(); !closed) return closed.error();
    }
    if (const Result<> closed = close(); !closed) return closed.error();
    return out;
  }

  const Program& program_;
  const RequestPlan& plan_;
  Evaluator& e_;
  std::vector<Call> calls_;
  std::unordered_set<std::string> seen_;
  std::optional<Error> failure_;
};

// OpenMetrics ends with a line of its own, so what a closed connection cut off is not shown as the whole.
bool ends_early(const Raw& raw) {
  bool open = false;
  for (const auto& [name, value] : raw.headers)  // of two, either may say it
    open |= name == "content-type" && small_letters(std::string(value)).starts_with("application/openmetrics-text");
  if (!open) return false;
  return !std::string_view(raw.body).substr(0, raw.body.find_last_not_of(" \t\r\n") + 1).ends_with("# EOF");
}

// Retry-After: seconds, or a date.
std::optional<std::chrono::seconds> retry_after(const Raw& raw) {
  if (raw.status != 429 && raw.status != 503) return std::nullopt;
  const std::optional<std::string_view> value = raw.headers.find("retry-after");
  if (!value) return std::nullopt;
  double wait = 0;
  if (const Datum number = decimal(*value); number.kind == Datum::Kind::number)
    wait = number.number.real();
  else if (const auto when = parse_time(*value, {}))
    wait = when->real() - raw.arrived;
  else
    return std::nullopt;
  if (!(wait > 0)) wait = 0;
  return std::chrono::seconds(static_cast<std::int64_t>(std::min(wait, 86400.0) + 0.999));
}

// What an HTTP status that is not accepted means; no error when the item of a follow-up is gone.
std::optional<Error> refused_status(const Raw& raw, bool follow_up) {
  if (follow_up && (raw.status == 404 || raw.status == 410)) return std::nullopt;
  const std::string status = std::to_string(raw.status);
  if (raw.status == 401 || raw.status == 403)
    return error(Stage::auth, "the service answered " + status + ": the credentials under `auth` are missing or wrong");
  Error e = error(Stage::status, "the service answered " + status + ", which is not one of `accept`");
  e.retry_after = retry_after(raw);
  if (e.retry_after && e.retry_after->count() > 0)
    e.detail += "; it asks to wait for " + std::to_string(e.retry_after->count()) + " s";
  return e;
}

bool is_accepted(const RequestPlan& plan, int status) {
  return status == 0 || std::any_of(plan.accept.begin(), plan.accept.end(),
                                    [&](const auto& range) { return range.first <= status && status <= range.second; });
}

std::optional<Error> over_limit(const Raw& raw, const Limits& limits) {
  if (raw.body.size() <= limits.body_bytes) return std::nullopt;
  return error(Stage::limit, "the body has " + std::to_string(raw.body.size()) + " bytes; the limit is " +
                                 std::to_string(limits.body_bytes) + " (`limits: { body: ... }`)");
}

// What a document may take: its share of what all answers of the poll may.
std::size_t parsed_limit(const Program& program, const Raw& raw) { return std::min(program.limits.memory(), raw.room); }

using TextDecoder = Result<decode::JsonOfText> (*)(std::string_view body, std::size_t memory);
TextDecoder text_decoder(config::Format format) {
  switch (format) {
    case config::Format::csv:
      return decode::csv_to_json;
    case config::Format::kv:
      return decode::kv_to_json;
    case config::Format::fields:
      return decode::fields_to_json;
    case config::Format::text:
      return decode::text_to_json;
    case config::Format::json:
    case config::Format::xmlrpc:
    case config::Format::prometheus:
      break;
  }
  return nullptr;
}

// The document of an answer, `expect`, and the variables of its call.
Result<> finish(const Program& program, const RequestPlan& plan, std::string json, std::size_t memory, const Call& call,
                Answer& answer) {
  if (plan.needs_document) {
    answer.document = std::make_unique<decode::Document>();
    const Result<> parsed = answer.document->parse(std::move(json), {program.limits.depth, memory});
    if (!parsed) return parsed.error();
  }
  answer.variables = call.variables;
  if (!plan.expect) return {};
  jsonpath::Allowance allowance(visits_of(answer));
  const bool good = plan.expect->matches(answer.document->root(), answer.document->root(), allowance);
  if (allowance.exhausted)
    return error(Stage::limit, "`expect: " + plan.expect_text + "` " + given_up(allowance.by).does);
  if (!good) return error(Stage::refused, "the body says no: `expect: " + plan.expect_text + "` is false of it");
  return {};
}

}  // namespace

Result<std::vector<Call>> make_calls(const Program& program, std::size_t request, const Collector::Answers& answers) {
  return CallMaker(program, program.requests[request]).run(answers);
}

Result<std::optional<Answer>> read_reply(const Program& program, std::size_t request, const Call& call, Raw raw) {
  return read_answer(program, program.requests[request], program.infos[request].follow_up, call, std::move(raw));
}

Result<std::optional<Answer>> read_answer(const Program& program, const RequestPlan& plan, bool follow_up,
                                          const Call& call, Raw raw) {
  if (!is_accepted(plan, raw.status)) {
    // A method call has no address of its own: 404 says nothing of its item.
    const bool names_item = follow_up && plan.body_kind != config::Body::Kind::xmlrpc;
    if (const auto failure = refused_status(raw, names_item)) return *failure;
    return std::optional<Answer>();
  }
  if (const auto large = over_limit(raw, program.limits)) return *large;
  const std::size_t memory = parsed_limit(program, raw);
  using config::Format;
  Answer answer;
  std::string json;
  std::size_t left = memory;  // for the document
  const auto beside = [&](Error why) {
    if (why.stage == Stage::limit && left < memory)
      why.detail += "; that is what the text leaves, which is shown as well and takes " + std::to_string(memory - left);
    return why;
  };
  if (plan.format == Format::prometheus) {
    const bool cut_off = ends_early(raw);
    auto text = decode::parse_prometheus(std::move(raw.body), {program.limits.samples, memory});
    if (!text) return text.error();
    if (cut_off) return error(Stage::decode, "OpenMetrics that does not end with `# EOF`: it was cut off");
    answer.not_utf8 = text->not_utf8;
    answer.too_long = text->too_long;
    if (plan.needs_document) {
      if (plan.needs_families) left -= std::min(left, text->bytes);
      Result<std::string> as_json = decode::to_json(*text, left);
      if (!as_json) return beside(as_json.error());
      json = std::move(*as_json);
    }
    if (plan.needs_families) answer.families = std::make_unique<decode::PromText>(std::move(*text));
  } else if (plan.method == "HEAD" && !plan.stream) {
    json = "null";
  } else if (plan.format == Format::xmlrpc) {
    auto value = decode::xmlrpc_to_json(std::move(raw.body), program.limits.depth, memory);
    if (!value) return value.error();
    json = std::move(*value);
  } else if (const auto decode = text_decoder(plan.format)) {
    auto text = decode(raw.body, memory);
    if (!text) return text.error();
    std::string().swap(raw.body);  // before the tree is built
    answer.not_utf8 = text->not_utf8;
    json = std::move(text->json);
  } else {
    json = std::move(raw.body);
  }
  answer.headers = std::move(raw.headers);
  answer.arrived = raw.arrived;
  const Result<> finished = finish(program, plan, std::move(json), left, call, answer);
  if (!finished) return beside(finished.error());
  return std::optional<Answer>(std::move(answer));
}

Result<Collector::Joined> read_joined_reply(const Program& program, std::size_t request, const Call& call, Raw raw) {
  const RequestPlan& plan = program.requests[request];
  if (!is_accepted(plan, raw.status)) return *refused_status(raw, false);
  if (const auto large = over_limit(raw, program.limits)) return *large;
  const std::size_t memory = parsed_limit(program, raw);
  auto values = decode::multicall_to_json(std::move(raw.body), call.joined.size(), program.limits.depth, memory);
  if (!values) return values.error();
  Collector::Joined out;
  out.reserve(values->size());
  for (std::size_t i = 0; i < values->size(); ++i) {
    Result<std::string>& value = (*values)[i];
    if (!value) {
      out.emplace_back(value.error());
      continue;
    }
    Answer answer;
    answer.headers = raw.headers;
    answer.arrived = raw.arrived;
    const Result<> finished = finish(program, plan, std::move(*value), memory, call.joined[i], answer);
    if (finished)
      out.emplace_back(std::move(answer));
    else
      out.emplace_back(finished.error());
  }
  return out;
}

Result<std::optional<Call>> make_next_page(const Program& program, std::size_t request, const Call& call,
                                           const Answer& answer) {
  const RequestPlan& plan = program.requests[request];
  if (!plan.pages || !answer.document) return std::optional<Call>();
  const RequestPlan::Pages& pages = *plan.pages;
  Call next;
  next.variables = call.variables;
  next.page = call.page + 1;
  next.last = call.last;

  Evaluator& e = evaluator(program);
  e.allowance() = visits_of(answer);
  RuleCounter unused{};
  Datum read;
  const auto evaluate = [&](const ValuePlan& value) {
    walk(e, pages.walk, answer, unused, [&] { read = e.value(value); });
  };
  std::optional<std::string> page;
  if (pages.last) {
    if (call.page == 0) {
      evaluate(*pages.last);
      if (read.kind != Datum::Kind::number)
        return error(Stage::map, "`last` of the pages of `" + plan.name +
                                     "` is no number on the first page: it cannot be known where they end");
      const double last = read.number.real();
      next.last = read.number.kind() == Number::Kind::int64 ? read.number.int64()
                                                            : static_cast<std::int64_t>(std::clamp(last, -9e18, 9e18));
    }
    const double parameter =
        static_cast<double>(pages.start) + static_cast<double>(next.page) * static_cast<double>(pages.step);
    if (parameter > static_cast<double>(*next.last)) return std::optional<Call>();
    page = std::to_string(pages.start + next.page * pages.step);
  } else {
    evaluate(*pages.next);
    if (e.exhausted())
      return error(Stage::limit, "`next` of the pages of `" + plan.name + "` " + given_up(e.exhausted_by()).does);
    if (read.is_missing()) return std::optional<Call>();
    if (read.kind != Datum::Kind::text)
      return error(Stage::map, "`next` of the pages of `" + plan.name + "` is neither a text nor a number");
    if (pages.query.empty())
      next.absolute = read.text;
    else
      page = std::string(read.text);
  }
  if (static_cast<std::size_t>(next.page) >= program.limits.pages)
    return error(Stage::limit, "`" + plan.name + "` has more than " + std::to_string(program.limits.pages) +
                                   " pages (`limits: { pages: ... }`)");
  if (const Result<> written = write_call(plan, page, next); !written) return written.error();
  return std::optional<Call>(std::move(next));
}

}  // namespace tallyman::map
