#include "ops/views.h"

#include <algorithm>

namespace unfold::views {

std::int64_t same(const ViewArgs& args, std::span<std::int64_t> strides) {
  std::copy(args.in.strides.begin(), args.in.strides.end(), strides.begin());
  return 0;
}

View part_of(const OpDef& op, const KernelArgs& args, std::size_t index, StrideArray& strides) {
  View v = args.out;
  v.sizes = args.in[index].sizes;
  const auto size = [](const void* in, std::size_t operand, std::size_t dim) {
    return (*static_cast<const std::span<const View>*>(in))[operand].sizes[dim];
  };
  const std::int64_t offset = op.part({args.out, index, args.attributes, size, &args.in}, strides);
  v.data =
      static_cast<std::byte*>(args.out.data) + offset * static_cast<std::int64_t>(size_of(v.dtype));
  v.strides = std::span(strides).first(v.sizes.size() + 1);
  return v;
}

void copy_kernel(const KernelArgs& args) { copy(args.in[0], args.out); }

}  // namespace unfold::views
