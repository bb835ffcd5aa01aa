#include "app_fixture.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <tuple>

#include "config/fixture.h"
#include "core/labels.h"
#include "decode/prometheus_text.h"
#include "exposition/exposition.h"
#include "store/shape_builder.h"

namespace tallyman {
namespace {

using config::Fixture;
using map::Collector;

// Hands out the answers of one request in order, or by the path that was asked.
class Script {
 public:
  Script(const Fixture& fixture, std::string folder, const config::Sources& sources)
      : fixture_(fixture), folder_(std::move(folder)), sources_(sources), used_(fixture.answers.size()) {
    for (std::size_t i = 0; i < used_.size(); ++i) used_[i].resize(fixture.answers[i].second.size());
  }

  bool has(const std::string& request) const { return find(request) < fixture_.answers.size(); }

  // `{token}` stands in the path as it does in the collector: a case logs in nowhere.
  Result<map::Raw> answer(const std::string& request, std::string asked) {
    for (std::size_t at = asked.find(map::token_place); at != std::string::npos; at = asked.find(map::token_place))
      asked.replace(at, 1, "{token}");
    const std::size_t at = find(request);
    const auto& answers = fixture_.answers[at].second;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (used_[at][i] || (!answers[i].path.empty() && answers[i].path.text != asked)) continue;
      used_[at][i] = true;
      const std::string file = folder_ + "/" + answers[i].file.text;
      Result<std::string> body = sources_.read(file);
      if (!body) return error(Stage::read, file + " cannot be read: " + body.error().detail);
      return given_[request] = map::Raw{answers[i].status, answers[i].headers, std::move(*body), fixture_.now};
    }
    return error(Stage::config, "request `" + request + "` asked " + (asked.empty() ? "/" : asked) +
                                    ", and the case has no answer left for that");
  }

  // What was given to `request`, the one call of it.
  Result<map::Raw> given(const std::string& request) const {
    const auto at = given_.find(request);
    if (at == given_.end())
      return error(Stage::config, "request `" + request + "`, which asks the same, has no answer");
    return at->second;
  }

  std::vector<std::string> unused() const {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < used_.size(); ++i)
      for (std::size_t k = 0; k < used_[i].size(); ++k)
        if (!used_[i][k])
          out.push_back("the answer " + fixture_.answers[i].second[k].file.text + " of request `" +
                        fixture_.answers[i].first.text + "` was never asked for");
    return out;
  }

 private:
  std::size_t find(const std::string& request) const {
    std::size_t i = 0;
    while (i < fixture_.answers.size() && fixture_.answers[i].first.text != request) ++i;
    return i;
  }

  const Fixture& fixture_;
  const std::string folder_;
  const config::Sources& sources_;
  std::vector<std::vector<bool>> used_;
  std::map<std::string, map::Raw> given_;  // the last one of each request
};

using Counts = std::map<std::string, std::uint64_t>;  // `rule reason` or `request reason` -> how often

// What a poll does, with the answers of the case: pages, follow-ups, calls joined in one, and after
// one that failed as a whole its calls one by one. Items that are lost are counted.
class Gathering {
 public:
  Gathering(const Collector& collector, std::size_t request, Script& script, std::vector<map::Answer>& out,
            Counts& lost)
      : collector_(collector),
        info_(collector.requests()[request]),
        request_(request),
        script_(script),
        out_(out),
        lost_(lost) {}

  Result<> run(const Collector::Answers& answers) {
    Result<std::vector<map::Call>> calls = collector_.calls(request_, answers);
    if (!calls) return calls.error();
    if (const Result<> done = ask(std::move(*calls)); !done) return done;
    return ask(std::move(alone_));
  }

 private:
  Result<> ask(std::vector<map::Call> calls) {
    for (map::Call& call : calls) {
      const Result<> done = call.unwritable       ? lose(*call.unwritable)
                            : call.joined.empty() ? chain(std::move(call))
                                                  : joined(std::move(call));
      if (!done) return done;
    }
    return {};
  }

  // A request that asks what another asks has its answer, unless the case gives it one of its own.
  Result<map::Raw> raw_of(const map::Call& call) {
    if (info_.same_as && !script_.has(info_.name)) return script_.given(collector_.requests()[*info_.same_as].name);
    return script_.answer(info_.name, call.absolute.empty() ? call.path : call.absolute);
  }

  Result<> lose(Error why) {
    if (!info_.follow_up || why.stage == Stage::limit) return why;
    ++lost_[info_.name + " " + std::string(to_string(why.stage))];
    return {};
  }

