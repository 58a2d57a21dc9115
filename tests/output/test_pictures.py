"""The layered layout: nothing overlaps, edges go down, copies are drawn once, and the work is linear in the layers."""

from __future__ import annotations

import random
import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from counts import calls

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.output.graphs.parts.drawn import drawn
from boundcalc.output.graphs.parts.levels import Edge, level
from boundcalc.output.graphs.parts.outline import MOST, Cluster, Leaf, Part, outline
from boundcalc.output.graphs.parts.placement import Drawing, Placed, placement
from boundcalc.output.graphs.parts.wiring import wiring
from boundcalc.output.graphs.svg import graph_to_svg

SPECS = Path(__file__).parents[2] / "specs"
NAMES = ("gpt2-small", "resnet50", "vgg16-smooth", "unet", "densenet121", "seq2seq", "deq", "mlp-deep", "siamese", "inception-v1", "t5-small")  # fmt: skip


def graph(text: str) -> LayerGraph:
    return expand(bc.loads(f"input: {{shape: [4], norm: 1}}\nradius: 1\n{text}"))


def drawing(of: LayerGraph) -> Drawing:
    found = drawn(of)
    wired = wiring(found)
    return placement(outline(found, wired), wired)


def outlined(of: LayerGraph) -> Cluster:
    found = drawn(of)
    return outline(found, wiring(found))


def leaves(part: Part) -> list[Leaf]:
    return [part] if isinstance(part, Leaf) else [leaf for inner in part.parts for leaf in leaves(inner)]


def clusters(part: Part) -> list[Cluster]:
    return [] if isinstance(part, Leaf) else [part, *(each for inner in part.parts for each in clusters(inner))]


def contains(outer: Placed, inner: Placed) -> bool:
    right, below = (
        inner.x + inner.width <= outer.x + outer.width + 1e-6,
        inner.y + inner.height <= outer.y + outer.height + 1e-6,
    )
    return outer.x <= inner.x + 1e-6 and outer.y <= inner.y + 1e-6 and right and below


def apart(a: Placed, b: Placed) -> bool:
    return (
        a.x + a.width <= b.x + 1e-6
        or b.x + b.width <= a.x + 1e-6
        or a.y + a.height <= b.y + 1e-6
        or b.y + b.height <= a.y + 1e-6
    )


@pytest.mark.parametrize("name", NAMES)
def test_nothing_overlaps_and_edges_go_down(name: str) -> None:
    found = drawing(expand(bc.load(SPECS / f"{name}.yaml")))
    for a, b in combinations(found.boxes, 2):
        nested = (isinstance(a.part, Cluster) and contains(a, b)) or (isinstance(b.part, Cluster) and contains(b, a))
        assert nested or apart(a, b), (a.part.title, b.part.title)
    boxes = [box for box in found.boxes if isinstance(box.part, Leaf)]
    for route in found.routes:
        for (x, y), (a, b) in pairwise(route):
            assert b >= y - 1e-6
            for box in boxes:  # nothing is crossed: an edge ends at the side of a box
                inside = box.x + 1 < min(x, a) and max(x, a) < box.x + box.width - 1
                assert not (inside and y < box.y + box.height - 1 and b > box.y + 1)
    assert all(
        box.x >= 0 and box.x + box.width <= found.width + 1e-6 and box.y + box.height <= found.height + 1e-6
        for box in found.boxes
    )


def test_random_graphs_have_layers_without_overlaps() -> None:
    chance = random.Random(3)
    for _ in range(30):
        count = chance.randint(2, 25)
        sizes = [(chance.uniform(20, 120), chance.uniform(10, 60)) for _ in range(count)]
        pairs = {(chance.randrange(head), head) for head in range(1, count) for _ in range(chance.randint(0, 3))}
        edges = [Edge(tail, head, sizes[tail][0] / 2, sizes[head][0] / 2) for tail, head in sorted(pairs)]
        found = level(sizes, edges, (), ())
        placed = list(zip(found.corners, sizes, strict=True))
        for ((x, y), (w, h)), ((a, b), (v, g)) in combinations(placed, 2):
            assert x + w <= a + 1e-6 or a + v <= x + 1e-6 or y + h <= b + 1e-6 or b + g <= y + 1e-6
        for edge, route in zip(edges, found.routes, strict=True):
            assert found.bands[edge.tail][1] < found.bands[edge.head][0]
            assert route[0][1] == pytest.approx(found.corners[edge.tail][1] + sizes[edge.tail][1])
            assert route[-1][1] == pytest.approx(found.corners[edge.head][1])


