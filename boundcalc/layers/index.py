"""The vocabulary: every kind of layer and every loss. One row for each file of this folder: the names of its kinds, and what
PyTorch, Keras and ONNX call each where that is another word. A file is imported when a spec names one of its kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module

from boundcalc.graph.kind import AnyKind, FixedVocabulary
from boundcalc.language.words import Entry, Shelf

_Rows = Mapping[str, Mapping[str, str]]  # file: {kind: aliases}

_LAYERS: _Rows = {
    "dense": {"dense": "Linear fc fully_connected Gemm inner_product"},
    "convolution": {"conv1d": "Convolution1D", "conv2d": "Convolution2D Conv Convolution", "conv3d": "Convolution3D"},
    "transposed": {
        "convtranspose1d": "Conv1DTranspose",
        "convtranspose2d": "Conv2DTranspose ConvTranspose",
        "convtranspose3d": "Conv3DTranspose",
    },
    "pooling": {
        "maxpool1d": "MaxPooling1D",
        "avgpool1d": "AveragePooling1D",
        "maxpool2d": "MaxPooling2D MaxPool",
        "avgpool2d": "AveragePooling2D AveragePool",
        "maxpool3d": "MaxPooling3D",
        "avgpool3d": "AveragePooling3D",
    },
    "adaptive": {
        "adaptiveavgpool1d": "",
        "adaptivemaxpool1d": "",
        "adaptiveavgpool2d": "",
        "adaptivemaxpool2d": "",
        "adaptiveavgpool3d": "",
        "adaptivemaxpool3d": "",
    },
    "lppool": {"lppool2d": ""},
    "upsample": {
        "upsample": "interpolate Resize UpsamplingNearest2d "
        "UpsamplingBilinear2d UpSampling1D UpSampling2D UpSampling3D",
    },
    "mean": {
        "globalavgpool": "GlobalAveragePool GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D",
        "mean": "ReduceMean",
    },
    "batchnorm": {"batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d BatchNormalization"},
    "layernorm": {"layernorm": "LayerNormalization", "rmsnorm": "RMSNormalization"},
    "groupnorm": {
        "groupnorm": "GroupNormalization",
        "instancenorm": "InstanceNorm1d InstanceNorm2d InstanceNorm3d InstanceNormalization",
    },
    "localresponsenorm": {"localresponsenorm": "LRN"},
    "l2norm": {"l2norm": "normalize UnitNormalization LpNormalization"},
    "scale": {"scale": "", "layer_scale": ""},
    "flatten": {"flatten": ""},
    "reshape": {"reshape": "view unflatten rearrange"},
    "permute": {"permute": "", "transpose": ""},
    "expand": {"expand": "broadcast_to tile", "squeeze": "", "unsqueeze": "expand_dims"},
    "slice": {"slice": "narrow StridedSlice Cropping1D Cropping2D Cropping3D"},
    "split": {"split": "chunk unbind unstack"},
    "stack": {"stack": "pack"},
    "pad": {
        "pad": "ZeroPad1d ZeroPad2d ZeroPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d "
        "ReplicationPad2d ReplicationPad3d CircularPad1d CircularPad2d CircularPad3d ZeroPadding1d ZeroPadding2d ZeroPadding3d",
    },
    "take": {"take": "gather index_select"},
    "roll": {"roll": ""},
    "identity": {"identity": ""},
    "dropout": {
        "dropout": "Dropout1d Dropout2d Dropout3d AlphaDropout SpatialDropout2D",
        "stochastic_depth": "DropPath",
    },
    "softmax": {"softmax": ""},
    "logsoftmax": {"logsoftmax": ""},
    "activation": {
        "softplus": "",
        "logsigmoid": "",
        "sigmoid": "",
        "tanh": "",
        "tanhshrink": "",
        "arctan": "atan",
        "softsign": "",
        "celu": "",
        "sin": "",
        "gaussian": "",
        "affine": "",
        "silu": "swish",
        "mish": "",
        "relu": "",
        "relu6": "",
        "hardtanh": "clip clamp",
        "leaky_relu": "",
        "selu": "",
        "elu": "",
        "hardsigmoid": "",
        "hardswish": "h_swish",
        "softshrink": "",
        "hardshrink": "",
    },
    "gelu": {"gelu": ""},
    "square": {"square": ""},
    "add": {"add": ""},
    "subtract": {"subtract": "sub"},
    "concat": {"concat": "cat concatenate"},
    "multiply": {"multiply": "mul hadamard"},
    "matmul": {"matmul": ""},
    "attention": {"attention": "MultiheadAttention self_attention scaled_dot_product_attention"},
    "parameter": {"parameter": ""},
    "constant": {"constant": "buffer"},
    "embedding": {"embedding": ""},
    "sinusoidal": {"sinusoidal": ""},
    "glu": {"glu": "", "swiglu": "", "geglu": ""},
    "lora": {"lora": ""},
    "recurrent": {"rnn": "", "lstm": "", "gru": ""},
    "gcn": {"gcn": ""},
    "einsum": {"einsum": ""},
    "linear": {"linear": ""},
    "map": {"map": ""},
    "bilinear": {"bilinear": ""},
    "generic": {"generic": ""},
    "argmin": {"argmin": ""},
}

_LOSSES: _Rows = {
    "logistic": {
        "logistic": "CrossEntropyLoss cross_entropy categorical_crossentropy "
        "sparse_categorical_crossentropy SoftmaxCrossEntropyLoss NLLLoss",
    },
    "kl": {"kl": "KLDivLoss kl_div kl_divergence distillation"},
    "squared": {"squared": "MSELoss mse mean_squared_error l2_loss"},
    "entry_losses": {
        "binary_logistic": "BCEWithLogitsLoss binary_cross_entropy_with_logits SoftMarginLoss binary_crossentropy",
        "hinge": "hinge_loss",
        "squared_hinge": "",
        "smoothed_hinge": "",
        "huber": "HuberLoss",
        "pseudo_huber": "",
        "log_cosh": "LogCoshLoss",
    },
    "brier": {"brier": "brier_score"},
    "contrastive": {"contrastive": "ContrastiveLoss"},
    "triplet": {"triplet": "TripletMarginLoss"},
    "cosine": {"cosine": "CosineEmbeddingLoss CosineSimilarity"},
    "infonce": {"infonce": "NTXentLoss nt_xent"},
    "matrix_factorisation": {"matrix_factorisation": "matrix_factorization"},
    "clustering": {"kmeans": "", "convex_clustering": "sum_of_norms_clustering", "spectral_clustering": ""},
}


def _entries(rows: _Rows, loss: bool) -> dict[str, Entry]:
    return {
        name: Entry(file, loss, tuple(aliases.split()))
        for file, kinds in rows.items()
        for name, aliases in kinds.items()
    }


def _kind(name: str, entry: Entry) -> AnyKind:
    """The kind of that name in its file, whose `KIND` it is or one of whose `KINDS`."""
    module = import_module(f"boundcalc.layers.{entry.home}")
    kinds: Mapping[str, AnyKind] | tuple[AnyKind, ...] = getattr(module, "KINDS", None) or (module.KIND,)
    kind = kinds[name] if isinstance(kinds, Mapping) else next(kind for kind in kinds if kind.name == name)
    return replace(kind, aliases=entry.aliases)


VOCABULARY: FixedVocabulary = Shelf({**_entries(_LAYERS, loss=False), **_entries(_LOSSES, loss=True)}, _kind)
"""Every kind by name."""
