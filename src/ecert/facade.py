"""`verify`: one file, one question, one report. The only place below the command line that reads the clock.

1. The size is checked, then the bytes are read once. 2. `inspect_document` reads them into facts.
3. `assess` relates the facts to trust. 4. The judge applies the policy; recognition is asked where a
relying region was named. Bad content never raises; wrong arguments and unusable policies do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ecert import __version__
from ecert.documents import inspect_document
from ecert.documents.facts import DocumentFacts, Scope
from ecert.errors import MalformedInput, ProfileError, TrustError
from ecert.limits import Limits
from ecert.model.library import folder_digest
from ecert.recognition import Asked, evaluate, issuer_entry, with_pins
from ecert.recognition.doubting import knowledge_at
from ecert.report import Mode, Outcome, Pin, Reason, Report, Subject, Tool, failed
from ecert.trust.need import Need
from ecert.trust.source import Trust
from ecert.trust.store import TrustStore
from ecert.verification.assess import Assessed, relate
from ecert.verification.case import Case
from ecert.verification.checks.signer import effective_time
from ecert.verification.checks.timing import proven_times
from ecert.verification.dating import dates_in_file, doubts_about_clock, doubts_about_trust
from ecert.verification.judge import find_issuer_signature
from ecert.verification.needing import need_of
from ecert.verification.policy import Policy
from ecert.verification.proof import settle
from ecert.verification.reading import read_data
from ecert.verification.reporting import Setting, report_of, report_of_error
from ecert.verification.verified import VerifiedCertificate

__all__ = ["Asking", "examine", "tool", "verify"]

_UNREADABLE, _UNUSABLE, _INTERNAL = 4, 5, 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked beside the file itself.

    Args:
        relying: division code of the region that would accept; None asks no recognition.
        matter: service item, for recognition and for the limits of a copy.
        test_trust: whether TEST-ONLY trust may carry an accept (exit 12, L4).
        profiles: folder with further certificate types. profiles_sha256: the digest that it must have,
            so that many files are judged by the same types; "" asks for none.
        index: position among several files.
        name: display name of the subject, when the source is bytes.
    """

    relying: str | None = None
    matter: str | None = None
    test_trust: Literal["refused", "allowed"] = "refused"
    profiles: Path | None = None
    profiles_sha256: str = ""
    index: int = 0
    name: str = ""


def tool() -> Tool:
    """Return who computes: version and SM2 engine (L25)."""
    from ecert.crypto.sm2.engine import current_engine

    engine = current_engine()
    return Tool(
        version=__version__,
        sm2_engine=f"{engine.name} {engine.version}",
        certified=engine.certified,
    )


def verify(
    source: str | Path | bytes,
    *,
    trust: Trust | None = None,
    policy: Policy | None = None,
    at: datetime | None = None,
    limits: Limits | None = None,
    asking: Asking | None = None,
) -> Report[VerifiedCertificate]:
    """Return the report on one file; never raises for bad content.

    Args:
        source: a path, or the bytes of a file.
        trust: whom to believe; nothing by default. Where it carries assumptions, the answer is simulated.
        policy: `Policy.default()` if not given.
        at: judged instant with a zone; None is now (a live judgement), anything else is as-of (L14).
        limits: upper bounds on the input.
        asking: relying region, matter and the like.
    """
    return examine(source, trust=trust, policy=policy, at=at, limits=limits, asking=asking)[0]


def examine(
    source: str | Path | bytes,
    *,
    trust: Trust | None = None,
    policy: Policy | None = None,
    at: datetime | None = None,
    limits: Limits | None = None,
    asking: Asking | None = None,
) -> tuple[Report[VerifiedCertificate], Asked | None]:
    """Return the report of `verify`, and the question that was put to agreements, where one was asked.

    The question alone is no verdict; what simulates puts it again, to other regions and at other times.
    """
    ask, bounds, rules = asking or Asking(), limits or Limits(), policy or Policy.default()
    given: Trust = trust or TrustStore.empty()
    now = at or datetime.now(UTC)
    setting = _setting(source, given, ask, now, mode=_mode(given, at))
    try:
        data = _read(source, bounds)
        setting = replace(setting, subject=replace(setting.subject, size=len(data)))
        facts = inspect_document(data, bounds, _scope(rules, ask))
    except MalformedInput as error:
        problem = failed(error.code, **error.params)
        failure = report_of_error(problem, rules, at=now, setting=setting, exit_code=_UNREADABLE)
        return failure, None
    subject = replace(
        setting.subject, sha256=facts.sha256, media_type=facts.media_type, size=facts.size
    )
    setting = replace(setting, subject=subject)
    reading = read_data(facts, at=now, matter=ask.matter, limits=bounds, profiles=ask.profiles)
    need = need_of(facts, reading, relying=ask.relying, limits=bounds)
    store, unusable = _narrowed(given, need)
    setting = _trusting(setting, store, ask, now) if unusable is None else setting
    found = relate(facts, reading, store, at=now, limits=bounds)
    found = replace(found, case=settle(found.case, rules, now))
    setting = _with_clock(_with_types(setting, ask), found.case, now)
    found, lacking = _look_closer(found, facts, data, rules, bounds)
    value = _value(found, store, rules, setting, now)
    asked = None
    if ask.relying is not None:
        asked, setting = _with_recognition(found, store, setting, now)
    report = report_of(found.case, rules, at=now, setting=setting, value=value)
    unusable = unusable or store.usable()
    return _with_exit(report, facts, rules, unusable, lacking), asked


