#include "store/label_bodies.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <charconv>

namespace tallyman::store {
namespace {

double bound_of(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double d = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), d);
  return r.ec == std::errc() && r.ptr == text.data() + text.size() && std::isfinite(d) ? d : std::nan("");
}

bool has(const Labels& labels, std::string_view name) {
  return std::any_of(labels.begin(), labels.end(), [&](const auto& l) { return l.first == name; });
}

}  // namespace

LabelBodies::LabelBodies(const SampleBatch& batch, const Common& common) : batch_(batch), common_(common) {
  // A static label replaces `system` or `target`: who writes it wants it.
  const auto is_static = [&](std::string_view name) { return has(common.labels, name); };
  if (!common.system.empty() && !is_static("system")) shared_.emplace_back("system", common.system);
  if (!common.target.empty() && !is_static("target")) shared_.emplace_back("target", common.target);
  shared_.insert(shared_.end(), common.labels.begin(), common.labels.end());
  for (const auto& [name, value] : shared_) append_label(shared_text_, name, value);
  plain_.assign(batch_.label_sets(), 0);
  bodies_.reserve(batch_.label_sets());
}

template <class Pairs>
bool LabelBodies::names_target(const Pairs& labels) const {
  return std::any_of(labels.begin(), labels.end(),
                     [&](const auto& l) { return l.first == "target" && l.second == common_.target; });
}

// A label without a value is no label to Prometheus.
template <class Pairs>
LabelHash LabelBodies::hash_of(const Pairs& sorted, std::string_view without) {
  canonical_.clear();
  for (const auto& [name, value] : sorted) {
    if (value.empty() || name == without) continue;
    // As it is: this text is only compared, and length tells where a value ends.
    const std::uint32_t length = static_cast<std::uint32_t>(value.size());
    canonical_.append(name).append("=").append(reinterpret_cast<const char*>(&length), sizeof length).append(value);
  }
  const XXH128_hash_t h = XXH3_128bits(canonical_.data(), canonical_.size());
  return {h.low64, h.high64};
}

LabelBody LabelBodies::of(std::uint32_t set, std::string_view structural) {
  if (!structural.empty()) return make(set, structural);
  std::uint32_t& known = plain_[set];
  if (known == 0) {
    LabelBody made;
    if (!make_simple(batch_.labels(set), made)) made = make(set, {});
    bodies_.push_back(made);
    known = static_cast<std::uint32_t>(bodies_.size());
  }
  return bodies_[known - 1];
}

// Most label sets need nothing done: legal names, no escapes, nothing cut, filtered or renamed.
// False if this one does; what make() makes of a set that passes is the same.
bool LabelBodies::split_simple(std::string_view source) {
  views_.clear();
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t equals = source.find('=', at);
    if (equals == std::string_view::npos || equals + 1 >= source.size() || source[equals + 1] != '"') return false;
    const std::size_t end = source.find('"', equals + 2);
    if (end == std::string_view::npos) return false;
    const std::string_view name = source.substr(at, equals - at), value = source.substr(equals + 2, end - equals - 2);
    if (!is_label_name(name) || name == "__name__" || value.size() > common_.label_value_bytes) return false;
    for (const char c : value)
      if (c == '\\' || c == '\n' || static_cast<signed char>(c) < 0) return false;
    for (const auto& [known, unused] : views_)
      if (known == name) return false;
    if (has(shared_, name)) return false;
    views_.emplace_back(name, value);
    at = end + 1;
    if (at < source.size() && (source[at] != ',' || ++at == source.size())) return false;
  }
  return true;
}

bool LabelBodies::make_simple(std::string_view source, LabelBody& body) {
  if (common_.keep_label || !split_simple(source)) return false;
  body.text_at = static_cast<std::size_t>(source.data() - batch_.label_text().data());
  body.text_bytes = static_cast<std::uint32_t>(source.size());
  body.as_given = true;
  std::sort(views_.begin(), views_.end());
  body.origin = hash_of(views_, {});
  for (const auto& [name, value] : shared_) views_.emplace_back(name, value);
  names_target_ = names_target_ && names_target(views_);
  std::sort(views_.begin(), views_.end());
  body.identity = hash_of(views_, {});
  body.metric = body.identity;
  return true;
}

void LabelBodies::forget() {
  std::vector<std::uint32_t>().swap(plain_);
  std::vector<LabelBody>().swap(bodies_);
}

void LabelBodies::append_text(std::string& to, std::size_t text_at, std::uint32_t text_bytes, bool as_given) const {
  if (as_given) {
    to += shared_text_;
    if (!shared_text_.empty() && text_bytes != 0) to += ',';
  }
  to.append(as_given ? batch_.label_text() : std::string_view(texts_), text_at, text_bytes);
}

std::size_t LabelBodies::text_size(const LabelBody& body) const {
  return body.text_bytes + (body.as_given ? shared_text_.size() + 1 : 0);
}

LabelBody LabelBodies::make(std::uint32_t set, std::string_view structural) {
  const std::string_view source = batch_.labels(set);
  Labels own = parse_labels(source);
  if (own.empty() && !source.empty()) ++sanitised_;  // not label text: shown without
  Labels before = own;
  std::sort(before.begin(), before.end());
  Labels kept;
  for (auto& [name, value] : own) {
    const bool fixed = !structural.empty() && name == structural;
    if (!fixed && common_.keep_label && !common_.keep_label(name)) continue;
    if (!is_label_name(name) || name == "__name__") {
      std::string legal = name == "__name__" ? "exported___name__" : legal_label_name(name);
      while (has(own, legal) || has(kept, legal)) legal += '_';
      name = std::move(legal);
      ++sanitised_;
    }
    if (has(kept, name)) {  // the same label twice: not legal, the first stays
      ++sanitised_;
      continue;
    }
    if (!fixed && limit_label_value(value, common_.label_value_bytes)) ++cut_;
    kept.emplace_back(std::move(name), std::move(value));
  }
  Labels all;
  for (const auto& label : shared_) {
    auto own_one = std::find_if(kept.begin(), kept.end(), [&](const auto& l) { return l.first == label.first; });
    if (own_one != kept.end()) {
      if (common_.honor_labels || own_one->first == structural) continue;
      std::string name = "exported_" + own_one->first;
      while (has(kept, name) || has(shared_, name)) name.insert(0, "exported_");
      own_one->first = std::move(name);
    }
    all.push_back(label);
  }
  all.insert(all.end(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));

  if (texts_.empty()) texts_.reserve(batch_.label_text().size() + batch_.label_sets() * (shared_text_.size() + 1));
  LabelBody body;
  body.origin = hash_of(before, structural);
  std::string text;
  for (const auto& [name, value] : all) append_label(text, name, value);
  body.text_at = texts_.size();
  body.text_bytes = static_cast<std::uint32_t>(text.size());
  texts_ += text;
  body.has_structure = structural.empty() || has(all, structural);
  names_target_ = names_target_ && names_target(all);
  std::sort(all.begin(), all.end());
  body.identity = hash_of(all, {});
  if (structural == "le" || structural == "quantile")
    for (const auto& [name, value] : all)
      if (name == structural) body.bound = bound_of(value);
  body.metric = structural.empty() ? body.identity : hash_of(all, structural);
  return body;
}

}  // namespace tallyman::store
