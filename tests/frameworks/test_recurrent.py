"""Recurrent networks of specs/ against torch.nn.LSTM and torch.nn.GRU."""

from __future__ import annotations

from typing import Any

import pytest

from frameworks.agreement import agree

torch: Any = pytest.importorskip("torch")
nn = torch.nn


class Classifier(nn.Module):
    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, units, num_layers=2, batch_first=True)
        self.head = nn.Linear(units, 10)

    def forward(self, rows: Any) -> Any:
        return self.head(self.lstm(rows)[0][:, -1])


def test_lstm() -> None:
    names = (
        (r"lstm_0\.input_(\d)\.(weight|bias)", r"lstm.\2_ih_l\1"),
        (r"lstm_0\.hidden_(\d)\.(weight|bias)", r"lstm.\2_hh_l\1"),
    )
    agree("lstm", Classifier(28, 128), names, values={"n": 4})


class Tagger(nn.Module):
    def __init__(self, vocabulary: int, features: int, units: int, tags: int) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, features)
        self.gru = nn.GRU(features, units, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * units, tags)

    def forward(self, words: Any) -> Any:
        return self.head(self.gru(self.words(words))[0])


def test_gru() -> None:
    names = (
        (r"gru_0\.input(_reverse)?\.(weight|bias)", r"gru.\2_ih_l0\1"),
        (r"gru_0\.hidden(_reverse)?\.(weight|bias)", r"gru.\2_hh_l0\1"),
    )
    agree("gru", Tagger(10_000, 100, 128, 17), names, values={"n": 4}, inputs={"input": 10_000})


class Cell(nn.Module):
    """A cell whose gates are maps of the entry beside the state, as in the papers."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.forget, self.write, self.cell, self.show = (nn.Linear(features + units, units) for _ in range(4))

    def forward(self, x: Any, h: Any, c: Any) -> tuple[Any, Any]:
        read = torch.cat([x, h], -1)
        c = self.forget(read).sigmoid() * c + self.write(read).sigmoid() * self.cell(read).tanh()
        return self.show(read).sigmoid() * c.tanh(), c


class Translator(nn.Module):
    def __init__(self, vocabulary: int, features: int, units: int) -> None:
        super().__init__()
        self.read, self.written = (nn.Embedding(vocabulary, features) for _ in range(2))
        self.encoder, self.decoder = (Cell(features, units) for _ in range(2))
        self.general = nn.Linear(units, units, bias=False)
        self.out = nn.Linear(2 * units, units, bias=False)
        self.head = nn.Linear(units, vocabulary)

    def forward(self, source: Any, target: Any) -> Any:
        h = c = torch.zeros(len(source), self.general.in_features, dtype=torch.float64)
        memory: list[Any] = []
        for x in self.read(source).unbind(1):
            h, c = self.encoder(x, h, c)
            memory.append(h)
        rows, made = torch.stack(memory, 1), list[Any]()
        for x in self.written(target).unbind(1):
            h, c = self.decoder(x, h, c)
            weights = torch.einsum("nd,ntd->nt", h, self.general(rows)).softmax(-1)
            context = torch.einsum("nt,ntd->nd", weights, rows)
            made.append(self.out(torch.cat([context, h], -1)).tanh())
        return self.head(torch.stack(made, 1))


def test_seq2seq() -> None:
    names = ((r"(encoder|decoder)\.0\.cell\.", r"\1."), (r"attention\.", ""))
    values = {"n": 3, "S": 7, "T": 5, "V": 50, "e": 16, "d": 24}
    agree("seq2seq", Translator(50, 16, 24), names, values=values, inputs={"source": 50, "target": 50})
