#!/usr/bin/env python3
"""Check that every room of src/ includes only the rooms it may use, and that each outside library has one seam.

usage: check_layers.py [SOURCE_FOLDER]     exit status 1 and one line per breach when there is one
"""
import re
import sys
from pathlib import Path

TABLE = "rooms.txt"  # in the source folder: room | may use | libraries | mark

# header pattern -> files (under src/) that may include it
SEAMS = {
    r"(llama|ggml[\w-]*|gguf|llama-ext|llama-arch|llama-cpp)\.h": r"\w+/llama/",
    r"(ops|llamafile/sgemm)\.h": r"engine/llama/(product|attention)",
    r"Eigen/.*": r"engine/llama/(kernels|product|attention)",
    r"sqlite3\.h": r"store/sqlite",
    r"curl/.*": r"(http/transport|energy/http_meter)",
    r"httplib\.h": r"serve/(connection|server)",
    r"openssl/.*": r"base/hash",
    r"yaml\.h": r"base/yaml_(nodes|text)",
    r"CLI/.*": r"cli/",
    r"nlohmann/.*": r"base/json",
    r"boost/(?!crc).*": r"stats/",
    r"boost/crc\.hpp": r"tracker/crc",
    r"duktape\.h": r"chart/drawings",
    r"(librsvg|fontconfig|cairo)/.*": r"chart/raster",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
PRINTS = re.compile(r"\b(std::cout|std::cerr|fmt::print|std::printf|printf|std::puts)\b")


def rooms_of(table: Path) -> dict:
    """Room -> the rooms that it may use; "*" means all above it in the table."""
    may_use = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            room, used = (column.strip() for column in line.split("|")[:2])
            may_use[room] = set(may_use) if used == "*" else set(used.split())
    return may_use


def breaches(src: Path):
    may_use = rooms_of(src / TABLE)
    names = list(may_use)
    for room, used in may_use.items():
        for other in sorted(used):
            if other not in names or names.index(other) >= names.index(room):
                yield f"{TABLE}: '{room}' may use '{other}', which does not stand above it"
    for path in sorted(p for p in src.rglob("*") if p.suffix in (".hpp", ".cpp")):
        name = path.relative_to(src).as_posix()
        room = name.split("/")[0]
        if room not in may_use:
            yield f"{name}: folder '{room}' is not a room of rooms.txt"
            continue
        text = path.read_text(encoding="utf-8")
        allowed = may_use[room] | {room}
        for quote, header in INCLUDE.findall(text):
            other = header.split("/")[0]
            if quote == '"' and other in may_use and other not in allowed:
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
