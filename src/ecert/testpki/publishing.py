"""A worked federation as a signed bundle: keys made at run time, signed through the publisher's own steps.

The same workspace, requests, signatures and checks that a province would use; only that one process
holds every key. TEST ONLY (L4): the root says so, and no key is written anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from ecert import __version__
from ecert.crypto.keys import PrivateKey
from ecert.errors import TrustError
from ecert.recognition.rules.linting import lint_rule
from ecert.testpki.authority import SyntheticPKI
from ecert.testpki.federation import Federation
from ecert.trust.bundle.keys import Key
from ecert.trust.bundle.rootchain import Start
from ecert.trust.bundle.trusting import BundleTrust
from ecert.trust.publishing.published import first_root, reader
from ecert.trust.publishing.request import parse_request, sign_request
from ecert.trust.publishing.rounds import Done, Waiting, publish
from ecert.trust.publishing.staging import Asked, prepare
from ecert.trust.publishing.workspace import Workspace
from ecert.trust.rule import Rule

__all__ = ["Publisher"]

_ROOT_KEYS = 3
_ROUNDS = 3
"""All roles, then the snapshot, then the timestamp: each pins those before it."""
_BEFORE = timedelta(hours=1)


@dataclass(slots=True)
class Publisher:
    """Everybody who signs in one federation.

    Args:
        folder: an empty folder for the workspace. keys: by id of the public key.
        signed: requests that were signed.
    """

    folder: Path
    keys: dict[str, PrivateKey] = field(default_factory=dict, repr=False)
    signed: set[bytes] = field(default_factory=set, repr=False)

    @property
    def workspace(self) -> Workspace:
        """The publisher's workspace."""
        return Workspace(self.folder)

    def publish(self, federation: Federation, pki: SyntheticPKI, *, at: datetime) -> Path:
        """Write and sign everything, an hour before an instant; return the folder of the bundle.

        Raises:
            TrustError: as the publisher's steps.
        """
        if not self.keys:
            self._found(federation)
        space = self.workspace
        for path, data in {**federation.files, **_certificates(pki)}.items():
            space.write(f"roles/{path}", data)
        asked = Asked(at=at - _BEFORE, engine=__version__, check_rule=_fit)
        with space.locked():
            prepare(space, asked)
            waiting: tuple[Waiting, ...] = ()
            for _ in range(_ROUNDS):
                self._sign(space)
                step = publish(space, asked)
                if isinstance(step, Done):
                    return space.published
                waiting = step
        raise waiting[0].why

    def trust(self) -> BundleTrust:
        """Return the published bundle, opened from the fingerprint of its first root."""
        files = self.files()
        start = Start(anchor=first_root(files), engine=__version__)
        return BundleTrust.open(reader(files), start, name=self.workspace.plan().name)

    def files(self) -> Mapping[str, bytes]:
        """Return the published bundle as path -> bytes."""
        return self.workspace.published_files()

    def _found(self, federation: Federation) -> None:
        """Make the keys and lay out the workspace."""
        plan = federation.plan
        for role in plan.roles.values():
            made = [self._key() for _ in range(_ROOT_KEYS if role.name == "root" else 1)]
            plan = plan.with_role(replace(role, keys=tuple(key.keyid for key in made)))
        space = Workspace.create(self.folder, plan)
        for private in self.keys.values():
            space.add_key(Key.of(private.public))

    def _key(self) -> Key:
        private = PrivateKey.generate("sm2")
        key = Key.of(private.public)
        self.keys[key.keyid] = private
        return key

    def _sign(self, space: Workspace) -> None:
        """Sign what waits, each request once: the snapshot pins the very signatures."""
        for name, data in space.requests().items():
            if data in self.signed:
                continue
            request = parse_request(data, name)
            for keyid in request.keys:
                made = sign_request(request, self.keys[keyid])
                space.write(f"signatures/{made.name}", made.to_bytes())
            self.signed.add(data)


def _fit(rule: Rule) -> None:
    """Refuse a rule that its linter or its own tests find fault with."""
    findings, _ = lint_rule(rule)
    if findings:
        first = findings[0]
        raise TrustError(first.code, first.code, params=first.params, hint=first.hint)


def _certificates(pki: SyntheticPKI) -> dict[str, bytes]:
    """Return the roots of the test PKI and their revocation lists, as the nation's files."""
    found: dict[str, bytes] = {}
    for kind, (_, root) in pki.roots.items():
        found[f"nation/anchors/root-{kind}.cer"] = root.der
        found[f"nation/crls/root-{kind}.crl"] = pki.crl(kind)
    return found
