"""Servers of a benchmark's own: each on a free loopback port, in a temporary folder, stopped by its
process when its `with` block ends.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
START_LIMIT_SECONDS = 30
STOP_LIMIT_SECONDS = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, **options):
    """The standard output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


def await_port(port, process):
    end = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        time.sleep(0.02)
    sys.exit(f"{process.args[0]} does not listen after {START_LIMIT_SECONDS} s")


@contextlib.contextmanager
def running(command, **options):
    """A process that is asked to stop in the end, and killed when it does not."""
    process = subprocess.Popen([str(word) for word in command], **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Postgres:
    """Durable, whatever else is set: a commit is on the disk when it is acknowledged."""

    def __init__(self, port, folder):
        self.port, self.folder = port, folder
        self.version = self.sql("SHOW server_version").split()[0]
        settings = [self.sql(f"SHOW {name}").strip() for name in ("fsync", "synchronous_commit")]
        if settings != ["on", "on"]:
            sys.exit(f"commits are not durable: {settings}")

    def url(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def psql(self, database, *arguments, **options):
        return run(
            "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), *arguments,
            **options)

    def sql(self, *statements, database="postgres"):
        words = [word for statement in statements for word in ("-c", statement)]
        return self.psql(database, "-A", "-t", *words)

    @contextlib.contextmanager
    def copy_of(self, template, name="turn"):
        """A database like another one; what was written before is on the disk, so that no turn pays
        for the one before, and its own pages are in the log, as those of rows just written are.
        """
        self.sql("CHECKPOINT", f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def postgres(settings=()):
    """PostgreSQL, by a user without rights when this one is root.

    Its settings are the defaults, but for those given, as `max_wal_size=8GB`."""
    programs = pathlib.Path(run("pg_config", "--bindir").strip())
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bloasis-postgres-"))
    folder.chmod(0o755)
    if user:
        shutil.chown(folder, "postgres")
    data, port = folder / "data", free_port()
    control = [*user, programs / "pg_ctl", "-w", "-s", "-D", data]
    try:
        run(*user, programs / "initdb", "-A", "trust", "-U", "postgres", "--locale=C.UTF-8",
            "-D", data, cwd=folder)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
        options += "".join(f" -c {setting}" for setting in settings)
        # What the server inherits it keeps open: it gets no pipe of ours.
        subprocess.run(
            [str(word) for word in [*control, "-l", folder / "log", "-o", options, "start"]],
            cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield Postgres(port, folder)
        finally:
            run(*control, "-m", "fast", "stop", cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis():
    """Redis, in memory alone; gives its port."""
    port = free_port()
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
               "--appendonly", "no"]
    with running(command, stdout=subprocess.DEVNULL) as process:
        await_port(port, process)
        yield port


@contextlib.contextmanager
def broker():
    """noida-db, which speaks Kafka's protocol; gives its address."""
    program = run(ROOT / "Scripts" / "install-test-brokers.sh").strip()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bloasis-broker-") as folder:
        command = [program, "start", "--data-dir", f"{folder}/data", "--only", "kafka",
                   "--kafka-port", port]
        with running(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            await_port(port, process)
            yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def mock_broker(program):
    """librdkafka's mock broker, in memory alone; gives its address."""
    with running([program, "broker"], stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip() or sys.exit("the mock broker did not start")
