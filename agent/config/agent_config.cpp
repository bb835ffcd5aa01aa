// The root of targets.yaml and the files it includes.
#include "config/agent_config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "config/target_reader.h"

namespace tallyman::config {
namespace {

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

// As serve::parse_listen wants it: a name is not looked up.
bool is_listen_host(const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  if (host.empty() || host == "localhost" || ::inet_pton(AF_INET, host.c_str(), address) == 1) return true;
  if (!host.starts_with('[') || !host.ends_with(']')) return false;
  const std::string inside = host.substr(1, host.size() - 2);
  return ::inet_pton(AF_INET6, inside.substr(0, inside.find('%')).c_str(), address) == 1;  // %eth0: an interface
}

void read_listen(Reader& r, const Node& node, Text& out) {
  out = {node.text, node.at};
  const std::size_t colon = node.kind == Node::Kind::scalar ? node.text.rfind(':') : std::string::npos;
  if (colon != std::string::npos) {
    const std::string host = node.text.substr(0, colon);
    const std::string port = node.text.substr(colon + 1);
    int number = -1;
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool good_port = ec == std::errc() && end == port.data() + port.size() && number >= 0 && number <= 65535;
    if (good_port && is_listen_host(host)) return;
  }
  r.expected(node, "`listen`", "ADDRESS:PORT, such as :10780, 127.0.0.1:10780 or [::1]:10780");
}

void read_log(Reader& r, const Node& node, AgentConfig& out) {
  if (!r.map(node, "`log`", {"level", "format"})) return;
  if (const Node* level = node.find("level"))
    if (const auto index = r.choice(*level, "`level`", {"debug", "info", "warn", "error"}))
      out.log_level = static_cast<log::Level>(*index);
  if (const Node* format = node.find("format"))
    if (const auto index = r.choice(*format, "`format`", {"text", "json"}))
      out.log_form = static_cast<log::Form>(*index);
}

class Loader {
 public:
  Loader(const Sources& sources, Diagnostics& out) : sources_(sources), out_(out) {}

  void load(const std::string& path) {
    Reader r;
    const std::optional<Node> root = read(r, path, {});
    static const Words keys = {"listen",          "threads", "log",     "defaults",
                               "collector_paths", "include", "targets", "probe"};
    std::vector<Text> patterns;
    if (root && r.map(*root, "the configuration", keys)) {
      scope_ = {folder_of(path), sources_.environment, sources_.read};
      read_agent(r, *root);
      if (const Node* include = root->find("include")) patterns = r.texts(*include, "`include`");
      const bool probes = root->find("probe") != nullptr;  // then there need not be anything to poll
      if (const Node* targets = root->find("targets"))
        read_targets(r, *targets, !patterns.empty() || probes);
      else if (!root->find("include") && !probes)
        r.missing(root->at, "`targets`", "a list of what is polled, or `include` with files that have one");
    }
    if (root) find_included(r, path, patterns);
    finish(r);
    for (const auto& [file, at] : included_) load_included(file, at);
  }

  AgentConfig take() {
    std::sort(config_.targets.begin(), config_.targets.end(),
              [](const Target& a, const Target& b) { return a.name.text < b.name.text; });
    return std::move(config_);
  }

 private:
  // `named_at`: where the file is named, for the message when it cannot be read.
  std::optional<Node> read(Reader& r, const std::string& path, const Position& named_at) {
    const Result<std::string> text = sources_.read(path);
    if (!text) {
      const bool named = named_at.line > 0;
      r.fail(named ? named_at : Position{std::make_shared<const std::string>(path), 0, 0},
             (named ? "`" + path + "` " : std::string()) + "cannot be read: " + text.error().detail);
      return std::nullopt;
    }
    std::optional<Node> root = parse_yaml(*text, path, r.found());
    if (root && root->kind == Node::Kind::null) {
      r.fail(root->at, "the file is empty; expected `targets:` and a list of what is polled");
      return std::nullopt;
    }
    return root;
  }

  void read_agent(Reader& r, const Node& root) {
    config_.listen = {":10780", root.at};
    if (const Node* listen = root.find("listen")) read_listen(r, *listen, config_.listen);
    config_.threads_at = root.at;
    if (const Node* threads = root.find("threads")) {
      config_.threads_at = threads->at;
      if (const auto n = r.integer(*threads, "`threads`", 1, 256)) config_.threads = static_cast<int>(*n);
    }
    if (const Node* log = root.find("log")) read_log(r, *log, config_);
    if (const Node* paths = root.find("collector_paths"))
      for (const Text& folder : r.texts(*paths, "`collector_paths`"))
        config_.collector_paths.push_back({beside(scope_.folder, folder.text), folder.at});
    if (const Node* probe = root.find("probe")) config_.probe = read_probe(r, scope_, *probe);
    if (const Node* defaults = root.find("defaults")) defaults_ = read_defaults(r, scope_, *defaults);
  }

