// Lines to families and samples. What a whole text must be for that is in prometheus_settle.cpp.
#include "decode/prometheus_text.h"

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>
#include <utility>

#include "core/letters.h"
#include "decode/prometheus_internal.h"
#include "decode/prometheus_kept.h"

namespace tallyman::decode {
namespace {

constexpr std::size_t shown_bytes = 120;  // of a bad line, in the message
constexpr std::size_t max_labels = 256;   // of a series: they are compared with each other

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::optional<MetricType> type_of(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, MetricType>, 9> words = {{
      {"gauge", MetricType::gauge},
      {"counter", MetricType::counter},
      {"histogram", MetricType::histogram},
      {"gaugehistogram", MetricType::gauge_histogram},
      {"summary", MetricType::summary},
      {"untyped", MetricType::untyped},
      {"unknown", MetricType::untyped},
      {"info", MetricType::info},
      {"stateset", MetricType::stateset},
  }};
  const std::string small = small_letters(std::string(word));
  for (const auto& [name, type] : words)
    if (name == small) return type;
  return {};
}

// The families whose samples have names longer than theirs.
bool takes(MetricType type, std::string_view ending) {
  switch (type) {
    case MetricType::counter:
      return ending == "_total" || ending == "_created";
    case MetricType::histogram:
      return ending == "_bucket" || ending == "_sum" || ending == "_count" || ending == "_created";
    case MetricType::gauge_histogram:
      return ending == "_bucket" || ending == "_gsum" || ending == "_gcount";
    case MetricType::summary:
      return ending == "_sum" || ending == "_count" || ending == "_created";
    case MetricType::info:
      return ending == "_info";
    default:
      return false;
  }
}

Suffix suffix_of(std::string_view ending) {
  for (const Suffix s : {Suffix::bucket, Suffix::sum, Suffix::count, Suffix::created, Suffix::gsum, Suffix::gcount})
    if (to_string(s) == ending) return s;
  return Suffix::none;  // _total, _info: part of the family's name in 0.0.4
}

class Reader {
 public:
  Reader(std::string text, const PromLimits& limits)
      : kept_(std::make_shared<KeptText>(std::move(text))), text_(kept_->text()), limits_(limits) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    std::string_view end = text_;
    while (!end.empty() && (end.back() == '\n' || end.back() == '\r' || is_blank(end.back()))) end.remove_suffix(1);
    openmetrics_ = end == "# EOF" || end.ends_with("\n# EOF");
  }

  Result<PromText> read() {
    while (!text_.empty()) {
      const std::size_t end = text_.find('\n');
      line_ = text_.substr(0, end);
      text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
      if (line_.ends_with('\r')) line_.remove_suffix(1);
      ++line_number_;
      rest_ = line_;
      skip_blanks();
      if (rest_.empty()) continue;
      if (ended_) return wrong("nothing after `# EOF`");
      if (auto r = rest_[0] == '#' ? comment() : sample(); !r) return r.error();
      if (memory() > limits_.memory) return too_much();
    }
    settle(out_);
    out_.bytes = memory();
    out_.keeps = kept_;
    return std::move(out_);
  }

 private:
  Error wrong(std::string_view expected) const {
    std::string shown(line_.substr(0, shown_bytes));
    if (line_.size() > shown_bytes) shown += "...";
    return error(Stage::decode, "Prometheus text, line " + std::to_string(line_number_) + ": expected " +
                                    std::string(expected) + " in `" + to_utf8(shown) + "`");
  }

