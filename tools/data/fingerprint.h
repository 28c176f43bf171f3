#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unfold::data {

/// Tells whether a data file, or the options of a generated task, are what they were.
struct Fingerprint {
  std::string name;  ///< the file's path as the program writes it, or the task's call
  std::uint64_t size = 0;
  std::uint64_t hash = 0;  ///< FNV-1a, 64 bits, of the bytes

  bool operator==(const Fingerprint&) const = default;
};

Fingerprint fingerprint_of(std::string name, std::string_view contents);

/// Error, naming the first file that differs, unless both hold the same contents in the same order.
/// Names are not compared: a file may have moved.
void require_same(std::span<const Fingerprint> stored, std::span<const Fingerprint> found);

void to_json(nlohmann::json& json, const Fingerprint& fingerprint);
void from_json(const nlohmann::json& json, Fingerprint& fingerprint);

}  // namespace unfold::data
