#include "graph/unroll.h"

#include <boost/test/unit_test.hpp>

#include "graph/verify.h"
#include "ops/ops.h"
#include "tests/support/feeds.h"

using namespace unfold;
using support::Feeds;

namespace {

const Type number = real_type({});

// Builds a graph with a sequence `x` of single numbers, runs it on one tensor [batch, steps] and
// returns the output `y`.
template <class Build>
std::vector<double> run(std::int64_t steps, bool ragged, const std::vector<std::int32_t>& lengths,
                        const Build& build) {
  Graph g;
  const Dim time{steps, "time(x)", ragged, 0, {}};
  const Value x = input(g, "x", real_type({time}, true));
  g.outputs.push_back({"y", build(g, time, x).id});
  verify(g);
  const auto batch = static_cast<std::int64_t>(lengths.size());
  Feeds feeds(g, batch);
  for (std::int64_t i = 0; i < batch * steps; ++i) feeds["x"].set(i, static_cast<double>(i + 1));
  feeds.set("length(time(x))", Tensor::of<std::int32_t>({batch}, lengths));
  const Tensor y = support::execute(g, feeds.feed()).at("y");
  std::vector<double> out;
  for (std::int64_t i = 0; i < y.size(); ++i) out.push_back(y.at(i));
  return out;
}

Value zero(Graph& g) { return fill(g, 0, number); }

using Numbers = std::vector<double>;

}  // namespace

BOOST_AUTO_TEST_SUITE(unrolling)

BOOST_AUTO_TEST_CASE(a_state_goes_from_step_to_step) {
  const auto y = run(4, false, {4}, [](Graph& g, const Dim& time, Value x) {
    return unroll(g, {time, false, {{"h", fill(g, 100, number), 1}}, ""}, core_ops(),
                  [&](Unroller& u) { u.define("h", u.previous("h") + u.at(x)); })[0];
  });
  BOOST_TEST(y == (Numbers{101, 103, 106, 110}), boost::test_tools::per_element());
}

