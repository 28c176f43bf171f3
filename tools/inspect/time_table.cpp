#include "tools/inspect/time_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/call_cost.h"
#include "tools/inspect/plan_names.h"

namespace unfold {

namespace {

std::string line_of(const Place& place) {
  if (place.site.file.empty()) return "(no line)";
  return fmt::format("{}:{}", place.site.file.str(), place.site.line);
}

// A sum over the batch is shared itself, but works on each example.
bool for_each_example(const Graph& graph, NodeId id) {
  return graph.type(id).batched || graph.node(id).op->sums_batch;
}

double work_of(const Plan& plan, const Call& call, NodeId id) {
  if (call.kind == Call::Kind::copy || call.kind == Call::Kind::prepare) return 0;
  if (call.kind == Call::Kind::fused)
    return static_cast<double>(plan.programs[call.program].code.size()) *
           static_cast<double>(plan.graph.type(id).size());
  return work_of(plan.graph, id);
}

}  // namespace

void TimeTable::add(const Plan& plan, const Profile& profile, std::int64_t runs,
                    std::int64_t examples) {
  std::size_t index = 0;
  for (const Phase& phase : plan.phases)
    for (std::size_t k = 0; k < phase.call_count(); ++k) {
      const std::size_t own = phase.calls.size();
      const Call& call = k < own ? phase.calls[k] : phase.direct_sums[k - own];
      const NodeId id = call.kind == Call::Kind::sum ? call.sum : call.node;
      double seconds = 0;
      for (const std::vector<double>& shard : profile.seconds) seconds += shard[index];
      ++index;
      const double times = static_cast<double>(for_each_example(plan.graph, id) ? examples : runs);
      const Place place = plan.graph.place(id);
      const std::pair<Rows*, std::string> keys[] = {{&operations_, kind_of(plan, call)},
                                                    {&layers_, layer_of(place)},
                                                    {&lines_, line_of(place)}};
      for (const auto& [rows, key] : keys) {
        TimeRow& row = (*rows)[key];
        if (rows == &lines_) row.where = location_of(place.site);
        (place.backward ? row.backward : row.forward) += seconds;
        row.work += work_of(plan, call, id) * times;
        row.calls += static_cast<double>(runs);
      }
    }
}

double TimeTable::seconds() const {
  double sum = 0;
  for (const auto& [name, row] : operations_) sum += row.seconds();
  return sum;
}

std::vector<TimeRow> TimeTable::sorted(const Rows& rows) {
  std::vector<TimeRow> out;
  for (const auto& [name, row] : rows) {
    out.push_back(row);
    out.back().name = name;
  }
  std::ranges::stable_sort(out, std::ranges::greater(), &TimeRow::seconds);
  return out;
}

double work_of_runs(const Graph& graph, std::int64_t runs, std::int64_t examples) {
  std::vector<bool> needed(graph.size());
  for (const Output& o : graph.outputs) needed[o.node] = true;
  double work = 0;
  for (NodeId id = graph.size(); id-- > 0;) {
    if (!needed[id]) continue;
    for (const NodeId in : graph.inputs(id)) needed[in] = true;
    work += work_of(graph, id) * static_cast<double>(for_each_example(graph, id) ? examples : runs);
  }
  return work;
}

}  // namespace unfold
