#include "decode/document.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "decode/document_impl.h"
#include "decode/json_scan.h"

namespace tallyman::decode {

static_assert(Document::padding >= simdjson::SIMDJSON_PADDING);

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      return "an object";
    case Kind::out_of_range:
      break;
  }
  return "a number out of range";
}

Document::Document() = default;
Document::~Document() = default;
Document::Document(Document&& other) noexcept { *this = std::move(other); }
Document& Document::operator=(Document&& other) noexcept {
  tape_ = std::exchange(other.tape_, nullptr);
  strings_ = std::exchange(other.strings_, nullptr);
  duplicate_keys_ = std::exchange(other.duplicate_keys_, 0);
  impl_ = std::move(other.impl_);
  return *this;
}

std::uint32_t Document::Impl::tape_end() const { return static_cast<std::uint32_t>(tape::payload(dom.tape[0])) - 1; }

simdjson::error_code Document::Impl::read(std::size_t depth) {
  // One parser for all documents of a thread: it holds only what parsing needs meanwhile.
  thread_local simdjson::dom::parser parser;
  const std::size_t bytes = length - start;
  // simdjson counts the scalars inside the innermost container as a level.
  if (parser.capacity() < bytes || parser.max_depth() != depth + 1) {
    const std::size_t capacity = std::max(parser.capacity(), bytes + bytes / 4 + 1024);
    if (const auto code = parser.allocate(capacity, depth + 1)) return code;
  }
  // A document is given room for the longest tape there can be, eight bytes for each of its own. Of a large
  // one what is not used is never touched; small ones are many, and share the room.
  constexpr std::size_t small = 256u << 10;
  if (bytes <= small) {
    thread_local simdjson::dom::document room;
    if (room.capacity() < bytes)
      if (const auto code = room.allocate(std::min(small, 2 * bytes + 1024))) return code;
    const auto code = parser.parse_into_document(room, text.data() + start, bytes, false).error();
    if (code == simdjson::SUCCESS) take_exactly(room);
    return code;
  }
  // Bodies of one target vary a little from poll to poll: some room, so as not to start anew each time.
  if (dom.capacity() < bytes)
    if (const auto code = dom.allocate(bytes + bytes / 8 + 64)) return code;
  const auto code = parser.parse_into_document(dom, text.data() + start, bytes, false).error();
  constexpr std::size_t kept = 2u << 20;
  if (parser.capacity() > kept) parser = simdjson::dom::parser();  // its index is half as large as the body and more
  return code;
}

// On the tape are at most three words per string, and strings have 5 bytes about them, of which 2 are quotes
// in the text. simdjson itself makes room for 5/3 of the text.
std::size_t Document::Impl::strings_at_most() const {
  const std::size_t bytes = length - start;
  return std::min(bytes + 3 * tape::payload(dom.tape[0]), bytes * 5 / 3 + 8);
}

void Document::Impl::take_exactly(const simdjson::dom::document& parsed) {
  dom = {};  // its capacity is not what it will have
  const std::size_t words = tape::payload(parsed.tape[0]);
  dom.tape = std::make_unique_for_overwrite<std::uint64_t[]>(words);
  std::memcpy(dom.tape.get(), parsed.tape.get(), words * sizeof(std::uint64_t));
  const std::size_t strings = strings_at_most();
  dom.string_buf = std::make_unique_for_overwrite<std::uint8_t[]>(strings + text_slack);
  std::memset(dom.string_buf.get() + strings, 0, text_slack);
  std::memcpy(dom.string_buf.get(), parsed.string_buf.get(), strings);
}

// Puts the tag 'o' on the numbers with these places among all numbers, in order.
void Document::Impl::mark_out_of_range(const std::vector<std::uint32_t>& ordinals) {
  std::uint32_t ordinal = 0;
  std::size_t next = 0;
  const std::uint32_t end = tape_end();
  for (std::uint32_t at = 1; at < end && next < ordinals.size(); ++at) {
    if (tape::tags.words[tape::tag(dom.tape[at])] != 2) continue;
    if (ordinal++ == ordinals[next]) dom.tape[at] = tape::retag(next++, 'o');
    ++at;
  }
}

