#include "graph/fused.h"

#include <algorithm>
#include <array>

namespace unfold {

namespace {

constexpr std::int64_t tile_size = 512;  // a dozen tiles of floats fit the first cache

// What a run needs beside the program; kept from run to run to save allocations.
struct Scratch {
  std::vector<std::array<std::int64_t, max_rank + 1>> strides;
  std::vector<std::int64_t> offsets;
  std::vector<TileOperand> operands;
  Tensor temporaries{DType::f64, {0}};
};

template <class T>
void copy_tile_of(const TileArgs& args) {
  const TileOperand &in = args.in[0], &out = args.out;
  for (std::int64_t r = 0; r < args.rows; ++r) {
    const T* from = static_cast<const T*>(in.data) + r * in.row_stride;
    T* to = static_cast<T*>(out.data) + r * out.row_stride;
    if (in.col_stride == 1 && out.col_stride == 1)
      std::copy_n(from, args.cols, to);
    else
      for (std::int64_t c = 0; c < args.cols; ++c) to[c * out.col_stride] = from[c * in.col_stride];
  }
}

void copy_tile(const TileArgs& args) {
  switch (args.out.dtype) {
    case DType::f32: return copy_tile_of<float>(args);
    case DType::f64: return copy_tile_of<double>(args);
    case DType::i32: return copy_tile_of<std::int32_t>(args);
  }
}

class FusedRun {
 public:
  FusedRun(const FusedProgram& program, std::span<const View> memory, Scratch& scratch)
      : program_(program), memory_(memory), s_(scratch), real_(memory.back().dtype) {
    const View& shape = memory.back();
    const int rank = static_cast<int>(shape.sizes.size());
    sizes_[0] = shape.batched ? shape.batch : 1;
    for (int d = 0; d < rank; ++d) sizes_[d + 1] = shape.sizes[d];
    s_.strides.resize(memory.size());
    // The last first: the walk follows the memory of the result.
    for (std::size_t k = 0; k < memory.size(); ++k)
      aligned_strides(memory[memory.size() - 1 - k], rank, s_.strides[k].data());
    rank_ = join_dimensions(rank + 1, sizes_.data(), s_.strides.data(),
                            static_cast<int>(memory.size()));
    std::reverse(s_.strides.begin(), s_.strides.end());
    s_.offsets.assign(memory.size(), 0);
    const std::int64_t needed = program.temporaries * tile_size;
    if (s_.temporaries.size() < needed) s_.temporaries = Tensor(DType::f64, {needed});
  }

  void run() {
    for (int d = 0; d < rank_; ++d)
      if (sizes_[d] == 0) return;
    const int outer = std::max(rank_ - 2, 0);
    std::array<std::int64_t, max_rank + 1> at{};
    for (;;) {
      plane();
      int d = outer - 1;
      for (; d >= 0; --d) {
        for (std::size_t k = 0; k < memory_.size(); ++k) s_.offsets[k] += s_.strides[k][d];
        if (++at[d] < sizes_[d]) break;
        for (std::size_t k = 0; k < memory_.size(); ++k)
          s_.offsets[k] -= s_.strides[k][d] * sizes_[d];
        at[d] = 0;
      }
      if (d < 0) return;
    }
  }

 private:
  // The two innermost dimensions.
  void plane() {
    const std::int64_t cols = sizes_[rank_ - 1], rows = rank_ > 1 ? sizes_[rank_ - 2] : 1;
    const std::int64_t tile_cols = std::min(cols, tile_size);
    const std::int64_t tile_rows = std::max<std::int64_t>(1, tile_size / tile_cols);
    for (std::int64_t r = 0; r < rows; r += tile_rows)
      for (std::int64_t c = 0; c < cols; c += tile_cols)
        tile(r, c, std::min(tile_rows, rows - r), std::min(tile_cols, cols - c));
  }

  void tile(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols) {
    for (const Instruction& i : program_.code) {
      s_.operands.clear();
      for (std::uint32_t k = 0; k < i.operand_count; ++k)
        s_.operands.push_back(operand(program_.operands[i.first_operand + k], row, col, cols));
      i.op->tile({s_.operands, operand(i.result, row, col, cols), rows, cols});
    }
  }

  TileOperand operand(std::int32_t value, std::int64_t row, std::int64_t col, std::int64_t cols) {
    if (value < 0)
      return {s_.temporaries.as<double>().data() + (-1 - value) * tile_size, real_, cols, 1};
    const auto k = static_cast<std::size_t>(value);
    const View& v = memory_[k];
    const std::int64_t row_stride = rank_ > 1 ? s_.strides[k][rank_ - 2] : 0;
    const std::int64_t col_stride = s_.strides[k][rank_ - 1];
    const std::int64_t at = s_.offsets[k] + row * row_stride + col * col_stride;
    auto* data = static_cast<std::byte*>(v.data) + at * static_cast<std::int64_t>(size_of(v.dtype));
    return {data, v.dtype, row_stride, col_stride};
  }

  const FusedProgram& program_;
  std::span<const View> memory_;
  Scratch& s_;
  DType real_;
  int rank_;
  std::array<std::int64_t, max_rank + 1> sizes_{};
};

}  // namespace

const OpDef copy_op{.name = "copy", .doc = "The operand as it is.", .tile = copy_tile};

void run_fused(const FusedProgram& program, std::span<const View> memory) {
  thread_local Scratch scratch;
  FusedRun(program, memory, scratch).run();
}

void run_kernel(const OpDef& op, const KernelArgs& args) {
  if (op.tile == nullptr) {
    op.kernel(args);
    return;
  }
  thread_local FusedProgram program;
  thread_local std::vector<View> memory;
  memory.assign(args.in.begin(), args.in.end());
  memory.push_back(args.out);
  const auto count = static_cast<std::uint32_t>(args.in.size());
  program.code.assign(1, {&op, 0, count, static_cast<std::int32_t>(count)});
  program.operands.clear();
  for (std::uint32_t k = 0; k < count; ++k)
    program.operands.push_back(static_cast<std::int32_t>(k));
  run_fused(program, memory);
}

}  // namespace unfold
