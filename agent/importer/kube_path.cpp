#include "importer/kube_path.h"

#include <algorithm>

#include "core/labels.h"
#include "importer/kube_filter.h"
#include "importer/kube_lexeme.h"

namespace tallyman::importer {
namespace {

class Parser {
 public:
  Parser(std::string_view text, PathTemplate& out) : text_(text), out_(out) {}

  void run() {
    while (at_ < text_.size()) {
      if (text_[at_] != '{') {
        add_literal(text_[at_++]);
        continue;
      }
      const std::size_t opened = at_++;
      if (keyword("range"))
        range(opened);
      else
        action(opened);
    }
  }

 private:
  void add_literal(char c) { add_literal(std::string(1, c)); }
  void add_literal(const std::string& text) {
    if (text.empty()) return;
    if (!out_.parts.empty() && !out_.parts.back().query)
      out_.parts.back().text += text;
    else
      out_.parts.push_back({false, text, true});
  }

  void note(std::size_t offset, std::string what) { out_.notes.push_back({offset, std::move(what)}); }

  // Goes past the word if it is next, and no longer one.
  bool keyword(std::string_view word) {
    std::size_t first = at_;
    while (first < text_.size() && is_blank(text_[first])) ++first;
    const std::size_t end = first + word.size();
    if (text_.substr(first, word.size()) != word || end >= text_.size()) return false;
    if (!is_blank(text_[end]) && std::string_view("}.[$@").find(text_[end]) == std::string_view::npos) return false;
    at_ = end;
    return true;
  }

  // `{range LIST}before{.path}after{end}`, from after `range` to after the last brace: one text of all items.
  void range(std::size_t opened) {
    PathPart list{true, "", true};
    path_only(list, '}');
    if (at_ >= text_.size()) throw Untranslatable{opened, "`{` is not closed; expected `}`"};
    PathTemplate inside;
    Parser body(text_, inside);
    for (body.at_ = at_ + 1;;) {
      if (body.at_ >= text_.size()) throw Untranslatable{opened, "`range` has no `{end}`"};
      if (text_[body.at_] != '{') {
        body.add_literal(text_[body.at_++]);
        continue;
      }
      const std::size_t brace = body.at_++;
      if (body.keyword("end")) break;
      body.action(brace);
    }
    at_ = text_.find('}', body.at_);
    if (at_ == std::string_view::npos) throw Untranslatable{opened, "`{end` is not closed; expected `}`"};
    ++at_;
    for (PathNote& one : inside.notes) out_.notes.push_back(std::move(one));
    const auto is_query = [](const PathPart& part) { return part.query; };
    const auto query = std::find_if(inside.parts.begin(), inside.parts.end(), is_query);
    if (std::count_if(inside.parts.begin(), inside.parts.end(), is_query) != 1)
      throw Untranslatable{opened,
                           "a `range` is translated if it has one path in it; several samples are `type: object`, one "
                           "text of all is `{ concat: QUERY, sep: \";\" }` in our language"};
    const std::string before = query == inside.parts.begin() ? "" : std::prev(query)->text;
    const std::string after = std::next(query) == inside.parts.end() ? "" : std::next(query)->text;
    add_literal(before);
    out_.parts.push_back({true, list.text + query->text, list.singular && query->singular, after + before});
    add_literal(after);
    if (!(before + after).empty())
      note(opened, "of an empty list `range` gives no text to json_exporter; here what stands around its path is left");
  }

