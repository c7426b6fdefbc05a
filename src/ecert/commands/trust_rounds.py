"""`ecert trust {stage,publish}`: from a workspace to signing requests, from signatures to a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import UNUSABLE, Console
from ecert.commands.files import read_bytes
from ecert.commands.options import common
from ecert.commands.shown import show
from ecert.commands.trust_keys import fingerprints, passwords
from ecert.commands.trust_publishing import LABELS, SOURCE_BYTES

if TYPE_CHECKING:
    from ecert.crypto.signer import Secrets
    from ecert.trust.publishing.request import Request
    from ecert.trust.publishing.rounds import Done, Waiting
    from ecert.trust.publishing.staging import Asked
    from ecert.trust.publishing.wording import Words
    from ecert.trust.publishing.workspace import Workspace
    from ecert.trust.rule import Rule

__all__ = ["check_rule", "ending", "opened_key", "publish", "request_body", "stage", "told"]


@click.command(short_help="make the signing requests · 生成签名请求")
@click.argument("workspace")
@click.option("--renew", multiple=True, metavar="ROLE",
              help="issue anew though unchanged (repeat) · 续期")  # fmt: skip
@click.option("--reset-floors", "resets", multiple=True, metavar="ROLE",
              help="versions may start again, after a theft of keys · 版本号从头再来")  # fmt: skip
@common
def stage(console: Console, *, workspace: str, renew: Sequence[str], resets: Sequence[str]) -> int:
    """Check everything that changed and write a signing request for each role that must sign.

    Exit: 0 requests wait in requests/, 5 something is unfit to be signed, or there is nothing to do.
    """
    from ecert.trust.publishing.staging import prepare
    from ecert.trust.publishing.workspace import Workspace

    space = Workspace(Path(workspace))
    console.progress(console.say("正在检查内容……", "checking the content ..."))
    with space.locked():
        made = prepare(space, _asked(renew=renew, resets=tuple(resets)))
    shown = [{"file": f"requests/{r.name}", **request_body(console, r)} for r in made]
    body: dict[str, Any] = {"workspace": workspace, "requests": shown}
    body["next"] = console.say(
        "把请求文件交给保管人，用 ecert trust sign 签名，签名文件放回 signatures/，再运行 ecert trust publish",
        "have the requests signed with ecert trust sign, put what comes back into signatures/, then "
        "run ecert trust publish",
    )
    show(console, "ecert.trust-staged/1", body, reveal=True, labels=LABELS)
    return 0


def request_body(console: Console, request: Request) -> dict[str, Any]:
    """Return a request as shown: what it changes, who must sign, and its fingerprint."""
    needs = [
        {"by": a.by, "threshold": a.role.threshold, "compulsory": dict(a.role.compulsory)}
        | {"may_sign": list(a.role.keyids)}
        for a in request.authorities
    ]
    return {
        "role": request.role,
        "version": request.version,
        "sha256": request.sha256,
        **fingerprints(request.sha256),
        "needs": needs,
        "changes": told(console, request.changes()),
    }


def ending(console: Console, code: int) -> dict[str, int]:
    """Return the exit code for a document; whoever reads text sees it in the shell."""
    return {"exit": code} if console.is_json else {}


def told(console: Console, words: Sequence[Words]) -> Any:
    """Return sentences in both languages for JSON, else numbered in the reader's."""
    if console.is_json:
        return [w.to_json() for w in words]
    return {str(n): console.say(w.zh, w.en) for n, w in enumerate(words, 1)}


def _asked(*, renew: Sequence[str] = (), resets: tuple[str, ...] = ()) -> Asked:
    from ecert import __version__
    from ecert.trust.publishing.staging import Asked

    now = datetime.now(UTC).replace(microsecond=0)
    return Asked(at=now, engine=__version__, check_rule=check_rule, renew=renew, resets=resets)


def check_rule(rule: Rule) -> None:
    """Refuse a rule that its linter or its own tests find fault with (D5): all findings at once.

    Raises:
        TrustError: one finding. ExceptionGroup: several.
    """
    from ecert.errors import TrustError
    from ecert.recognition.rules.linting import lint_rule

    findings, _ = lint_rule(rule)
    errors = [TrustError(f.code, f.code, params=f.params, hint=f.hint) for f in findings]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup(f"{rule.rule_id} is not fit to be signed", errors)


