#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a network of the shape of ResNet-50 with random weights, for measurements of size and speed.

    make_resnet50.py resnet50.onnx                                            25 million weights, 102 MB, about 10 s
    make_resnet50.py small.onnx --image 32 --width-divisor 16 --classes 10    the same graph, small

Like the binary ResNet-50s of the literature: the first convolution and the last layer have weights of 8 bits, all others
bipolar weights times a scale (of the tensor, or of each output channel); activations are unsigned, of 2 bits. Where the
branches of a block meet, both pass a signed quantizer with one shared scale. Batch norms have positive and negative factors.
The stride of a block is that of its 3x3 convolution. Raw pixels come in as floats 0..1 and are quantized to unsigned 8 bits.

Accuracy has no meaning here, but activations use all their levels: scales and variances follow from the sizes of the sums.
The same arguments give the same file, byte for byte.
"""
import argparse
import array
import math
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "end_to_end"))
from onnx_file import QUANTIZERS, Network  # noqa: E402

BLOCKS = (3, 4, 6, 3)
EXPANSION = 4
ACT_BITS = 2
JOIN_BITS = 4
SHORT = [(byte - 127.5) / 1024 for byte in range(256)]  # raw weights: no zero among them
SECOND_MOMENT = 3.5  # of the codes 0..3, all equally frequent


class Maker:
    def __init__(self, seed):
        self.net = Network()
        self.net.quantizers_version = 2  # Trunc with six inputs
        self.random = random.Random(seed)

    def near(self, size):
        """A float32 near size."""
        return struct.unpack("<f", struct.pack("<f", size * self.random.uniform(0.8, 1.25)))[0]

    def raw_weights(self, shape):
        elements = array.array("f", map(SHORT.__getitem__, self.random.randbytes(math.prod(shape))))
        if sys.byteorder == "big":
            elements.byteswap()
        return self.net.raw(elements.tobytes(), shape)

    def scales(self, size, shape, most_often_one=0.5):
        """One scale, or one for each output channel."""
        if self.random.random() < most_often_one:
            return self.net.floats([self.near(size)], ())
        return self.net.floats([self.near(size) for _ in range(shape[0])], (shape[0], *[1] * (len(shape) - 1)))

    def weights(self, shape, bits):
        raw = self.raw_weights(shape)
        gain = 1 / math.sqrt(math.prod(shape[1:]))
        if bits == 1:
            return self.net.node("BipolarQuant", raw, self.scales(gain, shape), domain=QUANTIZERS)
        net = self.net
        return net.node("Quant", raw, self.scales(0.125 / 127, shape), net.floats([0], ()), net.floats([bits], ()), domain=QUANTIZERS,
                        signed=1, narrow=1, rounding_mode="ROUND")

    def conv(self, x, inputs, outputs, kernel, stride=1, bits=1):
        pad = kernel // 2
        return self.net.node("Conv", x, self.weights((outputs, inputs, kernel, kernel), bits), kernel_shape=[kernel] * 2,
                             strides=[stride] * 2, pads=[pad] * 4, dilations=[1, 1], group=1)

    def batch_norm(self, x, channels, deviation):
        """To about unit variance and a small positive mean; a sixth of the factors are negative."""
        draw = self.random
        gamma = [draw.uniform(0.5, 1.5) * (-1 if draw.random() < 1 / 6 else 1) for _ in range(channels)]
        beta = [draw.gauss(0.4, 0.4) for _ in range(channels)]
        mean = [draw.gauss(0, deviation / 4) for _ in range(channels)]
        variance = [deviation**2 * draw.uniform(0.5, 2) for _ in range(channels)]
        parameters = [self.net.floats(values, (channels,)) for values in (gamma, beta, mean, variance)]
        return self.net.node("BatchNormalization", x, *parameters, epsilon=1e-5)

    def activation(self, x):
        """Returns the value and its scale."""
        scale = self.near(0.7)
        return self.net.quant(self.net.node("Relu", x), scale=scale, bits=ACT_BITS, signed=0), scale

    def conv_bn(self, x, scale, inputs, outputs, kernel, stride=1):
        deviation = scale * math.sqrt(SECOND_MOMENT)
        return self.batch_norm(self.conv(x, inputs, outputs, kernel, stride), outputs, deviation)

    def block(self, x, scale, inputs, width, stride):
        outputs = width * EXPANSION
        y, y_scale = self.activation(self.conv_bn(x, scale, inputs, width, 1))
        y, y_scale = self.activation(self.conv_bn(y, y_scale, width, width, 3, stride))
        y = self.conv_bn(y, y_scale, width, outputs, 1)
        shortcut = x
        if stride > 1 or inputs != outputs:
            shortcut = self.conv_bn(x, scale, inputs, outputs, 1, stride)
        shared = self.near(0.4)
        both = [self.net.quant(branch, scale=shared, bits=JOIN_BITS, narrow=1) for branch in (y, shortcut)]
        return (*self.activation(self.net.node("Add", *both)), outputs)

    def network(self, image, divisor, classes, blocks):
        net = self.net
        x = net.quant(net.input("image", (1, 3, image, image)), scale=1 / 255, bits=8, signed=0)
        channels = 64 // divisor
        x = self.conv(x, 3, channels, 7, 2, bits=8)
        x, scale = self.activation(self.batch_norm(x, channels, 0.07 * math.sqrt(147 / 3)))
        x = net.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        side = -(-image // 4)
        for stage, count in enumerate(blocks):
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                side = -(-side // stride)
                x, scale, channels = self.block(x, scale, channels, (64 << stage) // divisor, stride)
        x = self.truncated(net.node("GlobalAveragePool", x), scale, side * side)
        x = net.node("Flatten", x, axis=1)
        bias = net.floats([self.random.gauss(0, 0.1) for _ in range(classes)], (classes,))
        net.output(net.node("Gemm", x, self.weights((classes, channels), 8), bias, transB=1), (1, classes))
        return net

    def truncated(self, x, scale, window):
        """The average's integer sum of `window` codes, cut to its upper four bits."""
        net = self.net
        sum_bits = (window * (2**ACT_BITS - 1)).bit_length()
        bits = min(4, sum_bits)
        grid = struct.unpack("<f", struct.pack("<f", scale / window))[0]
        numbers = [net.floats([number], ()) for number in (grid, 0, sum_bits, grid * 2 ** (sum_bits - bits), bits)]
        return net.node("Trunc", x, *numbers, domain=QUANTIZERS, rounding_mode="FLOOR", signed=0, narrow=0)


def main():
    parser = argparse.ArgumentParser(description="writes a network of the shape of ResNet-50 with random weights")
    parser.add_argument("path", type=pathlib.Path)
    parser.add_argument("--image", type=int, default=224, help="side of the image (224)")
    parser.add_argument("--width-divisor", type=int, default=1, help="every layer has that many times fewer channels: 1 to 64")
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--blocks", type=int, nargs=4, default=BLOCKS, help="blocks of each stage (3 4 6 3)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if 64 % options.width_divisor or options.image < 32:
        parser.error("the width divisor divides 64, the image has a side of 32 at least")
    Maker(options.seed).network(options.image, options.width_divisor, options.classes, options.blocks).save(options.path)


main()
