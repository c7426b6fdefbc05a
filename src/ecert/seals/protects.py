"""What a seal signature says it protects: dataHash and propertyInfo against the document at hand.

dataHash is over Signature.xml (OFD) or the byte ranges (PDF). propertyInfo is free text by GB/T
38540-2020: the package path of Signature.xml, a JSON object that holds it, a byte range, a blank,
or a word of the vendor's own (eseal-crypto.md 1.3). GM/T 0031-2025 asks for the protected range.
What can be compared is compared; what cannot is named, and rests on dataHash alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from ecert.crypto import digest as digests
from ecert.report.outcome import OK, Outcome, failed, unknown
from ecert.seals.facts import SealSignatureFacts

__all__ = ["PROFILES", "check_hash", "check_path", "check_range"]

PROFILES = {"v1": "gmt0031", "v4": "gbt38540", "v5": "gmt0031-2025"}
"""Structure version -> name of the signature profile."""

_SHOWN = 120
_JSON_BYTES = 4096  # the longest met has some 200
_JSON_VALUES = 64
_RANGE = re.compile(r"[\s\[({]*\d+(?:[\s,;:~\-\])}\[({]+\d+)+[\s\])}]*", re.ASCII)
_RANGE_LENGTH = 200
_NUMBER_DIGITS = 20


def check_hash(signed: SealSignatureFacts, digest_of: Callable[[str], bytes]) -> Outcome:
    """Compare dataHash with the digest of the protected bytes, by the algorithm of the signature."""
    name = signed.digest_algorithm or "sm3"
    if not digests.is_known(name):
        return unknown("signature.digest_unknown", name=name[:40])
    return OK if digest_of(name) == signed.data_hash else failed("seal.document_digest")


def check_path(
    signed: SealSignatureFacts, own: str, resolve: Callable[[str], str | None]
) -> Outcome:
    """Compare propertyInfo with the package path of the signature file (OFD).

    Args:
        signed: the signature.
        own: path of the Signature.xml that it is over.
        resolve: finds the package entry that a location means.

    """
    text = _text(signed.property_info)
    if not text:
        return Outcome(ok=True, code="seal.property_blank")
    paths = [value for value in _values(text) if value.casefold().endswith(".xml")]
    if not paths:
        return Outcome(ok=True, code="seal.property_word")
    wrong = [path for path in paths if resolve(path) != own]
    if wrong:
        return unknown("seal.property_path", stated=wrong[0][:_SHOWN], path=own[:_SHOWN])
    return OK


def check_range(signed: SealSignatureFacts, ranges: Sequence[tuple[int, int]]) -> Outcome:
    """Compare propertyInfo with the byte ranges (PDF), given half-open as (start, end)."""
    text = _text(signed.property_info)
    stated = _numbers(text)
    if stated is None:
        if signed.version == "v5":
            return unknown("seal.property_no_range")
        return Outcome(ok=True, code="seal.property_word" if text else "seal.property_blank")
    lengths = [n for start, end in ranges for n in (start, end - start)]
    ends = [n for start, end in ranges for n in (start, end)]
    if stated in (lengths, ends):
        return OK
    actual = " ".join(str(n) for n in lengths)
    return failed("seal.property_range", stated=text[:_SHOWN], actual=actual[:_SHOWN])


def _text(info: bytes) -> str:
    """Return propertyInfo as text: IA5String by type, UTF-8 or GB18030 in files."""
    try:
        text = info.decode("utf-8")
    except UnicodeDecodeError:
        text = info.decode("gb18030", "backslashreplace")
    return text.strip(" \t\r\n\0")


def _values(text: str) -> Iterator[str]:
    """Yield the strings that may be paths: the text itself, or the members of a JSON object."""
    if not text.startswith("{"):
        yield text
        return
    if len(text) > _JSON_BYTES:
        return
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return
    for value in list(members.values())[:_JSON_VALUES]:
        if isinstance(value, str):
            yield value.strip()


def _numbers(text: str) -> list[int] | None:
    if len(text) > _RANGE_LENGTH or not _RANGE.fullmatch(text):
        return None
    found = re.findall(r"\d+", text, re.ASCII)
    return [int(n) for n in found] if all(len(n) <= _NUMBER_DIGITS for n in found) else None
