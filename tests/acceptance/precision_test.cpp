// `--precision bfloat16`, where the processor has such products and where it has not.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "ops/gemm.h"
#include "tests/acceptance/command.h"
#include "tools/train/checkpoint.h"

using namespace unfold;
using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

constexpr const char* verbs[] = {"train", "eval", "predict", "bench", "inspect --stage plan"};

struct Precision : Workshop {
  // Large enough for its weights to be laid out.
  Precision() {
    write("wide.fold", program("h = lstm(embedding(review, 32), 32)\n"
                               "p = dense(last(h), 1)\n"
                               "loss = binary_cross_entropy(p, sentiment)\n"
                               "output positive = sigmoid(p)",
                               "optimizer = adam(rate = 0.01); epochs = 30; shards = 2"));
  }

  std::string trained(const std::string& run, const std::string& options) const {
    const Ran ran = unfold("train wide.fold --out " + run + " " + options);
    BOOST_TEST_REQUIRE(ran.code == 0, ran.err);
    return (root / run / "last.safetensors").string();
  }
  nlohmann::json json(const std::string& arguments) const {
    const Ran ran = unfold(arguments + " --json");
    BOOST_TEST_REQUIRE(ran.code == 0, ran.err);
    return nlohmann::json::parse(ran.out);
  }
  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

bool skipped(const char* test, bool where) {
  if (where == has_bfloat16_products()) return false;
  std::printf("precision/%s is skipped: this processor has %sproducts in bfloat16\n", test,
              where ? "no " : "");
  return true;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(precision, Precision)

BOOST_AUTO_TEST_CASE(is_float32_unless_told_otherwise) {
  for (const char* verb : verbs) {
    const Ran ran = unfold(std::string(verb) + " good.fold --precision float16");
    BOOST_TEST(ran.code == 2);
    BOOST_TEST(contains(ran.err, "float32,bfloat16"), ran.err);
  }
  BOOST_TEST(unfold("gradcheck good.fold --precision bfloat16").code == 2);
  BOOST_TEST(json("bench good.fold --window 0")["precision"] == "float32");
  BOOST_TEST(!contains(unfold("inspect wide.fold --stage plan").out, "bfloat16"));
  const std::string model = trained("plain", "--precision float32 --set train.epochs=1");
  BOOST_TEST((read_checkpoint(model).source.products == Products::full));
}

BOOST_AUTO_TEST_CASE(a_processor_without_bfloat16_is_told_before_anything_is_done) {
  if (skipped("a_processor_without_bfloat16_is_told_before_anything_is_done", false)) return;
  const std::string message = std::string(no_bfloat16_products) + "; use --precision float32";
  for (const char* verb : verbs) {
    const Ran ran = unfold(std::string(verb) + " wide.fold --precision bfloat16");
    BOOST_TEST(ran.code == 2, verb);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(contains(ran.err, "error: " + message), ran.err);
  }
  BOOST_TEST(!std::filesystem::exists(root / "runs"));
}

BOOST_AUTO_TEST_CASE(a_model_that_was_trained_elsewhere_can_be_used_in_float32) {
  if (skipped("a_model_that_was_trained_elsewhere_can_be_used_in_float32", false)) return;
  const std::string model = trained("run", "--set train.epochs=1");
  Checkpoint elsewhere = read_checkpoint(model);
  elsewhere.source.products = Products::bfloat16;
  write_checkpoint((root / "elsewhere.safetensors").string(), elsewhere);
  for (const char* verb : verbs) {
    if (std::string(verb) == "train") continue;
    const std::string command = std::string(verb) + " elsewhere.safetensors";
    const Ran ran = unfold(command);
    BOOST_TEST(ran.code == 1, verb);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(contains(ran.err, "elsewhere.safetensors: its precision is bfloat16"), ran.err);
    BOOST_TEST(contains(ran.err, "--precision float32"), ran.err);
    BOOST_TEST(unfold(command + " --precision float32").code == 0, verb);
  }
  BOOST_TEST(unfold("summary elsewhere.safetensors").code == 0);
  write_checkpoint(model, elsewhere);
  BOOST_TEST(unfold("train --resume run --set train.epochs=2").code == 1);
  BOOST_TEST(unfold("train --resume run --set train.epochs=2 --precision float32").code == 0);
  BOOST_TEST((read_checkpoint(model).source.products == Products::full));
}

BOOST_AUTO_TEST_CASE(training_in_bfloat16_learns_what_float32_learns) {
  if (skipped("training_in_bfloat16_learns_what_float32_learns", true)) return;
  const std::string full = trained("full", ""),
                    rounded = trained("rounded", "--precision bfloat16");
  const Checkpoint model = read_checkpoint(rounded);
  BOOST_TEST((model.source.products == Products::bfloat16));
  for (const TrainedParameter& p : model.parameters) BOOST_TEST((p.value.dtype() == DType::f32));
  const double loss = json("eval " + full)["loss"], near = json("eval " + rounded)["loss"];
  BOOST_TEST(near != loss);
  BOOST_TEST(std::abs(near - loss) < 0.05 * loss + 0.01);
  // The file's precision is taken, and can be changed.
  BOOST_TEST(json("eval " + rounded + " --precision bfloat16")["loss"] == near);
  BOOST_TEST(json("eval " + rounded + " --precision float32")["loss"] != near);
  BOOST_TEST(json("bench wide.fold --window 0 --precision bfloat16")["precision"] == "bfloat16");
  BOOST_TEST(contains(unfold("inspect wide.fold --stage plan --precision bfloat16").out,
                      "products in bfloat16"));
  const std::string again = trained("again", "--precision bfloat16 --threads 1");
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    BOOST_TEST((read_checkpoint(again).parameters[i].value == model.parameters[i].value));
}

BOOST_AUTO_TEST_CASE(a_run_goes_on_in_its_precision) {
  if (skipped("a_run_goes_on_in_its_precision", true)) return;
  const Checkpoint whole = read_checkpoint(trained("whole", "--precision bfloat16"));
  const std::string model = trained("parts", "--precision bfloat16 --set train.epochs=10");
  BOOST_TEST(unfold("train --resume parts --set train.epochs=30").code == 0);
  const Checkpoint parts = read_checkpoint(model);
  BOOST_TEST((parts.source.products == Products::bfloat16));
  for (std::size_t i = 0; i < whole.parameters.size(); ++i)
    BOOST_TEST((parts.parameters[i].value == whole.parameters[i].value));
}

BOOST_AUTO_TEST_SUITE_END()
