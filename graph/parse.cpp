#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "graph/text.h"

namespace unfold {

namespace {

// A reader over the characters of the text form; every failure names its line and column.
class Reader {
 public:
  Reader(std::string_view text, const OpLookup& find_op, const std::string& file)
      : text_(text), find_op_(find_op), file_(file) {}

  Graph graph() {
    expect("graph");
    expect("{");
    while (!accept("}")) line();
    skip();
    if (at_ != text_.size()) fail("expected the end after '}'");
    return std::move(graph_);
  }

 private:
  void line() {
    if (accept("output")) {
      const Symbol name = string();
      graph_.outputs.push_back({name, node_reference()});
    } else if (accept("state")) {
      const Symbol name = string(), axis = string();
      const NodeId in = node_reference();
      graph_.states.push_back({name, axis, in, node_reference()});
    } else {
      node();
    }
  }

  void node() {
    expect("%");
    if (integer() != graph_.size()) fail(fmt::format("expected node %{}", graph_.size()));
    expect("=");
    const std::string name = word();
    const OpDef* op = find_op_(name);
    if (op == nullptr) fail("there is no operation '" + name + "'");
    std::vector<Value> in;
    while (peek() == '%') in.push_back(graph_.value(node_reference()));
    Attributes attributes = peek() == '{' ? attribute_list() : Attributes();
    expect(":");
    const Type written = type();
    graph_.current = place();
    if (op->shape == nullptr) {
      graph_.add_source(*op, std::move(attributes), written);
      return;
    }
    const Value v = graph_.add(*op, in, std::move(attributes));
    if (!(v.type() == written))
      fail(fmt::format("{} gives {}, not {}", name, print(v.type()), print(written)));
  }

  Attributes attribute_list() {
    Attributes out;
    expect("{");
    while (!accept("}")) {
      if (!out.empty()) expect(",");
      const std::string name = word();
      expect("=");
      out.set(name, attribute());
    }
    return out;
  }

  AttributeValue attribute() {
    const char c = peek();
    if (c == '"') return string().str();
    if (c == '[') return integers();
    if (accept("true")) return true;
    if (accept("false")) return false;
    for (const auto& [name, type] : {std::pair{"f32[", DType::f32}, std::pair{"f64[", DType::f64},
                                     std::pair{"i32[", DType::i32}})
      if (text_.substr(at_).starts_with(name)) return tensor(type);
    return number();
  }

  AttributeValue number() {
    skip();
    std::size_t end = at_;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) ||
                                  text_[end] == '.' || text_[end] == '-' || text_[end] == '+'))
      ++end;
    const std::string_view token = text_.substr(at_, end - at_);
    std::int64_t whole = 0;
    double real = 0;
    if (parses(token, whole)) return (at_ = end, whole);
    if (parses(token, real)) return (at_ = end, real);
    fail("expected a value");
  }

  template <class T>
  static bool parses(std::string_view token, T& value) {
    const auto [rest, code] = std::from_chars(token.data(), token.data() + token.size(), value);
    return code == std::errc() && rest == token.data() + token.size();
  }

  std::vector<std::int64_t> integers() {
    std::vector<std::int64_t> out;
    expect("[");
    while (!accept("]")) {
      if (!out.empty()) expect(",");
      out.push_back(integer());
    }
    return out;
  }

  AttributeValue tensor(DType type) {
    at_ += 3;
    Tensor t(type, integers());
    expect("(");
    for (std::int64_t i = 0; i < t.size(); ++i) {
      if (i > 0) expect(",");
      const AttributeValue v = number();
      t.set(i, std::holds_alternative<double>(v) ? std::get<double>(v)
                                                 : static_cast<double>(std::get<std::int64_t>(v)));
    }
    expect(")");
    return std::make_shared<const Tensor>(std::move(t));
  }

  Type type() {
    if (accept("unknown")) return unknown_type();
    Type out;
    out.batched = choice("batched", "shared");
    out.kind = choice("real", "index") ? Kind::real : Kind::index;
    expect("[");
    while (!accept("]")) {
      if (!out.dims.empty()) expect(",");
      out.dims.push_back(dim());
    }
    return out;
  }

  Dim dim() {
    Dim d;
    d.size = accept("?") ? Dim::unknown : integer();
    if (accept("@")) {
      d.axis = string();
      d.ragged = accept("~");
      if (accept("-")) d.trim = static_cast<std::uint16_t>(integer());
    }
    if (accept(":")) d.label = string();
    return d;
  }

  Place place() {
    Place p;
    expect("at");
    p.site.path = string();
    p.site.name = string();
    expect("step");
    if (!accept("-")) p.step = static_cast<std::int32_t>(integer());
    if (peek() == '"') {
      p.site.file = string();
      expect(":");
      p.site.line = static_cast<std::uint32_t>(integer());
      expect(":");
      p.site.column = static_cast<std::uint32_t>(integer());
    }
    p.backward = accept("backward");
    return p;
  }

  bool choice(std::string_view yes, std::string_view no) {
    if (accept(yes)) return true;
    if (!accept(no)) fail(fmt::format("expected '{}' or '{}'", yes, no));
    return false;
  }

  NodeId node_reference() {
    expect("%");
    const std::int64_t id = integer();
    if (id < 0 || id >= graph_.size()) fail(fmt::format("there is no node %{} before this", id));
    return static_cast<NodeId>(id);
  }

  std::int64_t integer() {
    skip();
    std::int64_t value = 0;
    const auto [rest, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (code != std::errc()) fail("expected a whole number");
    at_ = static_cast<std::size_t>(rest - text_.data());
    return value;
  }

  Symbol string() {
    expect("\"");
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        out += text_[at_] == 'n' ? '\n' : text_[at_];
      } else {
        out += text_[at_];
      }
      ++at_;
    }
    if (at_ == text_.size()) fail("a string does not end");
    ++at_;
    return out;
  }

  std::string word() {
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    if (begin == at_) fail("expected a name");
    return std::string(text_.substr(begin, at_ - begin));
  }

  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool accept(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void expect(std::string_view token) {
    if (!accept(token)) fail(fmt::format("expected '{}'", token));
  }

  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  [[noreturn]] void fail(const std::string& message) const {
    Location where{file_, 1, 1, 1};
    for (const char c : text_.substr(0, at_)) {
      where.column = c == '\n' ? 1 : where.column + 1;
      where.line += c == '\n';
    }
    throw Error(message, where);
  }

  std::string_view text_;
  const OpLookup& find_op_;
  const std::string& file_;
  std::size_t at_ = 0;
  Graph graph_;
};

}  // namespace

Graph parse(std::string_view text, const OpLookup& find_op, const std::string& file) {
  return Reader(text, find_op, file).graph();
}

}  // namespace unfold
