"""Keys and certificates: a root per key kind, authorities, a seal maker, a time stamper, a stranger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ecert.crypto.crl import RevokedEntry
from ecert.crypto.keys import PrivateKey
from ecert.crypto.signer import Signer
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import CertificateSpec, CRLSpec, make_certificate, make_crl
from ecert.ids import USCC
from ecert.ids.checkdigit import gb32100

__all__ = ["Party", "SyntheticPKI", "synthetic_uscc"]

_YEAR = timedelta(days=365)
_SIGNING = ("digital_signature", "non_repudiation")
_MARK = "TEST ONLY 仅供测试"
UNIT = "TEST ONLY"  # read by trust.store: such a root never carries a live accept (L4)


def synthetic_uscc(first17: str) -> str:
    """Return a unified social credit code with its check character, for bodies that do not exist."""
    return str(USCC(first17 + gb32100(first17)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A key with its certificate and the chain above it, the root left out.

    Args:
        name: display name. code: unified social credit code, invented.
    """

    name: str
    code: str
    key: PrivateKey = field(repr=False)
    certificate: CertificateFacts
    issuer: CertificateFacts

    @property
    def signer(self) -> Signer:
        """The party as a signer of documents."""
        return Signer.from_key(self.key, self.certificate, ())


@dataclass(slots=True)
class SyntheticPKI:
    """Makes parties under test roots, around one reference instant.

    Args:
        at: "today" of this PKI (aware). Certificates run from three years before to four after.
    """

    at: datetime
    serial: int = 1000
    roots: dict[str, tuple[PrivateKey, CertificateFacts]] = field(default_factory=dict)
    revoked: list[RevokedEntry] = field(default_factory=list)

    def root(self, kind: str = "sm2") -> tuple[PrivateKey, CertificateFacts]:
        """Return the root of a key kind, made on first use."""
        if kind not in self.roots:
            key = PrivateKey.generate(kind)
            spec = self._spec(f"{_MARK} Root {kind}", _MARK, usage=("key_cert_sign", "crl_sign"))
            spec = replace(spec, is_ca=True, not_before=self.at - 5 * _YEAR)
            spec = replace(spec, not_after=self.at + 15 * _YEAR)
            der = make_certificate(spec, public_key=key.public, issuer_key=key)
            self.roots[kind] = (key, CertificateFacts.parse(der))
        return self.roots[kind]

    def party(
        self,
        name: str,
        code: str,
        *,
        kind: str = "sm2",
        usage: Sequence[str] = _SIGNING,
        purpose: Sequence[str] = (),
        period: tuple[datetime, datetime] | None = None,
    ) -> Party:
        """Return a new party certified by the root of its key kind."""
        root_key, root = self.root(kind)
        key = PrivateKey.generate(kind)
        spec = self._spec(f"{name} {_MARK}", name, usage=usage)
        spec = replace(spec, extended_key_usage=tuple(purpose))
        if period is not None:
            spec = replace(spec, not_before=period[0], not_after=period[1])
        der = make_certificate(spec, public_key=key.public, issuer_key=root_key, issuer=root)
        return Party(
            name=name, code=code, key=key, certificate=CertificateFacts.parse(der), issuer=root
        )

    def revoke(self, party: Party, at: datetime, *, reason: str | None = None) -> None:
        """Put a party's certificate on the next revocation list of its root."""
        self.revoked.append(
            RevokedEntry(serial=party.certificate.serial, revoked_at=at, reason=reason)
        )

    def crl(self, kind: str = "sm2") -> bytes:
        """Return the root's revocation list, a day old, good for thirty."""
        key, root = self.root(kind)
        spec = CRLSpec(
            revoked=tuple(self.revoked),
            this_update=self.at - timedelta(days=1),
            next_update=self.at + timedelta(days=30),
        )
        return make_crl(spec, issuer=root, issuer_key=key)

    def _spec(
        self, common_name: str, organization: str, *, usage: Sequence[str]
    ) -> CertificateSpec:
        self.serial += 1
        return CertificateSpec(
            subject=(("C", "CN"), ("O", organization), ("OU", UNIT), ("CN", common_name)),
            serial=self.serial,
            not_before=self.at - 3 * _YEAR,
            not_after=self.at + 4 * _YEAR,
            key_usage=tuple(usage),
        )
