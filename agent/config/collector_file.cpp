// The root of a collector file, and what spans the whole of it.
#include "config/collector_file.h"

#include <algorithm>
#include <map>

#include "config/collector_reader.h"
#include "config/collector_schema.h"

namespace tallyman::config {
namespace {

const Words& root_keys() {
  static const Words all = schema_keys("/properties");
  return all;
}

void read_name(Reader& r, const Node& root, const std::string& expected_name, CollectorFile& out) {
  const Node* node = root.find("collector");
  if (!node) return r.missing(root.at, "`collector`", "the collector's name, as in `collector: rabbitmq`");
  out.name = r.text(*node, "`collector`");
  const std::string& s = out.name.text;
  if (s.empty()) return;
  bool good = s[0] >= 'a' && s[0] <= 'z';
  for (char c : s) good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
  if (!good)
    r.fail(node->at, "a collector cannot be named `" + s + "`; expected small letters, digits and -, a letter first");
  else if (!expected_name.empty() && s != expected_name)
    r.fail(node->at, "`collector: " + s + "` is not the file's name; expected `collector: " + expected_name + "`");
}

// One rule, or a list of them.
template <class Read>
void each_of(Reader& r, const Node* node, const std::string& subject, Read read) {
  if (!node) return;
  if (node->kind == Node::Kind::list) {
    if (r.list(*node, subject))
      for (const Node& item : node->items) read(item);
  } else {
    read(*node);
  }
}

// A name has one type and one help in the whole file.
void check_metrics(Reader& r, const CollectorFile& file) {
  std::map<std::string, const Metric*> first;
  for (const Rule& rule : file.rules)
    for (const Metric& metric : rule.metrics) {
      const auto [known, fresh] = first.emplace(metric.name.text, &metric);
      if (fresh) continue;
      const std::string there = "on line " + std::to_string(known->second->name.at.line);
      if (known->second->type != metric.type)
        r.fail(metric.name.at, "the metric `" + metric.name.text + "` has another type " + there +
                                   "; one name has one type in the whole file");
      else if (known->second->help.text != metric.help.text)
        r.fail(metric.name.at, "the metric `" + metric.name.text + "` has another help " + there +
                                   "; one name has one help in the whole file");
    }
  // Two families cannot share the name of a sample.
  for (const auto& [name, histogram] : first) {
    if (histogram->type != Metric::Type::histogram) continue;
    for (const char* suffix : {"_bucket", "_count", "_created", "_sum"})
      if (const auto other = first.find(name + suffix); other != first.end())
        r.fail(other->second->name.at, "`" + other->first + "` is the name of a sample of the histogram `" + name +
                                           "` on line " + std::to_string(histogram->name.at.line) +
                                           "; choose another name");
  }
}

// `for_each` makes requests wait for each other; a circle would wait for ever.
void check_cycles(Reader& r, const CollectorFile& file) {
  std::map<std::string, const Request*> by_name;
  for (const Request& request : file.requests) by_name.emplace(request.name.text, &request);
  std::vector<std::string> reported;
  for (const Request& start : file.requests) {
    std::vector<std::string> path = {start.name.text};
    const Request* at = &start;
    while (at->for_each && !at->for_each->from.empty()) {
      const auto next = by_name.find(at->for_each->from.text);
      if (next == by_name.end() || next->second == at) break;  // unknown or itself: said where it is read
      at = next->second;
      if (at == &start) {
        const bool said = std::any_of(path.begin(), path.end(), [&](const std::string& name) {
          return std::find(reported.begin(), reported.end(), name) != reported.end();
        });
        reported.insert(reported.end(), path.begin(), path.end());
        if (said) break;
        std::string circle;
        for (const std::string& name : path) circle += name + " -> ";
        r.fail(start.for_each->from.at, "the requests wait for each other: " + circle + start.name.text);
        break;
      }
      if (std::find(path.begin(), path.end(), at->name.text) != path.end()) break;  // a circle further on
      path.push_back(at->name.text);
    }
  }
}

void check_passthrough(Reader& r, const CollectorFile& file) {
  for (const Passthrough& pass : file.passthrough)
    for (const Request& request : file.requests) {
      if (!pass.from.empty() ? request.name.text != pass.from.text : file.requests.size() != 1) continue;
      if (request.format != Format::prometheus)
        r.fail(pass.from.empty() ? pass.at : pass.from.at,
               "`passthrough` needs a request with `format: prometheus`; `" + request.name.text +
                   "` has `format: " + std::string(to_string(request.format)) + "`");
    }
}

Words names_in(const Node& root, const char* key) {
  const Node* node = root.find(key);
  Words out;
  if (node && node->kind == Node::Kind::map)
    for (const Text& name : node->keys) out.push_back(name.text);
  return out;
}

void read_root(Reader& r, const Node& root, const std::string& expected_name, CollectorFile& out) {
  const auto when = [&](const char* key, auto&& read) {
    if (const Node* node = root.find(key)) read(*node);
  };
  const Scope scope = {names_in(root, "requests"), names_in(root, "tables"), names_in(root, "with")};
  read_name(r, root, expected_name, out);
  if (const Node* about = root.find("about"))
    out.about = r.text(*about, "`about`");
  else
    r.missing(root.at, "`about`", "one line that says what the collector is for");
  out.system = out.name;
  when("system", [&](const Node& n) { out.system = r.text(n, "`system`"); });
  when("with", [&](const Node& n) {
    if (!r.free_map(n, "`with`")) return;
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
      r.plain_name(n.keys[i], "a parameter");
      out.with.emplace_back(n.keys[i], read_parameter(r, n.keys[i], n.items[i]));
    }
  });
  if (const Node* requests = root.find("requests")) {
    if (r.free_map(*requests, "`requests`", false))
      for (std::size_t i = 0; i < requests->keys.size(); ++i)
        out.requests.push_back(read_request(r, scope, requests->keys[i], requests->items[i]));
  } else {
    r.missing(root.at, "`requests`", "what the service is asked, such as requests: { stats: { path: /stats } }");
  }
  when("login", [&](const Node& n) { out.login = read_login(r, scope, n); });
  when("tables", [&](const Node& n) {
    if (!r.free_map(n, "`tables`")) return;
    for (std::size_t i = 0; i < n.keys.size(); ++i) out.tables.push_back(read_table(r, scope, n.keys[i], n.items[i]));
  });
  for (const Rule::Kind kind : {Rule::Kind::service, Rule::Kind::workers, Rule::Kind::queues}) {
    const std::string key(to_string(kind));
    each_of(r, root.find(key), "`" + key + "`",
            [&](const Node& n) { out.rules.push_back(read_rule(r, scope, kind, n)); });
  }
  each_of(r, root.find("passthrough"), "`passthrough`",
          [&](const Node& n) { out.passthrough.push_back(read_passthrough(r, scope, n)); });
  when("limits", [&](const Node& n) { out.limits = read_limits(r, n); });

