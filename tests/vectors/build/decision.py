"""Builds tests/vectors/decision/*.json: the rows of ../shared/design/decision-table.md as data.

Each case is a patch over one good case (dotted paths; ``[n]`` picks a list item), the instant, the policy,
and what must come out: the verdict and code of the check concerned, and the decision. Run:
    python tests/vectors/build/decision.py
"""

from __future__ import annotations

import json
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "decision"
AT = "2026-11-21T08:00:00+00:00"
SIGNED = "2026-03-18T02:00:00+00:00"

LISTING = {
    "authority": "11110105MB00000009", "name": "示例市市场监督管理局", "kind": "certificate-issuer",
    "territory": "110000", "types": ["11100000MB0143028R001"],
    "states": [["granted", "2020-01-01T00:00:00+00:00", None]], "signed": True,
    "issued_at": "2026-11-01T00:00:00+00:00", "next_update": "2027-02-01T00:00:00+00:00",
}  # fmt: skip
GOOD_CRL = {
    "origin": "given", "says": "good", "this_update": "2026-11-20T00:00:00+00:00",
    "next_update": "2026-12-10T00:00:00+00:00",
}  # fmt: skip
SIGNER = {
    "name": "示例市市场监督管理局", "cert_sha256": "ab" * 32,
    "not_before": "2024-01-01T00:00:00+00:00", "not_after": "2028-01-01T00:00:00+00:00",
    "revocation": [[GOOD_CRL]], "listings": [LISTING], "algorithms": ["sm2", "sm3"],
}  # fmt: skip
TIME = {"grade": "declared", "earliest": SIGNED, "latest": SIGNED}


def claim(text: str) -> dict:
    return {"source": "seal", "text": text, "earliest": text, "latest": text, "covered": True}


MAKER = {
    "name": "示例制章中心", "cert_sha256": "cd" * 32,
    "not_before": "2022-01-01T00:00:00+00:00", "not_after": "2032-01-01T00:00:00+00:00",
    "algorithms": ["sm2", "sm3"],
    "listings": [{**LISTING, "kind": "seal-maker", "authority": "12100000000000000M", "types": []}],
}  # fmt: skip
SEAL = {
    "es_id": "11010500000001", "maker": MAKER, "created": claim("2025-01-01T00:00:00+00:00"),
    "valid_from": claim("2025-01-01T00:00:00+00:00"), "valid_to": claim("2027-01-01T00:00:00+00:00"),
    "status": {"answer": "listed", "state": "active", "issued_at": "2026-11-20T00:00:00+00:00",
               "next_update": "2026-11-27T00:00:00+00:00"},
}  # fmt: skip
STAMPER = {
    "name": "示例时间戳中心", "cert_sha256": "ef" * 32,
    "not_before": "2024-01-01T00:00:00+00:00", "not_after": "2030-01-01T00:00:00+00:00",
    "revocation": [[GOOD_CRL]], "algorithms": ["sm2", "sm3"],
    "listings": [{**LISTING, "kind": "TSA", "authority": "12100000000000000T", "types": []}],
}  # fmt: skip
STATUS = {
    "answer": "listed", "state": "valid", "issued_at": "2026-11-20T00:00:00+00:00",
    "next_update": "2026-11-27T00:00:00+00:00",
}  # fmt: skip
DATA = {
    "kind": "original", "issuer_code": "11110105MB00000009", "type_code": "11100000MB0143028R001",
    "area_code": "110105", "ecid": "x", "issue_date": "2026-03-18",
    "validity_start": "2026-03-18", "validity_end": "2036-03-17", "face_level": "text_layer",
    "fields": [["name", {"value": "示例科技有限公司", "source": "certificate.json", "covered_by": [0]}]],
}  # fmt: skip
SIGNATURE = {
    "index": 0, "where": "Signature1", "kind": "cms", "profile": "adbe.pkcs7.detached",
    "algorithms": ["sm3", "sm2"], "signer": SIGNER, "time": TIME,
}  # fmt: skip
BASE = {"signatures": [SIGNATURE], "data": DATA, "status": STATUS}
SEALED = {
    **BASE,
    "signatures": [{**SIGNATURE, "kind": "seal", "profile": "gbt38540", "seal": SEAL}],
}

CASES: list[dict] = []


def bad(code: str, *, ok: bool | None = False) -> dict:
    return {"ok": ok, "code": code}


def case(id_: str, row: str, patch: dict, expect: dict, **more: object) -> None:
    """Add one row: ``expect`` maps a check id to [verdict, code] and may hold ``decision``."""
    CASES.append({"id": id_, "row": row, "base": more.pop("base", "plain"), "at": more.pop("at", AT),
                  "policy": more.pop("policy", "default"), "patch": patch, "expect": expect, **more})  # fmt: skip


GONE = {
    "answer": "event", "effect": "refuse", "kind": "deregistered", "register": "示例市登记机关",
    "register_code": "11110105MB00000009", "since": "2026-11-20T16:00:00+00:00",
    "basis": "准予注销登记通知书",
}  # fmt: skip
SILENT = {
    "answer": "none", "register": "示例市登记机关", "register_code": "11110105MB00000009",
    "issued_at": "2026-11-20T00:00:00+00:00", "next_update": "2026-11-27T00:00:00+00:00",
}  # fmt: skip
S, G = "signatures[0]", "signatures[0].signer"
F, I, P, N = "failed", "indeterminate", "passed", "not_applicable"
OTHER = {**LISTING, "authority": "11310000MB00000001", "name": "别处的机关"}
SECOND = {**SIGNATURE, "index": 1, "where": "Signature2"}
FIRM = {**TIME, "grade": "witnessed"}
PROVEN = {**TIME, "grade": "proven"}


def which_signature() -> None:
    row = "which signature counts"
    case("which/good", row, {}, {"decision": "accept", "issuer.is_signer": [P, None]})
    case(
        "which/unsigned",
        row,
        {"signatures": []},
        {"decision": "refuse", "signed": [F, "document.unsigned"]},
    )
    case(
        "which/integrity-list-only",
        row,
        {f"{S}.kind": "integrity"},
        {"decision": "refuse", "signed": [F, "document.unsigned"]},
    )
    case(
        "which/other-signature-broken",
        row,
        {
            "signatures": [
                SIGNATURE,
                {**SECOND, "signer": None, "value": bad("crypto.signature_mismatch")},
            ]
        },
        {
            "decision": "accept",
            "issuer.is_signer": [P, None],
            "signature[1].value": [F, "crypto.signature_mismatch"],
        },
    )
    case(
        "which/other-signature-cannot-rescue",
        row,
        {
            "signatures": [
                {**SIGNATURE, "digest": bad("cms.digest_mismatch")},
                {**SECOND, "signer": {**SIGNER, "listings": [OTHER]}},
            ]
        },
        {"decision": "refuse", "signature[0].digest": [F, "cms.digest_mismatch"]},
    )
    case(
        "which/drawn-after-issuer",
        row,
        {
            f"{S}.changes_after": bad("document.drawn_after_issuer"),
            "signatures[+]": {**SECOND, "signer": {**SIGNER, "listings": [OTHER]}},
        },
        {"decision": "refuse", "signature[0].changes_after": [F, "document.drawn_after_issuer"]},
    )
    case(
        "which/issuer-signs-twice",
        row,
        {
            "signatures": [{**SIGNATURE, "covers_current": False, "coverage": "revision"}, SECOND],
            "data.fields[0][1].covered_by": [0, 1],
        },
        {"decision": "accept", "issuer.is_signer": [P, None], "role[1]": ["issuer", None]},
    )
    case(
        "which/not-the-signer",
        row,
        {f"{G}.listings": [OTHER]},
        {"decision": "refuse", "issuer.is_signer": [F, "issuer.not_the_signer"]},
    )
    case(
        "which/only-a-seal-holder",
        row,
        {f"{G}.listings": [{**LISTING, "kind": "seal-holder"}]},
        {"decision": "refer", "issuer.is_signer": [I, "issuer.not_listed"]},
    )
    case(
        "which/qr-key",
        row,
        {f"{G}.listings": [{**LISTING, "kind": "qr-signer"}]},
        {"decision": "refer", "issuer.is_signer": [I, "issuer.not_listed"]},
    )
    case(
        "which/not-listed",
        row,
        {f"{G}.listings": []},
        {
            "decision": "refer",
            "issuer.is_signer": [I, "issuer.not_listed"],
            "issuer.listed": [I, "issuer.not_listed"],
        },
    )
    case(
        "which/unsupported",
        row,
        {
            f"{S}.kind": "unknown",
            f"{S}.signer": None,
            f"{S}.structure": bad("signature.unsupported", ok=None),
        },
        {
            "decision": "refer",
            "issuer.is_signer": [I, "signature.unsupported"],
            "signature[0].structure": [I, "signature.unsupported"],
        },
    )
    case(
        "which/no-certificate",
        row,
        {f"{S}.signer": None, f"{S}.structure": bad("signature.no_certificate", ok=None)},
        {"decision": "refer", "issuer.is_signer": [I, "signature.no_certificate"]},
    )
    case(
        "which/wrong-type",
        row,
        {f"{G}.listings": [{**LISTING, "types": ["11100000000013127D001"]}]},
        {"decision": "refuse", "issuer.may_issue_type": [F, "issuer.type_not_allowed"]},
    )
    case(
        "which/type-without-code-not-listed-by-name",
        row,
        {"data.unbound_type": "some_type"},
        {"decision": "refer", "issuer.may_issue_type": [I, "issuer.type_name_not_listed"]},
    )
    case(
        "which/type-without-code-listed-by-name",
        row,
        {
            "data.unbound_type": "some_type",
            f"{G}.listings[0].types": ["11100000MB0143028R001", "some_type"],
        },
        {"decision": "accept", "issuer.may_issue_type": [P, None]},
    )
    case(
        "which/wrong-region",
        row,
        {"data.area_code": "310101"},
        {"decision": "refuse", "issuer.region": [F, "issuer.region"]},
    )
    case(
        "which/not-yet-in-service",
        row,
        {f"{G}.listings[0].states": [["granted", "2026-06-01T00:00:00+00:00", None]]},
        {"decision": "refuse", "issuer.in_force": [F, "issuer.not_in_force"]},
    )
    case(
        "which/ceased-since",
        row,
        {
            f"{G}.listings[0].states": [
                ["granted", "2020-01-01T00:00:00+00:00", "2026-06-01T00:00:00+00:00"],
                ["ceased", "2026-06-01T00:00:00+00:00", None],
            ]
        },
        {"decision": "refer", "issuer.in_force": [I, "issuer.ceased_no_poe"]},
    )
    case(
        "which/stale-list",
        row,
        {f"{G}.listings[0].issued_at": "2026-01-01T00:00:00+00:00"},
        {"decision": "refer", "issuer.listed": [I, "trust.stale"]},
    )


