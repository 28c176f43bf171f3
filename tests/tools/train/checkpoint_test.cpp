#include "tools/train/checkpoint.h"

#include <boost/test/unit_test.hpp>

#include "tests/tools/train/scratch.h"
#include "tools/train/optimizer.h"

using namespace unfold;

namespace {

Checkpoint sample() {
  Checkpoint c;
  c.source.files = {{"a.fold", "use \"b.fold\"\nlet x = \"σ\"\n"}, {"b.fold", ""}};
  c.source.overrides = {"units=256", "train.optimizer.rate=0.01"};
  c.source.fields = {{"char", {{"symbols", {"h", "e", "\n"}}}}};
  c.source.seed = 18446744073709551615ULL;
  c.source.shards = 2;
  c.parameters = {{"z.W", Tensor::of<float>({1, 2}, {1, -2})},
                  {"a.b", Tensor::of<float>({1}, {0.1F}), true}};
  c.optimizer["mean/z.W"] = Tensor::of<float>({1, 2}, {3, 4});
  c.carried["lstm.h"] = Tensor::of<float>({2, 1}, {5, 6});
  c.training.epoch = 3;
  c.training.batch = 17;
  c.training.update = 1234567890123;
  c.training.sums = {{"loss", 0.1 + 0.2}, {"loss weight", 1e300}};
  c.training.schedule = {0.25, 1.0 / 3, 2};
  c.training.best = 1.4850000000000001;
  c.training.best_epoch = 2;
  c.training.epochs_without_better = 1;
  c.training.log_bytes = 4321;
  return c;
}

std::string read_error(const SafeTensors& content) {
  return error_of([&] { from_safetensors(content, "m"); });
}

/// The sample as safetensors with another JSON text, as if read from a file.
SafeTensors with_model(const std::string& text) {
  SafeTensors content = to_safetensors(sample());
  content.metadata["unfold"] = text;
  content.checked = true;
  return content;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_suite)

BOOST_AUTO_TEST_CASE(a_file_holds_everything) {
  const Scratch scratch;
  const Checkpoint c = sample();
  write_checkpoint(scratch.path("m"), c);
  const Checkpoint back = read_checkpoint(scratch.path("m"));
  BOOST_TEST((back.source.files == c.source.files));
  BOOST_TEST(back.source.overrides == c.source.overrides);
  BOOST_TEST((back.source.fields == c.source.fields));
  BOOST_TEST(back.source.seed == c.source.seed);
  BOOST_TEST(back.source.shards == 2);
  BOOST_TEST((back.source.precision == DType::f32));
  BOOST_TEST((back.training == c.training));
  BOOST_TEST((back.optimizer == c.optimizer));
  BOOST_TEST((back.carried == c.carried));
  BOOST_REQUIRE(back.parameters.size() == 2);
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(back.parameters[i].name == c.parameters[i].name);
    BOOST_TEST((back.parameters[i].value == c.parameters[i].value));
    BOOST_TEST(back.parameters[i].frozen == c.parameters[i].frozen);
  }
}

BOOST_AUTO_TEST_CASE(an_untrained_model_too) {
  Checkpoint c;
  c.source.precision = DType::f64;
  SafeTensors content = to_safetensors(c);
  content.checked = true;
  const Checkpoint back = from_safetensors(content, "m");
  BOOST_TEST((back.source.precision == DType::f64));
  BOOST_TEST((back.training == TrainingState{}));
  BOOST_TEST(back.parameters.empty());
}

BOOST_AUTO_TEST_CASE(products_in_bfloat16_leave_the_parameters_in_single_precision) {
  Checkpoint c = sample();
  c.source.products = Products::bfloat16;
  SafeTensors content = to_safetensors(c);
  content.checked = true;
  const Checkpoint back = from_safetensors(content, "m");
  BOOST_TEST((back.source.products == Products::bfloat16));
  BOOST_TEST((back.source.precision == DType::f32));
  BOOST_TEST((back.parameters[0].value == c.parameters[0].value));
}

// `fingerprints` was written, always empty, and read by nobody.
BOOST_AUTO_TEST_CASE(an_older_file_that_says_more_is_read) {
  auto model = nlohmann::json::parse(to_safetensors(sample()).metadata.at("unfold"));
  model["source"]["fingerprints"] = nlohmann::json::array();
  const Checkpoint back = from_safetensors(with_model(model.dump()), "m");
  BOOST_TEST((back.source.files == sample().source.files));
  BOOST_TEST((back.training == sample().training));
}

BOOST_AUTO_TEST_CASE(a_path_that_is_not_utf8_does_no_harm) {
  Checkpoint c = sample();
  c.source.files[1].path = "caf\xe9.fold";
  SafeTensors content = to_safetensors(c);
  content.checked = true;
  BOOST_TEST(from_safetensors(content, "m").source.files[1].path == "caf\ufffd.fold");
}

