"""Name constraints (RFC 5280 4.2.1.10): which names an authority lets the certificates below it bear.

Forms processed: directory names, e-mail, DNS, URI, IP. A name of any other form under a constraint of
that form, a constraint with a minimum or maximum, or a name that cannot be read under one is
unknown, never permitted. In doubt an excluded name is excluded: wildcards, a leading dot, case. The
subject and its emailAddress attributes count as names. Comparisons are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from ecert.crypto import der, general_names, names
from ecert.crypto.der import Fields, Node
from ecert.crypto.general_names import GeneralName, directory, read_general_name, read_general_names
from ecert.crypto.policies import Effort, read_extension
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput

__all__ = ["NAME_CONSTRAINTS", "NameConstraints", "judge_names", "names_of"]

NAME_CONSTRAINTS = "2.5.29.30"
_ALT_NAME = "2.5.29.17"
_EMAIL_ATTRIBUTE = "1.2.840.113549.1.9.1"
_SMTP_UTF8 = bytes.fromhex("06082b06010505070809")
_PERMITTED, _EXCLUDED = 0xA0, 0xA1
_MINIMUM, _MAXIMUM = 0x80, 0x81
_FORMS = frozenset(
    {
        general_names.EMAIL,
        general_names.DNS,
        general_names.DIRECTORY,
        general_names.URI,
        general_names.IP,
    }
)

_ANSWERS: tuple[Literal["excluded", "not_permitted", "unclear"], ...] = (
    "excluded",
    "not_permitted",
    "unclear",
)
_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")
_Trees = dict[int, list[GeneralName]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameConstraints:
    """What one authority permits and excludes, by form of name.

    Args:
        permitted: subtrees by form; a form that is absent is not limited.
        excluded: subtrees by form.
        unclear: forms under a subtree with a minimum or maximum, or of unknown kind.

    """

    permitted: _Trees
    excluded: _Trees
    unclear: frozenset[int]

    @property
    def size(self) -> int:
        """Number of subtrees."""
        return sum(map(len, (*self.permitted.values(), *self.excluded.values())))

    @classmethod
    def read(cls, values: Mapping[str, bytes]) -> NameConstraints | None:
        """Read the extension of one certificate, None where absent.

        Raises:
            MalformedInput: ``signer.chain_unreadable``.

        """
        return read_extension(values, NAME_CONSTRAINTS, _read)


def _read(node: Node) -> NameConstraints:
    fields = Fields(node)
    unclear: set[int] = set()
    permitted = _trees(fields.maybe(_PERMITTED), unclear)
    excluded = _trees(fields.maybe(_EXCLUDED), unclear)
    fields.end()
    if not permitted and not excluded:
        raise MalformedInput("der.missing", "no subtree")
    return NameConstraints(permitted=permitted, excluded=excluded, unclear=frozenset(unclear))


def _trees(node: Node | None, unclear: set[int]) -> _Trees:
    found: _Trees = {}
    for member in node.children() if node is not None else ():
        fields = Fields(member)
        base = read_general_name(fields.take())
        minimum, maximum = fields.maybe(_MINIMUM), fields.maybe(_MAXIMUM)
        fields.end()
        if base.form not in _FORMS or maximum is not None or (minimum and any(minimum.body)):
            unclear.add(base.form)
        found.setdefault(base.form, []).append(base)
    return found


def names_of(certificate: CertificateFacts) -> tuple[GeneralName, ...]:
    """Return every name a certificate bears: subject, its e-mail addresses, alternative names.

    Raises:
        MalformedInput: ``signer.chain_unreadable``.

    """
    found: list[GeneralName] = []
    subject = der.parse(certificate.subject_der)
    if subject.body:
        found.append(directory(certificate.subject_der))
        attributes, _quirks = names.parse_name(subject)
        found += [
            GeneralName(general_names.EMAIL, text.encode("utf-8", "surrogatepass"))
            for kind, text in attributes
            if kind == _EMAIL_ATTRIBUTE
        ]
    values = certificate.extensions.values
    found += read_extension(values, _ALT_NAME, read_general_names) or ()
    return tuple(dict.fromkeys(found))


def judge_names(
    borne: Sequence[GeneralName], above: Sequence[NameConstraints], effort: Effort
) -> Literal["permitted", "not_permitted", "excluded", "unclear"]:
    """Judge the names of one certificate under the constraints of all authorities above it.

    Raises:
        MalformedInput: no steps left.

    """
    found = {_judge(name, constraints, effort) for name in borne for constraints in above}
    for answer in _ANSWERS:
        if answer in found:
            return answer
    return "permitted"


def _judge(name: GeneralName, constraints: NameConstraints, effort: Effort) -> str:
    permitted = constraints.permitted.get(name.form, [])
    excluded = constraints.excluded.get(name.form, [])
    effort.spend(1 + len(permitted) + len(excluded))
    if name.form in constraints.unclear or _hidden_mail(name, constraints):
        return "unclear"
    met = {_within(name, tree, "excluded") for tree in excluded}
    if True in met:
        return "excluded"
    allowed = {_within(name, tree, "permitted") for tree in permitted}
    if permitted and True not in allowed and None not in allowed:
        return "not_permitted"
    doubtful = None in met or (permitted and True not in allowed)
    return "unclear" if doubtful else "permitted"


def _hidden_mail(name: GeneralName, constraints: NameConstraints) -> bool:
    """Whether it is an internationalised e-mail address under constraints on e-mail (RFC 9598)."""
    limited = general_names.EMAIL in {*constraints.permitted, *constraints.excluded}
    return (
        limited
        and name.form == general_names.OTHER
        and isinstance(name.value, bytes)
        and name.value.startswith(_SMTP_UTF8)
    )


def _within(name: GeneralName, tree: GeneralName, side: str) -> bool | None:
    """Whether a name lies in a subtree; None where that cannot be told."""
    if not isinstance(name.value, bytes) or not isinstance(tree.value, bytes):
        return name.value[: len(tree.value)] == tree.value
    if name.form == general_names.IP:
        return _ip_within(name.value, tree.value)
    text, base = _text(name.value), _text(tree.value)
    if text is None or base is None:
        return None
    if name.form == general_names.EMAIL:
        return _email_within(text, base, side)
    if name.form == general_names.DNS:
        return _dns_within(text.lower(), base.lower(), side)
    host = _uri_host(text)
    if host is None:  # RFC 5280 4.2.1.10: such a name is to be rejected under any constraint
        return side == "excluded"
    return _host_within(host, base.lower())


def _text(value: bytes) -> str | None:
    """Return visible ASCII, None for anything else."""
    if any(not 0x20 < octet < 0x7F for octet in value):  # noqa: PLR2004 - space and delete
        return None
    return value.decode("ascii")


def _host_within(host: str, base: str) -> bool | None:
    """Compare hosts in the manner of e-mail and URI: ``.a.b`` is below a.b, ``a.b`` that host."""
    if not base:
        return None
    host, base = host.removesuffix("."), base.removesuffix(".")
    return host.endswith(base) and host != base if base.startswith(".") else host == base


def _email_within(text: str, base: str, side: str) -> bool | None:
    local, _, host = text.rpartition("@")
    if not local or not host:
        return None
    if "@" not in base:
        return _host_within(host.lower(), base.lower())
    wanted, _, place = base.rpartition("@")
    same = local == wanted or (side == "excluded" and local.lower() == wanted.lower())
    return same and host.lower() == place.lower()


def _dns_within(text: str, base: str, side: str) -> bool | None:
    text, base = text.removesuffix("."), base.removesuffix(".")
    if not text:
        return None
    below = base if base.startswith(".") else f".{base}"
    if side == "permitted":
        return not base or text.endswith(below) or text == base
    wild = text.startswith("*.") and f".{base}".endswith(text[1:])
    return not base or f".{text}".endswith(below) or wild


def _uri_host(text: str) -> str | None:
    """Return the host name of a URI, None where it has none or an address for one."""
    _scheme, mark, rest = text.partition("://")
    if not mark:
        return None
    authority = rest
    for end in "/?#":
        authority = authority.partition(end)[0]
    host = authority.rpartition("@")[2]
    host = host.partition(":")[0].lower()
    if not _HOST.issuperset(host):
        return None
    try:
        ip_address(host)
    except ValueError:
        return host or None
    return None


def _ip_within(address: bytes, tree: bytes) -> bool | None:
    size = len(address)
    if size not in {4, 16} or len(tree) not in {8, 32}:
        return None
    if len(tree) != 2 * size:
        return False
    mask = int.from_bytes(tree[size:], "big")
    gap = ~mask & (1 << 8 * size) - 1
    if gap & (gap + 1):
        return None  # no prefix of ones
    base = int.from_bytes(tree[:size], "big")
    return int.from_bytes(address, "big") & mask == base & mask
