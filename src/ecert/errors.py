"""What ecert raises: each class carries a code, its values and a hint; none holds logic.

Bad *content* of a certificate is never raised to a caller of a verdict function: it becomes a check in a
report. These classes are for wrong arguments, unusable configuration and low-level parsers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecert.report import Report

Scalar = str | int | bool | None
Params = Mapping[str, Scalar]

__all__ = [
    "ECertError",
    "InvalidIdentifier",
    "MalformedDocument",
    "MalformedInput",
    "MalformedSeal",
    "MappingError",
    "MissingExtra",
    "PolicyError",
    "ProfileError",
    "SigningError",
    "TrustError",
    "VerificationError",
]


class ECertError(Exception):
    """Base of every error this library raises on purpose.

    Args:
        code: stable reason code, e.g. ``"uscc.check"``; never translated.
        message: one line, lower case, no full stop, naming the value and the expectation.
        params: values for the message catalogue.
        hint: what the caller can do about it, or ``""``.
    """

    def __init__(
        self, code: str, message: str = "", *, params: Params | None = None, hint: str = ""
    ) -> None:
        self.code = code
        self.message = message or code
        self.params: dict[str, Scalar] = dict(params or {})
        self.hint = hint
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), dict(self.__dict__))


def _rebuild(cls: type[ECertError], state: dict[str, Any]) -> ECertError:
    """Rebuild a pickled error without running its constructor (process pools need this)."""
    error = cls.__new__(cls)
    error.__dict__.update(state)
    Exception.__init__(error, state.get("message", ""))
    return error


class InvalidIdentifier(ECertError, ValueError):
    """An identifier's text breaks its scheme; ``span`` points at the wrong characters.

    Args:
        kind: the scheme, e.g. ``"uscc"``.
        value: the text as given (personal for natural persons: renderers mask it).
        span: half-open character range of the fault in ``value``.
        expected: what stands there in a right value, where the scheme can tell.
    """

    def __init__(  # noqa: PLR0913 - each field is asked for by name at the call site
        self,
        code: str,
        message: str,
        *,
        kind: str,
        value: str,
        span: tuple[int, int] = (0, 0),
        expected: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(code, message, params={"kind": kind, "expected": expected}, hint=hint)
        self.kind = kind
        self.value = value
        self.span = span
        self.expected = expected

    def pointer(self) -> str:
        """Return the value with a line of carets under the fault."""
        start, end = self.span
        return f"{self.value}\n{' ' * start}{'^' * max(1, end - start)}"


class ProfileError(ECertError):
    """A certificate type's definition is unusable; the message names file and path inside it."""


class PolicyError(ECertError):
    """A verification policy is unusable or unknown."""


class MappingError(ECertError):
    """A record mapping is unusable; the message names file and path inside it."""


class MalformedInput(ECertError):
    """Bytes that a low-level parser cannot read (DER, X.509, CMS, CRL, JSON)."""


class MalformedDocument(MalformedInput):
    """A container (PDF, OFD) that cannot be read, or that exceeds a limit."""


class MalformedSeal(MalformedInput):
    """An electronic seal or seal signature that has none of the known shapes."""


class TrustError(ECertError):
    """Trust material is missing, unreadable or contradicts itself: configuration unusable (exit 5)."""


class SigningError(ECertError):
    """A key cannot be opened, or a signature cannot be made."""


class MissingExtra(ECertError, ImportError):
    """An optional part is not installed; the message names the extra to install."""


class VerificationError(ECertError):
    """Raised by ``Report.require()`` when the verdict is not a live accept."""

    def __init__(self, report: Report[Any]) -> None:
        super().__init__("report.not_accepted", f"not accepted: {report.decision.value}")
        self.report = report
