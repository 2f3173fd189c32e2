"""Networks for spoken commands that others use, rebuilt from their descriptions, as TFLite files with random weights.

Both take features (a spectrogram) that somebody else must compute first; their times here leave that out.
"""

import numpy as np
import tensorflow as tf

CLASSES = 12


def ds_cnn() -> tuple[bytes, tuple[int, ...]]:
    """The keyword spotter of MLPerf Tiny (Banbury et al. 2021): a convolution of 64 filters of 10 × 4, stride 2, and
    four depthwise separable ones of 3 × 3, over 49 frames of 10 MFCC. int8, as the benchmark runs it."""
    rng = np.random.default_rng(0)
    first = _weights(rng, 10, 4, 1, 64)
    blocks = [(_weights(rng, 3, 3, 64, 1), _weights(rng, 1, 1, 64, 64)) for _ in range(4)]
    last = _weights(rng, 64, CLASSES)

    @tf.function(input_signature=[tf.TensorSpec([1, 49, 10, 1])], autograph=False)
    def read(x):
        y = tf.nn.relu(tf.nn.conv2d(x, first, 2, "SAME") + tf.zeros(64))
        for depthwise, pointwise in blocks:
            y = tf.nn.relu(tf.nn.depthwise_conv2d(y, depthwise, [1, 1, 1, 1], "SAME") + tf.zeros(64))
            y = tf.nn.relu(tf.nn.conv2d(y, pointwise, 1, "SAME") + tf.zeros(64))
        return {"outputs": tf.nn.softmax(tf.reduce_mean(y, [1, 2]) @ last)}

    clips = [rng.normal(size=(1, 49, 10, 1)).astype(np.float32) for _ in range(20)]
    return _converted(read, clips), (1, 49, 10, 1)


def keyword_transformer(width: int = 80, hidden: int = 304, num_layers: int = 12) -> tuple[bytes, tuple[int, ...]]:
    """A keyword transformer (Berg et al. 2021) of 3.6 MB: 98 frames of 40 MFCC and a class token, 12 layers of one
    head, the norm behind each part. float32."""
    rng = np.random.default_rng(0)
    entry, token, places = _weights(rng, 40, width), _weights(rng, 1, width), _weights(rng, 99, width)
    layers = [
        [_weights(rng, *shape) for shape in ((width, 3 * width), (width, width), (width, hidden), (hidden, width))]
        for _ in range(num_layers)
    ]
    last = _weights(rng, width, CLASSES)

    def norm(x):
        x -= tf.reduce_mean(x, -1, keepdims=True)
        return x * tf.math.rsqrt(tf.reduce_mean(x * x, -1, keepdims=True) + 1e-6)

    @tf.function(input_signature=[tf.TensorSpec([98, 40])], autograph=False)
    def read(x):
        y = tf.concat([token, x @ entry], 0) + places
        for qkv, out, up, down in layers:
            q, k, v = tf.split(y @ qkv, 3, -1)
            y = norm(y + tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * width**-0.5) @ v @ out)
            y = norm(y + tf.nn.gelu(y @ up, approximate=True) @ down)
        return {"outputs": tf.nn.softmax(y[:1] @ last)}

    return _converted(read), (98, 40)


def _weights(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return (rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32)


def _converted(function, clips: list[np.ndarray] = ()) -> bytes:
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], tf.Module())
    if clips:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([clip] for clip in clips)
    return converter.convert()