@click.command(short_help="put the signed bundle in its place · 发布")
@click.argument("workspace")
@click.option("--key", "keys", multiple=True, metavar="KEY.pem",
              help="sign with it here what waits for it (repeat) · 在本机签名的密钥")  # fmt: skip
@click.option(
    "--password-fd", type=int, metavar="N", help="read the password there · 口令文件描述符"
)
@click.option("--impact", metavar="REPORT", help="impact report, noted in the record · 影响报告")
@common
def publish(
    console: Console,
    *,
    workspace: str,
    keys: Sequence[str],
    password_fd: int | None,
    impact: str | None,
) -> int:
    """Take the signatures that came back; when all thresholds are met, verify and publish.

    Snapshot and timestamp come last, since they pin the rest: they are usually signed here, with
    --key. Exit: 0 published, 5 signatures are still missing, or something is wrong.
    """
    from ecert.trust.publishing.rounds import Done
    from ecert.trust.publishing.rounds import publish as step
    from ecert.trust.publishing.workspace import Workspace

    space = Workspace(Path(workspace))
    secrets = passwords(console, password_fd)
    console.progress(
        console.say("正在组装并核验信任包……", "assembling and verifying the bundle ...")
    )
    with space.locked():
        asked = _asked()
        if impact is not None:
            _note_impact(space, impact, asked)
        result = step(space, asked)
        while not isinstance(result, Done) and _signed_here(space, result, keys, secrets):
            result = step(space, asked)
    if isinstance(result, Done):
        if impact is None and result.tells_more:
            console.warn("publish.no_impact")
        if result.unusable is not None:
            console.warn(result.unusable.code, result.unusable.params)
        show(
            console,
            "ecert.trust-published/1",
            _done(console, space, result),
            reveal=True,
            labels=LABELS,
        )
        return 0
    body: dict[str, Any] = {"state": "waiting", **ending(console, UNUSABLE)}
    body["waiting"] = [_waiting(console, w) for w in result]
    show(console, "ecert.trust-published/1", body, reveal=True, labels=LABELS)
    return UNUSABLE


def _note_impact(space: Workspace, impact: str, asked: Asked) -> None:
    from ecert.trust.reading import sha256_hex

    data = read_bytes(impact, SOURCE_BYTES)
    detail = {"file": Path(impact).name, "sha256": sha256_hex(data)}
    space.record("impact", detail, at=asked.at)


def _signed_here(
    space: Workspace, waiting: Sequence[Waiting], keys: Sequence[str], secrets: Secrets
) -> bool:
    """Sign what waits for one of the keys at hand; return whether anything came of it."""
    from ecert.trust.bundle.keys import Key
    from ecert.trust.publishing.request import sign_request

    made = False
    for name in keys:
        key = opened_key(name, secrets)
        keyid = Key.of(key.public).keyid
        for one in waiting:
            if keyid in one.request.keys and keyid not in one.signed:
                signed = sign_request(one.request, key)
                space.write(f"signatures/{signed.name}", signed.to_bytes())
                made = True
    return made


def opened_key(path: str, secrets: Secrets) -> Any:
    """Return the private key in a file."""
    from ecert.crypto import keyforms
    from ecert.crypto.keys import PrivateKey

    data = read_bytes(path, keyforms.MAX_KEY_FILE)
    encrypted = keyforms.read_key_block(data).form == "encrypted"
    return PrivateKey.from_pkcs8(data, secrets(path) if encrypted else None)


def _waiting(console: Console, one: Waiting) -> dict[str, Any]:
    missing = [k for k in one.request.keys if k not in one.signed]
    return {
        "file": f"requests/{one.request.name}",
        "role": one.request.role,
        "version": one.request.version,
        "sha256": one.request.sha256,
        "why": console.sentence(one.why.code, one.why.params),
        "signed": list(one.signed),
        "may_sign": missing,
    }


def _done(console: Console, space: Workspace, done: Done) -> dict[str, Any]:
    from ecert.trust.publishing.published import first_root
    from ecert.trust.publishing.transcript import head

    opened = done.published.opened
    assert opened is not None
    root = first_root(done.published.files)
    return {
        "state": "published",
        "bundle": opened.sha256,
        "versions": {name: str(version) for name, version in done.versions.items()},
        "root": {"sha256": root, **fingerprints(root)},
        "transcript": head(space.transcript()),
        **ending(console, 0),
    }
