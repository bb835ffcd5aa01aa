// Memory for the texts that one poll makes: freed all at once, kept for the next poll as far as it is little.
#pragma once
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tallyman::map {

class Arena {
 public:
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    bytes_ += text.size();
    if (text.size() > left_) grow(text.size());
    char* const at = next_;
    std::memcpy(at, text.data(), text.size());
    next_ += text.size();
    left_ -= text.size();
    return {at, text.size()};
  }

  std::size_t bytes() const { return bytes_; }  // of all texts since clear()

  void clear() {
    bytes_ = 0;
    constexpr std::size_t kept = 16;
    std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size > chunk_bytes; });
    if (chunks_.size() > kept) chunks_.resize(kept);
    used_ = 0;
    left_ = 0;
    next_ = nullptr;
  }

 private:
  static constexpr std::size_t chunk_bytes = 64u << 10;

  void grow(std::size_t wanted) {
    const std::size_t size = wanted > chunk_bytes ? wanted : chunk_bytes;
    if (used_ == chunks_.size())
      chunks_.push_back(Chunk{std::make_unique<char[]>(size), size});
    else if (chunks_[used_].size < size)
      chunks_[used_] = Chunk{std::make_unique<char[]>(size), size};
    next_ = chunks_[used_].bytes.get();
    left_ = chunks_[used_].size;
    ++used_;
  }

  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  std::vector<Chunk> chunks_;
  std::size_t used_ = 0;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tallyman::map
