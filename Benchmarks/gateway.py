"""Times the two doors of `serve` against others that answer the same bytes (`make bench-gateway`).

By HTTP the peers are Hummingbird with nothing around it and the same endpoint in FastAPI, by gRPC
grpc-swift with nothing around it. All run side by side and are asked in turns, so that a slow
minute of the machine hits all, and a ratio is that of one turn. A wrong answer ends the run; a slow
one doesn't: a clock says how it was, on this machine.
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

import doors
import generators
import run
import servers
from tables import median, rates_row, spread, table

ROOT = pathlib.Path(__file__).resolve().parent.parent
TURNS_MINIMUM = 5
LOAD_SECONDS = 3
WARM_SECONDS = 1

BARE_GOAL = 0.7
FASTAPI_GOAL = 10
IDLE_CONNECTIONS = 1_000
# Besides connections: the store, logs, Redis, libraries.
OTHER_FILES = 200

# The default, with a line for each request; and none for a request that went well.
LEVELS = ["INFO", "WARNING"]
# Of uvicorn: one for each core, and the one that it has unless told otherwise.
WORKERS = sorted({os.cpu_count(), 1}, reverse=True)
# How the FastAPI service is written: its documentation's way, and the fastest.
WRITTEN = {"documented": "FastAPI", "application": "FastAPI, tuned"}
FASTAPI_DOORS = {
    f"fastapi {written} {workers}": f"{title}, workers: {workers}"
    for written, title in WRITTEN.items() for workers in WORKERS}
LIBRARIES = {
    "hummingbird": "Hummingbird", "grpc-swift-2": "grpc-swift",
    "grpc-swift-nio-transport": "its transport", "swift-nio": "SwiftNIO",
    "swift-nio-http2": "its HTTP/2",
}
PEER_PACKAGES = [
    "fastapi", "pydantic", "uvicorn", "redis", "hiredis", "orjson", "uvloop", "httptools"]


class Bench:
    """What lasts: the programs, filled homes of ours, Redis, and a folder for files."""

    def __init__(self, program, redis, folder):
        self.program, self.redis, self.folder = program, redis, folder
        for level in LEVELS:
            (folder / level).mkdir()
            run.backfill(folder / level)

    def ours(self, level):
        return doors.ours(self.folder / level, self.redis, level)

    def bare(self, kind):
        return doors.bare(self.program, kind, self.folder / kind)

    def start_all(self, running):
        """Doors by name, and the logs of ours. What ours answers, the others are given."""
        found, logs = {}, []
        for level in LEVELS:
            server = running.enter_context(self.ours(level))
            logs.append(server.log)
            if level == LEVELS[0]:
                body, message = doors.answers(server)
                (self.folder / "hello").write_bytes(body)
                (self.folder / "echo").write_bytes(message)
            title = f"ours, LOG_LEVEL={level}"
            found[f"http {level}"] = doors.http_door(f"HTTP: {title}", server, body)
            found[f"grpc {level}"] = doors.grpc_door(f"gRPC: {title}", server, message)
        hello, echo = [running.enter_context(self.bare(kind)) for kind in ("hello", "echo")]
        found["hello"] = doors.http_door("HTTP: Hummingbird", hello, body)
        found["echo"] = doors.grpc_door("gRPC: grpc-swift", echo, message)
        for name, title in FASTAPI_DOORS.items():
            _, written, workers = name.split()
            peer = running.enter_context(doors.fastapi(self.redis, written, workers))
            found[name] = doors.http_door(f"HTTP: {title}", peer, body)
        return found, logs


# MARK: - Load

def take_turns(found, logs, turns, seconds):
    """What each door's turns saw. Every other turn goes backwards, so that nobody always follows
    the same one."""
    for door in found.values():
        door.load(WARM_SECONDS)
    seen = {name: [] for name in found}
    for turn in range(turns):
        for name in list(found)[::-1 if turn % 2 else 1]:
            load = found[name].load(seconds)
            seen[name].append(load)
            print(f"{found[name].title}: {load.rate:,.0f}/s", file=sys.stderr, flush=True)
            # So that what one has written isn't on its way to the disk while others are asked.
            for log in logs:
                os.truncate(log, 0)
    return seen


def rate_rows(seen):
    def row(protocol, level, peer, tool, goal):
        ours, theirs = seen[f"{protocol} {level}"], seen[peer]
        return rates_row(
            f"{'HTTP' if protocol == 'http' else 'gRPC'}, LOG_LEVEL={level}",
            [load.rate for load in ours], [load.rate for load in theirs], tool, goal)

    for level in LEVELS:
        yield row("http", level, "hello", "Hummingbird", BARE_GOAL)
    for level in LEVELS:
        yield row("grpc", level, "echo", "grpc-swift", BARE_GOAL)
    for level in LEVELS:
        for name, title in FASTAPI_DOORS.items():
            yield row("http", level, name, title, FASTAPI_GOAL)


def latency_rows(found, seen):
    for name, door in sorted(found.items(), key=lambda item: item[1].title):
        yield [
            door.title, f"{median([load.rate for load in seen[name]]):,.0f}",
            f"{spread([load.median * 1000 for load in seen[name]])} ms",
            f"{spread([load.p99 * 1000 for load in seen[name]])} ms",
        ]


# MARK: - Memory

def resident(process):
    """Bytes of a process that are in memory."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB$", text, re.M)[1]) << 10


