"""Every attack on PDF and OFD, as data: what was done, to which file, what the report must say.

`attacks()` is a list of `Attack`; `run` judges one. None may ever be accepted. Tests of later
milestones add entries here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

import yaml

from attacks import ofd_attacks as ofd
from attacks import pdf_attacks as pdf
from attacks import values
from attacks.world import (
    AT,
    DAY,
    OTHER_CODE,
    OTHER_TYPE,
    SIGNED,
    YEAR,
    AnyKey,
    Forgery,
    World,
    altered,
    licence,
)
from ecert.crypto.signer import Signer
from ecert.facade import Asking, verify
from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue
from ecert.model import Certificate
from ecert.report import Report
from ecert.trust.store import TrustStore

__all__ = ["Attack", "attacks", "good_files", "named", "run", "store", "the_world"]

Files = dict[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack.

    Args:
        make: returns the file. reasons: codes that must stand in the tree, where something is not passed.
        trust: changes the trust folder. at: judged instant. test_trust: as asked.
    """

    id: str
    what: str
    make: Callable[[], bytes]
    reasons: frozenset[str]
    decision: Literal["refuse", "refer"] = "refuse"
    trust: Callable[[Files], Files] | None = None
    at: datetime = AT
    test_trust: Literal["refused", "allowed"] = "allowed"
    matter: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@cache
def the_world() -> World:
    """One world for all tests of a process."""
    return World()


def subject() -> Certificate:
    return licence()


def another() -> Certificate:
    return licence(8, name="另例科技（京澄）有限公司", capital="玖佰万元整")


@cache
def good_files() -> dict[str, bytes]:
    """Return the good file of each layout; all of them are accepted."""
    world, options = the_world(), IssueOptions(notice=SAMPLE_NOTICE)
    made = {}
    for name, party, layout in (
        ("cms_sm2", world.bureau, "cms"),
        ("cms_rsa", world.bureau_rsa, "cms"),
        ("cms_p256", world.bureau_p256, "cms"),
        ("ses", world.bureau, "ses"),
    ):
        document = issue(
            subject(),
            signer=party.signer,
            seal=world.seal(),
            at=SIGNED,
            layout=layout,
            options=options,
        )
        made[name] = document.data
    made["ofd"] = ofd.good(world, subject())
    for kind, party, name in (("sm2", world.bureau, "sm3"), ("rsa", world.bureau_rsa, "sha256")):
        value = values.Cms(digest=name).by(party.signer)
        made[f"ofd_cms_{kind}"] = values.ofd_with(world, subject(), value, kind=kind)
    return made


def good(name: str = "cms_sm2") -> bytes:
    return good_files()[name]


@cache
def trust_files_of_world() -> tuple[tuple[str, bytes], ...]:
    """Return the trust folder after every party exists."""
    world = the_world()
    known = {str(c.ecid): ("valid", None) for c in (subject(), another())}
    good_files()
    _ = world.under_revoked_ca, world.tsa
    files = world.trust(known, seals={"cancelled": "cancelled"})
    return tuple(files.items())


def store(change: Callable[[Files], Files] | None = None) -> TrustStore:
    files = dict(trust_files_of_world())
    return TrustStore.from_files(change(files) if change else files, name="trust")


@cache
def _store() -> TrustStore:
    return store()


def run(attack: Attack) -> Report[Any]:
    """Return the report on one attack."""
    data = attack.make()
    trust = store(attack.trust) if attack.trust else _store()
    asking = Asking(test_trust=attack.test_trust, matter=attack.matter, **attack.extra)
    return verify(data, trust=trust, at=attack.at, asking=asking)


def named(report: Report[Any]) -> set[str]:
    """Return every code of the tree and the conditions that speaks against the file."""
    against = (c for c in report.root.walk() if c.verdict.value in ("failed", "indeterminate"))
    return {r.code for c in against for r in c.reasons} | set(report.reasons())


def listing(change: Callable[[dict[str, Any]], None], *, kind: str = "certificate-issuer") -> Any:
    """Return a change of the trust folder: every service of a kind is handed to ``change``."""

    def edit(files: Files) -> Files:
        body = yaml.safe_load(files["issuers.yaml"])
        for entry in body["entries"]:
            for service in entry["services"]:
                if service["kind"] == kind:
                    change(entry if "territory" in change.__code__.co_names else service)
        text = yaml.safe_dump(body, allow_unicode=True).encode()
        return files | {"issuers.yaml": text}

    return edit


