"""Architectures of timm and transformers, with random weights and small configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from zoo.networks import Entry, Made

# name, family, size of the image, kind, what makes it smaller
_TIMM: tuple[tuple[str, str, int, str, Mapping[str, Any]], ...] = (
    ("beit_base_patch16_224", "beit", 224, "attention", {"depth": 2, "embed_dim": 48, "num_heads": 4}),
    ("halonet26t", "halonet", 256, "attention", {}),
    ("lambda_resnet26rpt_256", "lambda-resnet", 256, "attention", {}),
    ("botnet26t_256", "botnet", 256, "attention", {}),
    ("test_byobnet", "byobnet", 64, "", {}),
    ("repvgg_a0", "repvgg", 64, "", {}),
    ("gernet_s", "byobnet", 64, "", {}),
    ("resnet26t", "resnet", 64, "", {}),
    ("seresnet50", "resnet", 64, "", {}),
    ("skresnet18", "skresnet", 64, "", {}),
    ("ecaresnet26t", "resnet", 64, "", {}),
    ("res2net50_14w_8s", "res2net", 64, "", {}),
    ("resnest14d", "resnest", 64, "", {}),
    ("cait_xxs24_224", "cait", 224, "attention", {"depth": 3}),
    ("coat_tiny", "coat", 224, "attention", {}),
    ("convit_tiny", "convit", 224, "attention", {"depth": 3}),
    ("convmixer_768_32", "convmixer", 64, "", {}),
    ("test_convnext", "convnext", 64, "", {}),
    ("test_convnext2", "convnext", 64, "", {}),
    ("crossvit_tiny_240", "crossvit", 240, "attention", {}),
    ("cs3darknet_focus_s", "cspnet", 64, "", {}),
    ("cspresnet50", "cspnet", 64, "", {}),
    ("cspnext_tiny", "cspnet", 64, "", {}),
    ("davit_tiny", "davit", 64, "attention", {"depths": (1, 1, 1, 1), "embed_dims": (24, 48, 96, 192)}),
    ("deit_tiny_patch16_224", "vit", 224, "attention", {"depth": 3}),
    ("deit3_small_patch16_224", "vit", 224, "attention", {"depth": 2}),
    ("dla46x_c", "dla", 64, "", {}),
    ("dpn48b", "dpn", 64, "", {}),
    ("edgenext_xx_small", "edgenext", 64, "attention", {}),
    ("efficientformer_l1", "efficientformer", 224, "attention", {}),
    ("efficientformerv2_s0", "efficientformer", 224, "attention", {}),
    ("test_efficientnet", "efficientnet", 64, "", {}),
    ("efficientvit_b0", "efficientvit-mit", 64, "attention", {}),
    ("efficientvit_m0", "efficientvit-msra", 224, "attention", {}),
    ("eva02_tiny_patch14_224", "eva02", 224, "attention", {"depth": 2}),
    ("fasternet_t0", "fasternet", 64, "", {}),
    ("fastvit_t8", "fastvit", 64, "attention", {}),
    ("focalnet_tiny_srf", "focalnet", 64, "", {}),
    ("gcvit_xxtiny", "gcvit", 224, "attention", {}),
    ("ghostnet_050", "ghostnet", 64, "", {}),
    ("hgnetv2_b0", "hgnet", 64, "", {}),
    ("hrnet_w18_small", "hrnet", 64, "", {}),
    ("inception_next_atto", "inception-next", 64, "", {}),
    ("inception_v4", "inception", 96, "", {}),
    ("inception_resnet_v2", "inception", 96, "", {}),
    ("levit_128s", "levit", 224, "attention", {}),
    ("lcnet_035", "mobilenet", 64, "", {}),
    ("test_mambaout", "mambaout", 64, "", {}),
    ("test_coatnet", "coatnet", 160, "attention", {}),
    ("poolformer_s12", "metaformer", 64, "", {}),
    ("caformer_s18", "metaformer", 64, "attention", {}),
    ("convformer_s18", "metaformer", 64, "", {}),
    ("gmixer_12_224", "mlp-mixer", 224, "", {}),
    ("gmlp_ti16_224", "gmlp", 224, "", {}),
    ("resmlp_12_224", "mlp-mixer", 224, "", {}),
    ("mixer_s32_224", "mlp-mixer", 224, "", {}),
    ("mobilenetv3_small_050", "mobilenet", 64, "", {}),
    ("mobilenetv4_conv_small_035", "mobilenet", 64, "", {}),
    ("mobilenetv4_hybrid_medium", "mobilenet", 64, "attention", {}),
    ("mobilevit_xxs", "mobilevit", 64, "attention", {}),
    ("mobilevitv2_050", "mobilevit", 64, "attention", {}),
    ("mobileone_s0", "mobileone", 64, "", {}),
    ("mvitv2_tiny", "mvit", 224, "attention", {}),
    ("nest_tiny", "nest", 224, "attention", {}),
    ("nextvit_small", "nextvit", 64, "attention", {}),
    ("test_nfnet", "nfnet", 64, "", {}),
    ("pit_ti_224", "pit", 224, "attention", {}),
    ("pvt_v2_b0", "pvt", 64, "attention", {}),
    ("regnetz_b16", "regnet", 64, "", {}),
    ("repghostnet_050", "ghostnet", 64, "", {}),
    ("repvit_m0_9", "repvit", 64, "", {}),
    ("rexnet_100", "rexnet", 64, "", {}),
    ("rdnet_tiny", "rdnet", 64, "", {}),
    ("selecsls42", "selecsls", 64, "", {}),
    ("sequencer2d_s", "sequencer", 224, "recurrent", {"layers": (1, 1, 1, 1)}),
    ("shvit_s1", "shvit", 224, "attention", {}),
    ("starnet_s050", "starnet", 64, "", {}),
    ("swiftformer_xs", "swiftformer", 64, "attention", {}),
    ("tiny_vit_5m_224", "tiny_vit", 224, "attention", {}),
    ("tnt_s_patch16_224", "tnt", 224, "attention", {"depth": 2}),
    ("tresnet_m", "tresnet", 64, "", {}),
    ("twins_svt_small", "twins", 224, "attention", {"depths": (1, 1, 1, 1)}),
    ("vgg11", "vgg", 64, "", {}),
    ("visformer_tiny", "visformer", 224, "attention", {}),
    ("vit_tiny_patch16_224", "vit", 224, "attention", {"depth": 3}),
    ("vitamin_small_224", "vitamin", 224, "attention", {}),
    ("vovnet39a", "vovnet", 64, "", {}),
    ("xception41", "xception", 96, "", {}),
    ("xcit_nano_12_p16_224", "xcit", 224, "attention", {"depth": 2}),
    ("cpubone_nano", "cpubone", 64, "", {}),
    ("densenetblur121d", "densenet", 64, "", {}),
    ("deepseek_vit_412m", "deepseek-vit", 224, "attention", {"depth": 2}),
    ("efficientvim_m1", "efficientvim", 64, "", {}),
    ("hardcorenas_a", "hardcorenas", 64, "", {}),
    ("hiera_tiny_224", "hiera", 224, "attention", {}),
    ("hieradet_small", "hieradet", 224, "attention", {}),
    ("iformer_t", "iformer", 64, "attention", {}),
    ("lcnetv2_small", "mobilenet", 64, "", {}),
    ("lowformer_b0", "lowformer", 64, "attention", {}),
    ("naflexvit_base_patch16_gap", "vit", 224, "attention", {"depth": 2}),
    ("qwen3_vit_88m", "qwen3-vit", 224, "attention", {"depth": 2}),
    ("resnetv2_50d_evos", "resnet_v2", 64, "", {}),
    ("resnetv2_50x1_bit", "resnet_v2", 64, "", {}),
    ("samvit_base_patch16_224", "sam", 224, "attention", {"depth": 2}),
    ("swinv2_cr_tiny_224", "swin", 224, "attention", {}),
    ("vit_tiny_r_s16_p8_224", "vit-hybrid", 224, "attention", {"depth": 2}),
)


def TIMM() -> list[Entry]:  # noqa: N802
    import timm

    def entry(name: str, family: str, size: int, kind: str, more: Mapping[str, Any]) -> Entry:
        def make() -> Made:
            return timm.create_model(name, **more), (torch.randn(2, 3, size, size),), {}

        return Entry(f"timm/{name}", family, make, kind)

    return [entry(*row) for row in _TIMM]


SMALL = {
    "num_hidden_layers": 2,
    "hidden_size": 32,
    "num_attention_heads": 4,
    "vocab_size": 100,
    "intermediate_size": 48,
}
IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
_ODD = {"n_layer": 2, "n_embd": 32, "n_head": 4, "vocab_size": 100}

# the class of the model, that of its configuration, the family, what of the configuration, what the example is
_MODELS: tuple[tuple[str, str, str, Mapping[str, Any], str], ...] = (
    ("BertModel", "BertConfig", "bert", SMALL, "ids"),
    ("BertForSequenceClassification", "BertConfig", "bert", SMALL, "ids"),
    ("RobertaModel", "RobertaConfig", "bert", SMALL, "places"),
    ("AlbertModel", "AlbertConfig", "albert", {**SMALL, "embedding_size": 16}, "ids"),
    ("ElectraModel", "ElectraConfig", "electra", {**SMALL, "embedding_size": 16}, "ids"),
    ("DistilBertModel", "DistilBertConfig", "distilbert", {"n_layers": 2, "dim": 32, "n_heads": 4, "hidden_dim": 48, "vocab_size": 100}, "ids"),
    ("MPNetModel", "MPNetConfig", "mpnet", SMALL, "places"),
    ("DebertaV2Model", "DebertaV2Config", "deberta_v2", SMALL, "ids"),
    ("CamembertModel", "CamembertConfig", "bert", SMALL, "places"),
    ("XLMRobertaModel", "XLMRobertaConfig", "bert", SMALL, "places"),
    ("ModernBertModel", "ModernBertConfig", "modernbert", {**SMALL, **IDS, "cls_token_id": 1, "sep_token_id": 2}, "ids"),
    ("ConvBertModel", "ConvBertConfig", "convbert", {**SMALL, "embedding_size": 16}, "ids"),
    ("FNetModel", "FNetConfig", "fnet", {k: v for k, v in SMALL.items() if k != "num_attention_heads"}, "ids"),
    ("NystromformerModel", "NystromformerConfig", "nystromformer", {**SMALL, "segment_means_seq_len": 8, "num_landmarks": 8}, "ids"),
    ("SqueezeBertModel", "SqueezeBertConfig", "squeezebert", {**SMALL, "embedding_size": 32}, "ids"),
    ("MobileBertModel", "MobileBertConfig", "mobilebert", {**SMALL, "embedding_size": 32, "intra_bottleneck_size": 32}, "ids"),
    ("RoFormerModel", "RoFormerConfig", "roformer", {**SMALL, "embedding_size": 32}, "ids"),
    ("GPT2LMHeadModel", "GPT2Config", "gpt2", {**_ODD, "n_positions": 64, **IDS}, "causal"),
    ("OpenAIGPTLMHeadModel", "OpenAIGPTConfig", "gpt2", {**_ODD, "n_positions": 64}, "ids"),
    ("GPTNeoForCausalLM", "GPTNeoConfig", "gpt2", {"num_layers": 2, "hidden_size": 32, "num_heads": 4, "vocab_size": 100, "attention_types": [[["global", "local"], 1]], **IDS}, "causal"),
    ("GPTJForCausalLM", "GPTJConfig", "gpt-j", {**_ODD, "rotary_dim": 4, "n_positions": 64, **IDS}, "causal"),
    ("GPTNeoXForCausalLM", "GPTNeoXConfig", "gpt-neox", {**SMALL, **IDS}, "causal"),
    ("OPTForCausalLM", "OPTConfig", "opt", {"num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 4, "ffn_dim": 48, "vocab_size": 100, "word_embed_proj_dim": 32}, "causal"),
    ("BloomForCausalLM", "BloomConfig", "bloom", {"n_layer": 2, "hidden_size": 32, "n_head": 4, "vocab_size": 100}, "causal"),
    ("LlamaForCausalLM", "LlamaConfig", "llama", {**SMALL, "num_key_value_heads": 2}, "causal"),
    ("MistralForCausalLM", "MistralConfig", "llama", {**SMALL, "num_key_value_heads": 2, "head_dim": 8}, "causal"),
    ("MixtralForCausalLM", "MixtralConfig", "mixtral", {**SMALL, "num_key_value_heads": 2, "num_local_experts": 4}, "causal"),
    ("Qwen2ForCausalLM", "Qwen2Config", "llama", {**SMALL, "num_key_value_heads": 2}, "causal"),
    ("Qwen3ForCausalLM", "Qwen3Config", "llama", {**SMALL, "num_key_value_heads": 2, "head_dim": 8}, "causal"),
    ("GemmaForCausalLM", "GemmaConfig", "gemma", {**SMALL, "num_key_value_heads": 2, "head_dim": 8}, "causal"),
    ("Gemma2ForCausalLM", "Gemma2Config", "gemma", {**SMALL, "num_key_value_heads": 2, "head_dim": 8}, "causal"),
    ("PhiForCausalLM", "PhiConfig", "phi", SMALL, "causal"),
    ("Phi3ForCausalLM", "Phi3Config", "phi3", {**SMALL, "num_key_value_heads": 2, **IDS}, "causal"),
    ("FalconForCausalLM", "FalconConfig", "falcon", {"num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 4, "vocab_size": 100}, "causal"),
    ("StableLmForCausalLM", "StableLmConfig", "stablelm", {**SMALL, "num_key_value_heads": 2}, "causal"),
    ("OlmoForCausalLM", "OlmoConfig", "olmo", SMALL, "causal"),
    ("CohereForCausalLM", "CohereConfig", "cohere", {**SMALL, "num_key_value_heads": 2}, "causal"),
    ("Starcoder2ForCausalLM", "Starcoder2Config", "starcoder2", {**SMALL, "num_key_value_heads": 2}, "causal"),
    ("MptForCausalLM", "MptConfig", "mpt", {"n_layers": 2, "d_model": 32, "n_heads": 4, "vocab_size": 100}, "causal"),
    ("BioGptForCausalLM", "BioGptConfig", "biogpt", SMALL, "causal"),
    ("XGLMForCausalLM", "XGLMConfig", "xglm", {"num_layers": 2, "d_model": 32, "attention_heads": 4, "ffn_dim": 48, "vocab_size": 100}, "causal"),
    ("T5EncoderModel", "T5Config", "t5", {"num_layers": 2, "d_model": 32, "num_heads": 4, "d_kv": 8, "d_ff": 48, "vocab_size": 100}, "ids"),
    ("T5Model", "T5Config", "t5", {"num_layers": 2, "d_model": 32, "num_heads": 4, "d_kv": 8, "d_ff": 48, "vocab_size": 100}, "both"),
    ("BartModel", "BartConfig", "bart", {"encoder_layers": 1, "decoder_layers": 1, "d_model": 32, "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "vocab_size": 100}, "both"),
    ("PegasusModel", "PegasusConfig", "bart", {"encoder_layers": 1, "decoder_layers": 1, "d_model": 32, "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "vocab_size": 100}, "both"),
    ("MambaForCausalLM", "MambaConfig", "mamba", {"num_hidden_layers": 1, "hidden_size": 16, "state_size": 4, "vocab_size": 100}, "causal"),
    ("RwkvForCausalLM", "RwkvConfig", "rwkv", {"num_hidden_layers": 2, "hidden_size": 16, "attention_hidden_size": 16, "vocab_size": 100}, "causal"),
    ("ViTModel", "ViTConfig", "vit", {**SMALL, "image_size": 32, "patch_size": 8}, "image"),
    ("DeiTModel", "DeiTConfig", "vit", {**SMALL, "image_size": 32, "patch_size": 8}, "image"),
    ("BeitModel", "BeitConfig", "beit", {**SMALL, "image_size": 32, "patch_size": 8}, "image"),
    ("Dinov2Model", "Dinov2Config", "dinov2", {**SMALL, "image_size": 32, "patch_size": 8}, "image"),
    ("CLIPVisionModel", "CLIPVisionConfig", "clip-vision", {**SMALL, "image_size": 32, "patch_size": 8}, "image"),
    ("CLIPTextModel", "CLIPTextConfig", "clip-text", {**SMALL, **IDS}, "ids"),
    ("SiglipVisionModel", "SiglipVisionConfig", "siglip", {**SMALL, "image_size": 32, "patch_size": 8}, "image"),
    ("SegformerModel", "SegformerConfig", "segformer", {"depths": [1, 1, 1, 1], "hidden_sizes": [8, 16, 24, 32], "num_attention_heads": [1, 2, 2, 4]}, "image"),
    ("SwinModel", "SwinConfig", "swin", {"image_size": 32, "patch_size": 4, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 4], "window_size": 4}, "image"),
    ("ConvNextModel", "ConvNextConfig", "convnext", {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}, "image"),
    ("PvtModel", "PvtConfig", "pvt", {"image_size": 64, "depths": [1, 1, 1, 1], "hidden_sizes": [8, 16, 24, 32], "num_attention_heads": [1, 2, 2, 4]}, "image64"),
    ("Wav2Vec2Model", "Wav2Vec2Config", "wav2vec2", {**SMALL, "conv_dim": (16, 16), "conv_kernel": (5, 3), "conv_stride": (5, 2), "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 4}, "sound"),
    ("HubertModel", "HubertConfig", "wav2vec2", {**SMALL, "conv_dim": (16, 16), "conv_kernel": (5, 3), "conv_stride": (5, 2), "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 4}, "sound"),
    ("ASTModel", "ASTConfig", "audio-spectrogram", {**SMALL, "max_length": 32, "num_mel_bins": 16, "patch_size": 8, "frequency_stride": 8, "time_stride": 8}, "spectrogram"),
    ("DecisionTransformerGPT2Model", "DecisionTransformerConfig", "gpt2", {"hidden_size": 32, "n_layer": 1, "n_head": 4}, "vectors"),
)  # fmt: skip


def _example(which: str) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    ids = torch.randint(3, 100, (2, 8))
    match which:
        case "ids":
            return (ids,), {}
        case "places":
            return (ids,), {"position_ids": torch.arange(2, 10).repeat(2, 1)}
        case "causal":
            return (ids,), {"use_cache": False}
        case "both":
            return (), {"input_ids": ids, "decoder_input_ids": torch.randint(3, 100, (2, 6)), "use_cache": False}
        case "image":
            return (torch.randn(2, 3, 32, 32),), {}
        case "image64":
            return (torch.randn(2, 3, 64, 64),), {}
        case "spectrogram":
            return (torch.randn(2, 32, 16),), {}
        case "vectors":
            return (), {"inputs_embeds": torch.randn(2, 8, 32), "use_cache": False}
        case _:
            return (torch.randn(2, 400),), {}


def TRANSFORMERS() -> list[Entry]:  # noqa: N802
    import transformers

    def entry(model: str, config: str, family: str, fields: Mapping[str, Any], which: str) -> Entry:
        def make() -> Made:
            made = getattr(transformers, model)(getattr(transformers, config)(**fields))
            return made, *_example(which)

        kind = "" if family in ("fnet", "convnext") else "recurrent" if family in ("mamba", "rwkv") else "attention"
        return Entry(f"transformers/{model}", family, make, kind)

    return [entry(*row) for row in _MODELS]
