"""The 1st-place solution's parameter names and ours: a pure renaming."""

import re

import numpy as np

# Applied in order to a name of the original; the first group of rules that matches a piece rewrites it.
_RULES = [
    (r"^feature_extractor_lhand\.", "parts.left_hand."),
    (r"^feature_extractor_rhand\.", "parts.right_hand."),
    (r"^feature_extractor_(face|pose)\.", r"parts.\1."),
    (r"^feature_extractor\.", "frontend."),
    (r"\.conv_stem\.", ".conv."),
    (r"\.bn_conv\.", ".conv_norm."),
    (r"\.stem_linear\.", ".linear."),
    (r"\.stem_bn\.", ".norm."),
    (r"\.(scale|bias)_ff_mhsa$", r".affine_ff1.\1"),
    (r"\.(scale|bias)_ff_conv$", r".affine_ff2.\1"),
    (r"\.(scale|bias)_mhsa$", r".affine_attention.\1"),
    (r"\.(scale|bias)_conv$", r".affine_conv.\1"),
    (r"\.mhsa\.attention\.u_bias$", ".attention.content_bias"),
    (r"\.mhsa\.attention\.v_bias$", ".attention.position_bias"),
    (r"\.mhsa\.attention\.query_proj\.", ".attention.q_proj."),
    (r"\.mhsa\.attention\.key_proj\.", ".attention.k_proj."),
    (r"\.mhsa\.attention\.value_proj\.", ".attention.v_proj."),
    (r"\.mhsa\.attention\.out_proj\.", ".attention.o_proj."),
    (r"\.mhsa\.attention\.", ".attention."),
    (r"\.mhsa_llama\.", ".attention."),
    (r"\.ln_ff_mhsa\.", ".norm_ff1."),
    (r"\.ln_ff_conv\.", ".norm_ff2."),
    (r"\.ln_mhsa\.", ".norm_attention."),
    (r"\.ln_conv\.", ".norm_conv."),
    (r"\.ff_mhsa\.ffn", ".ff1.linear"),
    (r"\.ff_conv\.ffn", ".ff2.linear"),
    (r"\.conv\.pw_conv_(\d)\.conv\.", r".conv.pointwise\1."),
    (r"\.conv\.dw_conv\.conv\.", ".conv.depthwise."),
    (r"\.conv\.bn\.", ".conv.norm."),
    (r"^decoder2\.", "backward_decoder."),
    (r"^((?:backward_)?decoder)\.decoder\.", r"\1."),
    (r"\.self_attn\.out_proj\.", ".self_attention.o_proj."),
    (r"\.encoder_attn\.out_proj\.", ".cross_attention.o_proj."),
    (r"\.self_attn\.", ".self_attention."),
    (r"\.encoder_attn\.", ".cross_attention."),
    (r"\.self_attn_layer_norm\.", ".norm_self."),
    (r"\.encoder_attn_layer_norm\.", ".norm_cross."),
    (r"\.final_layer_norm\.", ".norm_ff."),
    (r"\.layer_norm\.", ".norm."),
    (r"^aux_fc\.", "confidence."),
]
# Counters and constant tables, which we rebuild.
_REBUILT = re.compile(r"(num_batches_tracked|embed_positions\.weights|^cos|^sin)$")


def is_rebuilt(name: str) -> bool:
    """Whether a tensor of the original has no counterpart because it is a counter or a constant."""
    return bool(_REBUILT.search(name))


def our_name(name: str) -> str:
    """Our name of one of the original's parameters or statistics."""
    for pattern, replacement in _RULES:
        name = re.sub(pattern, replacement, name)
    return name


def our_state(original: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The original's state dict under our names; scale and bias vectors lose their leading axes of size 1."""
    state = {our_name(name): value for name, value in original.items() if not is_rebuilt(name)}
    return {name: value.reshape(-1) if ".affine_" in name else value for name, value in state.items()}
