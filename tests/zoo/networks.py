"""The zoo: what is made, of which family, with which example. Depths and widths of one family count once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from zoo import own, own_attention, own_images, own_restoration, own_sequences, own_tables

Made = tuple[nn.Module, tuple[Any, ...], Mapping[str, Any]]


@dataclass(frozen=True)
class Entry:
    """`kind`: attention, recurrent, or another."""

    name: str
    family: str
    make: Callable[[], Made]
    kind: str = ""


def images(size: int = 64, channels: int = 3) -> tuple[Any, ...]:
    return (torch.randn(2, channels, size, size),)


def _own() -> list[Entry]:
    ids = (torch.randint(0, 60, (2, 7)),)
    rows = (torch.randn(2, 6, 8),)

    def entry(name: str, make: Callable[[], nn.Module], args: tuple[Any, ...], kind: str = "") -> Entry:
        return Entry(name, name, lambda: (make(), args, {}), kind)

    return [
        entry("mlp", own.perceptron, (torch.randn(2, 6),)),
        entry("lstm-lm", lambda: own.LanguageModel(nn.LSTM, 2), ids, "recurrent"),
        entry("gru-lm", lambda: own.LanguageModel(nn.GRU), ids, "recurrent"),
        entry("rnn-lm", lambda: own.LanguageModel(nn.RNN), ids, "recurrent"),
        entry("bilstm-tagger", own.Tagger, ids, "recurrent"),
        entry("gru-classifier", own.LastState, (torch.randn(2, 7, 5),), "recurrent"),
        entry("lstm-sequence-first", own.SequenceFirst, (torch.randn(7, 2, 5),), "recurrent"),
        entry("unet", own.UNet, images(16, 1)),
        entry("siren", own.Siren, (torch.randn(2, 2),)),
        entry("radiance-field", own.Field, (torch.randn(2, 3),)),
        entry("text-cnn", own.TextCNN, ids),
        entry("tcn", own.Temporal, (torch.randn(2, 2, 20),)),
        entry("wavenet", own.WaveNet, (torch.randn(2, 1, 20),)),
        entry("mlp-mixer", own.mixer, (torch.randn(2, 9, 12),)),
        entry("highway", own.Highway, (torch.randn(2, 8),)),
        entry("pointnet", own.PointNet, (torch.randn(2, 10, 3),)),
        entry("deep-sets", own.DeepSets, (torch.randn(2, 5, 4),)),
        entry("interactions", own.Interactions, (torch.randn(2, 4),)),
        entry("graph-network", own.Graphs, (torch.randn(2, 6, 5),)),
        entry("squeeze-excitation", own.Squeeze, images(8)),
        entry("hopfield", own.Hopfield, rows, "attention"),
        entry("gmlp", own.SpatialGate, rows),
        entry("local-attention", own.LocalAttention, rows, "attention"),
        entry("transformer", own.Transformer, (torch.randn(2, 6, 16), torch.randn(2, 5, 16)), "attention"),
        entry("transformer-encoder", own.encoder, (torch.randn(2, 6, 16),), "attention"),
        entry("transformer-decoder", own.decoder, (torch.randn(2, 6, 16), torch.randn(2, 5, 16)), "attention"),
        entry("transformer-sequence-first", own.sequences_first, (torch.randn(6, 2, 16),), "attention"),
        entry("gan-generator", own.generator, (torch.randn(2, 8, 1, 1),)),
        entry("gan-discriminator", own.discriminator, images(16)),
        entry("autoencoder", own.autoencoder, images(8, 1)),
        entry("super-resolution", own.super_resolution, images(8, 1)),
        entry("volumes", own.volumes, (torch.randn(2, 1, 4, 4, 4),)),
        *(
            entry(*row)
            for file in (own_sequences, own_attention, own_images, own_restoration, own_tables)
            for row in file.MADE
        ),
    ]


_TORCHVISION = (
    ("alexnet", "alexnet", 96), ("vgg11", "vgg", 32), ("vgg11_bn", "vgg", 32), ("resnet18", "resnet", 64),
    ("resnet50", "resnet", 64), ("resnext50_32x4d", "resnet", 64), ("wide_resnet50_2", "resnet", 64),
    ("densenet121", "densenet", 64), ("squeezenet1_0", "squeezenet", 64), ("googlenet", "googlenet", 64),
    ("inception_v3", "inception", 96), ("mobilenet_v2", "mobilenet", 64), ("mobilenet_v3_small", "mobilenet", 64),
    ("mnasnet0_5", "mnasnet", 64), ("shufflenet_v2_x0_5", "shufflenet", 64), ("efficientnet_b0", "efficientnet", 64),
    ("efficientnet_v2_s", "efficientnet", 64), ("regnet_y_400mf", "regnet", 64), ("regnet_x_400mf", "regnet", 64),
    ("convnext_tiny", "convnext", 64),
)  # fmt: skip
_ATTENTIVE = (
    ("vit_b_16", "vit", 224),
    ("swin_t", "swin", 64),
    ("swin_v2_t", "swin", 64),
    ("maxvit_t", "maxvit", 224),
)


def _torchvision() -> list[Entry]:
    import torchvision.models as models

    def entry(name: str, family: str, size: int, kind: str) -> Entry:
        more: dict[str, Any] = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
        return Entry(f"torchvision/{name}", family, lambda: (getattr(models, name)(**more), images(size), {}), kind)

    def video(name: str, family: str) -> Entry:
        from torchvision.models import video as videos

        example = (torch.randn(2, 3, 8, 32, 32),)
        return Entry(f"torchvision/{name}", family, lambda: (getattr(videos, name)(), example, {}))

    def segmentation(name: str, family: str) -> Entry:
        from torchvision.models import segmentation as made

        def make() -> Made:
            return getattr(made, name)(weights=None, weights_backbone=None), images(64), {}

        return Entry(f"torchvision/{name}", family, make)

    return [
        *(entry(*row, "") for row in _TORCHVISION),
        *(entry(*row, "attention") for row in _ATTENTIVE),
        *(
            video(name, family)
            for name, family in (
                ("r3d_18", "video-resnet"),
                ("r2plus1d_18", "video-resnet"),
                ("mc3_18", "video-resnet"),
            )
        ),
        segmentation("fcn_resnet50", "fcn"),
        segmentation("deeplabv3_mobilenet_v3_large", "deeplab"),
        segmentation("lraspp_mobilenet_v3_large", "lraspp"),
    ]


def entries() -> list[Entry]:
    from zoo import more_transformers
    from zoo.pretrained import TIMM, TRANSFORMERS

    return [*_own(), *_torchvision(), *TIMM(), *TRANSFORMERS(), *more_transformers.entries()]
