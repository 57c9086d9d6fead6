"""Writes what fuzzing begins with: slices of the real tables, and manifests of every kind.

Run by Scripts/fuzz.sh:

    python3 Fuzzing/seeds.py PROGRAM FOLDER

PROGRAM is a built `bloasis`, which fits the models; FOLDER gets `Tables`, `Manifests` and
`Classifiers`.
"""

import gzip
import json
import pathlib
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Fixtures"
# Rows of a table that are kept: mutations of a short input are many more a second.
ROWS = 6
# The two bytes before a table say how it is read; see Tables.swift.
READINGS = [b"\x00\x40", b"\x01\x40", b"\x21\x80", b"\x12\x01", b"\x42\x02", b"\x09\x44"]
MODELS = {
    "hmm": ["--model", "hmm", "--states", "2"],
    "hmm-full": ["--model", "hmm", "--states", "3", "--covariance", "full"],
    "hmm-one": ["--model", "hmm", "--states", "1", "--features", "log_return"],
    "markov": ["--model", "markov", "--states", "2"],
    "markov-lags": ["--model", "markov", "--states", "2", "--autoregression", "2"],
    "markov-scaled": ["--model", "markov", "--states", "2", "--scaling", "standardised"],
    "jump": ["--model", "jump"],
    "jump-continuous": ["--model", "jump-continuous", "--grid-steps", "4"],
    "jump-sparse": ["--model", "jump-sparse"],
    "rules": ["--model", "rules"],
}


def tables():
    """Slices of every table among the fixtures, by name."""
    for path in sorted(FIXTURES.glob("*.csv*")):
        packed = path.suffix == ".gz"
        lines = (gzip.open(path) if packed else open(path, "rb")).read().splitlines(True)
        yield path.name, b"".join(lines[: ROWS + 1])
        if packed:
            yield path.name + ".packed", gzip.compress(b"".join(lines[:3]), mtime=0)


def write(folder, contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents:
        (folder / name).write_bytes(content)


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    write(
        folder / "Tables",
        [
            (f"{name}.{number}", reading + table)
            for name, table in tables()
            for number, reading in enumerate(READINGS)
        ],
    )
    manifests = []
    bars = str(FIXTURES / "spx_daily_1999_2018.csv")
    for name, flags in MODELS.items():
        path = folder / "manifest.json"
        command = [program, "fit", "--csv", bars, "--starts", "4", *flags, "--out", str(path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        manifests.append((name, path.read_bytes()))
        path.unlink()
    write(folder / "Manifests", manifests)
    write(
        folder / "Classifiers",
        [
            (name, json.dumps(json.loads(text)["classifier"], separators=(",", ":")).encode())
            for name, text in manifests
        ],
    )


if __name__ == "__main__":
    main()