def _territory(files: Files) -> Files:
    body = yaml.safe_load(files["issuers.yaml"])
    for entry in body["entries"]:
        entry["territory"] = "440000"
    return files | {"issuers.yaml": yaml.safe_dump(body, allow_unicode=True).encode()}


def _types(service: dict[str, Any]) -> None:
    service["certificate_types"] = [OTHER_TYPE]


def _late(service: dict[str, Any]) -> None:
    service["status_start"] = (AT - 100 * DAY).isoformat().replace("+00:00", "Z")


def _withdrawn(service: dict[str, Any]) -> None:
    start, end = AT - 3 * YEAR, AT - 10 * DAY
    service["history"] = [
        {"status": "granted", "from": _z(start), "to": _z(end)},
    ]
    service["status"], service["status_start"] = "withdrawn", _z(end)


def _z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _without(prefix: str) -> Callable[[Files], Files]:
    return lambda files: {n: d for n, d in files.items() if not n.startswith(prefix)}


def _foreign_crl(files: Files) -> Files:
    """The revocation list comes from another CA of the same name."""
    the_world().strangers.root("sm2")
    return files | {"crls/root-sm2.crl": the_world().strangers.crl("sm2")}


def _one(name: str, what: str, make: Callable[[], bytes], *reasons: str, **more: Any) -> Attack:
    return Attack(id=name, what=what, make=make, reasons=frozenset(reasons), **more)


def attacks() -> list[Attack]:
    """Return all attacks."""
    from attacks.matrix import matrix

    return [
        *_pdf_after(), *_pdf_before(), *_signers(), *_trust(), *_seals(), *_ofd(), *matrix(),
    ]  # fmt: skip


def _pdf_after(base: str = "cms_sm2") -> list[Attack]:
    """Done to a finished PDF of one layout, without any key."""
    other = the_world().other.signer
    digest = "seal.document_digest" if base == "ses" else "cms.digest_mismatch"

    def plain() -> bytes:
        return good(base)

    changed, drawn, range_ = (
        "document.changed_after",
        "document.drawn_after_issuer",
        "pdf.byte_range",
    )
    return [
        _one("content", "a printed character exchanged", lambda: pdf.altered_content(plain()), digest, "face.mismatch"),
        _one("metadata", "name changed in data and mirror", lambda: pdf.altered_metadata(plain()), digest),
        _one("mirror", "name changed in XMP", lambda: pdf.altered_xmp(plain()), digest, "carrier.mismatch"),
        _one("picture", "seal picture blanked", lambda: pdf.picture_swapped(plain()), digest),
        _one("note", "increment: annotation", lambda: pdf.appended_note(plain()), drawn),
        _one("page", "increment: other page content", lambda: pdf.appended_page(plain()), drawn),
        _one("data", "increment: other attachment", lambda: pdf.appended_data(plain()), changed, "carrier.mismatch"),
        _one("title", "increment: another title in XMP", lambda: pdf.appended_title(plain()), "document.properties_after", decision="refer"),
        _one("xmp_moved", "increment: the catalogue points to other XMP", lambda: pdf.appended_xmp(plain()), "document.properties_after", decision="refer"),
        _one("info", "increment: Info dictionary", lambda: pdf.appended_info(plain()), "document.properties_after", decision="refer"),
        _one("open_action", "increment: a DSS and an action on opening", lambda: pdf.appended_dss(plain(), b"/OpenAction<</S/GoTo/D[1 0 R/Fit]>>"), changed),
        _one("hidden_attachment", "increment: data that nothing refers to", lambda: pdf.appended_attachment(plain()), "certificate.two_metadata"),
        _one("drawn_over", "second listed signer stamps the page", lambda: pdf.drawn_over(plain(), other), drawn),
        _one("countersigned_shown", "second signature that draws", lambda: pdf.countersigned(plain(), other, shown=pdf.DRAWN), drawn),
        _one("stripped", "signature taken out", lambda: pdf.stripped(plain()), "document.unsigned"),
        _one("zeroed", "value overwritten with zeros", lambda: pdf.zeroed(plain()), "signature.empty", decision="refer"),
        _one("moved_value", "value of another genuine file", lambda: pdf.other_contents(plain(), _another_pdf(base)), digest),
        _one("moved_field", "field moved into another file", lambda: pdf.moved_field(plain(), pdf.stripped(_another_pdf(base))), range_),
        _one("wider_gap", "gap wider than the value", lambda: pdf.wider_gap(plain()), "pdf.contents_gap"),
        _one("range_lost", "range ends early", lambda: pdf.range_lost(plain()), "document.bytes_after"),
        _one("wrapped", "signed part moved away", lambda: pdf.wrapped(plain()), "pdf.unreadable"),
        _one("two_ranges", "/ByteRange stated twice", lambda: pdf.second_byte_range(plain()), range_),
        _one("prefix", "bytes before", lambda: pdf.prefixed(plain()), "format.bytes_outside"),
        _one("suffix", "bytes after", lambda: pdf.suffixed(plain()), "format.bytes_outside"),
        _one("zip", "also a ZIP", lambda: pdf.zip_behind(plain()), "format.multiple_formats"),
        _one("password", "encrypted", lambda: pdf.encrypted(plain()), "format.encrypted", decision="refer"),
    ]  # fmt: skip