  // From after `{` to after `}`: a quoted literal, a number, or a path.
  void action(std::size_t opened) {
    PathPart path{true, "", true};
    bool descend = false;
    bool any = false;  // a selector was read
    std::optional<std::string> literal;
    for (;;) {
      if (at_ >= text_.size()) throw Untranslatable{opened, "`{` is not closed; expected `}`"};
      const char c = text_[at_];
      if (c == '}') break;
      if (literal) throw Untranslatable{at_, "a literal and more in one pair of braces cannot be translated"};
      if (is_blank(c) || c == '$' || c == '@') {
        ++at_;
      } else if (c == '"' || c == '\'') {
        if (any) throw Untranslatable{at_, "a path and a literal in one pair of braces cannot be translated"};
        const std::size_t end = quote_end(text_, at_);
        if (end == std::string_view::npos) throw Untranslatable{at_, "the quote is not closed"};
        literal = unescaped(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
      } else if (c == '.') {
        any = true;
        field(path, descend);
      } else if (c == '[') {
        any = true;
        bracket(path, descend);
      } else if (!any && (is_digit(c) || c == '-' || c == '+' || is_letter(c))) {
        literal = word();
      } else {
        throw Untranslatable{at_, std::string("`") + c + "` has no meaning here, neither for json_exporter nor for us" +
                                      (c == '|' ? ": there are no pipes" : "")};
      }
    }
    ++at_;
    if (literal) return add_literal(*literal);
    if (descend) throw Untranslatable{opened, "a name is missing after `..`"};
    out_.parts.push_back(std::move(path));
  }

  std::string word() {
    const std::size_t first = at_;
    while (at_ < text_.size() && text_[at_] != '}' && !is_blank(text_[at_])) ++at_;
    const std::string out(text_.substr(first, at_ - first));
    if (out == "range") throw Untranslatable{first, "a `range` in another cannot be translated"};
    if (out == "end") throw Untranslatable{first, "`end` without a `range` before it"};
    if (out != "true" && out != "false" && !is_json_number(out))
      throw Untranslatable{first,
                           "`" + out + "` is no path; expected one that begins with `.`, such as `{." + out + "}`"};
    return out;
  }

  void add(PathPart& path, bool& descend, const std::string& name) {
    if (is_shorthand(name))
      path.text += (descend ? ".." : ".") + name;
    else
      add_bracket(path, descend, quoted(name));
  }

  void add_bracket(PathPart& path, bool& descend, const std::string& inside) {
    path.text += (descend ? "..[" : "[") + inside + "]";
  }

  // `.name`, `.*`, `..name`, and the dot alone before a bracket.
  void field(PathPart& path, bool& descend) {
    const std::size_t first = at_++;
    if (at_ < text_.size() && text_[at_] == '.') {
      if (descend) throw Untranslatable{first, "`....` has no meaning"};
      ++at_;
      descend = true;
      path.singular = false;
    }
    std::string name;
    const std::size_t name_at = at_;
    while (at_ < text_.size() && std::string_view(" .,[]$@{}\t").find(text_[at_]) == std::string_view::npos) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      name += text_[at_++];
    }
    if (name.empty()) {
      if (at_ < text_.size() && text_[at_] == ',') throw Untranslatable{at_, "`,` has no meaning here"};
      return;  // `{.}`, `.[0]`, `..[0]`
    }
    if (name.ends_with("()")) note(name_at, "json_exporter has no functions: `" + name + "` is the name of a member");
    if (text_.substr(name_at, at_ - name_at) == "*") {
      if (descend) note(first, "json_exporter cannot read `..*`; taken as every value below");
      path.text += descend ? "..*" : ".*";
      path.singular = false;
    } else {
      add(path, descend, name);
    }
    descend = false;
  }

  // `[...]`, to after its `]`.
  void bracket(PathPart& path, bool& descend) {
    const std::size_t opened = at_;
    if (depth_ > FilterReader::max_depth) throw Untranslatable{opened, "filters nested too deeply"};
    int depth = 0;
    std::size_t end = at_;
    for (;; ++end) {
      if (end >= text_.size()) throw Untranslatable{opened, "`[` is not closed; expected `]`"};
      const char c = text_[end];
      if (c == '\'' || c == '"') {
        const std::size_t close = quote_end(text_, end);
        if (close == std::string_view::npos) throw Untranslatable{end, "the quote is not closed"};
        end = close;
      } else if (c == '[') {
        ++depth;
      } else if (c == ']' && --depth == 0) {
        break;
      }
    }
    const Piece inside = trimmed({opened + 1, text_.substr(opened + 1, end - opened - 1)});
    at_ = end + 1;
    if (inside.text.starts_with('?')) {
      path.singular = false;
      FilterReader reader(depth_, out_.notes, [this](Piece p, int depth) { return path_in_filter(p, depth); });
      add_bracket(path, descend, reader.filter(inside));
    } else if (inside.text == "*") {
      path.singular = false;
      add_bracket(path, descend, "*");
    } else {
      selectors(path, descend, inside);
    }
    descend = false;
  }

  static std::vector<Piece> split(Piece p) {
    std::vector<Piece> out;
    std::size_t first = 0;
    for (std::size_t i = 0; i <= p.text.size(); ++i) {
      if (i < p.text.size() && (p.text[i] == '\'' || p.text[i] == '"')) {
        i = std::min(quote_end(p.text, i), p.text.size() - 1);
      } else if (i == p.text.size() || p.text[i] == ',') {
        out.push_back(trimmed({p.offset + first, p.text.substr(first, i - first)}));
        first = i + 1;
      }
    }
    return out;
  }

  void selectors(PathPart& path, bool& descend, Piece inside) {
    const std::vector<Piece> pieces = split(inside);
    std::string all;
    for (const Piece& piece : pieces) {
      if (piece.text.starts_with('\'') || piece.text.starts_with('"')) {
        const std::vector<std::string> names = quoted_names(piece);
        if (pieces.size() == 1) {
          for (const std::string& name : names) {
            add(path, descend, name);
            descend = false;
          }
          return;
        }
        if (names.size() > 1)
          throw Untranslatable{piece.offset,
                               "a `.` in one of several names means two steps to json_exporter, which a "
                               "query cannot say; write `\\.` if it is part of the name"};
        all += (all.empty() ? "" : ",") + quoted(names[0]);
      } else {
        all += (all.empty() ? "" : ",") + index_or_slice(path, piece);
      }
    }
    if (pieces.size() > 1) path.singular = false;
    add_bracket(path, descend, all);
  }

