#include "graph/same.h"

#include <fmt/format.h>

#include <map>
#include <unordered_set>

#include "graph/text.h"

namespace unfold {

namespace {

/// Names of one graph that stand for names of the other, one to one.
class Renaming {
 public:
  /// Whether `a` of one graph may stand for `b` of the other, given what was said before.
  bool accepts(const std::string& a, const std::string& b) {
    const auto there = to_.emplace(a, b).first, back = from_.emplace(b, a).first;
    return there->second == b && back->second == a;
  }

 private:
  std::map<std::string, std::string> to_, from_;
};

class Comparison {
 public:
  Comparison(const Graph& a, const Graph& b) : a_(a), b_(b) {}

  std::optional<std::string> run() {
    if (a_.outputs.size() != b_.outputs.size())
      return fmt::format("one has {} outputs, the other {}", a_.outputs.size(), b_.outputs.size());
    for (std::size_t i = 0; i < a_.outputs.size(); ++i) {
      push(a_.outputs[i].node, b_.outputs[i].node);
      while (!open_.empty()) {
        const auto [x, y] = open_.back();
        open_.pop_back();
        if (const auto found = compare(x, y))
          return fmt::format("output {}: {}\n  {}\n  {}", a_.outputs[i].name.str(), *found,
                             written(a_, x), written(b_, y));
      }
    }
    return std::nullopt;
  }

 private:
  void push(NodeId x, NodeId y) {
    if (seen_.insert(std::uint64_t{x} << 32 | y).second) open_.emplace_back(x, y);
  }

  std::optional<std::string> compare(NodeId x, NodeId y) {
    if (a_.node(x).op != b_.node(y).op) return "different operations";
    if (!same_but_labels(a_.type(x), b_.type(y))) return "different shapes";
    const auto in_x = a_.inputs(x), in_y = b_.inputs(y);
    if (in_x.size() != in_y.size()) return "different numbers of operands";
    const auto& list_x = a_.attributes(x).list();
    if (list_x.size() != b_.attributes(y).list().size()) return "different attributes";
    for (const Attribute& attribute : list_x)
      if (!compare(attribute, x, y)) return fmt::format("different {}", attribute.name.str());
    // The first operand is looked at first: differences are found in the order of reading.
    for (std::size_t i = in_x.size(); i-- > 0;) push(in_x[i], in_y[i]);
    return std::nullopt;
  }

  bool compare(const Attribute& attribute, NodeId x, NodeId y) {
    const std::string name = attribute.name.str();
    const AttributeValue* other = b_.attributes(y).find(name);
    if (other == nullptr) return false;
    if (name == "label") return true;
    const bool named = name == "name" || name == "call";
    const bool fed = a_.inputs(x).empty() && a_.type(x).batched && name == "name";
    if (!named || fed) return print(attribute.value) == print(*other);
    const std::string kind = fmt::format("{} {}", a_.node(x).op->name, name);
    return renamings_[kind].accepts(print(attribute.value), print(*other));
  }

  static std::string written(const Graph& graph, NodeId id) {
    const Place place = graph.place(id);
    std::string out = print_node(graph, id);
    if (!place.site.path.empty()) out += " in " + place.site.path.str();
    if (place.step != no_step) out += fmt::format(" at step {}", place.step);
    return out;
  }

  const Graph &a_, &b_;
  std::vector<std::pair<NodeId, NodeId>> open_;
  std::unordered_set<std::uint64_t> seen_;
  std::map<std::string, Renaming> renamings_;  ///< by operation and attribute
};

}  // namespace

std::optional<std::string> difference(const Graph& a, const Graph& b) {
  return Comparison(a, b).run();
}

}  // namespace unfold
