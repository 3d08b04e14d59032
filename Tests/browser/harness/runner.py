# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of a folder, one line for each, and counts them."""
import gc
import os
import signal
import sys
import time
import traceback
import unittest

import greenlet

from harness.gateway import Gateway
from harness.libvirt import Libvirt

# Seconds.
LONGEST_TEST = 300


class Result(unittest.TextTestResult):
    """Prints one line a test, with its time."""

    def startTest(self, test):
        self.started = time.monotonic()
        signal.signal(signal.SIGALRM, lambda *_: give_up(test, self))
        signal.alarm(LONGEST_TEST)
        unittest.TestResult.startTest(self, test)

    def stopTest(self, test):
        signal.alarm(0)
        unittest.TestResult.stopTest(self, test)

    def _line(self, word, test):
        self.started = getattr(self, "started", time.monotonic())
        self.stream.writeln(f"{word:7} {time.monotonic() - self.started:6.1f} s  {test.id()}")
        self.stream.flush()

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self._line("passed", test)

    def addFailure(self, test, err):
        unittest.TestResult.addFailure(self, test, err)
        self._line("FAILED", test)

    def addError(self, test, err):
        unittest.TestResult.addError(self, test, err)
        self._line("FAILED", test)

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        self._line("skipped", test)
        self.stream.writeln(f"        {reason}")


def failed_tests(result):
    """How many tests failed; a class that could not be set up counts as one."""
    return len({test.id() for test, _ in result.failures + result.errors})


def give_up(test, result):
    """Ends everything when a test hangs: the browser's thread of control can not be taken back."""
    print(f"FAILED  after {LONGEST_TEST} s, hanging: {test.id()}")
    # A browser's test runs in a greenlet beside the browser's event loop; where it stands is the news.
    traceback.print_stack()
    for each in gc.get_objects():
        if isinstance(each, greenlet.greenlet) and each.gr_frame:
            print("".join(traceback.format_stack(each.gr_frame)[-12:]))
    for gateway in list(Gateway.running):
        gateway.stop()
    for libvirt in list(Libvirt.running):
        libvirt.stop()
    failed = failed_tests(result) + 1
    print(f"{result.testsRun - failed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    os._exit(1)


def every_test(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from every_test(part)
        else:
            yield part


def run_tests(folder, parts, stop):
    """Runs the tests whose full name holds one of the parts, or all; returns whether all passed.

    `stop` ends what the tests share.
    """
    found = unittest.defaultTestLoader.discover(str(folder), pattern="*_tests.py", top_level_dir=str(folder))
    tests = [each for each in every_test(found) if not parts or any(part in each.id() for part in parts)]
    if not tests:
        sys.exit("no test has such a name")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        result = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result, verbosity=0).run(
            unittest.TestSuite(tests))
    finally:
        stop()
    failed, skipped = failed_tests(result), len(result.skipped)
    print(f"{len(tests) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return failed == 0
