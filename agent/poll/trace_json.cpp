#include "poll/trace_json.h"

#include <algorithm>
#include <cstdio>

#include "core/labels.h"
#include "decode/document.h"

namespace tallyman::poll {
namespace {

// A secret that is cut with the body would not be found: so much more is kept until they are taken out.
constexpr std::size_t longest_secret = 16 * 1024;

class Json {
 public:
  explicit Json(const std::vector<std::string>& secrets) : secrets_(secrets) {}

  void open(char bracket) {
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void key(std::string_view name) {
    next();
    decode::append_json_string(out_, name);
    out_ += ':';
    first_ = true;
  }
  void next() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void text(std::string_view name, std::string value) {
    key(name);
    decode::append_json_string(out_, to_utf8(without_secrets(std::move(value), secrets_)));
    first_ = false;
  }
  void number(std::string_view name, std::uint64_t value) { raw(name, std::to_string(value)); }
  void real(std::string_view name, double value) {
    char digits[48];
    std::snprintf(digits, sizeof digits, "%.9g", value);
    raw(name, digits);
  }
  void time(std::string_view name, double epoch) {
    char digits[48];
    std::snprintf(digits, sizeof digits, "%.3f", epoch);
    raw(name, digits);
  }
  void raw(std::string_view name, std::string_view value) {
    key(name);
    out_ += value;
    first_ = false;
  }
  void item(std::string_view value) {
    next();
    decode::append_json_string(out_, value);
  }
  std::string take() { return std::move(out_); }

 private:
  const std::vector<std::string>& secrets_;
  std::string out_;
  bool first_ = true;
};

void write(Json& json, const map::Explanation::Rule& rule) {
  json.next();
  json.open('{');
  json.text("rule", rule.name);
  json.text("request", rule.request);
  if (!rule.each.empty()) json.text("each", rule.each);
  json.number("answers", rule.documents);
  json.number("items", rule.found.items);
  json.number("samples", rule.samples);
  json.real("seconds", static_cast<double>(rule.nanoseconds) / 1e9);
  if (!rule.nothing.empty()) json.text("found_nothing", rule.nothing);
  json.key("lost");
  json.open('[');
  for (const map::Explanation::Loss& loss : rule.losses) {
    json.next();
    json.open('{');
    json.text("key", loss.key);
    json.text("reason", std::string(map::to_string(loss.reason)));
    json.text("means", std::string(map::meaning(loss.reason)));
    json.number("count", loss.count);
    json.key("examples");
    json.open('[');
    for (const map::Explanation::Example& example : loss.examples) {
      json.next();
      json.open('{');
      json.text("path", example.where);
      json.text("why", example.why);
      json.close('}');
    }
    json.close(']');
    json.close('}');
  }
  json.close(']');
  json.close('}');
}

void write(Json& json, const Error& why) {
  json.text("reason", std::string(to_string(why.stage)));
  json.text("detail", why.detail);
}

void write(Json& json, const char* name, const std::vector<std::pair<std::string, Error>>& requests) {
  json.key(name);
  json.open('[');
  for (const auto& [request, why] : requests) {
    json.next();
    json.open('{');
    json.text("request", request);
    write(json, why);
    json.close('}');
  }
  json.close(']');
}

}  // namespace

void hear(PollTrace& trace, const std::string& request, const std::string& path, int status, const std::string& body) {
  std::size_t used = 0;
  for (const PollTrace::Body& known : trace.bodies) used += known.text.size();
  if (trace.bodies.size() >= PollTrace::most_bodies || used >= PollTrace::most_text) {
    ++trace.bodies_left_out;
    return;
  }
  trace.bodies.push_back(
      {request, path, status, body.size(), body.substr(0, PollTrace::most_text - used + longest_secret)});
}

std::string to_json(const PollTrace& trace, const std::string& target, const std::vector<std::string>& secrets) {
  Json json(secrets);
  json.open('{');
  json.text("target", target);
  json.text("state", "ready");
  json.time("polled", trace.at);
  json.time("kept_until", trace.at + static_cast<double>(std::chrono::seconds(explained_for).count()));
  json.raw("ok", trace.failed ? "false" : "true");
  if (trace.failed) write(json, *trace.failed);
  write(json, "requests_lost", trace.lost);
  write(json, "requests_failed", trace.refused);
  json.key("requests_not_asked");
  json.open('[');
  for (const std::string& request : trace.unasked) json.item(request);
  json.close(']');
  json.number("items_lost", trace.items_lost);
  json.key("rules");
  json.open('[');
  for (const map::Explanation::Rule& rule : trace.rules.rules) write(json, rule);
  json.close(']');
  json.number("derived_samples", trace.rules.derived);
  json.key("bodies");
  json.open('[');
  std::size_t left = PollTrace::most_text;
  for (const PollTrace::Body& body : trace.bodies) {
    json.next();
    json.open('{');
    json.text("request", body.request);
    json.text("path", body.path);
    json.number("status", static_cast<std::uint64_t>(std::max(body.status, 0)));
    json.number("bytes", body.bytes);
    std::string text = redacted(body.text, secrets);
    const bool cut = body.text.size() < body.bytes || text.size() > left;
    text.resize(std::min(text.size(), left));
    left -= text.size();
    json.raw("cut", cut ? "true" : "false");
    json.text("body", std::move(text));
    json.close('}');
  }
  json.close(']');
  json.number("bodies_left_out", trace.bodies_left_out);
  json.close('}');
  return json.take() + "\n";
}

}  // namespace tallyman::poll
