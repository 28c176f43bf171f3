#include "ops/rounded_gemm.h"

#include <array>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <type_traits>
#include <utility>

#include "graph/tensor.h"
#include "ops/one_thread.h"

namespace unfold {

namespace {

using dnnl::memory;

const dnnl::engine& processor() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

template <class T>
constexpr memory::data_type type_of =
    std::is_same_v<T, float> ? memory::data_type::f32 : memory::data_type::bf16;

// [rows, columns] without gaps; transposed: as [columns, rows] lies.
memory::desc dense(memory::data_type type, std::int64_t rows, std::int64_t columns,
                   bool transposed) {
  return {{rows, columns}, type, transposed ? memory::dims{1, rows} : memory::dims{columns, 1}};
}

struct Shape {
  std::int64_t m, n, k;
  bool transpose_a, transpose_b, laid_out, accumulate;
  auto operator<=>(const Shape&) const = default;
};

template <class T>
dnnl::matmul::primitive_desc description(const Shape& s, const memory::desc& right) {
  dnnl::primitive_attr how;
  how.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (s.accumulate) {
    dnnl::post_ops after;
    after.append_sum(1.0F);
    how.set_post_ops(after);
  }
  const dnnl::matmul::desc product(dense(type_of<T>, s.m, s.k, s.transpose_a), right,
                                   dense(memory::data_type::f32, s.m, s.n, false));
  return {product, how, processor()};
}

// How oneDNN would have a right operand lie. Of products of few rows it makes narrower blocks, for
// threads to share, which products of many then could not read; the other way round they can.
template <class T>
memory::desc best_layout(std::int64_t k, std::int64_t n) {
  constexpr std::int64_t rows = 256;
  const memory::desc any({k, n}, type_of<T>, memory::format_tag::any);
  return description<T>({rows, n, k, false, false, true, false}, any).weights_desc();
}

struct Product {
  explicit Product(const dnnl::matmul::primitive_desc& d)
      : run(d),
        left(d.src_desc(), processor(), DNNL_MEMORY_NONE),
        right(d.weights_desc(), processor(), DNNL_MEMORY_NONE),
        result(d.dst_desc(), processor(), DNNL_MEMORY_NONE),
        scratch(d.scratchpad_desc(), processor(), DNNL_MEMORY_NONE),
        scratch_bytes(static_cast<std::int64_t>(d.scratchpad_desc().get_size())) {}

  dnnl::matmul run;
  memory left, right, result, scratch;
  std::int64_t scratch_bytes;
};

/// Memory that grows to the largest size that was asked for.
class Buffer {
 public:
  template <class T>
  T* of(std::int64_t count) {
    const auto bytes = count * static_cast<std::int64_t>(sizeof(T));
    if (static_cast<std::int64_t>(memory_.bytes()) < bytes)
      memory_ = Tensor(DType::f32, {(bytes + 3) / 4});
    return static_cast<T*>(memory_.data());
  }

