#include "graph/symbol.h"

#include <mutex>
#include <unordered_set>

namespace unfold {

namespace {

// Lets a name be looked up without making a string of it.
struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

const std::string* intern(std::string_view text) {
  static std::mutex guard;
  static std::unordered_set<std::string, Hash, std::equal_to<>> names;  // addresses stay
  const std::lock_guard lock(guard);
  const auto found = names.find(text);
  return found != names.end() ? &*found : &*names.emplace(text).first;
}

}  // namespace

Symbol::Symbol() {
  static const std::string* const empty = intern("");
  text_ = empty;
}

Symbol::Symbol(std::string_view text) : text_(intern(text)) {}

}  // namespace unfold
