#include "tools/data/fingerprint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "graph/error.h"

namespace unfold::data {

Fingerprint fingerprint_of(std::string name, std::string_view contents) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : contents) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return {std::move(name), contents.size(), hash};
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
  fingerprint.hash = std::stoull(json.at("hash").get<std::string>(), nullptr, 16);
}

}  // namespace unfold::data
