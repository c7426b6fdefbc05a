"""What a report says of persons in passing: names of files, attachments, form fields, signers (L26).

Fields of the certificate are masked where they are shown; this is about texts of the file that
stand in reasons and evidence. Masked are citizens' numbers, and the personal identifiers that this very
certificate states (the ECID of a natural person among them). Codes of bodies and digests stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import is_
from typing import TYPE_CHECKING, Any

from ecert.report.check import Check, Evidence, Reason
from ecert.report.outcome import Scalar
from ecert.report.text import PERSON, mask, mask_numbers

if TYPE_CHECKING:
    from ecert.report.report import FieldView, Report, SignatureSummary

__all__ = ["masked", "masked_reason"]

_BORN = re.compile(
    r"\d{6}(?:18|19|20)?\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]?", re.ASCII
)
"""A citizen's number states a day of birth (GB 11643); codes of bodies have the same lengths."""
_RUN = re.compile(r"\d{15}")
_DIGEST = re.compile(r"[0-9a-f]{40,}")
_IDENTIFIER = 15
"""Characters from which a personal value is an identifier; names and words are no safe pattern."""
_MOST = 64
_SECRET = ("value", "into")
"""Members of an explanation that hold a certificate's own value, where it is personal."""
_ROOT = re.compile(r"\d+(?:\.\d+){4}\.(?=.)")
"""What stands before an ECID's own parts; file names often leave it out."""

_Hide = Callable[[str], str]


def masked(report: Report[Any]) -> Report[Any]:
    """Return the report with every text of the file masked where it carries a person's identifier."""
    own = _identifiers(report)

    def hide(text: str) -> str:
        if len(text) < _IDENTIFIER:
            return text
        for value in own:
            text = text.replace(value, mask(value))
        plain = _RUN.search(text) is None or _DIGEST.fullmatch(text)
        return text if plain else PERSON.sub(_citizen, text)

    view = report.certificate
    if view is not None:
        view = replace(view, fields={n: _field(item, hide) for n, item in view.fields.items()})
    return replace(
        report,
        subject=replace(report.subject, name=mask_numbers(hide(report.subject.name))),
        root=_check(report.root, hide),
        signatures=tuple(_signature(one, hide) for one in report.signatures),
        certificate=view,
        recognition=explained(report.recognition, hide, _SECRET) if report.recognition else None,
        error=_reason(report.error, hide) if report.error is not None else None,
    )


def explained(node: Any, show: Callable[[str], str], secret: tuple[str, ...] = ()) -> Any:
    """Return plain data with every text shown by ``show``.

    Args:
        secret: members that are masked whole where ``personal: true`` stands beside them.
    """
    if isinstance(node, str):
        return show(node)
    if isinstance(node, list | tuple):
        return [explained(item, show, secret) for item in node]
    if not isinstance(node, Mapping):
        return node
    masked_here = secret if node.get("personal") is True else ()
    return {
        name: _hidden(item) if name in masked_here else explained(item, show, secret)
        for name, item in node.items()
    }


def _hidden(item: Any) -> Any:
    return [mask(str(x)) for x in item] if isinstance(item, list) else mask(str(item))


def masked_reason(reason: Reason) -> Reason:
    """Return a reason that belongs to no report, its values masked."""
    return _reason(reason, lambda text: PERSON.sub(_citizen, text))


def _identifiers(report: Report[Any]) -> tuple[str, ...]:
    """Return the personal identifiers that the certificate states, the longest first."""
    view = report.certificate
    values = [f.value for f in view.fields.values() if f.personal] if view is not None else []
    found = {v for v in values if isinstance(v, str) and any(map(str.isdigit, v))}
    found |= {_ROOT.sub("", value, count=1) for value in found}
    known = sorted((v for v in found if len(v) >= _IDENTIFIER), key=lambda v: (-len(v), v))
    return tuple(known[:_MOST])


def _citizen(found: re.Match[str]) -> str:
    born = _BORN.fullmatch(unicodedata.normalize("NFKC", found.group()))
    return mask(found.group()) if born else found.group()


def _value(value: Scalar, hide: _Hide) -> Scalar:
    return hide(value) if isinstance(value, str) else value


def _reason(reason: Reason, hide: _Hide) -> Reason:
    if not any(isinstance(value, str) and hide(value) != value for _, value in reason.params):
        return reason
    return replace(reason, params=tuple((name, _value(v, hide)) for name, v in reason.params))


def _evidence(item: Evidence, hide: _Hide) -> Evidence:
    value = item.value if item.personal else _value(item.value, hide)
    source = item.source if item.source is None else hide(item.source)
    same = value == item.value and source == item.source
    return item if same else replace(item, value=value, source=source)


def _check(check: Check, hide: _Hide) -> Check:
    """Return a node; what nothing was hidden in stays the very object it was."""
    if not (check.reasons or check.evidence or check.children):
        return check
    reasons = tuple([_reason(one, hide) for one in check.reasons])
    evidence = tuple([_evidence(one, hide) for one in check.evidence])
    children = tuple([_check(one, hide) for one in check.children])
    if (
        all(map(is_, reasons, check.reasons))
        and all(map(is_, evidence, check.evidence))
        and all(map(is_, children, check.children))
    ):
        return check
    return replace(check, reasons=reasons, evidence=evidence, children=children)


def _signature(one: SignatureSummary, hide: _Hide) -> SignatureSummary:
    signer = hide(one.signer) if one.signer is not None else None
    uncovered = tuple([hide(path) for path in one.uncovered])
    if (signer, uncovered) == (one.signer, one.uncovered):
        return one
    return replace(one, signer=signer, uncovered=uncovered)


def _field(item: FieldView, hide: _Hide) -> FieldView:
    source = hide(item.source)
    return item if source == item.source else replace(item, source=source)
