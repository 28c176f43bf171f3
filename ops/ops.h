#pragma once

// The operations, as functions on values. Shapes are those of one example; "[..]" stands for any
// dimensions. Every function throws Error when shapes do not fit. What each computes exactly is in
// its record (`find_op`), which `unfold help NAME` prints.

#include <span>
#include <string_view>
#include <vector>

#include "graph/core_ops.h"
#include "graph/graph.h"

namespace unfold {

// --- sources -----------------------------------------------------------------------------------
extern const OpDef input_op, parameter_op, length_op, fill_op, constant_op, random_op, state_op,
    after_op;
/// What the run feeds under `name`.
Value input(Graph& g, Symbol name, Type type);
/// A trained or frozen parameter: shared, fed under `name`.
Value parameter(Graph& g, Symbol name, std::vector<Dim> dims);
/// Each example's number of steps on the axis, [] of ids; fed under `length(AXIS)`.
Value length(Graph& g, Symbol axis);
/// Every element the same number; shared unless the type says batched.
Value fill(Graph& g, double value, Type type);
/// Numbers written in the program; `dims` must match the tensor's shape.
Value constant(Graph& g, Tensor values, std::vector<Dim> dims);
/// Numbers uniform in [0, 1), drawn anew in each update; `call` tells call sites apart.
Value random_uniform(Graph& g, Symbol call, std::vector<Dim> dims);
/// `init`, or what the former piece of the sequence carried (graph/step.h).
Value state(Value init, Symbol name, std::int64_t delay);
/// `x`, which what is made of it may not read before `other` is computed.
Value after(Value x, Value other);

// --- elementwise, one operand --------------------------------------------------------------------
std::span<const OpDef> unary_ops();
Value operator-(Value x);
Value exp(Value x);
Value log(Value x);
Value sqrt(Value x);
Value abs(Value x);
Value sign(Value x);
Value tanh(Value x);
Value sigmoid(Value x);
Value relu(Value x);
Value softplus(Value x);
Value erf(Value x);
Value reciprocal(Value x);
/// Ids as real numbers.
extern const OpDef to_real_op;
Value to_real(Value ids);
/// `x` without a gradient.
extern const OpDef stop_gradient_op;
Value stop_gradient(Value x);

// --- elementwise, two operands, with broadcasting ------------------------------------------------
std::span<const OpDef> binary_ops();
Value operator+(Value a, Value b);
Value operator-(Value a, Value b);
Value operator*(Value a, Value b);
Value operator/(Value a, Value b);
Value pow(Value a, Value b);
Value maximum(Value a, Value b);
Value minimum(Value a, Value b);
Value operator+(Value a, double b);
Value operator+(double a, Value b);
Value operator-(Value a, double b);
Value operator-(double a, Value b);
Value operator*(Value a, double b);
Value operator*(double a, Value b);
Value operator/(Value a, double b);
Value operator/(double a, Value b);
Value pow(Value a, double b);
Value maximum(Value a, double b);
Value minimum(Value a, double b);
/// 1 where it holds, else 0; both real or both ids.
std::span<const OpDef> compare_ops();
Value equal(Value a, Value b);
Value not_equal(Value a, Value b);
Value less(Value a, Value b);
Value less_equal(Value a, Value b);
Value greater(Value a, Value b);
Value greater_equal(Value a, Value b);
/// `a` where `condition` is not 0, else `b`.
extern const OpDef select_op;
Value select(Value condition, Value a, Value b);
Value clip(Value x, double low, double high);

// --- products -----------------------------------------------------------------------------------
/// [.., n] @ [n, m] -> [.., m]; [n] @ [n, m] -> [m]; [.., n] @ [n] -> [..]; with three or more
/// dimensions on the right, a product for each of the leading ones.
extern const OpDef matmul_op, outer_op;
Value matmul(Value a, Value b);
/// matmul(a, transpose(b)) for a [.., m] and b [n, m].
Value matmul_transposed(Value a, Value b);
/// The sum over leading dimensions of outer products: [.., n], [.., m] -> [n, m].
Value outer(Value a, Value b);

// --- shapes --------------------------------------------------------------------------------------
extern const OpDef concat_op, stack_op, at_op, place_op, slice_op, pad_op, transpose_op, reshape_op,
    reverse_op, shift_op, broadcast_op, take_step_op, put_step_op;
Value concat(std::span<const Value> parts, int dim = -1);
Value concat(Value a, Value b);
/// Values of equal shape as one with the new first dimension `dim`.
Value stack(std::span<const Value> parts, const Dim& dim);
/// Element `index` of dimension `dim`, which disappears.
Value at(Value x, std::int64_t index, int dim = 0);
/// The inverse of `at`: zeros but for `x` at `index` of the new dimension `dim` of that size.
Value place(Value x, std::int64_t index, const Dim& dim, int at);
/// Elements begin … end - 1 of dimension `dim`.
Value slice(Value x, int dim, std::int64_t begin, std::int64_t end);
/// Zeros before and after along `dim`.
Value pad(Value x, int dim, std::int64_t before, std::int64_t after);
/// Dimensions in the order `order`; `transpose(x)` swaps the last two.
Value transpose(Value x, std::vector<std::int64_t> order);
Value transpose(Value x);
Value reshape(Value x, std::vector<Dim> dims);
/// `count` dimensions of size 1 after the last.
Value expand_trailing(Value x, int count);
/// Steps of the first dimension in reverse order, each example within its own length.
Value reverse(Value x);
/// x[t + by] at step t of the first dimension, zero outside; on a time axis and for by > 0 the last
/// steps are not real, and repeat the last step.
Value shift(Value x, std::int64_t by);
Value broadcast_to(Value x, const Type& like);
/// The first (last real) step of the first dimension: [time, ..] -> [..].
Value first(Value x);
Value last(Value x);
/// The step that each example's index names; zeros where that is no real step of the example.
Value take_step(Value x, Value index);

// --- reductions
// ------------------------------------------------------------------------------------
extern const OpDef sum_op, max_op, sum_to_op, batch_sum_op, argmax_op;
/// Over the dimensions `dims`, which disappear; over all when empty.
Value sum(Value x, std::vector<std::int64_t> dims = {});
Value max(Value x, std::vector<std::int64_t> dims = {});
Value min(Value x, std::vector<std::int64_t> dims = {});
/// Means are over real steps only.
Value mean(Value x, std::vector<std::int64_t> dims = {});
/// How many numbers `mean` divides by, for each example: [] batched if lengths differ.
Value real_count(Value x, const std::vector<std::int64_t>& dims);
Value sum_to(Value x, const Type& like);
/// The sum over all examples of the batch: batched -> shared. A shared term counts once for each.
Value batch_sum(std::span<const Value> terms);
Value batch_sum(Value x);
/// Index of the largest along the last dimension, the first of equals: [.., n] -> ids [..].
Value argmax(Value x);
/// Along one dimension.
extern const OpDef softmax_op, log_sum_exp_op;
Value softmax(Value x, int dim = -1);
/// ln(sum of e^x), without overflow; the dimension disappears.
Value log_sum_exp(Value x, int dim = -1);
/// The logarithm of softmax: x - log_sum_exp(x).
Value log_softmax(Value x, int dim = -1);

// --- symbols
// ---------------------------------------------------------------------------------------
extern const OpDef gather_op, scatter_op, one_hot_op, pick_op;
/// Rows of a table: [n, width], ids [..] -> [.., width]. A negative id gives zeros.
Value gather(Value table, Value ids);
/// The adjoint of gather: adds the rows of [.., width] up by id into [n, width].
Value scatter(Value rows, Value ids, const Dim& count);
/// ids [..] -> [.., n], 1 at the id; zeros for a negative one.
Value one_hot(Value ids, const Dim& count);
/// The element that the id names: [.., n], ids [..] -> [..].
Value pick(Value x, Value ids);

// --- time
// ------------------------------------------------------------------------------------------
/// 1 at an example's real steps of the axis, else 0: [axis].
extern const OpDef step_mask_op;
Value step_mask(Graph& g, const Dim& axis);
/// `a` in examples in which step `step` of the axis is real, `b` in those that ended before.
Value where_reached(Dim axis, std::int64_t step, Value a, Value b);

// --- compositions of the above
// ---------------------------------------------------------------------
Value gelu(Value x);
/// Over the last dimension: mean 0, variance 1, then `* scale + shift` (Ba et al. 2016).
Value layer_norm(Value x, Value scale, Value shift, double epsilon = 1e-5);
/// Zeroes elements with probability `rate` and scales the others by 1 / (1 - rate).
Value dropout(Value x, double rate, Symbol call);

// --- records
// ---------------------------------------------------------------------------------------
/// All records, in the order of this header.
const std::vector<const OpDef*>& all_ops();
/// The record called `name`, null when there is none.
const OpDef* find_op(std::string_view name);
/// What graph/ builds with.
const CoreOps& core_ops();

}  // namespace unfold
