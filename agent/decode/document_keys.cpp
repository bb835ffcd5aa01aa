// Duplicate keys. An object is checked when its members are first asked for, and the finding
// stays on the tape: 'U' or 'D' instead of '{', 'h' on a key that a later one hides.
//
// Keys go through a table with open addressing: on the stack for the usual few, from the
// document's scratch for more. A body made to collide costs a sort, never a square.
#include <algorithm>
#include <bit>

#include "decode/document_impl.h"

namespace tallyman::decode {

namespace {

__extension__ typedef unsigned __int128 Wide;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <class T>
std::uint64_t load(const char* at) {
  T v;
  std::memcpy(&v, at, sizeof v);
  return v;
}

std::uint64_t hash(std::string_view key) {
  constexpr std::uint64_t k1 = 0x9E37'79B9'7F4A'7C15, k2 = 0xE703'7ED1'A0B4'28DB;
  const char* p = key.data();
  std::size_t n = key.size();
  std::uint64_t h = k1 ^ n;
  for (; n > 8; n -= 8, p += 8) h = mix(h ^ load<std::uint64_t>(p), k2);
  std::uint64_t rest = 0;
  if (n >= 4)
    rest = load<std::uint32_t>(p) << 32 | load<std::uint32_t>(p + n - 4);
  else if (n > 0)
    rest = load<std::uint8_t>(p) << 16 | load<std::uint8_t>(p + n / 2) << 8 | load<std::uint8_t>(p + n - 1);
  return mix(h ^ rest, k1);
}

constexpr std::size_t few = 64;

}  // namespace

void Document::check_keys(std::uint32_t object) const {
  const std::uint64_t word = tape_[object];
  if (tape::tag(word) != '{') return;
  const std::uint32_t end = tape::after_container(word) - 1;
  std::size_t hidden = 0;
  const auto hide = [&](std::uint32_t key) {
    tape_[key] = tape::retag(tape_[key], 'h');
    ++hidden;
  };

  std::size_t n = tape::count(word);
  if (n <= few) {
    std::uint8_t slots[2 * few] = {};
    std::uint32_t keys[few];
    std::uint8_t used = 0;
    for (std::uint32_t at = object + 1; at < end; at = after(at + 1)) {
      const std::string_view key = string_at(tape_[at]);
      std::size_t slot = hash(key) % (2 * few);
      while (slots[slot] != 0 && string_at(tape_[keys[slots[slot] - 1]]) != key) slot = (slot + 1) % (2 * few);
      if (slots[slot] != 0) hide(keys[slots[slot] - 1]);
      keys[used] = at;
      slots[slot] = ++used;
    }
  } else {
    if (n == tape::saturated) {
      n = 0;
      for (std::uint32_t at = object + 1; at < end; at = after(at + 1)) ++n;
    }
    // A slot is the hash's high half and the key's place, which is never 0.
    std::vector<std::uint64_t>& slots = impl_->slots;
    slots.assign(std::bit_ceil(2 * n), 0);
    const std::size_t mask = slots.size() - 1;
    std::size_t budget = 16 * n;
    std::uint32_t at = object + 1;
    for (; at < end && budget > 0; at = after(at + 1)) {
      const std::string_view key = string_at(tape_[at]);
      const std::uint64_t h = hash(key);
      const std::uint64_t high = h & 0xFFFF'FFFF'0000'0000;
      std::size_t slot = h & mask;
      for (; slots[slot] != 0 && budget > 0; slot = (slot + 1) & mask, --budget) {
        const auto other = static_cast<std::uint32_t>(slots[slot]);
        if ((slots[slot] & 0xFFFF'FFFF'0000'0000) != high || string_at(tape_[other]) != key) continue;
        hide(other);
        break;
      }
      slots[slot] = high | at;
    }
    if (budget == 0) {  // too many collisions
      slots.clear();
      for (at = object + 1; at < end; at = after(at + 1))
        if (tape::tag(tape_[at]) != 'h') slots.push_back(at);
      const auto text = [this](std::uint64_t key) { return string_at(tape_[key]); };
      std::sort(slots.begin(), slots.end(), [&](std::uint64_t a, std::uint64_t b) {
        const int order = text(a).compare(text(b));
        return order != 0 ? order < 0 : a < b;
      });
      for (std::size_t i = 0; i + 1 < slots.size(); ++i)
        if (text(slots[i]) == text(slots[i + 1])) hide(static_cast<std::uint32_t>(slots[i]));
    }
  }
  duplicate_keys_ += hidden;
  tape_[object] = tape::retag(word, hidden == 0 ? 'U' : 'D');
}

}  // namespace tallyman::decode
