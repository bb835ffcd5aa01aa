// Goldens: tests/collectors/<service>/<case>/ has answers as services gave them and the exposition
// that a person derived from them by hand (README.md there). Each case compiles the real
// collectors/<name>.yaml (or examples/<name>.yaml there), reads the answers through it and compares
// as sets of `name{sorted labels} value`, with the family's TYPE.
#include <yaml-cpp/yaml.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/labels.h"
#include "map/collector.h"
#include "support/catch.h"

namespace fs = std::filesystem;
using namespace tallyman;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  INFO("reading " << path);
  REQUIRE(in.good());
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Series (`name{labels sorted by name}`) to value, and family to type.
struct Exposition {
  std::map<std::string, std::string> values;
  std::map<std::string, std::string> types;
};

std::string series_name(const std::string& name, Labels labels) {
  std::sort(labels.begin(), labels.end());
  std::string body;
  for (const auto& [key, value] : labels) append_label(body, key, value);
  return name + "{" + body + "}";
}

// The simple form the goldens are written in: `# TYPE name type` and `name{labels} value` lines.
Exposition parse_expected(const std::string& text) {
  Exposition out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    if (line.rfind("# TYPE ", 0) == 0) {
      const std::size_t blank = line.find(' ', 7);
      out.types[line.substr(7, blank - 7)] = line.substr(blank + 1);
      continue;
    }
    INFO("expected.prom: " << line);
    REQUIRE(line[0] != '#');
    const std::size_t open = line.find('{'), close = line.rfind('}');
    REQUIRE(open != std::string::npos);
    REQUIRE(close != std::string::npos);
    const Labels labels = parse_labels(line.substr(open + 1, close - open - 1));
    REQUIRE(!labels.empty());
    const std::string series = series_name(line.substr(0, open), labels);
    REQUIRE(out.values.emplace(series, line.substr(close + 2)).second);
  }
  return out;
}

std::string type_in_text(MetricType type) {  // as text 0.0.4 says it
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::histogram:
      return "histogram";
    case MetricType::summary:
      return "summary";
    case MetricType::untyped:
      return "untyped";
    default:
      return "gauge";
  }
}

// What the store adds is added here: `system` and `target`.
Exposition flatten(const map::Collector& collector, const map::Output& output) {
  Exposition out;
  for (const auto& block : output.blocks) {
    const SampleBatch& batch = block.batch;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto& series = batch.series()[i];
      const Family& family = batch.families()[series.family];
      Labels labels = parse_labels(batch.labels(series.labels));
      labels.emplace_back("system", collector.system());
      labels.emplace_back("target", "t");
      // `x_created` of a counter `x_total` has its own name.
      std::string name = family.name;
      if (series.suffix == Suffix::created && name.size() > 6 && name.ends_with("_total")) name.resize(name.size() - 6);
      const std::string text = series_name(name + std::string(to_string(series.suffix)), labels);
      INFO("given twice: " << text);
      CHECK(out.values.emplace(text, to_text(batch.values()[i])).second);
      const auto [at, added] = out.types.emplace(family.name, type_in_text(family.type));
      CHECK(at->second == type_in_text(family.type));
    }
  }
  return out;
}

bool same_value(const std::string& expected, const std::string& given, double tolerance) {
  if (expected == given) return true;
  char* end = nullptr;
  const double a = std::strtod(expected.c_str(), &end);
  if (*end != '\0') return false;
  const double b = std::strtod(given.c_str(), &end);
  if (*end != '\0') return false;
  const bool exact = std::abs(a) < 9007199254740992.0;  // over 2^53 only the text tells integers apart
  return exact ? a == b || std::abs(a - b) <= tolerance : tolerance > 0 && std::abs(a - b) <= tolerance;
}

