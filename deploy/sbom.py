"""The bill of materials of this environment (CycloneDX 1.5, JSON), from what is installed."""

from __future__ import annotations

import json
import sys
from importlib.metadata import Distribution, distributions


def licence(one: Distribution) -> str:
    """The licence as its package states it, the shortest statement that is there."""
    meta = one.metadata
    if expression := meta.get("License-Expression"):
        return str(expression)
    for line in meta.get_all("Classifier") or []:
        if line.startswith("License ::"):
            return str(line).rpartition(":: ")[2]
    return str(meta.get("License") or "").strip().partition("\n")[0][:100] or "unknown"


def bill() -> dict[str, object]:
    """The document; in the order of names, so that two builds can be compared."""
    found = {one.metadata["Name"].lower(): one for one in distributions()}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "components": [
            {
                "type": "library",
                "name": name,
                "version": one.version,
                "purl": f"pkg:pypi/{name}@{one.version}",
                "licenses": [{"license": {"name": licence(one)}}],
            }
            for name, one in sorted(found.items())
        ],
    }


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
