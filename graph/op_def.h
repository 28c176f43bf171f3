#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "graph/attributes.h"
#include "graph/type.h"
#include "graph/value.h"
#include "graph/view.h"

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

/// What random operations are keyed by, beside their own call site and timestep.
struct RunKey {
  std::uint64_t seed = 0;
  std::uint64_t update = 0;
  std::int64_t first_example = 0;  ///< place of the view's first example in the whole batch
};

/// One of several pieces of a call's work, which threads do at the same time.
struct Share {
  std::int64_t index = 0, count = 1;
};

struct KernelArgs {
  std::span<const View> in;
  View out;
  const Attributes& attributes;
  RunKey run;
  bool fresh = false;              ///< sums over the batch: the result holds nothing yet
  const void* prepared = nullptr;  ///< what OpDef::preparation made of an operand, if it did
  Products products = Products::full;
  Share share = {};  ///< of the columns of the result, where OpDef::column_blocks
};

/// A piece of an operand or of the result of an elementwise operation: `rows` times `cols` numbers.
struct TileOperand {
  void* data = nullptr;
  DType dtype = DType::f32;
  std::int64_t row_stride = 0, col_stride = 0;  ///< in elements; 0: the same for all
};

/// A piece of work small enough to stay in the first cache.
struct TileArgs {
  std::span<const TileOperand> in;
  TileOperand out;
  std::int64_t rows = 1, cols = 1;
};

/// An operand, and the sizes that its view as the result is to have.
struct ViewArgs {
  const View& in;
  std::span<const std::int64_t> sizes;
  const Attributes& attributes;
};

/// Which part of the whole: the one that operand `index` becomes.
struct PartArgs {
  const View& whole;
  std::size_t index;
  const Attributes& attributes;
  /// The size of an operand's dimension, asked of `context`.
  std::int64_t (*size_of_operand)(const void* context, std::size_t operand, std::size_t dim);
  const void* context;

  std::int64_t size(std::size_t operand, std::size_t dim) const {
    return size_of_operand(context, operand, dim);
  }
};

/// A result of OpDef::view: the numbers cannot be seen this way where they lie.
inline constexpr std::int64_t no_view = -1;

struct GradientArgs {
  Value self;                 ///< the node itself
  std::span<const Value> in;  ///< its operands
  Value adjoint;              ///< dLoss/dself
  const Attributes& attributes;
};

/// A form of a shared operand that the kernel reads faster, made once for all calls that read it.
struct Preparation {
  int operand = 0;
  /// Memory of the prepared form, in numbers of the operand's precision; 0 where the kernel has no
  /// use for it.
  std::int64_t (*size)(const Type& operand, const Attributes& attributes, DType precision,
                       Products products);
  void (*make)(const View& operand, const Attributes& attributes, Products products,
               void* prepared);
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
  /// An elementwise operation's formula, applied to a tile; such an operation has no other kernel.
  /// Result and operands may be the same memory, element by element.
  void (*tile)(const TileArgs&) = nullptr;
  /// For an operation whose result shows numbers of its first operand: writes the strides of that
  /// view (of the batch, then of each dimension) and returns where it starts, in elements from the
  /// operand's start; no_view if the operand's strides do not allow it.
  std::int64_t (*view)(const ViewArgs&, std::span<std::int64_t> strides) = nullptr;
  /// For an operation whose operands become parts of the result: the same for one part of it.
  std::int64_t (*part)(const PartArgs&, std::span<std::int64_t> strides) = nullptr;
  /// Adds the sum over the batch of this operation's result to `out`, a shared view (or sets it,
  /// when that is fresh), without making the result of each example. Null: batch_sum adds up the
  /// examples' results.
  void (*sum_kernel)(const KernelArgs&) = nullptr;
  /// Null: the kernel reads its operands as they are.
  const Preparation* preparation = nullptr;
  /// For an operation whose kernels can compute some columns of the result (its last dimension) by
  /// themselves: of how many blocks of columns that no share divides the result consists, for one
  /// example. The bits of a result depend on the blocks, never on who computes them. `prepared`:
  /// the kernel is given the prepared form. Null: 1.
  std::int64_t (*column_blocks)(const ShapeArgs&, const Type& result, bool prepared,
                                Products products) = nullptr;
  /// Floating-point operations for one example. Null: one for each number of the result.
  double (*cost)(const ShapeArgs&, const Type& result) = nullptr;

  bool elementwise = false;     ///< result[i] depends on operands at i only (after broadcasting)
  bool commutative = false;     ///< two operands may be swapped: neither result nor gradient tells
  bool infers_unknown = false;  ///< the shape rule can say something about unknown operands
  bool sums_batch = false;      ///< turns batched into shared
  bool sums_sparsely = false;   ///< sum_kernel touches little of a large sum
  bool dense_result = false;    ///< the kernel writes dense results only, even if strided
  bool strided = false;  ///< the kernels take views of any strides; otherwise dense ones only
  bool uniform = false;  ///< all elements of the result are equal and never change
};

/// Runs the operation's kernel, or its formula over all of the result.
void run_kernel(const OpDef& op, const KernelArgs& args);

}  // namespace unfold
