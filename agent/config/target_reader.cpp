#include "config/target_reader.h"

#include <algorithm>

#include "config/collector_reader.h"
#include "config/named_files.h"
#include "core/letters.h"

namespace tallyman::config {
namespace {

const Words& settings() {
  static const Words all = {"collector",    "interval", "timeout", "labels",     "headers", "auth",
                            "tls",          "proxy",    "limits",  "on_failure", "max_age", "worker_grace",
                            "honor_labels", "filter",   "with",    "timezone"};
  return all;
}

Words target_keys() {
  Words all = {"name", "url"};
  all.insert(all.end(), settings().begin(), settings().end());
  return all;
}

template <class Map, class Value>
void put(Map& map, const std::string& key, Value value) {
  for (auto& entry : map)
    if (entry.first == key) {
      entry.second = std::move(value);
      return;
    }
  map.emplace_back(key, std::move(value));
}

// A text with its variables filled in; "" (and said) if one is not set.
std::string expanded(Reader& r, const TargetScope& scope, const Text& text, const std::string& subject) {
  Result<std::string> out = expand(text.text, scope.environment);
  if (out) return std::move(*out);
  r.fail(text.at, subject + ": " + out.error().detail);
  return "";
}

// A label of the target stands on all its series and would push aside the vocabulary's own, which
// tell workers, queues and states apart. `namespace` is left to the user: there it may mean the pod's.
void refuse_vocabulary(Reader& r, const Text& label) {
  for (const char* own : {"worker", "queue", "pool", "state", "consumer_group"})
    if (label.text == own)
      r.fail(label.at, "the label `" + label.text + "` tells the target's own series apart; choose another name");
}

void read_labels(Reader& r, const TargetScope& scope, const Node& node, Labels& out) {
  r.labels(node, "`labels`", [&](const Text& name, const Node& value) {
    refuse_vocabulary(r, name);
    const std::string subject = "the label `" + name.text + "`";
    put(out, name.text, expanded(r, scope, r.word(value, subject), subject));
  });
}

void read_headers(Reader& r, const TargetScope& scope, const Node& node,
                  std::vector<std::pair<std::string, std::string>>& out) {
  if (!r.free_map(node, "`headers`")) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Text& name = node.keys[i];
    const std::string subject = "the header `" + name.text + "`";
    const std::string small = small_letters(name.text);
    if (!is_header_name(name.text))
      r.fail(name.at, "`" + name.text + "` is not the name of an HTTP header");
    else if (small == "authorization")
      r.fail(name.at, subject + " belongs under `auth`, where it is kept out of logs");
    else if (is_agents_header(small))
      r.fail(name.at, subject + " is set by the agent; remove it");
    const Text text = r.word(node.items[i], subject);
    std::string value = expanded(r, scope, text, subject);
    if (has_control(value)) r.fail(text.at, subject + " holds a control character");
    put(out, name.text, std::move(value));
  }
}

void read_limits(Reader& r, const Node& node, CollectorLimits& out) {
  const CollectorLimits said = read_limits(r, node);
  const auto take = [](auto& slot, const auto& value) {
    if (value) slot = value;
  };
  take(out.body, said.body);
  take(out.depth, said.depth);
  take(out.pages, said.pages);
  take(out.follow_ups, said.follow_ups);
  take(out.samples, said.samples);
  take(out.label, said.label);
}

// Labels that stay whatever a filter says: without them series could not be told apart or read.
void warn_of_kept(Reader& r, const std::vector<Text>& dropped) {
  for (const Text& glob : dropped)
    for (const char* kept : {"system", "target", "le", "quantile"})
      if (glob.text == kept)
        r.warn(glob.at, "`" + glob.text + "` is never dropped: " +
                            (glob.text == "system" || glob.text == "target"
                                 ? "the agent sets it on all series of a target"
                                 : "without it the samples of histograms and summaries mean nothing"));
}

void read_filter(Reader& r, const Node& node, Filter& out) {
  if (!r.map(node, "`filter`", {"keep", "drop", "keep_labels", "drop_labels"})) return;
  const auto list = [&](const char* key, std::vector<Text>& slot, Reader::Name of) {
    if (const Node* item = node.find(key)) slot = r.globs(*item, "`" + std::string(key) + "`", of);
  };
  list("keep", out.keep, Reader::Name::metric);
  list("drop", out.drop, Reader::Name::metric);
  list("keep_labels", out.keep_labels, Reader::Name::label);
  list("drop_labels", out.drop_labels, Reader::Name::label);
  warn_of_kept(r, out.drop_labels);
}

void read_with(Reader& r, const Node& node, Parameters& out) {
  if (!r.free_map(node, "`with`")) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Text& name = node.keys[i];
    Parameter value = read_parameter(r, name, node.items[i]);
    const auto known =
        std::find_if(out.begin(), out.end(), [&](const auto& entry) { return entry.first.text == name.text; });
    if (known == out.end())
      out.emplace_back(name, std::move(value));
    else
      *known = {name, std::move(value)};
  }
}