def signer_by_time() -> None:
    row = "signer certificate, by time"
    case(
        "signer/valid",
        row,
        {},
        {"signer[0].validity": [P, None], "signer[0].revocation": [P, None], "decision": "accept"},
    )
    case(
        "signer/before-not-before",
        row,
        {
            f"{S}.time": {
                "grade": "declared",
                "earliest": "2023-12-31T23:59:59+00:00",
                "latest": "2023-12-31T23:59:59+00:00",
            }
        },
        {"signer[0].validity": [F, "signer.outside_validity"], "decision": "refuse"},
    )
    case(
        "signer/in-the-future",
        row,
        {
            f"{S}.time": {
                "grade": "declared",
                "earliest": "2026-11-22T00:00:00+00:00",
                "latest": "2026-11-22T00:00:00+00:00",
            }
        },
        {"signer[0].validity": [F, "signer.outside_validity"], "decision": "refuse"},
    )
    case(
        "signer/no-time",
        row,
        {f"{S}.time": {}},
        {"signer[0].validity": [P, "time.absent"], "decision": "accept"},
    )
    case(
        "signer/no-time-archive",
        row,
        {f"{S}.time": {}},
        {"signer[0].validity": [I, "time.absent"], "decision": "refer"},
        policy="archive",
    )
    exp = {f"{G}.not_after": "2026-06-01T00:00:00+00:00"}
    case(
        "signer/expired-witnessed",
        row,
        {**exp, f"{S}.time": FIRM},
        {"signer[0].validity": [P, None], "decision": "accept"},
    )
    case(
        "signer/expired-proven",
        row,
        {**exp, f"{S}.time": PROVEN},
        {"signer[0].validity": [P, None], "decision": "accept"},
    )
    case(
        "signer/expired-by-listing",
        row,
        exp,
        {"signer[0].validity": [P, "time.by_listing"], "decision": "accept"},
    )
    case(
        "signer/expired-unsigned-listing",
        row,
        {**exp, f"{G}.listings[0].signed": False},
        {"signer[0].validity": [I, "signer.expired_no_poe"], "decision": "refer"},
    )
    case(
        "signer/expired-status-unknown",
        row,
        {**exp, "status": {}},
        {"signer[0].validity": [I, "signer.expired_no_poe"], "decision": "refer"},
    )
    case(
        "signer/expired-declared",
        row,
        {**exp, f"{G}.listings": []},
        {"signer[0].validity": [I, "signer.expired_no_poe"], "decision": "refer"},
    )
    case(
        "signer/expired-signed-after",
        row,
        {f"{G}.not_after": "2026-03-01T00:00:00+00:00", f"{S}.time": PROVEN},
        {"signer[0].validity": [F, "signer.outside_validity"], "decision": "refuse"},
    )
    rev = {**GOOD_CRL, "says": "revoked", "revoked_at": "2026-05-01T00:00:00+00:00"}
    case(
        "signer/revoked-later-witnessed",
        row,
        {f"{G}.revocation": [[rev]], f"{S}.time": FIRM},
        {"signer[0].revocation": [P, "signer.revoked_later"], "decision": "accept"},
    )
    case(
        "signer/revoked-later-declared",
        row,
        {f"{G}.revocation": [[rev]]},
        {"signer[0].revocation": [I, "signer.revoked_no_poe"], "decision": "refer"},
    )
    early = {**rev, "revoked_at": "2026-03-18T02:00:00+00:00"}
    case(
        "signer/revoked-at-signing",
        row,
        {f"{G}.revocation": [[early]], f"{S}.time": PROVEN},
        {"signer[0].revocation": [F, "signer.revoked"], "decision": "refuse"},
    )
    comp = {**rev, "compromise": True}
    case(
        "signer/compromised-proven-before",
        row,
        {f"{G}.revocation": [[comp]], f"{S}.time": PROVEN},
        {"signer[0].revocation": [P, "signer.revoked_later"]},
    )
    case(
        "signer/compromised-invalidity-date",
        row,
        {
            f"{G}.revocation": [[{**comp, "invalidity_date": "2026-03-01T00:00:00+00:00"}]],
            f"{S}.time": PROVEN,
        },
        {"signer[0].revocation": [F, "signer.key_compromised"], "decision": "refuse"},
    )
    case(
        "signer/compromised-witnessed",
        row,
        {f"{G}.revocation": [[comp]], f"{S}.time": FIRM},
        {"signer[0].revocation": [F, "signer.key_compromised"], "decision": "refuse"},
    )
    case(
        "signer/no-evidence-listed",
        row,
        {f"{G}.revocation": [[]]},
        {"signer[0].revocation": [P, None], "decision": "accept"},
    )
    case(
        "signer/no-evidence",
        row,
        {f"{G}.revocation": [[]], f"{G}.listings[0].signed": False},
        {"signer[0].revocation": [I, "revocation.unknown"], "decision": "refer"},
    )
    stale = {
        **GOOD_CRL,
        "origin": "file",
        "this_update": "2026-01-01T00:00:00+00:00",
        "next_update": "2026-02-01T00:00:00+00:00",
    }
    case(
        "signer/stale-in-file",
        row,
        {f"{G}.revocation": [[stale]]},
        {"signer[0].revocation": [I, "revocation.stale"], "decision": "refer"},
    )
    case(
        "signer/revoked-in-file",
        row,
        {
            f"{G}.revocation": [
                [{**rev, "origin": "file", "revoked_at": "2026-02-01T00:00:00+00:00"}, GOOD_CRL]
            ]
        },
        {"signer[0].revocation": [F, "signer.revoked"], "decision": "refuse"},
    )
    case(
        "signer/issuing-ca-without-evidence",
        row,
        {f"{G}.revocation": [[GOOD_CRL], []], f"{G}.listings[0].signed": False},
        {"signer[0].revocation": [I, "revocation.unknown"], "decision": "refer"},
    )
    case(
        "signer/usage",
        row,
        {f"{G}.usage": bad("signer.usage")},
        {"signer[0].usage": [F, "signer.usage"], "decision": "refuse"},
    )
    unknown_chain = {f"{G}.chain": bad("signer.chain_unknown", ok=None)}
    case(
        "signer/direct-trust",
        row,
        {**unknown_chain, f"{G}.listings[0].direct_trust": True},
        {"signer[0].chain": [P, "signer.direct_trust"], "decision": "accept"},
    )
    case(
        "signer/direct-trust-of-another-kind",
        row,
        {
            **unknown_chain,
            f"{G}.listings": [LISTING, {**LISTING, "kind": "seal-maker", "direct_trust": True}],
        },
        {"signer[0].chain": [I, "signer.chain_unknown"], "decision": "refer"},
    )
    case(
        "signer/chain-unknown",
        row,
        unknown_chain,
        {"signer[0].chain": [I, "signer.chain_unknown"], "decision": "refer"},
    )
    case(
        "signer/zoneless-spans-start",
        row,
        {
            f"{S}.time": {
                "grade": "declared",
                "earliest": "2023-12-31T20:00:00+00:00",
                "latest": "2024-01-01T12:00:00+00:00",
            }
        },
        {"signer[0].validity": [F, "signer.outside_validity"], "decision": "refuse"},
    )
    case(
        "signer/zoneless-spans-revocation",
        row,
        {
            f"{G}.revocation": [[{**rev, "revoked_at": "2026-03-18T04:00:00+00:00"}]],
            f"{S}.time": {
                "grade": "witnessed",
                "earliest": "2026-03-18T00:00:00+00:00",
                "latest": "2026-03-18T08:00:00+00:00",
            },
        },
        {"signer[0].revocation": [F, "signer.revoked"], "decision": "refuse"},
    )


