#include "graph/graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace unfold {

const Type& Value::type() const { return graph->type(id); }

namespace {

// Finds `item` among the interned ones or appends it.
template <class T, class Index>
std::uint32_t intern_in(std::deque<T>& table, Index& index, std::size_t hash, T item) {
  const auto [first, last] = index.equal_range(hash);
  for (auto i = first; i != last; ++i)
    if (table[i->second] == item) return i->second;
  table.push_back(std::move(item));
  const auto id = static_cast<std::uint32_t>(table.size() - 1);
  index.emplace(hash, id);
  return id;
}

std::size_t hash_of(const Site& s) {
  return hash_mix(hash_mix(hash_mix(s.path.hash(), s.name.hash()), s.result.hash()),
                  hash_mix(s.file.hash(), s.line * 4096u + s.column));
}

void check_arity(const OpDef& op, std::size_t count) {
  const auto n = static_cast<int>(count);
  if (n >= op.min_inputs && (op.max_inputs < 0 || n <= op.max_inputs)) return;
  std::string expected = std::to_string(op.min_inputs);
  if (op.max_inputs < 0) expected += " or more";
  if (op.max_inputs > op.min_inputs) expected += fmt::format(" to {}", op.max_inputs);
  throw Error(fmt::format("{}: expects {} operand{}, got {}", op.name, expected,
                          expected == "1" ? "" : "s", n));
}

// What no memory holds, so that nothing later has to think of sums of sizes that are too large.
constexpr std::int64_t most_numbers = 100'000'000'000;

void check_sizes(const OpDef& op, const Type& type) {
  if (type.rank() > max_rank)
    throw Error(fmt::format("{}: {} has {} dimensions; a value has at most {}", op.name,
                            describe(type), type.rank(), max_rank));
  bool known = true;
  for (const Dim& d : type.dims) {
    if (d.size < 0 && d.size != Dim::unknown)
      throw Error(fmt::format("{}: {} has a negative size", op.name, describe(type)));
    known = known && d.size != Dim::unknown;
  }
  if (known && type.size() > most_numbers)
    throw Error(
        fmt::format("{}: {} would be more than {} numbers", op.name, describe(type), most_numbers));
}

}  // namespace

Graph::Graph() {
  intern(Attributes());
  last_site_id_ = intern(Site());
}

Graph Graph::same_tables() const {
  Graph out;
  out.types_ = types_;
  out.attributes_ = attributes_;
  out.sites_ = sites_;
  out.type_index_ = type_index_;
  out.attribute_index_ = attribute_index_;
  out.site_index_ = site_index_;
  return out;
}

std::uint32_t Graph::intern(Type type) {
  const std::size_t h = unfold::hash_of(type);
  return intern_in(types_, type_index_, h, std::move(type));
}

std::uint32_t Graph::intern(Attributes attributes) {
  const std::size_t h = attributes.hash();
  return intern_in(attributes_, attribute_index_, h, std::move(attributes));
}

std::uint32_t Graph::intern(const Site& site) {
  return intern_in(sites_, site_index_, hash_of(site), site);
}

Type Graph::result_type(const OpDef& op, std::span<const Value> in, const Attributes& attributes) {
  if (op.shape == nullptr)
    throw Error(fmt::format("{}: a source has no operands; it is made by add_source", op.name));
  check_arity(op, in.size());
  operand_types_.clear();
  bool batched = false, known = true;
  for (const Value& v : in) {
    if (v.graph != this || v.id >= size())
      throw Error(fmt::format("{}: operand {} is {}", op.name, &v - in.data() + 1,
                              v ? "a value of another graph" : "empty"));
    operand_types_.push_back(&type(v.id));
    batched = batched || operand_types_.back()->batched;
    known = known && operand_types_.back()->known;
  }
  Type result =
      known || op.infers_unknown ? op.shape({operand_types_, attributes}) : unknown_type();
  check_sizes(op, result);
  result.batched = batched && !op.sums_batch;
  return result;
}

Value Graph::add(const OpDef& op, std::span<const Value> in, Attributes attributes) {
  const std::uint32_t type_id = intern(result_type(op, in, attributes));
  const std::uint32_t attribute_id = attributes.empty() ? 0 : intern(std::move(attributes));
  for (const Value& v : in) inputs_.push_back(v.id);
  return {this, push(op, in.size(), attribute_id, type_id)};
}

Value Graph::add_source(const OpDef& op, Attributes attributes, Type type) {
  check_sizes(op, type);
  check_held_numbers(op, attributes, type);
  const std::uint32_t type_id = intern(std::move(type));
  return {this, push(op, 0, intern(std::move(attributes)), type_id)};
}

NodeId Graph::add_raw(const OpDef& op, std::span<const NodeId> in, std::uint32_t attributes,
                      std::uint32_t type) {
  inputs_.insert(inputs_.end(), in.begin(), in.end());
  return push(op, in.size(), attributes, type);
}

void Graph::reserve(const Graph& other) {
  nodes_.reserve(other.nodes_.size());
  inputs_.reserve(other.inputs_.size());
}

NodeId Graph::push(const OpDef& op, std::size_t inputs, std::uint32_t attributes,
                   std::uint32_t type) {
  // Numbers of nodes are 32 bits wide, and memory ends before.
  constexpr std::size_t most_nodes = 10'000'000;
  if (nodes_.size() >= most_nodes)
    throw Error(fmt::format("the graph would have more than {} nodes: too many steps or layers",
                            most_nodes));
  if (!(current.site == last_site_)) {
    last_site_ = current.site;
    last_site_id_ = intern(last_site_);
  }
  nodes_.push_back({&op, type, attributes, last_site_id_, current.step,
                    static_cast<std::uint32_t>(inputs_.size() - inputs),
                    static_cast<std::uint32_t>(inputs), current.backward});
  return size() - 1;
}

void Graph::name_result(NodeId id, Symbol name) {
  Site site = sites_[nodes_[id].site];
  site.result = name;
  nodes_[id].site = intern(site);
}

void Graph::truncate(NodeId count) {
  if (count >= size()) return;
  inputs_.resize(nodes_[count].first_input);
  nodes_.resize(count);
}

Place Graph::place(NodeId id) const {
  const Node& n = nodes_[id];
  return {sites_[n.site], n.step, n.backward};
}

NodeId Graph::output(Symbol name) const {
  for (const Output& o : outputs)
    if (o.name == name) return o.node;
  return no_node;
}

void check_held_numbers(const OpDef& op, const Attributes& attributes, const Type& type) {
  for (const Attribute& a : attributes.list()) {
    const auto* held = std::get_if<std::shared_ptr<const Tensor>>(&a.value);
    if (held == nullptr) continue;
    const Tensor& t = **held;
    const bool fits = !type.batched && t.dims() == type.sizes() &&
                      (t.dtype() == DType::i32) == (type.kind == Kind::index);
    if (!fits)
      throw Error(fmt::format("{}: holds {} [{}], its type is {} {} {}", op.name,
                              t.dtype() == DType::i32 ? "ids" : "real numbers",
                              fmt::join(t.dims(), ", "), type.batched ? "batched" : "shared",
                              type.kind == Kind::index ? "ids" : "real numbers", describe(type)));
  }
}

std::string seen_in_pieces(const Graph& graph) {
  const std::string text = "the network sees one piece of it at a time";
  return graph.pieces_hint.empty() ? text : text + "; " + graph.pieces_hint.str();
}

Location location_of(const Site& site) { return {site.file.str(), site.line, site.column, 1}; }

}  // namespace unfold
