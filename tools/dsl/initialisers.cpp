// How parameters start: the initialisers of the language, literal values, files.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tools/dsl/evaluator.h"
#include "tools/dsl/functions.h"
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

// What each is, for help and for checking; its arguments, which are numbers, and what it makes of
// them (nothing for those that take other things).
struct Row {
  InitialiserInfo info;
  std::vector<FormalArgument> formals;
  Initialiser (*make)(const Arguments&);
};

FormalArgument may(const char* name) { return {name, FormalArgument::Kind::number, true, {}}; }
FormalArgument need(const char* name) { return {name, FormalArgument::Kind::number, false, {}}; }

const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {{"zeros", "zeros", "All 0."},
       {},
       [](const Arguments&) -> Initialiser { return init::Zeros(); }},
      {{"ones", "ones", "All 1."},
       {},
       [](const Arguments&) -> Initialiser { return init::Ones(); }},
      {{"constant", "constant(v)", "All v."},
       {need("v")},
       [](const Arguments& a) -> Initialiser { return init::Constant{a.number("v")}; }},
      {{"uniform", "uniform(a, b)", "Drawn evenly from a to b."},
       {need("a"), need("b")},
       [](const Arguments& a) -> Initialiser {
         return init::Uniform{a.number("a"), a.number("b")};
       }},
      {{"normal", "normal(sd)", "Drawn from the normal distribution of mean 0 and deviation sd."},
       {need("sd")},
       [](const Arguments& a) -> Initialiser { return init::Normal{a.number("sd")}; }},
      {{"glorot", "glorot",
        "Drawn evenly from -r to r, r = sqrt(6 / (rows + columns)) (Glorot & Bengio 2010); what a "
        "`param` starts from that says nothing."},
       {},
       [](const Arguments&) -> Initialiser { return init::Glorot(); }},
      {{"he", "he",
        "Drawn from the normal distribution of deviation sqrt(2 / rows), for relu (He et al. "
        "2015)."},
       {},
       [](const Arguments&) -> Initialiser { return init::He(); }},
      {{"orthogonal", "orthogonal",
        "A random matrix whose rows or columns, whichever are fewer, are orthogonal and of length "
        "1 (Saxe et al. 2014)."},
       {},
       [](const Arguments&) -> Initialiser { return init::Orthogonal(); }},
      {{"identity", "identity(scale = 1)", "scale on the diagonal, 0 elsewhere (Le et al. 2015)."},
       {may("scale")},
       [](const Arguments& a) -> Initialiser { return init::Identity{a.number("scale", 1)}; }},
      {{"rows", "rows(n: start, m: start, …)",
        "Blocks of n, m, … rows, each started as a matrix of its own."},
       {},
       nullptr},
      {{"load", "load(\"w.npy\") or load(\"m.safetensors\", \"name\")",
        "The numbers of a file, which must have the parameter's shape."},
       {},
       nullptr},
  };
  return table;
}

const Row* find_row(const std::string& word) {
  for (const Row& row : rows())
    if (word == row.info.name) return &row;
  return nullptr;
}

}  // namespace

const std::vector<InitialiserInfo>& initialisers() {
  static const std::vector<InitialiserInfo> list = [] {
    std::vector<InitialiserInfo> all;
    for (const Row& row : rows()) all.push_back(row.info);
    return all;
  }();
  return list;
}

bool is_initialiser(const std::string& word) { return find_row(word) != nullptr; }

std::shared_ptr<const Initialiser> plain_initialiser(const std::string& word) {
  const Row* row = find_row(word);
  if (row == nullptr || row->make == nullptr) return nullptr;
  const auto needed = [](const FormalArgument& f) { return !f.optional; };
  if (std::ranges::any_of(row->formals, needed)) return nullptr;
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
  std::vector<std::string> names;
  for (const InitialiserInfo& i : initialisers()) names.push_back(i.name);
  throw Error(
      fmt::format("an initialiser is needed: {} or literal numbers", fmt::join(names, ", ")));
}

Thing Evaluator::initialiser_call(const syntax::Call& call, Span span) {
  const std::string& word = call.callee.text;
  try {
    if (word == "rows") return thing_of(by_rows(call));
    if (word == "load") return thing_of(loaded(call, span));
    const int errors = errors_;
    Arguments arguments(word, arguments_of(call, word));
    if (errors_ != errors || holds_nothing(arguments.given())) return {};
    const Row& row = *find_row(word);
    arguments.match(row.formals);
    return thing_of(row.make(arguments));
  } catch (const ArgumentError& error) {
    return fail(error.span, error.message);
  } catch (const AlreadyReported&) {
    return {};
  } catch (const Error& error) {
    ++errors_;
    if (silent_ == 0)
      diagnostics_.add(error.where.known() ? error : Error(error.message, place(span)));
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
    if (text == nullptr || a.kind != syntax::Argument::Kind::positional)
      throw Error(wrong, place(a.span));
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