def seals() -> None:
    row, k = "seal", f"{S}.seal"

    def s(id_: str, patch: dict, expect: dict, **more: object) -> None:
        case(f"seal/{id_}", row, patch, expect, base="sealed", **more)

    s("good", {}, {"decision": "accept", "seal[0].maker_authorised": [P, None]})
    s(
        "maker-signature",
        {f"{k}.maker_signature": bad("seal.maker_signature")},
        {"seal[0].maker_signature": [F, "seal.maker_signature"], "decision": "refuse"},
    )
    s(
        "maker-listed-dates-disagree",
        {f"{k}.maker.not_before": "2025-06-01T00:00:00+00:00"},
        {"seal[0].maker_authorised": [P, "seal.maker_dates_disagree"], "decision": "accept"},
    )
    s(
        "maker-not-listed",
        {f"{k}.maker.listings": []},
        {"seal[0].maker_authorised": [I, "seal.maker_not_listed"], "decision": "refer"},
    )
    s(
        "maker-listed-too-late",
        {f"{k}.maker.listings[0].states": [["granted", "2025-06-01T00:00:00+00:00", None]]},
        {"seal[0].maker_authorised": [I, "seal.maker_not_listed"], "decision": "refer"},
    )
    s(
        "maker-outside-validity",
        {f"{k}.maker.listings": [], f"{k}.maker.not_after": "2024-06-01T00:00:00+00:00"},
        {"seal[0].maker_authorised": [I, "seal.maker_outside_validity"], "decision": "refer"},
    )
    s(
        "maker-is-signer",
        {f"{k}.maker_is_signer": True, f"{k}.maker.listings": []},
        {"seal[0].maker_authorised": [F, "seal.maker_is_signer"], "decision": "refuse"},
    )
    s(
        "maker-is-signer-both-listed",
        {f"{k}.maker_is_signer": True},
        {"seal[0].maker_authorised": [P, None], "decision": "accept"},
    )
    s(
        "signer-not-listed",
        {f"{k}.signer_listed": bad("seal.signer_not_listed")},
        {"seal[0].signer_listed": [F, "seal.signer_not_listed"], "decision": "refuse"},
    )
    s(
        "outside-period",
        {f"{k}.valid_to": claim("2026-01-01T00:00:00+00:00")},
        {"seal[0].validity": [F, "seal.outside_period"], "decision": "refuse"},
    )
    s(
        "expired-now-declared",
        {f"{k}.valid_to": claim("2026-06-01T00:00:00+00:00"), f"{G}.listings[0].signed": False},
        {"seal[0].validity": [I, "seal.expired_no_poe"], "decision": "refer"},
    )
    s(
        "expired-now-witnessed",
        {f"{k}.valid_to": claim("2026-06-01T00:00:00+00:00"), f"{S}.time": FIRM},
        {"seal[0].validity": [P, None], "decision": "accept"},
    )
    s(
        "expired-now-by-listing",
        {f"{k}.valid_to": claim("2026-06-01T00:00:00+00:00")},
        {"seal[0].validity": [P, "time.by_listing"], "decision": "accept"},
    )
    s(
        "cancelled",
        {f"{k}.status.state": "cancelled"},
        {"seal[0].status": [F, "seal.status_bad"], "decision": "refuse"},
    )
    s(
        "suspended",
        {f"{k}.status.state": "suspended"},
        {"seal[0].status": [F, "seal.status_bad"], "decision": "refuse"},
    )
    s(
        "status-unknown",
        {f"{k}.status": {}},
        {"seal[0].status": [I, "seal.status_unknown"], "decision": "refer"},
    )
    s(
        "status-not-listed",
        {f"{k}.status": {**SEAL["status"], "answer": "not_listed", "state": ""}},
        {"seal[0].status": [I, "seal.status_unknown"], "decision": "refer"},
    )
    s(
        "file-mismatch",
        {f"{k}.file": bad("seal.file_mismatch")},
        {"seal[0].file": [F, "seal.file_mismatch"], "decision": "refuse"},
    )
    s(
        "document-digest",
        {f"{k}.document_digest": bad("seal.document_digest")},
        {"seal[0].document_digest": [F, "seal.document_digest"], "decision": "refuse"},
    )