@cache
def _another_pdf(base: str) -> bytes:
    signer, layout = party_of(base)
    return the_world().forge(another(), signer=signer, forgery=Forgery(layout=layout))


def party_of(base: str) -> tuple[Signer, str]:
    """Return who signs the good PDF of a layout, and the layout's name for the writer."""
    world = the_world()
    party = {"cms_rsa": world.bureau_rsa, "cms_p256": world.bureau_p256}.get(base, world.bureau)
    return party.signer, "ses" if base == "ses" else "cms"


def _pdf_before(base: str = "cms_sm2") -> list[Attack]:
    """Done by or with the issuer's own key: genuinely signed, and wrong."""
    cert = subject()

    def make(certificate: Certificate, *, forgery: Forgery | None = None) -> bytes:
        signer, layout = party_of(base)
        forged = replace(forgery or Forgery(), layout=layout)
        return the_world().forge(certificate, signer=signer, forgery=forged)

    twice = cert.canonical().replace(b'"kind":', b'"kind":"original","kind":', 1)
    face = licence(7, capital="玖佰万元整")
    return [
        _one("two_attachments", "two metadata files", lambda: make(cert, forgery=Forgery(data=(cert.canonical(), another().canonical()))), "certificate.two_metadata"),
        _one("same_attachment_twice", "the same file twice", lambda: make(cert, forgery=Forgery(data=(cert.canonical(),) * 2)), "certificate.two_metadata"),
        _one("duplicate_key", "a member twice", lambda: make(cert, forgery=Forgery(data=(twice,))), "json.duplicate_key"),
        _one("not_json", "data that are no JSON", lambda: make(cert, forgery=Forgery(data=(b"{",))), "json.syntax"),
        _one("mirror_signed", "mirror of another certificate", lambda: make(cert, forgery=Forgery(xmp=another())), "carrier.mismatch"),
        _one("face_signed", "face shows another capital", lambda: make(cert, forgery=Forgery(face=face)), "face.mismatch"),
        _one("script", "JavaScript", lambda: make(cert, forgery=Forgery(body=pdf.with_script)), "format.active_content"),
        _one("layer", "optional content", lambda: make(cert, forgery=Forgery(body=pdf.with_layer)), "format.optional_content"),
        _one("check_character", "ECID with a wrong check character", lambda: make(_wrong_check()), "ecid.check"),
        _one("other_authority_name", "name of another authority", lambda: make(_metadata("certificateIssuingAuthorityName", "另一机关")), "field.conflict"),
        _one("missing_field", "a required field is missing", lambda: make(cert, forgery=Forgery(data=(_without_field("name").canonical(),))), "field.missing"),
        _one("type_unknown", "a type nobody knows", lambda: make(cert, forgery=Forgery(data=(_profile("nothing").canonical(),))), "profile.not_here", decision="refer"),
        _one("converted", "a converted certificate", lambda: make(cert, forgery=Forgery(data=(_kind("converted").canonical(),))), "certificate.converted", decision="refer"),
        _one("kind", "a kind nobody knows", lambda: make(cert, forgery=Forgery(data=(_kind("更好").canonical(),))), "certificate.kind"),
        _one("copy_unlimited", "a copy without limits", lambda: make(cert, forgery=Forgery(data=(_kind("copy").canonical(),))), "field.missing"),
        _one("future", "signed in the future", lambda: make(cert, forgery=Forgery(at=AT + DAY)), "signer.outside_validity"),
        _one("before_certificate", "signed before the certificate", lambda: make(cert, forgery=Forgery(at=AT - 4 * YEAR)), "signer.outside_validity"),
    ]  # fmt: skip


def _metadata(name: str, value: Any) -> Certificate:
    return altered(subject(), lambda v: v["metadata"].__setitem__(name, value))


