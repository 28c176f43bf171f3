#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/tensor.h"
#include "tools/data/options.h"
#include "tools/data/vocabulary.h"

namespace unfold::data {

struct Source;

/// What the model sees of a field in one example.
enum class FieldKind {
  symbols,   ///< i32 ids, [time]
  label,     ///< i32 class, a scalar []
  labels,    ///< i32 class of each step, [time]
  numbers,   ///< real numbers, [width]
  sequence,  ///< real numbers of each step, [time, width]
};

/// A field's shape, by name.
struct FieldType {
  FieldKind kind = FieldKind::numbers;
  std::string axis;        ///< its time axis, as `time(review)`; empty if it has none
  bool full = false;       ///< in every batch all examples have the same number of steps
  std::int64_t steps = 0;  ///< that number where it is always the same, else 0
  std::int64_t width = 0;  ///< numbers (of each step); 0 for ids
  std::int64_t ids = 0;    ///< how many symbols or classes; 0 for real numbers
  std::string size_name;   ///< name of `ids` or `width` in messages: `vocab(review)`,
                           ///< `classes(tag)`; may be empty

  bool has_time() const { return !axis.empty(); }
  bool is_ids() const { return ids > 0; }
  DType dtype() const { return is_ids() ? DType::i32 : DType::f32; }
};

/// One line of a data block, `review = words(reviews, column = "text")`, with everything that is
/// needed to encode new input without the data it was learned from. Stored in the model file.
struct FieldSpec {
  std::string name;
  std::string source;  ///< name of the source
  std::string reader;  ///< `words`, `characters`, `class`, …
  std::vector<std::string> columns;
  FieldType type;
  Vocabulary vocabulary;  ///< symbols or classes
  bool fixed = false;     ///< by `order`, so it does not depend on the data; not stored
  bool words = false;     ///< symbols are words, not characters
  bool unknown = false;   ///< the vocabulary has `<unk>`
  bool lower = false;
  bool start = false;
  bool end = false;
  std::vector<float> weights;  ///< `tfidf`: one for each symbol
};

void to_json(nlohmann::json& json, const FieldSpec& spec);
void from_json(const nlohmann::json& json, FieldSpec& spec);

/// A reader: what `unfold help words` prints, and what a call of it is checked by.
struct Reader {
  std::string name;
  std::string doc;
  std::vector<OptionSpec> options;
  bool of_field = false;  ///< applied to a field of symbols (`counts`, `tfidf`), not to a source
};

/// All readers, and one of them by name (nullptr: there is none).
std::span<const Reader> readers();
const Reader* find_reader(std::string_view name);

/// Makes the field `name` from `call` applied to `source`. Vocabularies and classes are taken from
/// the training part. Errors: options; a column that is not there or must be named; a reader that
/// the source does not offer; a bad cell of the training part.
FieldSpec define_field(const std::string& name, const Call& call, const Source& source);

/// The same for a reader of fields (`counts`, `tfidf`), applied to `of`, a field of symbols of
/// `source`.
FieldSpec define_field(const std::string& name, const Call& call, const FieldSpec& of,
                       const Source& source);

/// One cell's value (several for a reader with several columns, in the order of `spec.columns`), as
/// the model sees it: no batch dimension. Errors at `where`, moved to the spot within the text: an
/// unknown symbol or class, a bad number, an empty sequence, bad UTF-8.
Tensor encode(const FieldSpec& spec, std::span<const std::string_view> cells,
              const Location& where);
Tensor encode(const FieldSpec& spec, std::string_view cell, const Location& where);

/// Ids back to text: words with blanks between, characters without; `<start>`, `<end>` are left
/// out.
std::string decode(const FieldSpec& spec, std::span<const std::int32_t> ids);

}  // namespace unfold::data
