"""The garbage collector, kept from holding up calls: while it looks at all there is, all wait.

What has no cycles goes without it. A call that is over has some: it is what the collector is for.
"""

from __future__ import annotations

import gc

FULL_EVERY = 100
"""Collections of what is not new from one of everything to the next; Python's own 10. Fifty calls
make 0.8 such collections a second, so everything is looked at every two minutes, which takes half a
microsecond of processor an object: 25 ms for what fifty calls make in their first 20 s. Until then
the memory of calls that are over is held."""


def spare_loaded() -> None:
    """Called once all is loaded: what there is by now, the collector need not look at again.

    It took 35 ms of processor for the 70,000 objects of the libraries and a small catalogue. What
    of it goes later all the same, such as a catalogue that is replaced, has no cycles.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, FULL_EVERY)