def _wrong_check() -> Certificate:
    text = str(subject().ecid)
    wrong = "A" if text[-1] != "A" else "B"
    return _metadata("certificateIdentifier", text[:-1] + wrong)


def _kind(kind: str) -> Certificate:
    return altered(subject(), lambda v: v.__setitem__("kind", kind))


def _profile(name: str) -> Certificate:
    def change(value: dict[str, Any]) -> None:
        value["profile"] = name

    return altered(subject(), change)


def _without_field(name: str) -> Certificate:
    return altered(subject(), lambda v: v["fields"].pop(name))


def _listed_nothing(files: Files) -> Files:
    import json

    body = json.loads(files["status/status.json"])
    body["certificates"] = [{"id": str(another().ecid), "state": "valid"}]
    return files | {"status/status.json": json.dumps(body).encode()}


def _signers() -> list[Attack]:
    """Signed by somebody else, or with a key that may not."""
    world, cert = the_world(), subject()
    made = world.forge
    return [
        _one("another_authority", "genuine seal of another authority", lambda: made(cert, signer=world.other.signer, seal=world.seal("other"), forgery=Forgery(layout="ses")), "issuer.not_the_signer"),
        _one("ecid_mismatch", "ECID of another issuer", lambda: made(_metadata("certificateIssuingAuthorityCode", OTHER_CODE), signer=world.other.signer), "ecid.mismatch", "issuer.type_not_allowed"),
        _one("another_authority_cms", "CMS of another authority", lambda: made(cert, signer=world.other.signer), "issuer.not_the_signer"),
        _one("self_made", "own root, own seal", lambda: made(cert, signer=world.forger.signer, seal=world.seal("self_made"), forgery=Forgery(layout="ses")), "seal.maker_is_signer"),
        _one("own_root", "own root, CMS", lambda: made(cert, signer=world.forger.signer), "signer.chain_unknown", "issuer.not_listed", decision="refer"),
        _one("unknown", "trusted root, no listing", lambda: made(cert, signer=world.unlisted.signer), "issuer.not_listed", decision="refer"),
        _one("encryption_only", "certificate for encryption", lambda: made(cert, signer=AnyKey(world.encryption_only)), "signer.usage"),
        _one("expired", "certificate ran out after signing", lambda: made(cert, signer=world.expired.signer), "signer.expired_no_poe", decision="refer"),
        _one("revoked", "revoked after the declared time", lambda: made(cert, signer=world.revoked.signer), "signer.revoked_no_poe", decision="refer"),
        _one("revoked_before", "revoked before the declared time", lambda: made(cert, signer=world.revoked.signer, forgery=Forgery(at=AT - 5 * DAY)), "signer.revoked"),
        _one("stolen", "key stolen", lambda: made(cert, signer=world.stolen.signer), "signer.key_compromised"),
        _one("revoked_ca", "issuing CA revoked", lambda: made(cert, signer=world.under_revoked_ca), "signer.revoked_no_poe", decision="refer"),
        _one("tsa_signs", "a time stamper signs a licence", lambda: made(cert, signer=world.tsa.signer), "issuer.not_listed", decision="refer"),
    ]  # fmt: skip


def _trust(base: str = "cms_sm2") -> list[Attack]:
    """A good file under trust that does not carry it."""
    old = AT + 40 * DAY

    def plain() -> bytes:
        return good(base)

    return [
        _one("no_crl", "no revocation list", plain, "revocation.unknown", decision="refer", trust=_without("crls/")),
        _one("foreign_crl", "revocation list of a CA of the same name", plain, "revocation.unknown", decision="refer", trust=_foreign_crl),
        _one("no_status", "no status file", plain, "status.unknown", decision="refer", trust=_without("status/")),
        _one("not_listed", "status file without this certificate", plain, "status.not_listed", decision="refer", trust=_listed_nothing),
        _one("no_anchors", "no anchors", plain, "signer.chain_unknown", decision="refer", trust=_without("anchors/")),
        _one("no_issuers", "no issuer list", plain, "issuer.not_listed", decision="refer", trust=_without("issuers.yaml")),
        _one("stale", "everything forty days old", plain, "revocation.stale", "status.too_old", decision="refer", at=old),
        _one("stale_list", "issuer list beyond its date", plain, "trust.stale", decision="refer", at=AT + 100 * DAY),
        _one("other_type", "listed for another type", plain, "issuer.type_not_allowed", trust=listing(_types)),
        _one("other_region", "listed for another region", plain, "issuer.region", trust=_territory),
        _one("listed_later", "listed only after the day of issue", plain, "issuer.not_in_force", trust=listing(_late)),
        _one("withdrawn", "listing withdrawn ten days ago", plain, "issuer.ceased_no_poe", decision="refer", trust=listing(_withdrawn)),
        _one("test_trust", "TEST-ONLY trust not asked for", plain, "trust.test_only", decision="refer", test_trust="refused"),
        _one("before_listing", "judged before it was signed", plain, "signer.outside_validity", at=SIGNED - timedelta(days=1)),
    ]  # fmt: skip


