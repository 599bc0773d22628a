#!/usr/bin/env python3
"""Check that every room of src/ includes only the rooms it may use, and that each outside library has one seam.

usage: check_layers.py [SOURCE_FOLDER]     exit status 1 and one line per breach when there is one
"""
import re
import sys
from pathlib import Path

MAY_USE = {
    "base": "",
    "stats": "base",
    "plan": "base",
    "record": "base",
    "device": "base record",
    "hub": "base",
    "prompt": "base",
    "model": "base plan record hub",
    "engine": "base plan prompt model",
    "score": "base",
    "measure": "base stats plan record engine device",
    "evaluate": "base stats plan record hub prompt engine score",
    "store": "base record",
    "analyze": "base stats record",
    "report": "base record analyze",
    "exchange": "base record analyze",
    "run": "base stats plan record device hub prompt model engine score measure evaluate store",
    "cli": "*",
}

# header pattern -> files (under src/) that may include it
SEAMS = {
    r"(llama|ggml[\w-]*|gguf|llama-ext|llama-arch|llama-cpp)\.h": r"engine/llama_|model/merge|model/quantize|model/shapes",
    r"(ops|llamafile/sgemm)\.h": r"engine/llama_(product|attention)",
    r"Eigen/.*": r"engine/llama_(kernels|product|attention)",
    r"jinja/.*": r"prompt/jinja",
    r"sqlite3\.h": r"store/sqlite",
    r"curl/.*": r"hub/http",
    r"openssl/.*": r"base/hash",
    r"yaml-cpp/.*": r"base/yaml",
    r"CLI/.*": r"cli/",
    r"nlohmann/.*": r"base/json",
    r"spdlog/.*": r"cli/",
    r"boost/.*": r"stats/",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
PRINTS = re.compile(r"\b(std::cout|std::cerr|fmt::print|std::printf|printf|std::puts)\b")


def breaches(src: Path):
    for path in sorted(p for p in src.rglob("*") if p.suffix in (".hpp", ".cpp")):
        name = path.relative_to(src).as_posix()
        room = name.split("/")[0]
        if room not in MAY_USE:
            yield f"{name}: folder '{room}' is not a room of the design"
            continue
        text = path.read_text(encoding="utf-8")
        allowed = set(MAY_USE[room].split()) | {room}
        for quote, header in INCLUDE.findall(text):
            other = header.split("/")[0]
            if quote == '"' and other in MAY_USE and room != "cli" and other not in allowed:
                yield f"{name}: room '{room}' may not use '{other}' ({header})"
            for pattern, files in SEAMS.items():
                if re.fullmatch(pattern, header) and not re.match(files, name):
                    yield f"{name}: {header} belongs in {files} only"
        if room != "cli" and PRINTS.search(text):
            yield f"{name}: only the cli room prints"


def main() -> int:
    default = Path(__file__).resolve().parent.parent / "src"
    found = list(breaches(Path(sys.argv[1]) if len(sys.argv) > 1 else default))
    for line in found:
        print(line)
    if not found:
        print("layers: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
