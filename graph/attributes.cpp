#include "graph/attributes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "graph/error.h"
#include "graph/type.h"

namespace unfold {

void Attributes::set(Symbol name, AttributeValue value) {
  for (Attribute& a : list_)
    if (a.name == name) {
      a.value = std::move(value);
      return;
    }
  list_.push_back({name, std::move(value)});
}

const AttributeValue* Attributes::find(std::string_view name) const {
  for (const Attribute& a : list_)
    if (a.name.str() == name) return &a.value;
  return nullptr;
}

template <class T>
const T& Attributes::get(std::string_view name) const {
  const AttributeValue* value = find(name);
  if (value == nullptr) throw Error(fmt::format("attribute '{}' is missing", name));
  if (const T* held = std::get_if<T>(value)) return *held;
  throw Error(fmt::format("attribute '{}' is of another kind: {}", name, print(*value)));
}

template const std::int64_t& Attributes::get(std::string_view) const;
template const double& Attributes::get(std::string_view) const;
template const bool& Attributes::get(std::string_view) const;
template const std::string& Attributes::get(std::string_view) const;
template const std::vector<std::int64_t>& Attributes::get(std::string_view) const;
template const std::shared_ptr<const Tensor>& Attributes::get(std::string_view) const;

namespace {

bool same(const AttributeValue& a, const AttributeValue& b) {
  if (a.index() != b.index()) return false;
  if (const auto* t = std::get_if<std::shared_ptr<const Tensor>>(&a))
    return **t == *std::get<std::shared_ptr<const Tensor>>(b);
  if (const auto* d = std::get_if<double>(&a)) {
    const double e = std::get<double>(b);
    return *d == e ? std::signbit(*d) == std::signbit(e) : std::isnan(*d) && std::isnan(e);
  }
  return a == b;
}

struct Hash {
  std::size_t operator()(std::int64_t v) const { return std::hash<std::int64_t>()(v); }
  std::size_t operator()(double v) const { return std::hash<double>()(v); }
  std::size_t operator()(bool v) const { return v; }
  std::size_t operator()(const std::string& v) const { return std::hash<std::string>()(v); }
  std::size_t operator()(const std::vector<std::int64_t>& v) const {
    std::size_t h = v.size();
    for (const std::int64_t i : v) h = hash_mix(h, static_cast<std::size_t>(i));
    return h;
  }
  std::size_t operator()(const std::shared_ptr<const Tensor>& v) const {
    std::size_t h = (*this)(v->dims());
    for (std::int64_t i = 0; i < std::min<std::int64_t>(v->size(), 16); ++i)
      h = hash_mix(h, (*this)(v->at(i)));
    return h;
  }
};

// Shortest text that reads back as the same double, and never looks like an integer.
std::string print_real(double v) {
  if (std::isnan(v)) return "nan";
  if (std::isinf(v)) return v < 0 ? "-inf" : "inf";
  std::string text = fmt::format("{}", v);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string print_tensor(const Tensor& t) {
  std::string values;
  for (std::int64_t i = 0; i < t.size(); ++i) {
    if (i > 0) values += ", ";
    values +=
        t.dtype() == DType::i32 ? fmt::format("{}", t.as<std::int32_t>()[i]) : print_real(t.at(i));
  }
  const char* type = t.dtype() == DType::i32 ? "i32" : t.dtype() == DType::f32 ? "f32" : "f64";
  return fmt::format("{}[{}]({})", type, fmt::join(t.dims(), ", "), values);
}

struct Print {
  std::string operator()(std::int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return print_real(v); }
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(const std::string& v) const { return quoted(v); }
  std::string operator()(const std::vector<std::int64_t>& v) const {
    return fmt::format("[{}]", fmt::join(v, ", "));
  }
  std::string operator()(const std::shared_ptr<const Tensor>& v) const { return print_tensor(*v); }
};

}  // namespace

bool Attributes::operator==(const Attributes& other) const {
  if (list_.size() != other.list_.size()) return false;
  for (std::size_t i = 0; i < list_.size(); ++i)
    if (!(list_[i].name == other.list_[i].name) || !same(list_[i].value, other.list_[i].value))
      return false;
  return true;
}

std::size_t Attributes::hash() const {
  std::size_t h = list_.size();
  for (const Attribute& a : list_)
    h = hash_mix(hash_mix(h, a.name.hash()), std::visit(Hash(), a.value));
  return h;
}

std::string print(const AttributeValue& value) { return std::visit(Print(), value); }

std::string print(const Attributes& attributes) {
  if (attributes.empty()) return "";
  std::string out = "{";
  for (const Attribute& a : attributes.list())
    out += (out.size() > 1 ? ", " : "") + a.name.str() + "=" + print(a.value);
  return out + "}";
}

}  // namespace unfold
