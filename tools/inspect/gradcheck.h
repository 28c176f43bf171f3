#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/scheduler.h"
#include "tools/data/batches.h"
#include "tools/train/model.h"

namespace unfold {

/// What the check of one parameter's gradient came to.
struct GradcheckRow {
  std::string parameter;
  int checked = 0;       ///< entries and directions compared
  int unmeasurable = 0;  ///< near a kink, or too small a difference to measure
  double error = 0;      ///< the worst relative error, and where it is:
  std::string at;        ///< `[3, 1]`, or `direction 2`
  double analytic = 0, numerical = 0;
  /// A parameter of which nothing could be measured has not passed.
  bool passed() const { return checked > 0 && error < tolerance; }
  static constexpr double tolerance = 1e-6;
};

/// Compares the gradients that differentiation gives with differences of the loss, in float64: 20
/// entries of each trained parameter and 3 directions in which all of it moves, chosen by `seed`.
/// The error is |a - n| / max(|a|, |n|, 1e-4 of the parameter's largest gradient). Random masks are
/// the same in all runs. Worst parameter first. Throws Error if the model has no loss.
std::vector<GradcheckRow> gradcheck(const Graph& graph, const data::Batch& batch,
                                    std::vector<TrainedParameter> parameters, std::uint64_t seed,
                                    Scheduler& scheduler, const PassOptions& passes = {});

std::string to_table(const std::vector<GradcheckRow>& rows);

}  // namespace unfold
