#include "models/builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace unfold {

namespace {

Symbol joined(Symbol path, Symbol name) {
  return path.empty() ? name : Symbol(path.str() + "." + name.str());
}

}  // namespace

Value ModelBuilder::parameter(Symbol name, std::vector<Dim> dims, Initialiser init, bool frozen) {
  const Symbol full = joined(path(), name);
  if (const auto found = nodes_.find(full); found != nodes_.end()) {
    const Value known = graph.value(found->second);
    Type wanted = real_type(std::move(dims));
    if (known.type().sizes() != wanted.sizes())
      throw Error(fmt::format("parameter {} has the shape {}; here it would need {}", full.str(),
                              describe(known.type()), describe(wanted)));
    return known;
  }
  Dims sizes;
  for (const Dim& d : dims) sizes.push_back(d.size);
  if (std::find(sizes.begin(), sizes.end(), Dim::unknown) == sizes.end())
    check_initialiser(init, sizes, full.str());
  Place place = graph.current;
  place.step = no_step;
  const PlaceScope scope(graph, place);
  const Value made = unfold::parameter(graph, full, dims);
  nodes_.emplace(full, made.id);
  parameters_.push_back(
      {full, std::move(dims), std::move(init), frozen, location_of(graph.current.site)});
  return made;
}

std::vector<Value> ModelBuilder::unroll(const Recurrence& recurrence,
                                        const std::function<void(Unroller&)>& body) {
  const auto before = used_;
  Recurrence own = recurrence;
  own.unique = [this, outer = graph.current.step](Symbol name) {
    return unique_state(name, outer);
  };
  struct Restore {
    std::string& now;
    std::string before = now;
    ~Restore() { now = before; }
  } restore{outer_steps_};
  if (graph.current.step != no_step) outer_steps_ += fmt::format("[{}]", graph.current.step);
  return unfold::unroll(graph, own, core_ops(), [&](Unroller& step) {
    used_ = before;
    body(step);
  });
}

// Pieces of a text hand states on by their names, so these must not depend on the number of steps:
// the names of inner recurrences, which are as many as the steps, count apart.
Symbol ModelBuilder::unique_state(Symbol name, std::int32_t outer) {
  if (outer != no_step) name = fmt::format("{}[{}]", name.str(), outer);
  int& count = used_by_states_[name];
  if (++count == 1) return name;
  for (;; ++count)  // a state may be called h_2 by the program
    if (const Symbol own = fmt::format("{}_{}", name.str(), count); used_by_states_[own]++ == 0)
      return own;
}

// A draw knows the step of its own recurrence; those around it are part of where it stands.
Symbol ModelBuilder::call_site(Symbol name) { return unique(name).str() + outer_steps_; }

Symbol ModelBuilder::unique(Symbol base) {
  const Symbol full = joined(path(), base);
  const int count = ++used_[full];
  return count == 1 ? full : Symbol(fmt::format("{}_{}", full.str(), count));
}

ModelBuilder::Mark ModelBuilder::mark() const {
  return {graph.size(), parameters_.size(), graph.outputs.size(), graph.states.size(),
          used_,        used_by_states_};
}

void ModelBuilder::roll_back(const Mark& mark) {
  for (std::size_t i = mark.parameters; i < parameters_.size(); ++i)
    nodes_.erase(parameters_[i].name);
  parameters_.erase(parameters_.begin() + static_cast<std::ptrdiff_t>(mark.parameters),
                    parameters_.end());
  graph.truncate(mark.nodes);
  graph.outputs.resize(mark.outputs);
  graph.states.erase(graph.states.begin() + static_cast<std::ptrdiff_t>(mark.states),
                     graph.states.end());
  used_ = mark.used;
  used_by_states_ = mark.used_by_states;
}

LayerScope::LayerScope(ModelBuilder& builder, Symbol name)
    : builder_(builder), saved_(builder.path()) {
  Symbol& path = builder.graph.current.site.path;
  if (!builder.next_path_.empty()) {
    path = builder.next_path_;
    // Each call starts from the same names inside, so that it finds the same parameters.
    const std::string inside = path.str() + ".";
    std::erase_if(builder.used_,
                  [&](const auto& entry) { return entry.first.str().starts_with(inside); });
  } else {
    path = builder.unique(builder.next_name_.empty() ? name : builder.next_name_);
  }
  builder.next_name_ = builder.next_path_ = {};
}

LayerScope::~LayerScope() { builder_.graph.current.site.path = saved_; }

}  // namespace unfold
