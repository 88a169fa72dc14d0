"""The seeding process, but that it trains for as many steps only as ``STEPS`` says."""

from __future__ import annotations

import os
import sys

import pytest

from gateway.admin.jobs.seed_worker import main
from tests.support.untrained import train_little

with pytest.MonkeyPatch.context() as patch:
    train_little(patch, int(os.environ.get("STEPS", "1")))
    sys.exit(main())
