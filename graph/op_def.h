#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/attributes.h"
#include "graph/type.h"
#include "graph/value.h"

namespace unfold {

/// What an operation does to one dimension of one operand, which decides what padding means there.
enum class AxisUse : std::uint8_t {
  pointwise,  ///< each step by itself: padding stays padding
  reduces,    ///< steps are combined: padding must hold the operation's neutral value
  contracts,  ///< steps are multiplied and summed: padding must be zero
  reorders,   ///< steps move: refused on a ragged axis unless the operation knows the lengths
};

struct AxisFact {
  AxisUse use = AxisUse::pointwise;
  double neutral = 0;  ///< what stands in for padding when the use is `reduces` or `contracts`
};

/// Types and attributes that a shape rule sees. Types may have unknown sizes.
struct ShapeArgs {
  std::span<const Type* const> in;
  const Attributes& attributes;
};

/// Memory that a kernel reads or writes: dense row-major numbers, batch outermost when batched.
struct View {
  void* data = nullptr;
  DType dtype = DType::f32;
  bool batched = false;
  std::int64_t batch = 1;               ///< examples in this view; 1 when shared
  std::span<const std::int64_t> sizes;  ///< of one example

  std::int64_t example_size() const { return element_count(sizes); }
  std::int64_t size() const { return batch * element_count(sizes); }
  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

/// What random operations are keyed by, beside their own call site and timestep.
struct RunKey {
  std::uint64_t seed = 0;
  std::uint64_t update = 0;
  std::int64_t first_example = 0;  ///< place of the view's first example in the whole batch
};

struct KernelArgs {
  std::span<const View> in;
  View out;
  const Attributes& attributes;
  RunKey run;
};

struct GradientArgs {
  Value self;                 ///< the node itself
  std::span<const Value> in;  ///< its operands
  Value adjoint;              ///< dLoss/dself
  const Attributes& attributes;
};

/// One attribute of an operation, as documentation and the language's checks need it.
struct AttributeDef {
  std::string_view name;
  std::string_view doc;
};

/// Everything that is true of an operation. Nothing else in the library knows any of it.
struct OpDef {
  std::string_view name;
  std::string_view doc;  ///< one sentence and the formula
  int min_inputs = 1;
  int max_inputs = 1;  ///< -1: any number
  std::vector<AttributeDef> attributes = {};

  /// The result's dimensions and kind; throws Error on shapes that do not fit. Null for sources
  /// (inputs, parameters, constants), whose type is given.
  Type (*shape)(const ShapeArgs&) = nullptr;
  /// How operand `input` uses its dimension `dim`. Null: pointwise if elementwise, else reorders.
  AxisFact (*axis)(const ShapeArgs&, int input, int dim) = nullptr;
  /// Adjoints of the operands, an empty Value for one that has none. Null: no gradient at all.
  std::vector<Value> (*gradient)(const GradientArgs&) = nullptr;
  void (*kernel)(const KernelArgs&) = nullptr;
  /// Adds the sum over the batch of this operation's result to `out`, a shared view, without making
  /// the result of each example. Null: batch_sum adds up the examples' results.
  void (*sum_kernel)(const KernelArgs&) = nullptr;
  /// Floating-point operations for one example. Null: one for each number of the result.
  double (*cost)(const ShapeArgs&, const Type& result) = nullptr;

  bool elementwise = false;     ///< result[i] depends on operands at i only (after broadcasting)
  bool commutative = false;     ///< two operands may be swapped
  bool infers_unknown = false;  ///< the shape rule can say something about unknown operands
  bool sums_batch = false;      ///< turns batched into shared
  bool reads_memory = true;     ///< false for sources, which the executor binds or fills once
};

}  // namespace unfold
