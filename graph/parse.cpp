#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "graph/text.h"
#include "graph/text_scanner.h"

namespace unfold {

namespace {

// Builds the graph while reading, so that every mistake is found at its own line.
class Reader {
 public:
  Reader(std::string_view text, const OpLookup& find_op, const std::string& file)
      : scan_(text, file), find_op_(find_op) {}

  Graph graph() {
    scan_.expect("graph");
    scan_.expect("{");
    while (!scan_.accept("}")) line();
    if (!scan_.at_end()) scan_.fail("expected the end after '}'");
    graph_.current = {};
    return std::move(graph_);
  }

 private:
  void line() {
    if (scan_.accept("output")) {
      const Symbol name = scan_.string();
      graph_.outputs.push_back({name, node_reference()});
    } else if (scan_.accept("state")) {
      const Symbol name = scan_.string(), axis = scan_.string();
      const NodeId in = node_reference();
      graph_.states.push_back({name, axis, in, node_reference()});
    } else if (scan_.accept("pieces")) {
      graph_.pieces_of = scan_.string();
    } else {
      node();
    }
  }

  void node() {
    if (!scan_.accept(fmt::format("%{}", graph_.size())))
      scan_.fail(fmt::format("expected node %{}, an output, a state or '}}'", graph_.size()));
    scan_.expect("=");
    const std::size_t begin = scan_.next();
    const std::string name = scan_.word();
    const OpDef* op = find_op_(name);
    if (op == nullptr) scan_.fail_at(begin, "there is no operation '" + name + "'");
    std::vector<Value> in;
    while (scan_.peek() == '%') in.push_back(graph_.value(node_reference()));
    Attributes attributes = scan_.peek() == '{' ? attribute_list(*op) : Attributes();
    scan_.expect(":");
    const Type written = type();
    graph_.current = place();
    if (op->shape == nullptr && !in.empty())
      scan_.fail_at(begin, name + ": expects no operands, got " + std::to_string(in.size()));
    add(begin, *op, in, std::move(attributes), written);
  }

  void add(std::size_t begin, const OpDef& op, std::span<const Value> in, Attributes attributes,
           const Type& written) {
    Value v;
    try {
      v = op.shape == nullptr ? graph_.add_source(op, std::move(attributes), written)
                              : graph_.add(op, in, std::move(attributes));
    } catch (const Error& e) {
      scan_.fail_at(begin, e.message);
    }
    if (!(v.type() == written))
      scan_.fail_at(begin,
                    fmt::format("{} gives {}, not {}", op.name, print(v.type()), print(written)));
  }

  Attributes attribute_list(const OpDef& op) {
    Attributes out;
    scan_.expect("{");
    while (!scan_.accept("}")) {
      if (!out.empty()) scan_.expect(",");
      const std::size_t begin = scan_.next();
      const std::string name = scan_.word();
      const bool own = std::any_of(op.attributes.begin(), op.attributes.end(),
                                   [&](const AttributeDef& def) { return def.name == name; });
      if (!own) scan_.fail_at(begin, fmt::format("{} has no attribute '{}'", op.name, name));
      if (out.find(name) != nullptr) scan_.fail_at(begin, "'" + name + "' is given twice");
      scan_.expect("=");
      out.set(name, attribute());
    }
    return out;
  }

  AttributeValue attribute() {
    const char c = scan_.peek();
    if (c == '"') return scan_.string();
    if (c == '[') return integers();
    if (scan_.accept("true")) return true;
    if (scan_.accept("false")) return false;
    for (const auto& [name, type] : {std::pair{"f32[", DType::f32}, std::pair{"f64[", DType::f64},
                                     std::pair{"i32[", DType::i32}})
      if (scan_.looking_at(name)) return tensor(type);
    return number();
  }

  AttributeValue number() {
    const std::size_t begin = scan_.next();
    const std::string_view token = scan_.number();
    std::int64_t whole = 0;
    double real = 0;
    if (parses(token, whole)) return whole;
    if (parses(token, real)) return real;
    scan_.fail_at(begin, "expected a value");
  }

