# SPDX-License-Identifier: Apache-2.0
"""Where things are, and how to wait for them."""
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
DEMO = ROOT / "packaging" / "demo"
BUILD_DEMO = ROOT / ".build-demo"
OUTPUT = ROOT / ".build-browser"
PRODUCTS = ROOT / ".build" / os.environ.get("CONFIGURATION", "debug")
DAEMON = PRODUCTS / "gatehoused"
COMMAND = PRODUCTS / "gatehouse"
STAGE_PLUGINS = ROOT / "packaging" / "tools" / "stage-plugins"
EXAMPLES = ROOT / "Examples"
FIXTURES = ROOT / "Tests" / "browser" / "fixtures"


def wait_until(claim, what, seconds=20.0, step=0.1):
    """Waits for `claim()` to become true and returns its value; `what` is said when it does not."""
    end = time.monotonic() + seconds
    while True:
        value = claim()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(step)


def require_products():
    """Ends the program where there is nothing to test."""
    for product in (DAEMON, COMMAND):
        if not product.exists():
            sys.exit(f"there is no {product}; run packaging/tools/build first")