  // json_exporter reads the inside of the quotes as a path: a bare dot divides it.
  std::vector<std::string> quoted_names(Piece piece) {
    if (piece.text.size() < 2 || quote_end(piece.text, 0) != piece.text.size() - 1)
      throw Untranslatable{piece.offset, "expected a quoted name, such as ['name']"};
    if (piece.text.front() == '"')
      note(piece.offset, "json_exporter refuses names in double quotes; taken as in single ones");
    const std::string_view inside = piece.text.substr(1, piece.text.size() - 2);
    std::vector<std::string> out(1);
    bool odd = false;
    for (std::size_t i = 0; i < inside.size(); ++i) {
      if (inside[i] == '\\' && i + 1 < inside.size()) {
        out.back() += inside[++i];
      } else if (inside[i] == '.') {
        out.emplace_back();
      } else {
        odd = odd || std::string_view(" ,[]$@{}\t").find(inside[i]) != std::string_view::npos;
        out.back() += inside[i];
      }
    }
    if (out.size() > 1 && std::any_of(out.begin(), out.end(), [](const auto& name) { return name.empty(); }))
      throw Untranslatable{piece.offset, "an empty name between dots; write `\\.` for a dot that is part of the name"};
    if (out.size() > 1)
      note(piece.offset,
           "a `.` in quotes means two steps to json_exporter and is translated so; one name with a dot "
           "would be written `\\.`");
    if (odd) note(piece.offset, "json_exporter cannot read this name; taken as it is written");
    return out;
  }

  std::string index_or_slice(PathPart& path, Piece piece) {
    const auto bad = [&] {
      return Untranslatable{
          piece.offset,
          "`[" + std::string(piece.text) + "]` is neither an index, a slice, a name in quotes nor a filter `?(...)`"};
    };
    std::string out;
    int parts = 0;
    std::optional<long long> step;
    for (std::size_t first = 0; first <= piece.text.size();) {
      const std::size_t end = std::min(piece.text.find(':', first), piece.text.size());
      const std::string_view one = trimmed({0, piece.text.substr(first, end - first)}).text;
      if (parts++ > 0) out += ":";
      if (!one.empty()) {
        const auto n = integer(one);
        if (!n) throw bad();
        if (parts == 3) step = n;
        out += std::to_string(*n);
      }
      first = end + 1;
    }
    if (out.empty() || parts > 3) throw bad();
    if (step && *step <= 0)
      note(piece.offset,
           "json_exporter refuses steps below 1; here a negative one counts backwards, and 0 gives nothing");
    if (parts > 1) path.singular = false;
    return out;
  }

  PathPart path_in_filter(Piece p, int depth) {
    PathTemplate inner;
    // On the same text, so that offsets are those of the whole.
    Parser parser(text_.substr(0, p.offset + p.text.size()), inner);
    parser.at_ = p.offset;
    parser.depth_ = depth;
    PathPart path{true, "", true};
    parser.path_only(path);
    for (PathNote& one : inner.notes) out_.notes.push_back(std::move(one));
    return path;
  }

  // To the end of the text, or `stop`.
  void path_only(PathPart& path, char stop = '\0') {
    bool descend = false;
    while (at_ < text_.size() && text_[at_] != stop) {
      const char c = text_[at_];
      if (is_blank(c) || c == '$' || c == '@')
        ++at_;
      else if (c == '.')
        field(path, descend);
      else if (c == '[')
        bracket(path, descend);
      else
        throw Untranslatable{at_, std::string("`") + c + "` has no meaning in a path"};
    }
    if (descend) throw Untranslatable{at_, "a name is missing after `..`"};
  }

  std::string_view text_;
  PathTemplate& out_;
  std::size_t at_ = 0;
  int depth_ = 0;  // of filters around
};

// json_exporter takes quotes off a text that both begins and ends with the same ones.
void unquote(PathTemplate& t) {
  if (t.parts.size() != 1 || t.parts[0].query) return;
  std::string& text = t.parts[0].text;
  if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0])
    text = text.substr(1, text.size() - 2);
}

}  // namespace

PathTemplate read_template(std::string_view text) {
  PathTemplate out;
  if (!is_utf8(text)) {
    out.error = PathNote{0, "the path is not UTF-8"};
    return out;
  }
  try {
    Parser(text, out).run();
  } catch (const Untranslatable& e) {
    out.parts.clear();
    out.error = PathNote{e.offset, e.what};
  }
  unquote(out);
  return out;
}

}  // namespace tallyman::importer
