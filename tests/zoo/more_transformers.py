"""Further architectures of transformers: families that pretrained.py has not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from zoo.networks import Entry, Made
from zoo.pretrained import IDS, SMALL

_SMALL = {**SMALL, **IDS}
_GROUPED = {**_SMALL, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64}
_IMAGE = {
    "num_hidden_layers": 2,
    "hidden_size": 32,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "image_size": 32,
    "patch_size": 8,
}
_PAIR = {
    "encoder_layers": 1,
    "decoder_layers": 1,
    "d_model": 32,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "vocab_size": 100,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_SOUND = {
    **_SMALL,
    "conv_dim": (16, 16),
    "conv_kernel": (5, 3),
    "conv_stride": (5, 2),
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 4,
}
_MIXED = {
    **_GROUPED,
    "num_key_value_heads": 4,
    "head_dim": 4,
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 8,
    "v_head_dim": 8,
    "n_routed_experts": 4,
    "n_group": 1,
    "topk_group": 1,
    "num_experts_per_tok": 2,
    "first_k_dense_replace": 2,
}
_RELATIVE = {**_SMALL, "relative_attention": True, "pos_att_type": ["c2p", "p2c"]}
_STAGES = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}
_SERIES = {
    "prediction_length": 8,
    "context_length": 30,
    "num_time_features": 1,
    "encoder_layers": 1,
    "decoder_layers": 1,
}
_PATCHED = {"num_input_channels": 3, "context_length": 32, "patch_length": 8, "patch_stride": 8, "d_model": 16}

# the class of the model, that of its configuration, the family, what of the configuration, what the example is
_MODELS: tuple[tuple[str, str, str, Mapping[str, Any], str], ...] = (
    ("RobertaForSequenceClassification", "RobertaConfig", "roberta-padded", _SMALL, "ids"),
    ("BertForMaskedLM", "BertConfig", "bert-padded", _SMALL, "padded"),
    ("DebertaForMaskedLM", "DebertaConfig", "deberta", {**_RELATIVE, "max_relative_positions": 16}, "padded"),
    ("EsmModel", "EsmConfig", "esm", {**_SMALL, "mask_token_id": 99, "position_embedding_type": "rotary"}, "padded"),
    ("XLNetModel", "XLNetConfig", "xlnet", {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 48, "vocab_size": 100}, "ids"),
    ("XLMModel", "XLMConfig", "xlm", {"emb_dim": 32, "n_layers": 2, "n_heads": 4, "n_words": 100}, "ids"),
    ("DPRQuestionEncoder", "DPRConfig", "dpr", _SMALL, "ids"),
    ("CTRLLMHeadModel", "CTRLConfig", "ctrl", {"n_layer": 2, "n_embd": 32, "n_head": 4, "dff": 48, "n_positions": 64, "vocab_size": 100}, "causal"),
    ("Cohere2ForCausalLM", "Cohere2Config", "cohere2", {**_GROUPED, "sliding_window": 4}, "causal"),
    ("Gemma3ForCausalLM", "Gemma3TextConfig", "gemma3", {**_GROUPED, "sliding_window": 4}, "causal"),
    ("Olmo2ForCausalLM", "Olmo2Config", "olmo2", _GROUPED, "causal"),
    ("GraniteForCausalLM", "GraniteConfig", "granite", _GROUPED, "causal"),
    ("NemotronForCausalLM", "NemotronConfig", "nemotron", _GROUPED, "causal"),
    ("GlmForCausalLM", "GlmConfig", "glm", _GROUPED, "causal"),
    ("Lfm2ForCausalLM", "Lfm2Config", "lfm2", {**_GROUPED, "layer_types": ["conv", "full_attention"], "block_auto_adjust_ff_dim": False}, "causal"),
    ("DiffLlamaForCausalLM", "DiffLlamaConfig", "diffllama", _GROUPED, "causal"),
    ("DeepseekV3ForCausalLM", "DeepseekV3Config", "deepseek_v3", _MIXED, "causal"),
    ("LlamaForSequenceClassification", "LlamaConfig", "llama-classified", _GROUPED, "causal"),
    ("ProphetNetModel", "ProphetNetConfig", "prophetnet", {"hidden_size": 32, "num_encoder_layers": 1, "num_decoder_layers": 1, "num_encoder_attention_heads": 4, "num_decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "vocab_size": 100}, "both"),
    ("M2M100Model", "M2M100Config", "m2m100", _PAIR, "both"),
    ("FSMTModel", "FSMTConfig", "fsmt", {**{k: v for k, v in _PAIR.items() if k != "vocab_size"}, "src_vocab_size": 100, "tgt_vocab_size": 100, "langs": ["en", "de"]}, "both"),
    ("PegasusXModel", "PegasusXConfig", "pegasus_x", {**_PAIR, "block_size": 4, "num_global_tokens": 2}, "both"),
    ("VitDetModel", "VitDetConfig", "vitdet", {**_IMAGE, "pretrain_image_size": 32, "window_block_indices": [0], "window_size": 2, "use_relative_position_embeddings": True}, "image"),
    ("DINOv3ViTModel", "DINOv3ViTConfig", "dinov3", {**_IMAGE, "num_register_tokens": 2}, "image"),
    ("PoolFormerModel", "PoolFormerConfig", "poolformer", _STAGES, "image"),
    ("FocalNetModel", "FocalNetConfig", "focalnet", {"image_size": 32, "embed_dim": 16, "hidden_sizes": [16, 32], "depths": [1, 1], "focal_levels": [2, 2], "focal_windows": [3, 3]}, "image"),
    ("Swinv2Model", "Swinv2Config", "swinv2", {"image_size": 32, "patch_size": 4, "embed_dim": 16, "depths": [2, 1], "num_heads": [2, 4], "window_size": 4}, "image"),
    ("SamVisionModel", "SamVisionConfig", "sam", {**_IMAGE, "mlp_dim": 48, "output_channels": 16, "window_size": 4, "global_attn_indexes": [1]}, "image"),
    ("VideoMAEModel", "VideoMAEConfig", "videomae", {**_IMAGE, "num_frames": 4}, "video"),
    ("CLIPTextModelWithProjection", "CLIPTextConfig", "clip-text-projected", {**_SMALL, "max_position_embeddings": 32}, "ids"),
    ("WavLMModel", "WavLMConfig", "wavlm", {**_SOUND, "num_buckets": 16, "max_bucket_distance": 32}, "sound"),
    ("SEWDModel", "SEWDConfig", "sew-d", {**_SOUND, "squeeze_factor": 2, "position_buckets": 8, "max_position_embeddings": 64}, "sound"),
    ("WhisperModel", "WhisperConfig", "whisper", {**_PAIR, "num_mel_bins": 16, "max_source_positions": 20, "max_target_positions": 32}, "spoken"),
    ("Wav2Vec2BertModel", "Wav2Vec2BertConfig", "wav2vec2-bert", {**_SMALL, "feature_projection_input_dim": 16, "conv_depthwise_kernel_size": 5}, "features"),
    ("SpeechT5HifiGan", "SpeechT5HifiGanConfig", "hifigan", {"model_in_dim": 16, "upsample_initial_channel": 16, "upsample_rates": [2, 2], "upsample_kernel_sizes": [4, 4], "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]]}, "features"),
    ("PatchTSMixerModel", "PatchTSMixerConfig", "patchtsmixer", {**_PATCHED, "num_layers": 2}, "series"),
    ("TimeSeriesTransformerModel", "TimeSeriesTransformerConfig", "time-series-transformer", {**_SERIES, "d_model": 32}, "past"),
    ("DecisionTransformerModel", "DecisionTransformerConfig", "decision", {"hidden_size": 32, "n_layer": 1, "n_head": 4, "state_dim": 5, "act_dim": 3, "max_ep_len": 32}, "decisions"),
)  # fmt: skip


def _example(which: str) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    ids, ones = torch.randint(3, 100, (2, 8)), torch.ones(2, 8, dtype=torch.long)
    later = {"decoder_input_ids": torch.randint(3, 100, (2, 6)), "use_cache": False}
    match which:
        case "ids":
            return (ids,), {}
        case "padded":
            return (ids,), {"attention_mask": torch.cat([ones[:, :6], ones[:, :2] * torch.tensor([[1], [0]])], 1)}
        case "causal":
            return (ids,), {"use_cache": False}
        case "both":
            return (), {"input_ids": ids, **later}
        case "image":
            return (torch.randn(2, 3, 32, 32),), {}
        case "video":
            return (torch.randn(2, 4, 3, 32, 32),), {}
        case "spoken":
            return (torch.randn(2, 16, 40),), later
        case "features":
            return (torch.randn(2, 12, 16),), {}
        case "series":
            return (torch.randn(2, 32, 3),), {}
        case "past":
            past = {"past_values": torch.randn(2, 37), "past_time_features": torch.randn(2, 37, 1)}
            seen = {"past_observed_mask": torch.ones(2, 37)}
            return (), {
                **past,
                **seen,
                "future_values": torch.randn(2, 8),
                "future_time_features": torch.randn(2, 8, 1),
            }
        case "decisions":
            rows = {"states": torch.randn(2, 4, 5), "actions": torch.randn(2, 4, 3), "rewards": torch.randn(2, 4, 1)}
            times = {"timesteps": torch.arange(4).repeat(2, 1), "attention_mask": ones[:, :4]}
            return (), {**rows, **times, "returns_to_go": torch.randn(2, 4, 1)}
        case _:
            return (torch.randn(2, 400),), {}


def entries() -> list[Entry]:
    import transformers

    def entry(model: str, config: str, family: str, fields: Mapping[str, Any], which: str) -> Entry:
        def make() -> Made:
            return getattr(transformers, model)(getattr(transformers, config)(**fields)), *_example(which)

        kind = "" if family in ("poolformer", "focalnet", "hifigan", "patchtsmixer") else "attention"
        return Entry(f"transformers/{model}", family, make, kind)

    return [entry(*row) for row in _MODELS]