  // A family costs its texts, twice where they are looked up, and what stands around them.
  std::size_t memory() const {
    constexpr std::size_t of_family = sizeof(PromFamily) + 64;
    return kept_->bytes() + out_.samples * sizeof(PromSample) + out_.families.size() * of_family + family_text_;
  }
  Error too_much() const {
    return error(Stage::limit, "read, the Prometheus text of " + std::to_string(kept_->text().size()) +
                                   " bytes takes more than " + std::to_string(limits_.memory) +
                                   " (2.5 times the target's limits.body): line " + std::to_string(line_number_) +
                                   " is over it after " + std::to_string(out_.samples) + " samples and " +
                                   std::to_string(out_.families.size()) +
                                   " families; ask for less, filter at the source, or raise it");
  }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
  }
  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    std::size_t n = 0;
    while (n < rest_.size() && !is_blank(rest_[n])) ++n;
    const std::string_view w = rest_.substr(0, n);
    rest_.remove_prefix(n);
    skip_blanks();
    return w;
  }
  std::string_view name(bool colon) {
    std::size_t n = 0;
    while (n < rest_.size() && ((n == 0 ? is_name_start(rest_[0]) : is_name(rest_[n])) || (colon && rest_[n] == ':')))
      ++n;
    const std::string_view w = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return w;
  }

  Result<> comment() {
    rest_.remove_prefix(1);
    skip_blanks();
    const std::string_view keyword = word();
    if (keyword == "EOF" && rest_.empty()) {
      ended_ = true;
      return {};
    }
    if (keyword != "HELP" && keyword != "TYPE" && keyword != "UNIT") return {};
    const std::string_view family = word();
    if (!is_metric_name(family)) return wrong("a metric name after `# " + std::string(keyword) + "`");
    if (family.size() > PromText::longest_name) return {};  // its samples are counted
    const std::size_t index = family_index(family);
    Family& to = at(index).family;
    if (keyword == "HELP") {
      if (to.help.empty()) {
        to.help = help_text(rest_);
        family_text_ += to.help.size();
      }
    } else if (keyword == "UNIT") {
      if (to.unit.empty()) to.unit = std::string(word());
    } else {
      const auto type = type_of(word());
      if (!type || !rest_.empty())
        return wrong(
            "one of `counter`, `gauge`, `histogram`, `summary`, `untyped`, `unknown`, `info`, `stateset`, "
            "`gaugehistogram` after the name");
      if (!typed_[index]) {
        typed_[index] = true;
        to.type = *type;
        last_name_ = {};  // a cached decision may be another now
      }
    }
    return {};
  }

  std::string help_text(std::string_view raw) {
    std::string out;
    // Cut is what is cut off, an escape or a character that stood at the end included.
    const bool cut = raw.size() > PromText::longest_help;
    if (cut) {
      ++out_.too_long;
      raw = raw.substr(0, PromText::longest_help);
      while (!raw.empty() && (static_cast<unsigned char>(raw.back()) & 0xC0) == 0x80) raw.remove_suffix(1);
      if (!raw.empty() && (static_cast<unsigned char>(raw.back()) >= 0x80 || raw.back() == '\\')) raw.remove_suffix(1);
    }
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const char next = raw[i] == '\\' && i + 1 < raw.size() ? raw[i + 1] : '\0';
      if (next == '\\' || next == 'n' || (next == '"' && openmetrics_)) {
        out += next == 'n' ? '\n' : next;
        ++i;
      } else {
        out += raw[i];
      }
    }
    if (cut) out += " ...";
    return to_utf8(out);
  }

  Result<> sample() {
    const std::string_view sample_name = name(true);
    if (sample_name.empty()) return wrong("a metric name at the start");
    if (!rest_.empty() && rest_[0] != '{' && !is_blank(rest_[0])) return wrong("`{` or a blank after the metric name");
    skip_blanks();
    PromSample s;
    labels_.clear();
    names_too_long_ = sample_name.size() > PromText::longest_name;
    if (skip('{'))
      if (auto r = labels(); !r) return r;
    skip_blanks();
    const auto value = parse_prom_number(word());
    if (!value) return wrong("a number after the series");
    s.value = *value;
    if (!rest_.empty() && rest_[0] != '#') {
      if (!parse_prom_number(word())) return wrong("a timestamp, or nothing, after the value");
      if (!rest_.empty() && rest_[0] != '#') return wrong("nothing after the timestamp");
    }  // from `#` on: an exemplar
    if (names_too_long_) {
      ++out_.too_long;
      return {};
    }
    if (++out_.samples > limits_.samples)
      return error(Stage::limit, "Prometheus text with more than " + std::to_string(limits_.samples) +
                                     " samples: raise the target's limit `samples`, or filter at the source");
    if (last_name_.empty() || sample_name != last_name_) resolve(sample_name);
    s.name_at = sample_name.data();
    s.name_bytes = static_cast<std::uint32_t>(sample_name.size());
    s.suffix = last_suffix_;
    PromFamily& to = at(last_family_);
    const std::string_view bound = last_suffix_ == Suffix::bucket ? "le"
                                   : last_suffix_ == Suffix::none && to.family.type == MetricType::summary
                                       ? "quantile"
                                       : std::string_view();
    if (!bound.empty())
      for (PromLabel& label : labels_)
        if (label.name() == bound)
          if (const std::string text = canonical_float(label.value()); text != label.value())
            label = kept_->mended(bound, text);
    s.label_count = static_cast<std::uint16_t>(labels_.size());
    s.labels_at = kept_->labels(labels_);
    to.samples.push_back(s);
    return {};
  }

  // Into labels_.
  Result<> labels() {
    for (;;) {
      skip_blanks();
      if (skip('}')) return {};
      const std::string_view label = name(false);
      if (label.empty()) return wrong("a label name or `}`");
      for (const PromLabel& known : labels_)
        if (known.name() == label) return wrong("each label once (`" + std::string(label) + "` comes twice)");
      if (labels_.size() == max_labels) return wrong("at most " + std::to_string(max_labels) + " labels");
      skip_blanks();
      if (!skip('=')) return wrong("`=` after the label name `" + std::string(label) + "`");
      skip_blanks();
      if (!skip('"')) return wrong("`\"` after `" + std::string(label) + "=`");
      if (!label_value(label)) return wrong("`\"` at the end of the value of `" + std::string(label) + "`");
      names_too_long_ = names_too_long_ || label.size() > PromText::longest_name;
      skip_blanks();
      if (!skip(',') && !rest_.starts_with('}')) return wrong("`,` or `}` after a label");
    }
  }

  // Reads a value and adds the label.
  bool label_value(std::string_view label) {
    const std::size_t plain = rest_.find_first_of("\"\\");
    if (plain == std::string_view::npos) return false;
    if (rest_[plain] == '"') {
      const std::string_view value = rest_.substr(0, plain);
      rest_.remove_prefix(plain + 1);
      if (!is_utf8(value))
        add_mended(label, value);
      else if (value.data() == label.data() + label.size() + PromLabel::between)
        labels_.emplace_back(label.data(), label.size(), value.size());
      else
        labels_.push_back(kept_->mended(label, value));
      return true;
    }
    std::string out(rest_, 0, plain);
    std::size_t i = plain;
    for (; i < rest_.size() && rest_[i] != '"'; ++i) {
      const char next = rest_[i] == '\\' && i + 1 < rest_.size() ? rest_[i + 1] : '\0';
      if (next == '\\' || next == '"' || next == 'n') {
        out += next == 'n' ? '\n' : next;
        ++i;
      } else {
        out += rest_[i];
      }
    }
    if (i >= rest_.size()) return false;
    rest_.remove_prefix(i + 1);
    add_mended(label, out);
    return true;
  }

  void add_mended(std::string_view label, std::string_view value) {
    if (is_utf8(value)) return labels_.push_back(kept_->mended(label, value));
    ++out_.not_utf8;
    labels_.push_back(kept_->mended(label, to_utf8(value)));
  }

  // To which family a sample belongs: that of its very name, else one that takes its ending, else
  // a new one without type.
  void resolve(std::string_view sample_name) {
    last_name_ = sample_name;
    last_suffix_ = Suffix::none;
    if (const auto exact = index_.find(sample_name); exact != index_.end()) {
      last_family_ = exact->second;
      return;
    }
    const std::size_t cut = sample_name.rfind('_');
    if (cut != std::string_view::npos && cut > 0) {
      const std::string_view ending = sample_name.substr(cut);
      const std::string_view base = sample_name.substr(0, cut);
      const std::string total = ending == "_created" ? std::string(base) + "_total" : std::string();
      for (const std::string_view candidate : {base, std::string_view(total)}) {
        if (candidate.empty()) break;
        const auto it = index_.find(candidate);
        if (it == index_.end() || !takes(at(it->second).family.type, ending)) continue;
        last_family_ = it->second;
        last_suffix_ = suffix_of(ending);
        return;
      }
    }
    last_family_ = family_index(sample_name);
    last_name_ = sample_name;
  }

  std::size_t family_index(std::string_view family) {
    const auto [it, fresh] = index_.try_emplace(family, out_.families.size());
    if (fresh) {
      family_text_ += family.size();
      out_.families.push_back({{std::string(family), MetricType::untyped, "", ""}, {}});
      typed_.push_back(false);
      last_name_ = {};  // an earlier name may belong to it
    }
    return it->second;
  }
  PromFamily& at(std::size_t i) { return out_.families[i]; }

  const std::shared_ptr<KeptText> kept_;
  std::string_view text_, line_, rest_;
  const PromLimits limits_;
  std::size_t line_number_ = 0;
  bool openmetrics_ = false, ended_ = false;
  PromText out_;
  std::vector<bool> typed_;                                  // families with a TYPE line
  std::unordered_map<std::string_view, std::size_t> index_;  // by name, in the text
  std::size_t family_text_ = 0;                              // names and helps
  std::vector<PromLabel> labels_;                            // of the sample that is read
  bool names_too_long_ = false;
  std::string_view last_name_;  // of the sample before; empty: look it up
  std::size_t last_family_ = 0;
  Suffix last_suffix_ = Suffix::none;
};

}  // namespace

Result<PromText> parse_prometheus(std::string text, const PromLimits& limits) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) return error(Stage::limit, "the body is 4 GiB or more");
  return Reader(std::move(text), limits).read();
}

}  // namespace tallyman::decode