  const bool any = root.find("workers") || root.find("queues") || root.find("service") || root.find("passthrough");
  if (!any) r.fail(root.at, "the collector has no rule; expected workers, queues, service or passthrough");
  check_metrics(r, out);
  check_cycles(r, out);
  check_passthrough(r, out);
}

}  // namespace

CollectorLimits read_limits(Reader& r, const Node& node) {
  CollectorLimits out;
  static const Words keys = schema_keys("/properties/limits/properties");
  if (!r.map(node, "`limits`", keys)) return out;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& key = node.keys[i].text;
    const Node& item = node.items[i];
    const std::string subject = "`" + key + "`";
    if (key == "body" || key == "label") {
      (key == "body" ? out.body : out.label) = r.size(item, subject);
      continue;
    }
    auto* slot = key == "depth"        ? &out.depth
                 : key == "pages"      ? &out.pages
                 : key == "follow_ups" ? &out.follow_ups
                 : key == "samples"    ? &out.samples
                                       : nullptr;
    if (!slot) continue;
    if (const auto n = r.integer(item, subject, 1, INT32_MAX)) *slot = static_cast<std::size_t>(*n);
  }
  return out;
}

Parameter read_parameter(Reader& r, const Text& name, const Node& node) {
  const std::string subject = "`" + name.text + "` of `with`";
  if (node.kind == Node::Kind::null) return Scalar{};
  if (node.kind != Node::Kind::list) {
    if (node.kind == Node::Kind::scalar) return scalar_of(node);
    r.expected(node, subject, "a constant, a list of constants or null");
    return Scalar{};
  }
  std::vector<Scalar> out;
  for (const Node& item : node.items)
    if (auto scalar = r.constant(item, "an entry of " + subject)) out.push_back(std::move(*scalar));
  return out;
}

std::optional<CollectorFile> parse_collector(const std::string& yaml, const std::string& file,
                                             const std::string& expected_name, Diagnostics& out) {
  Diagnostics found;
  CollectorFile result = read_collector(yaml, file, expected_name, found);
  out.insert(out.end(), found.begin(), found.end());
  if (has_errors(found)) return std::nullopt;
  return result;
}

CollectorFile read_collector(const std::string& yaml, const std::string& file, const std::string& expected_name,
                             Diagnostics& out) {
  Reader r;
  CollectorFile result;
  if (const std::optional<Node> root = parse_yaml(yaml, file, r.found())) {
    result.at = root->at;
    if (root->kind == Node::Kind::null)
      r.fail(root->at, "the file is empty; expected a collector, which begins with `collector: NAME`");
    else if (r.map(*root, "a collector", root_keys()))
      read_root(r, *root, expected_name, result);
  }
  sort_by_position(r.found());
  out.insert(out.end(), r.found().begin(), r.found().end());
  return result;
}

}  // namespace tallyman::config
