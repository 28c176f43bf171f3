#include "tools/data/source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/data/file_sources.h"
#include "tools/data/tasks/tasks.h"
#include "tools/data/unicode.h"

namespace unfold::data {

namespace {

std::size_t index_of(Part part) { return static_cast<std::size_t>(part); }

/// Kinds that take files have their positional arguments apart from the options.
Call options_of(const Call& call, std::vector<Argument>& files) {
  Call options{call.name, {}, call.where};
  for (const Argument& argument : call.arguments) {
    if (!argument.name.empty()) {
      options.arguments.push_back(argument);
    } else if (std::holds_alternative<std::string>(argument.value)) {
      files.push_back(argument);
    } else {
      throw Error(fmt::format("{} takes the names of files, not {}", call.name,
                              print_value(argument.value)),
                  argument.where);
    }
  }
  return options;
}

/// Of where a text is cut, or of which rows each part has; of a task its sizes.
std::uint64_t fingerprint_of_parts(const Source& source) {
  std::vector<std::int64_t> numbers;
  for (const Part part : all_parts) {
    const std::size_t i = index_of(part);
    numbers.push_back(source.size(part));
    if (source.is_text())
      numbers.push_back(static_cast<std::int64_t>(source.texts[i].begin));
    else
      numbers.insert(numbers.end(), source.selected[i].begin(), source.selected[i].end());
  }
  const auto* bytes = reinterpret_cast<const char*>(numbers.data());
  return fingerprint_of({}, {bytes, numbers.size() * sizeof(std::int64_t)}).hash;
}

}  // namespace

std::string_view part_name(Part part) {
  constexpr std::array<std::string_view, 3> names = {"train", "valid", "test"};
  return names[index_of(part)];
}

std::span<const SourceKind> source_kinds() {
  static const std::vector<SourceKind> kinds = {
      text_source(), table_source(),        files_source(), adding_task(), copy_memory_task(),
      reber_task(),  temporal_order_task(), parity_task(),  sine_task(),
  };
  return kinds;
}

const SourceKind* find_source_kind(std::string_view name) {
  const auto kinds = source_kinds();
  const auto found = std::ranges::find(kinds, name, &SourceKind::name);
  return found == kinds.end() ? nullptr : &*found;
}

Source open_source(const std::string& name, const Call& call,
                   const std::filesystem::path& directory, std::uint64_t seed) {
  const SourceKind* kind = find_source_kind(call.name);
  if (kind == nullptr) {
    std::vector<std::string> names;
    for (const SourceKind& each : source_kinds()) names.push_back(each.name);
    const std::string near = nearest_name(call.name, names);
    throw Error(fmt::format("there is no source `{}`; {}", call.name,
                            near.empty() ? fmt::format("there are {}", fmt::join(names, ", "))
                                         : fmt::format("the nearest is `{}`", near)),
                call.where);
  }
  OpenContext context{name, directory, seed, {}, call.where};
  const Call options = kind->takes_files ? options_of(call, context.files) : call;
  const Settings settings = read_settings(options, kind->options);
  if (settings.has("seed")) context.seed = static_cast<std::uint64_t>(settings.whole("seed"));
  Source source = kind->open(settings, context);
  source.spec.parts = fingerprint_of_parts(source);
  source.spec.name = name;
  source.spec.kind = kind->name;
  source.where = call.where;
  return source;
}

std::int64_t Source::size(Part part) const {
  const std::size_t i = index_of(part);
  if (is_task()) return task.sizes[i];
  if (is_text()) return static_cast<std::int64_t>(texts[i].end - texts[i].begin);
  return static_cast<std::int64_t>(selected[i].size());
}

void Source::leave_out(const std::vector<bool>& refused) {
  std::vector<std::int64_t> left;
  for (std::int64_t row = 0; row < main_rows; ++row)
    if (!refused[static_cast<std::size_t>(row)]) left.push_back(row);
  if (!left.empty()) {
    auto parts = split(std::ssize(left));
    for (const Part part : all_parts) {
      for (std::int64_t& row : parts[index_of(part)]) row = left[static_cast<std::size_t>(row)];
      std::ranges::copy_if(selected[index_of(part)], std::back_inserter(parts[index_of(part)]),
                           [&](std::int64_t row) { return row >= main_rows; });
    }
    selected = std::move(parts);
  }
  take_out_of_parts(refused);
}

void Source::take_out_of_parts(const std::vector<bool>& refused) {
  for (auto& part : selected) {
    std::vector<std::int64_t> left;
    std::ranges::copy_if(part, std::back_inserter(left),
                         [&](std::int64_t row) { return !refused[static_cast<std::size_t>(row)]; });
    if (!left.empty()) part = std::move(left);
  }
  spec.parts = fingerprint_of_parts(*this);
}

Location Document::where(std::size_t offset) const {
  const auto after = std::ranges::upper_bound(files, offset, {}, &Start::offset);
  const Start& start = *std::prev(after);
  return locate(std::string_view(text).substr(start.offset), offset - start.offset, start.file);
}

NLOHMANN_JSON_SERIALIZE_ENUM(RowFormat, {{RowFormat::tsv, "tsv"},
                                         {RowFormat::csv, "csv"},
                                         {RowFormat::lines, "lines"}})

void to_json(nlohmann::json& json, const SourceSpec& spec) {
  json = {{"name", spec.name},       {"kind", spec.kind},         {"format", spec.format},
          {"columns", spec.columns}, {"skip_bad", spec.skip_bad}, {"data", spec.fingerprints},
          {"parts", spec.parts}};
}

void from_json(const nlohmann::json& json, SourceSpec& spec) {
  json.at("name").get_to(spec.name);
  json.at("kind").get_to(spec.kind);
  json.at("format").get_to(spec.format);
  if (nlohmann::json(spec.format) != json.at("format"))
    throw Error(fmt::format("the source `{}` has an unknown format", spec.name));
  json.at("columns").get_to(spec.columns);
  json.at("skip_bad").get_to(spec.skip_bad);
  json.at("data").get_to(spec.fingerprints);
  spec.parts = json.value("parts", std::uint64_t{0});  // none in older files
}

}  // namespace unfold::data