def test_crossings_are_taken_out() -> None:
    """Two parallel chains that are written in turn, and enter one box."""
    sizes = [(10.0, 10.0)] * 7
    edges = [Edge(a, b, 5, 5) for a, b in ((0, 3), (1, 2), (2, 5), (3, 4), (4, 6), (5, 6))]
    found = level(sizes, edges, (), ())
    order = [found.corners[a][0] < found.corners[b][0] for a, b in ((0, 1), (3, 2), (4, 5))]
    assert len(set(order)) == 1


def test_copies_are_drawn_once() -> None:
    found = outlined(expand(bc.load(SPECS / "gpt2-small.yaml")))
    (folded,) = [cluster for cluster in clusters(found) if cluster.times > 1]
    assert (folded.title, folded.times, folded.last - folded.first + 1) == ("h 0 … 11", 12, 96)
    assert len(leaves(found)) == 12
    assert [
        cluster.times for cluster in clusters(outlined(expand(bc.load(SPECS / "resnet50.yaml")))) if cluster.times > 1
    ] == [2, 3, 5, 2]


@pytest.mark.parametrize(
    ("layers", "times"),
    [
        ("[repeat: {times: 3, layers: [dense: 4, tanh]}]", [3]),
        ("[repeat: {times: 3, layers: [dense: 4, tanh]}, dense: 2]", [3]),
        ("[dense: 5, repeat: {times: 4, layers: [dense: 4, tanh]}]", [3]),  # the first one has another shape
        (
            "[repeat: {times: 3, layers: [dense: 4, tanh], name: r}, add: [[], r.0.tanh_0]]",
            [2],
        ),  # the first one is read again
    ],
)
def test_what_is_a_copy(layers: str, times: list[int]) -> None:
    found = outlined(graph(f"layers: {layers}"))
    assert [cluster.times for cluster in clusters(found) if cluster.times > 1] == times


def test_a_large_network_has_few_boxes() -> None:
    flat = ", ".join("dense: 4, tanh" if n % 2 else "dense: 4, softplus, relu" for n in range(400))
    assert len(leaves(outlined(graph(f"layers: [{flat}]")))) <= MOST
    for name in ("densenet121", "swin-t", "llama-7b", "efficientnet-b0", "clip-like"):
        assert len(leaves(outlined(expand(bc.load(SPECS / f"{name}.yaml"))))) <= MOST


def test_every_edge_ends_at_a_box() -> None:
    found = drawing(graph("layers: [{residual: [{residual: [dense: 4, tanh]}, dense: 4]}, dense: 2]"))
    assert len([box for box in found.boxes if isinstance(box.part, Cluster)]) == 2
    tops = {(round(b.x + b.width / 2, 3), round(b.y, 3)) for b in found.boxes if isinstance(b.part, Leaf)}
    assert sum((round(r[-1][0], 3), round(r[-1][1], 3)) in tops for r in found.routes) == 8


def test_it_is_the_same_each_time() -> None:
    one, other = (graph_to_svg(expand(bc.load(SPECS / "inception-v1.yaml"))) for _ in range(2))
    assert one == other


def work(of: LayerGraph) -> int:
    found = drawn(of)

    def placed() -> None:
        wired = wiring(found)
        placement(outline(found, wired), wired)

    return calls(placed)


def test_the_work_is_linear_in_the_layers() -> None:
    def network(count: int) -> LayerGraph:
        return graph(
            "layers: ["
            + ", ".join(
                f"{{residual: [{{dense: 4}}, {kind}]}}"
                for n in range(count)
                for kind in (("tanh", "softplus", "sin")[n % 3],)
            )
            + "]"
        )

    small, large = work(network(150)), work(network(600))
    assert large < 4.5 * small


def test_the_picture_is_well_formed_and_says_what_it_is() -> None:
    of = graph("name: '<script>&\"'\nlayers: [repeat: {times: 2, layers: [dense: 4, tanh]}]")
    root = fromstring(graph_to_svg(of, "g"))
    space = "{http://www.w3.org/2000/svg}"
    title, desc = root.find(f"{space}title"), root.find(f"{space}desc")
    assert title is not None
    assert desc is not None
    assert title.text == '<script>&": the layers'
    assert "5 inputs and layers" in (desc.text or "")
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {desc.attrib['id']}"
    assert {node.tag.removeprefix(space) for node in root.iter()} == {
        "svg",
        "title",
        "desc",
        "defs",
        "marker",
        "path",
        "g",
        "rect",
        "text",
    }
    colours = {value for node in root.iter() for key, value in node.attrib.items() if key in ("fill", "stroke")}
    assert colours == {"currentColor", "none"}


def test_nothing_is_referred_to_outside() -> None:
    text = graph_to_svg(expand(bc.load(SPECS / "deq.yaml")))
    assert set(re.findall(r"url\(([^)]*)\)", text)) == {"#graph-arrow"}
    assert re.findall(r"https?://[^\"' ]+", text) == ["http://www.w3.org/2000/svg"]
