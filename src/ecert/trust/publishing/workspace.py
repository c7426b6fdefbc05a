"""A publisher's workspace: the folder in which a federation's documents become a signed bundle.

    federation.yaml                     the plan (``plan``)
    keys/<keyid>.json                   public keys only
    roles/<role>/<kind>/<name>.*        what each role says: .json, .yaml (authoring), .cer .crl .ocsp
    requests/<role>.<version>.json      what waits for signatures (``request``)
    signatures/*.json                   what came back
    transcript.jsonl                    the record of every act (``transcript``)
    published/                          the bundle

Private keys have no place in it: a file under keys/ that is not one public key, and any file that
has no place, is refused. Whatever changes the workspace holds its lock, so that of two publishers at
once the second is told; files are replaced whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ecert.crypto import keyforms
from ecert.crypto.publickey import PublicKey
from ecert.errors import MalformedInput, SigningError, TrustError
from ecert.limits import Limits
from ecert.model.canonical import canonical_bytes, parse_json
from ecert.model.textdata import load_yaml
from ecert.trust.bundle.keys import Key, key_id, parse_keys
from ecert.trust.bundle.scope import KINDS
from ecert.trust.pem import pem_blocks
from ecert.trust.publishing.plan import TOP, Plan, parse_plan, plan_yaml
from ecert.trust.publishing.transcript import appended
from ecert.trust.reading import Node, bad

__all__ = ["Workspace", "read_bundle", "read_key", "target_form"]

_DER = {"anchors": (".cer", "CERTIFICATE"), "crls": (".crl", "X509 CRL"), "ocsp": (".ocsp", "")}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_REQUEST_BYTES = 128 * 1024 * 1024
"""A request carries the files that changed, the largest of which are revocation lists (base64)."""
_MOST_FILES = 100_000
"""Files of all roles: 364 roles with some dozens each, ten times over."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace by its folder; nothing is kept in memory."""

    root: Path

    @classmethod
    def create(cls, root: Path, plan: Plan) -> Workspace:
        """Lay out a new workspace with a plan."""
        for name in ("keys", "roles", "requests", "signatures"):
            (root / name).mkdir(parents=True, exist_ok=True)
        made = cls(root)
        made.save_plan(plan)
        return made

    @property
    def published(self) -> Path:
        """Folder of the bundle."""
        return self.root / "published"

    def published_files(self) -> dict[str, bytes]:
        """Return every file of the bundle by its path; empty before the first publication."""
        return read_bundle(self.published)

    def plan(self) -> Plan:
        """Return the plan; raises TrustError where there is none."""
        return parse_plan(self._read("federation.yaml", Limits().json_bytes))

    def save_plan(self, plan: Plan) -> None:
        """Write the plan, after reading it back as anybody else will."""
        data = plan_yaml(plan)
        parse_plan(data)
        self.write("federation.yaml", data)

    def keys(self) -> dict[str, Key]:
        """Return the public keys by id; a file whose name is not its key's id is refused."""
        found: dict[str, Key] = {}
        for name in self._names("keys"):
            key = read_key(self._read(f"keys/{name}", Limits().json_bytes), f"keys/{name}")
            if name != f"{key.keyid}.json":
                raise bad(f"keys/{name}", "", f"holds the key {key.keyid}; name it by its id")
            found[key.keyid] = key
        return found

    def add_key(self, key: Key) -> None:
        """Keep a public key under its id."""
        self.write(f"keys/{key.keyid}.json", canonical_bytes(key.to_json()) + b"\n")

    def content(self, role: str) -> dict[str, bytes]:
        """Return what a role says: target path -> canonical bytes, in the order of the paths.

        Raises:
            TrustError: a file without a place, unreadable, or twice in two forms.
        """
        found: dict[str, bytes] = {}
        for kind in self._names(f"roles/{role}"):
            if kind not in KINDS or role in TOP:
                raise bad(f"roles/{role}/{kind}", "", "has no place in a workspace")
            for name in self._names(f"roles/{role}/{kind}"):
                path = f"{role}/{kind}/{name}"
                data = self._read(f"roles/{path}", Limits().trust_file_bytes)
                target, body = target_form(path, data)
                if target in found:
                    raise bad(f"roles/{path}", "", "stands there in two forms")
                found[target] = body
                if len(found) > _MOST_FILES:
                    raise bad(f"roles/{role}", "", "holds too many files")
        return dict(sorted(found.items()))

    def roles_with_content(self) -> tuple[str, ...]:
        """Return the names of the folders below roles/."""
        return self._names("roles")

    def requests(self) -> dict[str, bytes]:
        """Return the open signing requests by file name."""
        return self._files("requests")

    def signatures(self) -> dict[str, bytes]:
        """Return the signatures that came back, by file name."""
        return self._files("signatures")

    def transcript(self) -> bytes:
        """Return the transcript; empty before the first act."""
        path = self.root / "transcript.jsonl"
        return self._read(path.name, Limits().trust_file_bytes) if path.exists() else b""

    def record(self, act: str, detail: Mapping[str, Any], *, at: datetime) -> None:
        """Add one act to the transcript."""
        self.write("transcript.jsonl", appended(self.transcript(), act, detail, at=at))

    def write(self, name: str, data: bytes) -> None:
        """Replace one file, whole or not at all."""
        target = self.root / name
        part = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(target)
        except OSError as error:
            raise _unwritable(name, error) from error

    def remove(self, name: str) -> None:
        """Remove one file of requests/ or signatures/."""
        (self.root / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace while it is changed; the system lets go when the process ends.

        Raises:
            TrustError: ``publish.busy`` where another process holds it.
        """
        import fcntl

        if not (self.root / "federation.yaml").is_file():
            raise _no_workspace(self.root)
        with (self.root / ".lock").open("ab") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise TrustError(
                    "publish.busy",
                    f"another process is at work in {self.root.name}",
                    params={"name": self.root.name},
                ) from error
            self.recover()
            yield

    def recover(self) -> None:
        """Finish or undo what an earlier process was killed at (``replace_published``)."""
        ready, before = self.root / ".published.next", self.root / ".published.before"
        if not self.published.exists() and ready.exists() and before.exists():
            ready.rename(self.published)
        elif not self.published.exists() and before.exists():
            before.rename(self.published)
        for left in (ready, before, self.root / ".published.part"):
            if left.exists():
                shutil.rmtree(left)

    def replace_published(self, files: Mapping[str, bytes]) -> None:
        """Put a bundle in the place of the published one.

        It is written beside it under a name that nobody reads; once it is complete it gets the name
        ``.published.next``, the old bundle is moved away and the new one moved in. Killed at any
        step, the next command finds the old or the new bundle whole, and nothing in between.
        """
        part, ready = self.root / ".published.part", self.root / ".published.next"
        try:
            for name, data in files.items():
                target = part / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
            part.rename(ready)
            if self.published.exists():
                self.published.rename(self.root / ".published.before")
            ready.rename(self.published)
        except OSError as error:
            raise _unwritable("published", error) from error
        self.recover()

    def _names(self, folder: str) -> tuple[str, ...]:
        """Return the names in a folder, sorted; hidden ones (editors, file managers) do not count."""
        path = self.root / folder
        if not path.is_dir():
            return ()
        return tuple(sorted(p.name for p in path.iterdir() if not p.name.startswith(".")))

    def _files(self, folder: str) -> dict[str, bytes]:
        return {n: self._read(f"{folder}/{n}", _REQUEST_BYTES) for n in self._names(folder)}

    def _read(self, name: str, limit: int) -> bytes:
        path = self.root / name
        if name == "federation.yaml" and not path.is_file():
            raise _no_workspace(self.root)
        return _read(path, name, limit)


def read_bundle(folder: Path) -> dict[str, bytes]:
    """Return every file of a published bundle by its path; empty where there is none.

    Raises:
        TrustError: more files than a bundle has, or one that is too large or cannot be read.
    """
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        found[name] = _read(path, name, Limits().trust_file_bytes)
        if len(found) > _MOST_FILES:
            raise bad(folder.name, "", "holds too many files")
    return found


def _read(path: Path, name: str, limit: int) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise bad(name, "", f"cannot be read: {error.strerror or 'input error'}") from error
    if len(data) > limit:
        raise bad(name, "", f"has more than {limit} bytes")
    return data


def _no_workspace(root: Path) -> TrustError:
    return TrustError(
        "publish.no_workspace", f"{root.name} has no federation.yaml", params={"name": root.name}
    )


def _unwritable(name: str, error: OSError) -> TrustError:
    return TrustError(
        "publish.unwritable",
        f"{name} cannot be written: {error.strerror}",
        params={"name": name, "what": error.strerror or "output error"},
    )


def read_key(data: bytes, source: str) -> Key:
    """Return the public key of a key file: JSON as TUF writes it, or PEM.

    Raises:
        TrustError: neither, or of a type that no federation uses (``bundle.*``).
    """
    try:
        if data.lstrip().startswith(b"-----BEGIN "):
            blocks = list(keyforms.pem_blocks(data))
            if [label for label, _ in blocks] != [b"PUBLIC KEY"]:
                raise bad(source, "", "must hold one PUBLIC KEY and nothing else")
            return Key.of(PublicKey.from_spki(blocks[0][1]))
        body = parse_json(data)
        if not isinstance(body, dict):
            raise bad(source, "", "is no public key")
        keyid = key_id(body)
    except (MalformedInput, SigningError) as error:
        raise bad(source, "", f"is no public key: {error.message}") from error
    key = parse_keys(Node({"keys": {keyid: body}}, source, "", {"keys"}), "keys")[keyid]
    _ = key.public  # refuses what cannot be read or is too weak
    return key


def target_form(path: str, data: bytes) -> tuple[str, bytes]:
    """Return a file's path and bytes as they are signed: canonical JSON, or DER.

    Raises:
        TrustError: a name without place, or content that is not what its name says.
    """
    _, kind, name = path.split("/")
    stem, dot, suffix = name.rpartition(".")
    wanted, label = _DER.get(kind, (".json", ""))
    suffix = dot + suffix.lower()
    if suffix not in ({wanted} if kind in _DER else {".json", ".yaml"}):
        raise bad(path, "", f"must end with {wanted}")
    if not _NAME.fullmatch(stem):
        raise bad(path, "", "must be named with A-Z, a-z, 0-9, '.', '_' and '-'")
    target = f"{path[: -len(suffix)]}{wanted}"
    try:
        if kind in _DER:
            blocks = pem_blocks(data, label) if label else (data,)
            if len(blocks) != 1:
                raise bad(path, "", "must hold one item; give each a file of its own")
            return target, blocks[0]
        bounds = Limits(json_bytes=Limits().trust_file_bytes)
        body = load_yaml(data) if suffix == ".yaml" else parse_json(data, limits=bounds)
        return target, canonical_bytes(body)
    except MalformedInput as error:
        raise bad(path, "", f"cannot be read: {error.message}") from error
