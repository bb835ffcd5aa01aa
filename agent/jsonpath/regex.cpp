// The grammar of RFC 9485, section 3, checked and copied out as RE2. Where they differ:
// - `.` is any character but \n and \r;
// - no shorthand classes, no lazy quantifiers, no quantifier on a quantifier: refused here, since
//   RE2 would take them;
// - \p{Cn} (unassigned) and with it \p{C}: RE2 has no table for them, it is made when wanted;
// - `^` and `$` are plain characters in the RFC's grammar but pass as they are in its own mapping
//   to other dialects (section 5.3), and the compliance suite wants them as anchors.
#include "jsonpath/regex.h"

#include <re2/re2.h>

#include <optional>
#include <string>
#include <utility>

#include "decode/json_scan.h"
#include "jsonpath/query.h"
#include "jsonpath/utf8.h"

namespace tallyman::jsonpath {

namespace {

// Inside brackets: everything that is assigned, by category.
constexpr std::string_view printable = R"(\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z})";
constexpr std::string_view assigned = R"(\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\p{Cc}\p{Cf}\p{Co}\p{Cs})";

// The unassigned code points as ranges for a bracket, asked of RE2's own tables; once per process.
const std::string& unassigned() {
  static const std::string ranges = [] {
    const RE2 known("[" + std::string(assigned) + "]");
    std::string out, text;
    const auto unknown = [&](unsigned c) {
      if (c >= 0xD800 && c <= 0xDFFF) return false;
      text.clear();
      append_utf8(text, c);
      return !RE2::FullMatch(text, known);
    };
    for (unsigned c = 0; c <= 0x10FFFF; ++c) {
      if (!unknown(c)) continue;
      const unsigned first = c;
      while (c < 0x10FFFF && unknown(c + 1)) ++c;
      append_utf8(out, first);
      out += '-';
      append_utf8(out, c);
    }
    return out;
  }();
  return ranges;
}

class Translator {
 public:
  explicit Translator(std::string_view in) : in_(in) {}

  std::optional<std::string> run() {
    bool atom = false;  // whether a quantifier may come
    int depth = 0;
    while (!end()) {
      stopped_at_ = at_;
      const char c = in_[at_];
      switch (c) {
        case '|':
          out_ += in_[at_++];
          atom = false;
          break;
        case '(':
          if (++depth > 100) return std::nullopt;
          out_ += in_[at_++];
          atom = false;
          break;
        case ')':
          if (--depth < 0) return std::nullopt;
          out_ += in_[at_++];
          atom = true;
          break;
        case '*':
        case '+':
        case '?':
          if (!atom) return std::nullopt;
          out_ += in_[at_++];
          atom = false;
          break;
        case '{':
          if (!atom || !quantity()) return std::nullopt;
          atom = false;
          break;
        case '.':
          out_ += "[^\\n\\r]";
          ++at_;
          atom = true;
          break;
        case '[':
          if (!brackets()) return std::nullopt;
          atom = true;
          break;
        case '\\':
          if (category_ahead() ? !category(false) : !escaped()) return std::nullopt;
          atom = true;
          break;
        case ']':
        case '}':
          return std::nullopt;
        default:
          if (!character()) return std::nullopt;
          atom = true;
      }
    }
    stopped_at_ = at_;
    if (depth != 0) return std::nullopt;
    return std::move(out_);
  }

  // Where the part begins that run() could not read.
  std::size_t stopped_at() const { return stopped_at_; }

 private:
  bool end() const { return at_ >= in_.size(); }
  char now() const { return end() ? '\0' : in_[at_]; }
  bool category_ahead() const {
    return at_ + 1 < in_.size() && in_[at_] == '\\' && (in_[at_ + 1] == 'p' || in_[at_ + 1] == 'P');
  }
  bool digits() {
    const std::size_t from = at_;
    while (!end() && in_[at_] >= '0' && in_[at_] <= '9') out_ += in_[at_++];
    return at_ > from;
  }

  bool quantity() {  // {n} {n,} {n,m}
    out_ += in_[at_++];
    if (!digits()) return false;
    if (now() == ',') {
      out_ += in_[at_++];
      digits();
    }
    if (now() != '}') return false;
    out_ += in_[at_++];
    return true;
  }

  // One character as it is. NUL must be spelled.
  bool character() {
    const std::size_t length = decode::utf8_length(in_, at_);
    if (length == 0) return false;
    if (in_[at_] == '\0')
      out_ += "\\x00";
    else
      out_.append(in_, at_, length);
    at_ += length;
    return true;
  }

  bool escaped() {  // \n \r \t and the escapable punctuation
    if (at_ + 1 >= in_.size()) return false;
    if (std::string_view("()*+-.?[\\]^nrt{|}").find(in_[at_ + 1]) == std::string_view::npos) return false;
    out_.append(in_, at_, 2);
    at_ += 2;
    return true;
  }

  bool category(bool in_brackets) {  // \p{..} \P{..}
    const bool complement = in_[at_ + 1] == 'P';
    const std::size_t close = in_.find('}', at_);
    if (close == std::string_view::npos || in_.substr(at_ + 2, 1) != "{") return false;
    const std::string_view name = in_.substr(at_ + 3, close - at_ - 3);
    at_ = close + 1;
    if (name.empty() || name.size() > 2) return false;
    constexpr std::string_view classes[] = {"Llmotu", "Mcen", "Ndlo", "Pcdefios", "Zlps", "Sckmo", "Ccfno"};
    bool known = false;
    for (const std::string_view c : classes)
      known |= name[0] == c[0] && (name.size() == 1 || c.find(name[1], 1) != std::string_view::npos);
    if (!known) return false;
    std::string items;
    if (name == "C")
      items = complement ? std::string(printable) : "\\p{C}" + unassigned();
    else if (name == "Cn")
      items = complement ? std::string(assigned) : unassigned();
    else
      items = (complement ? "\\P{" : "\\p{") + std::string(name) + "}";
    out_ += in_brackets ? items : "[" + items + "]";
    return true;
  }

