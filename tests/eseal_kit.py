"""Trust as generous as it can be, in memory; and a sealed licence that is accepted under it.

What changes the answer of the licence is then the one thing that a test changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import ofd_kit as o
import seals_kit as kit
from attacks.world import AUTHORITY_CODE, LICENCE_TYPE, licence, ofd_lines
from ecert.crypto.crl import CRLFacts
from ecert.crypto.tsp import make_timestamp
from ecert.crypto.x509 import CertificateFacts
from ecert.documents.ofd.write import make_sealed_ofd
from ecert.facade import verify
from ecert.model import Profile
from ecert.model.metadata import to_short_names
from ecert.report import Report
from ecert.testpki import Party, SyntheticPKI
from ecert.testpki.authority import synthetic_uscc
from ecert.trust.issuers import IssuerList, Listing
from ecert.trust.status import StatusEntry, StatusFile
from ecert.trust.store import TrustStore

ALWAYS = datetime(1990, 1, 1, tzinfo=UTC)
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
ES_ID = "35010000000001"
KINDS = ("certificate-issuer", "seal-maker", "TSA")


def generous(
    parties: Iterable[CertificateFacts],
    *,
    at: datetime = AT,
    anchors: Iterable[CertificateFacts] | None = None,
    seals: Iterable[str] = (),
    direct_trust: bool = True,
    kinds: Mapping[str, tuple[str, ...]] | None = None,
    certificates: Iterable[str] = (),
) -> TrustStore:
    """The most generous trust there can be in these parties.

    Args:
        anchors: the parties themselves where none is given.
        kinds: what a key is listed as, by its digest, where that is not everything.
    """
    known = list(dict.fromkeys(parties))
    listings = tuple(
        Listing(
            authority=AUTHORITY_CODE,
            name=party.common_name or "?",
            kind=kind,
            territory="110000",
            certificate_types=(LICENCE_TYPE,),
            spki_sha256=party.spki_sha256,
            windows=(("granted", ALWAYS, None),),
            direct_trust=direct_trust and kind == "certificate-issuer",
        )
        for party in known
        for kind in (kinds or {}).get(party.spki_sha256, KINDS)
    )
    issued = {
        "version": "1",
        "issued_at": at - timedelta(hours=1),
        "next_update": at + timedelta(days=1),
    }
    return TrustStore(
        name="generous",
        sha256="0" * 64,
        signed=True,
        anchors=tuple(known if anchors is None else anchors),
        issuer_lists=(IssuerList(list_id="i", territory="110000", listings=listings, **issued),),  # type: ignore[arg-type]
        status_files=(
            StatusFile(
                list_id="s",
                publisher="p",
                certificates={x: StatusEntry(state="valid", since=ALWAYS) for x in certificates},
                seals={x: StatusEntry(state="active", since=ALWAYS) for x in seals},
                **issued,  # type: ignore[arg-type]
            ),
        ),
    )


@cache
def ecid() -> str:
    return str(licence().ecid)


@cache
def package() -> dict[str, bytes]:
    """The files of a licence sealed by `seals_kit.signer`, without its signature and Seal.esl."""
    data = make_sealed_ofd(
        licence().canonical(),
        ofd_lines(licence()),
        seal=o.seal(),
        signer=kit.signer(),
        at=o.AT,
        custom_datas=to_short_names(licence(), Profile.load("business_license")),
    )
    return {n: d for n, d in o.unpack(data).items() if not n.startswith(o.SIGN)}


def sealed(
    value: Callable[[bytes], bytes],
    *,
    extra: str = "",
    kind: str = "Seal",
    method: str = "SM3",
    references: str = "sm3",
) -> bytes:
    """The licence, its Signature.xml signed by ``value(xml)``."""
    files = package() | {"Doc_0/Signs/Signatures.xml": o.listing(o.row(0, kind=kind))}
    xml = o.signature_xml(files, list(files), extra=extra, method=method, name=references)
    return o.pack(files | {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": value(xml)})


def tbs(xml: bytes, **changes) -> bytes:
    return kit.tbs_v4(data=kit.sm3(xml), **changes)


def judged(data: bytes, *, trust: TrustStore | None = None, at: datetime = AT) -> Report:
    return verify(data, trust=trust or everybody(), at=at)


@cache
def stampers() -> SyntheticPKI:
    return SyntheticPKI(at=AT)


@cache
def stamper() -> Party:
    usage = ("digital_signature",)
    code = synthetic_uscc("12110000MB0000004")
    return stampers().party("示例时间戳中心", code, usage=usage, purpose=("time_stamping",))


def stamp(value: bytes) -> bytes:
    return make_timestamp(value, signer=stamper().signer, at=o.AT, serial=7)


def everybody(*more: CertificateFacts, **changes) -> TrustStore:
    """Signer, maker and stamper listed for everything, the licence in force."""
    _, root = stampers().root()
    parties = [kit.signer().certificate, kit.maker().certificate, *more]
    values = {"seals": [ES_ID], "certificates": [ecid()], **changes}
    values["anchors"] = [root, *(changes.get("anchors") or parties)]
    found = generous([*parties, stamper().certificate], **values)
    return replace(found, crls=(CRLFacts.parse(stampers().crl()),))


def only(party: kit.Party, *kinds: str) -> dict[str, tuple[str, ...]]:
    return {party.certificate.spki_sha256: kinds}
