"""`ecert trust {sign,inspect}`: on the machine of whoever holds a key, without a network or a workspace."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import UNUSABLE, Console, stop
from ecert.commands.files import read_bytes, write_output
from ecert.commands.options import common
from ecert.commands.shown import show
from ecert.commands.trust_keys import described, fingerprints, passwords
from ecert.commands.trust_publishing import LABELS as _LABELS
from ecert.commands.trust_rounds import opened_key, request_body

if TYPE_CHECKING:
    from ecert.trust.publishing.request import Request

__all__ = ["inspect", "sign"]

LABELS = _LABELS | {
    "kind": "种类", "signatures": "签名", "signature": "签名文件", "expires": "有效期至",
    "issued_at": "签发时间", "roles": "角色", "delegations": "委托", "payload": "内容",
    "test_only": "仅供测试", "files": "文件", "scope": "范围", "name": "名称", "supersedes": "接续",
    "acts": "操作", "act": "操作", "at": "时间", "detail": "内容", "head": "记录摘要", "number": "序号",
}  # fmt: skip
_BYTES = 128 * 1024 * 1024
_SHORT = 16


@click.command(short_help="sign a request · 签名")
@click.argument("requests", nargs=-1, required=True, metavar="REQUEST.json...")
@click.option("--key", "key_file", required=True, metavar="KEY.pem", help="own key · 自己的私钥")
@click.option("--out", "-o", required=True, metavar="DIR", help="folder for signatures · 输出目录")
@click.option("--yes", is_flag=True, help="do not ask before signing · 不再询问")
@click.option(
    "--password-fd", type=int, metavar="N", help="read the password there · 口令文件描述符"
)
@common
def sign(
    console: Console,
    *,
    requests: Sequence[str],
    key_file: str,
    out: str,
    yes: bool,
    password_fd: int | None,
) -> int:
    """Check signing requests, show what they change, and sign them.

    Whatever is shown is worked out from the bytes that are signed; a request that says anything
    else is refused. Compare the fingerprint with the publisher by telephone.
    """
    from ecert.trust.bundle.keys import Key
    from ecert.trust.publishing.request import sign_request

    folder = Path(out)
    if not folder.is_dir():
        stop("usage.no_folder", name=out)
    read = [(name, _request(name)) for name in requests]
    key = opened_key(key_file, passwords(console, password_fd))
    shown = []
    for name, request in read:
        body = {"file": name, **request_body(console, request)}
        if not yes:
            if console.is_json:  # read by a program, not by whoever signs
                stop("usage.unread")
            show(console, "ecert.trust-request/1", body, reveal=True, labels=LABELS)
            _agree(console, request)
        signed = sign_request(request, key)
        target = folder / signed.name
        write_output(console, str(target), signed.to_bytes(), inputs=[name, key_file])
        shown.append({"signature": str(target), "keyid": Key.of(key.public).keyid, **body})
    if not yes:
        shown = [{"signature": one["signature"]} for one in shown]
    show(console, "ecert.trust-signed/1", {"signatures": shown}, reveal=True, labels=LABELS)
    return 0


def _agree(console: Console, request: Request) -> None:
    """Ask on a terminal; without one nobody has read what was shown, and nothing is signed."""
    if sys.stdin is None or not sys.stdin.isatty():
        stop("usage.unread")
    zh = f"签署 {request.role} 版本 {request.version}？"
    en = f"Sign {request.role} version {request.version}?"
    if not click.confirm(console.say(zh, en), err=True):
        stop("usage.not_signed")


def _request(name: str) -> Request:
    from ecert.trust.publishing.request import parse_request

    return parse_request(read_bytes(name, _BYTES), Path(name).name)


@click.command(short_help="show a request, signature, envelope, key or bundle · 查看")
@click.argument("path")
@common
def inspect(console: Console, *, path: str) -> int:
    """Show what a file of a federation, or a whole bundle, says. Nothing is decided by it.

    A request is checked part against part; of an envelope the payload is shown and its signatures
    are listed, not verified, because only the role that delegates knows the keys.
    """
    body = _folder(Path(path)) if Path(path).is_dir() else _file(console, path)
    show(console, "ecert.trust-inspect/1", {"file": path, **body}, reveal=True, labels=LABELS)
    return 0


def _file(console: Console, path: str) -> dict[str, Any]:
    from ecert.trust.bundle.dsse import read_json
    from ecert.trust.bundle.floors import parse_floors
    from ecert.trust.publishing.request import parse_request, parse_signature
    from ecert.trust.publishing.workspace import read_key

    data, name = read_bytes(path, _BYTES), Path(path).name
    if name.endswith(".jsonl"):
        return _transcript(data)
    if not data.lstrip().startswith(b"{"):
        return {"kind": "key", **described(read_key(data, name))}
    parsed = read_json(data, name, limit=_BYTES)
    if "payloadType" in parsed:
        return _envelope(data, name)
    if "keytype" in parsed:
        return {"kind": "key", **described(read_key(data, name))}
    schema = parsed.get("schema")
    if schema == "ecert.signature/1":
        signed = parse_signature(data, name)
        body = {"role": signed.role, "version": signed.version, "sha256": signed.sha256}
        return {"kind": "signature", **body, "keyid": signed.signature.keyid}
    if schema == "ecert.signing-request/1":
        return {"kind": "request", **request_body(console, parse_request(data, name))}
    if schema != "ecert.floors/1":
        stop("usage.not_of_a_federation", name=path, exit_code=UNUSABLE)
    floors = parse_floors(data, name)
    found = {n: {"version": f.version, "sha256": f.sha256} for n, f in floors.roles.items()}
    return {"kind": "floors", "roles": found}


def _transcript(data: bytes) -> dict[str, Any]:
    from ecert.trust.publishing.transcript import head, read_transcript

    acts = [
        {"number": str(e.number), "at": e.at, "act": e.act, "detail": dict(e.detail)}
        for e in read_transcript(data)
    ]
    return {"kind": "transcript", "head": head(data), "acts": acts}


def _envelope(data: bytes, name: str) -> dict[str, Any]:
    from ecert.trust.bundle.dsse import parse_envelope, read_json
    from ecert.trust.bundle.payloads import Targets
    from ecert.trust.publishing.bodies import parse_body

    envelope = parse_envelope(data, name, limit=len(data))
    said = read_json(envelope.payload, name, limit=len(data))
    kind = str(said.get("_type")) if isinstance(said, dict) else ""
    role = kind
    if kind == "targets":
        role = name.removesuffix(".json").partition(".")[2] or "targets"
    body = parse_body(envelope.payload, role)
    found: dict[str, Any] = {
        "kind": "envelope",
        "role": role,
        "version": body.base.version,
        "issued_at": body.base.terms.issued_at,
        "expires": body.base.expires,
        "supersedes": body.base.terms.supersedes,
        "test_only": body.base.terms.test_only,
        "sha256": envelope.sha256,
        **fingerprints(envelope.sha256),
        "signatures": [s.keyid for s in envelope.signatures],
    }
    if isinstance(body, Targets):
        found["complete"] = body.base.terms.complete
        found["delegations"] = [
            {"role": d.name, "threshold": d.role.threshold, "compulsory": dict(d.role.compulsory)}
            | {"may_sign": list(d.role.keyids), "scope": d.scope.to_json()}
            for d in body.delegations
        ]
        found["files"] = [f.path for f in body.files]
    return found


def _folder(path: Path) -> dict[str, Any]:
    """Return what a bundle says of itself; whose it is, only a fingerprint from elsewhere can tell."""
    from ecert import __version__
    from ecert.trust.bundle.machine import Start
    from ecert.trust.publishing.published import first_root, open_bundle
    from ecert.trust.publishing.workspace import read_bundle

    files = read_bundle(path)
    root = first_root(files)
    if not root:
        stop("usage.not_of_a_federation", name=str(path), exit_code=UNUSABLE)
    found = open_bundle(files, Start(anchor=root, engine=__version__))
    assert found.opened is not None
    versions = [*found.opened.base, *(r.path[-1] for r in found.roles.values())]
    return {
        "kind": "bundle",
        "sha256": found.opened.sha256,
        "root": {"sha256": root, **fingerprints(root)},
        "test_only": found.opened.root.base.terms.test_only,
        "roles": [
            {"name": v.name, "version": v.version, "issued_at": v.issued_at, "expires": v.expires}
            | {"sha256": v.sha256}
            for v in versions
        ],
        "files": sorted(found.targets()),
    }