  // One character of a bracket expression.
  bool member() {
    if (now() == '\\') return escaped();
    if (end() || now() == '[' || now() == ']' || now() == '-') return false;
    if (now() == '^') out_ += '\\';
    return character();
  }

  bool brackets() {
    out_ += in_[at_++];
    if (now() == '^') out_ += in_[at_++];
    bool empty = true;
    for (; !end() && now() != ']'; empty = false) {
      if (now() == '-') {  // itself only as the first or the last
        ++at_;
        if (!empty && now() != ']') return false;
        out_ += "\\-";
        continue;
      }
      if (category_ahead()) {
        if (!category(true)) return false;
        continue;
      }
      if (!member()) return false;
      if (now() == '-' && at_ + 1 < in_.size() && in_[at_ + 1] != ']') {
        out_ += in_[at_++];
        if (category_ahead() || !member()) return false;
      }
    }
    if (end() || empty) return false;
    out_ += in_[at_++];
    return true;
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::size_t stopped_at_ = 0;
  std::string out_;
};

// What people write for want of other dialects' spellings, and what is there instead.
constexpr std::pair<std::string_view, std::string_view> foreign[] = {
    {"\\d", "a digit is [0-9] or \\p{Nd}"},
    {"\\D", "what is no digit is [^0-9]"},
    {"\\w", "a letter, digit or _ is [A-Za-z0-9_]"},
    {"\\W", "what is no letter, digit or _ is [^A-Za-z0-9_]"},
    {"\\s", "a blank is [ \\t\\n\\r]"},
    {"\\S", "what is no blank is [^ \\t\\n\\r]"},
    {"\\b", "the edge of a word cannot be asked for"},
    {"\\B", "the edge of a word cannot be asked for"},
    {"\\/", "a slash is written as it is"},
    {"[[:", "ranges are written out, such as [a-z]"},
    {"(?", "a group is ( and ), without options"},
    {"*", "a quantifier follows one character, class or group"},
    {"+", "a quantifier follows one character, class or group"},
    {"?", "a quantifier follows one character, class or group"},
    {"{", "a brace is written \\{"},
    {"}", "a brace is written \\}"},
    {"]", "a bracket is written \\]"},
    {")", "there is no group to close; a parenthesis is written \\)"},
};

}  // namespace

std::string why_no_pattern(std::string_view iregexp) {
  Translator translator(iregexp);
  if (translator.run())
    return "it is too large, repeats more than 1000 times, or has a range or repetition that ends before it begins";
  const std::size_t at = translator.stopped_at();
  if (at == iregexp.size()) return "a group is not closed: `)` is missing";
  const std::string_view rest = iregexp.substr(at);
  std::string_view hint;
  for (const auto& [spelled, meant] : foreign)
    if (hint.empty() && rest.starts_with(spelled)) hint = meant;
  // `(?` is stopped at by its `?`; a class by its bracket, whatever is wrong in it.
  if (rest[0] == '?' && at > 0 && iregexp[at - 1] == '(') hint = "a group is ( and ), without options";
  if (rest[0] == '[' && hint.empty()) {
    hint = "a class is closed by ], and has - only as its first or last character or in a range";
    for (const auto& [spelled, meant] : foreign)
      if (spelled[0] == '\\' && rest.substr(0, rest.find(']')).find(spelled) != std::string_view::npos) hint = meant;
  }
  if (hint.empty() && rest[0] == '\\')
    hint = "a backslash stands before ( ) * + - . ? [ \\ ] ^ { | } n r t, or as \\p{..}";
  const std::size_t shown = rest[0] == '\\' ? 2 : 1;
  return "`" + std::string(rest.substr(0, shown)) + "` at its character " + std::to_string(at + 1) +
         (hint.empty() ? " cannot stand there" : ": " + std::string(hint));
}

std::string to_re2(std::string_view iregexp, bool anchored) {
  const std::optional<std::string> out = Translator(iregexp).run();
  if (!out) return "";
  return anchored ? "\\A(?:" + *out + ")\\z" : "(?:" + *out + ")";
}

struct Pattern::Impl {
  Impl(const std::string& pattern, const RE2::Options& options) : re(pattern, options) {}
  RE2 re;
};

Pattern::Pattern(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pattern::~Pattern() = default;

std::unique_ptr<const Pattern> Pattern::compile(std::string_view iregexp, bool anchored, int steps,
                                                std::size_t memory) {
  const std::string pattern = to_re2(iregexp, anchored);
  if (pattern.empty()) return nullptr;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(static_cast<std::int64_t>(memory));
  auto impl = std::make_unique<Impl>(pattern, options);
  if (!impl->re.ok() || impl->re.ProgramSize() > steps) return nullptr;
  return std::unique_ptr<const Pattern>(new Pattern(std::move(impl)));
}

Searched Pattern::search(std::string_view text) const { return jsonpath::search(impl_->re, text); }

}  // namespace tallyman::jsonpath
