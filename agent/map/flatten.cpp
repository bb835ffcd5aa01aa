// `flatten` (LANGUAGE 5.3): every number and boolean below the item, named by its path.
#include "core/glob.h"
#include "core/labels.h"
#include "map/mapper.h"
#include "map/units.h"

namespace tallyman::map {

namespace {

// Of a metric's name, in bytes. Keys come from the target: 200 names of a long key each, and their help, would be
// the answer two hundred times over.
constexpr std::size_t longest_name = 256;

}  // namespace

void Mapper::flatten(const RulePlan& rule) {
  if (!rule_labels(rule)) return;
  const std::size_t level = rule.walk.steps.size();
  std::string name = rule.flatten->prefix, path = "$";
  std::size_t made = 0;
  flatten_node(rule, e_.item(level).node, name, path, made);
}

void Mapper::flatten_node(const RulePlan& rule, decode::Node node, std::string& name, std::string& path,
                          std::size_t& made) {
  if (!node || failure_ || e_.exhausted()) return;
  e_.spend(1);
  const std::size_t name_size = name.size(), path_size = path.size();
  Number value;
  switch (node.kind()) {
    case decode::Kind::array:
    case decode::Kind::object:
      for (const auto child : node.children()) {
        // Name and path are copied for each, and a long key is read to be left out.
        e_.spend(1 + (name_size + path_size + child.key.size()) / 16);
        if (e_.exhausted()) return;
        const bool element = child.index >= 0;
        const bool parted = name_size > rule.flatten->prefix.size();
        if (name_size + parted + child.key.size() > longest_name) {
          count(e_.counter(), Reason::limit);
          continue;
        }
        const std::string key = element ? std::to_string(child.index) : std::string(child.key);
        if (parted) name += '_';
        name += key;
        path += element ? "[" + key + "]" : "." + key;
        flatten_node(rule, child.node, name, path, made);
        name.resize(name_size);
        path.resize(path_size);
      }
      return;
    case decode::Kind::number:
      value = node.number();
      break;
    case decode::Kind::boolean:
      value = Number::of(std::int64_t{node.boolean()});
      break;
    case decode::Kind::out_of_range: {
      const Datum rounded = decimal(node.lexeme());
      if (rounded.is_failed()) return count(e_.counter(), rounded.reason);
      value = rounded.number;
      break;
    }
    case decode::Kind::null:
    case decode::Kind::string:
      return;
  }
  for (const std::string& glob : rule.flatten->drop) e_.spend(1 + name.size() * glob.size() / 16);
  e_.spend(8);
  const std::string legal = legal_metric_name(name);
  if (any_glob(rule.flatten->drop, legal)) return;
  if (++made > rule.flatten->max) {
    failure_ =
        error(Stage::limit, "`flatten` of " + p_.rule_names[rule.name] + " gives more than " +
                                std::to_string(rule.flatten->max) + " metrics; drop some with `drop` or raise `max`");
    return;
  }
  BlockSink& out = sink(rule.block);
  const auto family = out.named_family(
      {legal, MetricType::gauge, to_utf8(path) + " of the answer, as of the target's last good poll.", {}});
  if (!family) return count(e_.counter(), Reason::duplicate);
  out.add(*family, out.intern(s_.body), value, Suffix::none, rule.fold, e_.counter());
  if (made % 256 == 0) over_text(out);
}

}  // namespace tallyman::map
