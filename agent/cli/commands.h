// The commands of the program, one file each. They return the exit code: 0 well, 1 failed, 2 wrong
// use or configuration.
#pragma once
#include <string>
#include <vector>

#include "cli/access.h"

namespace tallyman::cli {

struct RunOptions {
  std::string config;  // "": ./targets.yaml, then /etc/tallyman/targets.yaml
  std::string listen;  // "": as configured
  std::vector<std::string> collectors;
  std::string json_exporter;  // its configuration, for /probe?module=; "": none
  bool enable_lifecycle = false;
  bool auto_reload = false;
  std::string auto_reload_interval = "10s";
};
int run(const RunOptions& options);

struct CheckOptions {
  std::vector<std::string> files;
  std::vector<std::string> collectors;
  std::string json_exporter;  // as of `run`
};
int check(const CheckOptions& options);

struct ProbeOptions {
  std::string collector;
  std::string source;             // url or file
  std::vector<std::string> with;  // name=value
  std::vector<std::string> collectors;
  std::string timeout = "10s";
  AccessOptions access;
  bool openmetrics = false;
};
int probe(const ProbeOptions& options);
int explain(const ProbeOptions& options);  // all but `openmetrics`

struct ListOptions {
  std::vector<std::string> collectors;
  bool schema = false;  // print that of a collector instead
};
int list_collectors(const ListOptions& options);

struct TestOptions {
  std::string folder = ".";
  std::vector<std::string> collectors;
  bool update = false;
};
int test(const TestOptions& options);

struct InferOptions {
  std::string source;  // url, file, or -
  std::string name;    // of the collector; "": from the source
  std::string twice;   // how long between two samples; "": one
  std::string timeout = "10s";
  AccessOptions access;
};
int infer(const InferOptions& options);

struct JsonpathOptions {
  std::string query;
  std::string file = "-";
  bool paths = false;
};
int jsonpath(const JsonpathOptions& options);

struct ImportOptions {
  std::string file;
  std::string out = ".";  // folder: targets.yaml and collectors/
};
int import_json_exporter(const ImportOptions& options);

}  // namespace tallyman::cli
