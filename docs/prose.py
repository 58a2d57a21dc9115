"""Plain text with mathematics, as docstrings, sources and witnesses have it, as Markdown that is read: `||x_i||^2 <= oo` with bars,
an index, a square and signs.

Signs and letters are set, never rearranged: what is a fraction, a product or an article in doubt stays as it is typed. Names of code
are code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

_LOWER = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eps": "ε", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ",
    "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
_LETTERS = {**{name: f"*{letter}*" for name, letter in _LOWER.items()}, "Phi": "Φ", "Psi": "Ψ", "Sigma": "Σ", "oo": "∞"}
_GREEK = "|".join(_LETTERS)
_OVER = frozenset(
    {"sum", "prod", "max", "min", "argmin", "argmax", "sup", "inf", "lim"}
)  # what has one letter below it
_LARGE = {"sum": "∑", "prod": "∏"}
_SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "||": "‖", " - ": " − ", " . ": " · ", "*": r"\*"}
_PRIMES = ("", "′", "″", "‴", "⁗")

_INNER = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"  # parentheses in two levels
_TOKEN = re.compile(
    rf"""
      (?P<code>`[^`]*` | (?<![\w/])[\w-]+(?:/[\w-]+)*\.(?:py|md|js|yaml|json)\b | (?<![\w.])[a-z]\w+(?:\.[A-Za-z]\w+)+(?!\w)
        | \b[a-z]\w+=\w{{2,}} | \b[A-Z]\w+Error\b | (?<!\S)--[a-z][\w-]*)
    | (?P<quoted>"[^"]*->[^"]*")
    | (?P<paper>arXiv:(?P<number>\d+\.\d+))
    | (?P<size>(?<=\d[ ])x(?=[ ]\d))
    | (?P<count>\d+(?:\.\d+\w*|[A-Zd]\b)?)
    | (?P<pair><(?=\S)(?P<paired>[^<>=]+,[^<>=]*[^<>=\s])>)
    | (?P<root>\bsqrt(?:[ ](?P<of>\d+)\b | \((?P<alone>\d+|[A-Za-z]|{_GREEK})\)(?!\^|\*\*|\() | (?P<long>(?=\({_INNER}\)(?!\^|\*\*))(?=\())))
    | (?P<power>(?<=[\w)\]|'}}*>])(?:\^|\*\*)(?:\((?P<raised>{_INNER})\) | \{{(?P<braced>[^{{}}]*)\}} | (?P<simple>-?(?:\d+|(?:{_GREEK}|[A-Za-z])(?![A-Za-z])))))
    | (?P<below>(?<=[|)])_(?P<lower>[A-Za-z0-9]+))
    | (?P<factors>(?<=\|\|)(?:[A-Z]{{2}}|d[a-z])(?=\|\|) | \bD[a-np-z]\b)
    | (?P<word>(?P<name>[A-Za-z]+)(?P<index>(?:_\{{[^{{}}]*\}}|\w)*)(?P<primes>'{{0,4}}(?![A-Za-z])|))
    | (?P<minus>(?:(?<=[\s(\[=,:/])|^)-(?=[\w(√|]) | (?<=[\s(][a-z])-(?=\d+\b))
    | (?P<times>(?<=[\w)])\*(?=[\w(]))
    | (?P<sign><=|>=|!=|->|\|\||[ ]-[ ]|[ ]\.[ ](?=\w)|\*)
    | (?P<special>[\\_$~`] | <(?=[A-Za-z/!?]) | \[(?=[^\[\]]*\]\())
    """,
    re.VERBOSE,
)
_VARIABLE = re.compile(
    r" and (?:by |of )?[A-Za-z]\b| (?:times|of|is|does|has|from|by|over|at)\b(?!-)|['^_(]| ?[-=+*/|<>),;:.\]]| [A-Za-z](?![A-Za-z-])"
)  # after a letter
_ARTICLES = frozenset("aAI")
_NAMED, _NAME = re.compile(r"[A-Za-z]{2}-$"), re.compile(r"-[A-Z]")  # a letter of a name: ViT-B, U-Net


def inline(text: str) -> str:
    """One paragraph."""
    return _set(" ".join(text.split()))


def blocks(text: str) -> str:
    """Paragraphs, lists (- first, their lines indented), and indented lines, which stay as they are laid out."""
    parts, before = list[str](), ""
    for kind, lines in _blocks(text.splitlines()):
        gap = "" if not parts else "\n" if kind == before == "item" else "\n\n"
        parts, before = [*parts, gap + _block(kind, lines)], kind
    return "".join(parts)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    kind, found = "paragraph", list[str]()
    for line in [*lines, ""]:
        is_item, is_indented = line.startswith("- "), line.startswith(" ")
        goes_on = bool(line) and (is_indented if kind in ("item", "laid out") else not is_item and not is_indented)
        if not goes_on:
            if found:
                yield kind, found
            kind, found = "item" if is_item else "laid out" if is_indented else "paragraph", []
        if line:
            found.append(line)


def _block(kind: str, lines: Sequence[str]) -> str:
    if kind == "laid out":
        return "\n".join(["```text", *lines, "```"])
    if kind == "item":
        return f"- {inline(' '.join(lines)[2:])}"
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^([-+#>])", r"\\\1", inline(" ".join(lines))))


def _set(text: str, is_index: bool = False) -> str:
    """`is_index`: in a power or below, where no hyphen joins words."""
    parts, end = list[str](), 0
    for token in _TOKEN.finditer(text):
        parts += [_plain(text[end : token.start()], is_index), _token(token)]
        end = token.end()
    return "".join([*parts, _plain(text[end:], is_index)])


def _plain(text: str, is_index: bool) -> str:
    return text.replace("-", "−") if is_index else text


def _token(token: re.Match[str]) -> str:
    kind = token.lastgroup or ""
    return _WRITERS[kind](token)


def _code(token: re.Match[str]) -> str:
    return token[0] if token[0].startswith("`") else f"`{token[0]}`"


def _root(token: re.Match[str]) -> str:
    inner = token["of"] or token["alone"]
    return f"√{_set(inner)}" if inner else "√"


def _power(token: re.Match[str]) -> str:
    inner = next(part for part in (token["raised"], token["braced"], token["simple"]) if part is not None)
    return f"<sup>{_raised(inner)}</sup>"


def _raised(inner: str) -> str:
    return "T" if inner == "T" else _set(inner, is_index=True)


def _word(token: re.Match[str]) -> str:
    name, index, primes = token["name"], token["index"], token["primes"]
    before = token.string[: token.start()]
    is_letter = len(name) == 1 or name in _LETTERS
    if index.startswith("_"):
        lower = index[1:].strip("{}")
        if (is_letter and lower.count("_") == 0) or (name in _OVER and len(lower) == 1):
            head = _LETTERS.get(name) or _LARGE.get(name) or (f"*{name}*" if is_letter else name)
            return f"{head}<sub>{_lower(lower)}</sub>{_PRIMES[len(primes)]}"
        return f"`{name}{index}`{primes}"
    if index:
        return _escaped(name + index + primes)
    if (_NAMED.search(before) and not primes) or (name.isupper() and _NAME.match(token.string[token.end() :])):
        return token[0]
    if before.endswith("'") or not is_letter or (name in _ARTICLES and not _is_variable(token)):
        return token[0]
    return (_LETTERS.get(name) or f"*{name}*") + _PRIMES[len(primes)]


def _is_variable(token: re.Match[str]) -> bool:
    """A letter that may be an article or a pronoun: between signs it is neither, nor as a factor after a number."""
    before, after = token.string[: token.start()], token.string[token.end("name") :]
    is_factor = after.startswith(" (") and re.search(r"\d $", before) is not None
    return before.endswith(("/", "|", "^", "_")) or is_factor or not after or bool(_VARIABLE.match(after))


def _lower(index: str) -> str:
    """Several letters are several indices, a word is a word: P_ij, l_phi, ||P||_op."""
    if len(index) <= 2 and index.isalpha() and index != "op":
        return f"*{index}*"
    return _set(index, is_index=True)


def _escaped(text: str) -> str:
    return re.sub(r"([\\_*$~`<\[])", r"\\\1", text)


_WRITERS: dict[str, Callable[[re.Match[str]], str]] = {
    "code": _code,
    "quoted": lambda token: f"`{token[0]}`",
    "paper": lambda token: f"[{token[0]}](https://arxiv.org/abs/{token['number']})",
    "size": lambda token: "×",
    "count": lambda token: token[0],
    "pair": lambda token: f"⟨{_set(token['paired'])}⟩",
    "root": _root,
    "power": _power,
    "below": lambda token: f"<sub>{_lower(token['lower'])}</sub>",
    "factors": lambda token: f"*{token[0]}*",
    "word": _word,
    "minus": lambda token: "−",
    "times": lambda token: "·",
    "sign": lambda token: _SIGNS[token[0]],
    "special": lambda token: f"\\{token[0]}",
}