  Result<> chain(map::Call first) {
    std::vector<map::Answer> pages;
    std::optional<map::Call> call = std::move(first);
    while (call) {
      Result<map::Raw> raw = raw_of(*call);
      if (!raw) return raw.error();
      Result<std::optional<map::Answer>> answer = collector_.read(request_, *call, std::move(*raw));
      if (!answer) return lose(answer.error());
      if (!*answer) break;
      Result<std::optional<map::Call>> next = collector_.next_page(request_, *call, **answer);
      if (!next) return lose(next.error());
      pages.push_back(std::move(**answer));
      call = std::move(*next);
    }
    std::move(pages.begin(), pages.end(), std::back_inserter(out_));
    return {};
  }

  Result<> joined(map::Call call) {
    Result<map::Raw> raw = script_.answer(info_.name, call.path);
    if (!raw) return raw.error();
    Result<Collector::Joined> read = collector_.read_joined(request_, call, std::move(*raw));
    if (!read && Collector::ask_alone(read.error())) {
      std::move(call.joined.begin(), call.joined.end(), std::back_inserter(alone_));
      return {};
    }
    if (!read) return read.error();
    for (Result<map::Answer>& answer : *read) {
      if (answer)
        out_.push_back(std::move(*answer));
      else if (const Result<> done = lose(answer.error()); !done)
        return done;
    }
    return {};
  }

  const Collector& collector_;
  const map::RequestInfo& info_;
  const std::size_t request_;
  Script& script_;
  std::vector<map::Answer>& out_;
  Counts& lost_;
  std::vector<map::Call> alone_;
};

std::string exposition_of(const map::Output& output, const std::string& system) {
  auto snapshot = std::make_shared<store::Snapshot>();
  snapshot->target = "t";
  for (const map::Block& block : output.blocks) {
    store::Common common;
    common.system = system;
    common.target = "t";
    store::BlockBuilder builder(std::move(common));
    snapshot->blocks.push_back(builder.build(block.batch, store::Clock::time_point::max()).block);
  }
  const std::vector<store::SnapshotPtr> all = {snapshot};
  exposition::Scrape scrape(all, exposition::plan_for(all, nullptr).plan, exposition::Format::text, false,
                            store::Clock::now());
  std::string text;
  for (std::string block; scrape.next(block);) text += block;
  return text;
}

struct Sample {
  std::string family;
  std::string type;
  Number value;
};

// By series: the name and its labels sorted.
Result<std::map<std::string, Sample>> samples_of(const std::string& text) {
  const Result<decode::PromText> parsed = decode::parse_prometheus(text);
  if (!parsed) return parsed.error();
  std::map<std::string, Sample> out;
  for (const decode::PromFamily& family : parsed->families)
    for (const decode::PromSample& sample : family.samples) {
      Labels labels;
      for (const decode::PromLabel& label : sample.labels()) labels.emplace_back(label.name(), label.value());
      std::sort(labels.begin(), labels.end());
      std::string body;
      for (const auto& [name, value] : labels) append_label(body, name, value);
      out[std::string(sample.name()) + "{" + body + "}"] =
          Sample{family.family.name, std::string(to_string(family.family.type)), sample.value};
    }
  return out;
}

bool near(Number a, Number b, double tolerance) {
  if (compare(a, b) == 0) return true;
  return std::abs(a.real() - b.real()) <= tolerance;
}

void compare(const std::map<std::string, Sample>& expected, const std::map<std::string, Sample>& got,
             const Fixture& fixture, FixtureResult& result) {
  using Line = std::tuple<std::string, int, std::string>;  // the series, what stands first, the line
  std::vector<Line> lines;
  const auto say = [&](char sign, const std::string& series, const std::string& rest) {
    lines.emplace_back(series, sign == '-' ? 0 : 1, std::string(1, sign) + " " + series + rest);
  };
  for (const auto& [series, want] : expected) {
    const auto at = got.find(series);
    double tolerance = 0;
    for (const auto& [family, allowed] : fixture.tolerance)
      if (family == want.family) tolerance = allowed;
    if (at == got.end())
      say('-', series, " " + to_text(want.value));
    else if (!near(want.value, at->second.value, tolerance)) {
      say('-', series, " " + to_text(want.value));
      say('+', series, " " + to_text(at->second.value));
    } else if (want.type != at->second.type) {
      say('-', series, " is a " + want.type);
      say('+', series, " is a " + at->second.type);
    }
  }
  for (const auto& [series, sample] : got)
    if (!expected.contains(series)) say('+', series, " " + to_text(sample.value));
  std::sort(lines.begin(), lines.end());
  for (Line& line : lines) result.differences.push_back(std::move(std::get<2>(line)));
}

