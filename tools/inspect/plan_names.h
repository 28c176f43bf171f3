#pragma once

#include <string>

#include "graph/plan.h"

namespace unfold {

/// What reports call the layer of a place: its path, else the quantity computed there, "-" where
/// neither is known.
std::string layer_of(const Place& place);

/// What reports call what a call does: its operation, `fused`, `prepare`, `copy`, `sum` over the
/// batch, or `sum of` what is summed without being made.
std::string kind_of(const Plan& plan, const Call& call);

/// A type, and an operation's attributes, as plans are compared and listed by: what dimensions are
/// called does not matter.
Type without_labels(Type type);
Attributes without_labels(Attributes attributes);

}  // namespace unfold
