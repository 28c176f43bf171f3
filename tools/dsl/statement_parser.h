#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/dsl/ast.h"
#include "tools/dsl/token_reader.h"

namespace unfold::syntax {

/// Where a statement stands, which decides what it may be. `unknown` is a block whose header was in
/// error: there everything may stand.
enum class Place : std::uint8_t { data, model, train, def, unknown };

/// Reads statements and blocks of them. A method that reads one thing throws Abandoned after an
/// error in it; a block goes on with its next statement and so reports several errors.
class StatementParser {
 public:
  explicit StatementParser(TokenReader& reader) : reader_(reader) {}

  /// `{ statements }` that stand in `place`.
  Block block(Place place);

  /// `let name = value`
  Let let();

  /// Runs `parse`, which reads one statement; after an error in it, moves to its end and returns
  /// what stays unbound. Never throws.
  std::optional<Faulty> attempt(const std::function<void()>& parse);

  /// Whether the next name opens a statement, and is not assigned to: `init s = ...`, `init = ...`.
  bool opens_statement() const;

  /// A note that names the one of `words` that was probably meant, if there is one.
  std::vector<Note> suggestion(Span word, const std::vector<std::string>& words) const;

 private:
  Block block();
  bool at_block_end();
  bool at_top_level_block() const;
  void end_of_statement();

  Statement statement();
  decltype(Statement::node) statement_node();
  [[noreturn]] void fail_statement();

  void allow(bool allowed, Span keyword, std::string_view why);
  void allow_in_graph(Span keyword);
  void allow_in_model(Span keyword);
  void allow_indexed_target(const Identifier& name);

  template <class Node>
  Node named_value();  // let, init, metric, output
  std::vector<Expression> expressions();
  Init init();
  Metric metric();
  Output output();
  Sample sample();
  Return return_values();
  Assign assign();
  [[noreturn]] void fail_assign(const Identifier& name);
  Target target();
  Param param();
  void param_shape(Param& result);
  Layer layer();
  Repeat repeat();
  If if_else();
  For for_each();

  TokenReader& reader_;
  Place place_ = Place::unknown;
  std::size_t loops_ = 0;                                ///< `for` blocks around the statement
  std::vector<Span> open_blocks_;                        ///< their opening braces
  std::size_t unclosed_ = static_cast<std::size_t>(-1);  ///< where lack of a `}` was reported last
};

}  // namespace unfold::syntax
