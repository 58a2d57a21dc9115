"""What PyTorch, Keras and ONNX call the fields of layers. What they call a layer its kind says itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from boundcalc.mistakes import folded

# The fields that may be meant; a layer has at most one of them.
FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        folded(foreign): ours
        for foreign, ours in {
            "kernel_size": ("kernel",),
            "kernel_shape": ("kernel",),
            "pool_size": ("kernel",),
            "out_channels": ("channels",),
            "filters": ("channels",),
            "strides": ("stride",),
            "pads": ("padding",),
            "dilations": ("dilation",),
            "dilation_rate": ("dilation",),
            "group": ("groups",),
            "num_groups": ("groups",),
            "out_features": ("units", "features"),
            "hidden_size": ("units",),
            "output_dim": ("features", "units"),
            "embedding_dim": ("features",),
            "d_model": ("width", "features", "units"),
            "embed_dim": ("width",),
            "use_bias": ("bias",),
            "epsilon": ("eps",),
            "elementwise_affine": ("affine",),
            "rate": ("p", "dropout"),
            "prob": ("p", "dropout"),
            "dropout_p": ("dropout", "p"),
            "ceil_mode": ("ceil",),
            "dim": ("axis", "axes"),
            "dims": ("axes", "axis"),
            "perm": ("axes",),
            "nhead": ("heads",),
            "num_heads": ("heads",),
            "num_kv_heads": ("kv_heads",),
            "is_causal": ("causal",),
            "bidirectional": ("both",),
            "num_layers": ("layers",),
            "scale_factor": ("factor",),
            "output_size": ("size",),
            "target_shape": ("shape",),
            "r": ("rank",),
            "delta": ("width",),
        }.items()
    }
)
# Sizes of what a layer reads.
KNOWN = frozenset(
    folded(name)
    for name in (
        "in_features",
        "in_channels",
        "input_size",
        "input_dim",
        "input_shape",
        "num_features",
        "normalized_shape",
    )
)


def meant(name: str, own: Collection[str]) -> str | None:
    """The field that is meant by a name of another library, where `own` are the fields of the layer."""
    return next((field for field in FIELDS.get(folded(name), ()) if field in own), None)


def is_known(name: str) -> bool:
    """Whether a field of another library is the size of what the layer reads."""
    return folded(name) in KNOWN
