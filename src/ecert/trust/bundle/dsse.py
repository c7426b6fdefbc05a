"""DSSE envelopes: signatures over the raw bytes of a payload (never-accept.md L21).

What is signed is the pre-authentication encoding PAE("DSSEv1", type, payload) of the bytes that came;
nothing is parsed before it is verified, and nothing is verified over a re-encoding. Refused: another
payload type, unknown or repeated members, base64 that is not the one form, two signatures of one
key id, sizes beyond the limit.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecert.crypto.publickey import PublicKey
from ecert.errors import MalformedInput, TrustError
from ecert.limits import Limits
from ecert.model.canonical import canonical_bytes, parse_json
from ecert.trust.bundle.keys import Key, Role
from ecert.trust.bundle.refusing import malformed, refuse
from ecert.trust.reading import sha256_hex

if TYPE_CHECKING:
    from ecert.crypto.signer import SigningKey  # reading needs none of what signing loads

__all__ = ["PAYLOAD_TYPE", "Envelope", "Signature", "pae", "parse_envelope", "sign", "verify"]

PAYLOAD_TYPE = "application/vnd.ecert.tuf+json"
MAX_SIGNATURES = 128
"""Signatures of one envelope: those of an old and a new root, each of up to 64 keys."""
_DEPTH = 1_000_000
"""No own bound on nesting: the parser's, a thousand, ends in a refusal too, and costs no second pass."""
_MEMBERS = {"payload", "payloadType", "signatures"}


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature value and the id of the key that is said to have made it."""

    keyid: str
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A payload, verbatim, with its signatures; not verified."""

    payload: bytes = field(repr=False)
    signatures: tuple[Signature, ...] = ()

    @property
    def sha256(self) -> str:
        """Digest of the payload: what floors and ``supersedes`` name."""
        return sha256_hex(self.payload)

    def with_signatures(self, added: Sequence[Signature]) -> Envelope:
        """Return the envelope with more signatures; a newer one of the same key takes its place."""
        merged = {s.keyid: s for s in (*self.signatures, *added)}
        return Envelope(payload=self.payload, signatures=tuple(merged.values()))

    def to_bytes(self) -> bytes:
        """Return the envelope as it is published."""
        return canonical_bytes(
            {
                "payload": base64.b64encode(self.payload).decode(),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [
                    {"keyid": s.keyid, "sig": base64.b64encode(s.value).decode()}
                    for s in self.signatures
                ],
            }
        )


