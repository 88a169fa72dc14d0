"""The seeding process, but that it trains for as many steps only as ``STEPS`` says, and takes its
share of a machine that is busy with tests."""

from __future__ import annotations

import os
import sys

import pytest

from gateway.admin.jobs import seed_worker
from tests.support.untrained import train_little

with pytest.MonkeyPatch.context() as patch:
    train_little(patch, int(os.environ.get("STEPS", "1")))
    patch.setattr(seed_worker, "step_back", lambda: None)
    sys.exit(seed_worker.main())
