"""The store of imported bundles on one machine: one file each, and one state file.

    state.json          which bundle is current, the digest of its index, the floors
    bundles/<sha256>    every bundle that was imported, whole, for audits by digest
    lock                held while importing

An import verifies everything first, then writes the bundle, then swaps the state file; each is flushed
to the disk before the next. Killed half-way it leaves the old state. Readers take no lock: what a state
file names is never changed or removed. The state file is the operator's own and is trusted; what it
names is verified again on each load.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ecert.errors import TrustError
from ecert.model.canonical import canonical_bytes
from ecert.trust.bundle.dsse import read_json
from ecert.trust.bundle.files import pack, pack_reader
from ecert.trust.bundle.floors import MAX_BYTES, Floor, Floors, floors_of, read_floors, write_floors
from ecert.trust.bundle.freshness import DEFAULT_GRACE
from ecert.trust.bundle.index import MAX_BYTES as MAX_INDEX
from ecert.trust.bundle.index import Index, parse_index
from ecert.trust.bundle.lasting import check_lasting
from ecert.trust.bundle.machine import Read
from ecert.trust.bundle.refusing import malformed, refuse
from ecert.trust.bundle.rootchain import Start
from ecert.trust.bundle.selecting import with_events
from ecert.trust.bundle.trusting import BundleTrust, load
from ecert.trust.reading import Node, sha256_hex

if TYPE_CHECKING:
    from ecert.trust.bundle.admitting import Admitted

__all__ = ["LocalStore", "State"]

SCHEMA = "ecert.trust-store/1"
_INDEX = "index.json"
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a store remembers; an empty one remembers nothing.

    Args:
        current: digest of the bundle in use. index_sha256: of its index.
        roots: newest root of each bundle that was imported, by the bundle's digest.
    """

    current: str = ""
    index_sha256: str = ""
    floors: Floors = field(default_factory=Floors)
    roots: Mapping[str, Floor] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the state file."""
        body = {
            "schema": SCHEMA,
            "current": self.current,
            "index_sha256": self.index_sha256,
            "floors": self.floors.to_json(),
            "roots": write_floors(self.roots),
        }
        return canonical_bytes(body)


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A store in a folder, which need not exist before the first import."""

    root: Path

    def state(self) -> State:
        """Return what the store remembers.

        Raises:
            TrustError: ``bundle.store_damaged`` or ``bundle.malformed``: its floors are not known, so
                nothing may be believed before somebody has looked.
        """
        place = self.root / "state.json"
        try:
            if not place.exists():
                return self._no_state()
            with place.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise self._damaged() from error
        body = read_json(data, place.name, limit=MAX_BYTES)
        try:
            top = Node(
                body, place.name, "", {"schema", "current", "index_sha256", "floors", "roots"}
            )
            top.choice("schema", (SCHEMA,))
            return State(
                current=_digest(top, "current"),
                index_sha256=_digest(top, "index_sha256"),
                floors=floors_of(body.get("floors"), place.name),
                roots=read_floors(top, "roots"),
            )
        except TrustError as error:
            if error.code == "trust.invalid_file":
                raise malformed(place.name, f"{error.params['path']} is unusable") from error
            raise

    def import_(
        self,
        read: Read,
        start: Start,
        *,
        at: datetime,
        grace: timedelta = DEFAULT_GRACE,
    ) -> Admitted:
        """Verify a bundle whole and make it the current one.

        Args:
            start: the anchor and the configured floors; those of the store are added.
            at: the reader's clock.

        Raises:
            TrustError: the bundle is refused, ``bundle.store_busy``, ``bundle.store_unwritable``.
        """
        from ecert.trust.bundle.admitting import admit  # an import alone needs it

        with self._locked():
            before = self.state()
            known = replace(start, floors=before.floors.joined(start.floors))
            admitted = admit(read, known, at=at, grace=grace)
            self._check_lasting(before, admitted, engine=start.engine)
            if not before.current:
                self._write_state(before)  # from now on bundles without a state mean a lost one
            index = admitted.index.to_bytes()
            self._write_bundle(admitted, index)
            root = admitted.opened.base[0]
            made = State(
                current=admitted.sha256,
                index_sha256=sha256_hex(index),
                floors=admitted.floors,
                roots={**before.roots, admitted.sha256: Floor(str(root.version), root.sha256)},
            )
            self._write_state(made)
        return admitted

    def open(
        self, *, engine: str, floors: Floors | None = None, grace: timedelta = DEFAULT_GRACE
    ) -> BundleTrust:
        """Return the current bundle, its top verified.

        Args:
            floors: configured ones, beside those of the store.

        Raises:
            TrustError: ``bundle.store_empty``, ``bundle.store_damaged``, or the bundle is refused.
        """
        state = self.state()
        if not state.current:
            raise refuse("bundle.store_empty", "no bundle was imported", name=self.root.name)
        joined = state.floors.joined(floors or Floors())
        trust = self._opened(state.current, Start(floors=joined, engine=engine))
        return replace(trust, index=_index(trust.read, state.index_sha256), grace=grace)

    def open_past(self, sha256: str, *, engine: str) -> BundleTrust:
        """Return a bundle imported before, for an audit: its answers are never live ones.

        Raises:
            TrustError: it is not here, or is not what was imported.
        """
        root = self.state().roots.get(sha256)
        if root is None:
            raise refuse("bundle.not_imported", f"{sha256[:64]} was not imported", name=sha256[:64])
        start = Start(floors=Floors(roles={"root": root}), engine=engine)
        return replace(self._opened(sha256, start), frozen=True)

    def _check_lasting(self, before: State, admitted: Admitted, *, engine: str) -> None:
        """Refuse a bundle that forgets what a register said in the one before (L19)."""
        if not before.current:
            return
        past = self.open_past(before.current, engine=engine)
        index = _index(past.read, before.index_sha256)
        said = load(past.read, past.opened, with_events(index))
        check_lasting(
            (item for _, item in said.items),
            (item for _, item in admitted.loaded.items),
            roles=(role.name for role in admitted.loaded.roles),
        )

    def _opened(self, sha256: str, start: Start) -> BundleTrust:
        read = pack_reader(self.root / "bundles" / sha256)
        trust = BundleTrust.open(read, start, name=self.root.name)
        if trust.sha256 != sha256:
            raise self._damaged()
        return trust

    def _no_state(self) -> State:
        """Return an empty state; a store that has bundles and no state has lost its floors."""
        folder = self.root / "bundles"
        if folder.is_dir() and any(folder.iterdir()):
            raise self._damaged()
        return State()

    def _write_state(self, state: State) -> None:
        self._replace(self.root / "state.json", lambda stream: _put(stream, state.to_bytes()))

    def _write_bundle(self, admitted: Admitted, index: bytes) -> None:
        place = self.root / "bundles" / admitted.sha256
        files = {**admitted.files, _INDEX: index}
        self._replace(place, lambda stream: pack(stream, files))

    def _replace(self, place: Path, write: Callable[[IO[bytes]], None]) -> None:
        """Write a file beside its place, flush it, and move it there in one step."""
        part = place.with_name(f".{place.name}.part")
        try:
            with part.open("wb") as stream:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(place)
            _flush_folder(place.parent)
        except OSError as error:
            raise self._unwritable(error) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the store while it is changed; the system lets go when the process ends."""
        import fcntl

        try:
            (self.root / "bundles").mkdir(parents=True, exist_ok=True)
            stream = (self.root / "lock").open("ab")
        except OSError as error:
            raise self._unwritable(error) from error
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                message = f"another process is importing into {self.root.name}"
                raise refuse("bundle.store_busy", message, name=self.root.name) from error
            for left in (self.root / "bundles").glob(".*.part"):
                left.unlink(missing_ok=True)  # of an import that was killed
            yield

    def _damaged(self) -> TrustError:
        message = f"the store {self.root.name} is damaged"
        return refuse("bundle.store_damaged", message, name=self.root.name)

    def _unwritable(self, error: OSError) -> TrustError:
        message = f"cannot write {self.root.name}: {error.strerror or 'output error'}"
        return refuse("bundle.store_unwritable", message, name=self.root.name)


def _index(read: Read, sha256: str) -> Index | None:
    """Return the index that the import made; None where it is not that one: then all is read.

    So it is for one that an older program made, which may have left out what this one asks for.
    """
    data = read(_INDEX, MAX_INDEX)
    if data is None or sha256_hex(data) != sha256:
        return None
    try:
        return parse_index(data)
    except TrustError:
        return None


def _digest(node: Node, name: str) -> str:
    text = node.text(name, "")
    if text and not _HEX.fullmatch(text):
        raise malformed(node.source, f"{node.at(name)} must be 64 hex digits")
    return text


def _put(stream: IO[bytes], data: bytes) -> None:
    stream.write(data)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
