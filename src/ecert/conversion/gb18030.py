"""Read GB18030 bytes by the mapping of GB 18030-2022, which Python's codec does not know.

The codec is that of the first edition (2000): nineteen two-byte codes come out as private-use
characters that nobody else can read. Reading here follows the recommendation of the Unicode
Technical Committee (L2/23-003R), as ICU (ICU-22357) and the WHATWG Encoding Standard do: the
two-byte codes give the assigned characters, and the four-byte codes that always gave them still do.
Nothing is guessed for other private-use characters: the model refuses them by code point.
Clause: GB 18030-2022; differences found in design/ecosystem.md, finding 5.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["FIX_2005", "FIX_2022", "Fix", "decode", "repair"]


class Fix(NamedTuple):
    """One code whose character changed: GB bytes, what Python gives, what the standard says, source."""

    gb: bytes
    private: str
    char: str
    source: str


_FORMS = "L2/23-003R; ICU-22357: vertical presentation form"
_HAN = "L2/23-003R; GB/T 22321.1-2018; ICU-22357: ideograph component"

FIX_2022: tuple[Fix, ...] = (
    Fix(b"\xa6\xd9", "\ue78d", "\ufe10", _FORMS),
    Fix(b"\xa6\xda", "\ue78e", "\ufe12", _FORMS),
    Fix(b"\xa6\xdb", "\ue78f", "\ufe11", _FORMS),
    Fix(b"\xa6\xdc", "\ue790", "\ufe13", _FORMS),
    Fix(b"\xa6\xdd", "\ue791", "\ufe14", _FORMS),
    Fix(b"\xa6\xde", "\ue792", "\ufe15", _FORMS),
    Fix(b"\xa6\xdf", "\ue793", "\ufe16", _FORMS),
    Fix(b"\xa6\xec", "\ue794", "\ufe17", _FORMS),
    Fix(b"\xa6\xed", "\ue795", "\ufe18", _FORMS),
    Fix(b"\xa6\xf3", "\ue796", "\ufe19", _FORMS),
    Fix(b"\xfe\x59", "\ue81e", "\u9fb4", _HAN),
    Fix(b"\xfe\x61", "\ue826", "\u9fb5", _HAN),
    Fix(b"\xfe\x66", "\ue82b", "\u9fb6", _HAN),
    Fix(b"\xfe\x67", "\ue82c", "\u9fb7", _HAN),
    Fix(b"\xfe\x6d", "\ue832", "\u9fb8", _HAN),
    Fix(b"\xfe\x7e", "\ue843", "\u9fb9", _HAN),
    Fix(b"\xfe\x90", "\ue854", "\u9fba", _HAN),
    Fix(b"\xfe\xa0", "\ue864", "\u9fbb", _HAN),
)
"""The eighteen codes that moved out of the private-use area in the 2022 edition."""

FIX_2005: tuple[Fix, ...] = (
    Fix(b"\xa8\xbc", "\ue7c7", "\u1e3f", "GB 18030-2005; WHATWG encoding pull request 26"),
)
"""The one code that had moved already in the 2005 edition, and that Python still has in the old place."""

_TABLE = {ord(fix.private): fix.char for fix in (*FIX_2022, *FIX_2005)}
_PRIVATE = re.compile("[" + "".join(map(chr, _TABLE)) + "]")


def repair(text: str) -> str:
    """Return text that Python decoded from GB18030 with the moved characters in their place."""
    return text.translate(_TABLE) if _PRIVATE.search(text) else text


def decode(data: bytes, errors: str = "strict") -> str:
    """Return the text of GB18030 bytes; UnicodeDecodeError where they are none."""
    return repair(data.decode("gb18030", errors))
