#include "importer/json_exporter.h"

#include <set>

#include "importer/source.h"

namespace tallyman::importer {
namespace {

using config::Node;

std::string collector_name(const std::string& module, std::set<std::string>& taken) {
  std::string out;
  for (const char c : module) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      out += c;
    else if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c + 32);
    else
      out += '-';
  }
  if (out.empty() || out[0] < 'a') out = "module-" + out;
  std::string unique = out;
  for (int n = 2; !taken.insert(unique).second; ++n) unique = out + "-" + std::to_string(n);
  return unique;
}

}  // namespace

Imported import_json_exporter(const std::string& yaml, const std::string& file, Diagnostics& out, Use use) {
  Imported imported;
  Diagnostics found;
  Notes notes(found);
  const std::optional<Node> root = config::parse_yaml(yaml, file, found);
  const Node* modules = root && root->kind == Node::Kind::map ? root->find("modules") : nullptr;
  if (root && (!modules || modules->kind != Node::Kind::map || modules->items.empty())) {
    notes.left_out(
        modules ? modules->at : root->at,
        "this is no configuration of json_exporter; expected `modules:` and a map of modules, each with `metrics`");
  } else if (root) {
    imported.readable = true;
    for (const config::Text& key : root->keys)
      if (key.text != "modules") notes.left_out(key.at, "unknown key `" + key.text + "`, which json_exporter ignores");
    std::set<std::string> taken;
    for (std::size_t i = 0; i < modules->items.size(); ++i) {
      const Node& node = modules->items[i];
      Module module{modules->keys[i].text, collector_name(modules->keys[i].text, taken), "", "", {}, {}};
      if (node.kind != Node::Kind::map) {
        notes.left_out(modules->keys[i].at, "the module `" + module.name + "` must be a map with `metrics`");
        imported.left_out[module.name] = {found.back()};
        continue;
      }
      if (module.name != module.collector && use == Use::files)
        notes.changed(modules->keys[i].at, "the module `" + module.name + "` becomes the collector `" +
                                               module.collector +
                                               "`: names are small letters, digits and -, a letter first");
      write_module(module, node, file, notes, use);
      if (module.yaml.empty())
        imported.left_out[module.name] = std::move(module.why);
      else
        imported.modules.push_back(std::move(module));
    }
  }
  out.insert(out.end(), found.begin(), found.end());
  return imported;
}

std::string targets_yaml(const Imported& imported, const std::string& file) {
  std::string out = "# From " + one_line(file) +
                    ", by `tallyman import json-exporter`. Put each `url` right: it is what Prometheus gave\n"
                    "# json_exporter as ?target=. The label `target` is the target's `name`.\n"
                    "collector_paths: [collectors]\ntargets:\n";
  for (const Module& module : imported.modules)
    out += "  - name: " + yaml_name(module.collector) + "\n    collector: " + yaml_name(module.collector) +
           "\n    url: http://localhost/   # PUT RIGHT\n" + module.settings;
  return out;
}

}  // namespace tallyman::importer
