"""`ecert trust {show,check,init-test}`: the operator's trust folder, and a TEST-ONLY one to try things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import UNUSABLE, Console, stop
from ecert.commands.options import common, read_instant
from ecert.commands.shown import certificate, show
from ecert.commands.trust_keys import key
from ecert.commands.trust_publishing import add, delegate, init
from ecert.commands.trust_rounds import publish, stage
from ecert.commands.trust_signing import inspect, sign
from ecert.commands.trust_store import diff, import_, status

if TYPE_CHECKING:
    from ecert.trust.issuers import IssuerList
    from ecert.trust.store import TrustStore

__all__ = ["trusts"]


@click.group("trust", short_help="trust folders and bundles · 信任目录与信任包")
def trusts() -> None:
    """Whom to believe: anchors, issuers, revocation, status, agreements. Nothing is trusted by default.

    A plain folder: show, check, init-test. A federation: init, key, delegate, add, stage, sign, publish.
    Its users: import, status, diff.
    """


for _command in (init, key, delegate, add, stage, sign, publish, inspect, import_, status, diff):
    trusts.add_command(_command)


@trusts.command("show", short_help="show what it holds · 查看")
@click.argument("folder")
@common
def show_(console: Console, *, folder: str) -> int:
    """Show the anchors, issuers, lists and agreements of a trust folder."""
    from ecert.trust.store import TrustStore

    show(console, "ecert.trust/1", _body(TrustStore.load(folder)), reveal=True)
    return 0


def _body(store: TrustStore) -> dict[str, Any]:
    return {
        "name": store.name,
        "sha256": store.sha256,
        "test_only": store.test_only,
        "signed": store.signed,
        "anchors": [certificate(c) for c in store.anchors],
        "issuer_lists": [_issuers(known) for known in store.issuer_lists],
        "crls": [
            {"issuer": c.issuer, "this_update": c.this_update, "next_update": c.next_update}
            for c in store.crls
        ],
        "ocsp": [
            {"serial": f"{one.serial:x}", "says": one.says, "this_update": one.this_update}
            | {"next_update": one.next_update, "revoked_at": one.revoked_at}
            for response in store.ocsps
            for one in response.responses
        ],
        "status": [
            {"list_id": s.list_id, "version": s.version, "issued_at": s.issued_at}
            | {"next_update": s.next_update, "certificates": len(s.certificates)}
            | {"seals": len(s.seals), "issuer": s.issuer, "certificate_type": s.certificate_type}
            for s in store.status_files
        ],
        "entities": [
            {"list_id": r.list_id, "version": r.version, "issued_at": r.issued_at}
            | {"next_update": r.next_update, "register": r.register.code}
            | {"territories": list(r.register.territories)}
            | {"events": sum(len(events) for events in r.events.values())}
            for r in store.entities
        ],
        "agreements": [
            {"id": a.agreement_id, "version": a.version, "title": a.title, "effect": a.effect}
            for a in store.knowledge.agreements
        ],
    }


def _issuers(known: IssuerList) -> dict[str, Any]:
    return {
        "list_id": known.list_id,
        "version": known.version,
        "issued_at": known.issued_at,
        "next_update": known.next_update,
        "listings": [
            {"authority": x.authority, "name": x.name, "kind": x.kind, "territory": x.territory}
            | {"types": list(x.certificate_types), "spki_sha256": x.spki_sha256}
            for x in known.listings
        ],
    }


@trusts.command(short_help="check whether it can be used · 检查是否可用")
@click.argument("folder")
@click.option("--at", metavar="TIME", help="as of a time with zone · 按指定时间检查")
@common
def check(console: Console, *, folder: str, at: str | None) -> int:
    """Check a trust folder. Exit: 0 usable and fresh, 5 unusable or out of date."""
    from ecert.trust.store import TrustStore

    moment = read_instant(at) or datetime.now(UTC)
    store = TrustStore.load(folder)
    problems: list[tuple[str, dict[str, Any]]] = []
    unusable = store.usable()
    if unusable is not None:
        problems.append((unusable.code, dict(unusable.params)))
    problems += [
        ("trust.out_of_date", {"name": name, "until": until.isoformat()})
        for name, until in _deadlines(store)
        if until < moment
    ]
    code = UNUSABLE if problems else 0
    if console.is_json:
        found = [{"code": c, "params": p} for c, p in problems]
        body = {"name": store.name, "sha256": store.sha256, "test_only": store.test_only}
        console.emit_json(
            {"schema": "ecert.trust-check/1", **body, "exit": code, "problems": found}
        )
        return code
    for name, params in problems:
        console.emit(f"{console.sentence(name, params)}  [{name}]")
    counts = (
        len(store.anchors),
        sum(len(known.listings) for known in store.issuer_lists),
        len(store.knowledge.agreements),
    )
    console.emit(
        console.say(
            f"{store.name}：信任锚 {counts[0]}，登记密钥 {counts[1]}，吊销列表 {len(store.crls)}，"
            f"OCSP 应答 {len(store.ocsps)}，状态文件 {len(store.status_files)}，"
            f"登记事件文件 {len(store.entities)}，协议 {counts[2]}",
            f"{store.name}: {counts[0]} anchors, {counts[1]} listed keys, {len(store.crls)} CRLs, "
            f"{len(store.ocsps)} OCSP responses, {len(store.status_files)} status files, "
            f"{len(store.entities)} files of register events, {counts[2]} agreements",
        )
    )
    return code


def _deadlines(store: TrustStore) -> Iterator[tuple[str, datetime]]:
    """Yield when the newest edition of each source ends; older ones may be kept as evidence."""
    yield from ((known.list_id, known.next_update) for known in store.issuer_lists)
    dated = [
        (s.list_id, s.publisher.encode(), s.issued_at, s.next_update) for s in store.status_files
    ]
    dated += [
        (r.list_id, r.register.code.encode(), r.issued_at, r.next_update) for r in store.entities
    ]
    dated += [
        (c.issuer, c.point_der or b"", c.this_update, c.next_update)
        for c in store.crls
        if c.next_update is not None
    ]
    dated += [
        (f"OCSP {one.serial:x}", one.key_hash, one.this_update, one.next_update)
        for response in store.ocsps
        for one in response.responses
        if one.next_update is not None
    ]
    dated.sort(key=lambda item: item[2])
    newest = {(name, scope): until for name, scope, _, until in dated}
    yield from ((name, until) for (name, _), until in newest.items())


@trusts.command("init-test", short_help="make a TEST-ONLY kit to try things · 生成测试用材料")
@click.argument("folder")
@click.option("--certificate", "certificates", multiple=True, metavar="CERT.json",
              help="list it as valid in the status file (repeat) · 在状态文件中列为有效")  # fmt: skip
@common
def init_test(console: Console, *, folder: str, certificates: Sequence[str]) -> int:
    """Make a trust folder, keys, a seal and a sample record, all TEST ONLY, in a new folder."""
    from ecert.commands.demo_kit import write_kit

    root = Path(folder)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        stop("usage.not_empty", name=folder)
    paths = write_kit(root, certificates, at=datetime.now(UTC).replace(microsecond=0))
    if console.is_json:
        console.emit_json({"schema": "ecert.test-kit/1", "paths": [p.as_posix() for p in paths]})
    else:
        console.emit("\n".join(p.as_posix() for p in paths))
    return 0