def pae(payload: bytes) -> bytes:
    """Return what is signed: the pre-authentication encoding of a payload of our type."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, key: SigningKey) -> Signature:
    """Return the signature of one key over a payload."""
    ours = Key.of(key.public)
    return Signature(ours.keyid, key.sign(pae(payload), digest=ours.digest))


def parse_envelope(data: bytes, name: str, *, limit: int) -> Envelope:
    """Return the envelope in the bytes of a metadata file.

    Raises:
        TrustError: ``bundle.too_large``, ``bundle.duplicate_member``, ``bundle.payload_type``,
            ``bundle.signature_twice`` or ``bundle.malformed``.
    """
    body = read_json(data, name, limit=limit)
    if not isinstance(body, dict) or set(body) != _MEMBERS:
        raise malformed(name, "an envelope has payload, payloadType and signatures")
    if body["payloadType"] != PAYLOAD_TYPE:
        raise refuse("bundle.payload_type", f"{name} is of another payload type", name=name)
    listed = body["signatures"]
    if not isinstance(listed, list) or len(listed) > MAX_SIGNATURES:
        raise malformed(name, f"signatures must be a list of at most {MAX_SIGNATURES}")
    signatures = tuple(_signature(item, name) for item in listed)
    ids = [s.keyid for s in signatures]
    for keyid in set(ids):
        if ids.count(keyid) > 1:
            raise refuse(
                "bundle.signature_twice",
                f"{name} holds two signatures of {keyid}",
                name=name,
                keyid=keyid[:64],
            )
    return Envelope(payload=_bytes(body["payload"], name), signatures=signatures)


def read_json(data: bytes, name: str, *, limit: int) -> Any:
    """Return the JSON of a file or payload of a bundle, read strictly.

    Raises:
        TrustError: ``bundle.too_large``, ``bundle.duplicate_member`` or ``bundle.malformed``.
    """
    if len(data) > limit:
        raise refuse(
            "bundle.too_large",
            f"{name} has {len(data)} bytes",
            name=name,
            size=len(data),
            limit=limit,
        )
    try:
        return parse_json(data, limits=Limits(json_bytes=limit, json_depth=_DEPTH))
    except MalformedInput as error:
        if error.code == "json.duplicate_key":
            key = error.params["key"]
            message = f"{name} holds the member {key!r} twice"
            raise refuse("bundle.duplicate_member", message, name=name, member=key) from error
        raise malformed(name, error.message) from error


def verify(envelope: Envelope, role: Role, keys: Mapping[str, Key], *, name: str) -> None:
    """Return if enough keys of the role signed exactly these bytes.

    Signatures of keys that are not the role's do not count. One of the role's keys that does not
    hold counts for nothing, and is named where the others do not suffice.

    Raises:
        TrustError: ``bundle.key_twice``, ``bundle.unsigned``, ``bundle.wrong_key``,
            ``bundle.signature_invalid``, ``bundle.threshold`` or ``bundle.compulsory``.
    """
    _each_key_once({keyid: keys[keyid].public for keyid in role.keyids}, name)
    message = pae(envelope.payload)
    good: list[str] = []
    wrong: list[str] = []
    for signature in envelope.signatures:
        if signature.keyid in role.keyids:
            check = keys[signature.keyid].check(message, signature.value)
            (good if check.ok and not check.quirks else wrong).append(signature.keyid)
    if len(good) < role.threshold:
        raise _too_few(envelope, name, good=good, wrong=wrong, needed=role.threshold)
    made = [keys[keyid].keytype for keyid in good]
    for algorithm, needed in role.compulsory.items():
        if made.count(algorithm) < needed:
            raise refuse(
                "bundle.compulsory",
                f"{name} is signed by {made.count(algorithm)} of {needed} {algorithm} keys",
                name=name,
                algorithm=algorithm,
                count=made.count(algorithm),
                needed=needed,
            )


def _too_few(
    envelope: Envelope, name: str, *, good: list[str], wrong: list[str], needed: int
) -> TrustError:
    if not envelope.signatures:
        return refuse("bundle.unsigned", f"{name} is not signed", name=name)
    if wrong:
        message = f"{name}: the signature of {wrong[0]} does not hold for these bytes"
        return refuse("bundle.signature_invalid", message, name=name, keyid=wrong[0])
    if not good:
        message = f"{name} is signed with keys that are not this role's"
        return refuse("bundle.wrong_key", message, name=name)
    message = f"{name} is signed by {len(good)} of {needed} keys"
    return refuse("bundle.threshold", message, name=name, count=len(good), needed=needed)


def _each_key_once(known: Mapping[str, PublicKey], name: str) -> None:
    """Refuse a key that stands under two ids: stock TUF lets it satisfy a threshold of two (tried)."""
    ids = list(known)
    for index, first in enumerate(ids):
        for second in ids[index + 1 :]:
            if known[first].same_key(known[second]):
                raise refuse(
                    "bundle.key_twice",
                    f"{name}: {first} and {second} are one key",
                    name=name,
                    first=first[:16],
                    second=second[:16],
                )


def _signature(item: Any, name: str) -> Signature:
    if not isinstance(item, dict) or set(item) != {"keyid", "sig"}:
        raise malformed(name, "a signature has keyid and sig")
    if not isinstance(item["keyid"], str):
        raise malformed(name, "keyid must be a text")
    return Signature(item["keyid"], _bytes(item["sig"], name))


def _bytes(text: Any, name: str) -> bytes:
    """Return base64 that is written as its encoder writes it, padding included."""
    if not isinstance(text, str):
        raise malformed(name, "payload and sig are base64")
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise malformed(name, "payload and sig are base64") from error
    if base64.b64encode(raw).decode() != text:
        raise malformed(name, "base64 is not in its one form")
    return raw