def _seals() -> list[Attack]:
    world, cert = the_world(), subject()

    def ses(name: str) -> Callable[[], bytes]:
        return lambda: world.forge(cert, seal=world.seal(name), forgery=Forgery(layout="ses"))

    return [
        _one("seal_expired", "seal ran out after signing", ses("expired"), "seal.expired_no_poe", decision="refer"),
        _one("seal_cancelled", "seal cancelled", ses("cancelled"), "seal.status_bad"),
        _one("seal_maker_unlisted", "seal maker on no list", ses("unlisted_maker"), "seal.maker_not_listed", decision="refer"),
        _one("seal_maker_ceased", "seal maker no longer listed", lambda: good("ses"), "seal.maker_not_listed", decision="refer", trust=listing(_late_maker, kind="seal-maker")),
        _one("seal_status", "seal in no status file", lambda: good("ses"), "seal.status_unknown", decision="refer", trust=_no_seals),
    ]  # fmt: skip


def _late_maker(service: dict[str, Any]) -> None:
    service["status_start"] = _z(AT - 100 * DAY)


def _no_seals(files: Files) -> Files:
    import json

    body = json.loads(files["status/status.json"])
    body["seals"] = []
    return files | {"status/status.json": json.dumps(body).encode()}


def _ofd() -> list[Attack]:
    world = the_world()
    plain = lambda: good("ofd")  # noqa: E731 - read like the others
    return [
        _one("ofd_added", "a file nobody signed", lambda: ofd.added_file(plain()), "document.uncovered", decision="refer"),
        _one("ofd_page", "page changed", lambda: ofd.altered_page(plain()), "signature.reference_digest"),
        _one("ofd_data", "data changed", lambda: ofd.altered_data(plain()), "signature.reference_digest"),
        _one("ofd_custom", "CustomDatas changed", lambda: ofd.altered_custom_data(plain()), "carrier.mismatch"),
        _one("ofd_stripped", "signature removed", lambda: ofd.signature_removed(plain()), "document.unsigned"),
        _one("ofd_emptied", "list of signatures emptied", lambda: ofd.list_emptied(plain()), "document.unsigned"),
        _one("ofd_moved", "value of another file", lambda: ofd.value_of_another(plain(), ofd.good(world, another())), "seal.document_digest"),
        _one("ofd_not_in_seal", "signer not in the seal's list", lambda: ofd.resealed(plain(), seal=world.seal("other"), world=world), "seal.signer_not_listed"),
        _one("ofd_seal_swapped", "Seal.esl exchanged", lambda: ofd.seal_file_swapped(plain(), world.seal("other")), "seal.file_mismatch"),
        _one("ofd_prefix", "PDF before the package", lambda: ofd.pdf_before(plain()), "format.multiple_formats"),
        _one("ofd_pdf", "PDF header inside", lambda: ofd.pdf_inside(plain()), "format.multiple_formats"),
        _one("ofd_suffix", "bytes after", lambda: ofd.bytes_behind(plain()), "format.bytes_outside", decision="refer"),
        _one("ofd_twice", "one name twice", lambda: ofd.name_twice(plain()), "format.duplicate_name"),
        _one("ofd_untrusted_stamp", "time stamp of an unknown maker", lambda: ofd.stamped(plain(), world, world.unlisted_tsa), "tsp.untrusted", decision="refer"),
        _one("ofd_stamp_no_crl", "time stamp of a maker without revocation evidence", lambda: ofd.stamped(plain(), world, world.tsa_p256), "tsp.revocation_unknown", decision="refer", trust=_without("crls/root-p256")),
        _one("ofd_foreign_stamp", "time stamp over something else", lambda: ofd.stamped(plain(), world, world.tsa, over=b"other"), "time.token_broken", decision="refer"),
        _one("ofd_late_stamp", "time stamp of tomorrow", lambda: ofd.stamped(plain(), world, world.tsa, at=AT + DAY), "time.in_future"),
        _one("ofd_no_crl", "no revocation list", plain, "revocation.unknown", decision="refer", trust=_without("crls/")),
    ]  # fmt: skip
