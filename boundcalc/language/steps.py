"""Lists of steps: which kind, which fields, what they read. One mistake never hides another of the same file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from boundcalc.language import fields
from boundcalc.language.architecture import Argument, Branch, Carry, Operand, Reference, Step
from boundcalc.language.foreign import is_known, meant
from boundcalc.language.structure import COMMON_FIELDS, Call, FixedPoint, Repeat, Residual, StepFields
from boundcalc.language.tree import Mapping as NodeMapping
from boundcalc.language.tree import Node, Scalar, Sequence
from boundcalc.language.words import Lexicon
from boundcalc.mistakes import Mistakes, Place, SpecError, folded, shown, suggest

Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], entries: Iterable[tuple[Scalar, Node]], place: Place, owner: str) -> Model:
    """Build a pydantic model from positioned entries; every mistake gets the place of the value it is about."""
    pairs = tuple(entries)
    try:
        return model.model_validate({key.text: value for key, value in pairs})
    except ValidationError as error:
        mistakes = Mistakes()
        places = {key.text: key.place for key, _ in pairs}
        known = [info.alias or name for name, info in model.model_fields.items()]
        guesses = {name: _guess(name, known) for name in places if name not in known}
        for entry in error.errors():
            name = str(entry["loc"][0]) if entry["loc"] else ""
            where = places.get(name, place)
            cause = entry.get("ctx", {}).get("error")
            if isinstance(cause, SpecError):
                mistakes.extend(cause)
            elif entry["type"] == "missing":
                if any(f"'{name}'" in guess for guess in guesses.values()):
                    continue  # it is there, misspelt or in the words of another library
                mistakes.add(place, f"{owner} requires the field '{name}'", f"write {name}: VALUE", kind="missing")
            elif entry["type"] == "extra_forbidden":
                own = [n for n in known if n not in COMMON_FIELDS] or sorted(COMMON_FIELDS)
                remedy = guesses.get(name) or f"its fields are {', '.join(own)}"
                mistakes.add(where, f"{owner} has no field {shown(name)}", remedy, kind="unknown_field")
            else:
                mistakes.add(where, f"{owner}: {entry['msg']}")
        raise SpecError(mistakes) from None


def _guess(name: str, known: list[str]) -> str:
    """What to write instead of a field that a layer does not have; empty where nothing is near."""
    if is_known(name):
        return "leave it out: it is the size of what the layer reads"
    ours = meant(name, known)
    return (suggest(name, known) or "") if ours is None else f"it is called '{ours}' here"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a call of a module needs to know before the module itself is read."""

    arguments: tuple[str, ...]
    required: frozenset[str]
    inputs: tuple[str, ...]


