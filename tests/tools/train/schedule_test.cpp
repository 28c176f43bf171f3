#include "tools/train/schedule.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "graph/error.h"

using namespace unfold;

namespace {

bool near(double a, double b) { return std::abs(a - b) < 1e-12; }

std::string construction_error(const std::string& name, const OptionValues& options) {
  try {
    Schedule(name, options);
  } catch (const Error& error) {
    return error.message;
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_suite)

BOOST_AUTO_TEST_CASE(constant_by_default) {
  BOOST_TEST(Schedule().factor({0, 0, 100}) == 1);
  BOOST_TEST(Schedule().factor({99, 9, 100}) == 1);
}

BOOST_AUTO_TEST_CASE(step_and_exponential_count_epochs) {
  const Schedule step("step", {{"every", 3}, {"factor", 0.5}});
  BOOST_TEST(step.factor({0, 2, 0}) == 1);
  BOOST_TEST(step.factor({0, 3, 0}) == 0.5);
  BOOST_TEST(step.factor({0, 8, 0}) == 0.25);
  const Schedule exponential("exponential", {{"factor", 0.9}});
  BOOST_TEST(exponential.factor({50, 0, 0}) == 1);
  BOOST_TEST(near(exponential.factor({50, 2, 0}), 0.81));
}

BOOST_AUTO_TEST_CASE(warmup_rises_linearly_on_every_schedule) {
  for (const TrainChoice& choice : schedule_choices()) {
    OptionValues options = {{"warmup", 4}};
    if (choice.option("every")) options["every"] = 2;
    const Schedule schedule(choice.name, options);
    for (int update = 0; update < 4; ++update) {
      BOOST_TEST(near(schedule.factor({update, 0, 100}), (update + 1) / 4.0), choice.name);
    }
    BOOST_TEST(near(schedule.factor({4, 0, 100}), 1), choice.name);
  }
}

BOOST_AUTO_TEST_CASE(cosine_falls_to_zero) {
  const Schedule schedule("cosine", {{"warmup", 20}});
  BOOST_TEST(near(schedule.factor({20, 0, 120}), 1));
  BOOST_TEST(near(schedule.factor({70, 0, 120}), 0.5));
  BOOST_TEST(near(schedule.factor({45, 0, 120}), 0.5 * (1 + std::sqrt(0.5))));
  BOOST_TEST(near(schedule.factor({120, 0, 120}), 0));
  BOOST_TEST(near(schedule.factor({500, 0, 120}), 0));
  BOOST_TEST(near(schedule.factor({4, 0, 10}), 0.25));  // training ends before the warmup does
}

BOOST_AUTO_TEST_CASE(plateau_waits_for_its_patience) {
  Schedule schedule("plateau", {{"patience", 2}, {"factor", 0.5}});
  std::vector<double> factors;
  for (const double loss : {3.0, 2.0, 2.0, 2.5, 1.9, 2.0, 1.8, 1.9, 1.9, 1.9, 1.9}) {
    schedule.end_epoch(loss);
    factors.push_back(schedule.factor({}));
  }
  const std::vector<double> expected = {1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125};
  BOOST_TEST(factors == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(plateau_takes_no_loss_that_is_not_finite_for_the_best) {
  Schedule schedule("plateau", {{"patience", 2}, {"factor", 0.5}});
  std::vector<double> factors;
  for (const double loss : {std::nan(""), 3.0, 2.0, std::nan(""), 1.0, 0.5}) {
    schedule.end_epoch(loss);
    factors.push_back(schedule.factor({}));
  }
  BOOST_TEST(factors == std::vector<double>(6, 1.0), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(plateau_resumes) {
  Schedule whole("plateau", {{"patience", 2}});
  whole.end_epoch(1);
  whole.end_epoch(1);
  Schedule resumed("plateau", {{"patience", 2}});
  resumed.restore(whole.state());
  whole.end_epoch(1);
  resumed.end_epoch(1);
  BOOST_TEST((whole.state() == resumed.state()));
  BOOST_TEST(near(resumed.factor({}), 0.1));
}

BOOST_AUTO_TEST_CASE(errors_say_what_was_expected) {
  BOOST_TEST(construction_error("sine", {}) ==
             "there is no schedule 'sine', only constant, step, exponential, cosine, plateau");
  BOOST_TEST(construction_error("step", {}) == "step needs every = an integer at least 1");
  BOOST_TEST(construction_error("step", {{"every", 1.5}}) ==
             "step: every is 1.5, expected an integer at least 1");
  BOOST_TEST(construction_error("plateau", {{"factor", 0}}) ==
             "plateau: factor is 0, expected a number greater than 0 and at most 1");
  BOOST_TEST(construction_error("cosine", {{"warmup", -1}}) ==
             "cosine: warmup is -1, expected an integer at least 0");
}

BOOST_AUTO_TEST_SUITE_END()
