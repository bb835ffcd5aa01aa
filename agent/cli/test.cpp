#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app_fixture.h"
#include "cli/commands.h"

namespace tallyman::cli {

int test(const TestOptions& options) {
  namespace fs = std::filesystem;
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
    std::fprintf(stderr, "%s: no case.yaml in it or below\n", options.folder.c_str());
    return 2;
  }

  Catalogue catalogue;
  Diagnostics found;
  for (const std::string& folder : options.collectors) catalogue.add_folder({folder, {}}, sources, found);
  print(found);
  if (has_errors(found)) return 2;

  std::size_t failed = 0;
  for (const std::string& path : cases) {
    const FixtureResult result = run_fixture(path, catalogue, sources);
    const std::string name = fs::path(path).parent_path().string();
    if (result.ok) {
      std::printf("ok      %s (%zu samples)\n", name.c_str(), result.samples);
      continue;
    }
    ++failed;
    std::printf("FAILED  %s\n", name.c_str());
    for (const std::string& line : result.differences) std::printf("    %s\n", one_line(line).c_str());
  }
  std::printf("%zu passed, %zu failed\n", cases.size() - failed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace tallyman::cli
