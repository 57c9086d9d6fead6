"""What all tests of the dashboard have in common."""

import contextlib
import unittest

import visits


class DashboardCase(unittest.TestCase):
    """A test with the shared stage; a visit that must end without a fault."""

    stage = None
    pictures = None

    @contextlib.contextmanager
    def visit(self, server=None, allowed=(), **options):
        """A visit; afterwards it has made no fault but those allowed."""
        with visits.visiting(self.stage, server or self.stage.server(), **options) as visit:
            yield visit
            self.assert_none(visit.faults(allowed))

    def assert_none(self, faults):
        """There are no faults; else all of them are told."""
        if faults:
            self.fail("\n".join(["", *faults]))