def more_seals() -> None:
    row, k = "seal", f"{S}.seal"

    def s(id_: str, patch: dict, expect: dict, **more: object) -> None:
        case(f"seal/{id_}", row, patch, expect, base="sealed", **more)

    unread = {"source": "seal", "text": "?", "earliest": None, "latest": None}
    s(
        "maker-missing",
        {f"{k}.maker": None},
        {
            "seal[0].maker_authorised": [I, "seal.maker_missing"],
            "seal[0].maker_chain": [I, "seal.maker_missing"],
            "decision": "refer",
        },
    )
    s(
        "maker-chain-unknown",
        {f"{k}.maker.listings": [], f"{k}.maker.chain": bad("signer.chain_unknown", ok=None)},
        {"seal[0].maker_chain": [I, "seal.maker_chain_unknown"], "decision": "refer"},
    )
    s(
        "created-unreadable",
        {f"{k}.created": unread},
        {"seal[0].maker_authorised": [I, "seal.maker_outside_validity"], "decision": "refer"},
    )
    s(
        "period-unreadable",
        {f"{k}.valid_to": unread},
        {"seal[0].validity": [I, "seal.period_unreadable"], "decision": "refer"},
    )
    s(
        "no-time-in-period",
        {f"{S}.time": {}},
        {"seal[0].validity": [P, "time.absent"], "decision": "accept"},
    )
    s(
        "no-time-expired",
        {f"{S}.time": {}, f"{k}.valid_to": claim("2026-06-01T00:00:00+00:00")},
        {"seal[0].validity": [I, "seal.time_absent"], "decision": "refer"},
    )
    s(
        "no-signer-expired",
        {f"{S}.signer": None, f"{k}.valid_to": claim("2026-06-01T00:00:00+00:00")},
        {"seal[0].validity": [I, "seal.expired_no_poe"]},
    )
    s(
        "status-stale",
        {f"{k}.status.issued_at": "2026-10-01T00:00:00+00:00"},
        {"seal[0].status": [I, "seal.status_unknown"], "decision": "refer"},
    )
    s(
        "status-word-unknown",
        {f"{k}.status.state": "other"},
        {"seal[0].status": [I, "seal.status_unknown"], "decision": "refer"},
    )
    s(
        "cancelled-later",
        {f"{k}.status.state": "cancelled", f"{k}.status.since": "2026-12-01T00:00:00+00:00"},
        {"seal[0].status": [P, None], "decision": "accept"},
    )
    s(
        "broken-time-stamp",
        {
            f"{k}.timestamp": {
                "gen_time": None,
                "arithmetic": bad("tsp.malformed"),
                "trusted": bad("tsp.untrusted", ok=None),
            }
        },
        {"seal[0].timestamp": [I, "time.token_broken"], "decision": "refer"},
    )
    revoked = {
        "origin": "given",
        "says": "revoked",
        "this_update": "2026-11-20T00:00:00+00:00",
        "revoked_at": "2025-06-01T00:00:00+00:00",
    }
    token = {
        "gen_time": "2025-01-01T00:00:01+00:00",
        "arithmetic": "ok",
        "trusted": "ok",
        "signer": STAMPER,
    }
    s(
        "token-trusted",
        {f"{k}.timestamp": token},
        {"seal[0].timestamp": [P, None], "decision": "accept"},
    )
    s(
        "token-untrusted",
        {f"{k}.timestamp": {**token, "trusted": bad("tsp.untrusted", ok=None)}},
        {"seal[0].timestamp": [I, "tsp.untrusted"], "decision": "refer"},
    )
    s(
        "token-before-making",
        {f"{k}.timestamp": {**token, "gen_time": "2024-12-31T23:59:59+00:00"}},
        {"seal[0].timestamp": [I, "seal.timestamp_order"], "decision": "refer"},
    )
    s(
        "token-in-the-future",
        {f"{k}.timestamp": {**token, "gen_time": "2026-12-31T00:00:00+00:00"}},
        {"seal[0].timestamp": [F, "time.in_future"], "decision": "refuse"},
    )
    s(
        "maker-revoked-before",
        {f"{k}.maker.revocation": [[{**revoked, "revoked_at": "2024-12-31T00:00:00+00:00"}]]},
        {"seal[0].maker_authorised": [F, "seal.maker_revoked"], "decision": "refuse"},
    )
    s(
        "maker-revoked-after-declared",
        {f"{k}.maker.revocation": [[revoked]]},
        {"seal[0].maker_authorised": [I, "seal.maker_revoked_no_poe"], "decision": "refer"},
    )
    s(
        "maker-revoked-after-proven",
        {f"{k}.maker.revocation": [[revoked]], f"{k}.timestamp": token},
        {"seal[0].maker_authorised": [P, "seal.maker_revoked_later"], "decision": "accept"},
    )
    s(
        "maker-revoked-after-untrusted-token",
        {
            f"{k}.maker.revocation": [[revoked]],
            f"{k}.timestamp": {**token, "trusted": bad("tsp.untrusted", ok=None)},
        },
        {"seal[0].maker_authorised": [I, "seal.maker_revoked_no_poe"], "decision": "refer"},
    )
    s(
        "maker-compromised",
        {f"{k}.maker.revocation": [[{**revoked, "compromise": True}]]},
        {"seal[0].maker_authorised": [F, "seal.maker_compromised"], "decision": "refuse"},
    )
    s(
        "maker-compromised-after-proven",
        {f"{k}.maker.revocation": [[{**revoked, "compromise": True}]], f"{k}.timestamp": token},
        {"seal[0].maker_authorised": [P, "seal.maker_revoked_later"], "decision": "accept"},
    )
    s(
        "maker-compromised-invalidity-before-token",
        {
            f"{k}.maker.revocation": [
                [{**revoked, "compromise": True, "invalidity_date": "2024-06-01T00:00:00+00:00"}]
            ],
            f"{k}.timestamp": token,
        },
        {"seal[0].maker_authorised": [F, "seal.maker_compromised"], "decision": "refuse"},
    )
    s(
        "maker-revoked-created-unreadable",
        {f"{k}.maker.revocation": [[revoked]], f"{k}.created": unread},
        {"seal[0].maker_authorised": [F, "seal.maker_revoked"], "decision": "refuse"},
    )
    s(
        "maker-revoked-later-than-asked",
        {f"{k}.maker.revocation": [[{**revoked, "revoked_at": "2026-12-01T00:00:00+00:00"}]]},
        {"seal[0].maker_authorised": [P, None], "decision": "accept"},
    )
    s(
        "property-of-another-file",
        {f"{k}.property": bad("seal.property_path", ok=None)},
        {"seal[0].property": [I, "seal.property_path"], "decision": "refer"},
    )
    s(
        "in-force-now",
        {},
        {"seal[0].current": [P, None], "decision": "accept"},
    )
    s(
        "expired-now-and-vouched-for",
        {f"{k}.valid_to": claim("2026-06-01T00:00:00+00:00")},
        {
            "seal[0].validity": [P, "time.by_listing"],
            "seal[0].current": [F, "seal.expired_now"],
            "decision": "accept",
        },
    )
    s(
        "strict-maker-policy",
        {f"{k}.maker.listings": [], f"{k}.maker.not_after": "2024-06-01T00:00:00+00:00"},
        {"seal[0].maker_authorised": [F, "seal.maker_outside_validity"], "decision": "refuse"},
        policy="strict_maker",
    )


def edges() -> None:
    row = "edges"
    case(
        "edge/no-data-but-listed",
        row,
        {"data": None},
        {
            "issuer.is_signer": [I, "issuer.no_data"],
            "issuer.listed": [P, None],
            "decision": "refer",
        },
    )
    case(
        "edge/type-unknown",
        row,
        {"data.type_code": None},
        {"issuer.may_issue_type": [I, "issuer.type_unknown"], "decision": "refer"},
    )
    case(
        "edge/area-missing",
        row,
        {"data.area_code": None},
        {"issuer.region": [I, "issuer.region_unknown"], "decision": "refer"},
    )
    case(
        "edge/area-malformed",
        row,
        {"data.area_code": "x"},
        {"issuer.region": [I, "issuer.region_unknown"], "decision": "refer"},
    )
    case(
        "edge/no-date-at-all",
        row,
        {"data.issue_date": None, f"{S}.time": {}},
        {"issuer.in_force": [I, "issuer.date_unknown"], "decision": "refer"},
    )
    case(
        "edge/nation-wide-territory",
        row,
        {f"{G}.listings[0].territory": "100000"},
        {"issuer.region": [P, None], "decision": "accept"},
    )
    case(
        "edge/status-word-unknown",
        row,
        {"status.state": "other"},
        {"status.certificate": [I, "status.unknown_state"], "decision": "refer"},
    )
    case(
        "edge/superseded-names-successor",
        row,
        {"status.state": "superseded", "status.successor": "1.2"},
        {"status.superseded": [F, "status.superseded"], "decision": "refuse"},
    )
    case(
        "edge/cancelled-tomorrow",
        row,
        {"status.state": "cancelled", "status.since": "2026-11-22T00:00:00+00:00"},
        {"status.certificate": [P, None], "decision": "accept"},
    )
    case(
        "edge/rescinded",
        row,
        {"status.state": "rescinded"},
        {"status.certificate": [F, "status.rescinded"], "decision": "refuse"},
    )
    case(
        "edge/transferred-out",
        row,
        {"status.state": "transferred_out"},
        {"status.certificate": [F, "status.transferred_out"], "decision": "refuse"},
    )
    case(
        "edge/listed-as-expired",
        row,
        {"status.state": "expired"},
        {"status.certificate": [F, "status.expired"], "decision": "refuse"},
    )
    case(
        "edge/undated-snapshot",
        row,
        {"status.issued_at": None},
        {"status.age": [I, "status.too_old"], "decision": "refer"},
    )
    case(
        "edge/certificate-not-yet-valid",
        row,
        {f"{G}.not_before": "2026-12-01T00:00:00+00:00"},
        {"signer[0].validity": [F, "signer.outside_validity"], "decision": "refuse"},
    )
    case(
        "edge/no-time-and-expired",
        row,
        {f"{S}.time": {}, f"{G}.not_after": "2026-06-01T00:00:00+00:00"},
        {"signer[0].validity": [I, "signer.expired_no_poe"], "decision": "refer"},
    )
    case(
        "edge/revoked-without-time",
        row,
        {
            f"{S}.time": {},
            f"{G}.revocation": [
                [{**GOOD_CRL, "says": "revoked", "revoked_at": "2026-05-01T00:00:00+00:00"}]
            ],
        },
        {"signer[0].revocation": [I, "signer.revoked_no_poe"], "decision": "refer"},
    )
    case(
        "edge/proven-then-newer-crl",
        row,
        {
            f"{S}.time": PROVEN,
            f"{G}.revocation": [
                [
                    {
                        **GOOD_CRL,
                        "this_update": "2026-04-01T00:00:00+00:00",
                        "next_update": "2026-04-30T00:00:00+00:00",
                    }
                ]
            ],
        },
        {"signer[0].revocation": [P, None], "decision": "accept"},
    )
    case(
        "edge/token-in-the-future",
        row,
        {
            f"{S}.timestamps": [
                {
                    "gen_time": "2026-12-01T00:00:00+00:00",
                    "arithmetic": "ok",
                    "trusted": "ok",
                    "signer": STAMPER,
                }
            ]
        },
        {"time[0].order": [F, "time.in_future"], "decision": "refuse"},
    )
    case(
        "edge/coverage-unknown",
        row,
        {f"{S}.coverage": "unknown", f"{S}.covers_current": False},
        {"signature[0].coverage": [I, "signature.coverage_unknown"], "decision": "refer"},
    )
    case(
        "edge/only-validation-data-after",
        row,
        {f"{S}.coverage": "revision"},
        {"signature[0].coverage": [P, None], "decision": "accept"},
    )
    case(
        "edge/face-mismatch",
        row,
        {"data.face": bad("face.mismatch"), "data.face_level": "none"},
        {"conformity.face_matches": [F, "face.mismatch"], "decision": "refuse"},
    )
    case(
        "edge/document-timestamp-beside",
        row,
        {"signatures[+]": {**SECOND, "kind": "timestamp", "signer": None}},
        {"decision": "accept", "role[1]": ["timestamp", None]},
    )
    case(
        "edge/no-algorithm-named",
        row,
        {f"{S}.algorithms": []},
        {"signature[0].algorithm": [I, "algorithm.not_allowed"], "decision": "refer"},
    )


