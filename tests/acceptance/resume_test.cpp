// A run that is stopped, after any update, and resumed ends with the same bits as one that is not;
// and the number of threads changes none of them.

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/acceptance/command.h"
#include "tools/train/trainer.h"

using namespace unfold;
using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

bool same(const Tensor& a, const Tensor& b) {
  if (a.dims() != b.dims() || a.dtype() != b.dtype()) return false;
  for (std::int64_t i = 0; i < a.size(); ++i)
    if (a.at(i) != b.at(i)) return false;
  return true;
}

void check_same(const NamedTensors& a, const NamedTensors& b, const std::string& what) {
  BOOST_TEST(a.size() == b.size(), what);
  for (const auto& [name, tensor] : a)
    BOOST_TEST((b.contains(name) && same(tensor, b.at(name))), what << ": " << name);
}

/// Parameters, optimizer, carried states, sums, schedule, position, patience: everything.
void check_same(const std::string& a, const std::string& b, const std::string& what) {
  const Checkpoint one = read_checkpoint(a), other = read_checkpoint(b);
  BOOST_TEST(one.parameters.size() == other.parameters.size(), what);
  for (std::size_t i = 0; i < one.parameters.size(); ++i)
    BOOST_TEST(same(one.parameters[i].value, other.parameters[i].value),
               what << ": " << one.parameters[i].name);
  check_same(one.optimizer, other.optimizer, what);
  check_same(one.carried, other.carried, what);
  TrainingState state = other.training;
  state.log_bytes = one.training.log_bytes;  // the log tells the time too
  BOOST_TEST((one.training == state), what << ": the state of training");
}

struct Resume : Workshop {
  Resume() {
    std::string text;
    for (int i = 0; i < 61; ++i) text += "row " + std::to_string(i * i % 17) + ", ";
    write("rows.txt", text);
    std::string table = "words\tvalue\n";
    for (int i = 0; i < 23; ++i) {
      for (int w = 0; w <= i % 5; ++w) table += (w > 0 ? " w" : "w") + std::to_string((i + w) % 7);
      table += "\t" + std::to_string(i % 3) + "\n";
    }
    write("rows.tsv", table);
    write("text.fold",
          R"(data { rows = text("rows.txt", valid = 0.2); char = characters(rows, unknown = true) }
model {
  h = lstm(dropout(one_hot(char), 0.2), 5)
  logits = dense(h, vocab(char))
  loss = cross_entropy(logits, next(char))
}
train { optimizer = adam(rate = 0.02, schedule = cosine(warmup = 4)); clip_norm = 1; batch = 4; truncate = 9; epochs = 3; seed = 3; shards = 2 }
)");
    write("table.fold", R"(data {
  rows = table("rows.tsv", valid = 5)
  words = words(rows, column = "words")
  value = number(rows, column = "value")
}
model {
  h = bidirectional(gru, dropout(embedding(words, 4), 0.3), units = 3)
  loss = mean_squared_error(dense(last(h), 1), value)
}
train { optimizer = sgd(rate = 0.05, momentum = 0.9, schedule = plateau(patience = 1)); batch = 4; epochs = 4; patience = 2; seed = 3; shards = 2 }
)");
  }

  /// Trains until after `updates` updates of this call, on so many threads.
  TrainEnd train(const std::string& model, const RunDir& run, std::int64_t updates = -1,
                 int threads = 1) const {
    LoadOptions load;
    load.open_data = true;
    Trainer::Options options;
    options.threads = threads;
    std::int64_t made = 0;
    options.stop = [&] { return ++made == updates; };
    return Trainer(load_model(model, load), run, std::move(options)).run();
  }

  /// The run without a stop.
  std::string whole(const std::string& name) const {
    const RunDir run = RunDir::create((root / "whole").string());
    BOOST_TEST((train((root / name).string(), run) != TrainEnd::interrupted));
    return run.last();
  }

  /// Stops after each of `stops` more updates, and goes on to the end.
  std::string stopped(const std::string& name, const std::vector<std::int64_t>& stops) const {
    const std::string out = (root / "stopped").string();
    std::filesystem::remove_all(out);
    const RunDir run = RunDir::create(out);
    std::string from = (root / name).string();
    for (const std::int64_t updates : stops) {
      BOOST_TEST((train(from, run, updates) == TrainEnd::interrupted));
      from = run.last();
    }
    train(from, run);
    return run.last();
  }

  void check_stops(const std::string& name) const {
    const std::string expected = whole(name);
    const Checkpoint end = read_checkpoint(expected);
    const std::int64_t epoch = end.training.update / end.training.epoch;
    BOOST_TEST_REQUIRE(epoch >= 3);
    const std::vector<std::vector<std::int64_t>> cases = {
        {1}, {2}, {epoch - 1}, {epoch}, {epoch + 1}, {2 * epoch}, {1, 1, 1}, {epoch, 1, epoch}};
    for (const auto& stops : cases) {
      const std::string last = stopped(name, stops);
      const std::string what = name + " stopped after " + std::to_string(stops[0]);
      check_same(expected, last, what);
      check_same((root / "whole/best.safetensors").string(),
                 (root / "stopped/best.safetensors").string(), what + ", best");
    }
  }

  /// The logs without what depends on the clock.
  static nlohmann::json epochs_of(const std::string& log) {
    nlohmann::json epochs = nlohmann::json::array();
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
      nlohmann::json row = nlohmann::json::parse(line);
      if (row["event"] != "epoch") continue;
      row.erase("seconds");
      row.erase("tokens_per_second");
      epochs.push_back(row);
    }
    return epochs;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(resume, Resume)

