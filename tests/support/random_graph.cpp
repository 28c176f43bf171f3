#include "tests/support/random_graph.h"

#include <fmt/format.h>

#include <functional>
#include <random>

#include "graph/autodiff.h"
#include "graph/unroll.h"
#include "ops/ops.h"

namespace unfold::support {

namespace {

class Generator {
 public:
  Generator(std::uint32_t seed, RandomGraphOptions options) : options_(options), random_(seed) {
    add_sources();
    fill_moves();
  }

  Graph make() {
    for (int i = 0; i < options_.operations; ++i) {
      add_operation();
      if (options_.recurrent && i % (options_.operations / 2) == 0) add_recurrence();
    }
    add_outputs();
    return std::move(g_);
  }

 private:
  using Move = std::function<Value()>;

  std::size_t below(std::size_t n) { return random_() % n; }
  bool coin() { return below(2) == 0; }

  void add_sources() {
    const Dim time{options_.steps, "time(x)", true, 0, {}};
    reals_ = {input(g_, "x", real_type({time, plain(3, "units")}, true)),
              input(g_, "u", real_type({time}, true)),
              input(g_, "y", real_type({plain(3, "units")}, true)),
              input(g_, "z", real_type({plain(2), plain(3)}, true)),
              input(g_, "s", real_type({}, true))};
    for (const auto& [name, dims] :
         {std::pair{"W", std::vector{plain(3), plain(3)}}, std::pair{"b", std::vector{plain(3)}},
          std::pair{"V", std::vector{plain(2), plain(3)}}, std::pair{"p", std::vector<Dim>{}}}) {
      reals_.push_back(parameter(g_, name, dims));
      parameters_.push_back(reals_.back().id);
    }
    for (const char* name : {"A", "B", "C"}) {
      if (!options_.recurrent) continue;
      joined_.push_back(parameter(g_, name, {plain(6), plain(3)}));
      parameters_.push_back(joined_.back().id);
    }
    reals_.push_back(constant(g_, Tensor::of<double>({3}, {0.5, -0.25, 1}), {plain(3)}));
    reals_.push_back(random_uniform(g_, "call", {plain(3)}));
    ids_ = {input(g_, "ids", index_type({time}, true)), input(g_, "id", index_type({}, true)),
            length(g_, "time(x)")};
    sources_ = reals_;
  }

  Value any() { return reals_[below(reals_.size())]; }
  // Later values more often, so that graphs are deep.
  Value late() {
    return reals_[reals_.size() - 1 - below(std::min<std::size_t>(6, reals_.size()))];
  }
  Value id() { return ids_[below(ids_.size())]; }
  // Another shape of as many numbers: one dimension or two.
  Value reshaped(Value v) {
    const std::int64_t size = v.type().size();
    for (const std::int64_t rows : {2, 3, 5})
      if (coin() && size % rows == 0) return reshape(v, {plain(rows), plain(size / rows)});
    return reshape(v, {plain(size)});
  }
  // What is compared, signed or ranked must be known to the last bit, or results would depend on
  // the order of additions.
  Value exact() { return sources_[below(sources_.size())]; }
  int dim(Value v) {
    return v.type().rank() == 0 ? 0 : static_cast<int>(below(v.type().dims.size()));
  }
  std::vector<std::int64_t> one_dim(Value v) { return {dim(v)}; }

  void fill_moves() {
    smooth_moves();
    moving_moves();
    if (!options_.smooth) rough_moves();
  }

