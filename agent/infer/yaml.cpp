#include "infer/yaml.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/labels.h"

namespace tallyman::infer {
namespace {

constexpr std::size_t comment_bytes = 200;
constexpr std::size_t line_bytes = 100;

void add_line(std::vector<std::string>& out, std::size_t indent, const std::string& text, const std::string& comment,
              bool live) {
  std::string line(indent, ' ');
  if (!live) line += "# ";
  line += text;
  if (!comment.empty()) line += "   # " + for_comment(comment);
  out.push_back(std::move(line));
}

void add_comment(std::vector<std::string>& out, std::size_t indent, const std::string& text) {
  out.push_back(std::string(indent, ' ') + "# " + for_comment(text));
}

// The lines of a rule, not indented; the first that is live begins the entry of a list.
std::vector<std::string> lines_of(const Rule& rule) {
  std::vector<std::string> out;
  const auto written = [](const std::string& step) { return step.starts_with('{') ? step : yaml_quoted(step); };
  if (rule.each.size() == 1) add_line(out, 0, "each: " + written(rule.each[0]), "", true);
  if (rule.each.size() > 1) {
    std::string list;
    for (const std::string& step : rule.each) list += (list.empty() ? "" : ", ") + written(step);
    add_line(out, 0, "each: [" + list + "]", "", true);
  }
  if (rule.fold) add_line(out, 0, "fold: sum", "", true);
  for (const Line& line : rule.values) add_line(out, 0, line.key + ": " + line.value, line.comment, line.live);
  const auto block = [&](const char* name, const std::vector<Line>& lines) {
    if (lines.empty()) return;
    add_line(out, 0, std::string(name) + ":", "", true);
    for (const Line& line : lines) add_line(out, 2, line.key + ": " + line.value, line.comment, line.live);
  };
  block("tasks", rule.tasks);
  block("labels", rule.labels);
  const bool any = std::any_of(rule.metrics.begin(), rule.metrics.end(), [](const Metric& m) { return m.live; });
  if (!rule.metrics.empty()) add_line(out, 0, "metrics:", "", any);
  bool all_live = true;
  const auto commented =
      std::count_if(rule.metrics.begin(), rule.metrics.end(), [](const Metric& m) { return !m.live; });
  for (const Metric& m : rule.metrics) {
    if (!m.live && std::exchange(all_live, false))
      add_comment(out, 2,
                  std::to_string(commented) +
                      (any ? " figures more; take the # away from those that are wanted:"
                           : " figures; take the # away from those that are wanted, and from `metrics:`"));
    add_line(out, 2,
             m.name + ": { " + m.type + ": " + m.value + (m.states.empty() ? "" : ", states: " + m.states) +
                 ", help: " + yaml_quoted(m.help) + " }",
             m.comment, m.live);
  }
  // By reason: the names together.
  std::vector<std::pair<std::string, std::string>> by_reason;
  for (const Rule::Left& left : rule.left_out) {
    auto at = std::find_if(by_reason.begin(), by_reason.end(), [&](const auto& one) { return one.first == left.why; });
    if (at == by_reason.end()) at = by_reason.insert(at, {left.why, ""});
    at->second += (at->second.empty() ? "" : ", ") + left.name;
  }
  for (const auto& [why, names] : by_reason) {
    add_comment(out, 0, "Left out, " + why + ":");
    std::string_view rest = names;
    while (!rest.empty()) {
      const std::size_t cut = rest.size() <= line_bytes ? std::string_view::npos : rest.find(", ", line_bytes);
      add_comment(out, 0, "  " + std::string(rest.substr(0, cut)));
      rest.remove_prefix(cut == std::string_view::npos ? rest.size() : cut + 2);
    }
  }
  return out;
}

void add_rules(std::string& out, const Proposal& proposal, const std::string& kind) {
  std::vector<const Rule*> rules;
  for (const Rule& rule : proposal.rules)
    if (rule.kind == kind) rules.push_back(&rule);
  if (rules.empty()) return;
  out += kind + ":\n";
  for (const Rule* rule : rules) {
    std::vector<std::string> head;
    for (const std::string& note : rule->notes) add_comment(head, 2, note);
    if (!rule->each.empty())
      add_comment(head, 2,
                  std::to_string(rule->items) + (rule->items == 1 ? " item" : " items") + ", about " +
                      std::to_string(rule->series_per_item) + " series each: about " +
                      std::to_string(rule->items * rule->series_per_item) + " in all.");
    for (const std::string& line : head) out += line + "\n";
    bool first = true;
    for (const std::string& line : lines_of(*rule)) {
      const bool begins = first && line[0] != '#' && rules.size() > 1;
      out += (rules.size() > 1 ? begins ? "  - " : "    " : "  ") + line + "\n";
      if (begins) first = false;
    }
  }
}

}  // namespace

std::string yaml_quoted(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const auto next = [&](std::size_t n) { return i + n < text.size() ? static_cast<unsigned char>(text[i + n]) : 0U; };
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else if (byte == 0xC2 && next(1) < 0xA0) {  // C1: U+0085 ends a line
      out += "\\x";
      out += digits[next(1) >> 4];
      out += digits[next(1) & 15];
      ++i;
    } else if (byte == 0xE2 && next(1) == 0x80 && (next(2) == 0xA8 || next(2) == 0xA9)) {
      out += next(2) == 0xA8 ? "\\L" : "\\P";
      i += 2;
    } else if (byte == 0xEF && ((next(1) == 0xBB && next(2) == 0xBF) || (next(1) == 0xBF && next(2) >= 0xBE))) {
      out += next(1) == 0xBB ? "\\uFEFF" : next(2) == 0xBE ? "\\uFFFE" : "\\uFFFF";
      i += 2;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string for_comment(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = [&](std::size_t n) { return i + n < text.size() ? static_cast<unsigned char>(text[i + n]) : 0U; };
    if (byte < 0x20 || byte == 0x7f) {
      out += ' ';
    } else if (byte == 0xC2 && next(1) < 0xA0) {
      out += ' ';
      ++i;
    } else if ((byte == 0xE2 && next(1) == 0x80 && (next(2) == 0xA8 || next(2) == 0xA9)) ||
               (byte == 0xEF && ((next(1) == 0xBB && next(2) == 0xBF) || (next(1) == 0xBF && next(2) >= 0xBE)))) {
      out += ' ';
      i += 2;
    } else {
      out += text[i];
    }
  }
  if (out.size() <= comment_bytes) return out;
  return std::string(utf8_prefix(out, comment_bytes)) + "...";
}

std::string to_yaml(const Proposal& p) {
  std::string out = "# yaml-language-server: $schema=collector.schema.json\n";
  const auto comment = [&](const std::string& text) { out += "# " + for_comment(text) + "\n"; };
  comment("Proposed by `tallyman infer` from " + p.source +
          ". It guesses by names and values: look it through, take away");
  comment("what nobody needs, and give the figures their true words. What stands behind # was not sure enough.");
  comment("Save it as " + p.name + ".yaml in a folder of your own, then:");
  comment("  tallyman collectors --schema > FOLDER/collector.schema.json   (editors check and complete by it)");
  comment("  tallyman check FOLDER/" + p.name + ".yaml");
  comment("  tallyman probe --collectors FOLDER --collector " + p.name + " URL");
  comment(
      "The target's `url` is the page that was looked at. For several pages give each a `path`, and the url of the "
      "host.");
  for (const std::string& note : p.notes) comment(note);
  out += "collector: " + p.name + "\n";
  out += "about: " + yaml_quoted(p.about) + "\n";
  if (p.samples > 0 || p.depth > 0) {
    const std::string samples = p.samples > 0 ? "samples: " + std::to_string(p.samples) : "";
    const std::string depth = p.depth > 0 ? "depth: " + std::to_string(p.depth) : "";
    out += "limits: { " + samples + (samples.empty() || depth.empty() ? "" : ", ") + depth +
           " }   # the defaults are " + "100000 samples a target, and answers of 64 levels\n";
  }
  out += "requests:\n  page: {}\n";
  for (const char* kind : {"service", "workers", "queues"}) add_rules(out, p, kind);
  if (!p.others.empty()) {
    comment("Also in the answer, not taken:");
    for (const std::string& other : p.others) comment("  " + other);
  }
  return out;
}

}  // namespace tallyman::infer
