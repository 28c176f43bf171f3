#!/usr/bin/python3
"""One training step of a configuration of this folder in PyTorch, timed: forward, backward, clipping, Adam.

Prints `tokens_per_second` (the best of five windows), `tokens_per_second_median`, and how many bytes the
process had at most beyond those after importing PyTorch, as JSON. Threads of BLAS are
set from outside, by OPENBLAS_NUM_THREADS. The texts of configuration e are those of make_data.sh.
"""
import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

IGNORED = -100
WINDOWS = 5


class OwnLstm(nn.Module):
    """An LSTM as a user writes it: all gates from one product, a loop over the steps."""

    def __init__(self, inputs: int, units: int):
        super().__init__()
        self.units = units
        self.gates = nn.Linear(inputs + units, 4 * units)

    def forward(self, sequence):
        h = sequence.new_zeros([sequence.size(1), self.units])
        c = h
        states = []
        for x in sequence.unbind(0):
            write, forget, new, show = self.gates(torch.cat([x, h], dim=1)).chunk(4, dim=1)
            c = torch.sigmoid(forget) * c + torch.sigmoid(write) * torch.tanh(new)
            h = torch.sigmoid(show) * torch.tanh(c)
            states.append(h)
        return torch.stack(states)


def recurrence(cell, inputs, units, layers, script):
    """A module from [time, batch, inputs] to [time, batch, units]."""
    if cell != "own-lstm":
        return {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cell](inputs, units, layers)
    sizes = [inputs] + [units] * layers
    stack = [OwnLstm(a, b) for a, b in zip(sizes, sizes[1:])]
    return nn.Sequential(*[torch.jit.script(layer) if script else layer for layer in stack])


class SymbolModel(nn.Module):
    """Embedding, recurrence, logits of the next symbol."""

    def __init__(self, symbols, units, layers, args):
        super().__init__()
        self.symbols = symbols
        self.embedding = nn.Embedding(symbols, units)
        self.recurrence = recurrence(args.cell, units, units, layers, args.script)
        self.output = nn.Linear(units, symbols)

    def logits(self, ids, lengths=None):
        x = self.embedding(ids)
        if lengths is not None:
            return self.output(self.recurrence(pack_padded_sequence(x, lengths))[0].data)
        h = self.recurrence(x)
        return self.output(h[0] if isinstance(h, tuple) else h)

    def loss(self, batch):
        ids, following, lengths = batch
        if lengths is not None:
            following = pack_padded_sequence(following, lengths).data
        logits = self.logits(ids, lengths).reshape(-1, self.symbols)
        return nn.functional.cross_entropy(logits, following.reshape(-1), ignore_index=IGNORED)

    def forward(self, batch):
        return self.logits(batch[0], batch[2])


class AddingModel(nn.Module):
    """Two numbers a step in, one number out at the end."""

    def __init__(self, units, args):
        super().__init__()
        self.recurrence = recurrence(args.cell, 2, units, 1, args.script)
        self.output = nn.Linear(units, 1)

    def forward(self, batch):
        h = self.recurrence(batch[0])
        return self.output((h[0] if isinstance(h, tuple) else h)[-1])

    def loss(self, batch):
        return nn.functional.mse_loss(self(batch), batch[1])


def rows_in_batches(args, size):
    """Configuration e: (ids, following, lengths) of its table, padded; the longest first in each batch."""
    with open(args.data, encoding="utf-8") as table:
        rows = table.read().split("\n")[1:-1]
    number = {symbol: i for i, symbol in enumerate(sorted(set("".join(rows))))}
    rows = [torch.tensor([number[symbol] for symbol in row]) for row in rows]
    if not args.mixed:
        rows.sort(key=len)
    for first in range(0, len(rows), size):
        group = sorted(rows[first : first + size], key=len, reverse=True)
        lengths = torch.tensor([len(row) for row in group])
        ids = nn.utils.rnn.pad_sequence(group)
        following = nn.utils.rnn.pad_sequence(
            [torch.cat([row[1:], torch.tensor([IGNORED])]) for row in group], padding_value=IGNORED
        )
        yield (ids, following, lengths if args.packed else None), int(lengths.sum())


def configuration(args):
    """The model, and its batches with the number of their tokens."""
    if args.configuration == "d":
        steps, size = 1000, 20
        return AddingModel(64, args), [((torch.rand(steps, size, 2), torch.rand(size, 1)), steps * size)]
    if args.configuration == "e":
        return SymbolModel(65, 128, 1, args), list(rows_in_batches(args, 64))
    symbols, units, layers, steps, size = {
        "a": (65, 128, 2, 50, 50),
        "b": (65, 512, 1, 100, 64),
        "c": (10000, 200, 2, 20, 20),
    }[args.configuration]
    ids, following = torch.randint(symbols, (2, steps, size)).unbind(0)
    return SymbolModel(symbols, units, layers, args), [((ids, following, None), steps * size)]


def resident(field):
    """Bytes of memory that the process has (VmRSS) or had at most (VmHWM)."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("configuration", choices="abcde")
    parser.add_argument("cell", choices=["lstm", "gru", "rnn", "own-lstm"])
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch itself")
    parser.add_argument("--window", type=float, default=0.6, help="seconds of each window, at least")
    parser.add_argument("--inference", action="store_true", help="forward only")
    parser.add_argument("--script", action="store_true", help="compile own-lstm with TorchScript")
    parser.add_argument("--mixed", action="store_true", help="e: rows in their order, not by length")
    parser.add_argument("--packed", action="store_true", help="e: PackedSequence instead of padding")
    parser.add_argument("--data", default="build/bench/lengths.tsv", help="e: the table of texts")
    args = parser.parse_args()
    at_start = resident("VmRSS")
    # Before there are threads, which inherit it.
    torch.set_flush_denormal(True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    model, batches = configuration(args)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)

    def step(batch):
        if args.inference:
            with torch.inference_mode():
                model(batch)
            return
        optimizer.zero_grad()
        model.loss(batch).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()

    def window(seconds):
        began = time.perf_counter()
        done = 0
        while True:
            for batch, tokens in batches:
                step(batch)
                done += tokens
            passed = time.perf_counter() - began
            if passed >= seconds:
                return done / passed

    for _ in range(4 if len(batches) == 1 else 1):
        window(0)
    rates = [window(args.window) for _ in range(WINDOWS)]
    print(
        json.dumps(
            {
                "tokens_per_second": max(rates),
                "tokens_per_second_median": statistics.median(rates),
                "memory_peak_growth": resident("VmHWM") - at_start,
            }
        )
    )


if __name__ == "__main__":
    main()
