#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace unfold::data {

/// The symbols of a field, or the classes of one, numbered from 0. Symbols of the data come first
/// (by frequency in the training part, then by first appearance), then `<unk>`, `<start>` and
/// `<end>` where the field has them.
class Vocabulary {
 public:
  Vocabulary() { single_.fill(-1); }
  explicit Vocabulary(const std::vector<std::string>& symbols);

  std::int64_t size() const { return static_cast<std::int64_t>(symbols_.size()); }
  const std::vector<std::string>& symbols() const { return symbols_; }
  const std::string& symbol(std::int64_t id) const {
    return symbols_.at(static_cast<std::size_t>(id));
  }
  /// The id of a symbol; nothing if the vocabulary does not hold it.
  std::optional<std::int32_t> find(std::string_view symbol) const;
  /// Adds a symbol unless it is there, and returns its id.
  std::int32_t add(std::string_view symbol);

  bool operator==(const Vocabulary& other) const { return symbols_ == other.symbols_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  std::vector<std::string> symbols_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
  std::array<std::int32_t, 128> single_;  // ids of ASCII characters, most of what texts are made of
};

inline constexpr std::string_view unknown_symbol = "<unk>";
inline constexpr std::string_view start_symbol = "<start>";
inline constexpr std::string_view end_symbol = "<end>";

void to_json(nlohmann::json& json, const Vocabulary& vocabulary);
void from_json(const nlohmann::json& json, Vocabulary& vocabulary);

/// Counts symbols in the order in which they are met, to make a vocabulary of them.
class SymbolCounter {
 public:
  void add(std::string_view symbol);
  /// Symbols met at least `min_count` times: the most frequent first, ties by first appearance.
  std::vector<std::string> ordered(std::int64_t min_count = 1) const;

 private:
  Vocabulary met_;
  std::vector<std::int64_t> counts_;
};

}  // namespace unfold::data
