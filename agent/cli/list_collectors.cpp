#include <algorithm>
#include <cstdio>

#include "app_config.h"
#include "cli/commands.h"
#include "config/builtin_collectors.h"

namespace tallyman::cli {

int list_collectors(const ListOptions& options) {
  if (options.schema) {
    const std::string_view schema = config::collector_schema();
    std::fwrite(schema.data(), 1, schema.size(), stdout);
    return 0;
  }
  Catalogue catalogue;
  Diagnostics found;
  for (const std::string& folder : options.collectors)
    catalogue.add_folder({folder, {}}, config::Sources::system(), found);
  std::size_t width = 0;
  for (const auto& [name, entry] : catalogue.entries()) width = std::max(width, name.size());
  for (const auto& [name, entry] : catalogue.entries()) {
    const config::CollectorFile* file = catalogue.find(name, found);
    const std::string about = file ? file->about.text : "(has errors)";
    const std::string source = entry.source == "built in" ? "" : "  [" + entry.source + "]";
    std::printf("%-*s  %s%s\n", static_cast<int>(width), name.c_str(), about.c_str(), source.c_str());
  }
  print(found);
  return has_errors(found) ? 2 : 0;
}

}  // namespace tallyman::cli
