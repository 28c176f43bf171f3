#pragma once

#include <span>

#include "tools/data/source.h"

namespace unfold::data {

/// Whether stored specs, which a file of anybody's may hold, are such as a data block makes: known
/// readers and sources, vocabularies that hold what is looked up in them, sizes that agree. Throws
/// Error with the first thing that is not.
void require_sound(std::span<const FieldSpec> fields, std::span<const SourceSpec> sources);

}  // namespace unfold::data
