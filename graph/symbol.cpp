#include "graph/symbol.h"

#include <mutex>
#include <unordered_set>

namespace unfold {

namespace {

const std::string* intern(std::string_view text) {
  static std::mutex guard;
  static std::unordered_set<std::string> names;  // node-based: addresses stay
  const std::lock_guard lock(guard);
  return &*names.emplace(text).first;
}

}  // namespace

Symbol::Symbol() {
  static const std::string* const empty = intern("");
  text_ = empty;
}

Symbol::Symbol(std::string_view text) : text_(intern(text)) {}

}  // namespace unfold
