"""Recognises XMP packets that equal one already parsed, but for the text of their elements (L24).

A form is every byte of a packet that the XML parser has read, except the text between a start tag and
the end tag behind it. Another packet with the same bytes has the same elements; its own texts are
taken as they stand, and only where XML says nothing of them: valid UTF-8 without markup, references
and characters that XML forbids or changes. Whatever does not fit goes to the parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ecert.limits import Limits
from ecert.memo import Memo

__all__ = ["Pairs", "learn", "recall"]

Pairs = list[tuple[str, str]]

_NAME: Final = rb"[A-Za-z][A-Za-z0-9_-]{0,63}:[A-Za-z][A-Za-z0-9_.-]{0,127}"
_TAG: Final = re.compile(
    rb"(?:/" + _NAME + rb"|" + _NAME + rb"(?:[ \n]+" + _NAME + rb"=\"[^\"<>&\r\t\n]{0,1024}\")*)"
)
_XPACKET: Final = re.compile(rb"\?xpacket [A-Za-z0-9=\" \xef\xbb\xbf]{0,128}\?")
_ODD: Final = bytes({*range(32), *b"<>&"} - {*b"\t\n"})
"""Bytes that no open text may have: control characters and markup."""
_NONCHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_CLOSED: Final = (b"/", b"?", b"pdfa")
"""Texts of the schema descriptions of PDF/A say what properties there are, the same in each file."""
_MAX_PACKET: Final = 64 * 1024
_MARK: Final = 160
"""Bytes at the beginning by which forms are looked up."""
_EACH: Final = 8


@dataclass(frozen=True, slots=True)
class _Form:
    """A packet: its bytes up to the first open text, then each name with the bytes behind its text.

    Args:
        rest: name of the property, or None for the text of another element; and what follows.
    """

    first: bytes
    rest: tuple[tuple[str | None, bytes], ...]


_FORMS: Memo[tuple[_Form, ...]] = Memo(entries=256, size=8 * 1024 * 1024)
_MET: Memo[bool] = Memo(entries=1024, size=1024 * 1024)
"""Beginnings met once: whether a second packet that has one is worth learning."""


def recall(packet: bytes, namespace: str, limits: Limits) -> Pairs | None:
    """Return the properties of a packet of a known form, or None."""
    forms = _FORMS.get((limits, namespace, packet[:_MARK])) if len(packet) <= _MAX_PACKET else None
    for form in forms or ():
        found = _fit(packet, form)
        if found is not None:
            return found
    return None


def _fit(packet: bytes, form: _Form) -> Pairs | None:
    if not packet.startswith(form.first):
        return None
    here = len(form.first)
    pairs: list[tuple[str, bytes]] = []
    texts: list[bytes] = []
    for name, piece in form.rest:
        end = packet.find(b"<", here)
        if end < 0 or not packet.startswith(piece, end):
            return None
        text = packet[here:end]
        here = end + len(piece)
        texts.append(text)
        if name is not None:
            pairs.append((name, text))
    joined = b"\n".join(texts)
    if here != len(packet) or not _harmless(joined):
        return None
    try:
        joined.decode("utf-8")  # each text is whole by itself: a line feed parts them
    except UnicodeDecodeError:
        return None
    return [(name, text.decode("utf-8")) for name, text in pairs]


def _harmless(text: bytes) -> bool:
    return text.translate(None, _ODD) == text and not any(one in text for one in _NONCHARACTERS)


def learn(packet: bytes, namespace: str, limits: Limits, pairs: Pairs) -> None:
    """Remember the form of a packet with its properties, if one began like it before."""
    key = (limits, namespace, packet[:_MARK])
    met = _MET.get(key)
    if met is None:
        _MET.put(key, value=True, weight=_MARK)
    if not met or len(packet) > _MAX_PACKET:
        return
    made = _form(packet, namespace)
    if made is not None and _fit(packet, made) == pairs:
        kept = (made, *(_FORMS.get(key) or ()))[:_EACH]
        _FORMS.put(key, kept, 2 * len(packet) * len(kept))
    else:
        _MET.put(key, value=False, weight=_MARK)


def _form(packet: bytes, namespace: str) -> _Form | None:
    """Return the form of a packet whose markup is plain, or None."""
    bound = re.findall(rb'xmlns:([A-Za-z]+)="' + re.escape(namespace.encode()) + rb'"', packet)
    if len(bound) != 1 or packet.count(b"xmlns:" + bound[0] + b"=") != 1:
        return None
    head, *parts = packet.split(b"<")
    if head or b"pdfaExtension" in bound[0]:
        return None
    edges: list[tuple[int, int, str | None]] = []
    here = 0
    for place, part in enumerate(parts):
        tag, mark, text = part.partition(b">")
        regular = _TAG.fullmatch(tag) or _XPACKET.fullmatch(tag)
        if not mark or regular is None:
            return None
        start = here + 1 + len(tag) + 1
        here = start + len(text)
        after = parts[place + 1] if place + 1 < len(parts) else b""
        if not tag.startswith(_CLOSED) and after.startswith(b"/" + tag.split()[0] + b">"):
            own, _, name = tag.partition(b":")
            mine = own == bound[0] and b" " not in name
            edges.append((start, here, name.decode("ascii") if mine else None))
    if not edges:
        return None
    ends = [*(start for start, _, _ in edges[1:]), len(packet)]
    return _Form(
        first=packet[: edges[0][0]],
        rest=tuple(
            (name, packet[end:stop]) for (_, end, name), stop in zip(edges, ends, strict=True)
        ),
    )
