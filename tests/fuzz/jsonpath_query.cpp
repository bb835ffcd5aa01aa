// A query on the first line, a document behind it: refused with a place, or evaluated within its bound. Each path of a
// node found is itself a query, which selects that node and no other.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decode/document.h"
#include "jsonpath/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tallyman;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t line = all.find('\n');
  const std::string_view text = all.substr(0, line);
  const auto query = jsonpath::Query::parse(text);
  const auto expression = jsonpath::Expression::parse(text);
  if (!query && (query.error().what.empty() || query.error().offset > text.size())) std::abort();
  if (!expression && (expression.error().what.empty() || expression.error().offset > text.size())) std::abort();
  if (line == all.npos || (!query && !expression)) return 0;
  decode::Document document;
  if (!document.parse(std::string(all.substr(line + 1)))) return 0;
  const decode::Node root = document.root();
  if (expression) {
    (void)expression->test(root, root);
    (void)expression->matches(root, root);
  }
  if (!query) return 0;
  constexpr std::size_t bound = 20'000;
  std::size_t visited = 0;
  if (!query->select(root, root, [&](const jsonpath::Located&) { return ++visited, true; }, bound)) return 0;
  std::vector<std::string> paths;
  const std::vector<decode::Node> nodes = query->nodes(root, root, &paths);
  if (nodes.size() != visited || paths.size() != visited || (query->singular() && visited > 1)) std::abort();
  if ((visited == 0 ? decode::Node() : nodes.front()) != query->first(root, root)) std::abort();
  for (std::size_t i = 0; i < nodes.size() && i < 20; ++i) {
    const auto path = jsonpath::Query::parse(paths[i]);
    if (!path || !path->singular() || path->first(root, root) != nodes[i]) std::abort();
  }
  return 0;
}
