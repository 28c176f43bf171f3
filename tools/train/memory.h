#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace unfold {

/// What of this process is in memory, in bytes; 0 where the system does not say.
struct ResidentMemory {
  std::int64_t now = 0;   ///< VmRSS
  std::int64_t most = 0;  ///< VmHWM
};
ResidentMemory resident_memory();

/// Bytes that this process may take beside what it has: `limit` for the whole of it, else what the
/// machine and the control group that it runs in have available.
std::int64_t memory_left(std::optional<std::int64_t> limit);

/// The bytes that a size says: `1GiB`, `800MB`, `500000000`. Units are B, kB, MB, GB, TB and KiB,
/// MiB, GiB, TiB, in any case. Throws UsageError for what is none.
std::int64_t memory_size(const std::string& text);

}  // namespace unfold
