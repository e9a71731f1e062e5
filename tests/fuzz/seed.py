#!/usr/bin/env python3
"""Makes seeds of the lines in ../listings, in corpus/listing and corpus/dialect."""

import re
import struct
from pathlib import Path

HERE = Path(__file__).parent
# 2024-03-10, no offset from UTC, no order of dates, no system.
HEADER = struct.pack("<qiB", 1_710_072_000, 0, 0xFC)
# As many as there are dialects, and one for the reply to MLST.
DIALECTS = len(re.findall(rb"^        Self::\w+,$", (HERE / "../../src/listing/dialect.rs").read_bytes(), re.M)) + 1


def unescaped(line):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda byte: bytes.fromhex(byte[1].decode()), line)


def listings():
    for path in sorted((HERE / "../listings").glob("*/*.txt")):
        text = path.read_bytes().split(b"\n")
        lines = [unescaped(line[2:]) for line in text if line.startswith(b"> ")]
        for start in range(0, len(lines), 12):
            yield f"{path.parent.name}-{path.stem}-{start}", b"\n".join(lines[start : start + 12])


def main():
    for target, heads in [("listing", [b""]), ("dialect", [bytes([d]) for d in range(DIALECTS)])]:
        corpus = HERE / "corpus" / target
        corpus.mkdir(parents=True, exist_ok=True)
        for name, lines in listings():
            for number, head in enumerate(heads):
                (corpus / f"{name}-{number}").write_bytes(head + HEADER + lines)


if __name__ == "__main__":
    main()
