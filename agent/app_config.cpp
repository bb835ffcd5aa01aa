#include "app_config.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <tuple>

#include "app_modules.h"
#include "config/builtin_collectors.h"

namespace tallyman {
namespace {

std::string key_of(const config::Parameter& parameter) {
  std::string out;
  const auto add = [&](const config::Scalar& scalar) {
    out += std::to_string(scalar.index()) + ":" + config::to_text(scalar) + "\x1f";
  };
  if (const auto* scalar = std::get_if<config::Scalar>(&parameter)) {
    add(*scalar);
  } else {
    out += "[";
    for (const auto& item : std::get<std::vector<config::Scalar>>(parameter)) add(item);
  }
  return out;
}

}  // namespace

void check_login(const config::Target& target, const map::Collector& collector, Diagnostics& out) {
  const map::LoginInfo* login = collector.login();
  if (!login || login->optional) return;
  const std::string subject = "the target `" + target.name.text + "`: the collector `" + collector.name() + "` logs in";
  if (!target.endpoint.url.is_http())
    out.push_back({target.url_at, subject + ", which takes a url of http://, https:// or unix:"});
  else if (login->uses_auth && target.endpoint.auth.kind != AuthSettings::Kind::basic)
    out.push_back({target.name.at, subject + " with user and password; expected auth: { basic: { user: NAME, password: "
                                             "env:NAME } }"});
}

std::string key_of(const config::Target& target) {
  std::string out = target.collector.text + "\x1e" + target.timezone.text + "\x1e";
  const Limits& l = target.limits;
  for (const std::size_t n : {l.body_bytes, l.samples, l.label_value_bytes, l.depth, l.pages, l.follow_ups})
    out += std::to_string(n) + ",";
  for (const auto& [name, value] : target.with) out += "\x1e" + name.text + "=" + key_of(value);
  return out;
}

// A place that is wrong in itself is not looked at again: what would be said there follows from it.
config::CollectorFile check_collector(const std::string& path, const std::string& yaml,
                                      const std::string& expected_name, Diagnostics& out) {
  Diagnostics found;
  config::CollectorFile file = config::read_collector(yaml, path, expected_name, found);
  const bool readable = !has_errors(found);
  Diagnostics compiled;
  map::Collector::compile(file, nullptr, compiled);
  for (Diagnostic& d : compiled) {
    const bool known = std::any_of(found.begin(), found.end(), [&](const Diagnostic& other) {
      return other.at.line == d.at.line && (other.at.column == d.at.column || !d.at.file);
    });
    if (readable || (d.at.file && !known)) found.push_back(std::move(d));
  }
  out.insert(out.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  return file;
}

Catalogue::Catalogue() {
  for (const config::Builtin& builtin : config::builtin_collectors()) {
    const std::string name(builtin.name);
    entries_[name] = Entry{"built in", std::string(builtin.yaml), "<built in>/" + name + ".yaml"};
  }
}

void Catalogue::add_folder(const config::Text& folder, const config::Sources& sources, Diagnostics& out) {
  const Position place = folder.at.file ? folder.at : Position{std::make_shared<const std::string>(folder.text), 0, 0};
  // Looked for first: a folder that is not there yet is watched for as well.
  const std::vector<std::string> files = sources.glob(folder.text + "/*.yaml");
  const Result<bool> there = sources.folder(folder.text);
  if (!there || !*there) {
    const std::string named = folder.at.file ? "`" + folder.text + "` " : "";
    const std::string missing = folder.at.file ? "is no folder" : "there is no such folder";
    out.push_back({place, named + (there ? missing : "cannot be read: " + there.error().detail) +
                              "; expected a folder with collectors (*.yaml)"});
    return;
  }
  if (files.empty())
    out.push_back(
        {place, (folder.at.file ? "`" + folder.text + "`" : "the folder") + " holds no collectors (*.yaml)", true});
  for (const std::string& path : files) {
    const std::string name = std::filesystem::path(path).stem().string();
    Result<std::string> text = sources.read(path);
    if (!text) {
      out.push_back({{std::make_shared<const std::string>(path), 0, 0}, "cannot be read: " + text.error().detail});
      continue;
    }
    if (const auto at = entries_.find(name); at != entries_.end() && at->second.source == "built in")
      replaced_[name] = path;
    entries_[name] = Entry{path, std::move(*text), path};
  }
}

const config::CollectorFile* Catalogue::find(const std::string& name, Diagnostics& out) {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return nullptr;
  const auto [at, added] = parsed_.try_emplace(name);
  if (added) {
    Diagnostics found;
    at->second = config::parse_collector(entry->second.yaml, entry->second.label, name, found);
    if (at->second)
      out.insert(out.end(), found.begin(), found.end());
    else
      check_collector(entry->second.label, entry->second.yaml, name, out);  // it will not be compiled for a target
  }
  return at->second ? &*at->second : nullptr;
}

std::string Catalogue::nearest(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [known, entry] : entries_) names.push_back(known);
  return tallyman::nearest(name, names);
}

std::shared_ptr<const map::Collector> Compiler::compile(const config::Target& target, Diagnostics& out) {
  const std::string& name = target.collector.text;
  if (!catalogue_.entries().contains(name)) {
    const std::string near = catalogue_.nearest(name);
    out.push_back({target.collector.at,
                   "unknown collector `" + name + "`; " +
                       (name.find('/') != std::string::npos || name.ends_with(".yaml")
                            ? "expected a name, not a file: `collector_paths` and --collectors "
                              "take folders with further ones"
                        : near.empty() ? "`tallyman collectors` lists those that are known, and --collectors DIR "
                                         "makes those of a folder known"
                                       : "did you mean `" + near + "`?")});
    return nullptr;
  }
  const auto [at, added] = compiled_.try_emplace(key_of(target));
  if (!added) return at->second;
  const config::CollectorFile* file = catalogue_.find(name, out);
  if (file) at->second = map::Collector::compile(*file, &target, out);
  return at->second;
}

namespace {

void note_own(const std::string& name, const Catalogue& catalogue, Runnable& out) {
  const auto entry = catalogue.entries().find(name);
  if (entry != catalogue.entries().end() && entry->second.source != "built in") out.own[name] = entry->second.source;
}

// Said beside all other errors. Nothing is said of a file that was not read, nor twice of one value.
void refuse_restart(const Origin::Running& running, const config::AgentConfig& wanted, Diagnostics& out) {
  if (!wanted.listen.at.file) return;
  const std::string end = ": restart needed; until then the whole file is refused and the old one runs";
  const auto refuse = [&](const Position& at, std::string what) {
    const bool wrong =
        std::any_of(out.begin(), out.end(), [&](const Diagnostic& d) { return !d.warning && same_place(d.at, at); });
    if (!wrong) out.push_back({at, std::move(what) + end});
  };
  if (wanted.listen.text != running.listen)
    refuse(wanted.listen.at, "`listen` changed from `" + running.listen + "` to `" + wanted.listen.text + "`");
  if (wanted.threads != running.threads)
    refuse(wanted.threads_at,
           "`threads` changed from " + std::to_string(running.threads) + " to " + std::to_string(wanted.threads));
}

}  // namespace

std::optional<Runnable> load(const Origin& origin, const config::Sources& sources, Diagnostics& out) {
  Runnable runnable = load_readable(origin, sources, out);
  if (has_errors(out)) return std::nullopt;
  return runnable;
}

Runnable load_readable(const Origin& origin, const config::Sources& sources, Diagnostics& out) {
  config::AgentConfig agent;
  if (!origin.path.empty()) agent = config::read_agent(origin.path, sources, out);
  if (agent.listen.empty()) agent.listen.text = ":10780";
  if (!origin.listen.empty()) agent.listen.text = origin.listen;
  if (origin.running) refuse_restart(*origin.running, agent, out);
  Catalogue catalogue;
  for (const config::Text& folder : agent.collector_paths) catalogue.add_folder(folder, sources, out);
  for (const std::string& folder : origin.collector_folders) catalogue.add_folder({folder, {}}, sources, out);

  Runnable runnable;
  Compiler compiler(catalogue);
  for (config::Target& target : agent.targets) {
    if (target.collector.empty()) continue;  // said
    // Between the target's own limits and the agent's defaults stand those of the collector.
    if (const config::CollectorFile* file = catalogue.find(target.collector.text, out))
      target.limits = config::effective_limits(target.limits_said, file->limits);
    auto collector = compiler.compile(target, out);
    note_own(target.collector.text, catalogue, runnable);
    if (!collector) continue;
    check_login(target, *collector, out);
    const std::size_t hash = std::hash<std::string>()(catalogue.entries().at(target.collector.text).yaml);
    runnable.targets.push_back({std::move(target), std::move(collector), hash});
  }
  if (agent.probe)
    for (const config::Text& name : agent.probe->collectors) {
      if (name.empty()) continue;  // said
      config::Target target;
      target.collector = name;
      if (const config::CollectorFile* file = catalogue.find(name.text, out))
        target.limits = config::effective_limits({}, file->limits);
      note_own(name.text, catalogue, runnable);
      if (auto collector = compiler.compile(target, out))
        runnable.probes[name.text] = {std::move(collector), target.limits};
    }
  if (!origin.json_exporter.empty()) {
    runnable.modules = load_modules(origin.json_exporter, sources, out);
    check_modules(runnable.modules, origin.json_exporter, agent, out);
  } else if (agent.probe && agent.probe->collectors.empty()) {
    out.push_back({{std::make_shared<const std::string>(origin.path), 0, 0},
                   "`collectors` of `probe` is missing; expected the list of those that may be asked for, or modules "
                   "given by --json-exporter.config FILE"});
  }
  std::vector<config::Target>().swap(agent.targets);  // their memory too
  runnable.agent = std::move(agent);
  runnable.replaced = catalogue.replaced();
  return runnable;
}

void print(const Diagnostics& all) {
  // (std::stable_sort is no choice: libstdc++ 12 implements it with what C++20 deprecates.)
  std::multimap<std::tuple<bool, std::string, int, int>, const Diagnostic*> sorted;
  for (const Diagnostic& d : all) {
    std::tuple<bool, std::string, int, int> place(d.warning, d.at.file ? *d.at.file : "", d.at.line, d.at.column);
    sorted.emplace(std::move(place), &d);
  }
  std::size_t errors = 0;
  for (const auto& [place, one] : sorted) {
    const Diagnostic& d = *one;
    std::fprintf(stderr, "%s\n", to_string(d).c_str());
    errors += !d.warning;
  }
  if (errors > 1) std::fprintf(stderr, "%zu errors\n", errors);
}

}  // namespace tallyman
