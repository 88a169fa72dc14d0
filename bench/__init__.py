"""Benchmarks: each module has ``run(settings, **parameters) -> dict`` with figures and goals.

They run from a checkout and share the test suite's helpers (speech with word timings, where the
recordings are), which are not installed: the checkout's folder is made importable for them.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))
