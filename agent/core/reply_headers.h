// The header of a reply, in order: all of it in one text, as every poll brings one and few are looked at.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/letters.h"

namespace tallyman {

class ReplyHeaders {
 public:
  using Field = std::pair<std::string_view, std::string_view>;  // name, value

  ReplyHeaders() = default;
  ReplyHeaders(std::initializer_list<Field> fields) {
    for (const auto& [name, value] : fields) add(name, value);
  }

  // ASCII letters of the name become small ones.
  void add(std::string_view name, std::string_view value) {
    if (ends_.empty()) {  // as much as most replies have
      text_.reserve(320);
      ends_.reserve(12);
    }
    const std::size_t from = text_.size();
    text_.append(name).append(value);
    const auto name_ends = static_cast<std::uint32_t>(from + name.size());
    make_small({text_.data() + from, name.size()});
    ends_.push_back({name_ends, static_cast<std::uint32_t>(text_.size())});
  }
  void clear() {
    text_.clear();
    ends_.clear();
  }

  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  Field operator[](std::size_t i) const {
    const std::string_view text = text_;
    const std::size_t from = i == 0 ? 0 : ends_[i - 1].value;
    return {text.substr(from, ends_[i].name - from), text.substr(ends_[i].name, ends_[i].value - ends_[i].name)};
  }
  // The first of that name, which is written in small letters.
  std::optional<std::string_view> find(std::string_view name) const {
    for (const auto& [key, value] : *this)
      if (key == name) return value;
    return std::nullopt;
  }
  std::size_t bytes() const { return text_.capacity() + ends_.capacity() * sizeof(Ends); }  // of memory

  class Iterator {
   public:
    Iterator(const ReplyHeaders& of, std::size_t at) : of_(&of), at_(at) {}
    Field operator*() const { return (*of_)[at_]; }
    Iterator& operator++() { return ++at_, *this; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const ReplyHeaders* of_;
    std::size_t at_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

  friend bool operator==(const ReplyHeaders&, const ReplyHeaders&) = default;

 private:
  struct Ends {
    std::uint32_t name, value;
    friend bool operator==(const Ends&, const Ends&) = default;
  };
  std::string text_;
  std::vector<Ends> ends_;
};

}  // namespace tallyman