  void read_targets(Reader& r, const Node& node, bool may_be_empty) {
    if (!r.list(node, "`targets`", may_be_empty)) return;
    for (const Node& item : node.items) {
      Target target = read_target(r, scope_, defaults_, item);
      if (target.name.empty()) continue;
      const auto [known, fresh] = names_.emplace(target.name.text, target.name.at);
      if (!fresh)
        r.fail(target.name.at, "the target `" + target.name.text + "` is already at " + to_string(known->second) +
                                   "; every target has a name of its own");
      else
        config_.targets.push_back(std::move(target));
    }
  }

  // Files in the order of the patterns, each once; a pattern without wildcards names a file that must be there.
  void find_included(Reader& r, const std::string& path, const std::vector<Text>& patterns) {
    for (const Text& pattern : patterns) {
      const std::string full = beside(scope_.folder, pattern.text);
      const std::vector<std::string> found = sources_.glob(full);
      if (found.empty() && full.find_first_of("*?[") == std::string::npos)
        r.fail(pattern.at, "`" + full + "` does not exist; a pattern with `*` may match nothing, a file must be there");
      else if (found.empty())
        matches_none(r, pattern.at, full);
      for (const std::string& file : found) {
        const bool known =
            std::any_of(included_.begin(), included_.end(), [&](const auto& i) { return i.first == file; });
        if (!known && file != path) included_.emplace_back(file, pattern.at);
      }
    }
  }

  // A folder that may not be looked into does not come right by itself, one that is not there yet may.
  void matches_none(Reader& r, const Position& at, const std::string& pattern) {
    const std::string fixed = pattern.substr(0, pattern.find_first_of("*?["));
    const std::string folder = fixed.substr(0, fixed.rfind('/') + 1);
    const Result<bool> there = sources_.folder(folder.empty() ? "." : folder);
    if (!there)
      r.fail(at, "`" + folder + "` cannot be read: " + there.error().detail);
    else
      r.warn(at, "`" + pattern + "` matches no file");
  }

  void load_included(const std::string& file, const Position& named_at) {
    Reader r;
    const std::optional<Node> root = read(r, file, named_at);
    if (root && r.map(*root, "an included file", {"targets"})) {
      scope_.folder = folder_of(file);
      if (const Node* targets = root->find("targets"))
        read_targets(r, *targets, true);
      else
        r.missing(root->at, "`targets` of an included file", "a list of targets, which is all it may hold");
    }
    finish(r);
  }

  void finish(Reader& r) {
    sort_by_position(r.found());
    out_.insert(out_.end(), r.found().begin(), r.found().end());
  }

  const Sources& sources_;
  Diagnostics& out_;
  AgentConfig config_;
  TargetScope scope_;
  Draft defaults_;
  std::map<std::string, Position> names_;
  std::vector<std::pair<std::string, Position>> included_;
};

}  // namespace

Limits effective_limits(const CollectorLimits& target, const CollectorLimits& collector) {
  Limits out;
  const auto take = [](std::size_t& slot, const std::optional<std::size_t>& first,
                       const std::optional<std::size_t>& second) {
    if (first)
      slot = *first;
    else if (second)
      slot = *second;
  };
  take(out.body_bytes, target.body, collector.body);
  take(out.samples, target.samples, collector.samples);
  take(out.label_value_bytes, target.label, collector.label);
  take(out.depth, target.depth, collector.depth);
  take(out.pages, target.pages, collector.pages);
  take(out.follow_ups, target.follow_ups, collector.follow_ups);
  return out;
}

AgentConfig read_agent(const std::string& path, const Sources& sources, Diagnostics& out) {
  Diagnostics found;
  Loader loader(sources, found);
  loader.load(path);
  out.insert(out.end(), found.begin(), found.end());
  return loader.take();
}

std::optional<AgentConfig> load_agent(const std::string& path, const Sources& sources, Diagnostics& out) {
  Diagnostics found;
  AgentConfig config = read_agent(path, sources, found);
  out.insert(out.end(), found.begin(), found.end());
  if (has_errors(found)) return std::nullopt;
  return config;
}

}  // namespace tallyman::config
