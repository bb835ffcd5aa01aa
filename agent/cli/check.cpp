#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <tuple>

#include "app_config.h"
#include "cli/commands.h"

namespace tallyman::cli {
namespace {

// A collector file has `collector:` at the start of a line; a targets file has not, its entries are
// indented.
bool is_collector(const std::string& yaml) {
  return yaml.starts_with("collector:") || yaml.find("\ncollector:") != std::string::npos;
}

// A place that is wrong in itself is not looked at again: what would be said there follows from it.
void check_collector(const std::string& path, const std::string& yaml, Diagnostics& out) {
  const config::CollectorFile file =
      config::read_collector(yaml, path, std::filesystem::path(path).stem().string(), out);
  const bool readable = !has_errors(out);
  Diagnostics compiled;
  map::Collector::compile(file, nullptr, compiled);
  for (Diagnostic& d : compiled) {
    const bool known = std::any_of(out.begin(), out.end(), [&](const Diagnostic& other) {
      return other.at.line == d.at.line && (other.at.column == d.at.column || !d.at.file);
    });
    if (readable || (d.at.file && !known)) out.push_back(std::move(d));
  }
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
