"""The file: a positioned tree becomes an `Architecture`, or a `SpecError` with every mistake found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from boundcalc.exact.expression import RESERVED, Expression
from boundcalc.exact.formulas.text import Formula
from boundcalc.language import fields
from boundcalc.language.architecture import Architecture, Argument, Input, Module, Reference, SymbolDeclaration, W
from boundcalc.language.formulas import Own, read_activations
from boundcalc.language.inputs import input_norm
from boundcalc.language.regularizer import read_regularizer
from boundcalc.language.smoothing import smoothing_of
from boundcalc.language.steps import Signature, StepReader, validate
from boundcalc.language.structure import COMMON_FIELDS, ENDS, End, StepFields
from boundcalc.language.symbols import read_symbol
from boundcalc.language.tree import Mapping as NodeMapping
from boundcalc.language.tree import Node, Scalar, Sequence
from boundcalc.language.words import Lexicon, joined
from boundcalc.language.written import FILE_KEYS
from boundcalc.mistakes import Mistakes, Place, SpecError, shown, suggest

SYMBOLS = 4_000  # of a file: half a millisecond each, and more than a person looks at
LIBRARY_KEYS = ("name", "include", "symbols", "activations", "define")
LAYER_NAMES = frozenset({"in", "out", "center"})
Value = TypeVar("Value")
_read_end: Callable[[Node], End] = fields.choice(*ENDS)


def read_architecture(
    tree: Node,
    source: str,
    included: Mapping[str, Node],
    default_name: str,
    vocabulary: Mapping[str, W],
    own: Own[W],
) -> Architecture[W]:
    """`included` holds the trees of the files that are included, by name, in order; they give symbols, activations, of which `own`
    makes kinds, and modules."""
    reader = _FileReader(Lexicon.of(vocabulary))
    root = reader.mapping(tree, "the file", FILE_KEYS)
    libraries = [reader.mapping(node, "an included file", LIBRARY_KEYS) for node in included.values()]
    symbols = reader.symbols([*libraries, root])
    formulas = reader.activations([*libraries, root], symbols)
    activations = {name: own(name, formula) for name, formula in formulas.items()}
    words = joined(vocabulary, activations)
    reader.lexicon = Lexicon.of(words)
    definitions = reader.definitions([*libraries, root], frozenset(symbols))
    steps = reader.step_reader
    library = _is_library(root)
    batch, inputs = (None, {}) if library else reader.inputs(root)
    layers = root.get("layers")
    if layers is None and not library and all(key.text in FILE_KEYS for key, _ in root.entries):
        reader.mistakes.add(
            root.place, "the file has no layers", "write `layers:` and a list such as [dense: 10, relu]"
        )
    loss, penalty, smooth = root.get("loss"), root.get("regularizer"), root.get("smooth")
    common = {key: root.get(key) for key in ("radius",) if root.get(key) is not None}
    file_fields = reader.attempt(
        lambda: validate(StepFields, ((k, v) for k, v in root.entries if k.text in common), tree.place, "the file")
    )
    architecture = Architecture(
        name=reader.name(root) or default_name,
        source=source,
        symbols=symbols,
        modules=definitions,
        batch=batch,
        inputs=inputs,
        fields=file_fields or StepFields(),
        layers=() if layers is None else steps.steps(layers),
        outputs=reader.outputs(root.get("output")),
        loss=None if loss is None else steps.step(loss, loss=True),
        regularizer=None if penalty is None else reader.attempt(lambda: read_regularizer(penalty)),
        vocabulary=words,
        overrides={},
        tree=root,
        included=included,
        smoothing=None if smooth is None else reader.attempt(lambda: smoothing_of(smooth)),
        activations=activations,
    )
    reader.mistakes.raise_if_any()
    return architecture


def _is_library(root: NodeMapping) -> bool:
    """Whether the file is one that others include: modules, activations or symbols, and nothing that belongs to a network."""
    keys = {key.text for key, _ in root.entries}
    return keys <= {*LIBRARY_KEYS} and not keys.isdisjoint(("define", "activations", "symbols"))


class _FileReader:
    """Collects the mistakes of all parts of a file."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.mistakes = Mistakes()
        self.step_reader = StepReader(lexicon, {}, self.mistakes)

    def attempt(self, read: Callable[[], Value]) -> Value | None:
        try:
            return read()
        except SpecError as error:
            self.mistakes.extend(error)
            return None

    def mapping(self, node: Node, what: str, keys: tuple[str, ...]) -> NodeMapping:
        if not isinstance(node, NodeMapping):
            remedy = "a spec starts with lines such as `input: {shape: [784], norm: 1}` and `layers:`"
            raise fields.fail(node.place, f"expected a mapping, found {fields.describe(node)}", remedy)
        for key in (key for key, _ in node.entries if key.text not in keys):
            remedy = suggest(key.text, keys) or f"its keys are {', '.join(keys)}"
            self.mistakes.add(key.place, f"{what} has no key {shown(key.text)}", remedy, kind="unknown_key")
        return node

    def name(self, root: NodeMapping) -> str | None:
        node = root.get("name")
        return None if node is None else self.attempt(lambda: fields.read_scalar(node, "a name").text)

    def new_name(self, key: Scalar, what: str) -> str | None:
        """A name that the spec introduces: an identifier that shadows nothing."""
        name = self.attempt(lambda: fields.read_identifier(key))
        if name is not None and (name in RESERVED or name in LAYER_NAMES):
            self.mistakes.add(
                key.place, f"the {what} '{name}' shadows a function, constant or keyword", "choose another name"
            )
            return None
        return name

    def symbols(self, roots: list[NodeMapping]) -> dict[str, SymbolDeclaration]:
        """Included files first, so that the file's own declarations win."""
        declared: dict[str, SymbolDeclaration] = {}
        for root in roots:
            node = root.get("symbols")
            if node is None:
                continue
            if not isinstance(node, NodeMapping):
                self.mistakes.add(
                    node.place, f"expected a mapping of symbols, found {fields.describe(node)}", "symbols: {n: 128, R:}"
                )
                continue
            if len(node.entries) > SYMBOLS:
                finding = f"{len(node.entries):,} symbols; at most {SYMBOLS:,} are read"
                self.mistakes.add(node.entries[SYMBOLS][0].place, finding, "write numbers where they stand")
                continue
            for key, value in node.entries:
                name = self.new_name(key, "symbol")
                declaration = self.attempt(lambda key=key, value=value: read_symbol(key, value))
                if name is not None and declaration is not None:
                    declared[name] = declaration
        return declared

    def activations(self, roots: list[NodeMapping], symbols: Mapping[str, SymbolDeclaration]) -> Mapping[str, Formula]:
        sections = [node for root in roots if (node := root.get("activations")) is not None]
        return read_activations(sections, symbols, self.lexicon, self.new_name, self.mistakes)

    def definitions(self, roots: list[NodeMapping], symbols: frozenset[str]) -> dict[str, Module]:
        nodes: dict[str, tuple[Scalar, Node]] = {}
        for root in roots:
            node = root.get("define")
            if node is None:
                continue
            if not isinstance(node, NodeMapping):
                self.mistakes.add(
                    node.place,
                    f"expected a mapping of modules, found {fields.describe(node)}",
                    "define: {block: [STEPS]}",
                )
                continue
            for key, value in node.entries:
                name = self.new_name(key, "module")
                if name is not None and (name in self.lexicon.layers or name in symbols):
                    what = "layer" if name in self.lexicon.layers else "symbol"
                    self.mistakes.add(key.place, f"the module '{name}' is named like a {what}", "choose another name")
                elif name is not None and name in nodes:
                    self.mistakes.add(
                        key.place, f"the module '{name}' is defined twice, also at {nodes[name][0].place}"
                    )
                elif name is not None:
                    nodes[name] = (key, value)
        signatures = {name: self._signature(value) for name, (_, value) in nodes.items()}
        self.step_reader = StepReader(self.lexicon, signatures, self.mistakes)
        return {name: self._module(key, value, signatures[name]) for name, (key, value) in nodes.items()}

    def _signature(self, node: Node) -> Signature:
        if not isinstance(node, NodeMapping):
            return Signature((), frozenset(), ())
        args, inputs = node.get("args"), node.get("inputs")
        names: list[str] = []
        required: set[str] = set()
        if args is not None and not isinstance(args, NodeMapping):
            self.mistakes.add(
                args.place, f"expected the arguments, found {fields.describe(args)}", "args: {channels:, stride: 1}"
            )
        for key, value in args.entries if isinstance(args, NodeMapping) else ():
            name = self.new_name(key, "argument")
            if name is None:
                continue
            if name in self.lexicon.layers or name in COMMON_FIELDS:
                what = "layer" if name in self.lexicon.layers else "field of every step"
                self.mistakes.add(key.place, f"the argument '{name}' is named like a {what}", "choose another name")
            names.append(name)
            if isinstance(value, Scalar) and value.is_null:
                required.add(name)
        inputs_read = () if inputs is None else self.attempt(lambda: _names(inputs)) or ()
        return Signature(tuple(names), frozenset(required), inputs_read)

    def _module(self, key: Scalar, node: Node, signature: Signature) -> Module:
        layers: Node | None = node
        defaults: dict[str, Argument | None] = {}
        if isinstance(node, NodeMapping):
            self.mapping(node, f"the module {shown(key.text)}", ("args", "inputs", "layers"))
            layers = node.get("layers")
            args = node.get("args")
            for arg, value in args.entries if isinstance(args, NodeMapping) else ():
                if arg.text in signature.required:
                    defaults[arg.text] = None
                else:
                    defaults[arg.text] = self.attempt(lambda value=value: self.step_reader.argument(value))
        if layers is None:
            self.mistakes.add(key.place, f"the module {shown(key.text)} requires the key 'layers'")
        inside = StepReader(self.lexicon, self.step_reader.modules, self.mistakes, frozenset(signature.arguments))
        steps = () if layers is None else inside.steps(layers)
        return Module(key.text, defaults, signature.inputs, steps, key.place)

    def inputs(self, root: NodeMapping) -> tuple[Expression | None, dict[str, Input]]:
        batch_node, single, several = root.get("batch"), root.get("input"), root.get("inputs")
        batch = None if batch_node is None else self.attempt(lambda: fields.read_expression(batch_node))
        if (single is None) == (several is None):
            remedy = "write `input: {shape: [784], norm: 1}` or `inputs: {image: {...}, text: {...}}`"
            found = "no input" if single is None else "both `input` and `inputs`"
            self.mistakes.add(root.place, f"the file has {found}", remedy)
            return batch, {}
        nodes: list[tuple[str, Place, Node]] = []
        if single is not None:
            nodes.append(("input", single.place, single))
        elif isinstance(several, NodeMapping):
            for key, value in several.entries:
                if (name := self.new_name(key, "input")) is not None:
                    nodes.append((name, key.place, value))
        elif several is not None:
            self.mistakes.add(several.place, f"expected a mapping of inputs, found {fields.describe(several)}")
        inputs: dict[str, Input] = {}
        for name, place, node in nodes:
            inner = node.get("batch") if isinstance(node, NodeMapping) else None
            if inner is not None:
                if batch is not None:
                    self.mistakes.add(
                        inner.place, "the batch is given twice", "write `batch:` once, for the whole file"
                    )
                batch = batch or self.attempt(lambda inner=inner: fields.read_expression(inner))
            read = self.attempt(lambda name=name, place=place, node=node: self._input(name, place, node))
            if read is not None:
                inputs[name] = read
        return batch, inputs

    def _input(self, name: str, place: Place, node: Node) -> Input:
        if not isinstance(node, NodeMapping):
            raise fields.fail(
                node.place, f"expected the fields of an input, found {fields.describe(node)}", "{shape: [784], norm: 1}"
            )
        mapping = self.mapping(node, "an input", ("shape", "norm", "tokens", "batch", "features"))
        shape, norm, tokens = mapping.get("shape"), mapping.get("norm"), mapping.get("tokens")
        features = mapping.get("features")
        mistakes = Mistakes()
        if shape is None:
            mistakes.add(place, f"the input '{name}' requires a shape", "shape: [3, 224, 224], without the batch")
        if (norm is None) == (tokens is None):
            remedy = "norm: 1 bounds the whole batch, norm: {sample: 1} each sample, norm: {entry: 1} each entry; tokens: V has no norm"
            mistakes.add(place, f"the input '{name}' requires either `norm` or `tokens`", remedy)
        mistakes.raise_if_any()
        assert shape is not None
        return Input(
            name,
            place,
            fields.read_list(shape),
            None if norm is None else input_norm(norm),
            None if tokens is None else fields.read_expression(tokens),
            None if features is None else _read_end(features),
        )

    def outputs(self, node: Node | None) -> tuple[Reference, ...]:
        if node is None:
            return ()
        items = node.items if isinstance(node, Sequence) else (node,)
        paths = [self.attempt(lambda item=item: fields.read_path(item)) for item in items]
        return tuple(Reference(*path) for path in paths if path is not None)


def _names(node: Node) -> tuple[str, ...]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(fields.read_identifier(item) for item in items)
