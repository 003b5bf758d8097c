# SPDX-License-Identifier: Apache-2.0
"""Writes small ONNX files and .npy arrays with the standard library alone, for tests that need odd networks."""
import math
import struct

FLOAT, INT64 = 1, 7
QUANTIZERS = "qonnx.custom_op.general"


def _varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, value):
    value = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _attribute(name, value):
    text = _bytes(1, name)
    if isinstance(value, float):
        return text + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return text + _number(3, value) + _number(20, 2)
    if isinstance(value, str):
        return text + _bytes(4, value) + _number(20, 3)
    return text + b"".join(_number(8, v) for v in value) + _number(20, 7)


def _value_info(name, shape):
    dims = b"".join(_bytes(1, _number(1, d)) for d in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, dims)))


class Network:
    """A graph under construction: methods add nodes and return the name of their result."""

    def __init__(self):
        self.nodes, self.constants, self.inputs, self.outputs, self.count = [], [], [], [], 0
        self.quantizers_version = 1
        self.opset = 13

    def input(self, name, shape):
        self.inputs.append(_bytes(11, _value_info(name, shape)))
        return name

    def output(self, name, shape):
        self.outputs.append(_bytes(12, _value_info(name, shape)))

    def constant(self, values, shape=()):
        values = [values] if isinstance(values, (int, float)) else list(values)
        assert len(values) == math.prod(shape), (len(values), shape)
        whole = all(isinstance(v, int) for v in values) and len(shape) == 1 and len(values) < 5
        return self.raw(struct.pack(f"<{len(values)}{'q' if whole else 'f'}", *values), shape, INT64 if whole else FLOAT)

    def raw(self, packed, shape, kind=FLOAT):
        """A constant whose elements are given as the bytes of the file."""
        self.count += 1
        name = f"c{self.count}"
        head = b"".join(_number(1, d) for d in shape) + _number(2, kind) + _bytes(8, name)
        self.constants.append(_bytes(5, head + _bytes(9, packed)))
        return name

    def floats(self, values, shape):
        return self.constant([float(v) for v in values], shape)

    def integers(self, values):
        """A vector of int64: a shape, axes, pads."""
        return self.raw(struct.pack(f"<{len(values)}q", *values), (len(values),), INT64)

    def node(self, kind, *inputs, domain="", **attributes):
        return self.node_of(1, kind, *inputs, domain=domain, **attributes)[0]

    def node_of(self, results, kind, *inputs, domain="", **attributes):
        """A node of several results: their names."""
        self.count += 1
        name = f"{kind}_{self.count}"
        outputs = [name + "_out" + (f"_{i}" if i else "") for i in range(results)]
        text = b"".join(_bytes(1, i) for i in inputs) + b"".join(_bytes(2, o) for o in outputs) + _bytes(3, name) + _bytes(4, kind)
        text += b"".join(_bytes(5, _attribute(k, v)) for k, v in attributes.items())
        self.nodes.append(_bytes(1, text + (_bytes(7, domain) if domain else b"")))
        return outputs

    def quant(self, x, scale=1.0, bits=4, signed=1, narrow=0, zero=0.0, shape=()):
        scale = scale if isinstance(scale, list) else [float(scale)]
        return self.node("Quant", x, self.floats(scale, shape), self.floats([zero], ()), self.floats([bits], ()), domain=QUANTIZERS,
                         signed=signed, narrow=narrow, rounding_mode="ROUND")

    def matmul(self, x, weights, inputs, outputs, **quantizer):
        """x times quantized constant weights, given row by row (inputs x outputs)."""
        return self.node("MatMul", x, self.quant(self.floats(weights, (inputs, outputs)), **quantizer))

    def save(self, path):
        graph = b"".join([*self.nodes, _bytes(2, "test"), *self.constants, *self.inputs, *self.outputs])
        opsets = _bytes(8, _bytes(1, "") + _number(2, self.opset)) + _bytes(8, _bytes(1, QUANTIZERS) + _number(2, self.quantizers_version))
        with open(path, "wb") as file:
            file.write(_number(1, 8) + _bytes(2, "finnr tests") + _bytes(7, graph) + opsets)


def save_npy(path, kind, shape, values):
    """kind as in numpy's descr: '<f4', '|u1', '<i8'."""
    code = {"<f4": "f", "<f8": "d", "|u1": "B", "|i1": "b", "<i8": "q", "<i4": "i"}[kind]
    head = repr({"descr": kind, "fortran_order": False, "shape": tuple(shape)}).encode()
    head += b" " * (63 - (len(head) + 10) % 64) + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + struct.pack(f"<{len(values)}{code}", *values))


def load_npy(path):
    """(shape, values)"""
    import ast
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<H", data[8:10])[0]
    head = ast.literal_eval(data[10:10 + size].decode())
    code = {"f4": "f", "f8": "d", "u1": "B", "i1": "b", "i8": "q", "i4": "i", "u4": "I", "i2": "h", "u2": "H"}[head["descr"][1:]]
    body = data[10 + size:]
    return head["shape"], struct.unpack(f"<{len(body) // struct.calcsize(code)}{code}", body)