def statuses() -> None:
    row = "status of the certificate"
    case("status/valid", row, {}, {"status.certificate": [P, None]})
    for state in ("suspended", "cancelled", "revoked", "superseded"):
        case(
            f"status/{state}",
            row,
            {"status.state": state, "status.since": "2026-05-01T00:00:00+00:00"},
            {"status.certificate": [F, f"status.{state}"], "decision": "refuse"},
        )
    case(
        "status/cascade",
        row,
        {"status.cascade": GONE},
        {"status.cascade": [F, "status.cascade"], "decision": "refuse"},
    )
    case(
        "status/cascade-refers",
        row,
        {"status.cascade": {**GONE, "effect": "refer"}},
        {"status.cascade": [I, "status.cascade"], "decision": "refer"},
    )
    for name, patch, verdict, code, decision in (
        ("announced", {**GONE, "effect": "refer", "kind": "deregistration_announced",
                       "announced_until": "2026-12-01"}, I, "status.deregistration_announced", "refer"),
        ("moved", {**GONE, "kind": "transferred_out"}, F, "status.transferred_out", "refuse"),
        ("unclear", {**GONE, "effect": "refer", "clear": False}, I, "status.register_unclear", "refer"),
        ("no-event", SILENT, P, "status.no_cascade", "accept"),
        ("register-stale", {**SILENT, "next_update": "2026-11-21T07:59:59+00:00"}, I,
         "status.register_too_old", "refer"),
        ("foreign", {"answer": "no_register", "ignored": "别处的登记机关"}, N,
         "status.cascade_ignored", "accept"),
        ("no-register", {"answer": "no_register"}, N, "status.no_register", "accept"),
        ("no-holder", {"answer": "no_holder"}, N, "status.no_holder_code", "accept"),
    ):  # fmt: skip
        expect = {"status.cascade": [verdict, code], "decision": decision}
        case(f"status/cascade-{name}", row, {"status.cascade": patch}, expect)
    for effect, verdict, decision in (("refuse", F, "refuse"), ("refer", I, "refer")):
        case(
            f"seal/holder-gone-{effect}",
            "seal",
            {f"{S}.seal.status.cascade": {**GONE, "effect": effect}},
            {"seal[0].status": [verdict, "seal.cascade"], "decision": decision},
            base="sealed",
        )
    case(
        "status/not-listed",
        row,
        {"status.answer": "not_listed", "status.state": ""},
        {"status.certificate": [I, "status.not_listed"], "decision": "refer"},
    )
    case(
        "status/too-old",
        row,
        {"status.issued_at": "2026-11-01T00:00:00+00:00"},
        {"status.age": [I, "status.too_old"], "decision": "refer"},
    )
    case(
        "status/past-next-update",
        row,
        {"status.next_update": "2026-11-20T12:00:00+00:00"},
        {"status.age": [I, "status.too_old"], "decision": "refer"},
    )
    case(
        "status/no-source",
        row,
        {"status": {}},
        {"status.source": [I, "status.unknown"], "decision": "refer"},
    )
    last = {"data.validity_end": "2026-11-21"}
    fresh = {**last, "status.next_update": "2026-12-01T00:00:00+00:00"}
    case(
        "status/last-day-155959Z",
        row,
        fresh,
        {"status.validity": [P, None], "decision": "accept"},
        at="2026-11-21T15:59:59+00:00",
    )
    case(
        "status/last-day-160000Z",
        row,
        fresh,
        {"status.validity": [F, "status.expired"], "decision": "refuse"},
        at="2026-11-21T16:00:00+00:00",
    )
    case(
        "status/not-yet-valid",
        row,
        {"data.validity_start": "2026-11-22"},
        {"status.validity": [F, "status.not_yet_valid"], "decision": "refuse"},
    )
    case(
        "status/long-term",
        row,
        {"data.validity_end": None, "data.long_term": True},
        {"status.validity": [P, None], "decision": "accept"},
    )
    case(
        "status/validity-uncovered",
        row,
        {"data.validity": bad("field.uncovered", ok=None)},
        {"status.validity": [I, "field.uncovered"], "decision": "refer"},
    )


def contents() -> None:
    row = "conformity"
    case(
        "conformity/no-metadata",
        row,
        {"data": None},
        {"conformity.metadata": [I, "certificate.no_metadata"], "decision": "refer"},
    )
    case(
        "conformity/two-metadata",
        row,
        {"data.metadata": bad("certificate.two_metadata")},
        {"conformity.metadata": [F, "certificate.two_metadata"], "decision": "refuse"},
    )
    case(
        "conformity/profile-unknown",
        row,
        {"data.profile": bad("profile.unknown", ok=None)},
        {"conformity.profile_known": [I, "profile.unknown"], "decision": "refer"},
    )
    case(
        "conformity/ecid-check",
        row,
        {"data.ecid_check": bad("ecid.check")},
        {"conformity.identifiers": [F, "ecid.check"], "decision": "refuse"},
    )
    case(
        "conformity/ecid-mismatch",
        row,
        {"data.ecid_matches": bad("ecid.mismatch")},
        {"conformity.identifiers": [F, "ecid.mismatch"], "decision": "refuse"},
    )
    case(
        "conformity/field-missing",
        row,
        {"data.fields_ok": [bad("field.missing")]},
        {"conformity.fields": [F, "field.missing"], "decision": "refuse"},
    )
    case(
        "conformity/field-invalid",
        row,
        {"data.fields_ok": ["ok", bad("field.invalid")]},
        {"conformity.fields": [F, "field.invalid"], "decision": "refuse"},
    )
    case(
        "conformity/uscc-nonconforming",
        row,
        {"data.fields_ok": [bad("uscc.nonconforming", ok=None)]},
        {"conformity.fields": [I, "uscc.nonconforming"], "decision": "refer"},
    )
    case(
        "conformity/carriers-disagree",
        row,
        {"data.carriers": bad("carrier.mismatch")},
        {"conformity.carriers_agree": [F, "carrier.mismatch"], "decision": "refuse"},
    )
    case(
        "conformity/face-not-comparable",
        row,
        {"data.face": bad("face.not_comparable", ok=None), "data.face_level": "none"},
        {"conformity.face_matches": [I, "face.not_comparable"], "decision": "refer"},
    )
    case(
        "conformity/face-level-too-low",
        row,
        {"data.face_level": "none"},
        {"conformity.face_matches": [I, "face.not_comparable"], "decision": "refer"},
    )
    case(
        "conformity/field-uncovered",
        row,
        {"data.fields[0][1].covered_by": []},
        {"conformity.covered": [I, "field.uncovered"], "decision": "refer"},
    )
    case(
        "conformity/data-uncovered",
        row,
        {f"{S}.covers_data": False, "data.fields[0][1].covered_by": [], "data.issuer_code": None},
        {"issuer.is_signer": [I, "field.uncovered"], "decision": "refer"},
    )
    case(
        "conformity/converted",
        row,
        {"data.kind": "converted"},
        {"conformity.kind": [I, "certificate.converted"], "decision": "refer"},
    )
    case(
        "conformity/extract",
        row,
        {"data.kind": "extract"},
        {"conformity.kind": [I, "certificate.extract"], "decision": "refer"},
    )
    case(
        "conformity/kind-unknown",
        row,
        {"data.kind": "other"},
        {"conformity.kind": [I, "certificate.kind_unknown"], "decision": "refer"},
    )
    case(
        "conformity/copy-good",
        row,
        {"data.kind": "copy", "data.copy": "ok"},
        {"conformity.copy": [P, None], "decision": "accept"},
    )
    case(
        "conformity/copy-other-matter",
        row,
        {"data.kind": "copy", "data.copy": bad("copy.other_matter")},
        {"conformity.copy": [F, "copy.other_matter"], "decision": "refuse"},
    )
    case(
        "conformity/copy-limits-unknown",
        row,
        {"data.kind": "copy"},
        {"conformity.copy": [I, "certificate.copy_limits_unknown"], "decision": "refer"},
    )