// Names such as UTC, Europe/Berlin, Etc/GMT+3; whether the zone exists is known when it is used.
bool is_zone_name(const std::string& s) {
  bool start = true;
  for (char c : s) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (start && !letter) return false;
    start = c == '/';
    if (!letter && !start && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+') return false;
  }
  return !start;
}

// Every key that may also stand in `defaults`.
void read_settings(Reader& r, const TargetScope& scope, const Node& node, Target& out) {
  const auto when = [&](const char* key, auto&& read) {
    if (const Node* item = node.find(key)) read(*item);
  };
  const Nanoseconds millisecond = std::chrono::milliseconds(1);
  when("collector", [&](const Node& n) { out.collector = r.text(n, "`collector`"); });
  when("interval", [&](const Node& n) {
    if (const auto d = r.duration(n, "`interval`", std::chrono::milliseconds(100))) out.interval = *d;
  });
  when("timeout", [&](const Node& n) {
    if (const auto d = r.duration(n, "`timeout`", millisecond)) out.timeout = *d;
  });
  when("labels", [&](const Node& n) { read_labels(r, scope, n, out.labels); });
  when("headers", [&](const Node& n) { read_headers(r, scope, n, out.endpoint.headers); });
  when("auth", [&](const Node& n) { out.endpoint.auth = read_auth(r, scope, n); });
  when("tls", [&](const Node& n) {
    out.tls_at = n.at;
    read_tls(r, scope, n, out.endpoint.tls);
  });
  when("proxy", [&](const Node& n) { out.endpoint.proxy = read_proxy(r, scope, n); });
  when("limits", [&](const Node& n) { read_limits(r, n, out.limits_said); });
  when("on_failure", [&](const Node& n) {
    if (const auto index = r.choice(n, "`on_failure`", {"hold", "drop"}))
      out.on_failure = *index == 0 ? OnFailure::hold : OnFailure::drop;
  });
  when("max_age", [&](const Node& n) { out.max_age = r.duration(n, "`max_age`", millisecond); });
  when("worker_grace", [&](const Node& n) { out.worker_grace = r.duration(n, "`worker_grace`", Nanoseconds(0)); });
  when("honor_labels", [&](const Node& n) { out.honor_labels = r.boolean(n, "`honor_labels`"); });
  when("filter", [&](const Node& n) { read_filter(r, n, out.filter); });
  when("with", [&](const Node& n) { read_with(r, n, out.with); });
  when("timezone", [&](const Node& n) {
    out.timezone = r.text(n, "`timezone`");
    if (!out.timezone.empty() && !is_zone_name(out.timezone.text))
      r.fail(n.at, "`timezone` cannot be `" + out.timezone.text + "`; expected a name such as UTC or Europe/Berlin");
  });
}

void read_name(Reader& r, const Node& node, Target& out) {
  const Node* name = node.find("name");
  if (!name) return r.missing(node.at, "`name` of a target", "a name of its own, which becomes the label `target`");
  out.name = r.text(*name, "`name`");
  const std::string& s = out.name.text;
  if (has_control(s) || s.find('/') != std::string::npos || s.starts_with(' ') || s.ends_with(' ') || s.size() > 200)
    r.fail(name->at, "a target cannot be named `" + s.substr(0, 60) +
                         "`; expected at most 200 bytes without `/`, control characters or blanks at the ends");
}

void read_url(Reader& r, const TargetScope& scope, const Node& node, const std::string& name, Target& out) {
  const Node* item = node.find("url");
  if (!item)
    return r.missing(node.at, "`url` of the target `" + name + "`",
                     "http://, https://, unix:, tcp://, file: or dummy:, such as url: http://localhost:15672");
  out.url_at = item->at;
  const Text text = r.text(*item, "`url`");
  if (text.empty()) return;
  Result<std::string> full = expand(text.text, scope.environment);
  if (!full) return r.fail(text.at, "`url`: " + full.error().detail);
  Result<Url> url = parse_url(*full);
  if (!url) {  // the text as written: a variable may hold a token
    std::string why = url.error().detail;
    const std::string shown = "`" + *full + "`";
    if (why.starts_with(shown)) why = "`" + text.text + "`" + why.substr(shown.size());
    return r.fail(text.at, "`url`: " + why);
  }
  out.endpoint.url = std::move(*url);
}

const char* scheme_text(Url::Scheme scheme) {
  switch (scheme) {
    case Url::Scheme::file:
      return "file:";
    case Url::Scheme::dummy:
      return "dummy:";
    case Url::Scheme::tcp:
      return "tcp://";
    case Url::Scheme::unix_stream:
      return "unix://";
    case Url::Scheme::http:
    case Url::Scheme::https:
    case Url::Scheme::unix_http:
      break;
  }
  return "http";
}