Result<> Document::parse(std::string json, const ParseLimits& limits) {
  if (!impl_) impl_ = std::make_unique<Impl>();
  Impl& impl = *impl_;
  tape_ = nullptr;
  strings_ = nullptr;
  duplicate_keys_ = 0;
  impl.out_of_range.clear();
  impl.rendered.reset();
  impl.numbers.clear();
  impl.numbers_known = false;
  impl.minus_zeros.reset();
  impl.occupied = 0;

  impl.text = std::move(json);
  impl.length = impl.text.size();
  if (impl.length >= 0xFFFF'FFFFu - padding) return error(Stage::limit, "the body is 4 GiB or more");
  // What was appended to may have twice the room it needs.
  constexpr std::size_t small = 256u << 10;
  if (impl.length <= small && impl.text.capacity() > (impl.length + padding) / 4 * 5) impl.text.shrink_to_fit();
  if (impl.text.capacity() < impl.length + padding) impl.text.reserve(impl.length + padding);
  impl.text.resize(impl.length + padding);
  impl.start = std::string_view(impl.text).starts_with("\xEF\xBB\xBF") ? 3 : 0;

  std::size_t needed = std::numeric_limits<std::size_t>::max();
  // No JSON takes more than 16 bytes for one of its own.
  if (impl.length > std::max(measured_bytes, limits.memory / 16)) {
    needed = parsed_bytes_at_most(impl.body());
    if (needed > limits.memory) needed = parsed_bytes(impl.body());
    if (needed > limits.memory) return error(Stage::limit, over_memory(impl.length, needed, limits.memory));
  }
  const std::size_t depth = std::clamp<std::size_t>(limits.depth, 1, max_depth);
  if (auto code = impl.read(depth)) {
    if (code == simdjson::MEMALLOC)
      return error(Stage::limit, "no memory to parse a body of " + std::to_string(impl.length) + " bytes");
    // Rare: look again, slowly, for what is wrong and where.
    JsonScan scan = scan_json(std::string_view(impl.text).substr(0, impl.length), impl.start, depth);
    if (scan.problem) return error(scan.problem->too_deep ? Stage::limit : Stage::decode, scan.problem->text());
    // Nothing but numbers out of range: they are read as 0 and marked on the tape.
    std::string originals;
    std::vector<std::uint32_t> ordinals;
    for (const JsonScan::BigNumber& n : scan.out_of_range) {
      impl.out_of_range.push_back({static_cast<std::uint32_t>(n.offset), static_cast<std::uint32_t>(n.length)});
      ordinals.push_back(n.ordinal);
      originals.append(impl.text, n.offset, n.length);
      impl.text.replace(n.offset, n.length, n.length, ' ');
      impl.text[n.offset] = '0';
    }
    if (!ordinals.empty()) code = impl.read(depth);
    std::size_t at = 0;
    for (const Span& span : impl.out_of_range) {
      impl.text.replace(span.offset, span.length, originals, at, span.length);
      at += span.length;
    }
    if (code) return error(Stage::decode, std::string("the body is not JSON: ") + simdjson::error_message(code));
    impl.mark_out_of_range(ordinals);
  }
  tape_ = impl.dom.tape.get();
  strings_ = impl.dom.string_buf.get();
  impl.occupied = std::min(needed, impl.length + impl.strings_at_most() + 8 * tape::payload(tape_[0]));
  return boost::system::in_place_value;
}

std::size_t Document::bytes() const { return impl_ ? impl_->occupied : 0; }

std::string Document::release() {
  tape_ = nullptr;
  strings_ = nullptr;
  duplicate_keys_ = 0;
  if (!impl_) return {};
  std::string text = std::move(impl_->text);
  text.clear();
  impl_->text.clear();
  impl_->start = impl_->length = impl_->occupied = 0;
  return text;
}

std::size_t Node::size() const {
  const Kind k = kind();
  if (k != Kind::array && k != Kind::object) return 0;
  if (tape::tag(word()) == '{') document_->check_keys(index_);
  const std::uint32_t n = tape::count(word());
  if (n != tape::saturated && tape::tag(word()) != 'D') return n;
  std::size_t visited = 0;
  const Range range = children();
  for (Iterator it = range.begin(); it != range.end(); ++it) ++visited;
  return visited;
}

Node Node::element(std::int64_t index) const {
  if (kind() != Kind::array) return {};
  const std::uint32_t n = tape::count(word());
  if (index < 0 || n != tape::saturated) {
    const std::int64_t length = static_cast<std::int64_t>(size());
    if (index < 0) index += length;
    if (index < 0 || index >= length) return {};
  }
  const std::uint32_t end = tape::after_container(word()) - 1;
  std::uint32_t at = index_ + 1;
  for (; index > 0 && at < end; --index) at = document_->after(at);
  return at < end ? Node(document_, at) : Node();
}

}  // namespace tallyman::decode
