"""YAML text and files read as a tree of texts with places.

PyYAML's event stream is composed here, not by PyYAML: places are kept, scalars stay text, and whatever could hang or crash a
loader or mean two things (tags, anchors, aliases, merge keys, several documents, duplicate keys, great depth or size) is
refused as events come.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from dataclasses import dataclass, field

import yaml

from boundcalc.language.objects import read_object
from boundcalc.language.tree import (
    ALLOW,
    MAX_DEPTH,
    MAX_SCALAR,
    ROOM,
    UNPRINTABLE,
    Mapping,
    Node,
    Room,
    Scalar,
    Sequence,
    describe_character,
)
from boundcalc.language.yaml_errors import in_our_words, marker
from boundcalc.mistakes import Mistake, Mistakes, Place, SpecError, shown

__all__ = ["Mapping", "Node", "Scalar", "Sequence", "read_file", "read_object", "read_text"]

MAX_SPLIT = 120  # characters of a split expression that a remedy repeats

SPLIT = "split it and use `include`"
# The parser of libyaml takes a tenth of the time. Only what both parsers read alike is given to it: no escapes and blocks of text, no mark
# of YAML's own, no end of a document, no value that is missing before a bracket.
_LIBYAML = getattr(yaml, "CSafeLoader", None)
_OTHERWISE = re.compile(r"""[|>&!?%@`\\]|^(---|\.\.\.)|\r(?!\n)|:\s*[,\]}]|:\s+#""", re.MULTILINE)

_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
_LINE_BREAK = re.compile("\r\n|\r|\n")


def read_file(path: str | os.PathLike[str], room: Room = ROOM) -> Node:
    """The tree of a file; its places name the path as given. Raises SpecError, also for a file that cannot be read."""
    source = os.fsdecode(path).encode("utf-8", "backslashreplace").decode()
    try:
        data = _read_regular(path, room.bytes)
    except IsADirectoryError:
        raise _error(Place(source), "is a directory", "name a file in it", "unreadable") from None
    except FileNotFoundError:
        raise _error(Place(source), "there is no such file", None, "unreadable") from None
    except _NotRegularError as error:
        remedy = "name a file, or write - to read a spec from standard input"
        raise _error(Place(source), f"is {error}, not a file", remedy, "unreadable") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise _error(Place(source), f"cannot be read: {reason}", None, "unreadable") from None
    return read_text(data, source, room)


class _NotRegularError(Exception):
    """A file that is no text on a disk: reading it might wait for ever. The message says what it is."""


def _read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """The first bytes of a file, one more than `most`. Opening and reading never wait for somebody at the other end."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise _NotRegularError(_KINDS.get(stat.S_IFMT(status.st_mode), "a device"))
    # The file may have become another one since.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as file:
        return file.read(most + 1)


def read_text(text: str | bytes, source: str, room: Room = ROOM) -> Node:
    """The tree of a YAML text. Raises SpecError with every mistake that can be found; after a syntax error there are no more."""
    characters = _decode(text, source, room.bytes)
    _check_characters(characters, source)
    _check_directives(characters, source)
    if _LIBYAML is not None and _OTHERWISE.search(characters) is None:
        try:
            return _Composer(characters, source, room).compose(_LIBYAML)
        except yaml.YAMLError:
            pass  # PyYAML's own parser says what is wrong, or takes the `{width:, R:}` of YAML 1.2 and of our language
    return _Composer(characters, source, room.halved).compose(yaml.SafeLoader)


def _decode(text: str | bytes, source: str, most: int) -> str:
    size = len(text if isinstance(text, bytes) or len(text) > most else text.encode("utf-8", "surrogatepass"))
    if size > most:
        raise _error(Place(source), f"is too large: more than {most} bytes", f"{SPLIT}, or {ALLOW}", "too_large")
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _error(Place(source), "is UTF-16, not UTF-8", "save it as UTF-8", "encoding")
    text = text.removeprefix(codecs.BOM_UTF8)
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        place = Place(source, *_position(text[: error.start].decode()))
        message = f"byte 0x{text[error.start]:02x} is not UTF-8"
        raise _error(place, message, "save the file as UTF-8", "encoding") from None


def _error(place: Place, message: str, remedy: str | None, kind: str) -> SpecError:
    return SpecError((Mistake(place, message, remedy, kind),))


def _position(before: str) -> tuple[int, int]:
    """Line and column of the character that follows `before`, lines as YAML counts them."""
    lines = _LINE_BREAK.split(before)
    return len(lines), len(lines[-1]) + 1


def _check_characters(text: str, source: str) -> None:
    """Refuse what is unprintable anywhere, and tabs outside comments: YAML indents with spaces."""
    if "\t" not in text and UNPRINTABLE.search(text) is None:
        return
    mistakes = Mistakes()
    for number, line in enumerate(_LINE_BREAK.split(text), 1):
        if bad := UNPRINTABLE.search(line):
            mistakes.add(
                Place(source, number, bad.start() + 1), describe_character(bad[0]), "delete it", kind="character"
            )
        tab = line.find("\t")
        if tab >= 0 and not re.search(r"(^|\s)#", line[:tab]):
            mistakes.add(Place(source, number, tab + 1), "a tab", "write spaces", kind="character")
    mistakes.raise_if_any()


def _check_directives(text: str, source: str) -> None:
    """PyYAML passes over unknown directives in silence."""
    for number, line in enumerate(_LINE_BREAK.split(text), 1):
        if line.startswith("%"):
            place = Place(source, number, 1)
            raise _error(place, f"{shown(line.split(' ')[0])} is a YAML directive", "leave it out", "yaml")
        if line.strip(" ") and not line.lstrip(" ").startswith("#"):
            return


@dataclass(slots=True)
class _Frame:
    """A collection that is still open. A mapping has a `key` while its value is awaited."""

    place: Place
    mapping: bool
    flow: bool
    items: list[Node] = field(default_factory=list[Node])
    entries: list[tuple[Scalar, Node]] = field(default_factory=list[tuple[Scalar, Node]])
    seen: dict[str, Place] = field(default_factory=dict[str, Place])
    key: Scalar | None = None
    split: bool = False  # a comma inside parentheses has split an entry: the other entries make no sense


class _Composer:
    """Composes one document from events, without recursion."""

    def __init__(self, text: str, source: str, room: Room) -> None:
        self.text, self.room = text, room
        self.lines = _LINE_BREAK.split(text)
        self.source = source
        self.mistakes = Mistakes()
        self.stack: list[_Frame] = []
        self.root: Node | None = None
        self.nodes = 0
        self.last = Place(source)

    def compose(self, loader: type[yaml.SafeLoader]) -> Node:
        """The tree of the events of a parser. Raises SpecError; MarkedYAMLError from libyaml."""
        try:
            for event in yaml.parse(self.text, Loader=loader):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            if loader is not yaml.SafeLoader:
                raise
            self.mistakes.extend((in_our_words(error, self.lines, self.source),))
        except (ValueError, OverflowError) as error:  # escapes such as "\UFFFFFFFF"
            if isinstance(error, SpecError):
                raise
            self.mistakes.add(self.last, f"after this, an escape in quotes is no character ({error})", kind="yaml")
        self.mistakes.raise_if_any()
        if self.root is None or (isinstance(self.root, Scalar) and self.root.is_null):
            raise _error(Place(self.source), "is empty", "write at least `input` and `layers`", "empty")
        return self.root

    def _take(self, event: yaml.Event) -> None:
        place = self.last = Place(self.source, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.DocumentStartEvent):
            if self.root is not None:
                self._stop(place, "a second document starts here", "write one document a file: no `---` inside it")
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._close()
        elif isinstance(event, yaml.NodeEvent):
            self._count(place)
            if isinstance(event, yaml.AliasEvent):
                self.mistakes.extend((marker(self.lines, place),))
                self._put(Scalar("", True, place))
            else:
                assert isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent))
                if event.anchor is not None or event.tag is not None:
                    self.mistakes.extend((marker(self.lines, place),))
                if isinstance(event, yaml.ScalarEvent):
                    self._put(self._scalar(event, place))
                else:
                    self._open(event, place)

    def _count(self, place: Place) -> None:
        self.nodes += 1
        if self.nodes > self.room.values:
            self._stop(place, f"more than {self.room.values} values", f"{SPLIT}, or {ALLOW}", "too_large")

    def _stop(self, place: Place, message: str, remedy: str, kind: str = "yaml") -> None:
        self.mistakes.add(place, message, remedy, kind)
        self.mistakes.raise_if_any()

    def _open(self, event: yaml.CollectionStartEvent, place: Place) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._stop(place, f"more than {MAX_DEPTH} levels", "define modules for the inner ones", "too_large")
        self.stack.append(_Frame(place, isinstance(event, yaml.MappingStartEvent), bool(event.flow_style)))

    def _close(self) -> None:
        frame = self.stack.pop()
        self._put(
            Mapping(tuple(frame.entries), frame.place) if frame.mapping else Sequence(tuple(frame.items), frame.place)
        )

    def _put(self, node: Node) -> None:
        """Hand a complete node to the collection around it."""
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if frame.flow and isinstance(node, Scalar) and not node.quoted and not frame.split:
            frame.split = self._is_split(node)
        if not frame.mapping:
            frame.items.append(node)
        elif frame.key is None:
            frame.key = self._key(frame, node)
        else:
            frame.entries.append((frame.key, node))
            frame.key = None

    def _key(self, frame: _Frame, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self.mistakes.add(
                node.place, "a key is a word, not a list or a mapping", "quote text that has braces in it", "yaml"
            )
            return Scalar("", True, node.place)
        if frame.split:
            return node
        if node.is_null:
            self.mistakes.add(node.place, "a key is missing", kind="yaml")
        elif node.text == "<<" and not node.quoted:
            self.mistakes.add(node.place, "merge keys (`<<`) are not part of the language", "define a module", "yaml")
        elif first := frame.seen.get(node.text):
            self.mistakes.add(
                node.place, f"{shown(node.text)} is already given at {first.line}:{first.column}", kind="duplicate"
            )
        frame.seen.setdefault(node.text, node.place)
        return node

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Scalar:
        quoted = event.style in ("'", '"', "|", ">")
        if len(event.value) > MAX_SCALAR:
            self.mistakes.add(place, f"more than {MAX_SCALAR} characters in one text", kind="too_large")
        if bad := UNPRINTABLE.search(event.value):
            self.mistakes.add(place, f"{describe_character(bad[0])} in the text", "leave it out", "character")
        # One character per column: a plain text, or a quoted one without escapes, on one line.
        width = event.end_mark.column - event.start_mark.column if event.end_mark.line == event.start_mark.line else -1
        lead = int(quoted) if width == len(event.value) + 2 * quoted else None
        return Scalar(event.value, quoted, Place(place.source, place.line, place.column, lead))

    def _is_split(self, scalar: Scalar) -> bool:
        """Whether a comma inside parentheses ended this text, as in `{a: max(8, w)}`; then it is a mistake."""
        if scalar.text.count("(") <= scalar.text.count(")"):
            return False
        start = scalar.place.column - 1
        line = self.lines[scalar.place.line - 1][start : start + MAX_SPLIT]
        whole, depth = scalar.text, 0
        for i, character in enumerate(line):
            depth += (character == "(") - (character == ")")
            if character == ")" and depth == 0:
                whole = line[: i + 1]
                break
        message = f"the comma splits {shown(whole, MAX_SPLIT)}, as commas do inside braces and brackets"
        remedy = f'quote the expression: "{whole}"' if depth == 0 else "quote the expression"
        self.mistakes.add(scalar.place, message, remedy, "yaml")
        return True
