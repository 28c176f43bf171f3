#include <array>
#include <memory>

#include "tools/data/encode.h"
#include "tools/data/examples.h"
#include "tools/data/file_sources.h"
#include "tools/data/unicode.h"

namespace unfold::data {

namespace {

/// A word that a cut divides belongs to the part in which it begins.
TextPart whole_words(TextPart part) {
  const std::string_view text = part.document->text;
  const auto after_word = [&](std::size_t cut) {
    std::string_view rest = text.substr(cut);
    if (cut == 0 || rest.empty()) return cut;
    std::size_t before = cut - 1;
    while ((static_cast<unsigned char>(text[before]) & 0xc0) == 0x80) --before;
    if (is_white_space(text.substr(before, cut - before))) return cut;
    while (!rest.empty()) {
      std::string_view next = rest;
      if (is_white_space(take_code_point(next))) break;
      rest = next;
    }
    return text.size() - rest.size();
  };
  part.begin = after_word(part.begin);
  part.end = std::max(part.begin, after_word(part.end));
  return part;
}

Stream encode_part(const FieldSpec& field, TextPart part) {
  if (field.words) part = whole_words(part);
  const std::string_view text =
      std::string_view(part.document->text).substr(part.begin, part.end - part.begin);
  const std::string lowered = field.lower ? lower_case(text) : std::string();
  const std::string_view all = field.lower ? std::string_view(lowered) : text;
  Stream stream{field, {}};
  stream.ids.reserve(field.words ? all.size() / 5 : all.size());
  try {
    for_each_symbol(field, all, [&](std::string_view symbol) {
      stream.ids.push_back(
          symbol_id(field, symbol, static_cast<std::size_t>(symbol.data() - all.data())));
    });
  } catch (const BadCell& bad) {
    Location where = part.document->where(std::min(part.begin + bad.offset, part.end));
    where.length = bad.length;
    throw Error(bad.message, where);
  }
  return stream;
}

}  // namespace

Stream read_stream(const Source& source, const FieldSpec& field, Part part) {
  return encode_part(field, source.texts[static_cast<std::size_t>(part)]);
}

Stream read_stream(const FieldSpec& field, const std::string& path, const Location& where) {
  const auto document = std::make_shared<const Document>(read_document(path, {}, where));
  return encode_part(field, {document, 0, document->text.size()});
}

}  // namespace unfold::data
