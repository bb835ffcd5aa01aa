#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "app_fixture.h"
#include "cli/commands.h"

namespace tallyman::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_lines = 60;  // of one case; a renamed label changes all of them

// `collector:` begins a line of a collector. A case has one too, but another name.
bool holds_collectors(const std::string& folder, const config::Sources& sources) {
  const std::vector<std::string> files = sources.glob(folder + "/*.yaml");
  return std::any_of(files.begin(), files.end(), [&](const std::string& file) {
    if (fs::path(file).filename() == "case.yaml") return false;
    const Result<std::string> yaml = sources.read(file);
    return yaml && (yaml->starts_with("collector:") || yaml->find("\ncollector:") != std::string::npos);
  });
}

// `folder`, or the nearest above it that has collectors: one case is run from among many. "" if there is none.
std::string collectors_of(const std::string& folder, const config::Sources& sources) {
  constexpr int most_above = 3;
  if (holds_collectors(folder, sources)) return folder;
  std::error_code ec;
  fs::path at = fs::canonical(folder, ec);
  for (int i = 0; !ec && i < most_above && at.has_relative_path(); ++i) {
    at = at.parent_path();
    if (holds_collectors(at.string(), sources)) return at.string();
  }
  return "";
}

void show(const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < lines.size() && i < most_lines; ++i) std::printf("    %s\n", one_line(lines[i]).c_str());
  if (lines.size() > most_lines) std::printf("    and %zu lines more\n", lines.size() - most_lines);
}

// Empty if it went well. Beside the file first: one that is cut is none.
std::string write(const fs::path& file, const std::string& text) {
  const fs::path fresh = file.string() + ".new";
  errno = 0;
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code ec;
  if (out)
    fs::rename(fresh, file, ec);
  else
    ec = std::error_code(errno != 0 ? errno : EIO, std::generic_category());
  if (!ec) return "";
  std::error_code ignored;
  fs::remove(fresh, ignored);
  return file.string() + ": cannot be written: " + ec.message();
}

// Whether the case is settled.
bool update(const std::string& name, FixtureResult& result) {
  const fs::path file = fs::path(name) / "expected.prom";
  if (std::string why = write(file, result.golden); !why.empty()) {
    result.wrong.push_back(std::move(why));
    return false;
  }
  std::printf("%s %s (%zu samples)\n", result.has_golden ? "updated" : "written", name.c_str(), result.samples);
  if (result.has_golden) show(result.differences);
  result.differences.clear();
  return true;
}

}  // namespace

int test(const TestOptions& options) {
  const config::Sources sources = config::Sources::system();
  std::vector<std::string> cases;
  std::string seen = options.folder;  // a folder that cannot be read ends the walk where it is entered
  std::error_code ec;
  for (fs::recursive_directory_iterator at(seen, ec), end; !ec && at != end; at.increment(ec)) {
    seen = at->path().string();
    if (at->path().filename() == "case.yaml") cases.push_back(seen);
  }
  if (ec) {
    std::fprintf(stderr,
                 "%s: cannot be read: %s; expected a folder with cases (DIR/<case>/case.yaml and expected.prom)\n",
                 seen.c_str(), ec.message().c_str());
    return 2;
  }
  std::sort(cases.begin(), cases.end());
  if (cases.empty()) {
    std::fprintf(
        stderr,
        "%s: no case.yaml in it or below; a case is a folder with case.yaml, `tallyman test --help` shows one\n",
        options.folder.c_str());
    return 2;
  }

  Catalogue catalogue;
  Diagnostics found;
  if (const std::string own = collectors_of(options.folder, sources); !own.empty())
    catalogue.add_folder({own, {}}, sources, found);
  for (const std::string& folder : options.collectors) catalogue.add_folder({folder, {}}, sources, found);
  print(found);
  if (has_errors(found)) return 2;

  std::size_t failed = 0, updated = 0;
  for (const std::string& path : cases) {
    FixtureResult result = run_fixture(path, catalogue, sources);
    const std::string name = fs::path(path).parent_path().string();
    const bool fresh = options.update && !result.differences.empty() && !result.golden.empty();
    if (fresh) updated += update(name, result);
    if (result.ok()) {
      if (!fresh) std::printf("ok      %s (%zu samples)\n", name.c_str(), result.samples);
      continue;
    }
    ++failed;
    std::printf("FAILED  %s\n", name.c_str());
    show(result.differences);
    show(result.wrong);
  }
  std::printf("%zu passed, %zu failed", cases.size() - failed, failed);
  if (updated > 0) std::printf(", %zu of them written: read what they say", updated);
  std::printf("\n");
  return failed == 0 ? 0 : 1;
}

}  // namespace tallyman::cli