def _narrowed(trust: Trust, need: Need) -> tuple[TrustStore, TrustError | None]:
    """Return what the file needs of the trust; nothing, and why, where that cannot be used (exit 5)."""
    try:
        return trust.narrowed(need), None
    except TrustError as error:
        return TrustStore.empty(), error


def _scope(rules: Policy, ask: Asking) -> Scope:
    """Return what need not be read: nothing but signatures is asked, and no region either."""
    asked = ask.relying is not None or "conformity" not in rules.unasked
    return "everything" if asked else "signatures"


def _look_closer(
    found: Assessed, facts: DocumentFacts, data: bytes, rules: Policy, limits: Limits
) -> tuple[Assessed, Reason | None]:
    """Look at the pages where the policy asks for more than their text (L8), or say what is missing."""
    if rules.face_level in ("none", "text_layer"):
        return found, None
    from ecert.issuance.redraw import Redrawing, missing

    name = missing()
    if name is not None:
        lacking = Reason.of("face.software_missing", level=rules.face_level, name=name)
        return _not_looked_at(found, lacking), lacking
    from ecert.verification.face_levels import look_closer

    level = rules.face_level
    return look_closer(found, facts, data, level=level, drawer=Redrawing(), limits=limits), None


def _not_looked_at(found: Assessed, lacking: Reason) -> Assessed:
    data = found.case.data
    if data is None or data.face.ok is not True:
        return found
    face = Outcome(ok=None, code=lacking.code, params=lacking.params)
    return replace(found, case=replace(found.case, data=replace(data, face=face)))


def _with_recognition(
    found: Assessed, store: TrustStore, setting: Setting, now: datetime
) -> tuple[Asked, Setting]:
    """Return the question, and the setting with the fourth axis and its conditions (floor 9)."""
    index = find_issuer_signature(found.case)
    profile = found.reading.profile
    asked = Asked.of(
        found.case,
        index,
        relying=setting.relying or "",
        matter=setting.matter,
        profile_id=profile.id if profile is not None else None,
    )
    found_out = evaluate(asked, knowledge_at(store, now, mode=setting.mode), at=now)
    conditions = (*setting.conditions, *found_out.conditions)
    explanation = with_pins(found_out.explanation, setting.trust)
    setting = replace(setting, recognition=found_out.axis, explanation=explanation)
    return asked, replace(setting, conditions=conditions)


def _with_exit(
    report: Report[VerifiedCertificate],
    facts: DocumentFacts,
    rules: Policy,
    unusable: TrustError | None,
    lacking: Reason | None,
) -> Report[VerifiedCertificate]:
    """Mark a report whose input was unreadable (4), or whose trust or software was unusable (5, L8, L15)."""
    unread = next(
        (o for o in (facts.format.recognized, facts.format.within_limits) if o.ok is not True), None
    )
    if unread is not None and unread.code is not None:
        return replace(report, error=Reason(unread.code, unread.params), error_exit=_UNREADABLE)
    if unusable is not None and rules.accept == "allowed":
        reason = Reason.of(unusable.code, **unusable.params)
        return replace(report, error=reason, error_exit=_UNUSABLE)
    if lacking is not None:
        return replace(report, error=lacking, error_exit=_UNUSABLE)
    return report


def _setting(
    source: str | Path | bytes, trust: Trust, ask: Asking, now: datetime, *, mode: Mode
) -> Setting:
    """Return what surrounds a file before anything of the trust was needed."""
    name = ask.name or ("" if isinstance(source, bytes) else Path(source).name)
    return Setting(
        subject=Subject(index=ask.index, name=name),
        mode=mode,
        assumptions=assumptions_of(trust),
        relying=ask.relying,
        matter=ask.matter,
        tool=tool(),
        trust=_unread(trust, now),
        test_trust=ask.test_trust if trust.test_only else "not_test",
    )


def _unread(trust: Trust, now: datetime) -> tuple[Pin, ...]:
    """Return the pins of a trust of which nothing was needed yet."""
    if isinstance(trust, TrustStore):
        return trust.pins(now)
    return (Pin(id=trust.name, version="", sha256=trust.sha256, state="unread"),)


