"""The 1st-place solution's parameter names and ours: a pure renaming, in both directions."""

from collections.abc import Iterator

import numpy as np

from podium.systems.fingerspelling.recipe import Model

_FRONT_ENDS = {"feature_extractor": "frontend"}
_PARTS = {
    "feature_extractor_lhand": "parts.left_hand",
    "feature_extractor_rhand": "parts.right_hand",
    "feature_extractor_face": "parts.face",
    "feature_extractor_pose": "parts.pose",
}
_FRONT_END = {"conv_stem": "conv", "bn_conv": "conv_norm", "stem_linear": "linear", "stem_bn": "norm"}
_RELATIVE_ATTENTION = {
    "mhsa.attention.u_bias": "attention.content_bias",
    "mhsa.attention.v_bias": "attention.position_bias",
    "mhsa.attention.query_proj": "attention.q_proj",
    "mhsa.attention.key_proj": "attention.k_proj",
    "mhsa.attention.value_proj": "attention.v_proj",
    "mhsa.attention.pos_proj": "attention.pos_proj",
    "mhsa.attention.out_proj": "attention.o_proj",
}
_ROTARY_ATTENTION = {f"mhsa_llama.{part}_proj": f"attention.{part}_proj" for part in "qkvo"}
_STEPS = {"mhsa": "attention", "ff_mhsa": "ff1", "conv": "conv", "ff_conv": "ff2"}
_BLOCK = {
    **{f"{kind}_{theirs}": f"affine_{ours}.{kind}" for theirs, ours in _STEPS.items() for kind in ("scale", "bias")},
    **{f"ln_{theirs}": f"norm_{ours}" for theirs, ours in _STEPS.items()},
    "ff_mhsa.ffn1": "ff1.linear1",
    "ff_mhsa.ffn2": "ff1.linear2",
    "conv.pw_conv_1.conv": "conv.pointwise1",
    "conv.dw_conv.conv": "conv.depthwise",
    "conv.bn": "conv.norm",
    "conv.pw_conv_2.conv": "conv.pointwise2",
    "ff_conv.ffn1": "ff2.linear1",
    "ff_conv.ffn2": "ff2.linear2",
}
_LAYER = {
    **{f"self_attn.{part}_proj": f"self_attention.{part}_proj" for part in "qkv"},
    "self_attn.out_proj": "self_attention.o_proj",
    **{f"encoder_attn.{part}_proj": f"cross_attention.{part}_proj" for part in "qkv"},
    "encoder_attn.out_proj": "cross_attention.o_proj",
    "self_attn_layer_norm": "norm_self",
    "encoder_attn_layer_norm": "norm_cross",
    "final_layer_norm": "norm_ff",
    "fc1": "fc1",
    "fc2": "fc2",
}
# Counters and constant tables of the original, which we rebuild.
_REBUILT = ("num_batches_tracked", "embed_positions.weights", "cos", "sin")


def from_original(state: dict[str, np.ndarray], config: Model) -> dict[str, np.ndarray]:
    """The original's state dict under our names; scale and bias vectors (1, 1, D) become (D,).

    Raises:
        KeyError: A tensor that neither has a name of ours nor is rebuilt.
    """
    names = dict(_names(config))
    kept = {name: value for name, value in state.items() if not name.endswith(_REBUILT)}
    ours = {_rename(name, names): value for name, value in kept.items()}
    return {name: value.reshape(-1) if ".affine_" in name else value for name, value in ours.items()}


def to_original(state: dict[str, np.ndarray], config: Model) -> dict[str, np.ndarray]:
    """The other way round, without what the original rebuilds itself."""
    names = {ours: theirs for theirs, ours in _names(config)}
    return {
        _rename(name, names): value.reshape(1, 1, -1) if ".affine_" in name else value for name, value in state.items()
    }


def _rename(name: str, names: dict[str, str]) -> str:
    """By its whole name, or by its module's."""
    if name in names:
        return names[name]
    module, _, leaf = name.rpartition(".")
    return f"{names[module]}.{leaf}"


def _names(config: Model) -> Iterator[tuple[str, str]]:
    """(the original's, ours) of every module, and of every parameter that is no module's."""
    is_round1 = config.name == "squeezeformer_relpos"
    for theirs, ours in (_FRONT_ENDS if is_round1 else _FRONT_ENDS | _PARTS).items():
        yield from _under(theirs, ours, _FRONT_END)
    for index in range(config.num_blocks):
        block = f"encoder.blocks.{index}"
        yield from _under(block, block, _BLOCK | (_RELATIVE_ATTENTION if is_round1 else _ROTARY_ATTENTION))
    decoders = {"decoder": "decoder"} if is_round1 else {"decoder": "decoder", "decoder2": "backward_decoder"}
    for theirs, ours in decoders.items():
        yield from _under(f"{theirs}.decoder", ours, {"embed_tokens": "embed_tokens", "layer_norm": "norm"})
        yield f"{theirs}.lm_head", f"{ours}.lm_head"
        for index in range(config.decoder.num_layers):
            yield from _under(f"{theirs}.decoder.layers.{index}", f"{ours}.layers.{index}", _LAYER)
    if not is_round1:
        yield "aux_fc", "confidence"


def _under(theirs: str, ours: str, table: dict[str, str]) -> Iterator[tuple[str, str]]:
    return ((f"{theirs}.{left}", f"{ours}.{right}") for left, right in table.items())
