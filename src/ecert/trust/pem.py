"""DER out of PEM or DER files: every block of one kind, nothing else in between taken for one."""

from __future__ import annotations

import base64
import binascii
import re

from ecert.errors import MalformedInput

__all__ = ["pem_blocks"]

_BLOCK = re.compile(
    rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n([A-Za-z0-9+/=\s]*?)-----END \1-----", re.ASCII
)


def pem_blocks(data: bytes, label: str) -> tuple[bytes, ...]:
    """Return the DER of each block labelled ``label``; a file that is no PEM is returned as it is.

    Raises:
        MalformedInput: PEM without such a block, or with base64 that is none.
    """
    if b"-----BEGIN " not in data:
        return (data,)
    found = []
    named = data.count(b"-----BEGIN " + label.encode() + b"-----")
    for match in _BLOCK.finditer(data):
        if match.group(1).decode() != label:
            continue
        try:
            found.append(base64.b64decode(b"".join(match.group(2).split()), validate=True))
        except binascii.Error as error:
            raise MalformedInput("trust.pem", "a PEM block is not base64") from error
    if not found or len(found) != named:
        raise MalformedInput("trust.pem", f"no {label} block in the file, or a broken one")
    return tuple(found)