// What a target says itself and its kind of url cannot use; the same in `defaults` is for the others.
void warn_of_no_effect(Reader& r, const Node& node, const Target& target) {
  using Scheme = Url::Scheme;
  const Scheme scheme = target.endpoint.url.scheme;
  const bool known = scheme != Scheme::http || !target.endpoint.url.host.empty();  // the url could be read
  if (const Node* tls = node.find("tls"); tls && known && scheme != Scheme::https)
    r.warn(tls->at, "`tls` has no effect: the url does not begin with https://");
  if (const Node* proxy = node.find("proxy");
      proxy && known && !target.endpoint.proxied() && !target.endpoint.proxy.url.host.empty())
    r.warn(proxy->at, "`proxy` has no effect: the url does not begin with http:// or https://");
  if (!target.endpoint.url.is_http())
    for (const char* key : {"auth", "headers"})
      if (const Node* item = node.find(key); item && item->text != "none")
        r.warn(item->at,
               std::string("`") + key + "` has no effect: a " + scheme_text(scheme) + " url is read without HTTP");
  const Node* said = node.find("max_age") ? node.find("max_age") : node.find("interval");
  if (said && target.max_age && *target.max_age < target.interval)
    r.warn(said->at, "`max_age` " + duration_text(*target.max_age) + " is shorter than the interval " +
                         duration_text(target.interval) + ": the values vanish before the next poll");
}

}  // namespace

void read_tls(Reader& r, const TargetScope& scope, const Node& node, TlsSettings& out) {
  if (!r.map(node, "`tls`", {"ca", "cert", "key", "server_name", "insecure"})) return;
  const auto path = [&](const char* key, std::string& slot, Pem wanted) {
    const Node* item = node.find(key);
    if (!item) return;
    const std::string subject = "`" + std::string(key) + "`";
    slot = beside(scope.folder, r.text(*item, subject).text);
    if (!slot.empty()) look_at_pem(r, scope, item->at, subject, slot, wanted);
  };
  path("ca", out.ca, Pem::certificates);
  path("cert", out.cert, Pem::certificates);
  path("key", out.key, Pem::key);
  if (const Node* name = node.find("server_name")) out.server_name = r.text(*name, "`server_name`").text;
  if (const Node* insecure = node.find("insecure")) {
    out.insecure = r.boolean(*insecure, "`insecure`");
    if (out.insecure)
      r.warn(insecure->at,
             "`insecure: true`: certificates are not verified, anybody on the way can read and change "
             "what is polled; `ca` makes a private authority known instead");
  }
  if (out.cert.empty() != out.key.empty())
    r.missing(node.at, out.cert.empty() ? "`cert` of `tls`" : "`key` of `tls`", "both `cert` and `key`, or neither");
}

Draft read_defaults(Reader& r, const TargetScope& scope, const Node& node) {
  Draft out;
  Words allowed = settings();
  for (const Text& given : node.keys)
    if (given.text == "name" || given.text == "url") {
      r.fail(given.at, "`" + given.text + "` cannot be a default: every target has its own");
      allowed.push_back(given.text);  // enough is said of it
    }
  if (!r.map(node, "`defaults`", allowed)) return out;
  read_settings(r, scope, node, out.target);
  out.timeout_default = node.find("timeout") != nullptr;
  return out;
}

Target read_target(Reader& r, const TargetScope& scope, const Draft& defaults, const Node& node) {
  Target out = defaults.target;
  if (!r.map(node, "a target", target_keys())) return out;
  read_name(r, node, out);
  read_url(r, scope, node, out.name.text, out);
  read_settings(r, scope, node, out);
  if (out.collector.empty() && !node.find("collector"))
    r.missing(node.at, "`collector` of the target `" + out.name.text + "`",
              "the name of a collector, such as rabbitmq");
  if (const Node* timeout = node.find("timeout")) {
    if (out.timeout > out.interval)
      r.fail(timeout->at, "`timeout` " + duration_text(out.timeout) + " is longer than the interval " +
                              duration_text(out.interval) + "; a poll must end before the next one is due");
  } else if (defaults.timeout_default) {
    out.timeout = std::min(out.timeout, out.interval);  // a default gives way to a short interval
  } else {
    out.timeout = std::min<Nanoseconds>(out.interval, std::chrono::seconds(10));
  }
  warn_of_no_effect(r, node, out);
  out.limits = effective_limits(out.limits_said, {});
  out.endpoint.body_limit = out.limits.body_bytes;
  return out;
}

std::string beside(const std::string& folder, const std::string& path) {
  return path.empty() || path.starts_with('/') ? path : folder + path;
}

}  // namespace tallyman::config
