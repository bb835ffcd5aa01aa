#include <cstdio>
#include <filesystem>

#include "app_review.h"
#include "cli/commands.h"
#include "config/collector_review.h"

namespace tallyman::cli {
namespace {

// A collector file has `collector:` at the start of a line; a targets file has not, its entries are
// indented.
bool is_collector(const std::string& yaml) {
  return yaml.starts_with("collector:") || yaml.find("\ncollector:") != std::string::npos;
}

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

}  // namespace

int check(const CheckOptions& options) {
  const config::Sources sources = config::Sources::system();
  int code = 0;
  for (const std::string& path : options.files) {
    Diagnostics found;
    std::string summary;
    const Result<std::string> yaml = sources.read(path);
    if (!yaml) {
      found.push_back({{std::make_shared<const std::string>(path), 0, 0},
                       "cannot be read: " + yaml.error().detail + "; expected targets or a collector (YAML)"});
    } else if (is_collector(*yaml)) {
      const std::string name = std::filesystem::path(path).stem().string();
      const config::CollectorFile file = check_collector(path, *yaml, name, found);
      config::review_collector(file, found);
      summary = "collector";
    } else {
      const Runnable runnable = load_readable({path, options.collectors, "", options.json_exporter}, sources, found);
      summary = counted(runnable.targets.size(), "target");
      review(runnable, sources, found);
    }
    print(found);
    if (has_errors(found)) {
      if (yaml)
        std::fprintf(stderr, "%s: warnings that go by all of it are looked for once the errors are gone\n",
                     one_line(path).c_str());
      code = 2;
      continue;
    }
    if (!found.empty()) summary += ", " + counted(found.size(), "warning");
    std::printf("%s: ok (%s)\n", path.c_str(), summary.c_str());
  }
  return code;
}

}  // namespace tallyman::cli