std::shared_ptr<const map::Collector> compile(const YAML::Node& spec) {
  const auto name = spec["collector"].as<std::string>();
  fs::path file = fs::path(TALLYMAN_SOURCE_DIR) / "collectors" / (name + ".yaml");
  if (!fs::exists(file)) file = fs::path(TALLYMAN_TESTS_DIR) / "collectors" / "examples" / (name + ".yaml");
  Diagnostics wrong;
  const auto parsed = config::parse_collector(slurp(file), file.string(), name, wrong);
  for (const auto& d : wrong) FAIL_CHECK(to_string(d));
  REQUIRE(parsed);

  // The target's own settings go the way a user's do: through targets.yaml.
  YAML::Node target;
  target["name"] = "t";
  target["collector"] = name;
  target["url"] = "http://127.0.0.1:1";
  for (const char* key : {"with", "timezone"})
    if (spec[key]) target[key] = spec[key];
  YAML::Node agent;
  agent["targets"].push_back(target);
  config::Sources sources;
  sources.read = [text = YAML::Dump(agent)](const std::string&) { return Result<std::string>(text); };
  sources.glob = [](const std::string&) { return std::vector<std::string>(); };
  sources.environment = [](const std::string&) { return std::optional<std::string>(); };
  const auto loaded = config::load_agent("targets.yaml", sources, wrong);
  for (const auto& d : wrong) FAIL_CHECK(to_string(d));
  REQUIRE(loaded);
  REQUIRE(loaded->targets.size() == 1);
  const auto collector = map::Collector::compile(*parsed, &loaded->targets[0], wrong);
  for (const auto& d : wrong)
    if (!d.warning) FAIL_CHECK(to_string(d));
  REQUIRE(collector);
  return collector;
}

using Counts = std::map<std::string, std::uint64_t>;

// The answers of one request, taken from the case in the order they are asked for: pages, follow-ups,
// joined calls, and the calls of those that failed as a whole. What is asked for and not in the case
// fails it, and so does an answer never asked for.
class Asking {
 public:
  Asking(const map::Collector& collector, std::size_t request, const YAML::Node& given, const fs::path& folder,
         double now, Counts& lost)
      : collector_(collector), request_(request), given_(given), folder_(folder), now_(now), lost_(lost) {}

  // Gives whether the request, an optional one, failed as a whole.
  bool run(map::Collector::Answers& answers) {
    auto calls = collector_.calls(request_, answers);
    if (!calls) FAIL("no calls: " << calls.error().detail);
    for (const map::Call& call : *calls) ask(call, answers[request_]);
    for (const map::Call& call : alone_) ask(call, answers[request_]);
    INFO("answers of the case that were never asked for");
    CHECK(next_ == given_.size());
    return failed_;
  }

 private:
  map::Raw answer(const map::Call& call) {
    INFO("asked: " << call.method << ' ' << call.path << call.absolute);
    REQUIRE(next_ < given_.size());
    const YAML::Node& spec = given_[next_++];
    if (spec["path"]) CHECK(call.path == spec["path"].as<std::string>());
    map::Raw raw;
    raw.status = spec["status"] ? spec["status"].as<int>() : 200;
    if (spec["headers"])
      for (const auto& h : spec["headers"]) raw.headers.add(h.first.as<std::string>(), h.second.as<std::string>());
    raw.body = slurp(folder_ / spec["file"].as<std::string>());
    raw.arrived = now_;
    return raw;
  }

  void lose(const Error& why) {
    const map::RequestInfo& info = collector_.requests()[request_];
    INFO(why.detail);
    REQUIRE((info.follow_up || info.optional));
    failed_ = !info.follow_up;
    ++lost_[info.name + " " + std::string(to_string(why.stage))];
  }

  void ask(const map::Call& first, std::vector<map::Answer>& out) {
    if (first.unwritable) return lose(*first.unwritable);
    if (!first.joined.empty()) return ask_joined(first, out);
    std::optional<map::Call> call = first;
    while (call) {
      auto read = collector_.read(request_, *call, answer(*call));
      if (!read) return lose(read.error());
      if (!read->has_value()) return;  // gone
      auto page = collector_.next_page(request_, *call, **read);
      if (!page) FAIL("no next page: " << page.error().detail);
      out.push_back(std::move(**read));
      call = *page;
    }
  }

