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
  for (const auto& [name, value] : s.labels) {
    if (!first) out += ',';
    first = false;
    append_text(out, name);
    out += ':';
    append_text(out, value);
  }
  out += "},\"value\":";
  if (!s.value.is_integer() && !std::isfinite(s.value.real()))
    out += "null";
  else
    append_number(out, s.value);
  out += '}';
}

}  // namespace

std::string to_json(const PromText& text) {
  // By name, in order of first appearance: a histogram's samples of one name are not in a row.
  std::vector<std::string_view> names;
  std::unordered_map<std::string_view, std::string> lists;
  for (const PromFamily& f : text.families) {
    // A head without samples says that there are none, where the family's name is that of its samples.
    const bool one_name = f.family.type == MetricType::gauge || f.family.type == MetricType::counter ||
                          f.family.type == MetricType::untyped;
    if (f.samples.empty() && one_name && lists.try_emplace(f.family.name).second) names.push_back(f.family.name);
    for (const PromSample& s : f.samples) {
      const auto [it, fresh] = lists.try_emplace(s.name);
      if (fresh) names.push_back(s.name);
      if (!it->second.empty()) it->second += ',';
      append_sample(it->second, s);
    }
  }
  std::string out = "{";
  for (const std::string_view name : names) {
    if (out.size() > 1) out += ',';
    append_text(out, name);
    out.append(":[").append(lists[name]).append("]");
  }
  return out += '}';
}

void fill_batch(const PromText& text, SampleBatch& batch) {
  std::string body, last;
  std::uint32_t set = 0;
  for (const PromFamily& f : text.families) {
    const std::uint32_t family = batch.add_family(f.family);
    for (const PromSample& s : f.samples) {
      body.clear();
      for (const auto& [name, value] : s.labels) append_label(body, name, value);
      if (body.empty() || body != last) set = batch.add_labels(body);
      std::swap(last, body);
      batch.add(family, set, s.value, s.suffix);
    }
  }
}

}  // namespace tallyman::decode
