#include "importer/source.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <iterator>

#include "core/labels.h"

namespace tallyman::importer {

std::string Notes::comments(std::size_t first, const std::string& indent) const {
  std::string out;
  for (std::size_t i = first; i < out_.size(); ++i)
    out += indent + "# " + (out_[i].warning ? "" : "LEFT OUT: ") + one_line(to_string(out_[i])) + "\n";
  return out;
}

Diagnostics Notes::left_out_since(std::size_t first) const {
  Diagnostics out;
  std::copy_if(out_.begin() + static_cast<std::ptrdiff_t>(first), out_.end(), std::back_inserter(out),
               [](const Diagnostic& note) { return !note.warning; });
  return out;
}

std::string yaml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string yaml_name(const std::string& name) {
  for (const char* word : {"null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"})
    if (name == word) return yaml_text(name);
  return name.find(':') == std::string::npos ? name : yaml_text(name);
}

std::string without_variables(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      std::size_t end = i + 1;
      const auto of_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
      };
      while (end < text.size() && of_name(text[end])) ++end;
      if (end > i + 1 && end < text.size() && text[end] == '}') out += '{';
    }
    out += text[i];
  }
  return out;
}

std::string constant_number(const std::string& text) {
  for (const char* word : {"t", "T", "true", "TRUE", "True"})
    if (text == word) return "1";
  for (const char* word : {"f", "F", "false", "FALSE", "False"})
    if (text == word) return "0";
  double value = 0;
  const char* first = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, ec] = std::from_chars(first, text.data() + text.size(), value);
  const bool decimal = text.find_first_not_of("0123456789.+-eE") == std::string::npos;
  if (text.empty() || ec != std::errc() || end != text.data() + text.size() || !decimal) return "";
  std::string out(first);
  if (out.find_first_of(".eE") == std::string::npos) {  // YAML reads no leading zeros as decimal for sure
    const bool minus = out.starts_with('-');
    out.erase(0, std::min(out.find_first_not_of("-0"), out.size() - 1));
    if (minus) out.insert(0, "-");
  } else {
    char buffer[32];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value);
    out.assign(buffer, written.ptr);
  }
  return out;
}

LabelName label_name(const std::string& name) {
  if (name == "target" || name == "system") return {"exported_" + name, true, "the agent sets that name itself"};
  if (name == "le" || name == "quantile")
    return {"exported_" + name, true, "that name is the one of histograms and summaries"};
  std::string legal = legal_label_name(name);
  if (legal.starts_with("__")) legal.erase(0, legal.find_first_not_of('_'));
  if (legal.empty() || legal == "target" || legal == "system" || legal == "le" || legal == "quantile")
    legal = "exported_" + legal;
  return {std::move(legal), false, "its name is not legal, or Prometheus' own"};
}

bool another_engine(const config::Node* engine, Notes& notes) {
  if (!engine || engine->text.empty() || engine->text == "jsonpath") return false;
  notes.left_out(engine->at, "`engine: " + engine->text +
                                 "` is not translated; write `path`, `labels` and `values` as JSONPath, such as "
                                 "{.counter}, or the rule by hand");
  return true;
}

}  // namespace tallyman::importer
