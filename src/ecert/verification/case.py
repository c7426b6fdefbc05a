"""The case before the judge: every fact a verdict may rest on, already related to trust; no bytes left.

`assess` builds it from a file's facts and a trust store; the decision-table vectors build it by hand.
The judge reads nothing else, so the same case, policy and instant always give the same report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from ecert.crypto.times import ZONELESS_SLACK, TimeClaim
from ecert.documents.changes import Change
from ecert.documents.facts import Coverage
from ecert.report import OK, Outcome, Scalar

__all__ = [
    "CascadeCase",
    "Case",
    "DataCase",
    "FieldCase",
    "FormatCase",
    "ListingCase",
    "RevocationCase",
    "SealCase",
    "SignatureCase",
    "SignerCase",
    "SigningTime",
    "StatusCase",
    "TimestampCase",
    "combine_claims",
]

Grade = Literal["proven", "witnessed", "declared", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningTime:
    """When a signature was made, as an interval that must hold throughout, with its grade (L11).

    Args:
        claimed: where a proven instant stands in for them: the ends of what the file declares. A
            stamp proves that the signature is no younger; one that came late proves nothing else.
    """

    grade: Grade = "absent"
    earliest: datetime | None = None
    latest: datetime | None = None
    unreadable: bool = False
    claimed: tuple[datetime, ...] | None = None

    @property
    def ends(self) -> tuple[datetime, ...]:
        """The two ends of the interval, or nothing when the time is missing."""
        if self.earliest is None or self.latest is None:
            return ()
        return (self.earliest, self.latest)

    def placed(self, start: datetime, end: datetime) -> Literal["inside", "late", "outside"]:
        """Return where the time stands to a period: ``late`` is a stamp that came after its end.

        Of a late stamp nothing is known but that the signature is older; what the file declares
        may still say that it was made outside.
        """
        if all(start <= t <= end for t in self.ends):
            return "inside"
        older = self.claimed is not None and all(start <= t for t in self.ends)
        if older and all(start <= t <= end for t in self.claimed or ()):
            return "late"
        return "outside"


ONE_ACT = timedelta(minutes=5)
"""Times written while one signature is made differ by seconds; more than this is a contradiction."""


def combine_claims(claims: tuple[TimeClaim, ...]) -> SigningTime:
    """Return the declared signing time of all readable claims (L11).

    Claims that agree narrow each other: a precise time inside a zoneless one's interval is the
    time. Claims that contradict each other widen to their hull, and by 8 h beyond it.
    """
    ends = [(c.earliest, c.latest) for c in claims if c.earliest and c.latest]
    if not ends:
        return SigningTime(grade="absent", unreadable=bool(claims))
    first, last = max(e for e, _ in ends), min(x for _, x in ends)
    if first > last:
        slack = timedelta(0) if first - last <= ONE_ACT else ZONELESS_SLACK
        first, last = min(e for e, _ in ends), max(x for _, x in ends)
        first -= min(slack, first - datetime.min.replace(tzinfo=UTC))
        last += min(slack, datetime.max.replace(tzinfo=UTC) - last)
    return SigningTime(
        grade="declared", earliest=first, latest=last, unreadable=len(ends) < len(claims)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingCase:
    """One entry of an issuer list for exactly one key.

    Args:
        authority: identifier of the listed body (unified social credit code). name: its display name.
        kind: certificate-issuer, seal-maker, seal-holder, TSA, ...
        territory: division code it speaks for. types: certificate type codes it may issue.
        states: (state, from, to) windows, half-open; ``granted`` is the only good one.
        signed: the list itself carries a verified signature (L11, L17 ask for that).
        direct_trust: the listing vouches for the key without a chain.
        issued_at, next_update: of the list that holds the entry.
        assurance: level of the issuing process, in the words of the list.
        key: SHA-256 of the listed public key.
    """

    authority: str
    name: str
    kind: str
    territory: str = ""
    types: tuple[str, ...] = ()
    states: tuple[tuple[str, datetime, datetime | None], ...] = ()
    signed: bool = False
    direct_trust: bool = False
    issued_at: datetime | None = None
    next_update: datetime | None = None
    assurance: str = ""
    key: str = ""

    def state_at(self, moment: datetime) -> str | None:
        """Return the service state at an instant, or None before its first window."""
        for state, start, end in self.states:
            if start <= moment and (end is None or moment < end):
                return state
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationCase:
    """One answer about one certificate's revocation, from a source whose own signature held.

    Args:
        until: end of the certificate of a delegate that signed it, None where the issuer did.
        responder: answers about that delegate, None where none are needed (RFC 6960 4.2.2.2.1).
        stamped_by: indexes of the signatures that cover its bytes inside the file.
        algorithms: what a delegate's answer rests on, empty where the issuer signed it.
    """

    origin: Literal["given", "file"]
    says: Literal["good", "revoked"]
    this_update: datetime
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    compromise: bool = False
    invalidity_date: datetime | None = None
    until: datetime | None = None
    responder: tuple[RevocationCase, ...] | None = None
    stamped_by: tuple[int, ...] = ()
    algorithms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerCase:
    """A signer's certificate related to trust.

    Args:
        name: display name from the issuer list, else the certificate's (marked unverified by the renderer).
        not_before, not_after: of the certificate; path_not_before, path_not_after: of the whole path.
        usage: ok unless the certificate may not sign.
        chain: ok when it ends in a given anchor; unknown or failed otherwise, with a code.
        revocation: per certificate of the path below the anchor (signer first), all answers found.
        listings: entries for exactly this key.
        algorithms: digests and keys that the path rests on, e.g. ``("sha256", "rsa-2048")``.
    """

    name: str
    cert_sha256: str
    not_before: datetime
    not_after: datetime
    usage: Outcome = OK
    chain: Outcome = OK
    revocation: tuple[tuple[RevocationCase, ...], ...] = ((),)
    listings: tuple[ListingCase, ...] = ()
    algorithms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampCase:
    """One time stamp token: its arithmetic, and whether its maker is trusted.

    Args:
        trusted: what stands against its maker at any time; `proof.settle` makes it the whole answer.
        latest: gen_time and the accuracy that the token states; None where it states none.
        signer: its maker, related to trust; without it the token proves nothing.
        algorithms: digest of the imprint, digest and key of the token's signature.
    """

    gen_time: datetime | None
    arithmetic: Outcome
    trusted: Outcome
    latest: datetime | None = None
    signer: SignerCase | None = None
    algorithms: tuple[str, ...] = ()

    @property
    def instant(self) -> datetime | None:
        """The last instant at which the token can have been made."""
        return self.latest or self.gen_time


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeCase:
    """What the register that owns the holder, or the body that a seal belongs to, says of it (L19).

    Args:
        answer: no_holder (no code in covered data), no_register (no owner's data), none (the owner's
            data name no event), event.
        effect: what follows for this certificate or seal. clear: its owner is known for sure.
        kind: deregistered, licence_revoked, suspended, deregistration_announced, transferred_out.
        register, register_code: who says so. since, announced_until, basis: as it states them.
        issued_at, next_update: of the owner's data.
        ignored: a register that spoke of it without owning it.
    """

    answer: Literal["no_holder", "no_register", "none", "event"] = "no_holder"
    effect: Literal["none", "refer", "refuse"] = "none"
    clear: bool = True
    kind: str = ""
    register: str = ""
    register_code: str = ""
    since: datetime | None = None
    announced_until: date | None = None
    basis: str = ""
    issued_at: datetime | None = None
    next_update: datetime | None = None
    ignored: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCase:
    """What a status source says of one identifier (certificate or seal).

    Args:
        answer: none (no source at all), listed, not_listed.
        state: valid, suspended, cancelled, revoked, superseded, rescinded, expired, active, other.
        since: when the state began. successor: identifier of the newer certificate.
        cascade: what follows from the register that owns the entity.
        issued_at, next_update: of the snapshot.
    """

    answer: Literal["none", "listed", "not_listed"] = "none"
    state: str = ""
    since: datetime | None = None
    successor: str | None = None
    cascade: CascadeCase = field(default_factory=CascadeCase)
    issued_at: datetime | None = None
    next_update: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealCase:
    """The seal of one signature, related to trust.

    Args:
        property: what the signed propertyInfo says it protects is what it does protect.
        timestamp: the token over the maker's signature (GM/T 0031-2025), with its standing.
    """

    es_id: str
    version: str = "v4"
    structure: Outcome = OK
    maker_signature: Outcome = OK
    maker: SignerCase | None = None
    maker_is_signer: bool = False
    created: TimeClaim | None = None
    valid_from: TimeClaim | None = None
    valid_to: TimeClaim | None = None
    signer_listed: Outcome = OK
    document_digest: Outcome = OK
    file: Outcome = OK
    property: Outcome = OK
    picture: Outcome = OK
    timestamp: TimestampCase | None = None
    status: StatusCase = field(default_factory=StatusCase)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureCase:
    """One signature with everything that is known about it; names as in `documents.facts`.

    Args:
        stamps: for a document time stamp: indexes of the signatures whose bytes it covers.
        proven: instants at which it provably existed, earliest first; only `proof.settle` writes it.
    """

    index: int
    where: str = ""
    kind: Literal["cms", "seal", "timestamp", "integrity", "unknown"] = "cms"
    profile: str | None = None
    algorithms: tuple[str, ...] = ()
    structure: Outcome = OK
    digest: Outcome = OK
    value: Outcome = OK
    bound: Outcome = OK
    weak: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    coverage: Coverage = "whole"
    covers_current: bool = True
    covers_data: bool = True
    changes_after: Outcome = OK
    changes: tuple[Change, ...] = ()
    uncovered: tuple[str, ...] = ()
    effects: tuple[Outcome, ...] = ()
    signer: SignerCase | None = None
    time: SigningTime = field(default_factory=SigningTime)
    timestamps: tuple[TimestampCase, ...] = ()
    stamps: tuple[int, ...] = ()
    proven: tuple[datetime, ...] = ()
    seal: SealCase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCase:
    """One field of the data: value, where it stands, which signatures cover it, what people call it.

    ``many`` are its texts, where it is a list of them; ``value`` is None then.
    """

    value: Scalar
    source: str
    covered_by: tuple[int, ...] = ()
    personal: bool = False
    label: tuple[str, ...] = ()
    many: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCase:
    """The certificate's data as the file states it, and what conformity arithmetic found.

    Args:
        kind: original, copy, converted, extract, other.
        issuer_code, type_code, area_code, ecid: as stated; None when missing.
        holder_code: credit code of the holder, from covered data; None for none, or for a person's number.
        unbound_type: the profile's id, where no type code is known for it: then the issuer's listing
            must name the profile too, or any code it may issue could pass as this type.
        validity_start, validity_end: days; ``end_known`` False when the field is missing or malformed.
        long_term: the end is 长期.
        metadata: the embedded metadata could be read, once.
        profile: the type is known here. fields: required fields present and well formed.
        ecid_check: identifier and its check character. ecid_matches: its parts agree with the fields.
        carriers: all carriers agree. face: the visible text agrees, at ``face_level``.
        copy: limits of a copy (matter, date) hold for the question; None when it is no copy.
    """

    kind: str = "original"
    issuer_code: str | None = None
    type_code: str | None = None
    unbound_type: str | None = None
    area_code: str | None = None
    ecid: str | None = None
    holder_code: str | None = None
    issue_date: date | None = None
    validity_start: date | None = None
    validity_end: date | None = None
    long_term: bool = False
    validity: Outcome = OK
    metadata: Outcome = OK
    profile: Outcome = OK
    fields_ok: tuple[Outcome, ...] = ()
    ecid_check: Outcome = OK
    ecid_matches: Outcome = OK
    carriers: Outcome = OK
    face: Outcome = OK
    face_level: Literal["none", "text_layer", "raster", "rerendered"] = "none"
    copy: Outcome | None = None
    fields: tuple[tuple[str, FieldCase], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatCase:
    """Facts about the container (never-accept.md L8, L9)."""

    recognized: Outcome = OK
    within_limits: Outcome = OK
    single: Outcome = OK
    static: Outcome = OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One file, everything known about it.

    Args:
        data: None when the file carries no metadata at all.
        notes: findings that are no failure by themselves (L22 names, stripped signatures are failures).
    """

    format: FormatCase = field(default_factory=FormatCase)
    signatures: tuple[SignatureCase, ...] = ()
    data: DataCase | None = None
    status: StatusCase = field(default_factory=StatusCase)
    notes: tuple[Outcome, ...] = ()
