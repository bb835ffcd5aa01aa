// A configuration of json_exporter (`modules:`) as collectors and targets of ours. Pure: text in, texts out; knows no
// disk. What changes in meaning is noted as a warning; what cannot be translated is an error and left out; both have
// their place in the source.
#pragma once
#include <string>
#include <vector>

#include "core/diagnostic.h"

namespace tallyman::importer {

struct Module {
  std::string name;       // as the source calls it
  std::string collector;  // its name as a collector
  std::string yaml;       // the collector file
  std::string settings;   // what the module says of the connection, as lines of a target's map, indented by `    `
};

struct Imported {
  std::vector<Module> modules;
  bool readable = false;  // false: it is no such configuration, and there is nothing else
};

// `file` is its name in messages.
Imported import_json_exporter(const std::string& yaml, const std::string& file, Diagnostics& notes);

// targets.yaml for collectors that lie in the folder `collectors` beside it; each target's url is for the reader to
// fill.
std::string targets_yaml(const Imported& imported, const std::string& file);

}  // namespace tallyman::importer
