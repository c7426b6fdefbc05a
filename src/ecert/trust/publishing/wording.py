"""What a change of signed data means, in words of both languages, computed from the bytes themselves.

Used where somebody must know what he signs (``request``) and where two bundles are compared. Words
come from the old and the new bytes, never from what somebody wrote beside them. Documents are told
apart by the identifiers inside them, members by their path; lists by what came and what went.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.model.canonical import JsonNumber, canonical_bytes, parse_json

__all__ = ["KIND_WORDS", "Words", "changed_documents", "fields"]

KIND_WORDS = {
    "issuers": ("发证机关名单", "issuer list"),
    "agreements": ("协议", "agreement"),
    "rules": ("规则", "rule"),
    "deviations": ("统异", "deviation"),
    "code-tables": ("代码表", "code table"),
    "matters": ("办理事项表", "table of matters"),
    "status": ("状态清单", "status snapshot"),
    "entities": ("主体登记变动", "register events"),
    "anchors": ("根证书", "anchor"),
    "crls": ("吊销列表", "revocation list"),
    "ocsp": ("OCSP 应答", "OCSP response"),
}
_IDENTIFIERS = (
    "agreement_id", "rule_id", "deviation_id", "table_id", "vocabulary_id", "list_id",
)  # fmt: skip
_LABELS = {
    "status": "状态", "status_start": "状态起始", "history": "历史", "version": "版本", "title": "标题",
    "effect": "效力", "edges": "方向", "scope": "适用范围", "conditions": "条件", "legal_basis": "依据",
    "certificate_types": "证照类型", "matters": "办理事项", "valid_from": "生效时间",
    "valid_to": "失效时间", "issued_at": "签发时间", "next_update": "下次更新", "territory": "管辖范围",
    "names": "名称", "services": "服务", "anchors": "密钥", "kind": "种类", "level": "级别",
    "from": "起", "until": "止", "to": "止", "changes": "变更内容", "entries": "条目",
    "grandfathering": "存量证照处理", "certificates": "证照", "seals": "印章", "trust": "信任方式",
    "exclusions": "排除", "items": "项目", "owner": "所属地区", "source": "来源",
    "equivalences": "对应关系", "min_assurance": "最低保障级别", "subject": "主体",
}  # fmt: skip
_SHORT = 300
"""A digest, a name or a short list item whole: what somebody signs is never told by its beginning."""
_SHOWN = 8
_MOST = 2000
"""Changes told one by one; beyond it their number is told."""


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages."""

    zh: str
    en: str

    def to_json(self) -> dict[str, str]:
        """Return it as a request carries it."""
        return {"zh": self.zh, "en": self.en}


def changed_documents(
    kind: str, old: Mapping[str, bytes | None], new: Mapping[str, bytes | None]
) -> tuple[Words, ...]:
    """Return what changed between two sets of files of one kind: name -> bytes, None if not at hand."""
    before, after = _documents(kind, old), _documents(kind, new)
    zh, en = KIND_WORDS.get(kind, (kind, kind))
    found: list[Words] = []
    for ident in sorted({*before, *after}):
        was, now = before.get(ident), after.get(ident)
        if was == now:
            continue  # files that are told by their digests alone are told by whoever lists them
        if was is None:
            found.append(Words(f"新增{zh} {ident}", f"new {en} {ident}"))
            found += [_said(ident, member, text) for member, text in _gist(now or {})]
        elif now is None:
            found.append(Words(f"删除{zh} {ident}", f"{en} {ident} removed"))
        else:
            told = list(_differences(was, now))
            found += [Words(f"{zh} {ident}：{w.zh}", f"{en} {ident}: {w.en}") for w in told]
    if len(found) > _MOST:
        rest = len(found) - _MOST
        found[_MOST:] = [Words(f"另有 {rest} 处变化", f"and {rest} more changes")]
    return tuple(found)


