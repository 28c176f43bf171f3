#include "tools/data/vocabulary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace unfold::data {

namespace {

/// The byte of a symbol that is one ASCII character, else 128.
std::size_t ascii(std::string_view symbol) {
  return symbol.size() == 1 ? std::min<std::size_t>(static_cast<unsigned char>(symbol[0]), 128)
                            : 128;
}

}  // namespace

Vocabulary::Vocabulary(const std::vector<std::string>& symbols) : Vocabulary() {
  for (const std::string& symbol : symbols) add(symbol);
}

std::optional<std::int32_t> Vocabulary::find(std::string_view symbol) const {
  if (const std::size_t c = ascii(symbol); c < 128) {
    return single_[c] < 0 ? std::nullopt : std::optional(single_[c]);
  }
  const auto found = ids_.find(symbol);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::int32_t Vocabulary::add(std::string_view symbol) {
  if (const auto id = find(symbol)) return *id;
  const auto id = static_cast<std::int32_t>(symbols_.size());
  symbols_.emplace_back(symbol);
  if (const std::size_t c = ascii(symbol); c < 128) single_[c] = id;
  ids_.emplace(symbol, id);
  return id;
}

void to_json(nlohmann::json& json, const Vocabulary& vocabulary) { json = vocabulary.symbols(); }

void from_json(const nlohmann::json& json, Vocabulary& vocabulary) {
  vocabulary = Vocabulary(json.get<std::vector<std::string>>());
}

void SymbolCounter::add(std::string_view symbol) {
  const auto id = static_cast<std::size_t>(met_.add(symbol));
  if (id == counts_.size()) counts_.push_back(0);
  ++counts_[id];
}

std::vector<std::string> SymbolCounter::ordered(std::int64_t min_count) const {
  std::vector<std::size_t> order(counts_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return counts_[i]; });
  std::vector<std::string> result;
  for (const std::size_t i : order) {
    if (counts_[i] >= min_count) result.push_back(met_.symbols()[i]);
  }
  return result;
}

}  // namespace unfold::data