BOOST_AUTO_TEST_CASE(a_text_in_pieces_from_any_step) { check_stops("text.fold"); }

BOOST_AUTO_TEST_CASE(a_table_with_padding_dropout_and_patience_from_any_step) {
  check_stops("table.fold");
}

BOOST_AUTO_TEST_CASE(the_log_is_as_that_of_one_run) {
  whole("table.fold");
  stopped("table.fold", {1, 4, 3});
  const auto expected = epochs_of(read("whole/log.jsonl"));
  BOOST_TEST(!expected.empty());
  BOOST_TEST(epochs_of(read("stopped/log.jsonl")) == expected);
}

BOOST_AUTO_TEST_CASE(threads_change_no_bit) {
  for (const char* name : {"text.fold", "table.fold"}) {
    std::filesystem::remove_all(root / "whole");
    const std::string expected = whole(name);
    for (const int threads : {2, 3}) {
      const RunDir run = RunDir::create((root / (name + std::to_string(threads))).string());
      train((root / name).string(), run, -1, threads);
      check_same(expected, run.last(), name);
    }
  }
}

// The signal comes at some update of a training that would never end; how many epochs the whole has
// is chosen after that.
BOOST_AUTO_TEST_CASE(signals_stop_the_command_so_that_it_goes_on) {
  std::string text = read("text.fold");
  const std::string schedule = ", schedule = cosine(warmup = 4)";  // it would need to know
  write("endless.fold", text.replace(text.find(schedule), schedule.size(), ""));
  for (const auto& [signal, code] : {std::pair{"INT", 130}, {"TERM", 143}}) {
    const std::string out = signal, straight = out + "-straight";
    const Ran ran =
        shell("\"$UNFOLD\" train endless.fold --set train.epochs=1000000 --out " + out +
              " & pid=$!; while kill -0 $pid && [ ! -s " + out +
              "/log.jsonl ]; do sleep 0.02; done; kill -" + signal + " $pid; wait $pid");
    BOOST_TEST(ran.code == code, ran.err);
    BOOST_TEST((ran.out.find("--resume " + out) != std::string::npos), ran.out);
    const std::string last = (root / out / "last.safetensors").string();
    const std::string epochs =
        " --set train.epochs=" + std::to_string(read_checkpoint(last).training.epoch + 2);
    const Ran on = unfold("train --threads 1 --resume " + out + epochs);
    BOOST_TEST(on.code == 0, on.err);
    const Ran whole = unfold("train endless.fold --threads 2 --out " + straight + epochs);
    BOOST_TEST(whole.code == 0, whole.err);
    check_same((root / straight / "last.safetensors").string(), last, out);
  }
}

