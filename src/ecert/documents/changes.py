"""One thing that was changed in a document after somebody signed it: a fact, in words by its code.

Whether it breaks a verdict is not said here; ``permitted`` is what the signer's own rules say of it
(DocMDP, FieldMDP: ISO 32000-2, 12.8.2), which is less than L6 asks of what follows an issuer.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecert.report.outcome import Outcome, Scalar

__all__ = ["Change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change.

    Args:
        code: reason code ``change.*``, which names level and kind.
        params: values for its text: page, name, what, count.
        permitted: what certification and field locks say; None where the signer set no rule.

    """

    code: str
    params: tuple[tuple[str, Scalar], ...] = ()
    permitted: bool | None = None

    @property
    def outcome(self) -> Outcome:
        """The change as a note."""
        return Outcome(ok=True, code=self.code, params=self.params)

    @property
    def value(self) -> str:
        """The change for a program: its values and what the rules say of it."""
        said = {True: "permitted", False: "not_permitted", None: "no_rule"}[self.permitted]
        return "; ".join((*(f"{name}={value}" for name, value in self.params), said))
