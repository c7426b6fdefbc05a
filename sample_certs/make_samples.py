"""Makes every sample of this folder anew: good licences, and what an attacker or a slip makes of them.

    python sample_certs/make_samples.py [FOLDER]

Keys are made on the spot and thrown away: nothing here can sign again. All persons, bodies, codes
and numbers are invented; the trust folder is TEST-ONLY (never-accept.md L4).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

import yaml  # noqa: E402 - the attack tools stand beside the tests

from attacks import ofd_attacks as ofd  # noqa: E402
from attacks import pdf_attacks as pdf  # noqa: E402
from attacks.world import (  # noqa: E402
    AT,
    DAY,
    MATTER,
    OTHER_MATTER,
    SIGNED,
    Forgery,
    World,
    altered,
    licence,
)
from ecert.crypto.signer import Signer  # noqa: E402
from ecert.facade import Asking, verify  # noqa: E402
from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue  # noqa: E402
from ecert.model import Certificate  # noqa: E402
from ecert.model.terms import Annotation  # noqa: E402
from ecert.testpki import write_trust  # noqa: E402
from ecert.trust.store import TrustStore  # noqa: E402

_HEAD = """\
# What `ecert verify --trust trust --test-trust --at {at}` must answer, file by file.
# Made by make_samples.py together with the files; checked by tests/integration/test_samples.py.
# reasons: the exact set of reason codes. integrity: arithmetic of the issuer's signature alone, null if
# no signature counts as the issuer's. exit: 12 accept on TEST-ONLY trust, 11 refer, 10 refuse.
"""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One question about one file, and the answer it must get."""

    id: str
    file: str
    done: str
    data: bytes = field(repr=False)
    decision: str
    reasons: Sequence[str] = ()
    integrity: str | None = "passed"
    matter: str | None = None


def _certificates() -> dict[str, Certificate]:
    """Return the licences by short name; each has its own identifier."""
    copy = licence(5).annotated_copy(
        Annotation(
            matter=MATTER,
            cause="办理住房公积金单位登记开户",
            creator="示例市政务服务中心",
            created=SIGNED,
            expires=AT + 60 * DAY,
        )
    )
    text = str(licence(4).ecid)
    wrong = text[:-1] + ("A" if text[-1] != "A" else "B")
    return {
        "good": licence(7),
        "cancelled": licence(3, name="示例餐饮管理（京澄）有限公司"),
        "copy": copy,
        "wrong_check": altered(
            licence(4), lambda v: v["metadata"].__setitem__("certificateIdentifier", wrong)
        ),
    }


def _issued(world: World, certificate: Certificate, signer: Signer, layout: str = "cms") -> bytes:
    return issue(
        certificate,
        signer=signer,
        seal=world.seal(),
        at=SIGNED,
        layout=layout,
        options=IssueOptions(notice=SAMPLE_NOTICE),
    ).data


def _good(world: World, certs: Mapping[str, Certificate]) -> list[Sample]:
    cert, bureau = certs["good"], world.bureau.signer
    copy = _issued(world, certs["copy"], bureau)
    rsa, p256 = world.bureau_rsa.signer, world.bureau_p256.signer
    made = [
        ("good_cms_sm2", "CMS with SM2 and SM3", "pdf", _issued(world, cert, bureau)),
        ("good_cms_rsa", "CMS with RSA and SHA-256", "pdf", _issued(world, cert, rsa)),
        ("good_cms_p256", "CMS with ECDSA P-256", "pdf", _issued(world, cert, p256)),
        ("good_ses", "GB/T 38540-2020 SES", "pdf", _issued(world, cert, bureau, "ses")),
        ("good_ofd", "OFD, GB/T 38540-2020 SES", "ofd", ofd.good(world, cert)),
    ]
    good = [
        Sample(id=name, file=f"{name}.{kind}", done=f"good, {done}", data=data, decision="accept")
        for name, done, kind, data in made
    ]
    shared = {"file": "copy.pdf", "data": copy}
    return [
        *good,
        Sample(
            id="copy_its_matter", done="annotated copy, asked for its own matter",
            decision="accept", matter=MATTER, **shared,
        ),
        Sample(
            id="copy_other_matter", done="annotated copy, used for another matter",
            decision="refuse", reasons=["copy.other_matter"], matter=OTHER_MATTER, **shared,
        ),
        Sample(
            id="copy_no_matter", done="annotated copy, no matter named",
            decision="refer", reasons=["copy.matter_not_asked"], **shared,
        ),
    ]  # fmt: skip


def _changed(world: World, good: bytes, good_ofd: bytes) -> list[Sample]:
    """Return what can be done to a finished file without the issuer's key."""

    def one(name: str, done: str, data: bytes, *reasons: str, **more: Any) -> Sample:
        decision = more.pop("decision", "refuse")
        file = f"{name}.{more.pop('kind', 'pdf')}"
        return Sample(
            id=name, file=file, done=done, data=data, decision=decision, reasons=reasons, **more
        )

    return [
        one(
            "altered_content", "the printed capital changed from one million to nine, in place",
            pdf.altered_content(good), "cms.digest_mismatch", "face.mismatch", integrity="failed",
        ),
        one(
            "altered_metadata", "the holder's name changed in the data and in the XMP mirror, in place",
            pdf.altered_metadata(good), "cms.digest_mismatch", "face.mismatch", integrity="failed",
        ),
        one(
            "appended_revision", "an incremental update gives the page other content",
            pdf.appended_page(good), "document.drawn_after_issuer", "change.not_certified",
            "change.page_content", "face.mismatch",
        ),
        one(
            "drawn_over", "a second listed authority stamps the page in an update and signs it, validly",
            pdf.drawn_over(good, world.other.signer),
            "document.drawn_after_issuer", "change.not_certified", "change.annotation_added",
            "change.signature_field_added", "format.foreign_appearance",
        ),
        one(
            "unsigned", "the signature taken out, the file saved anew",
            pdf.stripped(good), "document.unsigned", integrity=None,
        ),
        one(
            "ofd_added_file", "a file that nobody signed added to the OFD package",
            ofd.added_file(good_ofd), "document.uncovered", "document.uncovered_part",
            "ofd.open_unreferenced",
            decision="refer", kind="ofd",
        ),
    ]  # fmt: skip


