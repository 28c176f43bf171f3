#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "graph/plan.h"
#include "graph/profile.h"

namespace unfold {

/// What the calls of one operation, one layer or one line of the program took together.
struct TimeRow {
  std::string name;
  Location where;                    ///< of a line
  double forward = 0, backward = 0;  ///< seconds, of all threads
  double work = 0;                   ///< floating-point operations, as the operations say
  double calls = 0;                  ///< of kernels, for each shard

  double seconds() const { return forward + backward; }
};

/// Adds up profiles of plans by operation, by layer (the path of a node's place, else the quantity)
/// and by line of the program (`model.fold:12`).
class TimeTable {
 public:
  /// `profile` of `runs` runs of `plan`, over so many examples in all of them together.
  void add(const Plan& plan, const Profile& profile, std::int64_t runs, std::int64_t examples);

  /// The slowest first.
  std::vector<TimeRow> operations() const { return sorted(operations_); }
  std::vector<TimeRow> layers() const { return sorted(layers_); }
  std::vector<TimeRow> lines() const { return sorted(lines_); }
  /// Of all calls together.
  double seconds() const;

 private:
  using Rows = std::map<std::string, TimeRow>;
  static std::vector<TimeRow> sorted(const Rows& rows);

  Rows operations_, layers_, lines_;
};

/// Floating-point operations of `runs` runs of a graph on so many examples in all of them together,
/// as its operations say, of the nodes that its outputs need.
double work_of_runs(const Graph& graph, std::int64_t runs, std::int64_t examples);

}  // namespace unfold
