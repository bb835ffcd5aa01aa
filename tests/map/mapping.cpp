#include "mapping.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "support/catch.h"

namespace tallyman::map::testing {

bool Mapped::has(const std::string& whole) const { return std::find(lines.begin(), lines.end(), whole) != lines.end(); }

std::vector<std::string> Mapped::of(const std::string& name) const {
  std::vector<std::string> found;
  for (const std::string& line : lines) {
    const std::size_t from = line.starts_with('[') ? line.find(' ') + 1 : 0;
    if (line.compare(from, name.size(), name) == 0 && line.find_first_of("{ ", from) == from + name.size())
      found.push_back(line);
  }
  return found;
}

std::string Mapped::text() const {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  for (const auto& [what, n] : errors) all += "# " + what + " " + std::to_string(n) + "\n";
  return all + failure;
}

std::shared_ptr<const Collector> compiled(const Given& given, std::string* messages, bool with_positions) {
  Diagnostics found;
  auto file = config::parse_collector(given.yaml, "c.yaml", "", found);
  if (file) file->kube_texts = given.kube_texts;
  std::shared_ptr<const Collector> out;
  config::Target target;
  target.name.text = "t";
  target.with = given.with;
  target.timezone.text = given.timezone;
  if (!given.url.empty()) target.endpoint.url = parse_url(given.url).value();
  const bool bound = !given.url.empty() || given.has_target || !given.with.empty() || !given.timezone.empty();
  if (file) out = Collector::compile(*file, bound ? &target : nullptr, found);
  std::string text;
  for (const Diagnostic& d : found) text += (with_positions ? to_string(d) : d.what) + "\n";
  if (messages)
    *messages = text;
  else if (!out)
    FAIL(text);
  return out;
}

Mapped mapped(const Given& given) {
  Mapped out;
  const auto collector = compiled(given);
  const std::vector<RequestInfo>& requests = collector->requests();
  Collector::Answers answers(requests.size());
  for (const std::size_t i : collector->order()) {
    const auto bodies = given.bodies.find(requests[i].name);
    if (bodies == given.bodies.end()) continue;
    auto calls = collector->calls(i, answers);
    if (!calls) {
      out.failure = std::string(to_string(calls.error().stage)) + ": " + calls.error().detail;
      return out;
    }
    std::size_t next = 0;
    for (const std::string& body : bodies->second) {
      Raw raw;
      raw.status = 200;
      raw.headers = given.headers;
      raw.body = body;
      raw.arrived = given.now;
      REQUIRE((!calls->empty()));
      const Call& call = (*calls)[std::min(next++, calls->size() - 1)];
      auto answer = collector->read(i, call, std::move(raw));
      if (!answer) {
        out.failure = std::string(to_string(answer.error().stage)) + ": " + answer.error().detail;
        return out;
      }
      if (*answer) answers[i].push_back(std::move(**answer));
    }
  }
  Collector::Lost lost(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i)
    lost[i] = std::find(given.lost.begin(), given.lost.end(), requests[i].name) != given.lost.end();
  auto result = collector->map(answers, lost);
  if (!result) {
    out.failure = std::string(to_string(result.error().stage)) + ": " + result.error().detail;
    return out;
  }
  for (std::size_t b = 0; b < result->blocks.size(); ++b) {
    const SampleBatch& batch = result->blocks[b].batch;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const SampleBatch::Series& s = batch.series()[i];
      std::string line = b == 0 ? "" : "[" + std::to_string(b) + "] ";
      line += batch.families()[s.family].name + std::string(to_string(s.suffix));
      if (s.labels != 0) line += "{" + std::string(batch.labels(s.labels)) + "}";
      out.lines.push_back(line + " " + to_text(batch.values()[i]));
    }
  }
  for (const RuleCount& c : result->counts)
    out.errors[collector->rule_names()[c.rule] + " " + std::string(to_string(c.reason))] = c.count;
  out.out = std::move(*result);
  return out;
}

namespace {

std::string only_reason(const Mapped& m) {
  std::string out;
  for (const auto& [what, n] : m.errors)
    if (what.starts_with("service[0] ")) out += (out.empty() ? "" : " ") + what.substr(11);
  return out;
}

}  // namespace

std::string value_of(const std::string& value, const std::string& json, double now, const std::string& timezone) {
  Given given;
  given.yaml =
      "collector: c\nabout: x\nrequests: { r: {} }\nservice:\n  metrics:\n    m: { gauge: " + value + ", help: h }\n";
  given.bodies["r"] = {json};
  given.now = now;
  given.timezone = timezone;
  const Mapped m = mapped(given);
  if (!m.failure.empty()) return m.failure;
  if (m.lines.empty()) return only_reason(m);
  const std::string extra = only_reason(m);
  return m.lines[0].substr(2) + (extra.empty() ? "" : " " + extra);
}

std::string label_of(const std::string& value, const std::string& json) {
  Given given;
  given.yaml = "collector: c\nabout: x\nrequests: { r: {} }\nservice:\n  labels: { l: " + value +
               " }\n  metrics:\n    m: { gauge: 1, help: h }\n";
  given.bodies["r"] = {json};
  const Mapped m = mapped(given);
  if (m.lines.empty()) return only_reason(m);
  const std::string& line = m.lines[0];
  if (line == "m 1") return "missing";
  return line.substr(5, line.size() - 5 - 4);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  if (!in) FAIL("cannot read " + path);
  return out.str();
}

}  // namespace tallyman::map::testing
