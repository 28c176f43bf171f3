#pragma once

#include "tools/inspect/bench_batches.h"
#include "tools/inspect/time_table.h"

namespace unfold {

struct BenchOptions {
  BenchShape shape;
  int threads = 0;         ///< 0: one for each core
  bool inference = false;  ///< the program's outputs (else its `sample`) only, nothing backward
  double window = 0.6;     ///< seconds that a measurement lasts at least
};

/// How fast a program's model runs. Rates count real steps, not padding; work counts what is
/// computed, padding too.
struct BenchResult {
  bool inference = false;
  Products products = Products::full;
  std::int64_t threads = 0, shards = 0;
  std::int64_t batches = 0;          ///< run in turn
  double examples = 0, tokens = 0;   ///< of a batch, in the mean
  std::int64_t most_steps = 0;       ///< of the longest batch; 0: no time axis
  double padding = 0;                ///< share of the steps computed
  double best = 0, median = 0;       ///< seconds a step: a run on one batch, in the mean over them
  double work = 0;                   ///< floating-point operations a step
  double peak = 0;                   ///< of matrix products, floating-point operations a second
  std::int64_t plan_bytes = 0;       ///< of the arenas of all plans
  std::int64_t resident = 0;         ///< bytes of the process after the windows
  std::int64_t grown = 0, most = 0;  ///< of these beyond start-up: now, at most
  TimeTable times;                   ///< of the profiled window
  double profiled_steps = 0;
  double profiled_seconds = 0;  ///< by the clock
  double updating_seconds = 0;  ///< of these, outside of the graph: clipping and the optimizer
};

/// Warms up, measures five windows, the machine's product peak, and profiles one more window.
/// `memory_before`: resident bytes at start-up. Throws as training or predicting would.
BenchResult bench(Model& model, const BenchOptions& options, std::int64_t memory_before);

}  // namespace unfold
