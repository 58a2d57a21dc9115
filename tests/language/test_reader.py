"""Reading text, files and objects into a tree with places; refusing whatever is not the language, soon and in clear words."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boundcalc.language import reader
from boundcalc.language.reader import Mapping, Node, Scalar, Sequence, read_file, read_object, read_text
from boundcalc.language.tree import ROOM, Room
from boundcalc.mistakes import SpecError

SAMPLE = """\
# a comment
name: mlp
symbols: {n: 128, width:, R: 1/2}   # with\ttabs
batch: n
input: {shape: [3, 224, 224], norm: {entry: 1}}
define:
  block:
    args: {channels:, act: [relu]}
    layers:
      - conv2d: {channels: "max(8, channels)", kernel: 3, padding: same}
      - act
layers:
  - block: {channels: 64, name: 'first'}
  - repeat: {times: 2, layers: [dense: width, softplus]}
  - add: [[], [dense: {units: 4*width, bias: false}]]
loss: logistic
"""


def plain(node: Node | None) -> Any:
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return None if node.is_null else node.text


def complaint(text: str | bytes) -> str:
    with pytest.raises(SpecError) as caught:
        read_text(text, "f")
    return str(caught.value)


def test_scalars_stay_text() -> None:
    root = read_text("{a: 010, b: 1:20, c: 1e-3, d: no, e: ~, f: null, g:, h: '', i: \"~\", j: 2002-01-01, k: .5}", "f")
    assert plain(root) == {
        "a": "010",
        "b": "1:20",
        "c": "1e-3",
        "d": "no",
        "e": None,
        "f": None,
        "g": None,
        "h": "",
        "i": "~",
        "j": "2002-01-01",
        "k": ".5",
    }


def test_free_symbols_need_no_space() -> None:
    assert plain(read_text("{n: 128, width:, R:}", "f")) == {"n": "128", "width": None, "R": None}


def test_places_are_those_of_the_text() -> None:
    lines = SAMPLE.splitlines()

    def check(node: Node) -> None:
        line = lines[node.place.line - 1][node.place.column - 1 :]
        if isinstance(node, Scalar):
            assert node.text == "" or line.startswith((node.text, f"'{node.text}'", f'"{node.text}"'))
            if node.text:
                assert lines[node.place.line - 1][node.place.after(0).column - 1 :].startswith(node.text)
        for child in node.items if isinstance(node, Sequence) else []:
            check(child)
        for key, value in node.entries if isinstance(node, Mapping) else []:
            check(key)
            check(value)

    root = read_text(SAMPLE, "f")
    check(root)
    assert isinstance(root, Mapping)
    layers = root.get("layers")
    assert isinstance(layers, Sequence)
    assert str(layers.items[1].place) == "f:14:5"
    assert [key.text for key in root.keys()] == ["name", "symbols", "batch", "input", "define", "layers", "loss"]  # noqa: SIM118
    assert root.get("nothing") is None


def test_places_count_characters_not_bytes() -> None:
    root = read_text('{"é\U0001f600": "ü", b: c}', "f")
    assert isinstance(root, Mapping)
    assert [key.place.column for key, _ in root.entries] == [2, 13]


@pytest.mark.parametrize("text", ["a: b +\n  c", 'a: "b +\\\n  c"', "a: >\n  b + c", 'a: "b\\x20+ c"'])
def test_a_text_that_is_not_laid_out_in_columns_has_one_place(text: str) -> None:
    root = read_text(text, "f")
    assert isinstance(root, Mapping)
    value = root.get("a")
    assert isinstance(value, Scalar)
    assert value.place.after(3) == value.place


def test_a_byte_order_mark_is_accepted() -> None:
    for text in ("\ufeffa: 1", b"\xef\xbb\xbfa: 1"):
        root = read_text(text, "f")
        assert plain(root) == {"a": "1"}
        assert str(root.place) == "f:1:1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("radius: *R", "f:1:9: `*R` is a YAML alias; aliases are not part of the language; write R"),
        ("r: *R*2", "f:1:4: `*R*2` is a YAML alias; aliases are not part of the language; write R*2"),
        ("r: *R/2", "f:1:4: `*R/2` is a YAML alias; aliases are not part of the language; write R/2"),
        ("r: * 2", "f:1:4: `*` starts a YAML alias; aliases are not part of the language; quote the text"),
        ("r: &a 3", "f:1:4: `&a` is a YAML anchor; anchors are not part of the language; leave it out"),
        ("x: !t 3", "f:1:4: `!t` is a YAML tag; tags are not part of the language; leave it out"),
        ("x: !!python/object:os.system ls", "f:1:4: `!!python/object:os.system` is a YAML tag"),
        ("x: !e!b 3", "f:1:4: `!e!b` is a YAML tag"),
        ("x: ! 3", "f:1:4: `!` is a YAML tag"),
        ("- 1\n- ! [2]", "f:2:3: `!` is a YAML tag"),
        ("<<: {a: 1}", "f:1:1: merge keys (`<<`) are not part of the language; define a module"),
        ("%YAML 1.1\n---\na: 1", "f:1:1: '%YAML' is a YAML directive"),
        ("# c\n\n%FOO\n---\na: 1", "f:3:1: '%FOO' is a YAML directive"),
        ("a: 1\n---\nb: 2", "f:2:1: a second document starts here"),
        ("? [a]\n: b", "f:1:3: a key is a word, not a list or a mapping"),
        ("a: {{x}}", "f:1:5: a key is a word, not a list or a mapping"),
        ("a: 1\nb: 2\na: 3", "f:3:1: 'a' is already given at 1:1"),
        ("a: {b: 1, 'b': 2}", "f:1:11: 'b' is already given at 1:5"),
        ("{a: max(8, w), b: 1}", "f:1:5: the comma splits 'max(8, w)'"),
        ("{a: max(8, w), b: 1}", 'quote the expression: "max(8, w)"'),
        ("x: {a: max(8, min(w, 3)), b: 1}", 'quote the expression: "max(8, min(w, 3))"'),
        ("[max(8,w), 2]", 'quote the expression: "max(8,w)"'),
        ("a: {b: x[0], c: 1}", "f:1:9: `[` inside a value"),
        ("a: [x[0]]", "f:1:6: `[` inside a value"),
        ("a: {b: c", "f:1:4: the `{` that opens here is not closed"),
        ("a: [b\nc: d", "f:1:4: the `[` that opens here is not closed; or a comma is missing before 2:2"),
        ("a: {b: c: d}", "f:1:9: a second `:` in one entry of the `{` at 1:4"),
        ("a: ['b' c]", "f:1:9: a `,` or `]` is missing before this"),
        ('a: "b\nc: d\n', "f:1:4: the quote that opens here is never closed"),
        ("- dense: units: 3\n", "f:1:15: a `:` where no key can be; put fields in braces, `dense: {units: 3}`"),
        ("a: 1\nfoo\nb: 2", "f:2:1: a key without `:`"),
        ("layers:\n  - a\n b: c", "f:3:2: this line is not indented as the lines above it"),
        ("- a\nb: c", "f:2:1: this line is not indented as the lines above it"),
        ("  a: 1\nb: 2", "f:2:1: text after the end of the spec"),
        ('x: "a" + b', "f:1:8: text after the end of a value"),
        ("- dense: {units: 3}}", "f:1:20: text after the end of a value"),
        ("a: @x", "f:1:4: '@' cannot start a value; quote the text"),
        ("a: [1,,2]", "f:1:7: a value is missing"),
        ("a: - b", "f:1:4: a `-` where no list can start"),
        (": x", "f:1:1: a key is missing"),
        ("~: x", "f:1:1: a key is missing"),
        ('a: "\\q"', "f:1:4: no such escape inside double quotes"),
        ('a: "\\0"', "f:1:4: a NUL character in the text"),
        ("a: |x\n b", "f:1:5: a block text that is not written as YAML wants it"),
        ("a:\tb", "f:1:3: a tab; write spaces"),
        ("a: 1\nb: 'x\ty'", "f:2:6: a tab; write spaces"),
        ("a: b\x00c", "f:1:5: a NUL character; delete it"),
        ("a: 1\nb: \x1b[0m", "f:2:4: the unprintable character U+001B; delete it"),
        ("a: \u2028", "f:1:4: the unprintable character U+2028"),
        ("a: \ud800", "f:1:4: the unprintable character U+D800"),
        (b"a: 1\nb: caf\xe9", "f:2:7: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbfb: \xc3\xa9\xe9", "f:1:5: byte 0xe9 is not UTF-8"),
        ("a: 1".encode("utf-16"), "f: is UTF-16, not UTF-8"),
        ("", "f: is empty"),
        ("# nothing\n\n", "f: is empty"),
        ("---\n", "f: is empty"),
    ],
)
def test_what_is_refused_and_what_is_said(text: str | bytes, expected: str) -> None:
    assert expected in complaint(text)


def test_an_escape_that_is_no_character_is_refused() -> None:
    assert "escape" in complaint('a: "\\UFFFFFFFF"')


def test_all_mistakes_of_a_text_are_found_at_once() -> None:
    text = "a: *R\nb: !t 1\nc: {d: 1, d: 2}\ne: max[0]\nf: [min(1, 2)]\ng: &x 3\n"
    lines = complaint(text).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["f:1:4:", "f:2:4:", "f:3:11:", "f:5:5:", "f:6:4:"]


def test_mistakes_before_a_syntax_error_are_kept() -> None:
    lines = complaint("a: *R\nb: {c\n").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["f:1:4:", "f:2:4:"]


def test_parentheses_that_no_comma_splits_are_fine() -> None:
    assert plain(read_text('{a: max(w), b: "max(8, w)", c: (1+w)*2}\n', "f")) == {
        "a": "max(w)",
        "b": "max(8, w)",
        "c": "(1+w)*2",
    }
    assert plain(read_text("a: max(8, w)\n", "f")) == {"a": "max(8, w)"}


def test_depth_and_sizes_have_limits() -> None:
    assert plain(read_text("[" * 64 + "]" * 64, "f")) is not None
    assert "f:1:65: more than 64 levels" in complaint("[" * 65 + "]" * 65)
    assert plain(read_text("a: " + "x" * 10_000, "f")) == {"a": "x" * 10_000}
    assert "f:1:4: more than 10000 characters" in complaint("a: " + "x" * 10_001)
    assert "f: is too large" in complaint(b" " * (ROOM.bytes + 1))
    assert "f: is too large" in complaint("é" * (ROOM.bytes // 2) + "a")


HOSTILE: dict[str, str | bytes] = {
    "brackets": "[" * 50_000,
    "braces": "{a: " * 50_000,
    "indentation": "".join(" " * i + "a:\n" for i in range(1400)),
    "dashes in a line": "- " * 500_000,
    "keys in a line": "a: " * 340_000,
    "question marks": "? " * 500_000,
    "question mark lines": "?\n" * 500_000,
    "aliases": "a: &a [x,x,x,x]\n" + "".join(f"b{i}: &b{i} [{'*a,' * 9}*a]\n" for i in range(9000)),
    "merge keys": "a: &a {b: 1}\n" + "c: {" + "<<: *a, " * 9000 + "}\n",
    "a long text": "a" * 1_000_000,
    "double quotes": '"' * 1_000_000,
    "single quotes": "'" * 1_000_000,
    "anchors": "&a " * 300_000,
    "exclamation marks": "!" * 1_000_000,
    "per cent": "%a\n" * 300_000,
    "documents": "---\n" * 250_000,
    "tabs": "\t\n" * 500_000,
    "NUL": "\0" * 1_000_000,
    "latin-1": b"\xe9" * 1_000_000,
    "split calls": "[" + "max(8," * 30_000,
    "carriage returns": "\r\n" * 100_000,
    "duplicates": "a: 1\n" * 150_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused(name: str) -> None:
    assert complaint(HOSTILE[name])


def test_very_many_values_are_refused() -> None:
    room = Room(100, 10_000)
    with pytest.raises(SpecError, match="more than 50 values"):
        read_text("a: |\n  b\n" + "c: [" + "d, " * 60 + "]", "f", room)
    with pytest.raises(SpecError) as caught:
        read_text("- a\n" * 250, "f", room)
    assert str(caught.value).startswith(
        "f:100:3: more than 100 values; split it and use `include`, or allow more layers"
    )
    assert len(plain(read_text("- a\n" * 99, "f", room))) == 99
    assert Room.of(100_000).values == 5 * ROOM.values
    assert Room.of(1) == ROOM


TOKENS = [
    '"',
    "'",
    '"a b"',
    "'x: y'",
    "a",
    "b: ",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    " ",
    "{",
    "}",
    "[",
    "]",
    ",",
    ", ",
    "a:",
    "a: 1",
    "#c",
    " # c",
    "1/2",
    "2*R",
    "(",
]
TOKENS += [
    "max(8, w)",
    "é",
    "-",
    "--",
    "~",
    "null",
    ".5",
    "a b",
    ":",
    "\r\n",
    "<<",
    "=",
    "x:\n",
    "\n- ",
    "sqrt(2)",
    "*",
    "$",
    "^",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=14).map("".join))
def test_both_parsers_read_the_same(text: str) -> None:
    """What libyaml takes, PyYAML takes for the same events at the same places."""
    assume(reader._OTHERWISE.search(text) is None)
    try:
        fast = list(map(told, yaml.parse(text, Loader=yaml.CSafeLoader)))
    except yaml.YAMLError:
        return
    assert fast == list(map(told, yaml.parse(text, Loader=yaml.SafeLoader)))


def told(event: yaml.Event) -> tuple[object, ...]:
    kind, start = type(event).__name__, (event.start_mark.line, event.start_mark.column)
    if isinstance(event, yaml.ScalarEvent):
        end = (event.end_mark.line, event.end_mark.column)
        return kind, start, end, event.value, event.style or None, event.anchor, event.tag
    if isinstance(event, yaml.CollectionStartEvent):
        return kind, start, bool(event.flow_style), event.anchor, event.tag
    return (kind,) if "End" in kind else (kind, start)


def test_help_is_near_and_no_symbolic_library_is_loaded() -> None:
    code = "import sys, boundcalc.language.reader as r; r.read_text('a: 1', 'f'); print('sympy' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"


# Files ----------------------------------------------------------------------------------------------------------------


def test_a_file_is_named_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SAMPLE, encoding="utf-8")
    assert plain(read_file("spec.yaml")) == plain(read_text(SAMPLE, "f"))
    assert str(read_file(Path("spec.yaml")).place) == "spec.yaml:2:1"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("none.yaml", "none.yaml: there is no such file"), (".", ".: is a directory"), ("a\0b", "cannot be read")],
)
def test_files_that_cannot_be_read(name: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        read_file(name)
    assert expected in str(caught.value)


def test_a_name_that_is_not_text_can_be_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        read_file(os.fsdecode(b"\xff.yaml"))
    assert str(caught.value).encode("utf-8")


def test_large_files_are_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (2 * ROOM.bytes))
    with pytest.raises(SpecError, match="is too large"):
        read_file(path)


# Objects --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (-3, "-3"),
        (True, "true"),
        (False, "false"),
        (0.01, "0.01"),
        (1e-05, "1e-05"),
        (Fraction(1, 3), "1/3"),
        (Fraction(4, 2), "2"),
        (np.int64(7), "7"),
        (np.float64(0.1), "0.1"),
        (sympy.Rational(1, 3), "1/3"),
        (sympy.Integer(5), "5"),
        (sympy.sqrt(2), "sqrt(2)"),
        ("2*R", "2*R"),
        ("~", "~"),
        ("", ""),
    ],
)
def test_scalars_of_objects_are_exact_texts(value: object, text: str) -> None:
    node = read_object(value)
    assert isinstance(node, Scalar)
    assert node.text == text
    assert not node.is_null


def test_none_is_null() -> None:
    node = read_object({"R": None})
    assert isinstance(node, Mapping)
    value = node.get("R")
    assert isinstance(value, Scalar)
    assert value.is_null


def test_places_of_objects_are_paths() -> None:
    root = read_object({"layers": [1, {"dense": {"units": [5, [6]]}}]})
    assert isinstance(root, Mapping)
    layers = root.get("layers")
    assert isinstance(layers, Sequence)
    dense = layers.items[1]
    assert isinstance(dense, Mapping)
    inner = dense.get("dense")
    assert isinstance(inner, Mapping)
    units = inner.get("units")
    assert isinstance(units, Sequence)
    last = units.items[1]
    assert isinstance(last, Sequence)
    assert str(layers.place) == "<dict>: layers"
    assert str(dense.place) == "<dict>: layers[1]"
    assert str(inner.entries[0][0].place) == "<dict>: layers[1].dense.units"
    assert str(last.items[0].place) == "<dict>: layers[1].dense.units[1][0]"
    assert str(root.place) == "<dict>"
    listed = read_object([[1]], "spec")
    assert isinstance(listed, Sequence)
    inner_list = listed.items[0]
    assert isinstance(inner_list, Sequence)
    assert str(inner_list.items[0].place) == "spec: [0][0]"


CYCLE: list[object] = []
CYCLE.append(CYCLE)
DEEP: list[object] = []
for _ in range(100):
    DEEP = [DEEP]
WIDE: list[object] = []
for _ in range(60):
    WIDE = [WIDE, WIDE]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": float("nan")}, "<dict>: a: nan is not a finite number"),
        ([float("inf")], "<dict>: [0]: inf is not a finite number"),
        ({"a": object}, "<dict>: a: \"<class 'object'>\" is neither text, number, list nor mapping"),
        ({"a": {1, 2}}, "is neither text, number"),
        ({"a": 1j}, "is neither text, number"),
        ({"a": Decimal("0.1")}, "is neither text, number"),
        ({"a": b"x"}, "is neither text, number"),
        ({"a": np.zeros(2)}, "is neither text, number"),
        ({"a": sympy.Symbol("x")}, "is neither text, number"),
        ({"a": 10**1001}, "<dict>: a: a number of more than 1,000 digits"),
        ({1: "a", "1": "b"}, "<dict>: the key '1' is given twice"),
        ({None: 1}, "<dict>: a key is missing"),
        ({("a", "b"): 1}, "is neither text, number"),
        ({"a": "x\0"}, "<dict>: a: a NUL character in the text"),
        ({"a": "\ud800"}, "<dict>: a: the unprintable character U+D800"),
        ({"a": "x" * 10_001}, "<dict>: a: more than 10000 characters"),
        (CYCLE, "<dict>: [0]: contains itself"),
        (DEEP, "more than 64 levels"),
        (WIDE, f"more than {ROOM.values} values"),
    ],
)
def test_objects_that_are_refused(value: object, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_object(value)
    assert expected in str(caught.value)


def test_all_mistakes_of_an_object_are_found_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        read_object({"a": [object(), 1, float("nan")], "b": {"c": 1j}})
    assert [m.place.source for m in caught.value.mistakes] == ["<dict>: a[0]", "<dict>: a[2]", "<dict>: b.c"]


# Random texts ---------------------------------------------------------------------------------------------------------


def _only_spec_errors(text: str | bytes) -> None:
    said = "read"
    try:
        plain(read_text(text, "f"))
    except SpecError as error:
        said = str(error)
    assert said.encode("utf-8")


@given(st.binary(max_size=80))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    _only_spec_errors(data)


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="ab01 \n:-,{}[]()\"'*&!|>%@`#?~<\\.é", max_size=40))
def test_random_yaml_is_read_or_refused(text: str) -> None:
    _only_spec_errors(text)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutations_of_a_spec_are_read_or_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SAMPLE)))
    end = data.draw(st.integers(start, min(len(SAMPLE), start + 12)))
    insert = data.draw(st.text(alphabet=" \n:-,{}[]()\"'*&!|>%@#?~\t\\x\0", max_size=4))
    _only_spec_errors(SAMPLE[:start] + insert + SAMPLE[end:])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(alphabet="ab: 1-#é", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="abc", min_size=1), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(alphabet="abc", min_size=1), JSON, min_size=1, max_size=3))
def test_an_object_and_its_yaml_are_the_same_tree(value: dict[str, object]) -> None:
    text = yaml.safe_dump(value, allow_unicode=True, width=10_000)
    if not any(character in text for character in "\t&*"):
        assert plain(read_text(text, "f")) == plain(read_object(value))
