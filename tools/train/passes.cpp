#include "tools/train/passes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ops/rewrites/pipeline.h"
#include "tools/dsl/diagnostic.h"
#include "tools/train/model.h"

namespace unfold {

namespace {

void require_name(std::string_view name, const std::vector<std::string>& names) {
  if (std::ranges::find(names, name) != names.end()) return;
  const auto near = nearest(name, names);
  throw UsageError(fmt::format("--passes: there is no pass '{}'{}; passes are {}", name,
                               near ? fmt::format(" (did you mean '{}'?)", *near) : "",
                               fmt::join(names, ", ")));
}

}  // namespace

std::set<std::string> passes_off(std::string_view list) {
  const std::vector<std::string> names = pass_names();
  const std::set<std::string> every(names.begin(), names.end());
  std::set<std::string> off = list.starts_with('-') ? std::set<std::string>{} : every;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    std::string_view item = list.substr(begin, end - begin);
    begin = end + 1;
    if (item == "all" || item == "none") {
      off = item == "all" ? std::set<std::string>{} : every;
      continue;
    }
    const bool out = item.starts_with('-');
    if (out) item.remove_prefix(1);
    require_name(item, names);
    if (out)
      off.emplace(item);
    else
      off.erase(std::string(item));
  }
  return off;
}

}  // namespace unfold
