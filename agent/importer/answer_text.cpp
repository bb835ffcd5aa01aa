#include "importer/answer_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "core/labels.h"

namespace tallyman::importer {
namespace {

struct Row {
  std::vector<std::string> values;  // of the family's labels, in their order
  double value = 0;
  std::optional<std::int64_t> time;
  std::size_t at = 0;  // in the batch: the first of equals is kept
};

struct Rows {
  const Shown* shown = nullptr;
  std::string help;
  std::vector<std::string> labels;  // sorted
  std::vector<Row> rows;
};

std::string escaped_help(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

// A time before 1980 is one in seconds, as json_exporter's own example has it. Prometheus refuses a sample that old;
// without a time, as json_exporter sends it where it can read none, it is taken.
constexpr double earliest_ms = 3.2e11;

// Milliseconds by family of times and label text.
using Times = std::map<std::pair<std::string, std::string_view>, std::int64_t>;

Times times_of(const SampleBatch& batch, const std::map<std::string, Shown>& shown) {
  Times out;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const SampleBatch::Series& series = batch.series()[i];
    const std::string& name = batch.families()[series.family].name;
    const auto at = shown.find(name);
    if (at == shown.end() || !at->second.is_time) continue;
    const double ms = std::round(batch.values()[i].real() * 1000);
    if (ms >= earliest_ms && ms < 9e15)
      out.emplace(std::pair(name, batch.labels(series.labels)), static_cast<std::int64_t>(ms));
  }
  return out;
}

Rows begin(const Shown& shown, std::string help) {
  Rows out;
  out.shown = &shown;
  out.help = std::move(help);
  for (const auto& [ours, theirs] : shown.labels) out.labels.push_back(theirs);
  std::sort(out.labels.begin(), out.labels.end());
  out.labels.erase(std::unique(out.labels.begin(), out.labels.end()), out.labels.end());
  return out;
}

std::vector<std::string> values_of(const Rows& rows, std::string_view body) {
  std::vector<std::string> out(rows.labels.size());
  for (auto& [ours, value] : parse_labels(body)) {
    const auto theirs = rows.shown->labels.find(ours);
    if (theirs == rows.shown->labels.end()) continue;
    const auto at = std::lower_bound(rows.labels.begin(), rows.labels.end(), theirs->second);
    out[static_cast<std::size_t>(at - rows.labels.begin())] = std::move(value);
  }
  return out;
}

void write(Rows& family, std::string& out) {
  const std::string& name = family.shown->name;
  out += "# HELP " + name + " " + escaped_help(family.help) + "\n# TYPE " + name + " " + family.shown->type + "\n";
  std::sort(family.rows.begin(), family.rows.end(),
            [](const Row& a, const Row& b) { return a.values != b.values ? a.values < b.values : a.at < b.at; });
  const Row* before = nullptr;
  for (const Row& row : family.rows) {
    if (before && before->values == row.values) continue;
    before = &row;
    std::string labels;
    for (std::size_t i = 0; i < row.values.size(); ++i) append_label(labels, family.labels[i], row.values[i]);
    out += name;
    if (!labels.empty()) out += "{" + labels + "}";
    out += " " + go_number(row.value);
    if (row.time) out += " " + std::to_string(*row.time);
    out += "\n";
  }
}

}  // namespace

std::string go_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0) return "0";
  char text[64];
  const auto [end, ec] = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  const std::string_view scientific(text, static_cast<std::size_t>(end - text));
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  const char* digits = scientific.data() + e + 1;
  if (*digits == '+') ++digits;
  std::from_chars(digits, end, exponent);
  if (exponent < -4 || exponent >= 6) {
    std::string out(scientific.substr(0, e));
    const std::string places = std::to_string(std::abs(exponent));
    return out + (exponent < 0 ? "e-" : "e+") + (places.size() < 2 ? "0" : "") + places;
  }
  const auto fixed = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  return std::string(text, fixed.ptr);
}

std::string answer_text(const SampleBatch& batch, const std::map<std::string, Shown>& shown) {
  const Times times = times_of(batch, shown);
  std::map<std::string, Rows> families;  // by their name
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const SampleBatch::Series& series = batch.series()[i];
    const Family& family = batch.families()[series.family];
    const auto at = shown.find(family.name);
    if (at == shown.end() || at->second.is_time) continue;
    auto [place, fresh] = families.try_emplace(at->second.name);
    if (fresh) place->second = begin(at->second, family.help);
    const std::string_view body = batch.labels(series.labels);
    Row row{values_of(place->second, body), batch.values()[i].real(), std::nullopt, i};
    if (const auto time = times.find({at->second.time, body}); time != times.end()) row.time = time->second;
    place->second.rows.push_back(std::move(row));
  }
  std::string out;
  for (auto& [name, family] : families) write(family, out);
  return out;
}

}  // namespace tallyman::importer