BOOST_AUTO_TEST_CASE(parameters_keep_their_names_for_other_programs) {
  const SafeTensors content = to_safetensors(sample());
  BOOST_TEST(content.tensors.contains("z.W"));
  BOOST_TEST(content.tensors.contains("optimizer/mean/z.W"));
  BOOST_TEST(content.tensors.contains("state/lstm.h"));
}

BOOST_AUTO_TEST_CASE(what_is_no_model_is_refused) {
  const std::string no_model =
      "'m' is not a model file of Unfold: it holds tensors, but no program with its checksum";
  BOOST_TEST(read_error({}) == no_model);
  BOOST_TEST(read_error(to_safetensors(sample())) == no_model);  // no checksum
  const std::string cannot = "'m' cannot be read as a model: ";
  BOOST_TEST(read_error(with_model(R"({"format":2})")) ==
             cannot + "it has format 2, this version of Unfold reads format 1");
  BOOST_TEST(read_error(with_model("{")).starts_with(cannot));
  BOOST_TEST(read_error(with_model("7")).starts_with(cannot));
  BOOST_TEST(read_error(with_model(R"({"format":1})")).starts_with(cannot));
  SafeTensors content = with_model(to_safetensors(sample()).metadata["unfold"]);
  BOOST_TEST(read_error(content) == "");
  content.tensors["extra"] = Tensor();
  BOOST_TEST(read_error(content) == cannot + "tensor 'extra' is no parameter of it");
  content.tensors.erase("extra");
  content.tensors.erase("a.b");
  BOOST_TEST(read_error(content) == cannot + "parameter 'a.b' has no numbers");
}

BOOST_AUTO_TEST_CASE(numbers_that_no_training_writes_are_refused) {
  const auto with = [](const char* pointer, const nlohmann::json& value) {
    auto model = nlohmann::json::parse(to_safetensors(sample()).metadata["unfold"]);
    model[nlohmann::json::json_pointer(pointer)] = value;
    return read_error(with_model(model.dump()));
  };
  const std::string cannot = "'m' cannot be read as a model: ";
  const std::string range = ", no whole number from 0 to 1000000000000000";
  BOOST_TEST(with("/training/epoch", 3) == "");
  BOOST_TEST(with("/training/epoch", -1) == cannot + "`epoch` is -1" + range);
  BOOST_TEST(with("/training/epoch", 9223372036854775808ULL) ==
             cannot + "`epoch` is 9223372036854775808" + range);
  BOOST_TEST(with("/training/batch", 1.5) == cannot + "`batch` is 1.5" + range);
  BOOST_TEST(with("/training/update", "x") == cannot + "`update` is \"x\"" + range);
  BOOST_TEST(with("/training/schedule/epochs_without_better", nullptr) ==
             cannot + "`epochs_without_better` is null" + range);
  BOOST_TEST(with("/source/shards", -1) == cannot + "`shards` is -1" + range);
  BOOST_TEST(with("/source/shards", 0) == cannot + "`shards` is 0, expected 1 to 1000000000");
  BOOST_TEST(with("/source/precision", "f8") ==
             cannot + "`precision` is none of f32, f64 and bf16");
  BOOST_TEST(with("/source/files/0/path", 1) ==
             cannot + "what it says of itself is damaged: type must be string, but is number");
}

BOOST_AUTO_TEST_CASE(training_through_a_file_gives_the_same_bits) {
  const auto step = [](Optimizer& optimizer, std::vector<TrainedParameter>& parameters) {
    std::vector<Gradient> gradients;
    for (const TrainedParameter& p : parameters) {
      Tensor g(p.value.dtype(), p.value.dims());
      for (std::int64_t i = 0; i < g.size(); ++i) g.set(i, p.value.at(i) * p.value.at(i) - 0.1);
      gradients.push_back(g);
    }
    Scheduler scheduler(1);
    optimizer.update(parameters, gradients, scheduler);
  };
  Checkpoint c = sample();
  c.optimizer.clear();
  Optimizer straight("adamw", {}, c.parameters);
  for (int i = 0; i < 5; ++i) step(straight, c.parameters);

  const Scratch scratch;
  c.optimizer = straight.state();
  c.training.update = 5;
  write_checkpoint(scratch.path("m"), c);
  Checkpoint back = read_checkpoint(scratch.path("m"));
  Optimizer resumed("adamw", {}, back.parameters);
  resumed.restore(back.training.update, back.optimizer);
  for (int i = 0; i < 5; ++i) {
    step(straight, c.parameters);
    step(resumed, back.parameters);
  }
  BOOST_TEST((back.parameters[0].value == c.parameters[0].value));
  BOOST_TEST((resumed.state() == straight.state()));
}

BOOST_AUTO_TEST_SUITE_END()
