"""GeneralName values (RFC 5280 4.2.1.6), ready to be compared; nothing is trusted for its text.

A directory name is folded (RFC 5280 7.1); every other form keeps its octets. Refuses tags that are
no GeneralName.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecert.crypto import names
from ecert.crypto.der import Node
from ecert.crypto.names import Folded
from ecert.errors import MalformedInput

__all__ = [
    "DIRECTORY",
    "DNS",
    "EMAIL",
    "IP",
    "OTHER",
    "URI",
    "GeneralName",
    "directory",
    "read_general_name",
    "read_general_names",
]

OTHER, EMAIL, DNS, X400, DIRECTORY, EDI, URI, IP, REGISTERED = range(9)
_CLASS = 0xC0
_CONTEXT = 0x80
_NUMBER = 0x1F


@dataclass(frozen=True, slots=True)
class GeneralName:
    """One name: equal ones name the same.

    Args:
        form: number of the choice, ``EMAIL``, ``DIRECTORY``...
        value: contents octets; of a directory name, its folded form.

    """

    form: int
    value: bytes | Folded


def directory(encoded: bytes) -> GeneralName:
    """Return a Name as a GeneralName."""
    return GeneralName(DIRECTORY, names.folded(encoded))


def read_general_name(node: Node) -> GeneralName:
    """Read one GeneralName.

    Raises:
        MalformedInput: another tag, or a directory name that is no Name.

    """
    form = node.tag & _NUMBER
    if node.tag & _CLASS != _CONTEXT or form > REGISTERED:
        raise MalformedInput("der.tag", f"no general name at offset {node.start}")
    if form == DIRECTORY:
        return directory(node.only().raw)
    return GeneralName(form, node.body)


def read_general_names(node: Node) -> tuple[GeneralName, ...]:
    """Read the members of a GeneralNames, whatever the tag around them."""
    return tuple(read_general_name(member) for member in node.children())