  void ask_joined(const map::Call& call, std::vector<map::Answer>& out) {
    auto read = collector_.read_joined(request_, call, answer(call));
    if (!read) {
      INFO(read.error().detail);
      REQUIRE(map::Collector::ask_alone(read.error()));
      alone_.insert(alone_.end(), call.joined.begin(), call.joined.end());
      return;
    }
    REQUIRE(read->size() == call.joined.size());
    for (auto& item : *read)
      if (item)
        out.push_back(std::move(*item));
      else
        lose(item.error());
  }

  const map::Collector& collector_;
  const std::size_t request_;
  const YAML::Node given_;
  const fs::path folder_;
  const double now_;
  Counts& lost_;
  std::size_t next_ = 0;
  bool failed_ = false;
  std::vector<map::Call> alone_;
};

void run_case(const fs::path& folder) {
  const YAML::Node spec = YAML::Load(slurp(folder / "case.yaml"));
  for (const auto& pair : spec) {
    static const std::set<std::string> known = {"collector", "now",    "with",   "timezone",
                                                "tolerance", "errors", "answers"};
    INFO("unknown key in case.yaml: " << pair.first.as<std::string>());
    REQUIRE(known.count(pair.first.as<std::string>()) == 1);
  }
  const auto collector = compile(spec);

  map::Collector::Answers answers(collector->requests().size());
  Counts errors;
  std::size_t used = 0;
  map::Collector::Lost lost(answers.size());
  for (const std::size_t request : collector->order()) {
    const map::RequestInfo& info = collector->requests()[request];
    const std::string& name = info.name;
    const bool own = spec["answers"][name].IsDefined() || !info.same_as;
    const YAML::Node given = spec["answers"][own ? name : collector->requests()[*info.same_as].name];
    INFO("request `" << name << '`');
    if (!given) {
      CHECK(collector->requests()[request].optional);
      lost[request] = true;
      continue;
    }
    used += own;
    lost[request] = Asking(*collector, request, given, folder, spec["now"].as<double>(), errors).run(answers);
  }
  CHECK(used == spec["answers"].size());  // else the case answers a request that is not asked

  auto output = collector->map(answers, lost);
  if (!output) FAIL("not mapped: " << output.error().detail);

  const Exposition expected = parse_expected(slurp(folder / "expected.prom"));
  const Exposition given = flatten(*collector, *output);
  for (const auto& [series, value] : expected.values) {
    const auto at = given.values.find(series);
    if (at == given.values.end()) {
      FAIL_CHECK("missing:    " << series << ' ' << value);
      continue;
    }
    const std::string family = series.substr(0, series.find('{'));
    const bool lenient = spec["tolerance"] && spec["tolerance"][family];
    if (!same_value(value, at->second, lenient ? spec["tolerance"][family].as<double>() : 0))
      FAIL_CHECK("differs:    " << series << " expected " << value << ", is " << at->second);
  }
  for (const auto& [series, value] : given.values)
    if (!expected.values.count(series)) FAIL_CHECK("unexpected: " << series << ' ' << value);
  for (const auto& [family, type] : expected.types) {
    const auto at = given.types.find(family);
    INFO("TYPE of " << family);
    if (at != given.types.end()) CHECK(at->second == type);
  }

  // Errors of rules, `missing` and `skipped` apart, and lost items: none, unless the case says so.
  for (const auto& count : output->counts)
    if (count.reason != map::Reason::missing && count.reason != map::Reason::skipped)
      errors[collector->rule_names()[count.rule] + " " + std::string(to_string(count.reason))] += count.count;
  Counts expected_errors;
  if (spec["errors"])
    for (const auto& pair : spec["errors"])
      expected_errors[pair.first.as<std::string>()] = pair.second.as<std::uint64_t>();
  CHECK(errors == expected_errors);
}

}  // namespace

TEST_CASE("goldens: every collector gives the series that were derived by hand") {
  std::vector<fs::path> cases;
  const fs::path root = fs::path(TALLYMAN_TESTS_DIR) / "collectors";
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.path().filename() == "case.yaml") cases.push_back(entry.path().parent_path());
  std::sort(cases.begin(), cases.end());
  REQUIRE(cases.size() >= 10);
  for (const auto& folder : cases) {
    const std::string name = fs::relative(folder, root).string();
    DYNAMIC_SECTION(name) { run_case(folder); }
  }
}