@contextlib.contextmanager
def held(protocol, server, count):
    """Connections that have asked once, open until the end of the block."""
    http = protocol == "http"
    command = [
        sys.executable, ROOT / "Benchmarks" / "connections.py", protocol,
        server.http if http else server.grpc, doors.PATH if http else doors.METHOD, count,
    ]
    with servers.running(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout.readline().strip() != "open":
            sys.exit(f"{count} connections could not be opened")
        yield


def memory(bench, turns):
    """Bytes at rest and those that an idle connection adds, by protocol and side; of servers just
    started, as one that was busy has room left over."""
    sides = {
        "ours": lambda protocol: bench.ours(LEVELS[0]),
        "bare": lambda protocol: bench.bare("hello" if protocol == "http" else "echo"),
    }
    seen = {(protocol, side): [] for protocol in ("http", "grpc") for side in sides}
    for _ in range(turns):
        for protocol, side in seen:
            with sides[side](protocol) as server, held(protocol, server, 1):
                rest = resident(server.process)
                with held(protocol, server, IDLE_CONNECTIONS):
                    added = (resident(server.process) - rest) / IDLE_CONNECTIONS
            seen[protocol, side].append((rest, added))
    return seen


def memory_rows(seen):
    for protocol, name, tool in (
        ("http", "HTTP", "Hummingbird"), ("grpc", "gRPC", "grpc-swift")
    ):
        ours, bare = zip(*seen[protocol, "ours"]), zip(*seen[protocol, "bare"])
        (our_rest, our_added), (bare_rest, bare_added) = ours, bare
        for title, mine, theirs, unit, bytes_each in (
            ("at rest", our_rest, bare_rest, "MiB", 1 << 20),
            ("an idle connection", our_added, bare_added, "KiB", 1 << 10),
        ):
            yield [
                f"{name}: {title}", f"{median(mine) / bytes_each:.1f} {unit}",
                f"{median(theirs) / bytes_each:.1f} {unit} ({tool})",
                spread([one / other for one, other in zip(mine, theirs)]),
            ]


def allow_connections():
    """Lets this process and its children open as many files as are needed."""
    needed = IDLE_CONNECTIONS + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        sys.exit(f"{needed} open files are needed, {hard} are allowed: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


# MARK: - The tables

def libraries():
    """Names and versions of the libraries, which must be the same on both sides."""
    def versions(folder):
        pins = json.loads((folder / "Package.resolved").read_text())["pins"]
        return {pin["identity"]: pin["state"].get("version") for pin in pins}

    program, peers = versions(ROOT), versions(ROOT / "Benchmarks")
    for library in LIBRARIES:
        if program[library] != peers[library]:
            sys.exit(
                f"{library} is {program[library]} in the program and {peers[library]} in the "
                "peers: `swift package update` here and in Benchmarks")
    return ", ".join(f"{name} {program[library]}" for library, name in LIBRARIES.items())


def about(arguments, load, folder):
    packages = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in PEER_PACKAGES)
    body, message = [(folder / name).stat().st_size for name in ("hello", "echo")]
    return (
        f"{run.machine()}; load average {load:.1f} at the beginning. Medians of {arguments.turns} "
        f"turns of {arguments.seconds} s, in brackets the least and the largest; generators and "
        f"servers share the cores. HTTP: `wrk -t{generators.THREADS} "
        f"-c{generators.HTTP_CONNECTIONS}`, {body:,} bytes of JSON; gRPC: `h2load "
        f"-t {generators.THREADS} -c {generators.GRPC_CONNECTIONS} -m {generators.GRPC_STREAMS}`, "
        f"messages of {message:,} bytes. Both ask again as soon as they are answered, so these are "
        "latencies of a door that is never idle. Ours: `serve` with the bundled history in SQLite, "
        f"Redis beside it, the log a file. On both sides {libraries()}; the bare ones answer the "
        "same bytes and log nothing. FastAPI reads from the same Redis what ours wrote there, and "
        "logs nothing; once with a response model, as its documentation has it, and once tuned, "
        f"with orjson's bytes that nothing is checked against: {packages}, Python "
        f"{sys.version.split()[0]}. Memory: resident sets of servers just started, before and with "
        f"{IDLE_CONNECTIONS:,} connections that have asked once, LOG_LEVEL={LEVELS[0]}.")


def measure(arguments, folder):
    load = os.getloadavg()[0]
    with servers.redis() as redis:
        bench = Bench(arguments.program, redis, folder)
        with contextlib.ExitStack() as running:
            found, logs = bench.start_all(running)
            seen = take_turns(found, logs, arguments.turns, arguments.seconds)
        memories = memory(bench, arguments.turns)
    return "\n\n".join([
        table(rate_rows(seen)),
        table(latency_rows(found, seen), ["door", "requests a second", "p50", "p99"]),
        table(memory_rows(memories), ["memory", "ours", "peer", "ratio"]),
        about(arguments, load, folder),
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, required=True, help="bloasis-doors")
    parser.add_argument("--turns", type=int, default=7, help=f"at least {TURNS_MINIMUM}")
    parser.add_argument("--seconds", type=int, default=LOAD_SECONDS, help="of load in each turn")
    parser.add_argument("--record", action="store_true", help=f"append to {run.RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.turns < TURNS_MINIMUM:
        parser.error(
            f"--turns {arguments.turns}: a median of fewer than {TURNS_MINIMUM} says little")
    libraries()
    allow_connections()
    with tempfile.TemporaryDirectory(prefix="bloasis-gateway-") as folder:
        text = measure(arguments, pathlib.Path(folder))
    print(text)
    if arguments.record:
        run.append(run.RESULTS, "the gateway", text)


if __name__ == "__main__":
    main()
