#pragma once

// The samples of all operations, one list for each test file. registry_test.cpp sees to it that no
// operation is without.

#include "tests/ops/check_op.h"

namespace unfold::check {

std::vector<Sample> unary_samples();
std::vector<Sample> binary_samples();
std::vector<Sample> compare_samples();
std::vector<Sample> matmul_samples();
std::vector<Sample> concat_samples();
std::vector<Sample> slice_samples();
std::vector<Sample> shapes_samples();
std::vector<Sample> reduce_samples();
std::vector<Sample> softmax_samples();
std::vector<Sample> sources_samples();
std::vector<Sample> symbols_samples();
std::vector<Sample> time_samples();

}  // namespace unfold::check
