"""`ecert trust {import,status,diff}`: bundles on the side of whoever judges by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import UNUSABLE, Console, stop
from ecert.commands.files import read_bytes, write_output
from ecert.commands.options import common, read_instant
from ecert.commands.shown import show
from ecert.commands.trust_keys import fingerprints
from ecert.commands.trust_publishing import LABELS as _LABELS
from ecert.commands.trust_rounds import ending, told

if TYPE_CHECKING:
    from ecert.trust.bundle.admitting import Admitted
    from ecert.trust.bundle.floors import Floors
    from ecert.trust.bundle.freshness import Dated
    from ecert.trust.bundle.local import LocalStore
    from ecert.trust.bundle.trusting import BundleTrust
    from ecert.trust.publishing.comparing import Side
    from ecert.trust.store import TrustStore

__all__ = ["diff", "import_", "status"]

LABELS = _LABELS | {
    "store": "存放目录", "counts": "数量", "anchors": "信任锚", "issuers": "机关", "keys": "登记密钥",
    "agreements": "协议", "rules": "规则", "deviations": "统异", "status": "状态清单",
    "entities": "主体登记", "crls": "吊销列表", "ocsp": "OCSP 应答", "freshness": "时效",
    "expires": "到期", "days_left": "剩余天数", "first_to_expire": "最先到期", "floors": "版本下限",
    "lowered": "重置的下限", "ignored": "不认识的成员", "old": "旧", "new": "新", "changed": "变化",
    "test_only": "仅供测试", "impact": "影响", "imported": "已导入", "grace_ends": "宽限截止",
    "problems": "问题", "seen": "见过的最晚签发时间", "role": "角色",
}  # fmt: skip
_STATES = {
    "fresh": ("有效", "fresh"),
    "stale": ("已过期 {days} 天，尚在宽限期内", "stale for {days} days, within the local grace"),
    "expired": ("已过期 {days} 天", "expired {days} days ago"),
    "frozen": ("仅供审计", "for audits only"),
    "clock_suspect": ("本机时钟可疑", "the clock is suspect"),
}
_FLOOR_BYTES = 8 * 1024 * 1024
_SOON = timedelta(days=3)
_DAY = timedelta(days=1)


@click.command("import", short_help="take in a bundle · 导入信任包")
@click.argument("bundle")
@click.option("--store", required=True, metavar="DIR", help="where bundles are kept · 存放目录")
@click.option("--root", metavar="FINGERPRINT",
              help="of the root, from elsewhere; needed once · 根指纹，首次导入必需")  # fmt: skip
@click.option("--floor", metavar="FILE", help="configured least versions · 版本下限文件")
@common
def import_(
    console: Console, *, bundle: str, store: str, root: str | None, floor: str | None
) -> int:
    """Verify a bundle whole and make it the current one of a store.

    The first import needs the root's fingerprint, got by telephone or on paper: nothing is trusted
    because it came first. Exit: 0 imported, 5 refused (the store stays as it was), or imported but
    nothing can be judged by it (no anchors, no issuers).
    """
    from ecert import __version__
    from ecert.trust.bundle.files import folder_reader
    from ecert.trust.bundle.floors import Floors
    from ecert.trust.bundle.local import LocalStore
    from ecert.trust.bundle.machine import Start, open_top
    from ecert.trust.publishing.comparing import compare
    from ecert.trust.publishing.fingerprint import parse_fingerprint

    anchor = parse_fingerprint(root) if root else ""
    place = LocalStore(Path(store))
    before = _current(console, place)
    start = Start(anchor=anchor, floors=_floors(floor), engine=__version__)
    read = folder_reader(Path(bundle))
    if anchor:
        open_top(
            read, replace(start, floors=Floors())
        )  # also where the store knows its root by now
    admitted = place.import_(read, start, at=datetime.now(UTC))
    trust = place.open(engine=__version__)
    whole = trust.whole()
    unusable = whole.usable()
    after = _side(trust)
    body = _imported(console, store, admitted, test_only=whole.test_only)
    body["changed"] = [
        {"role": name, "changes": told(console, words)}
        for name, words in (compare(before, after) if before else ())  # at first all of it is new
    ]
    code = 0 if unusable is None else UNUSABLE
    if unusable is not None:
        console.warn(unusable.code, unusable.params)
    body |= ending(console, code)
    show(console, "ecert.trust-import/1", body, reveal=True, labels=LABELS)
    return code


def _imported(
    console: Console, store: str, admitted: Admitted, *, test_only: bool
) -> dict[str, Any]:
    from ecert.trust.publishing.comparing import counts

    fresh = admitted.freshness
    return {
        "store": store,
        "bundle": admitted.sha256,
        "test_only": test_only,
        "counts": {
            "roles": len(admitted.loaded.roles),
            **counts(i for _, i in admitted.loaded.items),
        },
        "freshness": _state(console, fresh.state, fresh.days),
        "lowered": list(admitted.lowered),
        "ignored": [f"{role}: {member}" for role, member in admitted.ignored],
    }


def _state(console: Console, state: str, days: int) -> str:
    return console.say(*_STATES[state]).format(days=days)


def _floors(path: str | None) -> Floors:
    from ecert.trust.bundle.floors import Floors, parse_floors

    if path is None:
        return Floors()
    return parse_floors(read_bytes(path, _FLOOR_BYTES), Path(path).name)


def _current(console: Console, place: LocalStore) -> Side | None:
    """Return the bundle that a store has now, for comparison; None where it has none.

    One that cannot be used any more (a newer program may refuse it) must not stand in the way of its
    successor: its floors hold all the same.
    """
    from ecert import __version__
    from ecert.errors import TrustError

    if not place.state().current:
        return None
    try:
        return _side(place.open(engine=__version__))
    except TrustError as error:
        console.warn(error.code, error.params)
        return None


def _side(trust: BundleTrust) -> Side:
    from ecert.trust.bundle.selecting import Everything
    from ecert.trust.bundle.trusting import load
    from ecert.trust.publishing.comparing import Side

    loaded = load(trust.read, trust.opened, Everything())
    return Side(opened=trust.opened, roles=loaded.roles, read=trust.read)


@click.command(short_help="freshness, floors, counts of a store · 查看存放目录状态")
@click.argument("store")
@click.option("--at", metavar="TIME", help="as of a time with zone · 按指定时间检查")
@click.option("--floor", metavar="FILE", help="configured least versions · 版本下限文件")
@click.option("--write-floor", metavar="FILE",
              help="hand its floors on, for machines without a store · 另存版本下限")  # fmt: skip
@common
def status(
    console: Console, *, store: str, at: str | None, floor: str | None, write_floor: str | None
) -> int:
    """Show what a store would judge by: freshness, days left, floors, how much it holds.

    Everything is verified again; the floors are handed on first, also by a store whose bundle is
    damaged. Exit: 0 usable, 5 not (expired, no anchors, no issuers, damaged).
    """
    from ecert import __version__
    from ecert.trust.bundle.local import LocalStore

    moment = read_instant(at) or datetime.now(UTC)
    place = LocalStore(Path(store))
    known = place.state().floors
    if write_floor is not None:
        write_output(
            console, write_floor, known.to_bytes() + b"\n", inputs=[floor] if floor else []
        )
    trust = place.open(engine=__version__, floors=_floors(floor))
    whole = trust.whole()
    assert whole.dated is not None
    problems = list(_problems(whole, whole.dated, moment))
    for code, params in problems:
        console.warn(code, params)
    fresh = whole.dated.at(moment)
    exit_code = 0 if fresh.usable and whole.usable() is None else UNUSABLE
    body: dict[str, Any] = {
        "store": store,
        "bundle": trust.sha256,
        "test_only": whole.test_only,
        "freshness": _state(console, fresh.state, fresh.days),
        "expires": whole.dated.expires,
        "days_left": max(0, (whole.dated.expires - moment) // _DAY),
        "first_to_expire": min(whole.dated.roles, key=lambda v: v.expires).name,
        "grace_ends": whole.dated.ends,
        "counts": _counts(whole),
        "seen": known.seen,
        "floors": {name: f.version for name, f in sorted(known.roles.items())},
        "problems": [{"code": code, "params": params} for code, params in problems],
        **ending(console, exit_code),
    }
    show(console, "ecert.trust-status/1", body, reveal=True, labels=LABELS)
    return exit_code


def _problems(
    whole: TrustStore, dated: Dated, moment: datetime
) -> Sequence[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    fresh = dated.at(moment)
    if fresh.code is not None:
        found.append((fresh.code, {"days": fresh.days, "role": fresh.role}))
    elif dated.expires - moment < _SOON:
        first = min(dated.roles, key=lambda v: v.expires)
        until = first.expires.isoformat()
        found.append(("publish.expires_soon", {"role": first.name, "until": until}))
    unusable = whole.usable()
    if unusable is not None:
        found.append((unusable.code, dict(unusable.params)))
    return found


def _counts(whole: TrustStore) -> dict[str, int]:
    known = [listing for known in whole.issuer_lists for listing in known.listings]
    return {
        "anchors": len(whole.anchors),
        "issuers": len({listing.authority for listing in known}),
        "keys": len({listing.spki_sha256 for listing in known}),
        "agreements": len(whole.knowledge.agreements),
        "rules": len(whole.knowledge.rules),
        "deviations": len(whole.knowledge.deviations),
        "status": len(whole.status_files),
        "entities": len(whole.entities),
        "crls": len(whole.crls),
        "ocsp": len(whole.ocsps),
    }


@click.command(short_help="what changed between two bundles · 比较两个信任包")
@click.argument("old")
@click.argument("new")
@click.option("--impact", metavar="REPORT", help="impact report of this change · 影响报告")
@common
def diff(console: Console, *, old: str, new: str, impact: str | None) -> int:
    """Compare two bundles, or stores, by role: issuers, agreements, rules, keys, in words.

    A folder of a bundle is verified from its own first root, NEW from that of OLD. Whose bundle it
    is, only a fingerprint from elsewhere can tell. Exit: 0 compared, 5 one of them is unusable.
    """
    from ecert.trust.publishing.comparing import compare

    before, first = _opened(old, "")
    after, _ = _opened(new, first)
    body: dict[str, Any] = {
        "old": before.opened.sha256,
        "new": after.opened.sha256,
        "root": {"sha256": first, **fingerprints(first)} if first else None,
        "changed": [
            {"role": name, "changes": told(console, words)}
            for name, words in compare(before, after)
        ],
    }
    if impact is None:
        body["impact"] = console.say(
            "没有影响报告：不知道有多少证照的结论会改变（ecert rules impact）",
            "no impact report: nobody knows how many answers change (ecert rules impact)",
        )
    else:
        body["impact"] = _impact(impact, before, after)
    show(console, "ecert.trust-diff/1", body, reveal=True, labels=LABELS)
    return 0


def _impact(path: str, old: Side, new: Side) -> dict[str, Any]:
    """Return the counts of an impact report, which must be of these two bundles."""
    from ecert.trust.bundle.dsse import read_json

    data = read_bytes(path, _FLOOR_BYTES)
    report = read_json(data, Path(path).name, limit=_FLOOR_BYTES)
    named = [
        str(report.get(side, {}).get("sha256", "")) if isinstance(report, dict) else ""
        for side in ("old", "new")
    ]
    if named != [old.opened.sha256, new.opened.sha256]:
        stop("publish.other_impact", exit_code=UNUSABLE, name=path)
    counted = report.get("counts")
    return dict(counted) if isinstance(counted, dict) else {}


def _opened(path: str, anchor: str) -> tuple[Side, str]:
    """Return a bundle in a folder or the current one of a store, with the root it was verified from."""
    from ecert import __version__
    from ecert.trust.bundle.files import folder_reader
    from ecert.trust.bundle.local import LocalStore
    from ecert.trust.bundle.machine import Start
    from ecert.trust.bundle.trusting import BundleTrust
    from ecert.trust.publishing.published import first_root

    if (Path(path) / "state.json").is_file():
        return _side(LocalStore(Path(path)).open(engine=__version__)), anchor
    read = folder_reader(Path(path))
    data = read("metadata/root/1.json", _FLOOR_BYTES)
    if data is None:
        stop("usage.not_of_a_federation", exit_code=UNUSABLE, name=path)
    start = Start(anchor=anchor or first_root({"metadata/root/1.json": data}), engine=__version__)
    return _side(BundleTrust.open(read, start, name=Path(path).name)), start.anchor
