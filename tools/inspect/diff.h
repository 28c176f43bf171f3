#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "graph/scheduler.h"
#include "tools/train/model.h"

namespace unfold {

struct DiffShape {
  std::int64_t steps = 6;  ///< on every time axis
  std::int64_t batch = 3;  ///< examples
};

/// Where two plans' texts part, and what stands there; empty where one has ended.
struct PlanDifference {
  std::size_t line = 0;  ///< from 1
  std::string a, b;
  std::string place_a, place_b;  ///< layer, quantity, step and line of the program
};

/// The gradients of a parameter of one program and of its counterpart in the other.
struct GradientDifference {
  std::string a, b;  ///< their names
  std::string shape;
  double largest = 0;     ///< the largest |g| of both
  double difference = 0;  ///< the largest |a - b|
  bool same = false;
};

/// How far two programs are the same network.
struct ProgramDiff {
  std::optional<PlanDifference> plan;                        ///< nothing: the plans are the same
  std::map<std::string, std::array<std::int64_t, 2>> calls;  ///< by kind
  std::string unmatched;  ///< why parameters, and so numbers, cannot be compared; empty: they can
  std::array<double, 2> loss{};
  std::vector<GradientDifference> gradients;  ///< in the order of use

  bool same_loss() const;
  bool same() const;
};

/// Compares what training runs: the plan, and in float64 the loss and its gradients on one made-up
/// batch, both from the parameters of `a`. Parameters of one name and shape are matched, then the
/// others by shape and order of first use.
/// Loss and gradients count as the same up to 1e-9 of their size. Throws Error if the programs do
/// not read the same fields; Error or ProgramErrors if one cannot be trained.
ProgramDiff diff(const Model& a, const Model& b, const DiffShape& shape, Scheduler& scheduler);

/// For people, with what the programs are called.
std::string to_text(const ProgramDiff& diff, const std::string& name_a, const std::string& name_b);
nlohmann::json to_json(const ProgramDiff& diff);

}  // namespace unfold