// Errors of rules, and items that were lost; what is missing or skipped is not one.
void compare_errors(const map::Output& output, const std::vector<std::string>& rules, Counts got,
                    const Fixture& fixture, FixtureResult& result) {
  for (const map::RuleCount& c : output.counts)
    if (c.reason != map::Reason::missing && c.reason != map::Reason::skipped)
      got[rules[c.rule] + " " + std::string(map::to_string(c.reason))] += c.count;
  const Counts expected(fixture.errors.begin(), fixture.errors.end());
  for (const auto& [what, count] : expected)
    if (const std::uint64_t n = got[what]; n != count)
      result.wrong.push_back("errors of `" + what + "`: expected " + std::to_string(count) + ", got " +
                             std::to_string(n));
  for (const auto& [what, count] : got)
    if (count > 0 && !expected.contains(what))
      result.wrong.push_back("errors of `" + what + "`: expected none, got " + std::to_string(count));
}

FixtureResult failed(std::string why) {
  FixtureResult result;
  result.wrong.push_back(std::move(why));
  return result;
}

// As a golden is written: text 0.0.4 without HELP.
std::string without_help(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with("# HELP ")) out.append(line).append("\n");
  }
  return out;
}

FixtureResult failed(const Diagnostics& found) {
  FixtureResult result;
  for (const Diagnostic& d : found) result.wrong.push_back(to_string(d));
  return result;
}

}  // namespace

FixtureResult run_fixture(const std::string& path, Catalogue& catalogue, const config::Sources& sources) {
  const Result<std::string> yaml = sources.read(path);
  if (!yaml) return failed(path + ": cannot be read: " + yaml.error().detail);
  Diagnostics found;
  const std::optional<Fixture> fixture = config::parse_fixture(*yaml, path, found);
  if (!fixture) return failed(found);

  config::Target target;
  target.name.text = "t";
  target.collector = fixture->collector;
  target.with = fixture->with;
  target.timezone = fixture->timezone;
  Compiler compiler(catalogue);
  const auto collector = compiler.compile(target, found);
  if (!collector) return failed(found);
  for (const auto& [request, answers] : fixture->answers) {
    const auto& requests = collector->requests();
    if (std::none_of(requests.begin(), requests.end(), [&](const auto& r) { return r.name == request.text; }))
      return failed(to_string(request.at) + ": the collector has no request `" + request.text + "`");
  }

  const std::string folder = std::filesystem::path(path).parent_path().string();
  Script script(*fixture, folder.empty() ? "." : folder, sources);
  Collector::Answers answers(collector->requests().size());
  Counts lost;
  Collector::Lost failed_requests(answers.size());
  for (const std::size_t request : collector->order()) {
    const map::RequestInfo& info = collector->requests()[request];
    const bool has = script.has(info.name) || (info.same_as && script.has(collector->requests()[*info.same_as].name));
    const Result<> done =
        has ? Gathering(*collector, request, script, answers[request], lost).run(answers)
            : Result<>(error(Stage::connect, "the case has no answer for request `" + info.name + "`"));
    if (done) continue;
    answers[request].clear();
    failed_requests[request] = true;
    if (info.optional && has && done.error().stage != Stage::config && done.error().stage != Stage::read)
      ++lost[info.name + " " + std::string(to_string(done.error().stage))];
    else if (!info.optional || has)
      return failed("request `" + info.name + "`: " + std::string(to_string(done.error().stage)) + ": " +
                    done.error().detail);
  }
  const Result<map::Output> output = collector->map(answers, failed_requests);
  if (!output) return failed(std::string(to_string(output.error().stage)) + ": " + output.error().detail);

  const std::string shown = exposition_of(*output, collector->system());
  const auto got = samples_of(shown);
  if (!got) return failed("our own exposition cannot be read: " + got.error().detail);
  FixtureResult result;
  result.samples = got->size();
  result.golden = without_help(shown);
  const std::string file = folder + "/expected.prom";
  if (sources.glob(file).empty()) {
    result.has_golden = false;
    result.differences.push_back(file + ": there is no such file; `tallyman test --update` writes it, with " +
                                 std::to_string(result.samples) + " samples to be read and compared with the answers");
  } else {
    const Result<std::string> golden = sources.read(file);
    if (!golden) return failed(file + ": cannot be read: " + golden.error().detail);
    if (const auto expected = samples_of(*golden))
      compare(*expected, *got, *fixture, result);
    else
      result.differences.push_back(file + ": " + expected.error().detail);
  }
  compare_errors(*output, collector->rule_names(), std::move(lost), *fixture, result);
  for (std::string& line : script.unused()) result.wrong.push_back(std::move(line));
  return result;
}

}  // namespace tallyman
