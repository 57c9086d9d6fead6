"""The doors of `make bench-gateway`: ours and the peers', each a server of its own, whose answer is
looked at before its answers are counted.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
from dataclasses import dataclass
from typing import Callable

import grpc

import connections
import generators
import run
import servers

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
ANSWER_LIMIT_SECONDS = 30

PATH = "/v1/market-regime/current"
METHOD = "/bloasis.market_regime.MarketRegimeService/GetCurrentRegime"
# The current regime of the default series: a request with nothing set has no bytes.
REQUEST = b""


@dataclass
class Server:
    """A process and the ports of its doors."""

    process: subprocess.Popen
    http: int | None = None
    grpc: int | None = None
    log: pathlib.Path | None = None


@dataclass
class Door:
    title: str
    # Given how many seconds it is to last.
    load: Callable[[int], generators.Load]


# MARK: - Servers

@contextlib.contextmanager
def ours(home, redis, level):
    log = home / "log"
    variables = run.environment(home, servers.free_port()) | {
        "LOG_LEVEL": level, "REDIS_URL": f"redis://127.0.0.1:{redis}"}
    port = int(variables["HTTP_PORT"])
    with log.open("ab") as file, servers.running(
        [run.PROGRAM, "serve"], env=variables, cwd=home, stdout=subprocess.DEVNULL, stderr=file
    ) as process:
        run.await_ready(process, port)
        yield Server(process, http=port, grpc=int(variables["GRPC_PORT"]), log=log)


@contextlib.contextmanager
def bare(program, kind, answer):
    """`hello` or `echo`, which answers the bytes of a file."""
    port = servers.free_port()
    with servers.running(
        [program, kind, port, answer], stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout.readline().strip() != "listening":
            sys.exit(f"{kind} did not start")
        yield Server(process, **{"hello": {"http": port}, "echo": {"grpc": port}}[kind])


@contextlib.contextmanager
def fastapi(redis, written, workers):
    port = servers.free_port()
    command = [
        sys.executable, "-m", "uvicorn", "--app-dir", PEERS, f"fastapi_current:{written}",
        "--host", "127.0.0.1", "--port", port, "--workers", workers, "--no-access-log",
        "--log-level", "warning",
    ]
    variables = {"PATH": os.environ["PATH"], "REDIS_URL": f"redis://127.0.0.1:{redis}"}
    with servers.running(command, env=variables) as process:
        servers.await_port(port, process)
        yield Server(process, http=port)


# MARK: - What they answer

def http_answer(server):
    """The number of bytes of an answer with its head, and its body."""
    with connections.connected(server.http) as connection:
        head, body = connections.http_answer(connection, PATH)
    return len(head) + len(body), body


def grpc_answer(server):
    """The bytes of an answer's message, by a client that knows gRPC; it must be OK."""
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc}") as channel:
        try:
            return channel.unary_unary(METHOD)(REQUEST, timeout=ANSWER_LIMIT_SECONDS)
        except grpc.RpcError as error:
            sys.exit(f"{METHOD}: {error.code().name}: {error.details()}")


def answers(server):
    """What ours says at both doors, which must be the same."""
    body, message = http_answer(server)[1], grpc_answer(server)
    said = json.loads(body)
    for field in ("regime", "timestamp", "reasoning", "modelVersion"):
        if not said[field] or said[field].encode() not in message:
            sys.exit(f"the doors differ in {field}: {body.decode()}\n{message!r}")
    return body, message


def http_door(title, server, expected):
    size, body = http_answer(server)
    if json.loads(body) != json.loads(expected):
        sys.exit(f"{title} answers {body.decode()}\ninstead of {expected.decode()}")
    url = f"http://127.0.0.1:{server.http}{PATH}"
    return Door(title, lambda seconds: generators.wrk(url, size, seconds))


def grpc_door(title, server, expected):
    message = grpc_answer(server)
    # The entries of a map come in any order.
    if sorted(message) != sorted(expected):
        sys.exit(f"{title} answers {message!r}\ninstead of {expected!r}")
    url = f"http://127.0.0.1:{server.grpc}{METHOD}"
    return Door(title, lambda seconds: generators.h2load(url, REQUEST, len(message), seconds))
