// Any bytes as a path template of json_exporter: refused with a place, or queries that RFC 9535 takes.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "importer/kube_path.h"
#include "jsonpath/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const importer::PathTemplate read = importer::read_template(text);
  if (read.error) {
    if (read.error->what.empty() || read.error->offset > size) std::abort();
    return 0;
  }
  for (const importer::PathPart& part : read.parts) {
    if (!part.query) continue;
    const auto query = jsonpath::Query::parse("$" + part.text);
    if (!query || query->singular() != part.singular) std::abort();
  }
  return 0;
}
