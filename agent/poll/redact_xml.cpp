#include "poll/redact_xml.h"

#include <algorithm>
#include <vector>

#include "core/letters.h"

namespace tallyman::poll {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// Without its prefix, `ex:value` -> value, in small letters.
std::string local(std::string_view name) {
  return small_letters(std::string(name.substr(std::min(name.rfind(':') + 1, name.size()))));
}

struct Tag {
  std::size_t begin = 0, end = 0;  // from `<` to behind `>`
  std::string_view name;           // with its prefix
  bool closes = false, alone = false;
};

struct Attribute {
  std::string_view name;
  std::size_t begin = 0, end = 0;  // of the value, without its quotes
};

class Redaction {
 public:
  Redaction(std::string_view text, bool (*names_secret)(std::string_view), std::string_view mask)
      : text_(text), names_secret_(names_secret), mask_(mask) {}

  std::string run() {
    bool of_next = false;  // what comes next is the value of a secret's name
    for (Tag tag; next(tag);) {
      if (tag.closes) continue;
      bool secret = of_next || names_secret_(tag.name);
      of_next = false;
      secret = attributes(tag) || secret;
      if (tag.alone) continue;
      if (secret) {
        content(tag);
        continue;
      }
      const std::string name = local(tag.name);
      if (name != "name" && name != "key") continue;
      const std::size_t end = std::min(text_.find('<', at_), text_.size());
      of_next = names_secret_(text_.substr(at_, end - at_));
    }
    return out_.append(text_.substr(copied_));
  }

 private:
  // The next tag; comments, CDATA, declarations and a lone `<` are none. Then `at_` is behind it.
  bool next(Tag& tag) {
    while ((at_ = text_.find('<', at_)) != std::string_view::npos) {
      if (behind("<!--", "-->") || behind("<![CDATA[", "]]>") || behind("<?", "?>")) continue;
      tag = Tag{at_, 0, {}, text_.substr(at_).starts_with("</"), false};
      std::size_t at = at_ + (tag.closes ? 2 : 1);
      if (at >= text_.size() || !begins_name(text_[at])) {
        ++at_;
        continue;
      }
      const std::size_t name = at;
      while (at < text_.size() && !blank(text_[at]) && text_[at] != '>' && text_[at] != '/') ++at;
      tag.name = text_.substr(name, at - name);
      while (at < text_.size() && text_[at] != '>') at = behind_quotes(at);
      tag.alone = at > name && at < text_.size() && text_[at - 1] == '/';
      tag.end = at_ = std::min(at + 1, text_.size());
      return true;
    }
    at_ = text_.size();
    return false;
  }

  bool behind(std::string_view begins, std::string_view ends) {
    if (!text_.substr(at_).starts_with(begins)) return false;
    const std::size_t end = text_.find(ends, at_ + begins.size());
    at_ = end == std::string_view::npos ? text_.size() : end + ends.size();
    return true;
  }

  // Behind the text in quotes that begins here, else one further. A quote that nothing ends is a letter; that there is
  // none to the end of all is found once.
  std::size_t behind_quotes(std::size_t at) {
    const char quote = text_[at];
    bool& none = quote == '"' ? no_double_ : no_single_;
    if ((quote != '"' && quote != '\'') || none) return at + 1;
    const std::size_t end = text_.find(quote, at + 1);
    none = end == std::string_view::npos;
    return none ? at + 1 : end + 1;
  }

  std::vector<Attribute> attributes_of(const Tag& tag) const {
    std::vector<Attribute> out;
    const auto skip = [&](std::size_t at, auto&& is) {
      while (at < tag.end && is(text_[at])) ++at;
      return at;
    };
    std::size_t at = tag.begin + 1 + tag.name.size();
    while (at < tag.end) {
      Attribute one;
      at = skip(at, [](char c) { return blank(c) || c == '/' || c == '>' || c == '='; });
      const std::size_t name = at;
      at = skip(at, [](char c) { return !blank(c) && c != '=' && c != '>' && c != '/'; });
      one.name = text_.substr(name, at - name);
      const std::size_t sign = skip(at, blank);
      if (sign >= tag.end || text_[sign] != '=') continue;
      at = skip(sign + 1, blank);
      if (at >= tag.end) break;
      const char quote = text_[at];
      if (quote == '"' || quote == '\'') {
        one.begin = at + 1;
        one.end = std::min(text_.find(quote, one.begin), tag.end);
        at = one.end + 1;
      } else {
        one.begin = at;
        one.end = at = skip(at, [](char c) { return !blank(c) && c != '>'; });
      }
      out.push_back(one);
    }
    return out;
  }

  // Takes the secret ones out; true if the tag's content has the value that an attribute names.
  bool attributes(const Tag& tag) {
    const std::vector<Attribute> all = attributes_of(tag);
    const auto is = [](const Attribute& one, std::string_view what) { return local(one.name) == what; };
    const bool named = std::any_of(all.begin(), all.end(), [&](const Attribute& one) {
      return (is(one, "name") || is(one, "key") || is(one, "id") || is(one, "type")) &&
             names_secret_(text_.substr(one.begin, one.end - one.begin));
    });
    bool told = false;
    for (const Attribute& one : all) {
      const bool value = named && (is(one, "value") || is(one, "content"));
      told = told || value;
      if (value || names_secret_(one.name)) take(one.begin, one.end);
    }
    return named && !told;
  }

  // All that stands in the element that `tag` begins.
  void content(const Tag& tag) {
    std::size_t depth = 1, end = text_.size();
    for (Tag inner; depth > 0 && next(inner);) {
      if (inner.alone || inner.name != tag.name) continue;
      depth = inner.closes ? depth - 1 : depth + 1;
      if (depth == 0) end = inner.begin;
    }
    take(tag.end, end);
  }

  void take(std::size_t begin, std::size_t end) {
    if (begin >= end) return;
    out_.append(text_.substr(copied_, begin - copied_)).append(mask_);
    copied_ = end;
  }

  std::string_view text_;
  bool (*names_secret_)(std::string_view);
  std::string_view mask_;
  std::string out_;
  std::size_t at_ = 0, copied_ = 0;
  bool no_double_ = false, no_single_ = false;
};

}  // namespace

std::string without_xml_secrets(std::string_view text, bool (*names_secret)(std::string_view), std::string_view mask) {
  return Redaction(text, names_secret, mask).run();
}

}  // namespace tallyman::poll
