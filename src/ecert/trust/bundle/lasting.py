"""What a register has said in one bundle it says in the next: a cascade never revives (L19).

Only the newest edition of a file is in a bundle, so an event that it leaves out would be forgotten by
silence. Whoever has the bundle before refuses the one that forgets. A role that its delegator has
withdrawn takes its words with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ecert.trust.bundle.content import Item
from ecert.trust.bundle.refusing import refuse
from ecert.trust.entities import EntityFile, Event

__all__ = ["check_lasting"]


def check_lasting(before: Iterable[Item], after: Iterable[Item], *, roles: Iterable[str]) -> None:
    """Refuse a bundle whose registers leave out, or tell otherwise, what they said before.

    Args:
        before, after: files of both bundles; only events of registers count. roles: of the new one.

    Raises:
        TrustError: ``bundle.event_dropped``.
    """
    told = {(code, event) for _, code, event in _said(after)}
    known = frozenset(roles)
    for path, code, event in _said(before):
        if path.split("/", maxsplit=1)[0] in known and (code, event) not in told:
            raise refuse(
                "bundle.event_dropped",
                f"{path}: event {event.event_id} of {code} is left out or told otherwise",
                path=path,
                event=event.event_id[:80],
            )


def _said(items: Iterable[Item]) -> Iterator[tuple[str, str, Event]]:
    for item in items:
        if isinstance(item.document, EntityFile):
            for events in item.document.events.values():
                for event in events:
                    yield item.path, item.document.register.code, event
