"""Load on a door, by programs that others wrote: wrk for HTTP, h2load for gRPC.

Each answers what it saw only when nothing was wrong: every answer came, with the status of success
and with all its bytes.
"""

import pathlib
import re
import sys
import tempfile
from dataclasses import dataclass

import servers
from tables import quantile

THREADS = 2
HTTP_CONNECTIONS = 64
GRPC_CONNECTIONS, GRPC_STREAMS = 16, 10
# For a generator to begin and to end, besides its load.
LATE_LIMIT_SECONDS = 60
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
# wrk rounds what it read to hundredths of a unit.
SIZE_TOLERANCE = 0.02
# A message's flag for compression and its length, before its bytes.
MESSAGE_PREFIX_BYTES = 5


@dataclass
class Load:
    """What one run saw: requests a second, and seconds that half and all but 1 % were answered in.
    """

    rate: float
    median: float
    p99: float


def found(pattern, text, tool):
    match = re.search(pattern, text, re.M)
    return match.groups() if match else sys.exit(f"{tool} says nothing of {pattern!r}:\n{text}")


def wrk(url, answer_bytes, seconds):
    """`answer_bytes`: what one answer has, head and body."""
    text = servers.run(
        "wrk", f"-t{THREADS}", f"-c{HTTP_CONNECTIONS}", f"-d{seconds}s", "--latency", url,
        timeout=seconds + LATE_LIMIT_SECONDS)
    if "Socket errors" in text or "Non-2xx" in text:
        sys.exit(f"requests to {url} failed:\n{text}")
    count, size, unit = found(r"^ *(\d+) requests in .*, ([\d.]+)([KMG]?)B read", text, "wrk")
    read, expected = float(size) * SIZES[unit], int(count) * answer_bytes
    cut_off = HTTP_CONNECTIONS * answer_bytes
    if not expected or abs(read - expected) > SIZE_TOLERANCE * expected + cut_off:
        sys.exit(f"{url}: {read:,.0f} bytes read, {expected:,} were expected:\n{text}")

    def latency(share):
        figure, unit = found(rf"^ *{share}%\s+([\d.]+)(us|ms|s|m)$", text, "wrk")
        return float(figure) * UNITS[unit]

    rate, = found(r"^Requests/sec: *([\d.]+)", text, "wrk")
    return Load(float(rate), latency(50), latency(99))


def h2load(url, request, answer_bytes, seconds):
    """A gRPC method under load.

    h2load knows no gRPC: a call that failed has status 200 too, but no message. So it is the
    messages' bytes that are counted; an answer that the end of the run cuts off may have sent some.
    """
    with tempfile.TemporaryDirectory(prefix="bloasis-h2load-") as folder:
        body, log = pathlib.Path(folder) / "request", pathlib.Path(folder) / "log"
        body.write_bytes(framed(request))
        text = servers.run(
            "h2load", "-t", THREADS, "-c", GRPC_CONNECTIONS, "-m", GRPC_STREAMS, "-D", seconds,
            "-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers",
            f"--log-file={log}", url, timeout=seconds + LATE_LIMIT_SECONDS)
        times = [int(line.split("\t")[2]) / 1e6 for line in log.read_text().splitlines()]
    done, succeeded = map(int, found(r"(\d+) done, (\d+) succeeded", text, "h2load"))
    failures = found(r"(\d+) failed, (\d+) errored, (\d+) timeout", text, "h2load")
    if any(map(int, failures)) or not 0 < done == succeeded == len(times):
        sys.exit(f"calls of {url} failed:\n{text}")
    data = int(found(r"\((\d+)\) data$", text, "h2load")[0])
    message_bytes = MESSAGE_PREFIX_BYTES + answer_bytes
    cut_off = data - done * message_bytes
    if not 0 <= cut_off <= GRPC_CONNECTIONS * GRPC_STREAMS * message_bytes:
        sys.exit(f"{url}: {data:,} bytes of messages, {done:,} of {message_bytes} were expected")
    rate, = found(r"^finished in .*, ([\d.]+) req/s", text, "h2load")
    return Load(float(rate), quantile(times, 0.5), quantile(times, 0.99))


def framed(message):
    """A message as gRPC sends it, not compressed."""
    return b"\0" + len(message).to_bytes(MESSAGE_PREFIX_BYTES - 1, "big") + message