def laws() -> None:
    row = "never-accept"
    case(
        "law/L9-two-formats",
        row,
        {"format": {"single": bad("format.multiple_formats")}},
        {"format.single": [F, "format.multiple_formats"], "decision": "refuse"},
    )
    case(
        "law/L9-bytes-outside",
        row,
        {"format": {"single": bad("format.bytes_outside", ok=None)}},
        {"format.single": [I, "format.bytes_outside"], "decision": "refer"},
    )
    case(
        "law/L8-active-content",
        row,
        {"format": {"static": bad("format.active_content")}},
        {"format.static": [F, "format.active_content"], "decision": "refuse"},
    )
    case(
        "law/L22-tolerated-quirk",
        row,
        {f"{S}.quirks": ["sm2.raw_signature", "pdf.trailing_zeros"]},
        {"signature[0].quirks": [P, None], "decision": "accept"},
    )
    case(
        "law/L22-quirk-never-with-accept",
        row,
        {f"{S}.quirks": ["seal.three_element_form"]},
        {"signature[0].quirks": [I, "signature.quirk"], "decision": "refer"},
    )
    case(
        "law/L22-unknown-quirk",
        row,
        {f"{S}.quirks": ["something.new"]},
        {"signature[0].quirks": [I, "signature.quirk"], "decision": "refer"},
    )
    case(
        "law/L22-weak",
        row,
        {f"{S}.weak": ["sha1"]},
        {"signature[0].algorithm": [I, "algorithm.weak"], "decision": "refer"},
    )
    case(
        "law/domestic-refuses-rsa",
        row,
        {f"{S}.algorithms": ["sha256", "rsa"]},
        {"signature[0].algorithm": [I, "algorithm.not_allowed"], "decision": "refer"},
        policy="domestic",
    )
    case(
        "law/L23-integrity-never-accepts",
        row,
        {},
        {"decision": "refer", "condition": ["no", "policy.cannot_accept"]},
        policy="integrity",
    )
    case(
        "law/L23-integrity-refuses-broken",
        row,
        {f"{S}.digest": bad("cms.digest_mismatch")},
        {"decision": "refuse"},
        policy="integrity",
    )
    case(
        "law/L3-unbound-certificate",
        row,
        {f"{S}.bound": bad("signer.not_bound", ok=None)},
        {"signature[0].bound": [I, "signer.not_bound"], "decision": "refer"},
    )
    case(
        "law/L6-partial-coverage",
        row,
        {f"{S}.coverage": "partial", f"{S}.uncovered": ["/OFD.xml"]},
        {"signature[0].coverage": [I, "document.uncovered"], "decision": "refer"},
    )
    case(
        "law/L6-earlier-revision",
        row,
        {f"{S}.coverage": "revision", f"{S}.covers_current": False},
        {"signature[0].coverage": [I, "signature.earlier_revision"], "decision": "refer"},
    )
    case(
        "law/L11-broken-token",
        row,
        {
            f"{S}.timestamps": [
                {
                    "gen_time": None,
                    "arithmetic": bad("tsp.malformed"),
                    "trusted": bad("tsp.untrusted", ok=None),
                }
            ]
        },
        {"time[0].token": [I, "time.token_broken"], "decision": "refer"},
    )
    tok = {
        "gen_time": "2026-03-18T03:00:00+00:00",
        "arithmetic": "ok",
        "trusted": "ok",
        "signer": STAMPER,
    }
    case(
        "law/L11-proven-by-token",
        row,
        {
            f"{S}.timestamps": [tok],
            f"{G}.not_after": "2026-06-01T00:00:00+00:00",
            f"{G}.listings[0].signed": False,
        },
        {"signer[0].validity": [P, None], "decision": "accept"},
    )
    case(
        "law/L11-untrusted-token",
        row,
        {f"{S}.timestamps": [{**tok, "trusted": bad("tsp.untrusted", ok=None)}]},
        {"time[0].chain": [I, "tsp.untrusted"], "decision": "refer"},
    )
    case(
        "law/L11-claim-after-token",
        row,
        {f"{S}.timestamps": [{**tok, "gen_time": "2026-03-01T00:00:00+00:00"}]},
        {"time[0].order": [I, "time.order"], "decision": "refer"},
    )
    case(
        "law/L15-stripped-signature",
        row,
        {"notes": [bad("document.signature_stripped")]},
        {"decision": "refuse", "format.note[0]": [F, "document.signature_stripped"]},
    )


