#pragma once

#include <CLI/CLI.hpp>

namespace unfold {

// Each verb adds itself to the command: its options, its help, and what to do when it is called.
// It is in a file of its own name.

void add_check(CLI::App& app);
void add_train(CLI::App& app);
void add_eval(CLI::App& app);
void add_predict(CLI::App& app);
void add_generate(CLI::App& app);
void add_summary(CLI::App& app);
void add_inspect(CLI::App& app);
void add_gradcheck(CLI::App& app);
void add_bench(CLI::App& app);
void add_diff(CLI::App& app);
void add_data(CLI::App& app);
void add_help(CLI::App& app);

}  // namespace unfold
