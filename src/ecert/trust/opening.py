"""`open_trust`: a plain trust folder, a store of imported bundles, or a bundle as it was published.

What it is shows in the folder itself. A bundle needs the fingerprint of its root, got through another
channel: nothing is trusted because it was found (never-accept.md L15).
"""

from __future__ import annotations

from pathlib import Path

from ecert import __version__
from ecert.errors import TrustError
from ecert.trust.bundle.floors import MAX_BYTES, Floors, parse_floors
from ecert.trust.reading import bad
from ecert.trust.source import Trust
from ecert.trust.store import TrustStore

__all__ = ["open_trust"]


def open_trust(
    path: str | Path, *, root: str | None = None, floor: str | Path | None = None
) -> Trust:
    """Return whom to believe, for `ecert.verify` and `ecert.recognize`.

    Args:
        root: fingerprint of a published bundle's root; a store knows its own.
        floor: file with least versions (``ecert.floors/1``), for machines that keep no store.

    Raises:
        TrustError: what is there cannot be used; ``trust.no_bundle`` or ``trust.root_of_store`` where
            ``root`` or ``floor`` have nothing to do with it.
    """
    place = Path(path)
    if (place / "state.json").exists():
        if root is not None:
            raise TrustError("trust.root_of_store", "a store knows its own root")
        return _store(place, _floors(floor))
    if (place / "metadata").is_dir():
        return _published(place, root, _floors(floor))
    if root is not None or floor is not None:
        raise TrustError("trust.no_bundle", "root and floor are for bundles")
    return TrustStore.load(place)


def _store(place: Path, floors: Floors) -> Trust:
    from ecert.trust.bundle.local import LocalStore

    return LocalStore(place).open(engine=__version__, floors=floors)


def _published(place: Path, root: str | None, floors: Floors) -> Trust:
    from ecert.trust.bundle.files import folder_reader
    from ecert.trust.bundle.rootchain import Start
    from ecert.trust.bundle.trusting import BundleTrust
    from ecert.trust.publishing.fingerprint import parse_fingerprint

    anchor = parse_fingerprint(root) if root is not None else ""
    start = Start(anchor=anchor, floors=floors, engine=__version__)
    return BundleTrust.open(folder_reader(place), start, name=place.name)


def _floors(path: str | Path | None) -> Floors:
    if path is None:
        return Floors()
    place = Path(path)
    try:
        with place.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise bad(place.name, "", f"cannot be read: {error.strerror or 'input error'}") from error
    return parse_floors(data, place.name)
