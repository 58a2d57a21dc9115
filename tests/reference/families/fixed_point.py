"""Fixed points: what the layers inside compute is known of their kinds."""

from __future__ import annotations

from reference.families.family import Family

_VECTOR = "batch: 2\nradius: 1\ninput: {shape: [3], norm: {sample: 1}}\n"
_ROWS = "batch: 2\nradius: 1\ninput: {shape: [2, 2], norm: {sample: 1}}\n"
_INJECTED = "{add: [[], [{dense: {from: z, units: 2, radius: 1/4}}]]}"


def _deq(body: str, fields: str = "", shape: str = "[2]") -> str:
    return f"{{fixed_point: {{state: z, shape: {shape}, {fields}layers: [{body}]}}}}"


_PLAIN = _deq(f"{_INJECTED}, tanh")
_INNER = (
    "{fixed_point: {state: y, shape: [2], layers: [{add: [[], [{dense: {from: y, units: 2, radius: 1/3}}]]}, tanh]}}"
)
_GATED = "{multiply: [z, [{dense: {units: 2, radius: 1/16}}]]}"
_OF_ITSELF = "{multiply: [z, [{dense: {from: z, units: 3, radius: 1/8}}]]}"
_TWICE = "{repeat: {times: 2, layers: [tanh, dense: 3]}}"
_SHARED = _deq("{add: [[], [{dense: {from: z, units: 2}}]]}, sin", "share: a, ")
_SPECS = {
    "fixed point": _VECTOR + f"layers: [dense: 2, {_PLAIN}, dense: 1]",
    "fixed point, linear": "radius: 1/2\ninput: {shape: [1], norm: 2}\nlayers: "
    + f"[{_deq('{add: [[], [{dense: {from: z, units: 1, bias: false}}]]}', shape='[1]')}]",
    "fixed point with a kink": _VECTOR + f"layers: [dense: 2, {_deq(_INJECTED + ', relu')}, softplus]",
    "fixed point of rows": _ROWS
    + f"layers: [dense: 2, {_deq(_INJECTED + ', tanh', 'name: deq, ', '[2, 2]')}, {{add: [[], deq.z, deq.add_0]}}]",
    "fixed point of a gate": _VECTOR + f"layers: [dense: 2, {_deq(f'{_GATED}, {_INJECTED}, tanh')}]",
    "fixed point of bounded layers": _VECTOR
    + f"layers: [{_deq(_OF_ITSELF + ', {add: [[], input]}, tanh', shape='[3]')}, dense: 1]",
    "fixed points, one in the other": _VECTOR
    + f"layers: [dense: 2, {_deq('{add: [[], [{dense: {from: z, units: 2, radius: 1/4}}]]}, ' + _INNER)}]",
    "fixed point of a repeat": _VECTOR
    + f"layers: [{_deq('{dense: {from: z, units: 3, radius: 1/4}}, ' + _TWICE + ', {add: [[], input]}', shape='[3]')}]",
    "fixed point in a repeat": "symbols: {k: {value: 2, integer: true}}\n"
    + _VECTOR
    + f"layers: [dense: 2, {{repeat: {{times: k, layers: [{_deq(_INJECTED + ', softplus')}]}}}}]",
    "fixed points that share": _VECTOR
    + f"layers: [dense: 2, {_deq(_INJECTED + ', tanh', 'name: a, ')}, {_SHARED}, {_deq(_INJECTED, 'frozen: true, ')}]",
}
FAMILY = Family(computes={}, networks=_SPECS, instances=_SPECS)
