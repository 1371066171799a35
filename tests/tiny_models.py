"""Random-weight diffusers pipelines of a few hundred kilobytes, written to a folder: real code paths, no real model.

Every builder seeds torch with 0, so that the same call writes the same weights. The shapes follow the pipeline
tests of diffusers 0.42.1. All need the generation extra; importing this module imports torch.
"""

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLLTXVideo,
    AutoencoderKLWan,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    LTXConditionPipeline,
    LTXVideoTransformer3DModel,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from transformers import T5Config, T5EncoderModel, T5Tokenizer, UMT5Config, UMT5EncoderModel

TEXT_WIDTH = 32
"""Channels of the text encoder's output."""

LATENT_CHANNELS = 16
"""Channels of the Wan latent space; a reference doubles them and 64 mask channels follow (8 by 8 pixels a cell)."""

GAIN = 2.0
"""Random weights all but drown a reference (a millionth of the range); louder ones show it in half of the pixels."""

ROPE_LENGTH = 32
"""Longest side in patches of 16 pixels: a tiny Wan breaks on anything larger than 512 pixels."""


def write_vace(folder: Path) -> Path:
    """Write a WanVACE pipeline (takes ``reference_images``) to ``folder`` and return it."""
    torch.manual_seed(0)
    transformer = WanVACETransformer3DModel(
        in_channels=LATENT_CHANNELS,
        vace_layers=[0, 2],
        vace_in_channels=2 * LATENT_CHANNELS + 64,
        **_wan_blocks(layers=3),
    )
    _amplify(transformer)
    return _write(WanVACEPipeline(transformer=transformer, scheduler=_unipc(), vae=_wan_vae(), **_wan_text()), folder)


def write_text_only(folder: Path) -> Path:
    """Write a Wan text-to-video pipeline, which takes no person, to ``folder`` and return it."""
    torch.manual_seed(0)
    transformer = WanTransformer3DModel(in_channels=LATENT_CHANNELS, **_wan_blocks(layers=2))
    return _write(WanPipeline(transformer=transformer, scheduler=_unipc(), vae=_wan_vae(), **_wan_text()), folder)


def write_first_frame(folder: Path) -> Path:
    """Write a Wan image-to-video pipeline (takes one ``image`` as first frame) to ``folder`` and return it."""
    torch.manual_seed(0)
    transformer = WanTransformer3DModel(in_channels=2 * LATENT_CHANNELS + 4, **_wan_blocks(layers=2))
    pipe = WanImageToVideoPipeline(
        transformer=transformer,
        scheduler=_unipc(),
        vae=_wan_vae(),
        image_encoder=None,
        image_processor=None,
        **_wan_text(),
    )
    return _write(pipe, folder)


def write_conditions(folder: Path) -> Path:
    """Write an LTX condition pipeline (takes ``conditions``, guidance in one batched call) and return ``folder``."""
    torch.manual_seed(0)
    config = T5Config(d_model=TEXT_WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4, vocab_size=64)
    transformer = LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=4,
        attention_head_dim=8,
        cross_attention_dim=TEXT_WIDTH,
        caption_channels=TEXT_WIDTH,
        num_layers=1,
    )
    pipe = LTXConditionPipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=_ltx_vae(),
        text_encoder=T5EncoderModel(config),
        tokenizer=_tokenizer(),
    )
    return _write(pipe, folder)


def _write(pipe: DiffusionPipeline, folder: Path) -> Path:
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def _wan_blocks(*, layers: int) -> dict[str, object]:
    """Return what every tiny Wan transformer shares."""
    return {
        "patch_size": (1, 2, 2),
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "out_channels": LATENT_CHANNELS,
        "text_dim": TEXT_WIDTH,
        "freq_dim": 64,
        "ffn_dim": 32,
        "num_layers": layers,
        "cross_attn_norm": True,
        "qk_norm": "rms_norm_across_heads",
        "rope_max_seq_len": ROPE_LENGTH,
    }


def _wan_vae() -> AutoencoderKLWan:
    """Return a Wan VAE: 8 by 8 pixels and 4 frames a latent cell, without the biases that drown a picture."""
    vae = AutoencoderKLWan(
        base_dim=3,
        z_dim=LATENT_CHANNELS,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
    )
    with torch.no_grad():
        for name, bias in vae.named_parameters():
            if name.endswith("bias"):
                bias.zero_()
    _amplify(vae)
    return vae


def _amplify(module: torch.nn.Module) -> None:
    """Multiply the matrices of ``module`` by GAIN."""
    with torch.no_grad():
        for weights in module.parameters():
            if weights.ndim >= 2:
                weights.mul_(GAIN)


def _ltx_vae() -> AutoencoderKLLTXVideo:
    """Return an LTX VAE: 32 by 32 pixels and 8 frames a latent cell."""
    width = (8, 8, 8, 8)
    return AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=width,
        decoder_block_out_channels=width,
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, True, False),
        decoder_spatio_temporal_scaling=(True, True, True, False),
    )


def _wan_text() -> dict[str, object]:
    """Return the tokenizer and a UMT5 text encoder from a configuration."""
    config = UMT5Config(d_model=TEXT_WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4, vocab_size=64)
    return {"tokenizer": _tokenizer(), "text_encoder": UMT5EncoderModel(config)}


def _tokenizer() -> T5Tokenizer:
    """Return a T5 tokenizer of 32 pieces made in code: special tokens, the letters, the word boundary."""
    pieces = ["<pad>", "</s>", "<unk>", "▁", *"abcdefghijklmnopqrstuvwxyz", ",", "."]
    return T5Tokenizer(vocab=[(piece, -float(rank)) for rank, piece in enumerate(pieces)], extra_ids=0)


def _unipc() -> UniPCMultistepScheduler:
    """Return Wan's scheduler."""
    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)
