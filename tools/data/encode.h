#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "tools/data/field.h"

namespace unfold::data {

/// What is wrong with a cell, before it is known where the cell stands: `encode` and
/// `read_examples` make an Error of it.
struct BadCell {
  std::string message;
  std::size_t cell = 0;      ///< which of the field's columns
  std::size_t offset = 0;    ///< byte within the cell
  std::uint32_t length = 1;  ///< code points
  bool unknown = false;      ///< a symbol or class that the training part does not have
};

/// The value of a field whose columns hold `cells`. Throws BadCell.
Tensor encode_cells(const FieldSpec& spec, std::span<const std::string_view> cells);

/// Calls `take` with each symbol of a text, in order: words, or code points.
void for_each_symbol(const FieldSpec& spec, std::string_view text,
                     const std::function<void(std::string_view)>& take);

/// The id of a symbol, or of `<unk>`. Throws BadCell.
std::int32_t symbol_id(const FieldSpec& spec, std::string_view symbol, std::size_t offset);

}  // namespace unfold::data
