#include <cstdio>
#include <string>

#include "cli/commands.h"
#include "cli/input.h"
#include "core/diagnostic.h"
#include "jsonpath/query.h"

namespace tallyman::cli {

namespace {

// The query, where in it, and what.
void point(const std::string& query, const jsonpath::SyntaxError& e) {
  const jsonpath::Excerpt shown = jsonpath::excerpt(query, e.offset);
  std::fprintf(stderr, "%s\n%*s^\nposition %zu: %s\n", shown.text.c_str(), static_cast<int>(shown.before), "",
               jsonpath::character(query, e.offset), e.what.c_str());
}

}  // namespace

int jsonpath(const JsonpathOptions& options) {
  const auto query = jsonpath::Query::parse(options.query);
  if (query.has_error()) {
    point(options.query, query.error());
    return 2;
  }
  for (const jsonpath::SyntaxError& note : query->notes()) point(options.query, note);
  const std::string name = options.file == "-" ? "standard input" : options.file;
  Result<std::string> text = read_input(options.file);
  if (!text) {
    std::fprintf(stderr, "%s: cannot be read: %s; expected a JSON file, or - for standard input\n", name.c_str(),
                 text.error().detail.c_str());
    return 2;
  }
  decode::Document document;
  // A person's own file may be deep; the limit only guards the stack.
  const Result<> parsed = document.parse(std::move(*text), {.depth = 1000});
  if (!parsed) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), one_line(parsed.error().detail).c_str());
    return 1;
  }
  std::vector<std::string> paths;
  jsonpath::Allowance allowance;
  const auto nodes = query->nodes(document.root(), document.root(), allowance, options.paths ? &paths : nullptr);
  if (allowance.exhausted) {
    std::fprintf(stderr,
                 "the query looked at %zu nodes, or took that long in its regular expressions, and was given up, as a "
                 "collector's would be: make it less deep, without `..`, or its patterns smaller\n",
                 jsonpath::default_max_visits);
    return 1;
  }
  std::string out = "[";
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i > 0) out += ",";
    if (options.paths) {
      out += '"';
      for (const char c : paths[i]) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
      }
      out += '"';
    } else {
      decode::append_json(out, nodes[i]);
    }
    if (out.size() < 1 << 20) continue;  // the same node may be selected many times
    std::fwrite(out.data(), 1, out.size(), stdout);
    out.clear();
  }
  out += "]\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

}  // namespace tallyman::cli
