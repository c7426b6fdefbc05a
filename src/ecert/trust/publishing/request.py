"""Signing requests and the signatures that come back: one file each, for machines without a network.

A request carries the exact bytes to sign, the version before them, every file that changed, who must
sign, and what it all means in words. The signer's machine believes none of the words: it checks the
digests, reads the bytes as an importer will, works the words out again and refuses a request in
which anything differs. A signature names its request by the digest of what it signs.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecert.crypto.digest import digest
from ecert.crypto.signer import SigningKey
from ecert.errors import TrustError
from ecert.model.canonical import canonical_bytes
from ecert.trust.bundle.dsse import Signature, pae, read_json, sign
from ecert.trust.bundle.keys import Key, Role, parse_keys, parse_role
from ecert.trust.publishing.bodies import Body, parse_body
from ecert.trust.publishing.changes import role_changes
from ecert.trust.publishing.wording import Words
from ecert.trust.reading import Node, sha256_hex

__all__ = [
    "Authority", "Request", "Signed", "check_signature", "parse_request", "parse_signature", "sign_request",
]  # fmt: skip

REQUEST, SIGNATURE = "ecert.signing-request/1", "ecert.signature/1"
MAX_BYTES = 128 * 1024 * 1024
"""A request with every file that changed, in base64; the largest file of a bundle has 64 MiB."""
_SIGNATURE_BYTES = 64 * 1024
_REQUEST_MEMBERS = {
    "schema", "federation", "role", "version", "payload", "sha256", "sm3", "previous", "files",
    "authorities", "changes",
}  # fmt: skip
_SIGNATURE_MEMBERS = {"schema", "role", "version", "sha256", "keyid", "sig"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Whose threshold must be met: a root, or the role that delegates."""

    by: str
    role: Role
    keys: Mapping[str, Key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One payload that waits for signatures.

    Args:
        previous: the payload of the version before, or None. files: SHA-256 -> bytes of what changed,
            before and after. authorities: each must be satisfied; a root has two, old and new.
    """

    federation: str
    role: str
    payload: bytes = field(repr=False)
    authorities: tuple[Authority, ...]
    previous: bytes | None = field(default=None, repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def body(self) -> Body:
        """The payload, parsed."""
        return parse_body(self.payload, self.role)

    @property
    def version(self) -> int:
        """The version that is to be signed."""
        return self.body.base.version

    @property
    def sha256(self) -> str:
        """Digest of what is signed: what people compare."""
        return sha256_hex(self.payload)

    @property
    def name(self) -> str:
        """Its file name."""
        return f"{self.role}.{self.version}.json"

    @property
    def keys(self) -> dict[str, Key]:
        """Every key that may sign."""
        return {i: a.keys[i] for a in self.authorities for i in a.role.keyids}

    def changes(self) -> tuple[Words, ...]:
        """Return what signing means, worked out from the bytes."""
        old = None if self.previous is None else parse_body(self.previous, self.role)
        return role_changes(self.role, old, self.body, self.files.get)

    def to_bytes(self) -> bytes:
        """Return the file."""
        body = {
            "schema": REQUEST,
            "federation": self.federation,
            "role": self.role,
            "version": self.version,
            "payload": _b64(self.payload),
            "sha256": self.sha256,
            "sm3": digest("sm3", self.payload).hex(),
            "previous": None if self.previous is None else _b64(self.previous),
            "files": {name: _b64(data) for name, data in sorted(self.files.items())},
            "authorities": [
                {
                    "by": a.by,
                    **a.role.to_json(),
                    "ecert": {"compulsory": dict(a.role.compulsory)},
                    "keys": {i: a.keys[i].to_json() for i in a.role.keyids},
                }
                for a in self.authorities
            ],
            "changes": [w.to_json() for w in self.changes()],
        }
        return canonical_bytes(body) + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signature file: for which role and version, over which payload, by whom."""

    role: str
    version: int
    sha256: str
    signature: Signature

    @property
    def name(self) -> str:
        """Its file name."""
        return f"{self.role}.{self.version}.{self.signature.keyid[:16]}.json"

    def to_bytes(self) -> bytes:
        """Return the file."""
        body = {
            "schema": SIGNATURE,
            "role": self.role,
            "version": self.version,
            "sha256": self.sha256,
            "keyid": self.signature.keyid,
            "sig": _b64(self.signature.value),
        }
        return canonical_bytes(body) + b"\n"


def parse_request(data: bytes, name: str) -> Request:
    """Return a request whose parts all agree.

    Raises:
        TrustError: ``publish.request`` naming the member that is wrong or does not fit the others,
            and what reading a payload raises (``bundle.*``).
    """
    body = _open(data, name, REQUEST, _REQUEST_MEMBERS, MAX_BYTES)
    payload = _bytes(body["payload"], name, "payload")
    previous = None if body["previous"] is None else _bytes(body["previous"], name, "previous")
    if not isinstance(body["files"], dict) or not isinstance(body["authorities"], list):
        raise _wrong(name, "files")
    files = {str(k): _bytes(v, name, f"files.{k}") for k, v in body["files"].items()}
    if not all(sha256_hex(content) == key for key, content in files.items()):
        raise _wrong(name, "files")
    if not isinstance(body["role"], str) or not isinstance(body["federation"], str):
        raise _wrong(name, "role")
    found = Request(
        federation=body["federation"],
        role=body["role"],
        payload=payload,
        authorities=tuple(_authority(a, name) for a in body["authorities"]),
        previous=previous,
        files=files,
    )
    if not found.authorities:
        raise _wrong(name, "authorities")
    _check_agreement(found, body, name)
    return found


def _check_agreement(found: Request, body: Mapping[str, Any], name: str) -> None:
    """Refuse a request that says in one place what another place does not."""
    stated = {
        "sha256": found.sha256,
        "sm3": digest("sm3", found.payload).hex(),
        "version": found.version,
    }
    for member, value in stated.items():
        if body[member] != value:
            raise _wrong(name, member)
    before = "" if found.previous is None else sha256_hex(found.previous)
    if found.body.base.terms.supersedes != before:
        raise _wrong(name, "previous")
    if (
        found.previous is not None
        and parse_body(found.previous, found.role).base.version >= found.version
    ):
        raise _wrong(name, "previous")
    if body["changes"] != [w.to_json() for w in found.changes()]:
        raise _wrong(name, "changes")
    if found.to_bytes() != canonical_bytes(body) + b"\n":
        raise _wrong(name, "authorities")


def sign_request(request: Request, key: SigningKey) -> Signed:
    """Return the signature of one key.

    Raises:
        TrustError: ``publish.not_asked`` for a key that the request does not name.
    """
    keyid = Key.of(key.public).keyid
    if keyid not in request.keys:
        raise TrustError(
            "publish.not_asked",
            f"{request.role} version {request.version} is not to be signed by {keyid}",
            params={"role": request.role, "version": request.version, "keyid": keyid},
        )
    made = sign(request.payload, key)
    return Signed(role=request.role, version=request.version, sha256=request.sha256, signature=made)


def parse_signature(data: bytes, name: str) -> Signed:
    """Return a signature file, not verified yet.

    Raises:
        TrustError: ``publish.signature`` naming the member.
    """
    body = _open(data, name, SIGNATURE, _SIGNATURE_MEMBERS, _SIGNATURE_BYTES)
    texts = ("role", "sha256", "keyid", "sig")
    wrong = [m for m in texts if not isinstance(body[m], str)]
    if wrong or type(body["version"]) is not int:
        raise _wrong(name, (*wrong, "version")[0])
    return Signed(
        role=body["role"],
        version=body["version"],
        sha256=body["sha256"],
        signature=Signature(body["keyid"], _bytes(body["sig"], name, "sig")),
    )


def check_signature(request: Request, signed: Signed, name: str) -> None:
    """Return if a signature file holds for a request.

    Raises:
        TrustError: ``publish.other_role``, ``publish.other_payload``, ``publish.not_asked`` or
            ``publish.does_not_hold``: each says which file and why.
    """
    params: dict[str, Any] = {"name": name, "role": request.role, "version": request.version}
    if signed.role != request.role:
        params["other"] = signed.role[:64]
        raise TrustError("publish.other_role", f"{name} is for {signed.role}", params=params)
    if signed.sha256 != request.sha256 or signed.version != request.version:
        raise TrustError("publish.other_payload", f"{name} signs another version", params=params)
    keyid = signed.signature.keyid
    key = request.keys.get(keyid)
    params = {"role": request.role, "version": request.version, "keyid": keyid[:64]}
    if key is None:
        raise TrustError("publish.not_asked", f"{name} is by a key not asked", params=params)
    check = key.check(pae(request.payload), signed.signature.value)
    if not check.ok or check.quirks:
        params = {"name": name, "keyid": keyid}
        raise TrustError("publish.does_not_hold", f"{name} does not verify", params=params)


def _authority(body: Any, name: str) -> Authority:
    members = {"by", "keyids", "threshold", "ecert", "keys"}
    try:
        node = Node(body, name, "authorities", members)
        keys = parse_keys(node, "keys")
        role = parse_role(node, keys, node.node("ecert", {"compulsory"}))
        return Authority(by=node.text("by"), role=role, keys=keys)
    except TrustError as error:
        if error.code == "trust.invalid_file":
            raise _wrong(name, str(error.params["path"])) from error
        raise


def _open(data: bytes, name: str, schema: str, members: set[str], limit: int) -> dict[str, Any]:
    body = read_json(data, name, limit=limit)
    if not isinstance(body, dict) or set(body) != members or body["schema"] != schema:
        raise _wrong(name, "schema")
    return body


def _wrong(name: str, member: str) -> TrustError:
    return TrustError(
        "publish.request",
        f"{name}: {member} is missing, malformed, or does not fit the rest",
        params={"name": name, "member": member[:80]},
    )


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: Any, name: str, member: str) -> bytes:
    try:
        raw = base64.b64decode(str(text).encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise _wrong(name, member) from error
    if not isinstance(text, str) or _b64(raw) != text:
        raise _wrong(name, member)
    return raw
