#pragma once

#include <string>
#include <vector>

namespace unfold {

/// Something that `unfold help` explains.
struct Topic {
  std::string group;  ///< `layers`, `operations`, …
  std::string name;
  std::string doc;   ///< a sentence
  std::string more;  ///< arguments, options, the definition: lines
};

/// All topics, group by group: layers, functions, initialisers, optimizers, schedules, settings of
/// training, sources and readers of data, operations of the graph.
std::vector<Topic> help_topics();

}  // namespace unfold
