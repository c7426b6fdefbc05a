"""Facts as plain data and as lines of text: no judgement, personal numbers masked, hidden characters escaped.

What a file says of itself (names in certificates and seals) is shown as said, never as known (L26).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecert.commands.console import Console
from ecert.report.codes import info, is_known
from ecert.report.jsonform import instant
from ecert.report.text import mask_numbers, safe_text

if TYPE_CHECKING:
    from ecert.crypto.times import TimeClaim
    from ecert.crypto.tsp import TimestampFacts
    from ecert.crypto.x509 import CertificateFacts
    from ecert.documents.facts import DocumentFacts, SignatureFacts
    from ecert.report import Outcome
    from ecert.seals.facts import SealFacts, SealSignatureFacts

__all__ = ["certificate", "document", "lines", "seal", "seal_signature", "show"]

_LABELS = {
    "file": "文件", "name": "名称", "kind": "种类", "media_type": "类型", "sha256": "SHA-256",
    "size": "字节", "revisions": "版本数", "format": "格式", "recognized": "可识别",
    "within_limits": "未超限", "single": "单一格式", "static": "静态内容", "signatures": "签名",
    "carriers": "数据载体", "face_text": "可选文字字数", "notes": "备注", "index": "序号", "where": "位置",
    "profile": "形式", "algorithms": "算法", "structure": "结构", "digest": "摘要", "value": "签名值",
    "signer_bound": "签名者已绑定", "changes_after": "签后变化", "coverage": "覆盖",
    "covers_current": "覆盖当前内容", "uncovered": "未覆盖", "docmdp": "认证级别", "times": "声明时间",
    "timestamps": "时间戳", "signer": "签名证书", "seal": "印章", "seal_digest": "签章摘要",
    "seal_file": "印章文件", "quirks": "偏差", "weak": "弱算法", "maker": "制章证书", "es_id": "印章标识",
    "vendor_id": "厂商标识", "version": "版本", "declared_version": "声明版本", "seal_type": "印章类型",
    "list": "可用章名单", "count": "数量", "created": "制作时间", "valid_from": "有效期起",
    "valid_to": "有效期止", "picture": "印章图片", "maker_signature": "制章人签名", "listed": "签章人在名单内",
    "timestamp": "时间戳", "time": "时间", "periods": "期限", "subject": "主体", "issuer": "颁发者",
    "serial": "序列号", "not_before": "生效", "not_after": "失效", "spki_sha256": "公钥 SHA-256",
    "text": "原文", "earliest": "最早", "latest": "最晚", "source": "来源", "bytes": "字节",
    "covered_by": "覆盖它的签名", "property_info": "保护对象", "data_hash": "原文摘要",
    "created_in_maker_certificate": "制作于制章证书有效期内", "signed_in_seal_period": "签于印章有效期内",
    "signed_in_signer_certificate": "签于签名证书有效期内", "test_only": "仅供测试", "signed": "已签名",
    "anchors": "信任锚", "issuer_lists": "发证机关名单", "listings": "登记", "authority": "机关代码",
    "territory": "管辖范围", "types": "证照类型", "crls": "吊销列表", "status": "状态", "agreements": "协议",
    "issued_at": "签发时间", "this_update": "本次更新", "next_update": "下次更新", "fields": "字段",
    "rules": "规则", "required": "必填", "personal": "个人信息", "parts": "文件条目数",
}  # fmt: skip
_PLAIN = {"sha256", "spki_sha256", "serial", "data_hash", "es_id", "vendor_id", "text"}
"""Members that never name a person, though their digits may look like a number of one."""


def _outcome(found: Outcome) -> dict[str, Any]:
    out: dict[str, Any] = {"verdict": found.verdict.value}
    if found.code:
        out["code"] = found.code
    if found.params:
        out["params"] = dict(found.params)
    return out


def _claim(claim: TimeClaim | None) -> dict[str, Any] | None:
    if claim is None:
        return None
    return {
        "text": claim.text,
        "earliest": instant(claim.earliest),
        "latest": instant(claim.latest),
    }


def certificate(facts: CertificateFacts | None) -> dict[str, Any] | None:
    """Return what a certificate says, as data."""
    if facts is None:
        return None
    return {
        "subject": facts.subject,
        "issuer": facts.issuer,
        "serial": format(facts.serial, "x"),
        "not_before": instant(facts.not_before),
        "not_after": instant(facts.not_after),
        "sha256": facts.sha256,
        "spki_sha256": facts.spki_sha256,
        "quirks": list(facts.quirks),
    }


def _timestamp(facts: TimestampFacts | None, value: Outcome | None = None) -> dict[str, Any] | None:
    if facts is None:
        return None
    out: dict[str, Any] = {"time": instant(facts.gen_time)}
    if value is not None:
        out["outcome"] = _outcome(value)
    return out | {
        "imprint": _outcome(facts.imprint_ok),
        "value": _outcome(facts.value),
        "problem": _outcome(facts.problem),
        "signer": certificate(facts.signer),
    }


def _within(claim: TimeClaim | None, start: datetime | None, end: datetime | None) -> bool | None:
    """Whether a claimed time lies inside a period with all it can mean; None where that is unknown."""
    if claim is None or claim.earliest is None or claim.latest is None or not (start and end):
        return None
    return start <= claim.earliest and claim.latest <= end


def _held(claim: TimeClaim | None, holder: CertificateFacts | None) -> bool | None:
    return _within(claim, holder.not_before, holder.not_after) if holder else None


def seal(facts: SealFacts) -> dict[str, Any]:
    """Return what a seal says and which of its arithmetic holds."""
    return {
        "version": facts.version,
        "declared_version": facts.declared_version,
        "sha256": facts.sha256,
        "es_id": facts.es_id,
        "vendor_id": facts.vendor_id,
        "name": facts.name,
        "seal_type": facts.seal_type,
        "list": {"kind": facts.cert_list_kind, "count": len(facts.cert_list)},
        "created": _claim(facts.created),
        "valid_from": _claim(facts.valid_from),
        "valid_to": _claim(facts.valid_to),
        "picture": {
            "type": facts.picture.type,
            "content": facts.picture.sniffed,
            "bytes": len(facts.picture.data),
            "width_mm": facts.picture.width_mm,
            "height_mm": facts.picture.height_mm,
        },
        "maker": certificate(facts.maker),
        "maker_signature": _outcome(facts.maker_signature),
        "periods": {"created_in_maker_certificate": _held(facts.created, facts.maker)},
        "timestamp": _timestamp(facts.timestamp, facts.timestamp_value),
        "weak": list(facts.weak),
        "quirks": list(facts.quirks),
    }


def seal_signature(facts: SealSignatureFacts) -> dict[str, Any]:
    """Return what a seal signature says and which of its arithmetic holds."""
    return {
        "version": facts.version,
        "declared_version": facts.declared_version,
        "sha256": facts.sha256,
        "signer": certificate(facts.signer),
        "value": _outcome(facts.value),
        "listed": _outcome(facts.signer_listed),
        "data_hash": facts.data_hash.hex(),
        "property_info": facts.property_info.decode("latin-1"),
        "time": _claim(facts.time),
        "periods": {
            "signed_in_seal_period": _within(
                facts.time, facts.seal.valid_from.latest, facts.seal.valid_to.earliest
            ),
            "signed_in_signer_certificate": _held(facts.time, facts.signer),
        },
        "timestamp": _timestamp(facts.timestamp, facts.timestamp_value),
        "algorithms": [facts.digest_algorithm, facts.signature_algorithm],
        "weak": list(facts.weak),
        "quirks": list(facts.quirks),
        "seal": seal(facts.seal),
    }


def document(facts: DocumentFacts) -> dict[str, Any]:
    """Return what a file says and which of its arithmetic holds."""
    form = facts.format
    return {
        "media_type": facts.media_type,
        "sha256": facts.sha256,
        "size": facts.size,
        "revisions": facts.revisions,
        "format": {
            "recognized": _outcome(form.recognized),
            "within_limits": _outcome(form.within_limits),
            "single": _outcome(form.single),
            "static": _outcome(form.static),
        },
        "signatures": [_signature(s) for s in facts.signatures],
        "carriers": [
            {
                "kind": c.kind,
                "source": c.source,
                "bytes": len(c.raw),
                "covered_by": list(c.covered_by),
            }
            for c in facts.carriers
        ],
        "parts": len(facts.parts),
        "face_text": None if facts.face_text is None else len(facts.face_text),
        "notes": [_outcome(n) for n in facts.notes],
    }


def _signature(facts: SignatureFacts) -> dict[str, Any]:
    return {
        "index": facts.index,
        "where": facts.where,
        "kind": facts.kind,
        "profile": facts.profile,
        "algorithms": list(facts.algorithms),
        "structure": _outcome(facts.structure),
        "digest": _outcome(facts.digest),
        "value": _outcome(facts.value),
        "signer_bound": _outcome(facts.signer_bound),
        "changes_after": _outcome(facts.changes_after),
        "coverage": facts.coverage,
        "covers_current": facts.covers_current,
        "uncovered": [p.path for p in facts.uncovered],
        "docmdp": facts.docmdp,
        "times": [_claim(t) for t in facts.times],
        "timestamps": [_timestamp(t) for t in facts.timestamps],
        "signer": certificate(facts.signer),
        "seal": seal(facts.seal) if facts.seal else None,
        "seal_digest": _outcome(facts.seal_digest),
        "seal_file": _outcome(facts.seal_file),
        "quirks": list(facts.quirks),
    }


def _safe(value: Any, *, reveal: bool) -> Any:
    """Return data with every text made safe, and citizen numbers masked unless asked for."""
    if isinstance(value, Mapping):
        return {k: _safe(v, reveal=reveal or k in _PLAIN) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(v, reveal=reveal) for v in value]
    if isinstance(value, datetime):
        return instant(value)
    if not isinstance(value, str):
        return value
    text = safe_text(value)
    return text if reveal else mask_numbers(text)


def show(
    console: Console,
    schema: str,
    body: Mapping[str, Any],
    *,
    reveal: bool = False,
    labels: Mapping[str, str] | None = None,
) -> None:
    """Write data as one JSON document, or as indented lines; ``labels`` are Chinese ones."""
    shown = _safe(body, reveal=reveal)
    if console.is_json:
        console.emit_json({"schema": schema, **shown})
    else:
        console.emit("\n".join(lines(shown, console.lang, labels=labels or _LABELS)))


def lines(
    value: Mapping[str, Any], lang: str, *, labels: Mapping[str, str] = _LABELS, depth: int = 0
) -> Iterator[str]:
    """Yield data as ``label: value`` lines, indented by depth; empty members are left out."""
    pad = "  " * depth
    for key, item in value.items():
        label = labels.get(key, key) if lang == "zh" else key.replace("_", " ")
        if item in (None, [], {}, ""):
            continue
        if isinstance(item, Mapping) and "verdict" in item:
            yield f"{pad}{label}: {_verdict(item, lang)}"
        elif isinstance(item, Mapping):
            yield f"{pad}{label}:"
            yield from lines(item, lang, labels=labels, depth=depth + 1)
        elif isinstance(item, list) and isinstance(item[0], Mapping):
            for number, one in enumerate(item):
                yield f"{pad}{label} #{number}:"
                yield from lines(one, lang, labels=labels, depth=depth + 1)
        else:
            yield f"{pad}{label}: {_plain(item, lang)}"


def _plain(item: Any, lang: str) -> str:
    if isinstance(item, bool):
        return ("是" if item else "否") if lang == "zh" else ("yes" if item else "no")
    return ", ".join(str(x) for x in item) if isinstance(item, list) else str(item)


def _verdict(item: Mapping[str, Any], lang: str) -> str:
    from ecert.report.render import WORDS

    word = WORDS[item["verdict"]][0 if lang == "zh" else 1]
    code = item.get("code", "")
    if not code:
        return word
    text = info(code).text(lang) if is_known(code) else code
    for name, value in item.get("params", {}).items():
        text = text.replace("{" + name + "}", str(value))
    return f"{word}  {text}  [{code}]"
