#pragma once

#include "tools/data/source.h"

namespace unfold::data {

// The sources that read files, as rows of `source_kinds`.
SourceKind text_source();
SourceKind table_source();
SourceKind files_source();

/// The text of one file, for a stored field. Errors as for `text`.
Document read_document(const std::string& path, const std::filesystem::path& directory,
                       const Location& where);

}  // namespace unfold::data
