#pragma once

#include <span>
#include <vector>

#include "graph/op_def.h"

namespace unfold {

/// One elementwise operation of a fused kernel. Values are named by number: those in memory from 0,
/// those that live only inside of the kernel from -1 downwards.
struct Instruction {
  const OpDef* op;
  std::uint32_t first_operand, operand_count;  ///< in FusedProgram::operands
  std::int32_t result;
};

/// Writes a number where it is needed once more. Only fused kernels know it.
extern const OpDef copy_op;

/// Elementwise operations on one shape that run together: tile by tile, each operation over the
/// whole tile, so that what lies between them never leaves the first cache.
struct FusedProgram {
  std::vector<Instruction> code;
  std::vector<std::int32_t> operands;
  std::uint32_t reads = 0;  ///< how many of the values in memory are operands; results follow
  int temporaries = 0;
};

/// Runs the program over the shape of the last of `memory`. Each value is computed by the
/// operations' own formulas, so that fusing changes no bit of a result.
void run_fused(const FusedProgram& program, std::span<const View> memory);

}  // namespace unfold
