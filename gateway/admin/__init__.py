"""Looking in and changing things: ``/metrics`` and ``/admin/v1``."""
