// The path templates of json_exporter (Kubernetes' JSONPath: text with `{.a.b[*]}` in it) as queries of RFC 9535.
// Pure; knows no YAML and no collector. What json_exporter refuses or reads in an odd way although its meaning is
// plain is translated and noted.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tallyman::importer {

struct PathPart {
  bool query = false;
  std::string text;  // literal, or the query after its `$` or `@`: `.values[*]`, "" for the root
  bool singular = true;
  std::optional<std::string> between = {};  // of a `range`: what stands between the texts of its items
};

struct PathNote {
  std::size_t offset = 0;  // in the template
  std::string what;
};

struct PathTemplate {
  std::vector<PathPart> parts;  // literals next to each other are one
  std::vector<PathNote> notes;  // translated, but not what json_exporter does
  std::optional<PathNote> error;

  bool literal() const { return parts.empty() || (parts.size() == 1 && !parts[0].query); }
  bool single_query() const { return parts.size() == 1 && parts[0].query; }
};

PathTemplate read_template(std::string_view text);

}  // namespace tallyman::importer
