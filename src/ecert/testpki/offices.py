"""Bodies of a federation at work: keys, seals and documents, made when first needed (TEST ONLY, L4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from ecert.seals import Seal
from ecert.seals.facts import Picture
from ecert.seals.making import SealOrder, make_seal
from ecert.testpki.authority import Party, SyntheticPKI
from ecert.testpki.federation import Federation

__all__ = ["Offices", "seal_for"]

_YEAR = timedelta(days=365)
_DIAMETER = 42
_MAKER = "seal-maker"


def seal_for(body: Party, es_id: str, *, maker: Party, pki: SyntheticPKI) -> Seal:
    """Return a body's seal as its seal maker makes it, a year old."""
    from ecert.issuance import locate_fonts
    from ecert.issuance.sealart import seal_picture

    order = SealOrder(
        es_id=es_id,
        name=body.name,
        vendor_id="TEST-ONLY",
        certificates=(body.certificate.der,),
        created=pki.at - _YEAR,
        valid_from=pki.at - _YEAR,
        valid_to=pki.at + 3 * _YEAR,
        picture=Picture(
            type="PNG",
            data=seal_picture(body.name, fonts=locate_fonts()),
            width_mm=_DIAMETER,
            height_mm=_DIAMETER,
        ),
    )
    return Seal.parse(make_seal(order, maker=maker.signer))


@dataclass(slots=True)
class Offices:
    """The listed bodies of one federation, by credit code."""

    federation: Federation
    pki: SyntheticPKI
    parties: dict[str, Party] = field(default_factory=dict)
    seals: dict[str, Seal] = field(default_factory=dict)

    def party(self, code: str) -> Party:
        """Return a body with a key of its own."""
        if code not in self.parties:
            self.parties[code] = self.pki.party(self.federation.name_of(code), code)
        return self.parties[code]

    def seal(self, code: str) -> Seal:
        """Return a body's seal, made by the seal maker of its province."""
        if code not in self.seals:
            maker = self.party(self.federation.provider(_MAKER, code[2:4]))
            number = f"{code[2:8]}{len(self.seals) + 1:08d}"
            self.seals[code] = seal_for(self.party(code), number, maker=maker, pki=self.pki)
        return self.seals[code]

    def published(self, ecids: Iterable[str] = ()) -> Federation:
        """Return the federation as it would be signed: keys and seals made so far, lists dated.

        Args:
            ecids: certificates to list as valid, beside those that the federation lists.
        """
        keys = {
            code: [(p.certificate.spki_sha256, p.certificate.subject)]
            for code, p in self.parties.items()
        }
        seals = {code: seal.facts.es_id for code, seal in self.seals.items()}
        return self.federation.with_keys(keys).listing(ecids, seals=seals, at=self.pki.at)
