#include "tools/data/fingerprint.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "graph/error.h"
#include "graph/hash.h"

namespace unfold::data {

Fingerprint fingerprint_of(std::string name, std::string_view contents) {
  return {std::move(name), contents.size(), fnv1a(contents)};
}

void require_same(std::span<const Fingerprint> stored, std::span<const Fingerprint> found) {
  if (stored.size() != found.size()) {
    throw Error(fmt::format("the data has changed: it was made of {} files, now of {}",
                            stored.size(), found.size()));
  }
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i].hash == found[i].hash && stored[i].size == found[i].size) continue;
    throw Error(
        fmt::format("the data has changed since training began: `{}` is now {} bytes with "
                    "other contents than the {} bytes of then",
                    found[i].name, found[i].size, stored[i].size));
  }
}

void to_json(nlohmann::json& json, const Fingerprint& fingerprint) {
  json = {{"name", fingerprint.name},
          {"size", fingerprint.size},
          {"hash", fmt::format("{:016x}", fingerprint.hash)}};
}

void from_json(const nlohmann::json& json, Fingerprint& fingerprint) {
  json.at("name").get_to(fingerprint.name);
  json.at("size").get_to(fingerprint.size);
  const auto digits = json.at("hash").get<std::string>();
  const char* end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, fingerprint.hash, 16).ptr != end || digits.empty())
    throw Error(fmt::format("the fingerprint of {} is no number: '{}'", fingerprint.name, digits));
}

}  // namespace unfold::data
