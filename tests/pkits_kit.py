"""NIST PKITS through our path validation: the cases of two transcriptions, and what we answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path

from ecert.crypto.chain import build_chain
from ecert.crypto.crl import CRLFacts
from ecert.crypto.crl_answers import status_at
from ecert.crypto.crl_scope import CRLScope
from ecert.crypto.path_validation import ANY_POLICY, PathRules
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput

FOLDER = Path(__file__).resolve().parents[2] / "shared/samples/x509/pkits"
AT = datetime(2020, 1, 1, tzinfo=UTC)
"""All valid material of PKITS (2011 edition) is in force from 2011 to 2030."""
OLD = frozenset({"signature.dsa", "digest.weak", "x509.key_unsupported", "x509.unique_id"})
"""What the suite asks to compute and a verdict never accepts (L22): DSA, SHA-1, unique identifiers."""
ANCHOR = "TrustAnchorRootCertificate.crt"
SECTIONS = {
    "4.1": "Signature verification",
    "4.2": "Validity periods",
    "4.3": "Name chaining",
    "4.4": "Basic certificate revocation",
    "4.5": "Self-issued certificates",
    "4.6": "Basic constraints",
    "4.7": "Key usage",
    "4.8": "Certificate policies",
    "4.9": "Require explicit policy",
    "4.10": "Policy mappings",
    "4.11": "Inhibit policy mapping",
    "4.12": "Inhibit any policy",
    "4.13": "Name constraints",
    "4.14": "Distribution points",
    "4.15": "Delta lists",
    "4.16": "Private extensions",
}


@dataclass(frozen=True)
class Case:
    name: str
    section: str
    leaf: str
    others: tuple[str, ...]
    crls: tuple[str, ...]
    rules: PathRules
    valid: bool


@dataclass(frozen=True)
class Answer:
    verdict: str  # valid, invalid, unknown
    reason: str

    def as_expected(self, case: Case) -> bool:
        return (self.verdict == "valid") == case.valid


@lru_cache
def vectors() -> tuple[Case, ...]:
    """The 249 cases of vectors.json."""
    raw = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
    return tuple(_case(item) for item in raw)


def _case(item: dict) -> Case:
    *others, leaf = item["CertPath"]
    number = item["Name"].split()[0]
    return Case(
        name=item["Name"],
        section=".".join(number.split(".")[:2]),
        leaf=leaf,
        others=tuple(name for name in others if name != ANCHOR),
        crls=tuple(item["CRLPath"]),
        rules=PathRules(
            policies=frozenset(_policy(name) for name in item["InitialPolicySet"]),
            explicit_policy=item["InitialExplicitPolicy"],
            inhibit_mapping=item["InitialPolicyMappingInhibit"],
            inhibit_any=item["InitialAnyPolicyInhibit"],
        ),
        valid=item["ShouldValidate"],
    )


def _policy(name: str) -> str:
    return ANY_POLICY if name == "anyPolicy" else f"2.16.840.1.101.3.2.1.48.{name[-1]}"


@lru_cache
def second() -> tuple[Case, ...]:
    """The 246 cases of the independent transcription, pyhanko-pkits.json."""
    raw = json.loads((FOLDER / "pyhanko-pkits.json").read_text(encoding="utf-8"))
    return tuple(_second_case(item) for item in raw)


def _second_case(item: dict) -> Case:
    asked = item.get("params", {})
    number = item["id"]  # 4, two digits of the section, two of the case
    return Case(
        name=f"{number} {item['name']}",
        section=f"{number[0]}.{int(number[1:3])}",
        leaf=item["cert"],
        others=tuple(item.get("other_certs", ())),
        crls=("TrustAnchorRootCRL.crl", *item.get("crls", ())),
        rules=PathRules(
            policies=frozenset(asked.get("user_initial_policy_set", [ANY_POLICY])),
            explicit_policy=asked.get("initial_explicit_policy", False),
            inhibit_mapping=asked.get("initial_policy_mapping_inhibit", False),
            inhibit_any=asked.get("initial_any_policy_inhibit", False),
        ),
        valid="error" not in item,
    )


@cache
def certificate(name: str) -> CertificateFacts:
    return CertificateFacts.parse((FOLDER / "certs" / name).read_bytes())


@cache
def crl(name: str) -> CRLFacts:
    return CRLFacts.parse((FOLDER / "crls" / name).read_bytes())


@cache
def answer(case: Case) -> Answer:
    """Path and revocation at ``AT``, as the library judges them."""
    try:
        leaf, anchor = certificate(case.leaf), certificate(ANCHOR)
        pool = tuple(certificate(name) for name in case.others)
        lists = tuple(crl(name) for name in case.crls)
    except MalformedInput as error:
        return Answer("unknown", error.code)
    chain = build_chain(leaf, pool=pool, anchors=[anchor], rules=case.rules, at=AT)
    if chain.problem.ok is not True:
        return Answer("unknown" if chain.problem.ok is None else "invalid", str(chain.problem.code))
    scope = CRLScope(crls=lists, pool=(*pool, anchor), tolerated=OLD)
    for place, link in enumerate(chain.path[:-1], start=1):
        status = status_at(scope.answers(link, chain.path[place:]), AT)
        if status != "good":
            verdict = "invalid" if status == "revoked" else "unknown"
            return Answer(verdict, f"{status}: {link.common_name}")
    return Answer("valid", "")
