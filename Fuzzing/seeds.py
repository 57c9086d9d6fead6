"""Writes what fuzzing begins with: slices of the real tables, manifests of every kind, requests.

Run by Scripts/fuzz.sh:

    python3 Fuzzing/seeds.py PROGRAM FOLDER

PROGRAM is a built `bloasis`, which fits the models; FOLDER gets `Tables`, `Manifests`,
`Classifiers` and `Requests`.
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
# Requests as HTTP has them, one for each method in the order of the table, see Requests.swift:
# the path's variable, the query, what a stream is resumed after, and the body.
BAR = (
    '{"timestamp":"2018-12-31T21:00:00Z","open":2498.94,"high":2509.24,"low":2482.82,'
    '"close":2506.85,"volume":3.4e9,"availableAt":"2018-12-31T21:15:00Z","exogenous":{"vix":25.4}}'
)
REQUESTS = [
    ("", "user_id=u&market=SPX&timeframe=1d&onDegraded=LAST_KNOWN", "", ""),
    ("", "market=SPX&time_range.start_date=2008-01-01&timeRange.endDate=2018-12-31T21:00:00%2B01:00"
         "&pageSize=5&page_token=a", "", ""),
    ("", "market=SPX&after=3&page_size=10", "", ""),
    ("", "market=SPX&after=3", "12", ""),
    ("", "", "", '{"regime":"crisis","market":"SPX","userId":"u","reason":"\\u00e9"}'),
    ("", "market=SPX", "", ""),
    ("0f%2Fa", "", "", ""),
    ("", "", "", '{"fill_id":"f","filledQty":1.50,"filled_price":"2","side":"buy","sequence":"7"}'),
    ("ann%40example.org", "asOf=2018-12-31T21:00:00Z", "", ""),
    ("", "", "", '{"market":"SPX","bars":[' + BAR + ",{}]}"),
]
# Requests as protobuf has them: bars that are empty, in groups, behind a long key.
WIRES = [b"\x1a\x00\x1a\x09\x31\x00\x00\x00\x00\x00\x00\xf0\x3f", b"\x2b\x1a\x00\x2c\x1a\x00"]


def tables():
    """Slices of every table among the fixtures, by name."""
    for path in sorted(FIXTURES.glob("*.csv*")):
        packed = path.suffix == ".gz"
        lines = (gzip.open(path) if packed else open(path, "rb")).read().splitlines(True)
        yield path.name, b"".join(lines[: ROWS + 1])
        if packed:
            yield path.name + ".packed", gzip.compress(b"".join(lines[:3]), mtime=0)


def requests():
    """One request for each method, and some in protobuf's bytes, by name."""
    for number, parts in enumerate(REQUESTS):
        yield f"http.{number}", bytes([number]) + "\n".join(parts).encode()
    for number, wire in enumerate(WIRES):
        yield f"wire.{number}", bytes([0x80 | len(REQUESTS) - 1]) + wire


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
    write(folder / "Requests", requests())
    manifests = []
    bars = str(FIXTURES / "spx_daily_1999_2018.csv")
    for name, flags in MODELS.items():
        path = folder / "manifest.json"
        # Rules are not fitted from starts.
        starts = [] if "rules" in flags else ["--starts", "4"]
        command = [program, "fit", "--csv", bars, *starts, *flags, "--out", str(path)]
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
