"""Looks at the dashboard in a browser: run.py --program PROGRAM [--pictures FOLDER] [NAME…]

A NAME is a file of tests (`views`), or a class or test in it (`chart.Zooming`). Pictures of every
view go to the folder; REGENERATE=1 makes the golden ones anew. Ends with 1 when a test fails.
"""

import argparse
import pathlib
import signal
import sys
import unittest

import cases
import stage

FOLDER = pathlib.Path(__file__).resolve().parent
PICTURES = stage.ROOT / ".build" / "screenshots"


def suite(names):
    loader = unittest.TestLoader()
    names = names or sorted(path.stem for path in FOLDER.glob("test_*.py"))
    return loader.loadTestsFromNames(
        [name if name.startswith("test_") else "test_" + name for name in names])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=stage.ROOT / ".build/debug/bloasis")
    parser.add_argument("--pictures", type=pathlib.Path, default=PICTURES)
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    if not arguments.program.exists():
        sys.exit(f"{arguments.program} is missing: make build")
    # Servers inherit what is held back, and are ended by a signal.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with stage.Stage(arguments.program) as shared:
        cases.DashboardCase.stage = shared
        cases.DashboardCase.pictures = arguments.pictures
        done = unittest.TextTestRunner(verbosity=2).run(suite(arguments.names))
    sys.exit(0 if done.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