  void smooth_moves() {
    moves_ = {
        [&] { return late() + any(); },
        [&] { return late() - any(); },
        [&] { return unfold::tanh(late() * any()); },
        [&] { return late() / (softplus(any()) + 1.0); },
        [&] { return pow(softplus(late()) + 0.5, tanh(any())); },
        [&] { return -late(); },
        [&] { return unfold::exp(unfold::tanh(late())); },
        [&] { return unfold::log(softplus(late()) + 0.5); },
        [&] { return unfold::sqrt(softplus(late()) + 0.5); },
        [&] { return sigmoid(late()); },
        [&] { return unfold::erf(late()); },
        [&] { return reciprocal(softplus(late()) + 1.0); },
        [&] { return unfold::tanh(matmul(late(), any())); },
        [&] { return matmul_transposed(unfold::tanh(late()), unfold::tanh(any())); },
        [&] { return unfold::tanh(outer(late(), any())); },
        [&] { return softmax(late()); },
        [&] { return log_softmax(late()); },
        [&] { return log_sum_exp(late()); },
        [&] {
          Value v = late();
          return unfold::tanh(sum(v, one_dim(v)));
        },
        [&] {
          Value v = late();
          return mean(v, one_dim(v));
        },
        [&] { return unfold::tanh(sum(late())); },
        [&] {  // its adjoint is the same along the dimension and reshaped
          Value v = reshaped(late());
          return unfold::tanh(sum(v * v, one_dim(v)));
        },
        [&] {  // a product of several matrices, whose rows have one adjoint
          const Value left[] = {late(), late()}, right[] = {any(), any()};
          return unfold::tanh(sum(matmul(stack(left, plain(2)), stack(right, plain(2))), {1}));
        },
        [&] {
          Value v = late(), w = any();
          return sum_to(unfold::tanh(v + w), w.type());
        },
        [&] { return late() + fill(g_, 0.25, real_type({})); },
    };
    if (options_.separate) return;
    moves_.insert(
        moves_.end(),
        {
            [&] { return unfold::tanh(batch_sum(unfold::tanh(late()))); },
            [&] { return batch_sum(any()) / batch_sum(fill(g_, 1.0, real_type({}, true))); },
        });
  }

  // What moves numbers without changing them.
  void moving_moves() {
    const std::vector<Move> more{
        [&] {
          Value v = late();
          return concat(v, any());
        },
        [&] {
          Value v = late();
          const Value parts[] = {v, v * 0.5};
          return stack(parts, plain(2));
        },
        [&] {
          Value v = late();
          return at(v, static_cast<std::int64_t>(below(3)), dim(v));
        },
        [&] {
          Value v = late();
          return place(v, 1, plain(2), 0);
        },
        [&] {
          Value v = late();
          return slice(v, dim(v), static_cast<std::int64_t>(below(2)), 2);
        },
        [&] {
          Value v = late();
          return pad(v, dim(v), static_cast<std::int64_t>(below(2)), 1);
        },
        [&] { return transpose(late()); },
        [&] { return expand_trailing(late(), 1); },
        [&] { return reshaped(late()); },
        [&] { return reverse(late()); },
        [&] { return shift(late(), coin() ? 1 : -1); },
        [&] {
          Value v = late(), w = any();
          return broadcast_to(v, (v + w).type());
        },
        [&] { return first(late()); },
        [&] { return last(late()); },
        [&] { return take_step(late(), id()); },
        [&] { return gather(any(), id()); },
        [&] { return scatter(late(), id(), plain(3)); },
        [&] { return one_hot(id(), plain(3)); },
        [&] { return pick(late(), id()); },
        [&] { return to_real(id()); },
        [&] { return state(late(), fmt::format("state{}", g_.size()), 1); },
    };
    moves_.insert(moves_.end(), more.begin(), more.end());
  }

  void rough_moves() {
    const std::vector<Move> more{
        [&] { return unfold::abs(late()); },
        [&] { return sign(exact()); },
        [&] { return relu(late()); },
        [&] { return softplus(late()); },
        [&] { return maximum(late(), any()); },
        [&] { return minimum(late(), any()); },
        [&] {
          Value v = late();
          return max(v, one_dim(v));
        },
        [&] { return stop_gradient(late()); },
        [&] {
          Value v = late();
          return after(v, unfold::tanh(v));
        },
        [&] { return comparison(); },
        [&] { return select(greater(exact(), exact()), late(), any()); },
        [&] {
          ids_.push_back(argmax(exact()));
          return Value();
        },
        [&] { return clip(late(), -0.5, 0.5); },
        [&] { return dropout(late(), 0.5, fmt::format("drop{}", g_.size())); },
        [&] {
          return step_mask(g_, {options_.steps, "time(x)", true, 0, {}});
        },
    };
    moves_.insert(moves_.end(), more.begin(), more.end());
  }

