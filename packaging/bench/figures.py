# SPDX-License-Identifier: Apache-2.0
"""The figures, the goals, and how both are printed."""
import statistics

# key, what it is, unit, digits
FIGURES = [
    ("down", "download", "MiB/s", 0),
    ("up", "upload", "MiB/s", 0),
    ("down_cpu", "processor, download", "s/GiB", 2),
    ("up_cpu", "processor, upload", "s/GiB", 2),
    ("p50", "round trip, median", "us", 1),
    ("p99", "round trip, 99 of 100", "us", 1),
    ("open", "open, text", "ms", 2),
    ("open_vnc", "open, vnc", "ms", 2),
    ("call", "console.open call", "ms", 2),
    ("idle", "memory, new console", "KiB", 1),
    ("after", "memory, after 4 MiB", "KiB", 1),
    ("slow_pace", "pace beside a slow one", "x", 2),
    ("slow_memory", "memory, a slow reader", "KiB", 0),
]

# key, what is wanted of Gatehouse's figure divided by websockify's: at least (+) or at most (-)
RATIOS = [("down", 1.3), ("up", 4), ("p50", -0.7), ("open", -1 / 8), ("idle", -1 / 100)]

# key, and the limit of Gatehouse's own figure for ws and wss: at most (-) or at least (+)
LIMITS = [
    ("idle", {"ws": -24, "wss": -48}),
    ("after", {"ws": -128, "wss": -128}),
    ("slow_pace", {"ws": 0.8, "wss": 0.8}),
    ("slow_memory", {"ws": -1024, "wss": -1024}),
]

# The columns: a proxy and its protocol.
COLUMNS = [("no proxy", "tcp"), ("websockify", "ws"), ("Gatehouse", "ws"), ("websockify", "wss"), ("Gatehouse", "wss")]

NAMES = {key: (name, unit, digits) for key, name, unit, digits in FIGURES}


class Samples:
    """What has been measured so far: for each proxy and key a list of values."""

    def __init__(self):
        self._values = {}

    def add(self, proxy, key, *values):
        self._values.setdefault((proxy.name, proxy.protocol, key), []).extend(values)

    def median(self, name, protocol, key):
        values = self._values.get((name, protocol, key))
        return statistics.median(values) if values else None

    def cell(self, name, protocol, key, digits):
        """The median, and the lowest and highest in brackets."""
        values = self._values.get((name, protocol, key))
        if not values:
            return "-"
        middle = f"{statistics.median(values):.{digits}f}"
        return f"{middle} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def print_figures(samples):
    """Every figure: the median of all samples, and in brackets the lowest and the highest."""
    print(f"\n{'':28}" + "".join(f"{protocol + ' ' + name:>24}" for name, protocol in COLUMNS))
    for key, name, unit, digits in FIGURES:
        cells = "".join(f"{samples.cell(*column, key, digits):>24}" for column in COLUMNS)
        print(f"{name + ', ' + unit:28}{cells}")


def print_goals(samples):
    """Gatehouse against websockify of the same protocol, and against its limits; how many were missed."""
    rows = []
    for protocol in ("ws", "wss"):
        for key, wanted in RATIOS:
            ours, theirs = (samples.median(name, protocol, key) for name in ("Gatehouse", "websockify"))
            if ours is not None and theirs:
                rows.append((protocol, f"{NAMES[key][0]}, ratio", ours / theirs, wanted, 4 if abs(wanted) < 0.1 else 2))
        for key, limits in LIMITS:
            ours = samples.median("Gatehouse", protocol, key)
            if ours is not None:
                name, unit, digits = NAMES[key]
                rows.append((protocol, f"{name}, {unit}", ours, limits[protocol], digits))
    print(f"\n{'goal':38}{'measured':>10}  wanted")
    missed = 0
    for protocol, name, value, wanted, digits in rows:
        is_met = value >= wanted if wanted > 0 else value <= -wanted
        missed += not is_met
        sign = ">=" if wanted > 0 else "<="
        verdict = "met" if is_met else "MISSED"
        print(f"{protocol + ' ' + name:38}{value:10.{digits}f}  {sign} {abs(wanted):<8.4g}{verdict}")
    return missed
