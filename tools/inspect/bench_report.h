#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/dsl/source.h"
#include "tools/inspect/bench.h"

namespace unfold {

/// Speeds, memory, and where the time goes, as tables; lines of the program are shown from
/// `sources`.
std::string to_text(const BenchResult& result, const Sources& sources);

/// The same for other programs; times in seconds a step, shares of the time of all threads.
nlohmann::json to_json(const BenchResult& result);

}  // namespace unfold
