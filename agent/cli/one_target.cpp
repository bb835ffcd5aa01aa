#include "cli/one_target.h"

#include <cstdio>

#include "cli/input.h"
#include "config/yaml_tree.h"

namespace tallyman::cli {
namespace {

// As in a targets file: a number, a boolean, a list, else a text.
std::optional<config::Parameter> parameter(const std::string& text) {
  config::Node node;
  if (text.starts_with('[')) {
    Diagnostics found;
    const std::optional<config::Node> list = config::parse_yaml(text, "--with", found);
    if (!list || list->kind != config::Node::Kind::list || has_errors(found)) return std::nullopt;
    std::vector<config::Scalar> out;
    for (const config::Node& item : list->items) {
      if (item.kind != config::Node::Kind::scalar) return std::nullopt;
      out.push_back(config::scalar_of(item));
    }
    return out;
  }
  node.kind = config::Node::Kind::scalar;
  node.text = text;
  return config::scalar_of(node);
}

std::nullopt_t wrong(const std::string& what) {
  std::fprintf(stderr, "%s\n", one_line(what).c_str());
  return std::nullopt;
}

}  // namespace

std::optional<RunnableTarget> one_target(const ProbeOptions& options) {
  config::Target target;
  target.name.text = "probe";
  target.collector.text = options.collector;
  const auto line = std::make_shared<const std::string>("command line");
  target.name.at.file = target.collector.at.file = line;
  const Result<Url> url = source_url(options.source);
  if (!url) return wrong(url.error().detail);
  target.endpoint.url = *url;
  if (const Result<> applied = apply(options.access, target.endpoint); !applied) return wrong(applied.error().detail);
  const Result<Nanoseconds> timeout = parse_duration(options.timeout);
  if (!timeout || *timeout < std::chrono::milliseconds(1))
    return wrong("--timeout: `" + options.timeout + "`: expected a duration of at least 1ms, such as 10s");
  target.timeout = *timeout;
  target.interval = std::max<Nanoseconds>(target.interval, target.timeout);
  for (const std::string& with : options.with) {
    const std::size_t eq = with.find('=');
    if (eq == std::string::npos || eq == 0) return wrong("--with " + with + ": expected NAME=VALUE");
    const auto value = parameter(with.substr(eq + 1));
    if (!value) return wrong("--with " + with + ": a value that begins with `[` is a list; expected such as [a, b]");
    target.with.push_back({config::Text{with.substr(0, eq), {line, 0, 0}}, *value});
  }

  Catalogue catalogue;
  Diagnostics found;
  for (const std::string& folder : options.collectors)
    catalogue.add_folder({folder, {}}, config::Sources::system(), found);
  if (const config::CollectorFile* file = catalogue.find(options.collector, found))
    target.limits = config::effective_limits(target.limits_said, file->limits);
  Compiler compiler(catalogue);
  auto collector = compiler.compile(target, found);
  if (collector) check_login(target, *collector, found);
  print(found);
  if (!collector || has_errors(found)) return std::nullopt;
  return RunnableTarget{std::move(target), std::move(collector), 0};
}

}  // namespace tallyman::cli