 private:
  Tensor memory_;
};

/// What a thread keeps from call to call.
template <class T>
struct Kept {
  dnnl::stream stream{processor()};
  std::map<Shape, Product> products;
  std::map<std::pair<std::int64_t, std::int64_t>, memory::desc> layouts;
  Buffer left, right, result, scratch;
};

template <class T>
Kept<T>& kept() {
  thread_local Kept<T> mine;
  return mine;
}

template <class T>
const memory::desc& layout(std::int64_t k, std::int64_t n) {
  const auto [found, added] = kept<T>().layouts.try_emplace({k, n});
  if (added) found->second = best_layout<T>(k, n);
  return found->second;
}

template <class T>
Product& product(const Shape& s) {
  constexpr std::size_t most = 1000;  // as many as oneDNN itself keeps
  auto& products = kept<T>().products;
  const auto found = products.find(s);
  if (found != products.end()) return found->second;
  if (products.size() >= most) products.clear();
  const memory::desc right =
      s.laid_out ? layout<T>(s.k, s.n) : dense(type_of<T>, s.k, s.n, s.transpose_b);
  return products.try_emplace(s, description<T>(s, right)).first->second;
}

// Row by row, without gaps.
template <class T>
T* rounded(std::int64_t rows, std::int64_t columns, Matrix<const float> m, Buffer& into) {
  T* const to = into.of<T>(rows * columns);
  const auto round = [](const float* from, T* out, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      if constexpr (std::is_same_v<T, float>)
        out[i] = from[i];
      else
        out[i] = to_bfloat16(from[i]);
    }
  };
  if (m.stride == columns) {
    round(m.data, to, rows * columns);
    return to;
  }
  for (std::int64_t i = 0; i < rows; ++i) round(m.data + i * m.stride, to + i * columns, columns);
  return to;
}

void point(const memory& at, const void* data) {
  void* const to = const_cast<void*>(data);  // of operands, which are only read
  if (at.get_data_handle() != to) at.set_data_handle(to);
}

// c [m, n] = (+) the product; where c has gaps the result is made without, then copied or added.
template <class T>
void run(Shape s, const T* a, const void* b, Matrix<float> c) {
  Kept<T>& mine = kept<T>();
  const bool direct = c.stride == s.n || s.m == 1, add = s.accumulate && !direct;
  s.accumulate = s.accumulate && direct;
  Product& p = product<T>(s);
  float* const result = direct ? c.data : mine.result.template of<float>(s.m * s.n);
  point(p.left, a);
  point(p.right, b);
  point(p.result, result);
  point(p.scratch, mine.scratch.template of<std::byte>(p.scratch_bytes));
  const std::array<dnnl_exec_arg_t, 4> arguments{{{DNNL_ARG_SRC, p.left.get()},
                                                  {DNNL_ARG_WEIGHTS, p.right.get()},
                                                  {DNNL_ARG_DST, p.result.get()},
                                                  {DNNL_ARG_SCRATCHPAD, p.scratch.get()}}};
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(p.run.get(), mine.stream.get(), static_cast<int>(arguments.size()),
                             arguments.data()),
      "could not multiply");
  for (std::int64_t i = 0; i < s.m && !direct; ++i) {
    const float* from = result + i * s.n;
    float* const to = c.data + i * c.stride;
    for (std::int64_t j = 0; j < s.n; ++j) to[j] = add ? to[j] + from[j] : from[j];
  }
}

}  // namespace

template <class T>
bool has_rounded_products() {
  static const bool has = [] {
    constexpr std::int64_t some = 64;
    try {
      description<T>({some, some, some, false, false, false, false},
                     dense(type_of<T>, some, some, false));
      return true;
    } catch (const dnnl::error&) {
      return false;
    }
  }();
  return has;
}

template <class T>
void rounded_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n,
                  std::int64_t k, Matrix<const float> a, Matrix<const float> b, Matrix<float> c,
                  bool accumulate) {
  use_one_thread();
  Kept<T>& mine = kept<T>();
  const T* left = rounded<T>(transpose_a ? k : m, transpose_a ? m : k, a, mine.left);
  const T* right = rounded<T>(transpose_b ? n : k, transpose_b ? k : n, b, mine.right);
  run<T>({m, n, k, transpose_a, transpose_b, false, accumulate}, left, right, c);
}

template <class T>
std::int64_t laid_out_bytes(std::int64_t k, std::int64_t n) {
  use_one_thread();
  return static_cast<std::int64_t>(layout<T>(k, n).get_size());
}

template <class T>
void lay_out(bool transpose, std::int64_t k, std::int64_t n, Matrix<const float> b, void* to) {
  use_one_thread();
  Kept<T>& mine = kept<T>();
  T* const plain = rounded<T>(transpose ? n : k, transpose ? k : n, b, mine.right);
  memory from(dense(type_of<T>, k, n, transpose), processor(), plain);
  memory into(layout<T>(k, n), processor(), to);
  dnnl::reorder(from, into).execute(mine.stream, from, into);
  mine.stream.wait();
}

template <class T>
void laid_out_gemm(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<const float> a,
                   const void* b, Matrix<float> c) {
  use_one_thread();
  run<T>({m, n, k, false, false, true, false}, rounded<T>(m, k, a, kept<T>().left), b, c);
}

#define UNFOLD_ROUNDED_GEMM(T)                                                                  \
  template bool has_rounded_products<T>();                                                      \
  template void rounded_gemm<T>(bool, bool, std::int64_t, std::int64_t, std::int64_t,           \
                                Matrix<const float>, Matrix<const float>, Matrix<float>, bool); \
  template std::int64_t laid_out_bytes<T>(std::int64_t, std::int64_t);                          \
  template void lay_out<T>(bool, std::int64_t, std::int64_t, Matrix<const float>, void*);       \
  template void laid_out_gemm<T>(std::int64_t, std::int64_t, std::int64_t, Matrix<const float>, \
                                 const void*, Matrix<float>);
UNFOLD_ROUNDED_GEMM(float)
UNFOLD_ROUNDED_GEMM(Bfloat16)
#undef UNFOLD_ROUNDED_GEMM

}  // namespace unfold
