"""Open whatever an operator names as trust: a local store, a bundle folder, or a plain folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from ecert.limits import Limits
from ecert.trust.bundle.files import folder_reader
from ecert.trust.bundle.floors import Floors
from ecert.trust.bundle.freshness import DEFAULT_GRACE
from ecert.trust.bundle.local import LocalStore
from ecert.trust.bundle.refusing import refuse
from ecert.trust.bundle.rootchain import Start
from ecert.trust.bundle.trusting import BundleTrust
from ecert.trust.source import Trust
from ecert.trust.store import TrustStore

__all__ = ["Opening", "open_trust"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the operator says beside the path.

    Args:
        engine: version of this program. anchor: fingerprint of a root that is trusted.
        floors: configured minimum versions. grace: how long to go on after expiry.
        past: digest of a bundle imported before, for an audit.
    """

    engine: str
    anchor: str = ""
    floors: Floors = field(default_factory=Floors)
    grace: timedelta = DEFAULT_GRACE
    past: str = ""

    @property
    def signed(self) -> bool:
        """Whether something was said that only makes sense for signed trust."""
        return bool(self.anchor or self.floors.roles or self.past)


def open_trust(place: Path, opening: Opening, *, limits: Limits | None = None) -> Trust:
    """Return the trust at a path; a plain folder only where nothing was said of signatures.

    Raises:
        TrustError: ``bundle.not_a_bundle``, and what each kind of trust raises.
    """
    if (place / "state.json").is_file() or (place / "bundles").is_dir():
        store = LocalStore(place)
        if opening.past:
            return store.open_past(opening.past, engine=opening.engine)
        return store.open(engine=opening.engine, floors=opening.floors, grace=opening.grace)
    if (place / "metadata").is_dir() and not opening.past:
        start = Start(anchor=opening.anchor, floors=opening.floors, engine=opening.engine)
        trust = BundleTrust.open(folder_reader(place), start, name=place.name)
        return replace(trust, grace=opening.grace)
    if opening.signed:
        message = f"{place.name} is neither a bundle nor a store"
        raise refuse("bundle.not_a_bundle", message, name=place.name)
    return TrustStore.load(place, limits=limits)
