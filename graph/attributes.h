#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/symbol.h"
#include "graph/tensor.h"

namespace unfold {

using AttributeValue = std::variant<std::int64_t, double, bool, std::string,
                                    std::vector<std::int64_t>, std::shared_ptr<const Tensor>>;

struct Attribute {
  Symbol name;
  AttributeValue value;
};

/// What fixes an operation beside its operands: which index, which axis, which constant. Hashing,
/// equality, printing and parsing are the same for every operation.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<Attribute> list) : list_(list) {}

  bool empty() const { return list_.empty(); }
  const std::vector<Attribute>& list() const { return list_; }
  void set(Symbol name, AttributeValue value);
  const AttributeValue* find(std::string_view name) const;

  // The named attribute. Throws Error when there is none, or one of another kind.
  std::int64_t integer(std::string_view name) const { return get<std::int64_t>(name); }
  double number(std::string_view name) const { return get<double>(name); }
  bool flag(std::string_view name) const { return get<bool>(name); }
  const std::string& text(std::string_view name) const { return get<std::string>(name); }
  const std::vector<std::int64_t>& integers(std::string_view name) const {
    return get<std::vector<std::int64_t>>(name);
  }
  const Tensor& tensor(std::string_view name) const {
    return *get<std::shared_ptr<const Tensor>>(name);
  }

  bool operator==(const Attributes& other) const;
  std::size_t hash() const;

 private:
  template <class T>
  const T& get(std::string_view name) const;

  std::vector<Attribute> list_;
};

/// `3`, `0.5`, `true`, `"text"`, `[1, 2]`, `f64[2, 1](0.5, 1.0)`; reads back exactly.
std::string print(const AttributeValue& value);
std::string print(const Attributes& attributes);

}  // namespace unfold