@dataclass(slots=True)
class StepReader:
    """Reads steps in the words of a vocabulary, where `modules` are known and `arguments` are those of the enclosing module."""

    lexicon: Lexicon
    modules: Mapping[str, Signature]
    mistakes: Mistakes
    arguments: frozenset[str] = field(default=frozenset())

    def steps(self, node: Node) -> tuple[Step, ...]:
        if not isinstance(node, Sequence):
            self.mistakes.add(
                node.place, f"expected a list of layers, found {fields.describe(node)}", "write - dense: 10"
            )
            return ()
        return tuple(step for item in node.items if (step := self.step(item)) is not None)

    def step(self, node: Node, loss: bool = False) -> Step | None:
        """One step, or None after its mistakes were noted."""
        if isinstance(node, Scalar) and not node.is_null:
            return self._of_kind(node, None, loss)
        if isinstance(node, NodeMapping) and len(node.entries) == 1:
            key, value = node.entries[0]
            return self._of_kind(key, value, loss)
        remedy = "write a kind such as relu, or {dense: {units: 10}}"
        if isinstance(node, NodeMapping) and len(node.entries) > 1:
            (kind, value), *others = node.entries
            first = self.lexicon.layers[kind.text].value_field if kind.text in self.lexicon.layers else None
            given = [f"{first}: {value.text}"] if first is not None and isinstance(value, Scalar) else []
            fields_inside = ", ".join([*given, *(f"{name.text}: ..." for name, _ in others)])
            remedy = f"the fields of a step go inside its kind: {kind.text}: {{{fields_inside}}}"
        self.mistakes.add(node.place, f"expected one layer, found {_what(node)}", remedy)
        return None

    def _of_kind(self, key: Scalar, value: Node | None, loss: bool) -> Step | None:
        kind, before = key.text, len(self.mistakes)
        known = self.lexicon.losses if loss else self.lexicon.layers
        try:
            if kind in self.arguments and not loss:
                return self._splice(key, value)
            if kind in self.modules and not loss:
                return self._call(key, value, self.modules[kind])
            if kind in known:
                return self._built_in(key, value, known[kind], loss)
        except SpecError as error:
            self.mistakes.extend(error)
            return None
        assert len(self.mistakes) == before
        what = "loss" if loss else "layer"
        remedy = suggest(kind, [*known, *(() if loss else (*self.modules, *self.arguments))])
        ours = self.lexicon.aliases.get(folded(kind), kind)
        if ours in self.lexicon.losses and not loss:
            called = f"{ours} is a loss" if ours == kind else f"'{kind}' is a loss, called '{ours}' here"
            remedy = f"{called}: write it as `loss: {ours}`"
        elif ours in known:
            remedy = f"it is called '{ours}' here"
        elif remedy is None:
            remedy = (
                f"the losses are {', '.join(self.lexicon.losses)}"
                if loss
                else "`boundcalc schema` lists the layers; a module needs `define`"
            )
        self.mistakes.add(key.place, f"unknown {what} '{kind}'", remedy, kind=f"unknown_{what}")
        return None

    def _splice(self, key: Scalar, value: Node | None) -> Step:
        """`- act` where act is an argument that holds layers."""
        if value is not None and not _is_null(value):
            raise fields.fail(value.place, f"the argument {shown(key.text)} stands for layers and takes no fields")
        return Step(key.text, key.place, StepFields())

    def _call(self, key: Scalar, value: Node | None, signature: Signature) -> Step:
        entries = _entries(key, value, signature.arguments[0] if signature.arguments else None)
        common = [(name, node) for name, node in entries if name.text in COMMON_FIELDS]
        own = [(name, node) for name, node in entries if name.text not in COMMON_FIELDS]
        mistakes = Mistakes()
        arguments: dict[str, Argument] = {}
        for name, node in own:
            if name.text not in signature.arguments:
                remedy = suggest(name.text, [*signature.arguments, *COMMON_FIELDS])
                remedy = remedy or f"its arguments are {', '.join(signature.arguments) or 'none'}"
                mistakes.add(name.place, f"the module {shown(key.text)} has no argument {shown(name.text)}", remedy)
                continue
            try:
                arguments[name.text] = self.argument(node)
            except SpecError as error:
                mistakes.extend(error)
        missing = sorted(signature.required - {name.text for name, _ in own})
        for name in missing:
            mistakes.add(
                key.place, f"the module {shown(key.text)} requires the argument '{name}'", f"write {name}: VALUE"
            )
        try:
            call = validate(Call, common, key.place, f"{shown(key.text)}")
        except SpecError as error:
            mistakes.extend(error)
            mistakes.raise_if_any()
            raise
        mistakes.raise_if_any()
        sources = None if call.sources is None else self._operands(call.sources)
        return Step(key.text, key.place, call, sources=sources, arguments=arguments)

    def argument(self, node: Node) -> Argument:
        """A list is layers, read where it is written; anything else is an expression."""
        if isinstance(node, Sequence):
            return Branch(self.steps(node), node.place)
        return fields.read_expression(node)

    def _built_in(self, key: Scalar, value: Node | None, model: type[StepFields], loss: bool) -> Step:
        settings = validate(model, _entries(key, value, model.value_field), key.place, f"{shown(key.text)}")
        sources = None if settings.sources is None else self._operands(settings.sources)
        if model.value_field == "from" and sources is None and not loss:
            remedy = f"write {key.text}: [[], other]; [] is the step's own input"
            raise fields.fail(key.place, f"{shown(key.text)} requires its operands", remedy)
        if isinstance(settings, Residual | FixedPoint):
            return Step(key.text, key.place, settings, sources, self.steps(settings.layers))
        if isinstance(settings, Repeat):
            carry = () if settings.carry is None else tuple(self._carry(settings.carry))
            each = () if settings.each is None else tuple(self._each(settings.each))
            _check_distinct(key.place, (*(c.name for c in carry), *(name for name, _ in each), settings.index))
            return Step(key.text, key.place, settings, sources, self.steps(settings.layers), carry, each)
        return Step(key.text, key.place, settings, sources)

    def _operands(self, node: Node) -> tuple[Operand, ...]:
        items = node.items if isinstance(node, Sequence) else (node,)
        operands = [operand for item in items if (operand := self._operand(item)) is not None]
        if not items:
            raise fields.fail(node.place, "an empty list of operands", "from: NAME, or from: [NAME, [STEPS]]")
        return tuple(operands)

    def _operand(self, node: Node) -> Operand | None:
        if isinstance(node, Sequence):
            return Branch(self.steps(node), node.place)
        try:
            if isinstance(node, NodeMapping):
                remedy = (
                    "an operand is a name or a list of steps: write ["
                    + ", ".join(f"{k.text}: ..." for k, _ in node.entries)
                    + "]"
                )
                raise fields.fail(node.place, "a step stands where an operand is expected", remedy)
            return Reference(*fields.read_path(node))
        except SpecError as error:
            self.mistakes.extend(error)
            return None

    def _carry(self, node: Node) -> Iterable[Carry]:
        if not isinstance(node, NodeMapping):
            raise fields.fail(
                node.place,
                f"expected the carried states, found {fields.describe(node)}",
                "carry: {h: {shape: [d], next: h1}}",
            )
        for key, value in node.entries:
            if not isinstance(value, NodeMapping):
                raise fields.fail(
                    value.place, f"the carried state {shown(key.text)} needs `next` and `shape` or `start`"
                )
            unknown = [name.text for name, _ in value.entries if name.text not in ("shape", "start", "next")]
            if unknown:
                raise fields.fail(
                    value.place, f"a carried state has no field '{unknown[0]}'", "its fields are shape, start, next"
                )
            shape, start, following = value.get("shape"), value.get("start"), value.get("next")
            if following is None:
                raise fields.fail(
                    key.place, f"the carried state {shown(key.text)} requires `next`: the name that replaces it"
                )
            if (shape is None) == (start is None):
                raise fields.fail(
                    key.place,
                    f"the carried state {shown(key.text)} requires either `shape` (it starts at zero) or `start`",
                )
            yield Carry(
                fields.read_identifier(key),
                None if shape is None else fields.read_list(shape),
                None if start is None else Reference(*fields.read_path(start)),
                Reference(*fields.read_path(following)),
                key.place,
            )

    def _each(self, node: Node) -> Iterable[tuple[str, Reference]]:
        if not isinstance(node, NodeMapping):
            raise fields.fail(node.place, f"expected names, found {fields.describe(node)}", "each: {x: input}")
        for key, value in node.entries:
            yield fields.read_identifier(key), Reference(*fields.read_path(value))


def _check_distinct(place: Place, names: tuple[str | None, ...]) -> None:
    for name in names:
        if name is not None and names.count(name) > 1:
            remedy = "a carried state, a slice and the counter have names of their own"
            raise fields.fail(place, f"the name '{name}' is used twice in its repeat", remedy)


def _entries(key: Scalar, value: Node | None, value_field: str | None) -> tuple[tuple[Scalar, Node], ...]:
    """The fields of `KIND`, `{KIND: FIELDS}` or `{KIND: VALUE}`."""
    if value is None or _is_null(value):
        return ()
    if isinstance(value, NodeMapping):
        return value.entries
    if value_field is None:
        raise fields.fail(
            value.place, f"{shown(key.text)} takes no bare value", f"write {key.text}, or {key.text}: {{FIELD: VALUE}}"
        )
    return ((Scalar(value_field, False, value.place), value),)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


def _what(node: Node) -> str:
    if isinstance(node, NodeMapping):
        return f"a mapping with {len(node.entries)} keys"
    return fields.describe(node)