// h[t] = h[t-1] + h[t-3], both starting from 1.
BOOST_AUTO_TEST_CASE(several_delays) {
  const auto y = run(6, false, {6}, [](Graph& g, const Dim& time, Value x) {
    return unroll(g, {time, false, {{"h", fill(g, 1, number), 3}}, ""}, core_ops(),
                  [&](Unroller& u) {
                    u.define("h", u.previous("h", 1) + u.previous("h", 3) + u.at(x) * 0.0);
                  })[0];
  });
  BOOST_TEST(y == (Numbers{2, 3, 4, 6, 9, 13}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_delay_longer_than_the_sequence) {
  const auto y = run(2, false, {2}, [](Graph& g, const Dim& time, Value x) {
    return unroll(g, {time, false, {{"h", fill(g, 7, number), 4}}, ""}, core_ops(),
                  [&](Unroller& u) { u.define("h", u.previous("h", 4) + u.at(x)); })[0];
  });
  BOOST_TEST(y == (Numbers{8, 9}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(states_that_use_each_other_at_their_own_step) {
  const auto y = run(3, false, {3}, [](Graph& g, const Dim& time, Value x) {
    return unroll(g, {time, false, {{"a", zero(g), 0}, {"b", zero(g), 1}}, ""}, core_ops(),
                  [&](Unroller& u) {
                    BOOST_TEST(!u.current("a"));
                    u.define("a", u.at(x) * 10.0);
                    BOOST_TEST(!u.current("nothing"));
                    u.define("b", u.current("a") + u.previous("b"));
                  })[1];
  });
  BOOST_TEST(y == (Numbers{10, 30, 60}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sequences_from_outside_at_other_steps) {
  const auto y = run(4, false, {4}, [](Graph& g, const Dim& time, Value x) {
    return unroll(g, {time, false, {{"h", zero(g), 0}}, ""}, core_ops(), [&](Unroller& u) {
      u.define("h", u.at(x, -1) * 100.0 + u.at(x) + u.at(x, 2) * 10000.0);
    })[0];
  });
  BOOST_TEST(y == (Numbers{30001, 40102, 203, 304}), boost::test_tools::per_element());
}

// Numbers of example 0: 1 2 3 4, of example 1: 5 6 7 8, of which 2 are real.
BOOST_AUTO_TEST_CASE(a_later_step_beyond_an_examples_end_is_zero) {
  const auto y = run(4, true, {4, 2}, [](Graph& g, const Dim& time, Value x) {
    return unroll(g, {time, false, {{"h", zero(g), 0}}, ""}, core_ops(),
                  [&](Unroller& u) { u.define("h", u.at(x, 1)); })[0];
  });
  const Numbers expected{2, 3, 4, 0, 6, 0, 0, 0};
  BOOST_TEST(y == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(backward_starts_at_each_examples_own_end) {
  const auto y = run(4, true, {4, 2}, [](Graph& g, const Dim& time, Value x) {
    return unroll(g, {time, true, {{"h", fill(g, 100, number), 1}}, ""}, core_ops(),
                  [&](Unroller& u) { u.define("h", u.previous("h") + u.at(x)); })[0];
  });
  BOOST_TEST(y[0] == 110);
  BOOST_TEST(y[3] == 104);
  BOOST_TEST(y[4] == 111);
  BOOST_TEST(y[5] == 106);
}

BOOST_AUTO_TEST_CASE(backward_with_several_delays) {
  const auto y = run(4, true, {4, 3}, [](Graph& g, const Dim& time, Value x) {
    return unroll(g, {time, true, {{"h", fill(g, 100, number), 2}}, ""}, core_ops(),
                  [&](Unroller& u) { u.define("h", u.previous("h", 2) + u.at(x)); })[0];
  });
  const Numbers first(y.begin(), y.begin() + 4), second(y.begin() + 4, y.begin() + 7);
  BOOST_TEST(first == (Numbers{104, 106, 103, 104}), boost::test_tools::per_element());
  BOOST_TEST(second == (Numbers{112, 106, 107}), boost::test_tools::per_element());
}

// A recurrence over the steps after those of x, of which an example's last is not real, is the
// recurrence over the same numbers without it.
BOOST_AUTO_TEST_CASE(steps_that_are_not_real_take_no_part) {
  const auto add_up = [](bool backward, int delay) {
    return [=](Graph& g, const Dim&, Value x) {
      return unroll(g, {x.type().dims[0], backward, {{"h", fill(g, 100, number), delay}}, ""},
                    core_ops(),
                    [&](Unroller& u) { u.define("h", u.previous("h", delay) * 2.0 + u.at(x)); })[0];
    };
  };
  for (const bool ragged : {false, true})
    for (const bool backward : {false, true})
      for (const int delay : {1, 2}) {
        const std::vector<std::int32_t> lengths{5, ragged ? 3 : 5};
        const auto body = add_up(backward, delay);
        const auto y = run(5, ragged, lengths, [&](Graph& g, const Dim& time, Value x) {
          const Value h = body(g, time, shift(x, 1));
          BOOST_TEST(h.type().dims[0].trim == 1);
          BOOST_TEST((h.type().dims[0].axis == time.axis && h.type().dims[0].ragged == ragged));
          return h;
        });
        for (std::size_t e = 0; e < lengths.size(); ++e) {
          const auto real = static_cast<std::size_t>(lengths[e] - 1);
          const auto alone =
              run(lengths[e] - 1, false, {lengths[e] - 1}, [&](Graph& g, const Dim& time, Value x) {
                return body(g, time, x + (5.0 * static_cast<double>(e) + 1.0));
              });
          for (std::size_t t = 0; t < real; ++t) BOOST_TEST(y[5 * e + t] == alone[t]);
        }
      }
}

BOOST_AUTO_TEST_CASE(the_last_of_a_recurrence_is_its_last_real_step) {
  for (const bool ragged : {false, true}) {
    const auto y = run(4, ragged, {4, ragged ? 3 : 4}, [](Graph& g, const Dim&, Value x) {
      const Value next = shift(x, 1);
      return last(unroll(g, {next.type().dims[0], false, {{"h", zero(g), 1}}, ""}, core_ops(),
                         [&](Unroller& u) { u.define("h", u.previous("h") + u.at(next)); })[0]);
    });
    const Numbers expected{2 + 3 + 4, ragged ? 6.0 + 7.0 : 6.0 + 7.0 + 8.0};
    BOOST_TEST(y == expected, boost::test_tools::per_element());
  }
}

// Over x, whose steps are all real, what follows the last is zero, as x[t+1] is.
BOOST_AUTO_TEST_CASE(a_sequence_that_ends_before_the_axis_is_zero_there) {
  for (const bool ragged : {false, true}) {
    const auto y = run(4, ragged, {4, ragged ? 2 : 4}, [](Graph& g, const Dim& time, Value x) {
      const Value next = shift(x, 1);
      return unroll(g, {time, false, {{"h", zero(g), 0}}, ""}, core_ops(),
                    [&](Unroller& u) { u.define("h", u.at(next) + u.at(next, 1) * 100.0); })[0];
    });
    const Numbers first{302, 403, 4, 0}, second{ragged ? 6.0 : 706.0, ragged ? 0.0 : 807.0};
    BOOST_TEST(Numbers(y.begin(), y.begin() + 4) == first, boost::test_tools::per_element());
    BOOST_TEST(Numbers(y.begin() + 4, y.begin() + 6) == second, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(the_state_that_goes_on_is_that_of_the_last_real_step) {
  Graph g;
  const Value next = shift(input(g, "x", real_type({{5, "time(x)", false, 0, {}}}, true)), 1);
  const auto y = unroll(g, {next.type().dims[0], false, {{"h", zero(g), 2}}, "layer"}, core_ops(),
                        [&](Unroller& u) { u.define("h", u.previous("h", 2) + u.at(next, -1)); });
  BOOST_TEST_REQUIRE(g.states.size() == 3u);
  BOOST_TEST(g.states[0].out == g.inputs(y[0].id)[3]);
  BOOST_TEST(g.states[1].out == g.inputs(y[0].id)[2]);
  BOOST_TEST(g.attributes(g.states[2].out).integer("index") == 3);
  verify(g);
}

// For each step an inner recurrence over the whole sequence: sums of x[s] * x[t].
BOOST_AUTO_TEST_CASE(nested_recurrences) {
  const auto y = run(3, false, {3}, [](Graph& g, const Dim& time, Value x) {
    return unroll(g, {time, false, {{"h", zero(g), 0}}, "outer"}, core_ops(), [&](Unroller& outer) {
      const std::int32_t step = g.current.step;
      const auto inner = unroll(
          g, {time, false, {{"s", zero(g), 1}}, fmt::format("inner{}", outer.step())}, core_ops(),
          [&](Unroller& u) { u.define("s", u.previous("s") + u.at(x) * outer.at(x)); });
      BOOST_TEST(g.current.step == step);
      outer.define("h", last(inner[0]));
    })[0];
  });
  BOOST_TEST(y == (Numbers{6, 12, 18}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nodes_know_their_step) {
  Graph g;
  const Dim time{3, "t", false, 0, {}};
  const Value x = input(g, "x", real_type({time}, true));
  g.current.step = 8;
  unroll(g, {time, true, {{"h", zero(g), 0}}, ""}, core_ops(), [&](Unroller& u) {
    const Value v = tanh(u.at(x));
    BOOST_TEST(g.place(v.id).step == u.step());
    u.define("h", v);
  });
  BOOST_TEST(g.current.step == 8);
}

BOOST_AUTO_TEST_CASE(a_slice_is_taken_once) {
  Graph g;
  const Dim time{3, "t", false, 0, {}};
  const Value x = input(g, "x", real_type({time}, true));
  unroll(g, {time, false, {{"h", zero(g), 0}}, ""}, core_ops(), [&](Unroller& u) {
    BOOST_TEST(u.at(x).same_as(u.at(x)));
    u.define("h", u.at(x));
  });
}

BOOST_AUTO_TEST_CASE(states_are_recorded) {
  Graph g;
  const Dim time{5, "time(x)", false, 0, {}};
  const Value x = input(g, "x", real_type({time}, true));
  const auto y = unroll(g, {time, false, {{"h", zero(g), 2}, {"c", zero(g), 0}}, "layer"},
                        core_ops(), [&](Unroller& u) {
                          u.define("c", u.at(x, -1));
                          u.define("h", u.previous("h", 2) + u.current("c"));
                        });
  BOOST_TEST_REQUIRE(g.states.size() == 3u);
  const auto steps = g.inputs(y[0].id);
  BOOST_TEST(g.states[0].name.str() == "layer.h@1");
  BOOST_TEST(g.states[0].axis.str() == "time(x)");
  BOOST_TEST(g.states[0].out == steps[4]);
  BOOST_TEST(g.states[1].name.str() == "layer.h@2");
  BOOST_TEST(g.states[1].out == steps[3]);
  BOOST_TEST(g.states[2].name.str() == "layer.past0@1");
  BOOST_TEST(g.attributes(g.states[2].out).integer("index") == 4);
  verify(g);
}

BOOST_AUTO_TEST_CASE(states_that_run_backward_are_not_recorded) {
  Graph g;
  const Dim time{3, "t", false, 0, {}};
  const Value x = input(g, "x", real_type({time}, true));
  unroll(g, {time, true, {{"h", zero(g), 1}}, ""}, core_ops(),
         [&](Unroller& u) { u.define("h", u.previous("h") + u.at(x)); });
  BOOST_TEST(g.states.empty());
}

BOOST_AUTO_TEST_CASE(what_a_recurrence_has_not_is_an_error) {
  const auto error = [](std::int64_t steps, const StateSpec& state, const auto& body) {
    Graph g;
    StateSpec spec = state;
    if (spec.init) spec.init = zero(g);
    const Dim time{steps, "time(x)", false, 0, {}};
    const Value x = input(g, "x", real_type({{2, "time(x)", false, 0, {}}}, true));
    return support::error_of([&] {
      unroll(g, {time, false, {spec}, ""}, core_ops(), [&](Unroller& u) { body(u, x); });
    });
  };
  Graph other;
  const StateSpec h{"h", zero(other), 1};
  const auto nothing = [](Unroller& u, Value x) { u.define("h", u.at(x)); };
  BOOST_TEST(error(2, h, nothing) == "");
  BOOST_TEST(error(0, h, nothing) == "a recurrence over time(x)=0 needs a number of steps");
  BOOST_TEST(error(Dim::unknown, h, nothing) ==
             "a recurrence over time(x) needs a number of steps");
  BOOST_TEST(error(2, {"h", {}, 1}, nothing) == "the state h has no initial value");
  BOOST_TEST(error(2, h, [](Unroller& u, Value) { u.previous("c"); }) ==
             "the recurrence has no state c");
  for (const int k : {0, 2})
    BOOST_TEST(error(2, h, [k](Unroller& u, Value) {
                 u.previous("h", k);
               }).ends_with("steps before this one is outside of what the state h keeps: 1"));
  BOOST_TEST(error(2, h, [](Unroller& u, Value x) { u.at(sum(x)); }) ==
             "a single number has no steps");
}

BOOST_AUTO_TEST_SUITE_END()
