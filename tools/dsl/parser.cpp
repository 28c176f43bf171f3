#include "tools/dsl/parser.h"

#include <fmt/format.h>

#include <utility>

#include "tools/dsl/expression_parser.h"
#include "tools/dsl/statement_parser.h"
#include "tools/dsl/token_reader.h"

namespace unfold::syntax {
namespace {

/// Reads what stands at the top of a file.
class FileParser {
 public:
  FileParser(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics)
      : reader_(sources, source, diagnostics, "the end of the file"), statements_(reader_) {
    program_.source = source;
  }

  Program run() {
    while (true) {
      reader_.skip_separators();
      if (reader_.at(TokenKind::end_of_file)) return std::move(program_);
      if (reader_.at(TokenKind::close_brace)) {
        reader_.report(reader_.peek().span, "unexpected '}': there is no '{' that it could close");
        reader_.advance();
      } else {
        if (const auto faulty = statements_.attempt([this] { item(); }))
          program_.faulty.insert(program_.faulty.end(), faulty->names.begin(), faulty->names.end());
      }
    }
  }

 private:
  void item() {
    const bool opens = statements_.opens_statement();
    if (reader_.at(TokenKind::word_let)) {
      program_.lets.push_back(statements_.let());
    } else if (reader_.at(TokenKind::word_def)) {
      program_.defs.push_back(def());
    } else if (reader_.at_name("use") && opens) {
      program_.uses.push_back(use());
    } else if (reader_.at_name("data") && opens) {
      section(program_.data, Place::data);
    } else if (reader_.at_name("model") && opens) {
      section(program_.model, Place::model);
    } else if (reader_.at_name("train") && opens) {
      section(program_.train, Place::train);
    } else {
      reader_.fail_expected(
          "let, use, def, data { }, model { } or train { } at the top of a file",
          statements_.suggestion(reader_.peek().span,
                                 {"let", "use", "def", "data", "model", "train"}));
    }
  }

  void section(std::optional<Section>& found, Place place) {
    Section result{reader_.advance().span, {}};
    if (found) {
      const std::string_view word = reader_.text(result.keyword);
      reader_.report(result.keyword, fmt::format("a second {} {{ }}: a file has at most one", word),
                     {{"the first is here", reader_.location(found->keyword)}});
    }
    result.body = statements_.block(place);
    if (!found) found = std::move(result);
  }

  Use use() {
    reader_.advance();
    const Span path = reader_.peek().span;
    if (!reader_.at(TokenKind::string)) {
      reader_.fail_expected("a file name in double quotes after 'use'");
    }
    Expression name = parse_expression(reader_);
    if (auto* string = std::get_if<String>(&name.node)) return {std::move(string->value), path};
    reader_.fail(name.span, "expected a file name in double quotes after 'use'");
  }

  Def def() {
    reader_.advance();
    Def result;
    result.name = reader_.expect_name("a name after 'def'");
    if (!reader_.at(TokenKind::open_parenthesis))
      reader_.fail_expected("'('" + reader_.after_last());
    const Token opening = reader_.open();
    while (!reader_.at(TokenKind::close_parenthesis)) {
      result.formals.push_back(formal(result.formals));
      if (!reader_.accept(TokenKind::comma)) break;
    }
    reader_.close(opening, true);
    result.signature = reader_.span_from(result.name.span);
    std::vector<const Identifier*> names;
    for (const Formal& item : result.formals) names.push_back(&item.name);
    check_distinct(reader_, names, "argument");
    result.body = statements_.block(Place::def);
    return result;
  }

  Formal formal(const std::vector<Formal>& earlier) {
    Formal result{reader_.expect_name("the name of an argument"), std::nullopt};
    if (reader_.accept(TokenKind::equal)) {
      result.default_value = parse_expression(reader_);
    } else if (!earlier.empty() && earlier.back().default_value) {
      reader_.fail(result.name.span,
                   fmt::format("the argument '{}' without a default cannot follow '{} = ...'",
                               result.name.text, earlier.back().name.text));
    }
    return result;
  }

  TokenReader reader_;
  StatementParser statements_;
  Program program_;
};

}  // namespace

Program parse_program(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics) {
  return FileParser(sources, source, diagnostics).run();
}

std::optional<Expression> parse_value(Sources& sources, std::string name, std::string text,
                                      Diagnostics& diagnostics) {
  const std::uint32_t source = sources.add(std::move(name), std::move(text));
  Diagnostics found;
  std::optional<Expression> value;
  try {
    TokenReader reader(sources, source, found, "nothing");
    value = parse_expression(reader);
    if (!reader.at(TokenKind::end_of_file)) reader.fail_expected("nothing after the value");
  } catch (const Abandoned&) {
  }
  if (!found.empty()) value.reset();
  for (Error& error : found.sorted()) diagnostics.add(std::move(error));
  return value;
}

}  // namespace unfold::syntax
