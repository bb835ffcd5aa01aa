#include "importer/kube_filter.h"

#include <algorithm>
#include <array>

namespace tallyman::importer {

std::string FilterReader::filter(Piece inside) {
  if (!inside.text.starts_with("?(") || !inside.text.ends_with(')'))
    throw Untranslatable{inside.offset, "json_exporter takes a filter in parentheses only: `[?(...)]`"};
  const Piece body = trimmed({inside.offset + 2, inside.text.substr(2, inside.text.size() - 3)});
  if (body.text.empty()) throw Untranslatable{inside.offset, "the filter is empty"};
  return "?" + condition(body);
}

std::string FilterReader::condition(Piece body) {
  if (++depth_ > max_depth) throw Untranslatable{body.offset, "filters nested too deeply"};
  std::string out;
  int around = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < body.text.size(); ++i) {
    const char c = body.text[i];
    if (c == '\'' || c == '"') {
      i = quote_end(body.text, i);
      if (i == std::string_view::npos) throw Untranslatable{body.offset, "a quote in the filter is not closed"};
    } else if (c == '(' || c == '[') {
      ++around;
    } else if (c == ')' || c == ']') {
      --around;
    } else if (around == 0 && (c == '&' || c == '|')) {
      if (body.text.substr(i, 2) != std::string(2, c))
        throw Untranslatable{body.offset + i,
                             std::string("`") + c + "` is no operator; expected `" + std::string(2, c) + "`"};
      note(body.offset + i, "json_exporter has no `" + std::string(2, c) + "` in filters; here it means what it says");
      out += part(trimmed({body.offset + first, body.text.substr(first, i - first)})) + " " + std::string(2, c) + " ";
      first = ++i + 1;
    }
  }
  out += part(trimmed({body.offset + first, body.text.substr(first)}));
  --depth_;
  return out;
}

std::string FilterReader::part(Piece body) {
  if (body.text.starts_with('(') && body.text.ends_with(')'))
    return "(" + condition(trimmed({body.offset + 1, body.text.substr(1, body.text.size() - 2)})) + ")";
  if (body.text.empty()) throw Untranslatable{body.offset, "a side of `&&` or `||` is missing"};
  return comparison(body);
}

std::string FilterReader::comparison(Piece body) {
  std::size_t op = std::string_view::npos;
  for (std::size_t i = 0; i < body.text.size(); ++i) {
    const char c = body.text[i];
    if (c == '\'' || c == '"')
      i = quote_end(body.text, i);
    else if (op == std::string_view::npos && std::string_view("!<>=").find(c) != std::string_view::npos)
      op = i;
  }
  if (op == std::string_view::npos) {
    const Operand alone = operand(body);
    if (!alone.path)
      throw Untranslatable{body.offset, "the filter is a constant; expected a path, or a comparison with one"};
    return alone.text;
  }
  std::size_t op_end = op;
  while (op_end < body.text.size() && std::string_view("!<>=~").find(body.text[op_end]) != std::string_view::npos)
    ++op_end;
  const std::string sign(body.text.substr(op, op_end - op));
  if (sign.find('~') != std::string::npos)
    throw Untranslatable{body.offset + op, "json_exporter has no `" + sign +
                                               "`; a query of ours has search(): write the rule by hand, such as "
                                               "`[?search(@.a, 'x')]`"};
  if (op == 0) throw Untranslatable{body.offset, "`" + sign + "` has nothing on its left"};
  static const std::array<std::string_view, 6> known = {"==", "!=", "<", "<=", ">", ">="};
  if (std::find(known.begin(), known.end(), sign) == known.end())
    throw Untranslatable{body.offset + op, "`" + sign + "` is no comparison; expected ==, !=, <, <=, > or >="};
  const Operand left = operand(trimmed({body.offset, body.text.substr(0, op)}));
  const Operand right = operand(trimmed({body.offset + op_end, body.text.substr(op_end)}));
  for (const Operand* one : {&left, &right}) {
    if (!one->singular)
      throw Untranslatable{one->offset, "a comparison takes paths that select one value; this one may select several"};
    if (one->integer)
      note(one->offset, "json_exporter cannot compare a number with the integer `" + one->text +
                            "` (\"incompatible types\"); here it compares");
  }
  return left.text + " " + sign + " " + right.text;
}

FilterReader::Operand FilterReader::operand(Piece p) {
  Operand out;
  out.offset = p.offset;
  if (p.text.empty()) throw Untranslatable{p.offset, "a side of the comparison is missing"};
  const char c = p.text[0];
  if (c == '\'' || c == '"') {
    if (quote_end(p.text, 0) != p.text.size() - 1)
      throw Untranslatable{p.offset, "expected one text in quotes on each side"};
    out.text = quoted(unescaped(p.text.substr(1, p.text.size() - 2)));
  } else if (c == '@' || c == '$' || c == '.' || c == '[') {
    if (c == '$') note(p.offset, "`$` in a filter means the item to json_exporter, not the document; translated so");
    const PathPart path = read_path_(p, depth_ + 1);
    out.path = true;
    out.text = "@" + path.text;
    out.singular = path.singular;
  } else {
    out.text = std::string(p.text);
    out.integer = integer(p.text).has_value();
    if (out.text != "true" && out.text != "false" && !is_json_number(out.text))
      throw Untranslatable{p.offset,
                           "`" + out.text + "` is neither a path (@.name), a text in quotes, a number, true nor false"};
  }
  return out;
}

void FilterReader::note(std::size_t offset, std::string what) { notes_.push_back({offset, std::move(what)}); }

}  // namespace tallyman::importer