def _signed_wrong(world: World, certs: Mapping[str, Certificate]) -> list[Sample]:
    """Return what is signed genuinely, but by the wrong key, at the wrong time, or with wrong data."""
    cert = certs["good"]
    ses = Forgery(layout="ses")

    def one(name: str, done: str, decision: str, data: bytes, *reasons: str, **more: Any) -> Sample:
        return Sample(
            id=name, file=f"{name}.pdf", done=done, data=data, decision=decision,
            reasons=reasons, **more,
        )  # fmt: skip

    return [
        one(
            "other_authority", "sealed with another authority's genuine seal", "refuse",
            world.forge(cert, signer=world.other.signer, seal=world.seal("other"), forgery=ses),
            "issuer.not_the_signer", integrity=None,
        ),
        one(
            "self_made_seal", "a seal of the same name, made by the forger under an own root", "refuse",
            world.forge(cert, signer=world.forger.signer, seal=world.seal("self_made"), forgery=ses),
            "seal.maker_is_signer", integrity=None,
        ),
        one(
            "expired_seal", "the seal ran out after the declared time of signing", "refer",
            world.forge(cert, seal=world.seal("expired"), forgery=ses), "seal.expired_no_poe",
        ),
        one(
            "revoked_signer", "the signer was revoked; the signature declares an earlier time", "refer",
            world.forge(cert, signer=world.revoked.signer), "signer.revoked_no_poe",
        ),
        one(
            "cancelled", "genuine, but cancelled in the status file", "refuse",
            _issued(world, certs["cancelled"], world.bureau.signer), "status.cancelled",
        ),
        one(
            "unknown_issuer", "a certificate of the trusted root that no issuer list names", "refer",
            world.forge(cert, signer=world.unlisted.signer),
            "issuer.not_listed", "check.blocked", integrity=None,
        ),
        one(
            "wrong_check_character", "the identifier has a wrong check character", "refuse",
            world.forge(certs["wrong_check"]), "ecid.check",
        ),
    ]  # fmt: skip


def make() -> tuple[list[Sample], dict[str, bytes]]:
    """Return the samples and the trust folder."""
    world, certs = World(dpi=120), _certificates()
    good = _good(world, certs)
    samples = [
        *good,
        *_changed(world, good[0].data, good[4].data),
        *_signed_wrong(world, certs),
    ]
    known = {c.ecid_text or "": ("valid", None) for c in certs.values()}
    known[certs["cancelled"].ecid_text or ""] = ("cancelled", AT - 9 * DAY)
    return samples, world.trust(known)


def manifest(samples: Sequence[Sample]) -> bytes:
    """Return the expected answers as YAML."""
    at = AT.isoformat().replace("+00:00", "Z")
    exits = {"accept": 12, "refer": 11, "refuse": 10}
    rows = [
        {
            "id": s.id,
            "file": s.file,
            "done": s.done,
            "question": {
                "at": at,
                "relying": None,
                "matter": s.matter,
                "policy": "default",
                "test_trust": "allowed",
            },
            "decision": s.decision,
            "exit": exits[s.decision],
            "reasons": sorted(s.reasons),
            "integrity": s.integrity,
        }
        for s in samples
    ]
    text = yaml.safe_dump({"samples": rows}, allow_unicode=True, sort_keys=False, width=112)
    return _HEAD.format(at=at).encode() + text.encode()


def check(samples: Sequence[Sample], trust: Mapping[str, bytes]) -> list[str]:
    """Return every difference between what is expected and what is answered."""
    store = TrustStore.from_files(trust)
    found = []
    for s in samples:
        asking = Asking(test_trust="allowed", matter=s.matter)
        report = verify(s.data, trust=store, at=AT, asking=asking)
        own = [x.integrity.value for x in report.signatures if x.role == "issuer"]
        answer = (report.decision.value, sorted(report.reasons()), own[0] if own else None)
        if answer != (s.decision, sorted(s.reasons), s.integrity):
            found.append(f"{s.id}: {answer}")
    return found


def main(folder: Path) -> int:
    """Write samples, manifest and trust; nothing is written where an answer is not the expected one."""
    samples, trust = make()
    wrong = check(samples, trust)
    if wrong:
        print(*wrong, sep="\n", file=sys.stderr)
        return 1
    shutil.rmtree(folder / "trust", ignore_errors=True)
    for old in [*folder.glob("*.pdf"), *folder.glob("*.ofd")]:
        old.unlink()
    for s in samples:
        (folder / s.file).write_bytes(s.data)
    (folder / "manifest.yaml").write_bytes(manifest(samples))
    write_trust(folder / "trust", trust)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE))
