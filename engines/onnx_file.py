"""What weights and operators an ONNX file has, read without the package onnx: it walks over the fields of its protocol buffer."""
import mmap
import os

from protocol import Failed

# Numbers of onnx.proto.
GRAPH, NODE, INITIALIZER = 7, 1, 5
NODE_INPUT, NODE_OPERATOR, NODE_ATTRIBUTE, ATTRIBUTE_NAME, ATTRIBUTE_INT, ATTRIBUTE_GRAPH = 1, 4, 5, 1, 3, 6
DIMENSIONS, DATA_TYPE, TENSOR_NAME = 1, 2, 8
# Type -> name, bytes; integers that are shapes and indices are no weights.
TYPES = {1: ("float32", 4), 2: ("uint8", 1), 3: ("int8", 1), 10: ("float16", 2), 11: ("float64", 8), 16: ("bfloat16", 2), 21: ("uint4", 0.5), 22: ("int4", 0.5)}


class Weights:
    """Of a file: operators, elements, bytes by type."""

    def __init__(self, path):
        self.operators, self.tensors, self.packed = set(), {}, {}
        try:
            with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                for number, value in fields(data, 0, len(data)):
                    if number == GRAPH:
                        self.read_graph(data, *value)
        except (ValueError, IndexError, TypeError, OSError) as error:
            raise Failed(f"{path} is no ONNX file: {error}") from None
        self.parameters = int(sum(elements * self.packed.get(name, 1) for name, (_, elements) in self.tensors.items()))
        self.bytes_by_type = {}
        for kind, elements in self.tensors.values():
            name, size = TYPES[kind]
            self.bytes_by_type[name] = self.bytes_by_type.get(name, 0) + int(elements * size)

    def read_graph(self, data, begin, end):
        for number, value in fields(data, begin, end):
            if number == INITIALIZER:
                self.read_tensor(data, *value)
            elif number == NODE:
                self.read_node(data, *value)

    def read_tensor(self, data, begin, end):
        elements, kind, name = 1, 0, b""
        for number, value in fields(data, begin, end):
            if number == DIMENSIONS:
                for one in [value] if isinstance(value, int) else numbers(data, *value):
                    elements *= one
            elif number == DATA_TYPE:
                kind = value
            elif number == TENSOR_NAME:
                name = data[value[0]:value[1]]
        if kind in TYPES:
            self.tensors[name] = kind, elements

    def read_node(self, data, begin, end):
        operator, inputs, values = "", [], {}
        for number, value in fields(data, begin, end):
            if number == NODE_OPERATOR:
                operator = data[value[0]:value[1]].decode("utf-8", "replace")
            elif number == NODE_INPUT:
                inputs.append(data[value[0]:value[1]])
            elif number == NODE_ATTRIBUTE:
                self.read_attribute(data, *value, values)
        self.operators.add(operator)
        if operator == "MatMulNBits" and len(inputs) > 1 and values.get(b"bits"):
            self.packed[inputs[1]] = 8 / values[b"bits"]

    def read_attribute(self, data, begin, end, values):
        name = b""
        for number, value in fields(data, begin, end):
            if number == ATTRIBUTE_NAME:
                name = data[value[0]:value[1]]
            elif number == ATTRIBUTE_INT:
                values[name] = value
            elif number == ATTRIBUTE_GRAPH:
                self.read_graph(data, *value)


def variable(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number has more than 64 bits")


def fields(data, at, end):
    """Number and value of each field: an int, or (begin, end) of its bytes."""
    while at < end:
        key, at = variable(data, at)
        kind = key & 7
        if kind == 0:
            value, at = variable(data, at)
        else:
            if kind == 2:
                size, at = variable(data, at)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise ValueError(f"a field of the kind {kind} at byte {at}")
            value, at = (at, at + size), at + size
        if at > end:
            raise ValueError(f"a field ends after its message, at byte {at}")
        yield key >> 3, value


def numbers(data, at, end):
    while at < end:
        value, at = variable(data, at)
        yield value


def find(path):
    """The ONNX file of a folder, and the folder of its settings."""
    if os.path.isfile(path):
        folder = os.path.dirname(os.path.abspath(path))
        above = os.path.dirname(folder)
        return path, folder if os.path.isfile(os.path.join(folder, "config.json")) else above
    for name in ("model.onnx", os.path.join("onnx", "model.onnx")):
        if os.path.isfile(os.path.join(path, name)):
            return os.path.join(path, name), path
    others = sorted(one for one in os.listdir(path) if one.endswith(".onnx"))
    if len(others) == 1:
        return os.path.join(path, others[0]), path
    raise Failed(f"{path}: " + (f"name one of its files {', '.join(others)}" if others else "no model.onnx is in it: export the model to ONNX first"))