def _documents(
    kind: str, files: Mapping[str, bytes | None]
) -> dict[str, dict[str, str | tuple[str, ...]]]:
    """Return the members of each document by its identifier; the parts of an issuer list by body."""
    found: dict[str, dict[str, str | tuple[str, ...]]] = {}
    for name, data in files.items():
        body = _body(data)
        if not isinstance(body, dict):
            found[name] = _certificate(data) if kind == "anchors" and data else {}
            continue
        ident = next((str(body[m]) for m in _IDENTIFIERS if isinstance(body.get(m), str)), name)
        if kind == "issuers":
            found |= _bodies_of(body, ident)
        found[ident if ident not in found else f"{ident} ({name})"] = fields(body)
    return found


def _certificate(data: bytes) -> dict[str, str | tuple[str, ...]]:
    """Return what an anchor says of itself, and its key; nothing where it is no certificate."""
    try:
        facts = CertificateFacts.parse(data)
    except MalformedInput:
        return {}
    return {
        "subject": facts.subject,
        "valid_from": facts.not_before.isoformat(),
        "valid_to": facts.not_after.isoformat(),
        "spki_sha256": facts.spki_sha256,
    }


def _bodies_of(body: dict[str, Any], ident: str) -> dict[str, dict[str, str | tuple[str, ...]]]:
    """Take the bodies of an issuer list out of it, and their services out of them, each by its name."""
    found: dict[str, dict[str, str | tuple[str, ...]]] = {}
    for entry in _dicts(body.pop("entries", None)):
        name = f"{ident} / {entry.get('issuer_id')}"
        counts: dict[str, int] = {}
        for service in _dicts(entry.pop("services", None)):
            kind = str(service.get("kind"))
            counts[kind] = counts.get(kind, 0) + 1
            found[f"{name} / {kind} {counts[kind]}"] = fields(service)
        found[name] = fields(entry)
    return found


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def _body(data: bytes | None) -> Any:
    if data is None:
        return None
    try:
        return parse_json(data, limits=Limits(json_bytes=Limits().status_bytes))
    except MalformedInput:
        return None


def fields(value: Any) -> dict[str, str | tuple[str, ...]]:
    """Return the leaves of a JSON value by path; a list is one leaf: its items, each as text."""
    return dict(_leaves(value, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from _leaves(inner, f"{path}.{member}".lstrip("."))
    elif isinstance(value, list):
        yield path, tuple(_text(item) for item in value)
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, JsonNumber):
        return value.text
    return canonical_bytes(value).decode()


def _label(path: str) -> str:
    return ".".join(_LABELS.get(part, part) for part in path.split("."))


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _listed(items: Iterable[str]) -> str:
    shown = sorted(items)
    more = f" (+{len(shown) - _SHOWN})" if len(shown) > _SHOWN else ""
    return ", ".join(_short(text) for text in shown[:_SHOWN]) + more


def _said(ident: str, member: str, text: str) -> Words:
    return Words(f"  {ident}：{_label(member)} {text}", f"  {ident}: {member} {text}")


def _gist(now: Mapping[str, str | tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Yield every member of a new document."""
    for member, value in now.items():
        if member == "schema" or member in _IDENTIFIERS:
            continue
        yield member, _short(value) if isinstance(value, str) else _listed(value)


def _differences(
    was: Mapping[str, str | tuple[str, ...]], now: Mapping[str, str | tuple[str, ...]]
) -> Iterator[Words]:
    for member in sorted({*was, *now}):
        old, new = was.get(member, ""), now.get(member, "")
        if old == new:
            continue
        label = _label(member)
        if isinstance(old, tuple) or isinstance(new, tuple):
            before = set(old if isinstance(old, tuple) else (old,)) - {""}
            after = set(new if isinstance(new, tuple) else (new,)) - {""}
            gone, come = _listed(before - after), _listed(after - before)
            if not (gone or come):
                gone = come = "…"
            yield Words(
                f"{label}：{'去掉 ' + gone if gone else ''}{'；' if gone and come else ''}"
                f"{'加上 ' + come if come else ''}",
                f"{member}: {'removed ' + gone if gone else ''}{'; ' if gone and come else ''}"
                f"{'added ' + come if come else ''}",
            )
        else:
            was_text, now_text = _short(old) or "（无）", _short(new) or "（无）"
            yield Words(
                f"{label} 由 {was_text} 改为 {now_text}",
                f"{member} from {_short(old) or '(none)'} to {_short(new) or '(none)'}",
            )
