#pragma once

// The samples of all operations, one list for each test file. registry_test.cpp sees to it that no
// operation is without.

#include "tests/ops/check_op.h"

namespace unfold::check {

std::vector<Sample> unary_samples();

}  // namespace unfold::check
