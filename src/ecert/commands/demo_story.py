"""The acts of the demonstration, each with the answer it must end in; the self-check compares them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecert.commands.demo_attacks import (
    altered_name,
    altered_ofd,
    appended_revision,
    unsigned_face,
)
from ecert.commands.demo_kit import MATTER, World
from ecert.commands.demo_people import LICENCE, TYPES

if TYPE_CHECKING:
    from ecert.report import Report
    from ecert.seals import Seal
    from ecert.trust.store import TrustStore

__all__ = ["ATTACKS", "GOOD", "REGIONS", "Act", "Answer", "Stage"]

_ACCEPT, _REFUSE, _REFER = 12, 10, 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One question of the story and its right answer.

    Args:
        file: name in the output folder. zh, en: what it is. exit: expected code.
        code: a reason code that must be among the causes; "" for an accept.
    """

    file: str
    zh: str
    en: str
    exit: int
    code: str = ""
    relying: str | None = None
    matter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an act."""

    act: Act
    report: Report[Any]

    @property
    def right(self) -> bool:
        """Whether it is the answer of the story."""
        code = self.act.code
        return self.report.exit_code == self.act.exit and (
            not code or code in self.report.reasons()
        )


def _good(profile: str, zh: str, en: str) -> Act:
    return Act(file=f"{profile}.pdf", zh=zh, en=en, exit=_ACCEPT)


GOOD = (
    _good(LICENCE, "营业执照，SM2 签名", "business licence, SM2 signature"),
    Act(
        file="licence-ses.pdf",
        zh="营业执照，电子签章结构",
        en="licence, seal structure",
        exit=_ACCEPT,
    ),
    Act(file="licence-rsa.pdf", zh="营业执照，RSA 签名", en="licence, RSA signature", exit=_ACCEPT),
    Act(file="licence.ofd", zh="营业执照，OFD 签章", en="licence, sealed OFD", exit=_ACCEPT),
    _good("id_card", "居民身份证", "identity card"),
    _good("driving_licence", "机动车驾驶证", "driving licence"),
    _good("residence_permit", "居住证", "residence permit"),
    _good("social_security_card", "社会保障卡", "social security card"),
)
ATTACKS = (
    Act(file="x-altered.pdf", zh="改动一个字", en="one character altered",
        exit=_REFUSE, code="cms.digest_mismatch"),
    Act(file="x-appended.pdf", zh="签后追加内容", en="something drawn after signing",
        exit=_REFUSE, code="document.drawn_after_issuer"),
    Act(file="x-unsigned.pdf", zh="没有签名", en="not signed at all",
        exit=_REFUSE, code="document.unsigned"),
    Act(file="x-other-authority.pdf", zh="另一机关的真签名", en="another authority's genuine signature",
        exit=_REFUSE, code="issuer.not_the_signer"),
    Act(file="x-unlisted.pdf", zh="同名但未登记的签名者", en="same name, but a key nobody lists",
        exit=_REFER, code="issuer.not_listed"),
    Act(file="x-cancelled.pdf", zh="已注销的证照", en="cancelled in the register",
        exit=_REFUSE, code="status.cancelled"),
    Act(file="x-copy.pdf", zh="加注件用于别的事项", en="copy used for another matter",
        exit=_REFUSE, code="copy.other_matter", matter="tax.registration"),
    Act(file="x-altered.ofd", zh="OFD 改动一个字", en="one character altered in the OFD",
        exit=_REFUSE, code="signature.reference_digest"),
)  # fmt: skip
_LICENCE_FILE = f"{LICENCE}.pdf"
REGIONS = (
    Act(file="chengdu.pdf", zh="成都执照到重庆渝中，企业变更", en="Chengdu's, for a change in Yuzhong",
        exit=_ACCEPT, relying="500103", matter="enterprise.change"),
    Act(file="chengdu.pdf", zh="同一执照，企业注销", en="the same, to deregister the company",
        exit=_REFUSE, code="agreement.refused", relying="500103", matter="enterprise.cancel"),
    Act(file="chengdu.pdf", zh="渝北，企业迁移，统异已结束", en="in Yubei, whose deviation has ended",
        exit=_REFER, code="agreement.matter_not_covered", relying="500112", matter="enterprise.relocation"),
    Act(file="chengdu.pdf", zh="贵州，没有协议，名单不完整", en="in Guizhou: no agreement, no word",
        exit=_REFER, code="agreement.reference_only", relying="520000", matter="enterprise.change"),
    Act(file="yuzhong.pdf", zh="反过来在成都，名单完整", en="the reverse: a complete list",
        exit=_REFUSE, code="agreement.none", relying="510104", matter="enterprise.cancel"),
    Act(file="deregistered.pdf", zh="企业已在登记机关注销", en="a company that was deregistered",
        exit=_REFUSE, code="status.cascade", relying="500103", matter="enterprise.change"),
)  # fmt: skip


@dataclass(slots=True)
class Stage:
    """Makes the files of the story and asks about them."""

    world: World
    folder: Path
    made: list[str] = field(default_factory=list)

    @property
    def signed_at(self) -> datetime:
        """An hour before the world's instant: never in the future."""
        return self.world.at - timedelta(hours=1)

    def issue_all(self) -> None:
        """Issue every type, the licence in each layout and as OFD."""
        for name in TYPES:
            self._issue(f"{name}.pdf", name, "bureau" if name == LICENCE else "police")
        self._issue("licence-ses.pdf", LICENCE, "bureau", layout="ses")
        self._issue("licence-rsa.pdf", LICENCE, "bureau-rsa", seal="bureau")
        self._write("licence.ofd", self._ofd())

    def add(self, documents: Iterable[tuple[str, bytes]]) -> None:
        """Keep documents that others issued."""
        for name, data in documents:
            self._write(name, data)

    def attack_all(self) -> None:
        """Make the files that must not be accepted."""
        from ecert.model import Annotation

        good = (self.folder / _LICENCE_FILE).read_bytes()
        self._write("x-altered.pdf", altered_name(good))
        self._write("x-appended.pdf", appended_revision(good))
        self._write("x-unsigned.pdf", unsigned_face(self.world.records[LICENCE], self.signed_at))
        self._issue("x-other-authority.pdf", LICENCE, "neighbour")
        self._issue("x-unlisted.pdf", LICENCE, "impostor")
        self._issue("x-cancelled.pdf", "cancelled", "bureau")
        terms = Annotation(
            matter=MATTER,
            cause="办理变更登记",
            creator="示例市政务服务中心",
            created=self.signed_at,
            expires=self.world.at + timedelta(days=30),
        )
        self.world.records["copy"] = self.world.records[LICENCE].annotated_copy(terms)
        self._issue("x-copy.pdf", "copy", "bureau")
        self._write("x-altered.ofd", altered_ofd((self.folder / "licence.ofd").read_bytes()))

    def ask(self, act: Act, store: TrustStore) -> Answer:
        """Return the report on one act, live, with test trust allowed."""
        from ecert.facade import Asking, verify

        asking = Asking(relying=act.relying, matter=act.matter, test_trust="allowed")
        return Answer(act=act, report=verify(self.folder / act.file, trust=store, asking=asking))

    def ask_all(self, acts: Sequence[Act], store: TrustStore) -> list[Answer]:
        """Return the reports of several acts."""
        return [self.ask(act, store) for act in acts]

    def previews(self, *, dpi: int = 110) -> list[str]:
        """Draw the first page of every PDF as PNG; return their names."""
        import pypdfium2

        names = []
        for name in self.made:
            if not name.endswith(".pdf"):
                continue
            document = pypdfium2.PdfDocument((self.folder / name).read_bytes())
            document.init_forms()  # the seal is a signature's appearance
            image = document[0].render(scale=dpi / 72).to_pil()
            buffer = io.BytesIO()
            image.save(buffer, "PNG")
            document.close()
            target = f"{name.removesuffix('.pdf')}.png"
            (self.folder / target).write_bytes(buffer.getvalue())
            names.append(target)
        return names

    def _issue(
        self, file: str, record: str, role: str, *, layout: str = "cms", seal: str = ""
    ) -> None:
        from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue

        document = issue(
            self.world.records[record],
            signer=self.world.parties[role].signer,
            seal=self._seal(seal or role),
            at=self.signed_at,
            layout=layout,
            options=IssueOptions(notice=SAMPLE_NOTICE),
        )
        self._write(file, document.data)

    def _seal(self, role: str) -> Seal:
        return self.world.seals[role]

    def _ofd(self) -> bytes:
        from ecert.documents.ofd.write import make_sealed_ofd
        from ecert.model import Profile, to_short_names

        record = self.world.records[LICENCE]
        profile = Profile.load(LICENCE)
        lines = [profile.face.title]
        lines += [f"{row.label} {row.text}" for row in profile.face_rows(record)]
        return make_sealed_ofd(
            record.canonical(),
            lines,
            seal=self._seal("bureau"),
            signer=self.world.parties["bureau"].signer,
            at=self.signed_at,
            custom_datas=dict(to_short_names(record, profile)),
        )

    def _write(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)
        self.made.append(name)