def _trusting(setting: Setting, store: TrustStore, ask: Asking, now: datetime) -> Setting:
    """Return the setting with what was read of the trust: its pins, its age, its doubts (L13, L19)."""
    if store.assumptions:  # L14: also where a trust of another kind hands them out only now
        setting = replace(setting, mode=Mode.SIMULATED, assumptions=store.assumptions)
    return replace(
        setting,
        trust=store.pins(now),
        test_trust=ask.test_trust if store.test_only else "not_test",
        conditions=doubts_about_trust(store, now, mode=setting.mode),
        trust_ends=store.dated.ends if store.dated is not None else None,
    )


def assumptions_of(trust: Trust) -> tuple[str, ...]:
    """Return what a trust takes as true and is not; only a store read whole can carry any."""
    return trust.assumptions if isinstance(trust, TrustStore) else ()


def _mode(trust: Trust, at: datetime | None) -> Mode:
    """L14: whoever judges by assumptions simulates, at whatever instant."""
    if assumptions_of(trust):
        return Mode.SIMULATED
    return Mode.AS_OF if at is not None else Mode.LIVE


def _with_types(setting: Setting, ask: Asking) -> Setting:
    """Pin the folder of further types, after it was read.

    Raises:
        ProfileError: ``profile.folder_changed`` when it is not the one that was asked for.
    """
    if ask.profiles is None:
        return setting
    found = folder_digest(ask.profiles)
    if ask.profiles_sha256 not in ("", found):
        raise ProfileError(
            "profile.folder_changed",
            f"{ask.profiles.name} has other profiles than before",
            params={"folder": ask.profiles.name},
        )
    pin = Pin(id=ask.profiles.name, version="", sha256=found, state="profiles")
    return replace(setting, trust=(*setting.trust, pin))


def _with_clock(setting: Setting, case: Case, now: datetime) -> Setting:
    """L13: what an authority signed and the file brings was seen too; its dates raise the same doubt."""
    if setting.mode is not Mode.LIVE or setting.conditions:
        return setting
    return replace(setting, conditions=doubts_about_clock(dates_in_file(case), now))


def _read(source: str | Path | bytes, limits: Limits) -> bytes:
    """Return the bytes of the source, its size checked first.

    Raises:
        MalformedInput: not a readable regular file, or too large.
    """
    if isinstance(source, bytes):
        size = len(source)
    else:
        path = Path(source)
        try:
            if not path.is_file():
                raise MalformedInput("input.not_a_file", "not a regular file")
            size = path.stat().st_size
        except OSError as error:
            raise MalformedInput("input.unreadable", str(error.strerror or error)) from error
    if size > limits.file_bytes:
        params = {"size": size, "limit": limits.file_bytes}
        raise MalformedInput("format.too_large", f"{size} bytes", params=params)
    if isinstance(source, bytes):
        return source
    try:
        with Path(source).open("rb") as stream:
            return stream.read(limits.file_bytes + 1)
    except OSError as error:
        raise MalformedInput("input.unreadable", str(error.strerror or error)) from error


def _value(
    found: Assessed, store: TrustStore, rules: Policy, setting: Setting, now: datetime
) -> VerifiedCertificate | None:
    """Return the value a live accept would hand out; `Report.require` alone gives it away."""
    if setting.mode is Mode.SIMULATED:
        return None
    reading, data = found.reading, found.case.data
    index = find_issuer_signature(found.case)
    if reading.certificate is None or reading.profile is None or data is None or index is None:
        return None
    signature = next(s for s in found.case.signatures if s.index == index)
    name = signature.signer.name if signature.signer else ""
    when = effective_time(signature.time, proven_times(signature))
    return VerifiedCertificate(
        certificate=reading.certificate,
        subject_sha256=setting.subject.sha256,
        issuer_code=data.issuer_code or "",
        issuer_name=name,
        area_code=data.area_code or "",
        type_code=data.type_code or "",
        profile_id=reading.profile.id,
        issue_date=data.issue_date,
        signing_grade=when.grade,
        signing_time=when.latest,
        at=now,
        mode=setting.mode,
        policy_sha256=rules.sha256,
        trust_sha256=store.sha256,
        listing=issuer_entry(signature, data),
        state=found.case.status.state if found.case.status.answer == "listed" else "",
    )


def fault_report(
    problem: Outcome,
    source: str | Path | bytes,
    *,
    policy: Policy,
    at: datetime | None,
    asking: Asking,
    assumptions: tuple[str, ...] = (),
) -> Report[VerifiedCertificate]:
    """Return the report of a fault of our own: refer, exit 70; ``at`` as for `verify`."""
    now, store = at or datetime.now(UTC), replace(TrustStore.empty(), assumptions=assumptions)
    setting = _setting(source, store, asking, now, mode=_mode(store, at))
    return report_of_error(problem, policy, at=now, setting=setting, exit_code=_INTERNAL)
