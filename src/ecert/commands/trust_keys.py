"""`ecert trust key {new,add,remove,show}`: keys of a federation; private ones never enter a workspace."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import INTERNAL, Console, stop
from ecert.commands.files import read_bytes, secrets_from, write_output
from ecert.commands.options import common
from ecert.commands.shown import show

if TYPE_CHECKING:
    from ecert.crypto.signer import Secrets
    from ecert.trust.bundle.keys import Key

__all__ = ["LABELS", "described", "fingerprints", "key", "named_counts", "passwords"]

KINDS = ("sm2", "ed25519", "p256", "p384", "rsa")
_SHORTEST = 8
_KEY_BYTES = 64 * 1024
LABELS = {
    "keyid": "密钥编号", "keytype": "密钥类型", "scheme": "签名方式", "grouped": "分组指纹",
    "spoken": "朗读指纹", "private": "私钥文件", "public": "公钥文件", "role": "角色", "keys": "密钥",
    "threshold": "须签数量", "compulsory": "必须包含", "fingerprint": "指纹",
}  # fmt: skip


@click.group("key", short_help="keys of a federation · 密钥")
def key() -> None:
    """Make keys, register their public halves for a role, compare fingerprints."""


def fingerprints(digest: str) -> dict[str, str]:
    """Return a digest as people compare it."""
    from ecert.trust.publishing.fingerprint import grouped, spoken

    return {"grouped": grouped(digest), "spoken": spoken(digest)}


def described(found: Key) -> dict[str, Any]:
    """Return a public key as shown."""
    return {
        "keyid": found.keyid,
        "keytype": found.keytype,
        "scheme": found.scheme,
        **fingerprints(found.keyid),
    }


@key.command("new", short_help="make a key pair · 生成密钥")
@click.argument("out", metavar="KEY.pem")
@click.option("--kind", type=click.Choice(KINDS), default="sm2", show_default=True,
              help="kind of key · 密钥种类")  # fmt: skip
@click.option(
    "--password-fd", type=int, metavar="N", help="read the new password there · 口令文件描述符"
)
@common
def new(console: Console, *, out: str, kind: str, password_fd: int | None) -> int:
    """Make a key: encrypted PKCS#8 that only its owner may read, and beside it the public half.

    KEY.pem stays with whoever signs. KEY.pub.json goes to the publisher; the fingerprint that is
    printed is compared with him by telephone.
    """
    from ecert.crypto.keys import PrivateKey
    from ecert.model.canonical import canonical_bytes
    from ecert.trust.bundle.keys import Key

    target = Path(out)
    public = target.with_suffix(".pub.json")
    for path in (target, public):
        if path.exists():
            stop("usage.exists", name=str(path))
    secret = PrivateKey.generate(kind)
    found = Key.of(secret.public)
    password = _new_password(console, out, password_fd)
    _write_private(target, secret.to_pkcs8(password))
    write_output(console, str(public), canonical_bytes(found.to_json()) + b"\n", inputs=[out])
    body = {"private": out, "public": str(public), **described(found)}
    show(console, "ecert.trust-key/1", body, reveal=True, labels=LABELS)
    return 0


def passwords(console: Console, password_fd: int | None) -> Secrets:
    """Return what answers for the passwords of several keys: a prompt each, or the lines of a descriptor.

    One line serves all keys; of several lines each key, in the order of its first use, has its own.
    """
    if password_fd is None:
        return secrets_from(console, None)
    lines = _read_lines(password_fd)
    known: dict[str, bytes] = {}

    def ask(uri: str) -> bytes | None:
        return known.setdefault(uri, lines[min(len(known), len(lines) - 1)])

    return ask


def _read_lines(number: int) -> list[bytes]:
    try:
        data = b""
        while len(data) < _KEY_BYTES and (more := os.read(number, _KEY_BYTES)):
            data += more
    except OSError:
        stop("usage.password_fd", value=number)
    return data.splitlines() or [b""]


def _new_password(console: Console, out: str, password_fd: int | None) -> bytes:
    """Return a new password: from a descriptor, or typed twice."""
    if password_fd is not None:
        found = passwords(console, password_fd)(out) or b""
    elif sys.stdin is None or not sys.stdin.isatty():
        stop("usage.new_password")
    else:
        found, again = (
            getpass.getpass(console.say(zh, en), stream=console.err).encode()
            for zh, en in (("新口令：", "new password: "), ("再输一次：", "once more: "))
        )
        if found != again:
            stop("usage.password_differs")
    if len(found) < _SHORTEST:
        stop("usage.password_short", least=_SHORTEST)
    return found


def _write_private(path: Path, data: bytes) -> None:
    """Create the file for its owner alone; nothing that exists is ever overwritten."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        what = error.strerror or "output error"
        stop("output.file_failed", exit_code=INTERNAL, name=str(path), what=what)


