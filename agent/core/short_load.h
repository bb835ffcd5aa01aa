// Short texts as one word, for comparing, hashing and scanning them without a loop over bytes.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tallyman {

// The first `size` bytes, at most 8, zeros behind them. Reads no byte beyond.
inline std::uint64_t short_load(const char* from, std::size_t size) {
  std::uint64_t out = 0;
  if constexpr (std::endian::native != std::endian::little) {
    std::memcpy(&out, from, size < 8 ? size : 8);
  } else if (size >= 8) {
    std::memcpy(&out, from, 8);
  } else if (size >= 4) {
    std::uint32_t first, last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    out = first | std::uint64_t{last} << (8 * (size - 4));
  } else {
    for (std::size_t i = 0; i < size; ++i) out |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  }
  return out;
}

constexpr std::uint64_t in_each_byte(unsigned char c) { return std::uint64_t{0x0101'0101'0101'0101} * c; }

// Not 0 if a byte is 0. Exact as to whether there is one, and its lowest bit as to which comes first; not as to others.
constexpr std::uint64_t zero_byte(std::uint64_t word) { return (word - in_each_byte(1)) & ~word & in_each_byte(0x80); }

}  // namespace tallyman
