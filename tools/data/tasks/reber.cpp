#include <fmt/format.h>

#include "tools/data/tasks/tasks.h"

namespace unfold::data {

namespace {

struct Move {
  char symbol;
  int next;
};

/// From each state two moves of equal chance; after state 5 comes the final E.
constexpr Move moves[5][2] = {{{'T', 1}, {'P', 2}},
                              {{'S', 1}, {'X', 3}},
                              {{'T', 2}, {'V', 4}},
                              {{'X', 2}, {'S', 5}},
                              {{'P', 3}, {'V', 5}}};

std::string make_string(Random& random) {
  std::string result = "B";
  for (int state = 0; state != 5;) {
    const Move move = moves[state][random.below(2)];
    result += move.symbol;
    state = move.next;
  }
  return result + "E";
}

std::string make_embedded(Random& random) {
  const char branch = random.below(2) == 0 ? 'T' : 'P';
  return fmt::format("B{0}{1}{0}E", branch, make_string(random));
}

Source open_reber(const Settings& settings, const OpenContext& context) {
  const bool embedded = settings.flag("embedded");
  Source source;
  source.spec.format = RowFormat::tsv;
  source.spec.columns = {"string"};
  source.spec.fingerprints = {task_fingerprint("reber", settings, context.seed)};
  source.rows.set_columns({"string"});
  const std::uint32_t file = source.rows.add_file(context.name);
  std::uint32_t line = 0;
  const auto sizes = task_sizes(settings);
  for (const Part part : all_parts) {
    const auto p = static_cast<std::size_t>(part);
    for (std::int64_t i = 0; i < sizes[p]; ++i) {
      Random random = task_random(context.seed, part, i);
      const Rows::Cell cell{
          source.rows.keep(embedded ? make_embedded(random) : make_string(random)),
          {},
          true,
          ++line};
      source.selected[p].push_back(source.rows.size());
      source.rows.append(file, {&cell, 1});
    }
  }
  return source;
}

}  // namespace

SourceKind reber_task() {
  return {
      "reber",
      "Strings of the Reber grammar (Reber 1967), or of the embedded one (Hochreiter & "
      "Schmidhuber 1997), whose last symbol but one repeats the second: characters(s) [time], of "
      "B T S X P V E.",
      false,
      task_options({{"embedded", OptionType::flag, true, "the embedded grammar"}}),
      {"characters"},
      open_reber};
}

}  // namespace unfold::data