BOOST_AUTO_TEST_CASE(what_a_run_left_out_of_its_passes_stays_out) {
  const std::string off = " --passes=-fuse_elementwise,-join_steps";
  const auto ran = [&](const std::string& arguments) {
    const Ran r = unfold("train " + arguments);
    BOOST_TEST_REQUIRE(r.code == 0, r.err);
  };
  const auto left_out = [&](const std::string& run) {
    return read_checkpoint((root / run / "last.safetensors").string()).source.passes_off;
  };
  ran("table.fold --set train.epochs=2 --out run" + off);
  BOOST_TEST((left_out("run") == std::set<std::string>{"fuse_elementwise", "join_steps"}));
  ran("--resume run --set train.epochs=3");
  BOOST_TEST((left_out("run") == std::set<std::string>{"fuse_elementwise", "join_steps"}));
  ran("table.fold --set train.epochs=3 --out straight" + off);
  check_same((root / "straight/last.safetensors").string(),
             (root / "run/last.safetensors").string(), "passes");
  const auto plan = [&](const std::string& more) {
    return unfold("inspect run --stage optimized" + more).out;
  };
  BOOST_TEST(plan("") == plan(off));
  BOOST_TEST(plan("") != plan(" --passes all"));
  ran("--resume run --set train.epochs=4 --passes all");
  BOOST_TEST(left_out("run").empty());
}

// Its files are all there, so that a directory is a model whatever came after its beginning.
BOOST_AUTO_TEST_CASE(a_run_that_finds_nothing_better_has_the_model_that_it_began_with) {
  const auto ran = [&](const std::string& arguments) {
    const Ran r = unfold("train " + arguments);
    BOOST_TEST_REQUIRE(r.code == 0, r.err);
    std::istringstream lines(r.out);
    for (std::string line; std::getline(lines, line);)
      if (line.ends_with(".safetensors")) BOOST_TEST(std::filesystem::exists(root / line), line);
    return r.out;
  };
  const auto parameters = [&](const std::string& file) {
    return read_checkpoint((root / file).string()).parameters;
  };
  ran("table.fold --out first --set train.epochs=1");
  ran("first --out second --set train.epochs=2 --set train.optimizer.rate=1e-30");
  const auto first = parameters("first/best.safetensors"),
             second = parameters("second/best.safetensors");
  for (std::size_t i = 0; i < first.size(); ++i)
    BOOST_TEST(same(first[i].value, second[i].value), first[i].name);
  std::string text = read("table.fold");
  text.replace(text.find("}\ntrain {"), 9,
               "  metric odd = mean_squared_error(log(0 * value - 1), value)\n}\n"
               "train { best = min(odd);");
  write("odd.fold", text);
  const std::string out = ran("odd.fold --out odd");
  BOOST_TEST((out.find("best") == std::string::npos), out);
  BOOST_TEST((out.find("odd/last.safetensors") != std::string::npos), out);
}

BOOST_AUTO_TEST_CASE(other_data_are_no_data_to_resume_on) {
  stopped("table.fold", {2});
  write("rows.tsv", read("rows.tsv") + "w1 w2\t1\n");
  const Ran ran = unfold("train --resume stopped");
  BOOST_TEST(ran.code == 1);
  BOOST_TEST((ran.err.find("rows.tsv") != std::string::npos), ran.err);
}

BOOST_AUTO_TEST_SUITE_END()