def proofs() -> None:
    """What provably existed when: tokens, document time stamps, chains of them (L11, L17)."""
    row = "never-accept L11"
    made, later = "2026-03-18T03:00:00+00:00", "2026-06-01T00:00:00+00:00"
    ended = {f"{G}.not_after": "2026-09-01T00:00:00+00:00", f"{G}.listings[0].signed": False}
    tok = {"gen_time": made, "arithmetic": "ok", "trusted": "ok", "signer": STAMPER}
    stamp = {
        **SECOND, "kind": "timestamp", "signer": STAMPER, "time": {}, "stamps": [0],
        "timestamps": [{**tok, "gen_time": later}],
    }  # fmt: skip
    short = {**STAMPER, "not_after": "2026-07-01T00:00:00+00:00"}
    aged = {**GOOD_CRL, "this_update": "2026-07-02T00:00:00+00:00",
            "next_update": "2026-08-01T00:00:00+00:00"}  # fmt: skip
    stale = {**aged, "this_update": "2026-04-01T00:00:00+00:00"}
    inner = {**tok, "signer": {**short, "revocation": [[aged]]}}
    T = f"{S}.timestamps"

    def p(name: str, patch: dict, expect: dict, **more: object) -> None:
        case(f"proof/{name}", row, patch, expect, **more)

    accept, refer = {"decision": "accept"}, {"decision": "refer"}
    p(
        "document-stamp",
        {**ended, "signatures[+]": stamp},
        {"signer[0].validity": [P, None], **accept},
    )
    p(
        "ended-with-older-evidence",
        {
            **ended,
            f"{S}.time": {
                **PROVEN,
                "earliest": "2026-08-30T00:00:00+00:00",
                "latest": "2026-08-30T00:00:00+00:00",
            },
            f"{G}.revocation": [[{**GOOD_CRL, "this_update": "2026-08-29T00:00:00+00:00"}]],
        },
        {"signer[0].revocation": [I, "revocation.stale"], "decision": "refer"},
        at="2026-09-05T00:00:00+00:00",
    )
    p("no-stamp", ended, {"signer[0].validity": [I, "signer.expired_no_poe"], **refer})
    p(
        "document-stamp-covers-another",
        {**ended, "signatures[+]": {**stamp, "stamps": []}},
        {"signer[0].validity": [I, "signer.expired_no_poe"], **refer},
    )
    for name, flaw in (
        ("structure", {"structure": bad("pdf.byte_range")}),
        ("digest", {"digest": bad("tsp.imprint")}),
        ("quirk", {"quirks": ["something.new"]}),
        ("no-maker", {"timestamps": [{**tok, "gen_time": later, "signer": None}]}),
        ("future", {"timestamps": [{**tok, "gen_time": "2026-12-01T00:00:00+00:00"}]}),
    ):
        p(
            f"document-stamp-{name}",
            {**ended, "signatures[+]": {**stamp, **flaw}},
            {"signer[0].validity": [I, "signer.expired_no_poe"], **refer},
        )
    p(
        "accuracy-counts-to-the-latest",
        {**ended, T: [{**tok, "latest": "2026-09-01T00:00:01+00:00"}]},
        {"signer[0].validity": [I, "signer.expired_no_poe"], **refer},
    )
    p(
        "token-of-an-ended-maker",
        {T: [inner]},
        {"time[0].chain": [I, "tsp.expired_no_poe"], **refer},
    )
    p(
        "older-token-vouched-for",
        {**ended, T: [inner], "signatures[+]": stamp},
        {"time[0].chain": [P, None], "signer[0].validity": [P, None], **accept},
    )
    p(
        "the-earliest-of-several-proofs-counts",
        {
            "signatures": [
                {**SIGNATURE, "timestamps": [inner]},
                stamp,
                {
                    **stamp,
                    "index": 2,
                    "stamps": [0, 1],
                    "timestamps": [{**tok, "gen_time": "2026-08-01T00:00:00+00:00"}],
                },
            ]
        },
        {"time[0].chain": [P, None], **accept},
    )
    p(
        "older-token-with-stale-evidence",
        {
            **ended,
            T: [{**tok, "signer": {**short, "revocation": [[stale]]}}],
            "signatures[+]": stamp,
        },
        {"time[0].chain": [I, "tsp.revocation_unknown"], **refer},
    )
    p(
        "token-vouches-not-for-itself",
        {T: [{**tok, "signer": {**STAMPER, "revocation": [[aged]]}}]},
        {"time[0].chain": [I, "tsp.revocation_unknown"], **refer},
    )
    p(
        "token-later-than-its-proof",
        {T: [{**tok, "gen_time": "2026-06-02T00:00:00+00:00"}], "signatures[+]": stamp},
        {"time[0].chain": [I, "tsp.after_proof"], **refer},
    )
    p(
        "token-and-its-proof-of-one-second",
        {
            **ended,
            T: [{**tok, "gen_time": later, "latest": "2026-06-01T00:00:01+00:00"}],
            "signatures[+]": stamp,
        },
        {"time[0].chain": [P, None], **accept},
    )
    p(
        "token-later-than-its-proof-by-its-accuracy",
        {
            T: [
                {
                    **tok,
                    "gen_time": "2026-06-01T00:00:01+00:00",
                    "latest": "2026-06-01T00:00:02+00:00",
                }
            ],
            "signatures[+]": stamp,
        },
        {"time[0].chain": [P, None], **accept},
    )
    p(
        "token-later-than-its-proof-by-more",
        {
            T: [
                {
                    **tok,
                    "gen_time": "2026-06-01T00:00:02+00:00",
                    "latest": "2026-06-01T00:00:03+00:00",
                }
            ],
            "signatures[+]": stamp,
        },
        {"time[0].chain": [I, "tsp.after_proof"], **refer},
    )
    gone = {**GOOD_CRL, "says": "revoked", "revoked_at": "2026-08-01T00:00:00+00:00"}
    revoked = {**tok, "signer": {**STAMPER, "revocation": [[gone]]}}
    p("maker-revoked", {T: [revoked]}, {"time[0].chain": [I, "tsp.revoked"], **refer})
    p(
        "maker-revoked-after-the-proof",
        {**ended, T: [revoked], "signatures[+]": stamp},
        {"time[0].chain": [P, None], **accept},
    )
    stolen = {**gone, "compromise": True, "invalidity_date": "2026-05-01T00:00:00+00:00"}
    p(
        "maker-compromised-before-the-proof",
        {T: [{**tok, "signer": {**STAMPER, "revocation": [[stolen]]}}], "signatures[+]": stamp},
        {"time[0].chain": [I, "tsp.revoked"], **refer},
    )
    recent = {**STAMPER["listings"][0], "states": [["granted", "2026-05-01T00:00:00+00:00", None]]}
    p(
        "maker-listed-since",
        {T: [{**tok, "signer": {**STAMPER, "listings": [recent]}}]},
        {"time[0].chain": [I, "tsp.not_in_service"], **refer},
    )
    p(
        "maker-certified-since",
        {T: [{**tok, "signer": {**STAMPER, "not_before": "2026-05-01T00:00:00+00:00"}}]},
        {"time[0].chain": [I, "tsp.outside_validity"], **refer},
    )
    p(
        "token-of-this-second",
        {T: [{**tok, "gen_time": AT, "latest": "2026-11-21T08:00:01+00:00"}]},
        {"time[0].chain": [P, None], "signer[0].validity": [P, None], **accept},
    )
    for name in ("sha1", "sha224", "rsa-1024", "1.2.3"):
        p(
            f"token-rests-on-{name}",
            {T: [{**tok, "algorithms": ["sm3", name]}]},
            {"time[0].chain": [I, "algorithm.not_allowed"], **refer},
        )
    to_come = {**stolen, "revoked_at": "2026-12-24T00:00:00+00:00", "invalidity_date": None}
    p(
        "maker-compromised-later-than-judged",
        {T: [{**tok, "signer": {**STAMPER, "revocation": [[to_come]]}}]},
        {"time[0].chain": [I, "tsp.revoked"], **refer},
    )
    unlisted = {**STAMPER, "listings": [LISTING]}
    p(
        "maker-not-a-stamper",
        {T: [{**tok, "signer": unlisted}]},
        {"time[0].chain": [I, "tsp.not_in_service"], **refer},
    )
    withdrawn = {
        **STAMPER["listings"][0],
        "states": [
            ["granted", "2020-01-01T00:00:00+00:00", "2026-05-01T00:00:00+00:00"],
            ["withdrawn", "2026-05-01T00:00:00+00:00", None],
        ],
    }
    p(
        "maker-withdrawn",
        {T: [{**tok, "signer": {**STAMPER, "listings": [withdrawn]}}]},
        {"time[0].chain": [I, "tsp.not_in_service"], **refer},
    )
    late = {**stamp, "timestamps": [{**tok, "gen_time": "2026-10-01T00:00:00+00:00"}]}
    p(
        "late-stamp",
        {**ended, "signatures[+]": late},
        {"signer[0].validity": [I, "signer.expired_no_poe"], **refer},
    )
    outside = {"grade": "declared", "earliest": "2026-09-02T00:00:00+00:00",
               "latest": "2026-09-02T00:00:00+00:00"}  # fmt: skip
    p(
        "late-stamp-declared-outside",
        {**ended, f"{S}.time": outside, "signatures[+]": late},
        {"signer[0].validity": [F, "signer.outside_validity"], "decision": "refuse"},
    )
    when = {**GOOD_CRL, "says": "revoked", "revoked_at": "2026-05-01T00:00:00+00:00"}
    p(
        "stamp-after-revocation",
        {f"{G}.revocation": [[when]], "signatures[+]": stamp},
        {"signer[0].revocation": [I, "signer.revoked_no_poe"], **refer},
    )
    p(
        "stamp-before-revocation",
        {
            f"{G}.revocation": [[{**when, "revoked_at": "2026-07-01T00:00:00+00:00"}]],
            "signatures[+]": stamp,
        },
        {"signer[0].revocation": [P, "signer.revoked_later"], **accept},
    )
    ceased = [["granted", "2020-01-01T00:00:00+00:00", "2026-05-01T00:00:00+00:00"],
              ["ceased", "2026-05-01T00:00:00+00:00", None]]  # fmt: skip
    p(
        "stamp-after-the-service-ended",
        {f"{G}.listings[0].states": ceased, "signatures[+]": stamp},
        {"issuer.in_force": [I, "issuer.ceased_no_poe"], **refer},
    )


