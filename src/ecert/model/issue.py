"""What is wrong with one field, as data: raises nothing, holds no personal value (L26)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ecert.errors import ECertError, InvalidIdentifier
from ecert.report.outcome import Outcome, Scalar

__all__ = ["Cause", "FieldIssue"]

Params = tuple[tuple[str, Scalar], ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a value is not what its kind demands.

    Args:
        code: reason code, e.g. ``"value.too_long"`` or ``"uscc.check"``.
        params: values for the catalogue; never the value itself.
        place: position inside a list or table value, e.g. ``"[2].name"``, or ``""``.
        ok: False, or None where the rule itself cannot decide.

    """

    code: str
    params: Params = ()
    place: str = ""
    ok: bool | None = False

    @classmethod
    def of(cls, code: str, **params: Scalar) -> Cause:
        """Return a cause with its parameters in stable order."""
        return cls(code, tuple(sorted(params.items())))

    @classmethod
    def from_identifier(cls, error: InvalidIdentifier) -> Cause:
        """Return the cause an identifier's own scheme gives, without the identifier."""
        return cls(error.code, tuple(sorted(error.params.items())))

    def at(self, place: str) -> Cause:
        """Return the same cause further inside a value."""
        return replace(self, place=place + self.place)


@dataclass(frozen=True, slots=True)
class FieldIssue:
    """One rule that one field breaks.

    Args:
        field: where, e.g. ``"fields.uscc"`` or ``"metadata.issueDate"``.
        code: ``field.missing``, ``field.invalid``, ``field.conflict``, ``ecid.mismatch`` ...
        label: the Chinese name a clerk knows.
        cause: the exact cause, where ``code`` is ``field.invalid``.
        params: more values for the catalogue entry of ``code``, sorted.
        ok: False for a broken rule; None where it cannot be decided (an unknown, not an error).

    """

    field: str
    code: str
    label: str = ""
    cause: Cause | None = None
    params: Params = ()
    ok: bool | None = False

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return the issue as coded outcomes: the rule first, then its exact cause."""
        own = {**dict(self.params), "field": self.field, "label": self.label or self.field}
        first = Outcome(self.ok, self.code, tuple(sorted(own.items())))
        if self.cause is None:
            return (first,)
        return first, Outcome(self.ok, self.cause.code, self.cause.params)

    def to_error(self) -> ECertError:
        """Return the exception that says the same, for those who were creating."""
        exact = self.cause.code if self.cause else ""
        params: dict[str, Scalar] = {}
        for outcome in reversed(self.outcomes()):
            params.update(outcome.params)
        message = f"{self.field}: {self.code}" + (f" ({exact})" if exact else "")
        return ECertError(self.code, message, params={**params, "cause": exact or None})
