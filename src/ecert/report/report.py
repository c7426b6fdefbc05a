"""The report: one question about one file, answered over four axes, with one computed decision.

``decision`` is derived from the tree and the conditions, never set. ``bool(report)`` is True only for a
live accept; ``require()`` returns the proven value or raises: there is no other door (L14, L15, L20).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Generic, Literal, TypeVar

from ecert.errors import VerificationError
from ecert.report.check import Check, Reason
from ecert.report.outcome import Scalar
from ecert.report.verdict import Verdict

__all__ = [
    "Axis",
    "CertificateView",
    "Condition",
    "Decision",
    "FieldView",
    "Mode",
    "Pin",
    "Question",
    "Report",
    "SignatureSummary",
    "Subject",
    "TimeView",
    "Tool",
]

T_co = TypeVar("T_co", covariant=True)


class Axis(Enum):
    """The four questions that are never folded into one flag."""

    AUTHENTICITY = "authenticity"
    STATUS = "status"
    CONFORMITY = "conformity"
    RECOGNITION = "recognition"


class Decision(Enum):
    """What the person at the window does."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    REFER = "refer"


class Mode(Enum):
    """Live, as of another instant, or simulated: different answers (L14)."""

    LIVE = "live"
    AS_OF = "as_of"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The file that was asked about. ``name`` is as given by the caller; masked where it carries a number."""

    index: int = 0
    name: str = ""
    sha256: str = ""
    media_type: str = "application/octet-stream"
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked: where, for what, when (aware UTC, always explicit), in which mode.

    Args:
        assumptions: what was taken as true for this answer and is not; such an answer is simulated.
    """

    at: datetime
    mode: Mode = Mode.LIVE
    policy: str = "default"
    relying: str | None = None
    matter: str | None = None
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("the asked time needs a zone")
        if self.assumptions and self.mode is not Mode.SIMULATED:
            raise ValueError("an answer under assumptions is simulated (L14)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Which list or policy was used: id, version, digest, and how fresh it was."""

    id: str
    version: str
    sha256: str
    state: str = ""
    age_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Who computed: program, version, SM2 engine, and that it is not a certified module (L25)."""

    name: str = "ecert"
    version: str = ""
    sm2_engine: str = ""
    certified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that must hold beside the verdicts before anybody may accept (L20)."""

    code: str
    met: Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeView:
    """The time of a signature as known: declared, proven, and the grade that counts (L11)."""

    declared: datetime | None = None
    proven: datetime | None = None
    grade: Literal["proven", "witnessed", "declared", "absent"] = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureSummary:
    """One signature of the file, judged on its own; none overwrites another's verdict (L6)."""

    index: int
    role: Literal["issuer", "other", "timestamp", "unknown"]
    kind: Literal["cms", "seal", "timestamp", "unknown"]
    profile: str | None
    algorithms: tuple[str, ...]
    signer: str | None
    cert_sha256: str | None
    issuer_id: str | None
    seal_id: str | None
    time: TimeView
    integrity: Verdict
    trust: Verdict
    coverage: Literal["whole", "revision", "partial", "unknown"]
    covers_current: bool
    uncovered: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field of the certificate with its source and the signature that covers it (L7).

    Args:
        label: what people call it, Chinese and English; nothing where its type is not known.
    """

    value: Scalar
    source: str
    covered_by: int | None
    personal: bool = False
    label: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """The data of the certificate, each field traced to signed bytes; masked on output (L26)."""

    kind: str
    fields: Mapping[str, FieldView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Generic[T_co]):
    """The answer to one question about one file.

    Args:
        root: the whole tree; one child per axis, in the order of `Axis`.
        conditions: all must be met for an accept.
        test_trust: the answer rests on TEST-ONLY material that the caller allowed (exit 12, L4).
        recognition: the explanation of the recognition axis, where it was asked (recognition.md D8).
        error: set where the input or the configuration could not be used (exit 4, 5, 70).
        value: the proven value, handed out by `require` alone.
    """

    subject: Subject
    question: Question
    policy: Pin
    tool: Tool
    root: Check
    trust: tuple[Pin, ...] = ()
    signatures: tuple[SignatureSummary, ...] = ()
    conditions: tuple[Condition, ...] = ()
    certificate: CertificateView | None = None
    use_until: datetime | None = None
    test_trust: Literal["none", "allowed"] = "none"
    recognition: Mapping[str, Any] | None = None
    error: Reason | None = None
    error_exit: int | None = None
    value: T_co | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        names = tuple(c.id for c in self.root.children)
        if names != tuple(a.value for a in Axis):
            raise ValueError(f"the root needs one node per axis in order, found {names}")

    @property
    def axes(self) -> dict[Axis, Check]:
        """The four second-level nodes."""
        return dict(zip(Axis, self.root.children, strict=True))

    @property
    def decision(self) -> Decision:
        """Refuse if an axis FAILED, refer if one is open or a condition is not met, accept otherwise."""
        if self.root.verdict is Verdict.FAILED:
            return Decision.REFUSE
        open_condition = any(c.met != "yes" for c in self.conditions)
        if self.error or open_condition or self.root.verdict is not Verdict.PASSED:
            return Decision.REFER
        return Decision.ACCEPT

    @property
    def ending(self) -> str:
        """The decision in one word that nobody can take for another kind of answer (L14).

        ``accept_not_final`` is an accept that nobody may act on; whatever a simulation ends in begins
        with ``simulated_``.
        """
        said = self.decision.value
        if self.question.mode is Mode.SIMULATED:
            return f"simulated_{said}"
        return "accept_not_final" if said == "accept" and self.exit_code != 0 else said

    @property
    def exit_code(self) -> int:
        """The process exit code of architecture.md section 1."""
        if self.error_exit is not None:
            return self.error_exit
        if self.decision is Decision.ACCEPT:
            return 0 if self else 12
        return 10 if self.decision is Decision.REFUSE else 11

    def __bool__(self) -> bool:
        return (
            self.decision is Decision.ACCEPT
            and self.question.mode is Mode.LIVE
            and self.test_trust == "none"
        )

    def require(self) -> T_co:
        """Return the proven value of a live accept.

        Raises:
            VerificationError: for any other answer; carries this report.
        """
        if not self or self.value is None:
            raise VerificationError(self)
        return self.value

    def causes(self) -> Iterator[Check]:
        """Yield the leaves that alone explain the verdict."""
        yield from self.root.causes()

    def reasons(self) -> tuple[str, ...]:
        """Return the codes of all causes, in tree order, each once."""
        codes = [r.code for c in self.causes() for r in c.reasons]
        codes += [c.code for c in self.conditions if c.met != "yes"]
        return tuple(dict.fromkeys(codes))

    def render(
        self,
        lang: str = "en",
        *,
        detail: Literal["summary", "tree", "full"] = "summary",
        reveal: Literal["masked", "personal"] = "masked",
    ) -> str:
        """Return the report as text for a person, in ``"zh"`` or ``"en"``."""
        from ecert.report.render import render_text

        return render_text(self, lang, detail=detail, reveal=reveal)

    def to_html(self, lang: str = "zh", *, reveal: Literal["masked", "personal"] = "masked") -> str:
        """Return the report as one self-contained page to read and print."""
        from ecert.report.html import page

        return page([self], lang, reveal=reveal)

    def to_dict(self, *, reveal: Literal["masked", "personal"] = "masked") -> dict[str, Any]:
        """Return the report as plain data, schema ``ecert.report/1``."""
        from ecert.report.jsonform import report_dict

        return report_dict(self, reveal=reveal)

    def to_json(self, *, reveal: Literal["masked", "personal"] = "masked") -> str:
        """Return the report as one line of JSON: same facts, same bytes."""
        from ecert.report.jsonform import dumps

        return dumps(self.to_dict(reveal=reveal))
