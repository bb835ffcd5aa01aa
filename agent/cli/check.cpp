#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app_config.h"
#include "cli/commands.h"

namespace tallyman::cli {
namespace {

// A collector file has `collector:` at the start of a line; a targets file has not, its entries are
// indented.
bool is_collector(const std::string& yaml) {
  return yaml.starts_with("collector:") || yaml.find("\ncollector:") != std::string::npos;
}

void check_collector(const std::string& path, const std::string& yaml, Diagnostics& out) {
  const auto file = config::parse_collector(yaml, path, std::filesystem::path(path).stem().string(), out);
  if (file) map::Collector::compile(*file, nullptr, out);
}

// By file, then by place: the order in which a person mends them.
void sort(Diagnostics& all) {
  const auto name = [](const Diagnostic& d) { return d.at.file ? *d.at.file : std::string(); };
  std::stable_sort(all.begin(), all.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    const auto x = std::tuple(name(a), a.at.line, a.at.column), y = std::tuple(name(b), b.at.line, b.at.column);
    return x < y;
  });
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
      found.push_back({{std::make_shared<const std::string>(path), 0, 0}, yaml.error().detail});
    } else if (is_collector(*yaml)) {
      check_collector(path, *yaml, found);
      summary = "collector";
    } else {
      const auto runnable = load(path, options.collectors, sources, found);
      if (runnable) summary = std::to_string(runnable->targets.size()) + " targets";
    }
    sort(found);
    print(found);
    if (has_errors(found))
      code = 2;
    else
      std::printf("%s: ok (%s)\n", path.c_str(), summary.c_str());
  }
  return code;
}

}  // namespace tallyman::cli
