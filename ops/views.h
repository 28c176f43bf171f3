#pragma once

// How results of operations that only move numbers are seen in the memory of their operands, and
// the kernels that follow from it. For records of this folder only.

#include <array>

#include "graph/op_def.h"

namespace unfold::views {

using StrideArray = std::array<std::int64_t, max_rank + 1>;

/// OpDef::view of an operation that shows its operand as it is.
std::int64_t same(const ViewArgs& args, std::span<std::int64_t> strides);

/// `part` number `index` of the result as a view of its own; `strides` must outlive it.
View part_of(const OpDef& op, const KernelArgs& args, std::size_t index, StrideArray& strides);

/// Copies the first operand, broadcast to the result.
void copy_kernel(const KernelArgs& args);

/// The kernel of an operation that has a `view`: copies what the view shows.
template <const OpDef& op>
void view_kernel(const KernelArgs& args) {
  StrideArray strides;
  View v = args.out;
  const std::int64_t offset = op.view({args.in[0], args.out.sizes, args.attributes}, strides);
  v.data = static_cast<std::byte*>(args.in[0].data) +
           offset * static_cast<std::int64_t>(size_of(v.dtype));
  v.strides = std::span(strides).first(args.out.sizes.size() + 1);
  copy(v, args.out);
}

/// The kernel of an operation that has parts: copies each operand into its own.
template <const OpDef& op>
void parts_kernel(const KernelArgs& args) {
  for (std::size_t i = 0; i < args.in.size(); ++i) {
    StrideArray strides;
    copy(args.in[i], part_of(op, args, i, strides));
  }
}

}  // namespace unfold::views
