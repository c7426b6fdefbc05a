"""Recognises a SignedData that equals one already read, but for digest, time and signature value (L24).

The signatures of one signer differ in three primitive values of fixed length. A skeleton is every other
byte of a CMS that was read in full; another CMS that has all of them, its own values of the same
length in the same places, has the same framing, and what was read of the rest holds for it. The time
is read anew, the signed attributes are cut out of the new bytes (L21).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ecert.crypto import cms_attrs, der
from ecert.crypto.cms_parse import CMSFacts, parse_cms
from ecert.crypto.der import Node
from ecert.crypto.times import parse_asn1_time
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.memo import Memo

__all__ = ["read_cms"]

_TAG_0: Final = 0xA0
_TIMES: Final = frozenset({der.UTC_TIME, der.GENERALIZED_TIME})
_MARK: Final = 64
"""Bytes at the beginning by which skeletons are looked up, beside the length."""
_EACH: Final = 8
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Skeleton:
    """One CMS without its values.

    Args:
        fixed: where each stretch of other bytes begins, and these.
        facts: what was read, values emptied. attributes: where the signed attributes stand.
        digest, signature: where the contents stand. time: where the whole value stands, or None.
    """

    fixed: tuple[tuple[int, bytes], ...]
    facts: CMSFacts
    attributes: Span
    digest: Span
    time: Span | None
    signature: Span


_KNOWN: Memo[tuple[_Skeleton, ...]] = Memo(entries=512, size=8 * 1024 * 1024)
_MET: Memo[bool] = Memo(entries=1024, size=1024 * 1024)
"""Beginnings met once: whether a second one of that length is worth learning."""


def read_cms(data: bytes, limits: Limits) -> CMSFacts:
    """Return the same as `parse_cms`, or raise the same."""
    key = (limits, len(data), data[:_MARK])
    known = _KNOWN.get(key)
    for skeleton in known or ():
        if all(data.startswith(part, at) for at, part in skeleton.fixed):
            return _filled(skeleton, data)
    facts = parse_cms(data, limits)
    before = _MET.get(key)
    if before is None:
        _MET.put(key, value=True, weight=_MARK)
    made = _skeleton(data, facts) if before else None
    if made is not None:
        _KNOWN.put(key, (made, *(known or ()))[:_EACH], _EACH * len(data))
    elif before:
        _MET.put(key, value=False, weight=_MARK)
    return facts


def _filled(skeleton: _Skeleton, data: bytes) -> CMSFacts:
    facts, signer = skeleton.facts, skeleton.facts.signers[0]
    known, time = signer.attributes, skeleton.time
    assert known is not None
    start, end = skeleton.attributes
    attributes = replace(
        known,
        signed=bytes((der.SET,)) + data[start + 1 : end],
        message_digest=data[slice(*skeleton.digest)],
        signing_time=parse_asn1_time(data[slice(*time)], "signingTime") if time else None,
    )
    signer = replace(signer, attributes=attributes, signature=data[slice(*skeleton.signature)])
    return replace(facts, raw=data, signers=(signer,))


def _skeleton(data: bytes, facts: CMSFacts) -> _Skeleton | None:
    """Return the skeleton of a CMS with one signer, all of whose attributes stand once; else None."""
    signer = facts.signers[0] if len(facts.signers) == 1 else None
    known = signer.attributes if signer is not None else None
    if signer is None or known is None or known.problem is not None or facts.length != len(data):
        return None
    try:
        places = _places(data)
    except (MalformedInput, IndexError):
        return None
    attributes, values, signature = places
    digest, time = values.get(cms_attrs.MESSAGE_DIGEST), values.get(cms_attrs.SIGNING_TIME)
    regular = (
        digest is not None
        and digest.tag == der.OCTET_STRING
        and digest.body == known.message_digest
        and (time is None) == (known.signing_time is None)
        and (time is None or time.tag in _TIMES)
        and signature.body == signer.signature
        and attributes.raw[1:] == known.signed[1:]
    )
    if not regular or digest is None:
        return None
    open_places = [one for one in (digest, time, signature) if one is not None]
    empty = replace(known, signed=b"", message_digest=b"", signing_time=None)
    return _Skeleton(
        fixed=_fixed(data, [(one.body_start, one.end) for one in open_places]),
        facts=replace(facts, raw=b"", signers=(replace(signer, attributes=empty, signature=b""),)),
        attributes=(attributes.start, attributes.end),
        digest=(digest.body_start, digest.end),
        time=(time.start, time.end) if time is not None else None,
        signature=(signature.body_start, signature.end),
    )


def _places(data: bytes) -> tuple[Node, dict[str, Node], Node]:
    """Return the signed attributes, the first value of each, and the signature value."""
    signed_data = der.parse(data).children()[1].only()
    info = signed_data.children()[-1].only().children()
    attributes = info[3].expect(_TAG_0)
    values: dict[str, Node] = {}
    for member in attributes.children():
        kind, found = member.children()
        values[kind.oid()] = found.only()
    return attributes, values, info[5].expect(der.OCTET_STRING)


def _fixed(data: bytes, holes: list[Span]) -> tuple[tuple[int, bytes], ...]:
    edges = [0, *(edge for hole in sorted(holes) for edge in hole), len(data)]
    return tuple(
        (start, data[start:end])
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if end > start
    )
