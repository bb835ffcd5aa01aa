#include "app_modules.h"

#include <utility>

namespace tallyman {
namespace {

Position in_file(const std::string& path) { return {std::make_shared<const std::string>(path), 0, 0}; }

// What is said of the text that was made has no place that a person could look at.
void say(const std::string& path, const std::string& module, const Diagnostics& found, Diagnostics& out) {
  for (const Diagnostic& d : found)
    out.push_back({in_file(path), "the module `" + one_line(module) + "`: " + d.what, d.warning});
}

// The module's connection, read as a target that has it. Files are looked for where json_exporter looks: in the folder
// that the agent was started in. The url is the probe's; here it stands for one that `tls` is for.
config::Target target_of(const importer::Module& module, const config::Sources& sources, Diagnostics& out) {
  const std::string place = "module";  // without a folder
  const std::string yaml =
      "targets:\n  - name: module\n    collector: module\n    url: https://localhost/\n" + module.settings;
  config::Sources with = sources;
  with.read = [&](const std::string& file) { return file == place ? Result<std::string>(yaml) : sources.read(file); };
  config::AgentConfig read = config::read_agent(place, with, out);
  return read.targets.empty() ? config::Target() : std::move(read.targets.front());
}

// For a scraper: the first, and how many more are in the log.
std::string in_short(const Diagnostics& why) {
  if (why.empty()) return "";
  const std::size_t more = why.size() - 1;
  return one_line(to_string(why.front())) + (more > 0 ? " (and " + std::to_string(more) + " more, see the log)" : "");
}

std::string given_away(const Endpoint& endpoint) {
  if (endpoint.auth.kind != AuthSettings::Kind::none) return "credentials";
  if (!endpoint.tls.cert.empty()) return "a client certificate";
  if (!endpoint.headers.empty()) return "headers, each of which may be a key,";
  return endpoint.proxied() ? "its requests to a proxy, which looks the names up," : "";
}

std::optional<ProbeModule> module_of(const importer::Module& module, const config::Sources& sources, Diagnostics& out) {
  ProbeModule made;
  made.target = target_of(module, sources, out);
  std::optional<config::CollectorFile> file = config::parse_collector(module.yaml, "module", module.collector, out);
  if (!file) return std::nullopt;
  file->kube_texts = true;
  made.target.limits = config::effective_limits({}, file->limits);
  made.collector = map::Collector::compile(*file, &made.target, out);
  made.shown = module.shown;
  made.gives_away = given_away(made.target.endpoint);
  if (!made.collector) return std::nullopt;
  return made;
}

}  // namespace

ProbeModules load_modules(const std::string& path, const config::Sources& sources, Diagnostics& out) {
  ProbeModules modules;
  const Result<std::string> yaml = sources.read(path);
  if (!yaml) {
    out.push_back(
        {in_file(path), "cannot be read: " + yaml.error().detail + "; expected a configuration of json_exporter"});
    return modules;
  }
  Diagnostics notes;
  const importer::Imported imported = importer::import_json_exporter(*yaml, path, notes, importer::Use::stand_in);
  for (Diagnostic& note : notes) {
    // What json_exporter would only log, or ignore, keeps nobody from starting.
    if (imported.readable && !note.warning) {
      note.what = "left out: " + note.what;
      note.warning = true;
    }
    out.push_back(std::move(note));
  }
  for (const importer::Module& module : imported.modules) {
    Diagnostics found;
    std::optional<ProbeModule> made = module_of(module, sources, found);
    say(path, module.name, found, out);
    if (made) modules.known.emplace(module.name, std::move(*made));
  }
  for (const auto& [name, why] : imported.left_out) modules.left_out.emplace(name, in_short(why));
  return modules;
}

void check_modules(const ProbeModules& modules, const std::string& path, const config::AgentConfig& agent,
                   Diagnostics& out) {
  if (!agent.probe) {
    out.push_back(
        {in_file(path),
         "nothing can be probed with its modules: targets.yaml must say what may be, such as probe: { allow: { "
         "networks: [10.0.0.0/8] } }",
         true});
    return;
  }
  if (!agent.probe->reach->hosts.empty()) return;
  for (const auto& [name, module] : modules.known)
    if (!module.gives_away.empty())
      out.push_back({in_file(path), "the module `" + one_line(name) + "` sends " + module.gives_away +
                                        " to whatever is asked for; expected `hosts` in `allow` of `probe` in "
                                        "targets.yaml, the names that may get that, such as hosts: "
                                        "[\"*.example.org\"] ([\"*\"]: all that `networks` allows)"});
}

}  // namespace tallyman
