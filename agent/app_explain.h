// Explanations of polls that people ask for over HTTP: which targets are asked, how many at once, and what is said
// until the poll has answered. For the serve thread.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/server.h"
#include "store/store.h"

namespace tallyman {

class Explaining {
 public:
  // So many targets are explained at once; each keeps at most some 128 KiB of what was answered and as much of why.
  static constexpr std::size_t most = 8;

  explicit Explaining(store::Store& store) : store_(store) {}
  std::optional<serve::Explained> ask(const std::string& target, bool again);

 private:
  store::Store& store_;
  std::vector<std::weak_ptr<store::Slot>> asked_;
};

}  // namespace tallyman
