#include "config/fixture.h"

#include "config/reader.h"

namespace tallyman::config {
namespace {

double number_of(Reader& reader, const Node& node, const std::string& subject) {
  const Scalar scalar = scalar_of(node);
  if (const auto* number = std::get_if<Number>(&scalar)) return number->real();
  reader.expected(node, subject, "a number");
  return 0;
}

Fixture::Answer read_answer(Reader& reader, const Node& node) {
  Fixture::Answer answer;
  if (!reader.map(node, "an answer", {"file", "path", "status", "headers"})) return answer;
  if (const Node* file = node.find("file"))
    answer.file = reader.text(*file, "`file`");
  else
    reader.missing(node.at, "`file`", "the file with the answer's body");
  if (const Node* path = node.find("path")) answer.path = reader.text(*path, "`path`");
  if (const Node* status = node.find("status"))
    if (const auto code = reader.integer(*status, "`status`", 100, 599)) answer.status = static_cast<int>(*code);
  if (const Node* headers = node.find("headers"); headers && reader.free_map(*headers, "`headers`"))
    for (std::size_t i = 0; i < headers->items.size(); ++i)
      answer.headers.add(headers->keys[i].text, reader.word(headers->items[i], "a header").text);
  return answer;
}

}  // namespace

std::optional<Fixture> parse_fixture(const std::string& yaml, const std::string& file, Diagnostics& out) {
  const std::optional<Node> root = parse_yaml(yaml, file, out);
  if (!root) return std::nullopt;
  Reader reader;
  Fixture fixture;
  if (reader.map(*root, "a case", {"collector", "now", "with", "timezone", "answers", "tolerance", "errors"})) {
    if (const Node* node = root->find("collector"))
      fixture.collector = reader.text(*node, "`collector`");
    else
      reader.missing(root->at, "`collector`", "the name of a collector");
    if (const Node* node = root->find("now")) fixture.now = number_of(reader, *node, "`now`");
    if (const Node* node = root->find("timezone")) fixture.timezone = reader.text(*node, "`timezone`");
    if (const Node* node = root->find("with"); node && reader.free_map(*node, "`with`"))
      for (std::size_t i = 0; i < node->items.size(); ++i) {
        const Node& item = node->items[i];
        Parameter value = scalar_of(item);
        if (item.kind == Node::Kind::list) {
          std::vector<Scalar> list;
          for (const Node& element : item.items) list.push_back(scalar_of(element));
          value = std::move(list);
        }
        fixture.with.emplace_back(node->keys[i], std::move(value));
      }
    if (const Node* node = root->find("answers"); node && reader.free_map(*node, "`answers`"))
      for (std::size_t i = 0; i < node->items.size(); ++i) {
        std::vector<Fixture::Answer> answers;
        if (reader.list(node->items[i], "the answers of a request"))
          for (const Node& item : node->items[i].items) answers.push_back(read_answer(reader, item));
        fixture.answers.emplace_back(node->keys[i], std::move(answers));
      }
    if (const Node* node = root->find("tolerance"); node && reader.free_map(*node, "`tolerance`"))
      for (std::size_t i = 0; i < node->items.size(); ++i)
        fixture.tolerance.emplace_back(node->keys[i].text, number_of(reader, node->items[i], "a tolerance"));
    if (const Node* node = root->find("errors"); node && reader.free_map(*node, "`errors`"))
      for (std::size_t i = 0; i < node->items.size(); ++i)
        if (const auto n = reader.integer(node->items[i], "a count of errors", 0, 1'000'000'000))
          fixture.errors.emplace_back(node->keys[i].text, static_cast<std::uint64_t>(*n));
  }
  const bool failed = has_errors(reader.found());
  out.insert(out.end(), reader.found().begin(), reader.found().end());
  if (failed) return std::nullopt;
  return fixture;
}

}  // namespace tallyman::config
