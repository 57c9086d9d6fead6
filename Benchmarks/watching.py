"""Runs a command and watches what it takes: time, processors, memory."""

import os
import pathlib
import re
import sys
import time
from dataclasses import dataclass

import servers

RUN_LIMIT_SECONDS = 3_600
POLL_SECONDS = 0.01


@dataclass
class Took:
    """What a process took: wall and processor seconds, and the most memory it had."""

    seconds: float
    cpu: float
    peak: int


def most_memory(process):
    """Bytes that a process has had in memory at the most; 0 when it has just ended."""
    try:
        status = pathlib.Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.M)
    return int(found[1]) << 10 if found else 0


def watched(command, output, **options):
    """Runs a command that must succeed. Its memory is asked of itself while it runs: what its
    parent tells afterwards begins with the parent's own."""
    with open(output, "w") as told, open(f"{output}.errors", "w+") as errors:
        start = time.perf_counter()
        with servers.running(command, stdout=told, stderr=errors, **options) as process:
            peak, ended = 0, 0
            while not ended:
                peak = max(peak, most_memory(process.pid))
                if time.perf_counter() - start > RUN_LIMIT_SECONDS:
                    process.kill()
                time.sleep(POLL_SECONDS)
                ended, code, usage = os.wait4(process.pid, os.WNOHANG)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(code)
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{command[0]} ended with {process.returncode}: {errors.read()}")
    return Took(seconds, usage.ru_utime + usage.ru_stime, peak)
