// What is made of a parsed text: a batch for passthrough, JSON for rules.
#include <cmath>
#include <cstdio>
#include <unordered_map>

#include "decode/prometheus_internal.h"

namespace tallyman::decode {
namespace {

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_sample(std::string& out, const PromSample& s) {
  out += "{\"labels\":{";
  bool first = true;
  for (const PromLabel& label : s.labels()) {
    if (!first) out += ',';
    first = false;
    append_text(out, label.name());
    out += ':';
    append_text(out, label.value());
  }
  out += "},\"value\":";
  if (!s.value.is_integer() && !std::isfinite(s.value.real()))
    out += "null";
  else
    append_number(out, s.value);
  out += '}';
}

// What append_sample() writes of it where nothing is escaped, and the comma.
std::size_t sample_bytes(const PromSample& s) {
  std::size_t bytes = 24 + max_number_text;
  for (const PromLabel& label : s.labels()) bytes += label.name().size() + label.value().size() + 6;
  return bytes;
}

}  // namespace

Result<std::string> to_json(const PromText& text, std::size_t memory) {
  // By name, in order of first appearance: a histogram's samples of one name are not in a row.
  std::vector<std::string_view> names;
  std::unordered_map<std::string_view, std::vector<const PromSample*>> lists;
  std::size_t about = 64;  // bytes, where nothing is escaped
  for (const PromFamily& f : text.families) {
    // A head without samples says that there are none, where the family's name is that of its samples.
    const bool one_name = f.family.type == MetricType::gauge || f.family.type == MetricType::counter ||
                          f.family.type == MetricType::untyped;
    if (f.samples.empty() && one_name && lists.try_emplace(f.family.name).second) names.push_back(f.family.name);
    for (const PromSample& s : f.samples) {
      const auto [it, fresh] = lists.try_emplace(s.name());
      if (fresh) names.push_back(s.name());
      it->second.push_back(&s);
      about += sample_bytes(s);
    }
  }
  for (const std::string_view name : names) about += name.size() + 8;
  const auto over = [&] {
    return error(Stage::limit, "the Prometheus text is over " + std::to_string(memory) +
                                   " bytes as the JSON that rules read (2.5 times the target's limits.body): ask "
                                   "for less, filter at the source, or raise it");
  };
  if (about / 2 > memory) return over();
  std::string out;
  out.reserve(about);  // at once: as it grows a large text is there twice, and more
  out += '{';
  for (const std::string_view name : names) {
    if (out.size() > 1) out += ',';
    append_text(out, name);
    out += ":[";
    bool first = true;
    for (const PromSample* s : lists[name]) {
      if (!first) out += ',';
      first = false;
      append_sample(out, *s);
      if (out.size() > memory) return over();
    }
    out += ']';
  }
  out += '}';
  return out;
}

void fill_batch(const PromText& text, SampleBatch& batch) {
  std::string body, last;
  std::uint32_t set = 0;
  for (const PromFamily& f : text.families) {
    const std::uint32_t family = batch.add_family(f.family);
    for (const PromSample& s : f.samples) {
      body.clear();
      for (const PromLabel& label : s.labels()) append_label(body, label.name(), label.value());
      if (body.empty() || body != last) set = batch.add_labels(body);
      std::swap(last, body);
      batch.add(family, set, s.value, s.suffix);
    }
  }
}

}  // namespace tallyman::decode