  double real() {
    const AttributeValue v = number();
    if (const auto* whole = std::get_if<std::int64_t>(&v)) return static_cast<double>(*whole);
    return std::get<double>(v);
  }

  template <class T>
  static bool parses(std::string_view token, T& value) {
    const auto [rest, code] = std::from_chars(token.data(), token.data() + token.size(), value);
    return code == std::errc() && rest == token.data() + token.size();
  }

  std::vector<std::int64_t> integers() {
    std::vector<std::int64_t> out;
    scan_.expect("[");
    while (!scan_.accept("]")) {
      if (!out.empty()) scan_.expect(",");
      out.push_back(scan_.integer());
    }
    return out;
  }

  AttributeValue tensor(DType type) {
    const std::size_t begin = scan_.next();
    scan_.word();  // f32, f64 or i32
    const Dims dims = integers();
    // Every number takes a character: a text cannot ask for more memory than it is long.
    auto room = static_cast<std::int64_t>(scan_.rest());
    for (const std::int64_t size : dims) {
      if (size < 0 || size > room)
        scan_.fail_at(begin, "the tensor has more numbers than are written");
      if (size > 1) room /= size;
    }
    Tensor t(type, dims);
    scan_.expect("(");
    for (std::int64_t i = 0; i < t.size(); ++i) {
      if (i > 0) scan_.expect(",");
      if (type == DType::i32)
        t.as<std::int32_t>()[i] = static_cast<std::int32_t>(scan_.integer(int_min, int_max));
      else
        t.set(i, real());
    }
    scan_.expect(")");
    return std::make_shared<const Tensor>(std::move(t));
  }

  Type type() {
    if (scan_.accept("unknown")) return unknown_type();
    Type out;
    out.batched = scan_.choice("batched", "shared");
    out.kind = scan_.choice("real", "index") ? Kind::real : Kind::index;
    scan_.expect("[");
    while (!scan_.accept("]")) {
      if (!out.dims.empty()) scan_.expect(",");
      out.dims.push_back(dim());
    }
    return out;
  }

  Dim dim() {
    Dim d;
    d.size = scan_.accept("?") ? Dim::unknown : scan_.integer(0, max_size);
    if (scan_.accept("@")) {
      d.axis = scan_.string();
      d.ragged = scan_.accept("~");
      if (scan_.accept("-")) d.trim = static_cast<std::uint16_t>(scan_.integer(0, 0xffff));
    }
    if (scan_.accept(":")) d.label = scan_.string();
    return d;
  }

  Place place() {
    Place p;
    scan_.expect("at");
    p.site.path = scan_.string();
    p.site.name = scan_.string();
    if (scan_.accept("as")) p.site.result = scan_.string();
    scan_.expect("step");
    if (!scan_.accept("-")) p.step = static_cast<std::int32_t>(scan_.integer(0, int_max));
    if (scan_.peek() == '"') {
      p.site.file = scan_.string();
      scan_.expect(":");
      p.site.line = static_cast<std::uint32_t>(scan_.integer(0, 0xffffffff));
      scan_.expect(":");
      p.site.column = static_cast<std::uint32_t>(scan_.integer(0, 0xffffffff));
    }
    p.backward = scan_.accept("backward");
    return p;
  }

  NodeId node_reference() {
    const std::size_t begin = scan_.next();
    scan_.expect("%");
    const std::int64_t id = scan_.integer();
    if (id < 0 || id >= graph_.size())
      scan_.fail_at(begin, fmt::format("there is no node %{} before this", id));
    return static_cast<NodeId>(id);
  }

  static constexpr std::int64_t int_min = std::numeric_limits<std::int32_t>::min();
  static constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
  static constexpr std::int64_t max_size = std::int64_t{1} << 40;

  TextScanner scan_;
  const OpLookup& find_op_;
  Graph graph_;
};

}  // namespace

Graph parse(std::string_view text, const OpLookup& find_op, const std::string& file) {
  return Reader(text, find_op, file).graph();
}

}  // namespace unfold
