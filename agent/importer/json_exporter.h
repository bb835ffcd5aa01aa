// A configuration of json_exporter (`modules:`) as collectors and targets of ours, to be kept or to stand in for it as
// it is. Pure: text in, texts out; knows no disk. What changes in meaning is noted as a warning; what cannot be
// translated is an error and left out; both have their place in the source.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/diagnostic.h"

namespace tallyman::importer {

// For whom: files that a user goes on with, in our ways; or a stand-in for json_exporter, whose answers are to be its
// own: names and types as written, no value of several matches, no label of ours.
enum class Use { files, stand_in };

// How json_exporter shows a family that the collector calls otherwise.
struct Shown {
  std::string name;
  std::string type;                           // gauge, counter or untyped
  std::map<std::string, std::string> labels;  // all that it has: ours to theirs
  std::string time;                           // the family of ours with the times of its samples; "": none
  bool is_time = false;                       // it is one, and not shown
};

struct Module {
  std::string name;       // as the source calls it
  std::string collector;  // its name as a collector
  std::string yaml;       // the collector file
  std::string settings;   // what the module says of the connection, as lines of a target's map, indented by `    `
  std::map<std::string, Shown> shown;  // by the collector's names; for a stand-in
  Diagnostics why;                     // what of its metrics was left out
};

struct Imported {
  std::vector<Module> modules;
  std::map<std::string, Diagnostics> left_out;  // the other modules by name: why nothing is left of them
  bool readable = false;                        // false: it is no such configuration, and there is nothing else
};

// `file` is its name in messages.
Imported import_json_exporter(const std::string& yaml, const std::string& file, Diagnostics& notes,
                              Use use = Use::files);

// targets.yaml for collectors that lie in the folder `collectors` beside it; each target's url is for the reader to
// fill.
std::string targets_yaml(const Imported& imported, const std::string& file);

}  // namespace tallyman::importer
