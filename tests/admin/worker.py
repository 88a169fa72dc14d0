"""Stands in for the seeding process: says what the table it is given tells it to say.

Each line of the table is a line of the worker's; ``wait FILE`` waits until there is such a file,
``exit N`` ends, ``env NAME`` and ``order`` say what the worker was given.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    order = json.load(sys.stdin)
    script = Path(order["table"]).read_text() if "table" in order else os.environ["SCRIPT"]
    for line in script.splitlines():
        word, _, rest = line.partition(" ")
        if word == "wait":
            while not Path(rest).exists():
                time.sleep(0.01)
        elif word == "exit":
            sys.stderr.write("something broke")
            sys.exit(int(rest))
        elif word == "look":
            what = {"order": order, "environ": sorted(os.environ)}
            Path(rest).write_text(json.dumps(what))
        else:
            print(line, flush=True)


main()
