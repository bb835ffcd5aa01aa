#include "serve/page.h"

#include <algorithm>
#include <ctime>

#include "core/url.h"

namespace tallyman::serve {
namespace {

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tallyman</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .2rem 1.5rem .2rem 0; border-bottom: 1px solid #8884 }
small { opacity: .7 }
td small { overflow-wrap: anywhere }
</style>
</head>
<body>
<h1>Tallyman <small>)";

constexpr std::string_view links = R"(</small></h1>
<p>Keeps the tally of other people's workers: polls their admin interfaces and shows what it last knew as metrics.</p>
<table>
<tr><td><a href="/metrics">/metrics</a></td><td>all targets and the agent itself, for Prometheus</td></tr>
<tr><td><a href="/livez">/livez</a></td><td>200 while the agent works; <a href="/livez?verbose">its checks</a>; also <a href="/-/healthy">/-/healthy</a></td></tr>
<tr><td><a href="/readyz">/readyz</a></td><td>200 once each target was tried; <a href="/readyz?verbose">its checks</a>; also <a href="/-/ready">/-/ready</a></td></tr>
)";

}  // namespace

namespace {

std::string utc(double epoch_seconds) {
  const auto when = static_cast<std::time_t>(epoch_seconds);
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts));
}

// What may be asked, for who puts a question together by hand.
std::string probes(const Configuration& c) {
  const auto row = [](const char* parameter, const char* what, const std::vector<std::string>& names) {
    if (names.empty()) return std::string();
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + escape_html(name);
    return "<tr><td>/probe?target=URL&amp;" + std::string(parameter) + "=NAME</td><td>polls that url once, now, if " +
           "<code>probe</code> of targets.yaml allows it; " + what + ": " + list + "</td></tr>\n";
  };
  return row("collector", "collectors", c.probe_collectors) +
         row("module", "modules of json_exporter", c.probe_modules);
}

std::string last_reload(const Configuration& c) {
  if (!c.refused)
    return "<p>The configuration was " + std::string(c.reloaded ? "reloaded" : "read at the start") + ", " +
           utc(c.read) + ".</p>\n";
  std::string more;
  if (c.refused->errors > 1) more = "<br>and " + std::to_string(c.refused->errors - 1) + " more, in the log";
  return "<p><strong>The configuration was not reloaded</strong>, " + utc(c.refused->at) + "; that of " + utc(c.read) +
         " runs on:<br><small>" + escape_html(c.refused->first) + more + "</small></p>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string landing_page(std::string_view version, const Configuration& configuration,
                         const std::vector<Check>& targets) {
  std::string out(head);
  out.append(escape_html(version))
      .append(links)
      .append(probes(configuration))
      .append("</table>\n")
      .append(last_reload(configuration));
  std::vector<const Check*> order;
  order.reserve(targets.size());
  for (const Check& target : targets)
    if (!target.ok) order.push_back(&target);
  const std::size_t unwell = order.size();
  for (const Check& target : targets)
    if (target.ok) order.push_back(&target);
  out += "<h2>Targets <small>" + std::to_string(targets.size());
  if (unwell > 0) out += ", " + std::to_string(unwell) + " not well";
  out += "</small></h2>\n";
  if (targets.empty()) return out += "<p>None is configured.</p>\n</body>\n</html>\n";
  out += "<table>\n";
  for (std::size_t i = 0; i < std::min(order.size(), max_listed); ++i) {
    const Check& target = *order[i];
    const std::string url_name = percent_encode(target.name);
    out += "<tr><td>" + escape_html(target.name);
    if (!target.ok) out += "<br><small>" + escape_html(target.detail) + "</small>";
    out += "</td><td><a href=\"/metrics?target=" + url_name + "\">metrics</a></td><td><a href=\"/healthz/" + url_name +
           "\">health</a></td><td><a href=\"/api/v1/targets/" + url_name + "/explain\">explain</a></td></tr>\n";
  }
  out += "</table>\n";
  if (targets.size() > max_listed) out += "<p>and " + std::to_string(targets.size() - max_listed) + " more</p>\n";
  return out += "</body>\n</html>\n";
}

}  // namespace tallyman::serve
