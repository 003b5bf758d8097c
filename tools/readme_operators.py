# SPDX-License-Identifier: Apache-2.0
"""The networks behind the README's table of operators: one small network a row, made by a function below.

ROWS holds (title, operators, function), in the order of the table. The operators are those that the row is about, as the model
file names them; what becomes of them is what `finnr check` says. readme_tables.py runs the networks.
"""
import math
import os
import random
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "end_to_end"))
from onnx_file import QUANTIZERS, Network, load_npy, save_npy  # noqa: E402,F401

ROWS = []
UINT8, INT8, INT32 = 2, 3, 6
CHANNELS_LAST = "qonnx.custom_op.channels_last"


def row(title, *operators):
    """The network of a row: a function of a Small that adds nodes and ends with Small.end for each output."""
    def keep(function):
        ROWS.append((title, operators, function))
        return function
    return keep


class Small(Network):
    """A network with random constants, the same ones each time."""

    def __init__(self, seed):
        super().__init__()
        self.random = random.Random(seed)
        self.opset = 17
        self.shapes, self.ends = {}, []
        self.low, self.high = -1.0, 4.5  # of the numbers at the inputs

    def x(self, *shape, scale=0.25, bits=4, signed=0, name=None):
        """A quantized input of one frame."""
        name = name or f"x{len(self.shapes)}"
        self.shapes[name] = (1, *shape)
        return self.act(self.input(name, (1, *shape)), scale=scale, bits=bits, signed=signed)

    def act(self, x, scale=0.5, bits=4, signed=0, **more):
        return self.quant(x, scale=scale, bits=bits, signed=signed, **more)

    def some(self, shape, low=-3, high=3, scale=1.0):
        """Random multiples of `scale`."""
        return self.floats([scale * self.random.randint(low, high) for _ in range(math.prod(shape))], shape)

    def weights(self, *shape):
        return self.quant(self.some(shape), scale=1.0, bits=3, signed=1, narrow=1)

    def conv(self, x, inputs, outputs, kernel=(1, 1), kind="Conv", domain="", **attributes):
        group = attributes.get("group", 1)
        shape = (outputs, inputs // group) if kind == "Conv" else (inputs, outputs // group)
        if domain == CHANNELS_LAST:
            return self.node(kind, x, self.weights(outputs, *kernel, inputs // group), domain=domain, kernel_shape=list(kernel), **attributes)
        return self.node(kind, x, self.weights(*shape, *kernel), domain=domain, kernel_shape=list(kernel), **attributes)

    def end(self, x, channels, *size):
        """A convolution of one pixel behind what a row is about, and an output."""
        y = self.conv(x, channels, 3, (1,) * len(size)) if size else self.node("MatMul", x, self.weights(channels, 3))
        self.output(y, (1, 3, *size))
        self.ends.append(y)

    def chain(self, x, *steps, **quantizer):
        """Each step and a quantizer behind it."""
        for step in steps:
            x = self.act(step(x), **quantizer)
        return x


@row("Conv along one axis", "Conv")
def _(n):
    x = n.x(4, 16)
    n.end(n.act(n.conv(x, 4, 6, (3,), pads=[1, 1]), scale=4.0), 6, 16)


@row("Conv along two axes; of one pixel", "Conv")
def _(n):
    x = n.act(n.conv(n.x(3, 8, 8), 3, 4, (3, 3), pads=[1, 1, 1, 1]), scale=4.0)
    n.end(n.act(n.conv(x, 4, 6), scale=4.0), 6, 8, 8)


@row("Conv with strides, dilations, uneven pads", "Conv")
def _(n):
    x = n.act(n.conv(n.x(3, 9, 9), 3, 4, (3, 2), strides=[2, 1], pads=[0, 1, 2, 0]), scale=4.0)
    n.end(n.act(n.conv(x, 4, 4, (3, 3), dilations=[1, 2], pads=[1, 2, 1, 2]), scale=4.0), 4, 5, 9)


@row("Conv in groups", "Conv")
def _(n):
    n.end(n.act(n.conv(n.x(6, 7, 7), 6, 4, (3, 3), group=2), scale=4.0), 4, 5, 5)


@row("Conv, depthwise", "Conv")
def _(n):
    n.end(n.act(n.conv(n.x(6, 7, 7), 6, 6, (3, 3), group=6, pads=[1, 1, 1, 1]), scale=4.0), 6, 7, 7)


@row("Conv, channels last", "Conv")
def _(n):
    x = n.x(8, 8, 3)
    x = n.act(n.conv(x, 3, 4, (3, 3), pads=[1, 1, 1, 1], domain=CHANNELS_LAST), scale=4.0)
    y = n.conv(x, 4, 3, domain=CHANNELS_LAST)
    n.output(y, (1, 8, 8, 3))
    n.ends.append(y)


@row("ConvTranspose", "ConvTranspose")
def _(n):
    x = n.conv(n.x(4, 5, 5), 4, 3, (3, 3), kind="ConvTranspose", strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
    n.end(n.act(x, scale=4.0), 3, 10, 10)


@row("QLinearConv, ConvInteger", "QLinearConv", "ConvInteger")
def _(n):
    x = n.input("x0", (1, 3, 6, 6))
    n.shapes["x0"] = (1, 3, 6, 6)
    step, zero = n.floats([0.25], ()), n.raw(bytes([3]), (), UINT8)
    x = n.node("QuantizeLinear", x, step, zero)
    count = 4 * 3 * 9
    weights = n.raw(struct.pack(f"<{count}b", *(n.random.randint(-3, 3) for _ in range(count))), (4, 3, 3, 3), INT8)
    one, none, out = n.floats([1.0], ()), n.raw(bytes([0]), (), INT8), n.floats([0.5], ())
    x = n.node("QLinearConv", x, step, zero, weights, one, none, out, zero, kernel_shape=[3, 3])
    y = n.node("ConvInteger", x, n.raw(struct.pack("<12b", *(n.random.randint(-3, 3) for _ in range(12))), (3, 4, 1, 1), INT8), zero)
    y = n.node("Mul", n.node("Cast", y, to=1), out)
    n.output(y, (1, 3, 4, 4))
    n.ends.append(y)


@row("MatMul, Gemm behind Flatten", "Flatten", "MatMul", "Gemm")
def _(n):
    x = n.node("Flatten", n.act(n.conv(n.x(3, 4, 4), 3, 4), scale=4.0), axis=1)
    x = n.act(n.node("Gemm", x, n.weights(5, 64), n.some((5,)), transB=1), scale=8.0)
    n.end(x, 5)


@row("MaxPool, overlapping and padded", "MaxPool")
def _(n):
    x = n.x(4, 9, 9)
    x = n.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    n.end(x, 4, 5, 5)


@row("MaxPool with ceil_mode", "MaxPool")
def _(n):
    n.end(n.node("MaxPool", n.x(4, 8, 8), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), 4, 4, 4)


@row("GlobalMaxPool, ReduceMax over the image", "GlobalMaxPool", "ReduceMax")
def _(n):
    x = n.act(n.conv(n.x(4, 6, 6), 4, 4), scale=4.0)
    n.end(n.node("GlobalMaxPool", x), 4, 1, 1)
    n.end(n.node("ReduceMax", x, axes=[2, 3], keepdims=1), 4, 1, 1)


@row("AveragePool and Trunc of version 1", "AveragePool", "Trunc")
def _(n):
    x = n.node("AveragePool", n.x(4, 8, 8), kernel_shape=[2, 2], strides=[2, 2])
    x = n.node("Mul", x, n.floats([4.0], ()))  # as Brevitas writes it: the sum, of two more bits
    x = n.node("Trunc", x, n.floats([0.25], ()), n.floats([0], ()), n.floats([6], ()), n.floats([4], ()), domain=QUANTIZERS, rounding_mode="FLOOR")
    n.end(x, 4, 4, 4)


@row("AveragePool and Trunc of version 2", "AveragePool", "Trunc")
def _(n):
    n.quantizers_version = 2
    x = n.node("AveragePool", n.x(4, 8, 8), kernel_shape=[2, 2], strides=[2, 2])
    x = n.node("Trunc", x, n.floats([0.0625], ()), n.floats([0], ()), n.floats([6], ()), n.floats([0.25], ()), n.floats([4], ()), domain=QUANTIZERS,
               rounding_mode="FLOOR", signed=0, narrow=0)
    n.end(x, 4, 4, 4)


@row("AveragePool and Quant", "AveragePool")
def _(n):
    n.end(n.act(n.node("AveragePool", n.x(4, 9, 9), kernel_shape=[3, 3], strides=[2, 2]), scale=0.25), 4, 4, 4)


@row("GlobalAveragePool", "GlobalAveragePool")
def _(n):
    n.end(n.act(n.node("GlobalAveragePool", n.x(4, 7, 7)), scale=0.25), 4, 1, 1)


@row("ReduceMean, ReduceSum over the image", "ReduceMean", "ReduceSum")
def _(n):
    x = n.act(n.conv(n.x(4, 6, 6), 4, 4), scale=4.0)
    n.end(n.act(n.node("ReduceMean", x, axes=[2, 3], keepdims=1), scale=2.0), 4, 1, 1)
    n.end(n.act(n.node("ReduceSum", x, n.integers([2, 3]), keepdims=1), scale=64.0), 4, 1, 1)


def two_branches(n, first, second):
    x = n.x(4, 6, 6)
    return n.act(n.conv(x, 4, 4), signed=1, scale=first), n.act(n.conv(x, 4, 4), signed=1, scale=second)


@row("Add of two tensors of one scale", "Add")
def _(n):
    n.end(n.act(n.node("Add", *two_branches(n, 4.0, 4.0)), scale=8.0, signed=1), 4, 6, 6)


@row("Add of two tensors of different scales", "Add")
def _(n):
    n.end(n.act(n.node("Add", *two_branches(n, 4.0, 3.0)), scale=8.0, signed=1), 4, 6, 6)


@row("Sub of two tensors", "Sub")
def _(n):
    n.end(n.act(n.node("Sub", *two_branches(n, 4.0, 4.0)), scale=8.0, signed=1), 4, 6, 6)


@row("Max, Min of two tensors", "Max", "Min")
def _(n):
    a, b = two_branches(n, 4.0, 4.0)
    n.end(n.act(n.node("Max", a, b), scale=4.0, signed=1), 4, 6, 6)
    n.end(n.act(n.node("Min", a, b), scale=4.0, signed=1), 4, 6, 6)


@row("Mul of two tensors", "Mul")
def _(n):
    n.end(n.act(n.node("Mul", *two_branches(n, 4.0, 4.0)), scale=64.0, signed=1), 4, 6, 6)


@row("gate: GlobalAveragePool, Conv, HardSigmoid, Mul", "GlobalAveragePool", "HardSigmoid", "Mul")
def _(n):
    x = n.act(n.conv(n.x(4, 6, 6), 4, 4), scale=4.0)
    g = n.act(n.node("GlobalAveragePool", x), scale=2.0)
    g = n.act(n.node("HardSigmoid", n.conv(g, 4, 4), alpha=0.125), scale=0.0625)
    n.end(n.act(n.node("Mul", x, g), scale=4.0), 4, 6, 6)


@row("Concat of channels", "Concat")
def _(n):
    n.end(n.node("Concat", *two_branches(n, 4.0, 4.0), axis=1), 8, 6, 6)


@row("Split", "Split")
def _(n):
    x = n.act(n.conv(n.x(4, 6, 6), 4, 6), scale=4.0)
    a, b = n.node_of(2, "Split", x, n.integers([2, 4]), axis=1)
    n.end(a, 2, 6, 6)
    n.end(b, 4, 6, 6)


@row("Slice: crop; Gather of channels", "Slice", "Gather")
def _(n):
    x = n.act(n.conv(n.x(4, 8, 8), 4, 4), scale=4.0)
    x = n.node("Slice", x, n.integers([1, 2]), n.integers([7, 8]), n.integers([2, 3]))
    n.end(n.node("Gather", n.act(n.conv(x, 4, 4), scale=16.0), n.integers([3, 1]), axis=1), 2, 6, 6)


@row("Pad with a constant", "Pad")
def _(n):
    x = n.node("Pad", n.act(n.conv(n.x(4, 6, 6), 4, 4), scale=4.0), n.integers([0, 0, 1, 2, 0, 0, 0, 1]))
    n.end(x, 4, 7, 9)


@row("Pad by reflection, by the edge", "Pad")
def _(n):
    x = n.act(n.conv(n.x(4, 5, 5), 4, 4), scale=4.0)
    x = n.node("Pad", x, n.integers([0, 0, 1, 1, 0, 0, 1, 1]), mode="reflect")
    x = n.act(n.conv(x, 4, 4), scale=16.0)
    n.end(n.node("Pad", x, n.integers([0, 0, 1, 0, 0, 0, 0, 1]), mode="edge"), 4, 8, 8)


@row("Resize to the nearest, twice as large", "Resize")
def _(n):
    x = n.act(n.conv(n.x(4, 5, 5), 4, 4), scale=4.0)
    x = n.node("Resize", x, "", n.floats([1, 1, 2, 2], (4,)), mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    n.end(x, 4, 10, 10)


@row("DepthToSpace", "DepthToSpace")
def _(n):
    n.end(n.node("DepthToSpace", n.act(n.conv(n.x(4, 4, 4), 4, 8), scale=4.0), blocksize=2), 2, 8, 8)


@row("SpaceToDepth", "SpaceToDepth")
def _(n):
    n.end(n.node("SpaceToDepth", n.act(n.conv(n.x(4, 6, 6), 4, 2), scale=4.0), blocksize=2), 8, 3, 3)


@row("channel shuffle: Reshape, Transpose, Reshape", "Reshape", "Transpose")
def _(n):
    x = n.node("Reshape", n.act(n.conv(n.x(4, 5, 5), 4, 6), scale=4.0), n.integers([1, 2, 3, 5, 5]))
    x = n.node("Reshape", n.node("Transpose", x, perm=[0, 2, 1, 3, 4]), n.integers([1, 6, 5, 5]))
    n.end(n.act(n.conv(x, 6, 6, (3, 3), group=6), scale=16.0), 6, 3, 3)


@row("Transpose that moves data", "Transpose")
def _(n):
    x = n.node("Transpose", n.act(n.conv(n.x(4, 5, 6), 4, 4), scale=4.0), perm=[0, 1, 3, 2])
    n.end(n.act(n.conv(x, 4, 4, (3, 2)), scale=16.0), 4, 4, 4)


@row("Tile, Expand", "Tile", "Expand")
def _(n):
    x = n.act(n.conv(n.x(4, 3, 1), 4, 4), scale=4.0)
    x = n.act(n.conv(n.node("Tile", x, n.integers([1, 1, 2, 1])), 4, 4), scale=16.0)
    n.end(n.node("Expand", x, n.integers([1, 4, 6, 4])), 4, 6, 4)


@row("BatchNormalization", "BatchNormalization")
def _(n):
    x = n.conv(n.x(4, 5, 5), 4, 4)
    x = n.node("BatchNormalization", x, n.some((4,), -3, 3, 0.37), n.some((4,), -9, 9, 0.21), n.some((4,), -9, 9, 0.3), n.some((4,), 1, 9, 0.17))
    n.end(n.act(x, signed=1), 4, 5, 5)


@row("Add, Sub, Mul, Div, Max, Min, Pow, Mod with constants", "Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Mod")
def _(n):
    constants = {"Add": 0.3, "Sub": 0.7, "Mul": 1.3, "Div": 0.9, "Max": 0.6, "Min": 3.1, "Pow": 2.0}
    x = n.act(n.conv(n.x(4, 4, 4), 4, 4), scale=1.0)
    steps = [lambda x, k=kind, c=value: n.node(k, x, n.floats([c], ())) for kind, value in constants.items()]
    steps.append(lambda x: n.node("Mod", x, n.floats([1.9], ()), fmod=1))
    n.end(n.chain(x, *steps, bits=5, scale=0.25), 4, 4, 4)


def activations(n, steps, bits=5, scale=0.125):
    x = n.act(n.conv(n.x(4, 4, 4), 4, 4), bits=5, scale=0.75, signed=1)
    n.end(n.chain(x, *steps, bits=bits, scale=scale, signed=1), 4, 4, 4)


def plain(n, *kinds):
    return [lambda x, k=kind: n.node(k, x) for kind in kinds]


@row("Relu, LeakyRelu, PRelu, Clip, ReLU6", "Relu", "LeakyRelu", "PRelu", "Clip")
def _(n):
    activations(n, [lambda x: n.node("LeakyRelu", x, alpha=0.1), lambda x: n.node("PRelu", x, n.some((4, 1, 1), 1, 9, 0.07)),
                    lambda x: n.node("Clip", x, n.floats([-1.3], ()), n.floats([1.2], ())),
                    lambda x: n.node("Clip", x, n.floats([0], ()), n.floats([6], ())), *plain(n, "Relu")])


@row("Sigmoid, Tanh", "Sigmoid", "Tanh")
def _(n):
    activations(n, plain(n, "Tanh", "Sigmoid"), scale=0.0625)


@row("HardSigmoid, HardSwish", "HardSigmoid", "HardSwish")
def _(n):
    activations(n, plain(n, "HardSwish", "HardSigmoid"))


@row("SiLU: x · Sigmoid(x)", "Sigmoid", "Mul")
def _(n):
    activations(n, [lambda x: n.node("Mul", x, n.node("Sigmoid", x))])


@row("ThresholdedRelu, Elu, Selu, Celu, Softplus, Softsign, Erf", "ThresholdedRelu", "Elu", "Selu", "Celu", "Softplus", "Softsign", "Erf")
def _(n):
    activations(n, [*plain(n, "Elu", "Selu", "Celu", "Softsign", "Erf", "Softplus"), lambda x: n.node("ThresholdedRelu", x, alpha=0.4)])


@row("Abs, Neg, Sign, Floor, Ceil, Round", "Abs", "Neg", "Sign", "Floor", "Ceil", "Round")
def _(n):
    for kinds in (["Neg", "Abs"], ["Sign"], ["Floor"], ["Ceil"], ["Round"]):
        activations(n, plain(n, *kinds), scale=0.5)


@row("Sin, Cos, Exp, Log, Sqrt, Reciprocal", "Sin", "Cos", "Exp", "Log", "Sqrt", "Reciprocal")
def _(n):
    for kind in ("Sin", "Cos", "Exp"):
        activations(n, plain(n, kind))
    for kind in ("Log", "Sqrt", "Reciprocal"):
        activations(n, [lambda x, k=kind: n.node(k, n.node("Add", n.node("Abs", x), n.floats([0.5], ())))])


@row("Gelu, Mish (opset 20)", "Gelu", "Mish")
def _(n):
    n.opset = 20
    activations(n, plain(n, "Gelu", "Mish"))


@row("Quant, BipolarQuant, MultiThreshold", "Quant", "BipolarQuant", "MultiThreshold")
def _(n):
    x = n.act(n.conv(n.x(4, 4, 4), 4, 4), scale=4.0)
    thresholds = n.floats([t + 0.5 for _ in range(4) for t in sorted(n.random.sample(range(-60, 60), 3))], (4, 3))
    x = n.node("MultiThreshold", n.conv(x, 4, 4), thresholds, domain=QUANTIZERS, out_dtype="UINT2")
    x = n.node("BipolarQuant", n.conv(x, 4, 4), n.floats([1.0], ()), domain=QUANTIZERS)
    n.end(x, 4, 4, 4)


@row("QuantizeLinear, DequantizeLinear with zero points", "QuantizeLinear", "DequantizeLinear")
def _(n):
    step, zero = n.floats([0.25], ()), n.raw(bytes([117]), (), UINT8)

    def pair(x):
        return n.node("DequantizeLinear", n.node("QuantizeLinear", x, step, zero), step, zero)

    def conv(x, inputs, outputs, kernel):
        count = outputs * inputs * kernel * kernel
        codes = n.raw(struct.pack(f"<{count}b", *(n.random.randint(-90, 90) for _ in range(count))), (outputs, inputs, kernel, kernel), INT8)
        weights = n.node("DequantizeLinear", codes, n.floats([0.015625], ()), n.raw(bytes([0]), (), INT8))
        scale = n.floats([0.25 * 0.015625], ())
        bias = n.raw(struct.pack(f"<{outputs}i", *(n.random.randint(-900, 900) for _ in range(outputs))), (outputs,), INT32)
        bias = n.node("DequantizeLinear", bias, scale, n.raw(struct.pack("<i", 0), (), INT32))
        return n.node("Conv", x, weights, bias, kernel_shape=[kernel, kernel])

    n.shapes["x0"] = (1, 3, 6, 6)
    n.low, n.high = -32.0, 37.0
    x = pair(conv(pair(n.input("x0", (1, 3, 6, 6))), 3, 4, 3))
    y = conv(x, 4, 3, 1)
    n.output(y, (1, 3, 4, 4))
    n.ends.append(y)


@row("two inputs", "Add")
def _(n):
    a, b = n.conv(n.x(3, 5, 5), 3, 4), n.conv(n.x(2, 5, 5), 2, 4)
    n.end(n.act(n.node("Add", n.act(a, scale=4.0, signed=1), n.act(b, scale=4.0, signed=1)), scale=8.0, signed=1), 4, 5, 5)


@row("two outputs", "Conv")
def _(n):
    x = n.act(n.conv(n.x(3, 6, 6), 3, 4), scale=4.0)
    n.end(x, 4, 6, 6)
    n.end(n.act(n.conv(x, 4, 4, (3, 3)), scale=16.0), 4, 4, 4)


@row("Softmax at the end", "Softmax")
def _(n):
    x = n.act(n.node("Flatten", n.conv(n.x(3, 3, 3), 3, 4), axis=1), scale=4.0)
    y = n.node("Softmax", n.node("MatMul", x, n.weights(36, 5)), axis=1)
    n.output(y, (1, 5))
    n.ends.append(y)


@row("MatMul of two tensors between layers, as in attention", "MatMul")
def _(n):
    x = n.x(6, 8)
    a, b = n.act(n.node("MatMul", x, n.weights(8, 8)), scale=4.0), n.act(n.node("MatMul", x, n.weights(8, 8)), scale=4.0)
    y = n.act(n.node("MatMul", a, n.node("Transpose", b, perm=[0, 2, 1])), scale=64.0)
    y = n.node("MatMul", y, n.weights(6, 3))
    n.output(y, (1, 6, 3))
    n.ends.append(y)
