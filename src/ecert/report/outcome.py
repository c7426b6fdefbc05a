"""One piece of arithmetic, without opinion: it held, it did not, or it could not be computed."""

from __future__ import annotations

from dataclasses import dataclass

from ecert.report.verdict import Verdict

__all__ = ["NOT_COMPUTED", "OK", "Outcome", "Scalar", "failed", "unknown"]

Scalar = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one computation over bytes.

    Args:
        ok: True, False, or None where it could not be computed.
        code: reason code, required unless ``ok`` is True (may carry a note when True).
        params: values for the catalogue's placeholders, as sorted pairs.
    """

    ok: bool | None
    code: str | None = None
    params: tuple[tuple[str, Scalar], ...] = ()

    def __post_init__(self) -> None:
        if self.ok is not True and not self.code:
            raise ValueError("an outcome that does not hold needs a reason code")

    @property
    def verdict(self) -> Verdict:
        """PASSED, FAILED or INDETERMINATE."""
        return _VERDICTS[self.ok]


_VERDICTS = {True: Verdict.PASSED, False: Verdict.FAILED, None: Verdict.INDETERMINATE}
OK = Outcome(ok=True)
NOT_COMPUTED = Outcome(ok=None, code="check.not_computed")


def failed(code: str, **params: Scalar) -> Outcome:
    """Return an outcome that does not hold, with its reason."""
    return Outcome(ok=False, code=code, params=tuple(sorted(params.items())))


def unknown(code: str, **params: Scalar) -> Outcome:
    """Return an outcome that could not be computed, with its reason."""
    return Outcome(ok=None, code=code, params=tuple(sorted(params.items())))
