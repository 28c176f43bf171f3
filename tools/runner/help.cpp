#include <fmt/format.h>

#include <memory>

#include "tools/dsl/diagnostic.h"
#include "tools/runner/common.h"
#include "tools/runner/topics.h"
#include "tools/runner/verbs.h"

namespace unfold {

namespace {

constexpr std::size_t page_width = 90;

// The names of each group, filled into lines.
std::string overview(const std::vector<Topic>& topics) {
  std::string out = "unfold help NAME explains one of these; unfold --help lists the verbs.\n";
  std::string group, line;
  for (const Topic& topic : topics) {
    if (topic.group != group) {
      out += line + fmt::format("\n{}\n", topic.group);
      group = topic.group;
      line.clear();
    }
    if (line.size() + topic.name.size() > page_width) {
      out += line;
      line.clear();
    }
    if (!line.empty()) line.pop_back();
    line += (line.empty() ? "  " : " ") + topic.name + "\n";
  }
  return out + line;
}

std::string page_of(const std::vector<Topic>& topics, const std::string& name) {
  std::string page;
  std::vector<std::string> names;
  for (const Topic& topic : topics) {
    names.push_back(topic.name);
    if (topic.name != name) continue;
    page += fmt::format("{}{} ({})\n  {}\n{}{}", page.empty() ? "" : "\n", topic.name, topic.group,
                        topic.doc, topic.more.empty() ? "" : "\n", topic.more);
  }
  if (!page.empty()) return page;
  const auto near = nearest(name, names);
  throw UsageError(fmt::format("there is no help on '{}'{}", name,
                               near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

}  // namespace

void add_help(CLI::App& app) {
  const auto name = std::make_shared<std::string>();
  CLI::App& verb = add_verb(
      app, "help", "Explain a layer, function, initialiser, setting, source of data or operation",
      "unfold help lstm");
  verb.add_option("NAME", *name, "What to explain; left out: list everything");
  verb.callback([name] {
    const auto topics = help_topics();
    print_result(name->empty() ? overview(topics) : page_of(topics, *name));
  });
}

}  // namespace unfold
