"""GGUF files in memory: read, changed and written, valid ones and broken ones. Little-endian, version 3."""
import struct

U32, BOOL, STRING, ARRAY, U64 = 4, 7, 8, 9, 10
F32, F16 = 0, 1
WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
ALIGNMENT = 32


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


def text(value) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return u64(len(raw)) + raw


def texts(values) -> bytes:
    return u32(STRING) + u64(len(values)) + b"".join(text(value) for value in values)


def padded(raw: bytes, alignment: int = ALIGNMENT) -> bytes:
    return raw + b"\0" * (-len(raw) % alignment)


class Gguf:
    """keys: (name, type, value bytes); tensors: (name, shape, type, data)."""

    def __init__(self):
        self.keys = []
        self.tensors = []
        self.header = {}  # magic, version, n_tensors, n_keys in place of the true ones

    def key(self, name, kind: int, value: bytes) -> "Gguf":
        """Replaces the key of this name, or appends it."""
        self.keys = [entry for entry in self.keys if entry[0] != name] + [(name, kind, value)]
        return self

    def extra_key(self, name, kind: int, value: bytes) -> "Gguf":
        self.keys.append((name, kind, value))
        return self

    def tensor(self, name: str, shape, kind: int, data: bytes) -> "Gguf":
        self.tensors.append((name, tuple(shape), kind, data))
        return self

    def head(self, offsets=None) -> bytes:
        """All before the weights; `offsets` in place of the true ones, by tensor name."""
        out = self.header.get("magic", b"GGUF") + u32(self.header.get("version", 3))
        out += u64(self.header.get("n_tensors", len(self.tensors))) + u64(self.header.get("n_keys", len(self.keys)))
        for name, kind, value in self.keys:
            out += text(name) + u32(kind) + value
        offset = 0
        for name, shape, kind, data in self.tensors:
            out += text(name) + u32(len(shape)) + b"".join(u64(length) for length in shape)
            out += u32(kind) + u64((offsets or {}).get(name, offset))
            offset += len(padded(data))
        return padded(out)

    def bytes(self, offsets=None) -> bytes:
        return self.head(offsets) + b"".join(padded(data) for _, _, _, data in self.tensors)

    def parts(self, count: int) -> list:
        """The model in so many files, as llama.cpp's gguf-split writes them: all keys in the first one."""
        parts = []
        for number in range(count):
            part = Gguf()
            part.keys = list(self.keys) if number == 0 else []
            part.extra_key("split.no", 2, struct.pack("<H", number)).extra_key("split.count", 2, struct.pack("<H", count))
            part.extra_key("split.tensors.count", 5, struct.pack("<i", len(self.tensors)))
            first, end = (len(self.tensors) * i // count for i in (number, number + 1))
            part.tensors = self.tensors[first:end]
            parts.append(part)
        return parts


class _Reader:
    def __init__(self, raw: bytes):
        self.raw, self.at = raw, 0

    def take(self, count: int) -> bytes:
        self.at += count
        return self.raw[self.at - count:self.at]

    def number(self, form: str) -> int:
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def text(self) -> str:
        return self.take(self.number("Q")).decode()

    def skip_value(self, kind: int) -> None:
        if kind == STRING:
            self.take(self.number("Q"))
        elif kind == ARRAY:
            element, count = self.number("I"), self.number("Q")
            if element == STRING:
                for _ in range(count):
                    self.take(self.number("Q"))
            else:
                self.take(count * WIDTHS[element])
        else:
            self.take(WIDTHS[kind])


def read(raw: bytes) -> Gguf:
    """A valid file with the default alignment."""
    gguf, reader = Gguf(), _Reader(raw)
    reader.take(8)
    n_tensors, n_keys = reader.number("Q"), reader.number("Q")
    for _ in range(n_keys):
        name, kind = reader.text(), reader.number("I")
        begin = reader.at
        reader.skip_value(kind)
        gguf.keys.append((name, kind, raw[begin:reader.at]))
    table = []
    for _ in range(n_tensors):
        name = reader.text()
        shape = tuple(reader.number("Q") for _ in range(reader.number("I")))
        table.append((name, shape, reader.number("I"), reader.number("Q")))
    data = reader.at + -reader.at % ALIGNMENT
    ends = [entry[3] for entry in table[1:]] + [len(raw) - data]
    gguf.tensors = [(name, shape, kind, raw[data + offset:data + end])
                    for (name, shape, kind, offset), end in zip(table, ends)]
    return gguf


def tiny_model() -> Gguf:
    """Describes a model of four tokens as a converter would; too small for the engine."""
    gguf = Gguf()
    gguf.key("general.architecture", STRING, text("llama")).key("llama.context_length", U32, u32(128))
    gguf.key("llama.embedding_length", U32, u32(32)).key("llama.block_count", U32, u32(1))
    gguf.key("llama.attention.head_count", U32, u32(4))
    gguf.key("tokenizer.ggml.model", STRING, text("gpt2"))
    gguf.key("tokenizer.ggml.tokens", ARRAY, texts(["<s>", "</s>", "a", "b"]))
    gguf.tensor("token_embd.weight", (32, 4), F16, b"\0" * 256)
    gguf.tensor("output_norm.weight", (32,), F32, b"\0" * 128)
    return gguf
