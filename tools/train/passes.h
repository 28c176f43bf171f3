#pragma once

#include <set>
#include <string>
#include <string_view>

namespace unfold {

/// The names of the passes (`pass_names`) that `list` leaves out. It is read from left to right:
/// `all`, `none`, `NAME` (also this one), `-NAME` (not this one); it begins with all if what comes
/// first is left out, else with none. Throws UsageError for a name that there is not.
std::set<std::string> passes_off(std::string_view list);

}  // namespace unfold
