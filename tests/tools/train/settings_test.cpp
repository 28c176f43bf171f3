#include "tools/train/settings.h"

#include <boost/test/unit_test.hpp>

#include "tools/train/optimizer.h"

using namespace unfold;

namespace {

Setting number(std::string name, double value) {
  return {std::move(name), value, {"a.fold", 1, 1, 1}};
}

Setting choice(std::string name, std::string of, std::vector<Setting> settings = {}) {
  return {std::move(name), Choice{std::move(of), std::move(settings)}, {"a.fold", 2, 3, 1}};
}

std::vector<std::string> errors_of(const Settings& settings) {
  Diagnostics diagnostics;
  read_train_settings(settings, diagnostics);
  std::vector<std::string> out;
  for (const Error& e : diagnostics.sorted()) out.push_back(e.message);
  return out;
}

TrainSettings read(const Settings& settings) {
  Diagnostics diagnostics;
  TrainSettings out = read_train_settings(settings, diagnostics);
  BOOST_TEST(diagnostics.empty());
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(train_settings)

BOOST_AUTO_TEST_CASE(a_block_without_settings_has_sensible_ones) {
  const TrainSettings s = read({});
  BOOST_TEST(s.optimizer == "adam");
  BOOST_TEST(s.optimizer_options.at("rate") == 0.001);
  BOOST_TEST(s.schedule == "constant");
  BOOST_TEST(s.batch == 32);
  BOOST_TEST(s.best == "loss");
  BOOST_TEST(!s.best_is_largest);
}

BOOST_AUTO_TEST_CASE(a_schedule_may_stand_inside_the_optimizer_or_beside_it) {
  const Setting cosine = choice("schedule", "cosine", {number("warmup", 5)});
  const TrainSettings inside = read({choice("optimizer", "sgd", {number("", 0.5), cosine})});
  BOOST_TEST(inside.optimizer == "sgd");
  BOOST_TEST(inside.optimizer_options.at("rate") == 0.5);
  BOOST_TEST(inside.schedule == "cosine");
  BOOST_TEST(inside.schedule_options.at("warmup") == 5);
  BOOST_TEST(read({cosine}).schedule == "cosine");
}

BOOST_AUTO_TEST_CASE(a_schedule_stands_once) {
  const Setting cosine = choice("schedule", "cosine"), constant = choice("schedule", "constant");
  const std::vector<std::string> expected{
      "`schedule` is set twice, in the optimizer's brackets and beside it"};
  BOOST_TEST(errors_of({choice("optimizer", "sgd", {cosine}), constant}) == expected,
             boost::test_tools::per_element());
  BOOST_TEST(errors_of({constant, choice("optimizer", "sgd", {cosine})}) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_metric_may_decide_what_is_best) {
  const TrainSettings s = read({choice("best", "max", {choice("", "accuracy")})});
  BOOST_TEST(s.best == "accuracy");
  BOOST_TEST(s.best_is_largest);
  BOOST_TEST(!read({choice("best", "min", {choice("", "perplexity")})}).best_is_largest);
  const std::vector<std::string> wrong{
      "`best` is written max(METRIC) or min(METRIC), like max(accuracy)"};
  BOOST_TEST(errors_of({choice("best", "accuracy")}) == wrong, boost::test_tools::per_element());
  BOOST_TEST(errors_of({number("best", 1)}) == wrong, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_block_leaves_out_is_what_help_says) {
  const TrainSettings s = read({});
  const auto initial = [](const std::string& name) {
    for (const TrainOption& o : train_options())
      if (o.name == name) return o.initial;
    BOOST_FAIL(name);
    return 0.0;
  };
  BOOST_TEST(s.batch == initial("batch"));
  BOOST_TEST(s.epochs == initial("epochs"));
  BOOST_TEST(s.clip_norm == initial("clip_norm"));
  BOOST_TEST(s.patience == initial("patience"));
  for (const NamedSetting& named : named_settings())
    if (named.choices != nullptr) find_choice(*named.choices, named.initial, named.name);
  BOOST_TEST(s.optimizer_options.at("rate") ==
             find_choice(optimizer_choices(), s.optimizer, "optimizer").option("rate")->initial);
}

BOOST_AUTO_TEST_CASE(options_that_do_not_go_together) {
  const std::vector<std::string> expected{"sgd: nesterov needs a momentum greater than 0"};
  BOOST_TEST(errors_of({choice("optimizer", "sgd", {{"nesterov", true, {}}})}) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_mistake_is_told_and_all_at_once) {
  const std::vector<std::string> expected{
      "there is no setting 'clip_nrm' of training; did you mean 'clip_norm'?",
      "train: epochs is 0.5, expected an integer at least 1 and at most 1000000000",
      "adam has no setting 'rte'; did you mean 'rate'?",
      "adam: rate is -1, expected a number greater than 0"};
  const auto found =
      errors_of({number("clip_nrm", 1), number("epochs", 0.5),
                 choice("optimizer", "adam", {number("rte", 0.1), number("rate", -1)})});
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pieces_are_carried_or_start_afresh_not_both) {
  const std::vector<std::string> expected{
      "`truncate` carries the state from piece to piece, `length` starts each afresh: choose one"};
  BOOST_TEST(errors_of({number("truncate", 10), number("length", 10)}) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