  Value comparison() {
    const OpDef& op = compare_ops()[below(compare_ops().size())];
    const Value in[] = {exact(), exact()};
    return g_.add(op, in);
  }

  // One step of a cell: what it makes of its state and its input.
  Value cell(std::size_t kind, Value h, Value x, Value id) {
    const Value W = reals_[5], b = reals_[6], V = reals_[7], z = concat(h, x);
    const auto gate = [&](std::size_t i) { return sigmoid(matmul(z, joined_[i]) + b); };
    switch (kind) {
      case 0: return unfold::tanh(matmul(z, joined_[0]) + b);
      case 1: return gate(0) * h + gate(1) * unfold::tanh(matmul(z, joined_[2]));
      case 2: return unfold::tanh(matmul(x, W) + gate(0) * matmul(h, W) + matmul(gate(1) * h, W));
      case 3: return unfold::tanh(matmul(concat(gather(V, id), h), joined_[0]) + x);
      case 4: return gate(0) * matmul(one_hot(id, plain(2)), V) + gate(1) * h * b;
      default: return unfold::tanh(matmul(concat(h, reals_[2]), joined_[1]) + matmul(x, W) + b);
    }
  }

  // Over any sequence of vectors of three that there is; the input x at least.
  void add_recurrence() {
    std::vector<Value> sequences;
    const Type like = reals_[0].type();
    for (const Value& v : reals_)
      if (v.type().rank() == 2 && v.type().dims[0] == like.dims[0] && v.type().dims[1].size == 3)
        sequences.push_back(v);
    const Value x = sequences[below(sequences.size())];
    const Value start = coin() ? fill(g_, 0.0, real_type({plain(3)})) : reals_[6];
    const Recurrence recurrence{
        like.dims[0], coin(), {{"h", start, 1}}, fmt::format("recurrence{}", g_.size())};
    const std::size_t kind = below(6);
    const auto states = unroll(g_, recurrence, core_ops(), [&](Unroller& t) {
      t.define("h", cell(kind, t.previous("h"), t.at(x), t.at(ids_[0])));
    });
    reals_.push_back(states[0]);
  }

  // Many a draw does not fit together; the operation says so, and the next is tried.
  void add_operation() {
    for (int attempt = 0; attempt < 50; ++attempt) {
      try {
        g_.current.step = coin() ? no_step : static_cast<std::int32_t>(below(4));
        const Value v = moves_[below(moves_.size())]();
        if (v && v.type().size() <= 200 && v.type().rank() <= 4) reals_.push_back(v);
        return;
      } catch (const Error&) {
        continue;
      }
    }
  }

  void add_outputs() {
    Value loss = batch_sum(sum(unfold::tanh(reals_[0])));
    for (int i = 0; i < 5; ++i) {
      const Value v = i < 3 ? late() : any();
      g_.outputs.push_back({fmt::format("out{}", i), v.id});
      loss = loss + batch_sum(sum(unfold::tanh(v)));
    }
    g_.outputs.push_back({"ids", id().id});
    g_.outputs.push_back({"loss", loss.id});
    const Value init = reals_[below(reals_.size())];
    const Value in = state(init, "carried", 1);
    g_.states.push_back({"carried@1", "time(x)", in.id, (in * 0.5).id});
    g_.outputs.push_back({"after", (in + 1.0).id});
    g_.current.step = no_step;
    if (options_.gradients) g_ = differentiate(std::move(g_), "loss", parameters_, core_ops());
  }

  RandomGraphOptions options_;
  std::mt19937 random_;
  Graph g_;
  std::vector<Value> reals_, ids_, sources_;
  std::vector<Value> joined_;  ///< weights for a state beside an input
  std::vector<NodeId> parameters_;
  std::vector<Move> moves_;
};

}  // namespace

Graph random_graph(std::uint32_t seed, RandomGraphOptions options) {
  return Generator(seed, options).make();
}

}  // namespace unfold::support
