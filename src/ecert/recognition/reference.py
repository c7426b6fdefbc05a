"""The agreements that come with the package: published facts, never law (never-accept L18).

Only rows that were confirmed in published texts; dates, basis and confidence stand in each file.
They answer at most ``agreement.reference_only``.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources

from ecert.model.textdata import load_yaml
from ecert.trust.agreement import Agreement, parse_agreement

__all__ = ["reference_agreements"]


@lru_cache(maxsize=1)
def reference_agreements() -> tuple[Agreement, ...]:
    """Return the shipped reference agreements, by file name."""
    folder = resources.files("ecert.recognition").joinpath("agreements")
    found = []
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".yaml"):
            continue
        data = file.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        found.append(parse_agreement(load_yaml(data), file.name, sha256=digest, origin="reference"))
    return tuple(found)
