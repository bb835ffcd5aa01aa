// Families by index, shared with whoever else lists them: a batch is made at every poll, the families it has stay.
#pragma once
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "core/family.h"

namespace tallyman {

class FamilyList {
 public:
  using Shared = std::shared_ptr<const Family>;

  const Family& operator[](std::size_t index) const { return *all_[index]; }
  const Shared& shared(std::size_t index) const { return all_[index]; }
  std::size_t size() const { return all_.size(); }

  void add(Shared family) { all_.push_back(std::move(family)); }
  void add(Family family) { add(std::make_shared<const Family>(std::move(family))); }
  void clear() { all_.clear(); }

  class Iterator {
   public:
    explicit Iterator(const Shared* at) : at_(at) {}
    const Family& operator*() const { return **at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Shared* at_;
  };
  Iterator begin() const { return Iterator(all_.data()); }
  Iterator end() const { return Iterator(all_.data() + all_.size()); }

 private:
  std::vector<Shared> all_;
};

}  // namespace tallyman