@key.command(short_help="register public keys for a role · 登记公钥")
@click.argument("workspace")
@click.argument("files", nargs=-1, required=True, metavar="KEY.pub.json...")
@click.option("--role", "roles", multiple=True, required=True, metavar="ROLE",
              help="who signs with it (repeat) · 角色")  # fmt: skip
@click.option("--threshold", type=click.IntRange(1, 64), metavar="N",
              help="how many keys must sign · 须签数量")  # fmt: skip
@click.option("--compulsory", multiple=True, metavar="ALGORITHM=N",
              help="of which so many by this algorithm (repeat) · 必须包含的算法")  # fmt: skip
@common
def add(
    console: Console,
    *,
    workspace: str,
    files: Sequence[str],
    roles: Sequence[str],
    threshold: int | None,
    compulsory: Sequence[str],
) -> int:
    """Register public keys in a workspace. Nothing changes for anybody until it is signed."""
    from ecert.trust.publishing.workspace import Workspace, read_key

    keys = [read_key(read_bytes(name, _KEY_BYTES), name) for name in files]
    space = Workspace(Path(workspace))
    with space.locked():
        plan = space.plan()
        for name in roles:
            role = _planned(plan.roles, name)
            plan = plan.with_role(
                replace(
                    role,
                    keys=tuple(dict.fromkeys((*role.keys, *(k.keyid for k in keys)))),
                    threshold=threshold or role.threshold,
                    compulsory=named_counts(compulsory) or role.compulsory,
                )
            )
        for found in keys:
            space.add_key(found)
        space.save_plan(plan)
        detail = {"roles": list(roles), "keys": [k.keyid for k in keys]}
        space.record("key-added", detail, at=datetime.now(UTC))
    body = {"role": list(roles), "keys": [described(k) for k in keys]}
    show(console, "ecert.trust-keys/1", body, reveal=True, labels=LABELS)
    return 0


@key.command(short_help="take a key from a role · 撤下密钥")
@click.argument("workspace")
@click.argument("keyid", metavar="KEYID|KEY.pub.json")
@click.option("--role", "roles", multiple=True, metavar="ROLE",
              help="only from this role (repeat); from all by default · 角色")  # fmt: skip
@common
def remove(console: Console, *, workspace: str, keyid: str, roles: Sequence[str]) -> int:
    """Take a key from its roles: lost, stolen, or its holder left. It counts once this is published.

    KEYID may be shortened to its first 8 digits or more where only one key begins so.
    """
    from ecert.trust.publishing.workspace import Workspace, read_key

    if Path(keyid).is_file():
        keyid = read_key(read_bytes(keyid, _KEY_BYTES), keyid).keyid
    space = Workspace(Path(workspace))
    with space.locked():
        plan = space.plan()
        named = [_planned(plan.roles, name) for name in roles] or list(plan.roles.values())
        held = sorted({k for r in named for k in r.keys if k.startswith(keyid.lower())})
        if len(held) != 1 or len(keyid) < _SHORTEST:
            stop("usage.no_such_key", keyid=keyid)
        changed = [r for r in named if held[0] in r.keys]
        for role in changed:
            plan = plan.with_role(replace(role, keys=tuple(k for k in role.keys if k != held[0])))
        space.save_plan(plan)
        detail = {"roles": [r.name for r in changed], "keys": held}
        space.record("key-removed", detail, at=datetime.now(UTC))
    body = {"keyid": held[0], "role": [r.name for r in changed]}
    show(console, "ecert.trust-key-removed/1", body, reveal=True, labels=LABELS)
    return 0


@key.command("show", short_help="fingerprint of a public key · 查看指纹")
@click.argument("file")
@common
def show_(console: Console, *, file: str) -> int:
    """Show a public key's fingerprint, in the forms that people compare and read aloud."""
    from ecert.trust.publishing.workspace import read_key

    found = read_key(read_bytes(file, _KEY_BYTES), file)
    show(console, "ecert.trust-key/1", described(found), reveal=True, labels=LABELS)
    return 0


def _planned(roles: Any, name: str) -> Any:
    if name not in roles:
        stop("publish.unplanned", exit_code=5, role=name)
    return roles[name]


def named_counts(texts: Sequence[str]) -> dict[str, int]:
    """Return ``ALGORITHM=N`` as numbers."""
    from ecert.trust.bundle.keys import ALGORITHMS

    found = {}
    for text in texts:
        name, _, count = text.partition("=")
        if name not in ALGORITHMS or not count.isdecimal() or not 0 < int(count) <= 64:  # noqa: PLR2004 - as in the plan
            stop("usage.bad_value", name="--compulsory", allowed=f"{'|'.join(ALGORITHMS)}=N")
        found[name] = int(count)
    return found
