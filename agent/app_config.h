// A configuration made ready to run: targets.yaml read, collectors found and compiled for their
// targets. `tallyman run`, `check` and `probe` all come through here, so that what one accepts the
// others accept.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/agent_config.h"
#include "config/collector_file.h"
#include "core/diagnostic.h"
#include "importer/json_exporter.h"
#include "map/collector.h"

namespace tallyman {

// The collectors that are known: the built-in ones and the user's, which win.
class Catalogue {
 public:
  struct Entry {
    std::string source;  // "built in" or the file
    std::string yaml;
    std::string label;  // the file's name in messages
  };

  Catalogue();
  // All *.yaml of a folder. A folder or file that cannot be read is an error; what is in it is checked
  // when it is used. The place is where the folder is named; without one it is the folder.
  void add_folder(const config::Text& folder, const config::Sources& sources, Diagnostics& out);

  const std::map<std::string, Entry>& entries() const { return entries_; }
  // Names of the built-in collectors that a user's file replaced, with the file.
  const std::map<std::string, std::string>& replaced() const { return replaced_; }
  // Parsed once. Null if it is not known (no diagnostic) or has errors (reported once).
  const config::CollectorFile* find(const std::string& name, Diagnostics& out);
  std::string nearest(const std::string& name) const;

 private:
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> replaced_;
  std::map<std::string, std::optional<config::CollectorFile>> parsed_;
};

// Compiles collectors for targets; targets with equal parameters share one.
class Compiler {
 public:
  explicit Compiler(Catalogue& catalogue) : catalogue_(catalogue) {}
  // Null when there was an error, which is then in `out`.
  std::shared_ptr<const map::Collector> compile(const config::Target& target, Diagnostics& out);

 private:
  Catalogue& catalogue_;
  std::map<std::string, std::shared_ptr<const map::Collector>> compiled_;
};

// Whether a target of a collector with `login` has what that takes.
void check_login(const config::Target& target, const map::Collector& collector, Diagnostics& out);

struct RunnableTarget {
  config::Target target;
  std::shared_ptr<const map::Collector> collector;
  std::size_t collector_hash = 0;  // of its text: equal if nothing in it changed
};

// What a probe may ask for.
struct ProbeCollector {
  std::shared_ptr<const map::Collector> collector;
  Limits limits;
};

// A module of json_exporter's configuration: what its collector gives, and how json_exporter shows that.
struct ProbeModule {
  std::shared_ptr<const map::Collector> collector;
  config::Target target;  // limits, headers, credentials, TLS; the url is the asker's
  std::map<std::string, importer::Shown> shown;
  std::string gives_away;  // "credentials", "headers": why not everybody may have it; "": nothing
};

struct ProbeModules {
  std::map<std::string, ProbeModule> known;     // by name
  std::map<std::string, std::string> left_out;  // by name: why, with its place
};

struct Runnable {
  config::AgentConfig agent;  // without its targets
  std::vector<RunnableTarget> targets;
  std::map<std::string, ProbeCollector> probes;  // by name
  ProbeModules modules;                          // of json_exporter's configuration
  std::map<std::string, std::string> replaced;   // built-in collectors replaced by a user's file
  std::map<std::string, std::string> own;        // collectors in use that are a user's, with the file
};

// Everything that is wrong with a collector file, also what only compiling it shows. Returns the file as far as it
// could be read.
config::CollectorFile check_collector(const std::string& path, const std::string& yaml,
                                      const std::string& expected_name, Diagnostics& out);

// Everything of a target that compilation may depend on.
std::string key_of(const config::Target& target);

// Where a configuration comes from: the command line's part of it.
struct Origin {
  std::string path;  // "": there is no targets.yaml, only json_exporter's configuration
  std::vector<std::string> collector_folders;
  std::string listen;         // instead of the file's, if not empty
  std::string json_exporter;  // its configuration, "" without one
  // Of the agent that runs already: what only a restart can change, and so must be the same.
  struct Running {
    std::string listen;
    int threads = 1;
  };
  std::optional<Running> running = std::nullopt;
};

// Reads everything. Every error found is in `out`; empty when there was one.
std::optional<Runnable> load(const Origin& origin, const config::Sources& sources, Diagnostics& out);
// The same for who only looks at it: what could be read, also when there was an error.
Runnable load_readable(const Origin& origin, const config::Sources& sources, Diagnostics& out);

// Prints diagnostics to stderr, one a line, errors first; they are counted at the end.
void print(const Diagnostics& all);

}  // namespace tallyman
