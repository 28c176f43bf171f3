// How parameters start: the initialisers of the language, literal values, files.

#include <fmt/format.h>

#include <algorithm>

#include "tools/dsl/evaluator.h"
#include "tools/dsl/load.h"

namespace unfold {

namespace {

// Numbers of a nested literal in order; false if it is not rectangular or not of numbers.
bool flatten(const Thing& thing, std::size_t depth, Dims& dims, std::vector<double>& values) {
  if (const auto* n = thing.as<Number>()) {
    values.push_back(n->value);
    return depth == dims.size();
  }
  const auto* items = thing.as<Things>();
  if (items == nullptr || items->empty()) return false;
  const auto size = static_cast<std::int64_t>(items->size());
  if (depth == dims.size()) {
    if (!values.empty()) return false;
    dims.push_back(size);
  }
  if (dims[depth] != size) return false;
  return std::all_of(items->begin(), items->end(),
                     [&](const Thing& item) { return flatten(item, depth + 1, dims, values); });
}

Thing thing_of(Initialiser initialiser) {
  return {std::make_shared<const Initialiser>(std::move(initialiser)), {}};
}

// How many numbers each takes, and what it makes of them.
struct Row {
  const char* name;
  std::size_t least, most;
  Initialiser (*make)(const std::vector<double>&);
};

const std::vector<Row>& rows() {
  using Numbers = std::vector<double>;
  static const std::vector<Row> table{
      {"zeros", 0, 0, [](const Numbers&) -> Initialiser { return init::Zeros(); }},
      {"ones", 0, 0, [](const Numbers&) -> Initialiser { return init::Ones(); }},
      {"constant", 1, 1, [](const Numbers& n) -> Initialiser { return init::Constant{n[0]}; }},
      {"uniform", 2, 2,
       [](const Numbers& n) -> Initialiser {
         return init::Uniform{n[0], n[1]};
       }},
      {"normal", 1, 1, [](const Numbers& n) -> Initialiser { return init::Normal{n[0]}; }},
      {"glorot", 0, 0, [](const Numbers&) -> Initialiser { return init::Glorot(); }},
      {"he", 0, 0, [](const Numbers&) -> Initialiser { return init::He(); }},
      {"orthogonal", 0, 0, [](const Numbers&) -> Initialiser { return init::Orthogonal(); }},
      {"identity", 0, 1,
       [](const Numbers& n) -> Initialiser { return init::Identity{n.empty() ? 1.0 : n[0]}; }},
  };
  return table;
}

const Row* find_row(const std::string& word) {
  for (const Row& row : rows())
    if (word == row.name) return &row;
  return nullptr;
}

}  // namespace

const std::vector<std::string>& initialiser_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{"rows", "load"};
    for (const Row& row : rows()) all.emplace_back(row.name);
    return all;
  }();
  return names;
}

bool is_initialiser(const std::string& word) {
  return word == "rows" || word == "load" || find_row(word) != nullptr;
}

std::shared_ptr<const Initialiser> plain_initialiser(const std::string& word) {
  const Row* row = find_row(word);
  if (row == nullptr || row->least > 0) return nullptr;
  return std::make_shared<const Initialiser>(row->make({}));
}

std::optional<Tensor> literal_tensor(const Thing& thing) {
  Dims dims;
  std::vector<double> values;
  if (!flatten(thing, 0, dims, values)) return std::nullopt;
  return Tensor::of(dims, values);
}

