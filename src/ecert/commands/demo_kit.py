"""The world of the demonstration: test PKI, bodies, seals, records and trust; all TEST ONLY (L4)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ecert.commands.demo_people import LICENCE, LOCAL_TYPE, TYPES, fields_of, portrait
from ecert.ids import USCC
from ecert.model import Certificate, Issuer, Profile, Terms, list_profiles
from ecert.seals import Seal
from ecert.testpki import Party, SealEntry, SyntheticPKI, TrustPlan, trust_files, write_trust
from ecert.testpki.authority import synthetic_uscc
from ecert.testpki.offices import seal_for

__all__ = ["HOME", "MATTER", "World", "build", "record_of", "write_kit"]

HOME, NEIGHBOUR = "110000", "310000"
MATTER = "company.change"
_SHANGHAI = timezone(timedelta(hours=8))
_YEAR = timedelta(days=365)
_UNCODED = TYPES[2:]
"""Types whose code is not public: the issuer list names them beside the invented code."""


@dataclass(slots=True)
class World:
    """Everything the story needs.

    Args:
        at: when it was made. parties: bodies by role. seals: by role. records: by name.
    """

    at: datetime
    pki: SyntheticPKI
    parties: dict[str, Party] = field(default_factory=dict)
    seals: dict[str, Seal] = field(default_factory=dict)
    records: dict[str, Certificate] = field(default_factory=dict)

    def add_seal(self, role: str, es_id: str) -> None:
        """Have the seal maker make a body's seal."""
        maker = self.parties["maker"]
        self.seals[role] = seal_for(self.parties[role], es_id, maker=maker, pki=self.pki)

    def trust(self, *, cancelled: Iterable[str] = ()) -> dict[str, bytes]:
        """Return the trust folder: who may issue what, what is valid, which agreement is in force."""
        licence = str(Profile.load(LICENCE).type_code)
        person = str(Profile.load("id_card").type_code)
        bodies: list[tuple[Party, str, Sequence[str]]] = [
            (self.parties["bureau"], HOME, [licence]),
            (self.parties["bureau-rsa"], HOME, [licence]),
            (self.parties["neighbour"], NEIGHBOUR, [licence]),
            (self.parties["police"], HOME, [person, LOCAL_TYPE, *_UNCODED]),
        ]
        states: dict[str, tuple[str, datetime | None]] = {}
        gone = set(cancelled)
        for name, record in self.records.items():
            since = self.at - timedelta(days=3)
            states[str(record.ecid)] = ("cancelled", since) if name in gone else ("valid", None)
        plan = TrustPlan(
            issuers=bodies,
            makers=[(self.parties["maker"], "100000")],
            certificates=states,
            seals=[SealEntry(es_id=s.facts.es_id) for s in self.seals.values()],
        )
        return trust_files(self.pki, plan)


def build(at: datetime) -> World:
    """Return a fresh world around one instant: new keys, new seals, new records."""
    world = World(at=at, pki=SyntheticPKI(at=at))
    bureau, police = (
        ("示例市市场监督管理局", "11110105MB0000000"),
        ("示例市公安局", "11110105MB0000001"),
    )
    other = ("邻市市场监督管理局", "11310105MB0000002")
    maker = ("示例制章中心", "12110000MB0000003")
    for role, (name, code), kind in (
        ("bureau", bureau, "sm2"),
        ("bureau-rsa", bureau, "rsa"),
        ("police", police, "sm2"),
        ("neighbour", other, "sm2"),
        ("maker", maker, "sm2"),
        ("impostor", bureau, "sm2"),
    ):
        world.parties[role] = world.pki.party(name, synthetic_uscc(code), kind=kind)
    for number, role in enumerate(("bureau", "police", "neighbour", "impostor"), start=1):
        world.add_seal(role, f"1101050000000{number}")
    for profile in TYPES:
        role = "bureau" if profile == LICENCE else "police"
        world.records[profile] = record_of(profile, world.parties[role], at=at)
    world.records["cancelled"] = record_of(
        LICENCE, world.parties["bureau"], at=at, holder="91110105MA0000001"
    )
    return world


def record_of(
    name: str,
    body: Party,
    *,
    at: datetime,
    holder: str = "91110105MA0000000",
    region: str = "110105",
) -> Certificate:
    """Return the record of one certificate of a type, issued by a body a month before an instant.

    Args:
        holder: credit code without its check character.
    """
    profile = Profile.load(name)
    today = at.astimezone(_SHANGHAI).date()
    fields = fields_of(name, authority=body.name, uscc=synthetic_uscc(holder), today=today)
    if name != LICENCE:
        fields["photo"] = portrait()
    serial = f"0000000000000000000000000000{TYPES.index(name):04d}"
    own_code = profile.type_code is not None
    terms = Terms(
        serial=None if profile.serial == "number" else serial,
        type_code=None if own_code else LOCAL_TYPE,
        issued=None if "issueDate" in profile.bindings else today - timedelta(days=30),
        number=None if "certificateNumber" in profile.bindings else "示例0001",
    )
    issuer = Issuer(name=body.name, code=body.code)
    return Certificate.create(profile, region=region, fields=fields, issuer=issuer, terms=terms)


def write_kit(root: Path, certificates: Sequence[str], *, at: datetime) -> list[Path]:
    """Write keys, a seal, a sample record and the trust that fits them; return the paths.

    Args:
        root: new folder. certificates: further records to list as valid, with their authorities.
    """
    world = World(at=at, pki=SyntheticPKI(at=at))
    world.parties["maker"] = world.pki.party("示例制章中心", synthetic_uscc("12110000MB0000003"))
    code = synthetic_uscc("11110105MB0000000")
    world.parties["issuer"] = world.pki.party("示例市市场监督管理局", code)
    world.add_seal("issuer", "11010500000001")
    world.records["sample"] = record_of(LICENCE, world.parties["issuer"], at=at)
    given = [Certificate.load(path) for path in certificates]
    everything = [world.records["sample"], *given]
    types = {str(c.type_code) for c in everything if c.type_code} | {LOCAL_TYPE}
    for name in list_profiles():
        types.add(Profile.load(name).type_code or name)
    # A given record must name its authority by a credit code; the test key then speaks for it.
    one = world.parties["issuer"]
    bodies = {
        (str(USCC.parse(c.issuer.code)), f"{(c.area_code or HOME)[:2]}0000"): Party(
            name=c.issuer.name,
            code=c.issuer.code,
            key=one.key,
            certificate=one.certificate,
            issuer=one.issuer,
        )
        for c in everything
    }
    plan = TrustPlan(
        issuers=[(body, area, sorted(types)) for (_, area), body in bodies.items()],
        makers=[(world.parties["maker"], "100000")],
        certificates={str(c.ecid): ("valid", None) for c in everything},
        seals=[SealEntry(es_id=world.seals["issuer"].facts.es_id)],
    )
    write_trust(root / "trust", trust_files(world.pki, plan))
    files = {
        "certificate.json": world.records["sample"].to_json().encode(),
        "issuer.pem": _pem(one),
        "maker.pem": _pem(world.parties["maker"]),
        "seal.esl": world.seals["issuer"].raw,
    }
    for name, data in files.items():
        (root / name).touch(mode=0o600 if name.endswith(".pem") else 0o644)
        (root / name).write_bytes(data)
    return [root / name for name in files] + [root / "trust"]


def _pem(party: Party) -> bytes:
    body = base64.encodebytes(party.certificate.der).decode("ascii")
    text = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
    return party.key.to_pkcs8() + text.encode("ascii")
