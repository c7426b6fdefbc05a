"""What one new version of a role changes, in words: keys, delegations, files, dates.

Both payloads are parsed from the bytes that are signed; nothing is taken from anybody's description.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from ecert.trust.bundle.keys import Key, Role
from ecert.trust.bundle.payloads import Delegation, Root, Snapshot, Targets, Terms, Timestamp
from ecert.trust.bundle.scope import Scope
from ecert.trust.publishing.bodies import Body
from ecert.trust.publishing.wording import KIND_WORDS, Words, changed_documents

__all__ = ["Find", "role_changes"]

Find = Callable[[str], bytes | None]
"""Returns the bytes of a file by its SHA-256; None where they are not at hand."""


def role_changes(role: str, old: Body | None, new: Body, find: Find) -> tuple[Words, ...]:
    """Return what a new version of a role changes."""
    return tuple(_changes(role, old, new, find))


def _changes(role: str, old: Body | None, new: Body, find: Find) -> Iterator[Words]:
    version, until = new.base.version, _time(new.base.expires)
    if old is None:
        yield Words(
            f"{role} 第一次发布：版本 {version}，有效至 {until}",
            f"{role} is new: version {version}, valid until {until}",
        )
    else:
        yield Words(
            f"{role}：版本 {old.base.version} → {version}，有效至 {until}",
            f"{role}: version {old.base.version} to {version}, valid until {until}",
        )
    yield from _terms(role, old, new)
    match new:
        case Root():
            yield from _root(old if isinstance(old, Root) else None, new)
        case Targets():
            yield from _targets(old if isinstance(old, Targets) else None, new, find)
        case Snapshot():
            yield from _snapshot(old if isinstance(old, Snapshot) else None, new)
        case Timestamp():
            yield Words(
                f"指向 snapshot 版本 {new.snapshot.version}",
                f"points to snapshot version {new.snapshot.version}",
            )


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _terms(role: str, old: Body | None, new: Body) -> Iterator[Words]:
    was, now = old.base.terms if old else None, new.base.terms
    if now.complete != (was.complete if was else False):
        if now.complete:
            yield Words(
                "声明名单完整：没有列入的，就是不予认可",
                "the list is declared complete: what is not in it is not recognised",
            )
        else:
            yield Words("不再声明名单完整", "the list is no longer declared complete")
    if now.test_only != (was.test_only if was else False) and role == "root":
        yield (
            Words("仅供测试", "TEST ONLY")
            if now.test_only
            else Words("不再标明仅供测试", "no longer marked TEST ONLY")
        )
    yield from _other_terms(was, now)
    for name in now.resets:
        yield Words(
            f"允许 {name} 的版本号从头再来（用于密钥被盗后的恢复）",
            f"the versions of {name} may start again (recovery after a theft of keys)",
        )


def _other_terms(was: Terms | None, now: Terms) -> Iterator[Words]:
    """Yield every other member that differs: what is signed must all be told."""
    old = was or Terms(issued_at=now.issued_at)
    if old.grace_s != now.grace_s:
        yield Words(f"过期后的宽限为 {now.grace_s} 秒", f"grace after expiry is {now.grace_s} s")
    if old.min_engine != now.min_engine:
        version = now.min_engine or "0"
        yield Words(
            f"需要程序版本 {version} 以上", f"needs version {version} of the program or later"
        )
    if old.critical != now.critical or now.ignored:
        names = ", ".join((*now.critical, *now.ignored))
        yield Words(f"含有特别成员：{names}", f"holds special members: {names}")


def _root(old: Root | None, new: Root) -> Iterator[Words]:
    for name, role in new.roles.items():
        yield from _signers(name, _of(old, name), (role, new.keys))
    yield from _scope("targets", old.scope if old else None, new.scope)


def _of(old: Root | None, name: str) -> tuple[Role, Mapping[str, Key]] | None:
    return (old.roles[name], old.keys) if old else None


def _signers(
    name: str, old: tuple[Role, Mapping[str, Key]] | None, new: tuple[Role, Mapping[str, Key]]
) -> Iterator[Words]:
    """Yield which keys a role gets and loses, and how many must sign."""
    before = old[0] if old else Role(keyids=(), threshold=0)
    after, keys = new
    for keyid in before.keyids:
        if keyid not in after.keyids:
            yield Words(f"{name} 去掉密钥 {keyid}", f"{name} loses the key {keyid}")
    for keyid in after.keyids:
        if keyid not in before.keyids:
            kind = keys[keyid].keytype
            yield Words(f"{name} 增加 {kind} 密钥 {keyid}", f"{name} gets the {kind} key {keyid}")
    if (before.threshold, dict(before.compulsory)) != (after.threshold, dict(after.compulsory)):
        must = "".join(f"，其中 {a} 至少 {n}" for a, n in sorted(after.compulsory.items()))
        must_en = "".join(f", at least {n} {a}" for a, n in sorted(after.compulsory.items()))
        count = len(after.keyids)
        yield Words(
            f"{name} 须 {count} 个密钥中 {after.threshold} 个签名{must}",
            f"{name} needs {after.threshold} of {count} keys{must_en}",
        )


def _scope(name: str, old: Scope | None, new: Scope) -> Iterator[Words]:
    if old == new:
        return
    told = new.to_json()
    before = old.to_json() if old else {}
    for (member, value), label in zip(
        told.items(), ("地区", "发证机关", "证照类型", "文件种类"), strict=True
    ):
        if before.get(member) == value:
            continue
        text = value if isinstance(value, str) else ", ".join(value)
        yield Words(f"{name} 可涉及的{label}：{text}", f"{name} may speak of {member}: {text}")


def _targets(old: Targets | None, new: Targets, find: Find) -> Iterator[Words]:
    before: dict[str, Delegation] = {d.name: d for d in old.delegations} if old else {}
    after = {d.name: d for d in new.delegations}
    for name in sorted({*before, *after}):
        was, now = before.get(name), after.get(name)
        if now is None:
            yield Words(f"撤销对 {name} 的委托", f"the delegation to {name} is withdrawn")
            continue
        if was is None:
            yield Words(f"委托给 {name}", f"delegates to {name}")
        signed_before = (was.role, old.keys) if was and old else None
        yield from _signers(name, signed_before, (now.role, new.keys))
        yield from _scope(name, was.scope if was else None, now.scope)
    yield from _files(old, new, find)


def _files(old: Targets | None, new: Targets, find: Find) -> Iterator[Words]:
    before = {f.path: f for f in old.files} if old else {}
    after = {f.path: f for f in new.files}
    kinds = sorted({f.kind for f in (*before.values(), *after.values())})
    for kind in kinds:
        was = {p: find(f.sha256) for p, f in before.items() if f.kind == kind and after.get(p) != f}
        now = {p: find(f.sha256) for p, f in after.items() if f.kind == kind and before.get(p) != f}
        yield from changed_documents(kind, was, now)
        zh, en = KIND_WORDS.get(kind, (kind, kind))
        for path in sorted({*was, *now}):
            size = f"{after[path].length}" if path in after else "0"
            digest = after[path].sha256 if path in after else "-"
            yield Words(
                f"{zh}文件 {path}：{size} 字节，SHA-256 {digest}",
                f"{en} file {path}: {size} bytes, SHA-256 {digest}",
            )


def _snapshot(old: Snapshot | None, new: Snapshot) -> Iterator[Words]:
    before = old.roles if old else {}
    for name in sorted({*before, *new.roles}):
        was, now = before.get(name), new.roles.get(name)
        if was == now:
            continue
        old_version, new_version = (str(m.version) if m else "-" for m in (was, now))
        yield Words(
            f"{name}：版本 {old_version} → {new_version}",
            f"{name}: version {old_version} to {new_version}",
        )
