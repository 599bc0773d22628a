#!/usr/bin/env python3
"""Compares files that bantam makes with those of llama.cpp's own tools, byte by byte.

usage: quantize_oracle.py --bantam BANTAM --tools FOLDER --model MODEL.gguf [--imatrix FILE.gguf] [--text FILE.txt]
                          [--types T...] [--samples N] [--threads N]

FOLDER holds llama-quantize and llama-imatrix of the llama.cpp that bantam is built from; MODEL has F16 or F32 weights.
Every type is made twice with each program: without a matrix (where that is possible) and with one: FILE.gguf, or one that
bantam gathers. With --text both programs also gather a matrix from it, and the largest relative difference is shown.
A temporary cache is used. Exit status 1 when a file differs or a matrix by more than 1e-3.
"""
import argparse
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

TYPES = ["F32", "BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_0", "Q5_1", "Q4_K_M", "Q4_K_S", "Q4_0", "Q4_1", "IQ4_NL", "IQ4_XS",
         "Q3_K_L", "Q3_K_M", "Q3_K_S", "IQ3_M", "IQ3_S", "IQ3_XS", "IQ3_XXS", "Q2_K", "Q2_K_S", "IQ2_M", "IQ2_S", "IQ2_XS", "IQ2_XXS",
         "IQ1_M", "IQ1_S", "TQ2_0", "TQ1_0", "Q2_0", "Q1_0"]
NEED_MATRIX = {"IQ3_XS", "IQ3_XXS", "Q2_K_S", "IQ2_M", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S"}
# bantam gathers no matrix for these, and llama-quantize writes only its name: the tensors are compared.
IGNORE_MATRIX = {"F32", "BF16", "Q8_0", "TQ2_0", "TQ1_0", "Q2_0", "Q1_0"}


def run(*command, cwd=None):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


class Gguf:
    """As much of the format as is needed: where each tensor lies."""

    SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def __init__(self, path: Path):
        self.bytes = path.read_bytes()
        self.at = 8
        tensors, keys = self.take("<QQ")
        alignment = 32
        for _ in range(keys):
            name, (kind,) = self.text(), self.take("<I")
            value = self.value(kind)
            alignment = value if name == "general.alignment" else alignment
        self.places = {}
        for _ in range(tensors):
            name, (dimensions,) = self.text(), self.take("<I")
            shape = self.take(f"<{dimensions}Q")
            kind, offset = self.take("<IQ")
            self.places[name] = (shape, kind, offset)
        self.data = (self.at + alignment - 1) // alignment * alignment

    def take(self, form):
        values = struct.unpack_from(form, self.bytes, self.at)
        self.at += struct.calcsize(form)
        return values

    def text(self):
        (size,) = self.take("<Q")
        self.at += size
        return self.bytes[self.at - size:self.at].decode()

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            inner, count = self.take("<IQ")
            return [self.value(inner) for _ in range(count)]
        (value,) = self.take({1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 10: "<Q", 11: "<q", 12: "<d"}.get(kind, "<B"))
        return value

    def weights(self):
        return self.bytes[self.data:]

    def floats(self, name):
        shape, _, offset = self.places[name]
        count = 1
        for length in shape:
            count *= length
        return struct.unpack_from(f"<{count}f", self.bytes, self.data + offset)


def difference(one: Path, other: Path) -> float:
    """The largest relative difference of two matrices."""
    left, right = Gguf(one), Gguf(other)
    if left.places.keys() != right.places.keys():
        sys.exit("the matrices are of different tensors")
    worst = 0.0
    for name in left.places:
        for a, b in zip(left.floats(name), right.floats(name), strict=True):
            if a != b:
                worst = max(worst, abs(a - b) / max(abs(a), abs(b)))
    return worst


class Comparison:
    def __init__(self, options, folder: Path):
        self.options, self.folder = options, folder
        os.environ["BANTAM_CACHE"] = str(folder / "cache")
        self.model = folder / "model.gguf"
        self.model.symlink_to(Path(options.model).resolve())

    def bantam(self, kind: str, *more) -> Path:
        made = run(self.options.bantam, "models", "quantize", self.model, "--precisions", kind, "-t", self.options.threads, "-q", "-o",
                   "json", *more)
        return Path(json.loads(made)[0]["path"])

    def matrix(self) -> Path:
        """In the folder as imatrix.gguf: both programs write that name into their files."""
        target = self.folder / "imatrix.gguf"
        if self.options.imatrix:
            shutil.copyfile(self.options.imatrix, target)
        else:
            self.bantam("IQ3_XXS", "--num-calibration-samples", self.options.samples)
            shutil.copyfile(next((self.folder / "cache").glob("importance/*/imatrix.gguf")), target)
        return target

    def same(self, kind: str, matrix: Path | None) -> str:
        theirs = self.folder / "theirs.gguf"
        theirs.unlink(missing_ok=True)
        given = ["--imatrix", matrix.name] if matrix else []
        run(self.options.tools / "llama-quantize", *given, self.model.name, theirs.name, kind, cwd=self.folder)
        ours = self.bantam(kind, *(["--imatrix", matrix] if matrix else []))
        if ours.read_bytes() == theirs.read_bytes():
            return "same file"
        if (not matrix or kind in IGNORE_MATRIX) and Gguf(ours).weights() == Gguf(theirs).weights():
            return "same tensors"
        return "DIFFERENT"

    def gather(self) -> float:
        options = self.options
        theirs = self.folder / "theirs-imatrix.gguf"
        run(options.tools / "llama-imatrix", "-m", self.model, "-f", options.text, "-o", theirs, "-c", 512, "--chunks", options.samples,
            "-t", options.threads, "--no-ppl")
        self.bantam("IQ2_XXS", "--calibration-dataset", options.text, "--num-calibration-samples", options.samples)
        digest = hashlib.sha256(Path(options.text).read_bytes()).hexdigest()
        for note in (self.folder / "cache").glob("importance/*/imatrix.gguf.json"):
            if json.loads(note.read_text())["importance"]["text_sha256"] == digest:
                return difference(Path(str(note).removesuffix(".json")), theirs)
        sys.exit("no matrix was gathered")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bantam", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--tools", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--imatrix")
    parser.add_argument("--text", type=lambda text: Path(text).resolve())
    parser.add_argument("--types", nargs="+", default=TYPES)
    parser.add_argument("--samples", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="bantam-quantize-") as name:
        comparison = Comparison(options, Path(name))
        if options.text:
            worst = comparison.gather()
            failed = worst > 1e-3
            print(f"importance matrix of {options.samples} samples: largest relative difference {worst:.2e}", flush=True)
        matrix = comparison.matrix()
        print(f"{'type':10} {'without matrix':16} with matrix", flush=True)
        for kind in options.types:
            without = "not possible" if kind in NEED_MATRIX else comparison.same(kind, None)
            given = comparison.same(kind, matrix)
            failed = failed or "DIFFERENT" in (without, given)
            print(f"{kind:10} {without:16} {given}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
