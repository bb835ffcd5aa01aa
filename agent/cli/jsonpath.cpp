#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "cli/commands.h"
#include "jsonpath/query.h"

namespace tallyman::cli {

int jsonpath(const JsonpathOptions& options) {
  const auto query = jsonpath::Query::parse(options.query);
  if (query.has_error()) {
    const jsonpath::SyntaxError& e = query.error();
    std::fprintf(stderr, "%s\n%*s^\nposition %zu: %s\n", options.query.c_str(), static_cast<int>(e.offset), "",
                 e.offset + 1, e.what.c_str());
    return 2;
  }
  std::string text;
  if (options.file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream in(options.file, std::ios::binary);
    if (!in) {
      std::fprintf(stderr, "%s: cannot be read; expected a JSON file, or - for standard input\n", options.file.c_str());
      return 2;
    }
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  decode::Document document;
  // A person's own file may be deep; the limit only guards the stack.
  const Result<> parsed = document.parse(std::move(text), {.depth = 1000});
  if (!parsed) {
    std::fprintf(stderr, "%s: %s\n", options.file.c_str(), parsed.error().detail.c_str());
    return 1;
  }
  std::vector<std::string> paths;
  const auto nodes = query->nodes(document.root(), document.root(), options.paths ? &paths : nullptr);
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
  }
  out += "]\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

}  // namespace tallyman::cli
