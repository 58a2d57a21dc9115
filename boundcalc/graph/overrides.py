"""`--set head.radius=2*R`: fields replaced by their dotted path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from boundcalc.exact.expression import Expression
from boundcalc.language.architecture import Argument
from boundcalc.language.fields import fail, read_expression
from boundcalc.language.structure import StepFields
from boundcalc.language.tree import Node, Scalar
from boundcalc.mistakes import Mistake, SpecError, suggest

_STRUCTURE = ("name", "from", "share", "layers", "carry", "each", "index", "state")


class Overrides:
    """Hands out the overriding values and remembers which were used, and which paths there are."""

    def __init__(self, values: Mapping[str, Node]) -> None:
        self._values = values
        self._used: set[str] = set()
        self._known: set[str] = set()

    def _take(self, path: str) -> Node | None:
        if not self._values:
            return None
        path = path.replace(".*", "")  # one body stands for all copies of a symbolic repeat
        self._known.add(path)
        value = self._values.get(path)
        if value is not None:
            self._used.add(path)
        return value

    def expression(self, prefix: str, name: str, given: Expression | None) -> Expression | None:
        value = self._take(f"{prefix}{name}")
        return given if value is None else read_expression(value)

    def argument(self, owner: str, name: str, given: Argument | None) -> Argument | None:
        value = self._take(f"{owner}.{name}")
        return given if value is None else read_expression(value)

    def apply(self, owner: str, fields: StepFields) -> StepFields:
        """The fields of the step at `owner` with the overriding values, read as the field itself would be."""
        if not self._values:
            return fields
        changes: dict[str, object] = {}
        for name, info in type(fields).model_fields.items():
            shown = info.alias or name
            if shown in _STRUCTURE:
                continue
            value = self._take(f"{owner}.{shown}" if owner else shown)
            if value is not None:
                changes[name] = _read(info, shown, value)
        return fields.model_copy(update=changes) if changes else fields

    def unused(self) -> Iterable[Mistake]:
        for path, value in self._values.items():
            if path not in self._used:
                field = path.rpartition(".")[2]
                alike = [known for known in self._known if known.rpartition(".")[2] == field]
                remedy = (
                    suggest(path, alike or self._known)
                    or "`boundcalc show` lists the paths; fields are path.field, such as head.radius"
                )
                yield Mistake(value.place, f"there is no symbol and no field '{path}'", remedy)


def _read(info: FieldInfo, shown: str, value: Node) -> object:
    """A value as the field's own type reads it. Raises SpecError."""
    if isinstance(value, Scalar) and value.is_null:
        raise fail(value.place, f"the field '{shown}' needs a value")
    adapter: TypeAdapter[object] = TypeAdapter(info.rebuild_annotation())
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        causes = [entry.get("ctx", {}).get("error") for entry in error.errors()]
        found = [mistake for cause in causes if isinstance(cause, SpecError) for mistake in cause.mistakes]
        raise SpecError(found) from None
