r"""How wide LaTeX mathematics comes out, in em: an estimate from above, for breaking lines before anything is compiled."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\\]", re.DOTALL)
_SCRIPT = 0.72  # of a subscript or superscript
_TEXT = 0.53  # a letter of a text
_PUNCTUATION = {
    ",": 0.45,
    ".": 0.3,
    ";": 0.45,
    ":": 0.6,
    "(": 0.39,
    ")": 0.39,
    "[": 0.3,
    "]": 0.3,
    "|": 0.3,
    "'": 0.3,
    "/": 0.5,
}
_SPACES = {
    r"\,": 0.17,
    r"\:": 0.23,
    r"\;": 0.28,
    r"\!": -0.17,
    r"\quad": 1.0,
    r"\qquad": 2.0,
    r"\ ": 0.34,
    "~": 0.34,
    "&": 0.0,
}
_SIGNS = frozenset(
    {
        "+",
        "-",
        "=",
        "<",
        ">",
        r"\cdot",
        r"\times",
        r"\le",
        r"\leq",
        r"\ge",
        r"\geq",
        r"\in",
        r"\wedge",
        r"\vee",
        r"\to",
        r"\neq",
    }
)
_WORDS = frozenset({r"\log", r"\min", r"\max", r"\exp", r"\sin", r"\cos", r"\operatorname", r"\lim"})
_WRITTEN = frozenset({r"\text", r"\mathrm", r"\mathit", r"\operatorname", r"\texttt", r"\mbox"})
_NOTHING = frozenset(
    {r"\left", r"\right", r"\bigl", r"\bigr", r"\displaystyle", r"\allowbreak", r"\limits", "{", "}", " ", "\n"}
)


def width(latex: str) -> float:
    """Of one line; of cases, the widest row."""
    return _Reader(_TOKEN.findall(latex)).all()


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    def all(self, end: str = "") -> float:
        """Up to a closing token."""
        whole = 0.0
        while self.at < len(self.tokens):
            if self.tokens[self.at] == end:
                self.at += 1
                break
            whole += self.one()
        return whole

    def one(self) -> float:
        token = self.tokens[self.at]
        self.at += 1
        if token == "{":
            return self.all("}")
        if token in "^_":
            return _SCRIPT * self.argument()
        if token == r"\frac":
            return max(self.argument(), self.argument()) + 0.3
        if token == r"\sqrt":
            return self.root()
        if token in _WRITTEN:
            return self.text() + (0.2 if token in _WORDS else 0.0)
        if token == r"\begin":
            self.text()
            return self.rows()
        if token == r"\end":
            self.text()
            return 0.0
        return _plain(token)

    def argument(self) -> float:
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.one() if self.at < len(self.tokens) else 0.0

    def root(self) -> float:
        if self.at < len(self.tokens) and self.tokens[self.at] == "[":
            self.at += 1
            self.all("]")
        return self.argument() + 0.9

    def text(self) -> float:
        """The letters of a group that is no mathematics."""
        if self.at >= len(self.tokens) or self.tokens[self.at] != "{":
            return 0.0
        self.at, depth, letters = self.at + 1, 1, 0
        while self.at < len(self.tokens) and depth:
            token = self.tokens[self.at]
            depth += {"{": 1, "}": -1}.get(token, 0)
            letters += token not in "{}"
            self.at += 1
        return _TEXT * letters

    def rows(self) -> float:
        """The widest row of an environment, with its brace."""
        widest, row = 0.0, 0.0
        while self.at < len(self.tokens) and self.tokens[self.at] != r"\end":
            if self.tokens[self.at] == r"\\":
                self.at += 1
                widest, row = max(widest, row), 0.0
            elif self.tokens[self.at] == "&":
                self.at += 1
                row += 1.0
            else:
                row += self.one()
        return max(widest, row) + 0.9


def _plain(token: str) -> float:
    if token in _NOTHING:
        return 0.0
    if token in _SPACES:
        return _SPACES[token]
    if token in _SIGNS:
        return 1.33
    if token in _WORDS:
        return _TEXT * (len(token) - 1) + 0.2
    if token in _PUNCTUATION:
        return _PUNCTUATION[token]
    if token.isdigit():
        return 0.5
    return 1.0 if token in (r"\infty", "M", "W", "m", "w") else 0.65
