#pragma once

#include <string>

namespace unfold {

/// The text of tools/dsl/library/definitions/NAME.fold, empty if there is none. The build makes the
/// source of this from those files.
std::string definition_of(const std::string& name);

}  // namespace unfold
