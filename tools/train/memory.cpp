#include "tools/train/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "tools/train/model.h"

namespace unfold {

namespace {

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

// The number after a word at the beginning of a line.
std::optional<std::int64_t> number_after(const std::string& file, const std::string& word) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string first;
    std::int64_t number = 0;
    if (words >> first >> number && first == word) return number;
  }
  return {};
}

std::optional<std::int64_t> number_in(const std::string& file) {
  std::int64_t number = 0;
  return std::ifstream(file) >> number ? std::optional(number) : std::nullopt;
}

// What a control group may still take; its cached files can be given up.
std::int64_t left_in(const std::string& group, const std::string& limit, const std::string& usage) {
  const auto most = number_in(group + "/" + limit), used = number_in(group + "/" + usage);
  if (!most || !used) return unlimited;
  const auto cached = number_after(group + "/memory.stat", "inactive_file");
  return std::max<std::int64_t>(*most - *used + cached.value_or(0), 0);
}

// Of the process's group, of those around it, and of the first that a container sees.
std::int64_t left_in_groups() {
  std::int64_t left = unlimited;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool unified = controllers.empty();
    if (!unified && controllers != "memory") continue;
    const std::string root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    for (std::string path = line.substr(second + 1);; path.erase(path.rfind('/'))) {
      left = std::min(
          left, unified ? left_in(root + path, "memory.max", "memory.current")
                        : left_in(root + path, "memory.limit_in_bytes", "memory.usage_in_bytes"));
      if (path.find('/') == std::string::npos) break;
    }
  }
  return left;
}

struct Unit {
  std::string_view name;
  double bytes;
};

constexpr std::array<Unit, 10> units{{{"", 1},
                                      {"b", 1},
                                      {"kb", 1e3},
                                      {"mb", 1e6},
                                      {"gb", 1e9},
                                      {"tb", 1e12},
                                      {"kib", 0x1p10},
                                      {"mib", 0x1p20},
                                      {"gib", 0x1p30},
                                      {"tib", 0x1p40}}};

}  // namespace

ResidentMemory resident_memory() {
  const auto kilobytes = [](const char* word) {
    return number_after("/proc/self/status", word).value_or(0) * 1024;
  };
  return {kilobytes("VmRSS:"), kilobytes("VmHWM:")};
}

std::int64_t memory_left(std::optional<std::int64_t> limit) {
  if (!limit) {
    const auto available = number_after("/proc/meminfo", "MemAvailable:");
    return std::min(available ? *available * 1024 : unlimited, left_in_groups());
  }
  // In large pieces, so that two runs of a program plan alike.
  constexpr std::int64_t piece = 32 << 20;
  return *limit - (resident_memory().now + piece - 1) / piece * piece;
}

std::int64_t memory_size(const std::string& text) {
  const auto fail = [&]() -> std::int64_t {
    throw UsageError(fmt::format(
        "--memory takes a size such as 1GiB or 800MB (units are B, kB, MB, GB, TB, KiB, MiB, GiB, "
        "TiB), got '{}'",
        text));
  };
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return fail();
  std::string name(end, text.data() + text.size());
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto unit = std::ranges::find(units, name, &Unit::name);
  if (unit == units.end()) return fail();
  const double bytes = number * unit->bytes;
  if (!(bytes >= 1 && bytes < 0x1p62)) return fail();
  return static_cast<std::int64_t>(bytes);
}

}  // namespace unfold
