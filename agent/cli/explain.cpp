#include <algorithm>
#include <cstdio>

#include "app.h"
#include "cli/commands.h"
#include "cli/one_target.h"
#include "core/diagnostic.h"
#include "core/log.h"

namespace tallyman::cli {
namespace {

using map::Explanation;

std::string counted(std::size_t n, const std::string& one) {
  if (n == 1) return "1 " + one;
  return std::to_string(n) + " " + (one.ends_with("y") ? one.substr(0, one.size() - 1) + "ie" : one) + "s";
}

std::string took(std::uint64_t nanoseconds) {
  char text[32];
  const double us = static_cast<double>(nanoseconds) / 1e3;
  if (us < 1000)
    std::snprintf(text, sizeof text, "%.0f µs", us);
  else
    std::snprintf(text, sizeof text, "%.1f ms", us / 1e3);
  return text;
}

void line(const std::string& text) { std::printf("%s\n", one_line(text).c_str()); }

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "`" : ", `") + name + "`";
  return out;
}

// Which of several requests were answered, where one failed, or one file stands for all their answers.
void answers(const poll::PollTrace& trace, const std::vector<map::RequestInfo>& requests, bool file) {
  const auto because = [](const Error& why) { return std::string(to_string(why.stage)) + ": " + why.detail; };
  std::vector<std::string> read;
  for (const map::RequestInfo& request : requests) {
    const auto is = [&](const auto& failed) { return failed.first == request.name; };
    if (std::none_of(trace.lost.begin(), trace.lost.end(), is) &&
        std::none_of(trace.refused.begin(), trace.refused.end(), is) &&
        std::find(trace.unasked.begin(), trace.unasked.end(), request.name) == trace.unasked.end())
      read.push_back(request.name);
  }
  if (file && requests.size() > 1)
    line("the file stands for the answer to each request; it was read as the answer to " +
         (read.empty() ? "none" : listed(read)));
  for (const auto& [request, why] : trace.lost)
    line("request `" + request + "` failed, and is optional: " + because(why));
  if (requests.size() < 2) return;
  for (const auto& [request, why] : trace.refused) line("request `" + request + "` failed: " + because(why));
  if (!trace.unasked.empty()) line("not asked after that: " + listed(trace.unasked));
}

void losses(const Explanation::Rule& rule) {
  for (const Explanation::Loss& loss : rule.losses) {
    const std::string means(map::meaning(loss.reason)), reason(map::to_string(loss.reason));
    line("  " + (loss.key.empty() ? std::string("samples") : loss.key) + ": " + std::to_string(loss.count) + " " +
         means + (means == reason ? "" : " (" + reason + ")"));
    for (const Explanation::Example& example : loss.examples)
      line("    " + example.where + (example.where.empty() ? "" : " ") + example.why);
    if (loss.count > loss.examples.size() && loss.examples.size() == Explanation::examples)
      line("    and " + std::to_string(loss.count - loss.examples.size()) + " more");
  }
}

void rule(const Explanation::Rule& rule) {
  const bool table = rule.name.starts_with("tables."), pass = rule.name.starts_with("passthrough");
  line(rule.name + ": " + (pass ? "" : counted(rule.found.items, "item") + ", ") +
       counted(rule.samples, table ? "entry" : "sample") + ", " + took(rule.nanoseconds));
  line("  reads " + (rule.each.empty() ? std::string("families") : rule.each) + " of request `" + rule.request + "`, " +
       counted(rule.documents, "answer"));
  if (!rule.nothing.empty()) line("  found nothing: " + rule.nothing);
  losses(rule);
}

}  // namespace

int explain(const ProbeOptions& options) {
  log::configure(log::Level::error, log::Form::text);
  std::optional<RunnableTarget> target = one_target(options);
  if (!target) return 2;
  const std::vector<map::RequestInfo> requests = target->collector->requests();
  const bool file = target->target.endpoint.url.scheme == Url::Scheme::file;
  const poll::PollTrace trace = explain_target(std::move(*target));
  answers(trace, requests, file);
  if (trace.item_error)
    line(counted(trace.items_lost, "follow-up") + " failed, the first with " +
         std::string(to_string(trace.item_error->stage)) + ": " + trace.item_error->detail);
  for (const Explanation::Rule& r : trace.rules.rules) rule(r);
  if (trace.rules.derived > 0)
    line(counted(trace.rules.derived, "sample") + " more follow from all rules together (states, what was not said)");
  if (trace.failed)
    std::fprintf(stderr, "failed: %s\n",
                 one_line(std::string(to_string(trace.failed->stage)) + ": " + trace.failed->detail).c_str());
  return trace.failed ? 1 : 0;
}

}  // namespace tallyman::cli
