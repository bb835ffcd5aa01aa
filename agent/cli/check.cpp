#include <cstdio>
#include <filesystem>
#include <map>
#include <tuple>

#include "app_review.h"
#include "cli/commands.h"

namespace tallyman::cli {
namespace {

// A collector file has `collector:` at the start of a line; a targets file has not, its entries are
// indented.
bool is_collector(const std::string& yaml) {
  return yaml.starts_with("collector:") || yaml.find("\ncollector:") != std::string::npos;
}

// By file, then by place: the order in which a person mends them. Equal places keep their order.
// (std::stable_sort is no choice: libstdc++ 12 implements it with what C++20 deprecates.)
void sort(Diagnostics& all) {
  std::multimap<std::tuple<std::string, int, int>, Diagnostic> sorted;
  for (Diagnostic& d : all) {
    std::tuple<std::string, int, int> place(d.at.file ? *d.at.file : "", d.at.line, d.at.column);
    sorted.emplace(std::move(place), std::move(d));
  }
  all.clear();
  for (auto& [place, d] : sorted) all.push_back(std::move(d));
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
      check_collector(path, *yaml, std::filesystem::path(path).stem().string(), found);
      summary = "collector";
    } else {
      const auto runnable = load({path, options.collectors, ""}, sources, found);
      if (runnable) {
        summary = counted(runnable->targets.size(), "target");
        review(*runnable, sources, found);
      }
    }
    sort(found);
    print(found);
    if (has_errors(found)) {
      code = 2;
      continue;
    }
    if (!found.empty()) summary += ", " + counted(found.size(), "warning");
    std::printf("%s: ok (%s)\n", path.c_str(), summary.c_str());
  }
  return code;
}

}  // namespace tallyman::cli