Initialiser Evaluator::initialiser(const Thing& thing, const std::vector<Dim>& shape) const {
  if (const auto* made = thing.as<std::shared_ptr<const Initialiser>>()) {
    const auto* by_rows = std::get_if<init::ByRows>(made->get());
    if (by_rows == nullptr || shape.empty() || shape[0].size == Dim::unknown) return **made;
    std::int64_t total = 0;
    for (const init::RowBlock& block : by_rows->blocks) {
      if (block.rows == Dim::unknown) return **made;
      total += block.rows;
    }
    if (total != shape[0].size)
      throw Error(
          fmt::format("rows(…) covers {} rows, the parameter has {}", total, describe(shape[0])));
    return **made;
  }
  if (const auto values = literal_tensor(thing)) return init::Literal{*values};
  if (thing.as<Things>() != nullptr)
    throw Error("literal values must be numbers in rows of equal length");
  throw Error(
      "an initialiser is needed: zeros, ones, constant(v), uniform(a, b), normal(sd), glorot, "
      "he, orthogonal, identity(scale), rows(…), load(…) or literal numbers");
}

Thing Evaluator::initialiser_call(const syntax::Call& call, Span span) {
  const std::string& word = call.callee.text;
  try {
    if (word == "rows") return thing_of(by_rows(call));
    if (word == "load") return thing_of(loaded(call, span));
    std::vector<double> numbers;
    for (const syntax::Argument& a : call.arguments) {
      if (a.kind != syntax::Argument::Kind::positional)
        throw Error(fmt::format("the initialiser {} takes plain numbers without names", word),
                    place(a.span));
      const auto n = number(*a.value, "an argument of an initialiser");
      if (!n) return {};
      numbers.push_back(*n);
    }
    const Row& row = *find_row(word);
    if (numbers.size() < row.least || numbers.size() > row.most)
      throw Error(fmt::format("the initialiser {} takes {} number{}, got {}", word, row.most,
                              row.most == 1 ? "" : "s", numbers.size()),
                  place(span));
    return thing_of(row.make(numbers));
  } catch (const AlreadyReported&) {
    return {};
  } catch (const Error& error) {
    ++errors_;
    if (silent_ == 0) diagnostics_.add(error);
    return {};
  }
}

Initialiser Evaluator::loaded(const syntax::Call& call, Span span) {
  const char* wrong = "load: takes the name of a file, and for safetensors of a tensor in it";
  std::vector<std::string> texts;
  for (const syntax::Argument& a : call.arguments) {
    const Thing thing = evaluate(*a.value);
    if (thing.nothing()) throw AlreadyReported();
    const auto* text = thing.as<std::string>();
    if (text == nullptr) throw Error(wrong, place(a.span));
    texts.push_back(*text);
  }
  if (texts.empty() || texts.size() > 2) throw Error(wrong, place(span));
  if (!options_.initial_values) return init::Zeros();
  const auto folder = std::filesystem::path(program_.text().path).parent_path();
  try {
    return init::Literal{load_initial(folder / texts[0], texts.size() > 1 ? texts[1] : "")};
  } catch (const Error& error) {
    throw Error(error.message, place(span));
  }
}

Initialiser Evaluator::by_rows(const syntax::Call& call) {
  init::ByRows rows;
  for (const syntax::Argument& a : call.arguments) {
    if (a.kind != syntax::Argument::Kind::pair)
      throw Error("rows(…) takes `how many: initialiser` for each block of rows", place(a.span));
    const int errors = errors_;
    const Dim count = dimension(*a.key);
    const Thing start = evaluate(*a.value);
    if (errors_ != errors || start.nothing()) throw AlreadyReported();
    try {
      rows.blocks.push_back({count.size, initialiser(start, {})});
    } catch (const Error& error) {
      throw Error(error.message, place(a.value->span));
    }
  }
  if (rows.blocks.empty())
    throw Error("rows(…) takes `how many: initialiser` for each block of rows",
                place(call.callee.span));
  return rows;
}

Dim Evaluator::dimension(const syntax::Expression& e) {
  const Thing thing = evaluate(e);
  if (thing.nothing()) return plain(Dim::unknown);
  const auto* n = thing.as<Number>();
  if (n == nullptr) {
    fail(e.span, "a size must be a whole number, known while the graph is built");
    return plain(Dim::unknown);
  }
  try {
    return to_dim(*n, "a size");
  } catch (const Error& error) {
    fail(e.span, error.message);
    return plain(Dim::unknown);
  }
}

}  // namespace unfold