def delegates() -> None:
    row = "never-accept L17"
    answer = {**GOOD_CRL, "until": "2026-11-20T12:00:00+00:00", "origin": "file"}
    stamp = {
        **SECOND, "kind": "timestamp", "signer": STAMPER, "time": {}, "stamps": [0],
        "timestamps": [{"gen_time": "2026-11-20T06:00:00+00:00", "arithmetic": "ok",
                        "trusted": "ok", "signer": STAMPER}],
    }  # fmt: skip
    for name, more, extra, expect, decision in (
        ("ended", {}, {}, [I, "revocation.responder"], "refer"),
        ("ended-but-stamped", {"stamped_by": [1]}, {"signatures[+]": stamp}, [P, None], "accept"),
        ("ended-stamped-by-a-signature", {"stamped_by": [0]},
         {f"{S}.timestamps": stamp["timestamps"]}, [I, "revocation.responder"], "refer"),
        ("ended-stamped-by-nobody", {"stamped_by": [0]}, {}, [I, "revocation.responder"], "refer"),
        ("in-force", {"until": "2026-12-20T00:00:00+00:00"}, {}, [P, None], "accept"),
        ("unchecked", {"until": None, "responder": []}, {}, [I, "revocation.responder"], "refer"),
        ("checked", {"until": None, "responder": [GOOD_CRL]}, {}, [P, None], "accept"),
        ("revoked", {"until": None, "responder": [GOOD_CRL, {
            **GOOD_CRL, "says": "revoked", "revoked_at": "2026-11-01T00:00:00+00:00"}]}, {},
         [I, "revocation.responder"], "refer"),
    ):  # fmt: skip
        case(f"delegate/{name}", row, {f"{G}.revocation": [[{**answer, **more}]], **extra},
             {"signer[0].revocation": expect, "decision": decision})  # fmt: skip


def evidence() -> None:
    row = "never-accept L17"
    old = {
        **GOOD_CRL,
        "this_update": "2026-04-01T00:00:00+00:00",
        "next_update": "2026-05-01T00:00:00+00:00",
    }
    to_come = {**GOOD_CRL, "says": "revoked", "revoked_at": "2026-12-24T00:00:00+00:00"}
    for name, answer in (
        ("revoked-from-a-day-to-come", to_come),
        ("as-old-as-the-proof", {**old, "this_update": SIGNED}),
    ):
        case(
            f"evidence/{name}",
            row,
            {f"{S}.time": PROVEN, f"{G}.revocation": [[answer]]},
            {"signer[0].revocation": [I, "revocation.stale"], "decision": "refer"},
        )
    case(
        "evidence/newer-than-the-proof",
        row,
        {f"{S}.time": PROVEN, f"{G}.revocation": [[old]]},
        {"signer[0].revocation": [P, None], "decision": "accept"},
    )
    case(
        "evidence/of-a-delegate-is-not-newer-for-being-newer-than-the-signature",
        row,
        {f"{S}.time": PROVEN, f"{G}.revocation": [[{**GOOD_CRL, "responder": [old]}]]},
        {"signer[0].revocation": [I, "revocation.responder"], "decision": "refer"},
    )


def algorithms() -> None:
    row = "algorithm policy"
    old = {"at": "2031-01-05T00:00:00+00:00"}
    rsa = {f"{S}.algorithms": ["sha256", "rsa"], f"{G}.algorithms": ["rsa-2048", "sha256", "rsa-4096"],
           f"{G}.not_after": "2040-01-01T00:00:00+00:00"}  # fmt: skip
    fresh = {f"{G}.revocation": [[{**GOOD_CRL, "this_update": "2031-01-01T00:00:00+00:00",
                                   "next_update": "2031-02-01T00:00:00+00:00"}]]}  # fmt: skip
    case("algorithm/rsa-2048-now", row, rsa, {"signer[0].chain": [P, None], "decision": "accept"})
    case("algorithm/rsa-2048-after-2030", row, {**rsa, **fresh},
         {"signer[0].chain": [I, "algorithm.sunset"]}, **old)  # fmt: skip
    case("algorithm/rsa-2048-proven-before", row, {**rsa, **fresh, f"{S}.time": PROVEN},
         {"signer[0].chain": [P, None]}, **old)  # fmt: skip
    case("algorithm/rsa-2048-declared-before", row, {**rsa, **fresh, f"{S}.time": FIRM},
         {"signer[0].chain": [I, "algorithm.sunset"]}, **old)  # fmt: skip
    case(
        "algorithm/none-named-on-the-path",
        row,
        {f"{G}.algorithms": []},
        {"signer[0].chain": [I, "algorithm.not_allowed"], "decision": "refer"},
    )
    case(
        "algorithm/rsa-1024", row, {f"{G}.algorithms": ["rsa-1024"], f"{S}.time": PROVEN},
         {"signer[0].chain": [I, "algorithm.not_allowed"], "decision": "refer"})  # fmt: skip
    case("algorithm/sha1-on-the-path", row, {f"{G}.algorithms": ["sm2", "sha1"], f"{S}.time": PROVEN},
         {"signer[0].chain": [I, "algorithm.not_allowed"], "decision": "refer"})  # fmt: skip
    case("algorithm/domestic-asks-of-the-whole-path", row, {f"{G}.algorithms": ["sm2", "rsa-4096"]},
         {"signer[0].chain": [I, "algorithm.not_allowed"], "decision": "refer"}, policy="domestic")  # fmt: skip
    for name, key in (
        ("sha3_256", "p256"), ("sha3_384", "p384"), ("sha3_512", "rsa"), ("shake256", "ed448"),
        ("sha512", "ed25519"),
    ):  # fmt: skip
        case(
            f"algorithm/{name}-{key}",
            row,
            {f"{S}.algorithms": [name, key]},
            {"signature[0].algorithm": [P, None], "decision": "accept"},
        )
    case("algorithm/sha224", row, {f"{S}.algorithms": ["sha224", "p256"]},
         {"signature[0].algorithm": [I, "algorithm.not_allowed"], "decision": "refer"})  # fmt: skip


def seal_dates() -> None:
    """eseal-crypto.md 2.5: each difference of the standards has its own code and its own option."""
    row = "seal"
    k = f"{S}.seal"
    use = {f"{k}.maker.not_after": "2026-01-01T00:00:00+00:00"}
    before = {f"{k}.maker.not_before": "2025-06-01T00:00:00+00:00"}
    after = {f"{k}.created": claim("2025-01-02T00:00:00+00:00")}
    A, V = "seal[0].maker_authorised", "seal[0].validity"
    for name, patch, policy, leaf, expect in (
        ("maker-expired-at-use", use, "default", A, [P, "seal.maker_expired_at_use"]),
        ("maker-expired-at-use-2025", use, "gmt0031-2025", A, [P, "seal.maker_expired_at_use"]),
        ("maker-expired-at-use-38540", use, "gbt38540", A, [F, "seal.maker_expired_at_use"]),
        ("made-before-maker", before, "default", A, [P, "seal.maker_dates_disagree"]),
        ("made-before-maker-2025", before, "gmt0031-2025", A, [F, "seal.made_before_maker"]),
        ("made-before-maker-38540", before, "gbt38540", A, [F, "seal.made_before_maker"]),
        ("created-after-start", after, "default", V, [P, "seal.created_after_start"]),
        ("created-after-start-38540", after, "gbt38540", V, [I, "seal.created_after_start"]),
        ("used-before-made", {f"{k}.created": claim("2026-04-01T00:00:00+00:00")}, "default", V,
         [I, "seal.used_before_made"]),
    ):  # fmt: skip
        decision = {P: "accept", I: "refer", F: "refuse"}[expect[0]]
        case(f"seal-dates/{name}", row, patch, {leaf: expect, "decision": decision},
             base="sealed", policy=policy)  # fmt: skip


def main() -> None:
    for group in (
        which_signature,
        signer_by_time,
        seals,
        more_seals,
        statuses,
        contents,
        laws,
        edges,
        proofs,
        delegates,
        evidence,
        algorithms,
        seal_dates,
    ):
        group()
    OUT.mkdir(exist_ok=True)
    doc = {
        "schema": "ecert.decision-vectors/1",
        "bases": {"plain": BASE, "sealed": SEALED},
        "cases": CASES,
    }
    text = json.dumps(doc, ensure_ascii=False, indent=1) + "\n"
    (OUT / "decision.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
