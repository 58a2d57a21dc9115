"""Imports of PyTorch modules: the network of the spec is the module, in both modes; its spec is one that a person reads."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.importers.check import MismatchError, compare
from boundcalc.importers.importing import Import
from boundcalc.importers.pytorch import imported
from boundcalc.importers.settings import Settings

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

from importers import chosen_modules, modules  # noqa: E402
from importers.placed_modules import PLACED  # noqa: E402


def made(name: str, mode: str = "eval", **options: Any) -> Import:
    torch.manual_seed(0)
    module, args = modules.MODULES[name]()
    settings = Settings(batch=2, radius="1/10", input_norm={"entry": 1})
    return imported(module, args, None, settings, mode=mode, **options)


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", modules.MODULES)
def test_the_spec_computes_what_the_module_does(name: str, mode: str) -> None:
    found = made(name, mode)
    assert found.difference is not None
    assert found.difference <= 1e-10
    assert bc.compile(found.architecture).lipschitz.finite
    module, _ = modules.MODULES[name]()
    own = sum(array.numel() for array in module.parameters())
    assert sum(np.size(array) for path, array in found.arrays.items() if "running" not in path) == own


def test_equal_modules_are_a_repeat_and_paths_are_those_of_pytorch() -> None:
    text = made("residual").written.text
    assert "- repeat:" in text
    assert "times: 3" in text
    assert text.count("conv2d") == 3
    names = {path.rpartition(".")[0] for path in made("residual").arrays}
    module, _ = modules.MODULES["residual"]()
    assert names == {name.rpartition(".")[0] for name, _ in module.named_parameters()}


def test_two_of_a_list_of_blocks_are_calls() -> None:
    torch.manual_seed(0)
    nn = torch.nn
    module = nn.Sequential(nn.Conv2d(3, 4, 1), modules.Block(4), modules.Block(4), nn.Conv2d(4, 6, 1), modules.Block(6))
    text = imported(module.eval(), torch.randn(2, 3, 5, 5), None, Settings()).written.text
    assert "Block:\n    args: {channels:}" in text
    assert text.count("- Block: {channels: 4") == 2
    assert text.count("- Block: {channels: 6") == 1


def test_written_norms_and_activations_are_layers() -> None:
    text = made("written").written.text
    assert "rmsnorm: {eps: 1/1000000, affine: true" in text
    assert "gelu: {approximate: tanh" in text
    assert "formula: x*sigmoid(x*1.702)" in text


def test_tied_weights_are_shared_and_masks_are_folded() -> None:
    text = made("attention").written.text
    assert "share: table" in text
    assert "softmax: {causal: true" in text
    assert made("windows").written.text.count("mask: true") == 1


def test_logarithms_of_softmaxes_are_layers_but_not_under_a_mask() -> None:
    text = made("logarithms").written.text
    assert "logsoftmax: {axis: 0" in text
    assert text.count("logsoftmax: {") == 2

    class Masked(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return x.masked_fill(torch.eye(3, dtype=torch.bool), float("-inf")).log_softmax(-1)

    with pytest.raises(bc.UnsupportedError, match="log_softmax"):
        bc.from_torch(Masked(), torch.randn(2, 3, 3))


def test_unknown_operators_come_all_at_once_with_their_places() -> None:
    with pytest.raises(bc.UnsupportedError) as caught:
        bc.from_torch(modules.Refused(), torch.randn(2, 3))
    operators = caught.value.operators
    assert {each.operator for each in operators} == {"threshold", "cumprod"}
    assert {(each.module, each.kind) for each in operators if each.operator == "threshold"} == {("slopes", "Threshold")}
    assert sum(each.times for each in operators if each.operator == "cumprod") == 2  # the third reads the second
    assert all("modules.py:" in each.source for each in operators if each.operator == "cumprod")
    assert isinstance(caught.value, bc.SpecError)
    assert pickle.loads(pickle.dumps(caught.value)).operators == operators


def test_what_ids_decide_is_a_mask_a_constant_a_place_and_an_input() -> None:
    text = made("padded").written.text
    assert "computed_mul" in text
    assert text.count("mask: true") == 2
    assert "take: {axis: 0, count: 1, most: 1" in text


def test_what_inputs_of_numbers_decide_is_refused_as_anything_else() -> None:
    """An input of its own in its place would have bounds by the input that are none."""

    class Scaled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.maps = torch.nn.Linear(6, 3)

        def forward(self, x: Any) -> Any:
            return self.maps(x / x.mean(1, keepdim=True))

    with pytest.raises(bc.UnsupportedError, match="div"):
        bc.from_torch(Scaled(), torch.randn(2, 6))


def test_branches_are_those_of_the_example_and_the_import_says_so() -> None:
    module, args = modules.MODULES["branching"]()
    module.eval()(*args)  # what it keeps of a run is none of what is imported
    found = imported(module, args, None, Settings())
    assert any("branches are those that the example takes: chosen_modules.py" in note for note in found.notes)
    assert "tanh" in found.written.text
    assert "relu" in imported(module, (args[0] * 0,), None, Settings()).written.text


def test_branches_that_numbers_decide_are_refused() -> None:
    with pytest.raises(bc.SpecError, match=r"decide a branch at chosen_modules\.py:\d+"):
        bc.from_torch(chosen_modules.Deciding(), torch.randn(2, 3))


def test_masks_that_leave_out_all_entries_are_refused() -> None:
    with pytest.raises(bc.UnsupportedError, match="a mask leaves out all entries of a softmax"):
        bc.from_torch(chosen_modules.Emptied().eval(), torch.tensor(chosen_modules.IDS))


def test_weights_under_a_norm_are_learned_after_it() -> None:
    nn = torch.nn
    for norm in (
        nn.utils.parametrizations.weight_norm,
        nn.utils.weight_norm,
        nn.utils.parametrizations.spectral_norm,
        nn.utils.spectral_norm,
    ):
        torch.manual_seed(0)
        module = nn.Sequential(nn.Conv1d(2, 3, 2), nn.Tanh(), norm(nn.Conv1d(3, 3, 2))).eval()
        before = {name: array.clone() for name, array in module.state_dict().items()}
        found = imported(module, torch.randn(2, 2, 6), None, Settings())
        assert found.difference is not None
        assert found.difference <= 1e-10
        module(torch.zeros(1, 2, 6))  # the older norms divide when it runs
        assert np.allclose(found.arrays["model.2.weight"], module[2].weight.detach().numpy(), atol=1e-6)
        assert any("2.weight: what is learned is the weight after" in note for note in found.notes)
        after = module.state_dict()
        assert after.keys() == before.keys()
        assert all(torch.equal(array, before[name]) for name, array in after.items())


def test_memory_that_nobody_wrote_is_no_number() -> None:
    class Unwritten(torch.nn.Linear):
        def forward(self, input: Any) -> Any:
            made = input.new_empty(input.shape)
            made[:, :1] = super().forward(input)[:, :1]
            return made

    with pytest.raises(bc.UnsupportedError, match="not finite"):
        bc.from_torch(Unwritten(3, 3), torch.randn(2, 3))


def test_the_module_is_not_touched() -> None:
    module, args = modules.MODULES["residual"]()
    before = {name: array.clone() for name, array in module.state_dict().items()}
    module.train()
    bc.from_torch(module, args, mode="eval")
    assert module.training
    assert all(torch.equal(array, before[name]) for name, array in module.state_dict().items())


def test_a_wrong_spec_is_noticed() -> None:
    """Both a network with another activation, and statistics above those that the spec says."""
    module, args = modules.MODULES["perceptron"]()
    with torch.no_grad():
        wanted = [module.eval()(*args).double().numpy()]
    found = imported(module, args, None, Settings(batch=2, radius=1, input_norm=1))
    arrays = {**found.arrays, "input": args[0].double().numpy()}
    network = bc.network(bc.loads(found.written.text.replace("tanh", "sigmoid")))
    with pytest.raises(MismatchError):
        compare(network, found.written.outputs, found.translated.outputs, arrays, wanted)


def test_options_reach_the_spec() -> None:
    module, args = modules.MODULES["perceptron"]()
    text = imported(module, args, None, Settings(batch="4*m", radius="2*r", input_norm="B")).written.text
    assert "symbols: {m:, B:, r:}" in text
    smooth = bc.from_torch(modules.Residual().eval(), torch.randn(2, 3, 8, 8), smooth="softplus")
    assert bc.compile(smooth).smoothness.finite
    with pytest.raises(bc.SpecError, match="no input"):
        bc.from_torch(module, args, input_norm={"imag": 1})
    with pytest.raises(ValueError, match="mode"):
        bc.from_torch(module, args, mode="evaluation")
    with pytest.raises(ValueError, match="weights"):
        bc.from_torch(module, args, weights="norm")
    with pytest.raises(bc.SpecError, match="no tensor"):
        bc.from_torch(module, ())


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", ["perceptron", "residual", "encoder", *PLACED])
def test_bounds_at_given_weights_are_above_the_jacobian(name: str, mode: str) -> None:
    """At random inputs, by the singular values of the Jacobian of the whole batch (of one draw of dropout): a lower bound of what is
    bounded."""
    torch.manual_seed(0)
    module, args = modules.MODULES[name]()
    module.train(mode == "train")
    found = bc.from_torch(module, args, weights="norms", radius=0, batch=args[0].shape[0], input_norm={"entry": 4})
    bound = float(bc.compile(found, wrt="input", norms="mixed").lipschitz.evaluate())
    for _ in range(3):
        x = torch.randn_like(args[0]).clamp(-4, 4)
        jacobian = torch.autograd.functional.jacobian(module, x).reshape(-1, x.numel())
        assert float(torch.linalg.matrix_norm(jacobian, 2)) <= bound


def test_files_are_imported_on_the_command_line(tmp_path: Path) -> None:
    module, args = modules.MODULES["perceptron"]()
    program = torch.export.export(module.eval(), args)
    torch.export.save(program, tmp_path / "net.pt2")
    command = [sys.executable, "-m", "boundcalc", "import", "net.pt2", "-o", "net.yaml", "--weights", "norms"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "evaluation mode" in done.stderr
    again = [sys.executable, "-m", "boundcalc", "bounds", "net.yaml", "--values", "net.values.yaml", "--set", "R=0"]
    assert subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, check=False).returncode == 0
    plain = [sys.executable, "-m", "boundcalc", "import", "net.pt2", "-o", "plain.yaml"]
    assert subprocess.run(plain, cwd=tmp_path, capture_output=True, text=True, check=False).returncode == 0
    answers: list[str] = []
    for spec in ("net.pt2", "plain.yaml"):
        bounds = [sys.executable, "-m", "boundcalc", "bounds", spec, "--set", "R=1", "--set", "X=1", "--set", "n=3"]
        done = subprocess.run(bounds, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert ("evaluation mode" in done.stderr) == (spec == "net.pt2")
        answers.append(done.stdout)
    assert answers[0] == answers[1]
    sizes = {"input": {0: torch.export.Dim("samples", min=2, max=64)}}
    torch.export.save(torch.export.export(module, args, dynamic_shapes=sizes), tmp_path / "sizes.pt2")
    (tmp_path / "old.pt2").write_bytes(b"no archive")
    for file, reason in (
        ("sizes.pt2", "sizes that are symbols"),
        ("old.pt2", "cannot be read"),
        ("no.pt2", "no such file"),
    ):
        refused = subprocess.run([*command[:4], file], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert refused.returncode == 2
        assert reason in refused.stderr
    wrong = subprocess.run([*command[:4], "net.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "no file of an exported program" in wrong.stderr
    assert "Traceback" not in wrong.stderr
