#pragma once

#include "graph/symbol.h"
#include "graph/value.h"

namespace unfold {

/// What becomes of a loss's values, one for each real position of the batch (a position is one step
/// of one example, or where there is no time one number of one example).
///
///  reduce  over = all (not said)       over = time                      over = batch
///  mean    mean over all positions     mean over each example's steps,  as `all`
///                                      then over examples
///  sum     sum over everything         summed over time, averaged over  summed over examples,
///                                      examples                         averaged over positions
///  none    the values themselves, batched, padding included
///
/// Where a target has several numbers a step, `over = time` averages over them. An example without
/// a real step counts for nothing.
struct Reduction {
  enum class Reduce { mean, sum, none };
  enum class Over { all, time, batch };

  Reduce reduce = Reduce::mean;
  Over over = Over::all;
  Symbol axis = {};  ///< of `over = time`, needed only where there are several time axes
};

// Losses require equal shapes, never broadcast: they throw Error with both shapes otherwise. They
// count real positions only, and reduce over all that there are, also where the graph sees one
// piece of a longer sequence. The result is one shared number unless nothing is reduced.

/// -log softmax(logits)[target]: logits [.., n], targets ids [..].
Value cross_entropy(Value logits, Value targets, const Reduction& reduction = {});
/// -y log s(x) - (1 - y) log(1 - s(x)) for logits x [..] and targets y [..] in 0 … 1.
Value binary_cross_entropy(Value logits, Value targets, const Reduction& reduction = {});
/// (x - y)^2
Value mean_squared_error(Value predictions, Value targets, const Reduction& reduction = {});
/// |x - y|
Value mean_absolute_error(Value predictions, Value targets, const Reduction& reduction = {});
/// The share of right answers, 1 or 0 each. For targets ids [..] and logits [.., n] the answer is
/// the largest; where there is one logit, or targets are numbers 0 or 1 of the logits' shape, it is
/// whether the logit is above 0.
Value accuracy(Value logits, Value targets, const Reduction& reduction = {});

/// Reduces any values [..] as the losses do.
Value reduced(Value values, const Reduction& reduction);

}  // namespace unfold
