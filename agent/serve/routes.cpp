#include "serve/routes.h"

#include <algorithm>

#include "core/diagnostic.h"
#include "serve/page.h"

namespace tallyman::serve {
namespace {

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 403:
      return "Forbidden";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

std::string unknown_target(const std::string& name, const Handlers& handlers) {
  std::string text = "no target `" + name + "`";
  const std::string near = nearest(name, handlers.targets());
  if (!near.empty()) text += "; did you mean `" + near + "`?";
  return text + "\nall targets: /\n";
}

// Kubernetes' own form, so that people and tools can read it.
Reply checks_reply(const Request& request, const std::string& probe, std::vector<Check> checks) {
  std::vector<std::string> excluded;
  for (const auto& [name, value] : request.query)
    if (name == "exclude") excluded.push_back(value);
  bool passed = true;
  std::string list;
  for (const Check& check : checks) {
    const auto exclusion = std::find(excluded.begin(), excluded.end(), check.name);
    if (exclusion != excluded.end()) {
      list += "[+]" + check.name + " excluded: ok\n";
      std::erase(excluded, check.name);
    } else if (check.ok) {
      list += "[+]" + check.name + " ok\n";
    } else {
      list += "[-]" + check.name + " failed" + (check.detail.empty() ? "" : ": " + check.detail) + "\n";
      passed = false;
    }
  }
  for (const std::string& name : excluded) list += "warn: no check `" + name + "` to exclude\n";
  Reply reply = text_reply(passed ? 200 : 503, "");
  if (!passed || request.has("verbose"))
    reply.body = list + probe + " check " + (passed ? "passed" : "failed") + "\n";
  else
    reply.body = "ok\n";
  return reply;
}

Reply target_health(const std::string& name, const Request& request, const Handlers& handlers) {
  const std::optional<Check> check = handlers.target_health(name);
  return check ? checks_reply(request, "healthz", {*check}) : text_reply(404, unknown_target(name, handlers));
}

void show(Reply& reply, const Request& request, std::vector<store::SnapshotPtr> snapshots, bool all) {
  ScrapeOrder order;
  order.snapshots = std::move(snapshots);
  order.format = exposition::negotiate_format(request.accept);
  order.gzip = exposition::accepts_gzip(request.accept_encoding);
  order.all = all;
  reply.content_type = exposition::content_type(order.format);
  reply.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  if (order.gzip) reply.headers.emplace_back("Content-Encoding", "gzip");
  reply.scrape = std::move(order);
}

Reply metrics(const Request& request, const Handlers& handlers) {
  const std::optional<std::string> target = request.parameter("target");
  if (target && target->empty()) return text_reply(404, "?target= names no target; without it /metrics shows all\n");
  auto snapshots = handlers.snapshots(target.value_or(""), !target);
  if (!snapshots) return text_reply(404, unknown_target(target.value_or(""), handlers));
  Reply reply;
  show(reply, request, std::move(*snapshots), !target);
  return reply;
}

std::vector<Check> targets_health(const Handlers& handlers) {
  std::vector<Check> out;
  for (const std::string& name : handlers.targets())
    if (auto check = handlers.target_health(name)) out.push_back(std::move(*check));  // else it has just gone
  return out;
}

constexpr std::string_view healthz = "/healthz/";

// As blackbox_exporter: half a second before the scraper gives up, so that it hears why.
std::chrono::milliseconds probe_time(const Request& request) {
  constexpr std::chrono::milliseconds margin(500), most(60'000), unsaid(10'000);
  if (!request.scrape_timeout) return unsaid;
  const std::chrono::milliseconds said = std::min(*request.scrape_timeout, most);
  return std::max(said > 2 * margin ? said - margin : said / 2, std::chrono::milliseconds(1));
}

Reply probe(const Request& request, const Handlers& handlers) {
  if (!handlers.probe) return text_reply(403, "there are no probes here\n");
  Reply reply;
  reply.probe = ProbeQuestion{request.parameter("target").value_or(""), request.parameter("collector").value_or(""), "",
                              probe_time(request)};
  if (!reply.probe->collector.empty() && request.has("module"))
    return text_reply(400, "either a collector or a module of json_exporter, not both\n");
  if (reply.probe->collector.empty()) reply.probe->module = request.parameter("module").value_or("default");
  return reply;
}

constexpr std::string_view api_targets = "/api/v1/targets/", explain_end = "/explain";

Reply json_reply(int status, std::string json) {
  Reply reply = text_reply(status, std::move(json));
  reply.content_type = "application/json";
  return reply;
}

Reply explain(const Request& request, const Handlers& handlers) {
  std::string_view name = std::string_view(request.path).substr(api_targets.size() - 1);
  name.remove_suffix(explain_end.size());
  if (name.empty()) return text_reply(404, "no target is named: /api/v1/targets/NAME/explain\n");
  const auto target = percent_decode(name.substr(1));
  if (!target) return text_reply(400, "the target's name has a broken percent escape\n");
  std::optional<Explained> explained = handlers.explain(*target, request.has("again"));
  if (!explained) return text_reply(404, unknown_target(*target, handlers));
  return json_reply(explained->status, std::move(explained->json));
}

std::optional<Reply> known_path(const Request& request, const Handlers& handlers) {
  const std::string& path = request.path;
  if (path == "/metrics") return metrics(request, handlers);
  if (path == "/probe") return probe(request, handlers);
  if (path == "/livez" || path == "/-/healthy") return checks_reply(request, "livez", handlers.live());
  if (path == "/readyz" || path == "/-/ready") return checks_reply(request, "readyz", handlers.ready());
  if (path.starts_with(healthz) && path.size() > healthz.size()) {
    const auto name = percent_decode(std::string_view(path).substr(healthz.size()));
    if (!name) return text_reply(400, "the target's name has a broken percent escape\n");
    return target_health(*name, request, handlers);
  }
  if (path.starts_with(api_targets) && path.ends_with(explain_end)) return explain(request, handlers);
  if (path == "/") {
    Reply page;
    page.content_type = "text/html; charset=utf-8";
    page.body = landing_page(handlers.version, handlers.configuration(), targets_health(handlers));
    return page;
  }
  return std::nullopt;
}

}  // namespace

Reply probed_reply(const Request& request, Probed probed) {
  if (probed.exposition) {
    Reply reply;
    reply.content_type = exposition::content_type(exposition::Format::text);
    reply.headers.emplace_back("Cache-Control", "no-store");
    reply.headers.emplace_back("Vary", "Accept-Encoding");
    reply.body = std::move(*probed.exposition);
    if (exposition::accepts_gzip(request.accept_encoding)) {
      reply.headers.emplace_back("Content-Encoding", "gzip");
      reply.body = exposition::gzipped(reply.body);
    }
    return reply;
  }
  if (probed.snapshots.empty()) {
    Reply reply = text_reply(probed.status, std::move(probed.text));
    if (probed.status == 503) reply.headers.emplace_back("Retry-After", "1");
    return reply;
  }
  Reply reply;
  reply.headers.emplace_back("Cache-Control", "no-store");
  show(reply, request, std::move(probed.snapshots), false);
  return reply;
}

Reply text_reply(int status, std::string text) {
  Reply reply;
  reply.status = status;
  reply.headers.emplace_back("Cache-Control", "no-store");
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  reply.body = std::move(text);
  return reply;
}

namespace {

Reply reload(const Request& request, const Handlers& handlers) {
  if (request.method != "POST" && request.method != "PUT") {
    Reply reply = text_reply(405, "reloading changes something: POST /-/reload\n");
    reply.headers.emplace_back("Allow", "POST, PUT");
    return reply;
  }
  if (!handlers.reload)
    return text_reply(403, "POST /-/reload is not enabled: start with --web.enable-lifecycle, or send SIGHUP\n");
  Reply reply = text_reply(200, "");
  reply.reload = true;
  return reply;
}

}  // namespace

Reply route(const Request& request, const Handlers& handlers) {
  if (request.path == "/-/reload") return reload(request, handlers);
  if (request.method != "GET" && request.method != "HEAD") {
    Reply reply = text_reply(405, request.method + " is not answered here, only GET and HEAD\n");
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  std::optional<Reply> reply = known_path(request, handlers);
  if (reply) return std::move(*reply);
  return text_reply(404, "nothing at " + request.path +
                             "\nthere are: / /metrics /metrics?target=NAME /livez /readyz /healthz/NAME "
                             "/api/v1/targets/NAME/explain /probe?target=URL&collector=NAME\n");
}

std::string head_text(const Reply& reply, const Request& request, std::optional<std::size_t> length, bool keep_alive,
                      std::string_view date) {
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " " + reason_phrase(reply.status) + "\r\n";
  const auto add = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  add("Date", date);
  add("Content-Type", reply.content_type);
  for (const auto& [name, value] : reply.headers) add(name, value);
  if (length)
    add("Content-Length", std::to_string(*length));
  else if (request.http_1_1 && !request.head())
    add("Transfer-Encoding", "chunked");
  if (!keep_alive)
    add("Connection", "close");
  else if (!request.http_1_1)
    add("Connection", "keep-alive");
  return out += "\r\n";
}

}  // namespace tallyman::serve
