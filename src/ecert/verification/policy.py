"""A policy is data: which checks count, how old evidence may be, which algorithms and levels are asked for.

Shipped policies stand in policies/*.toml; a caller may load a file of the same form. A policy that is
weaker than `default` anywhere never accepts (L23); its digest stands in every report.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from ecert.crypto.digest import SIZES
from ecert.crypto.keys import KINDS
from ecert.errors import PolicyError
from ecert.report import OK, Outcome, unknown

__all__ = ["FaceLevel", "Policy"]

FaceLevel = Literal["none", "text_layer", "raster", "rerendered"]
_LEVELS: tuple[str, ...] = get_args(FaceLevel)
_SHIPPED = (
    "default", "thorough", "integrity", "authenticity", "domestic", "archive", "gbt38540", "gmt0031-2025",
)  # fmt: skip
_SECTIONS: dict[str, dict[str, type]] = {
    "checks": {"advisory": list, "optional": list, "required": list, "unasked": list},
    "limits": {"crl_age_s": int, "status_age_s": int, "issuer_list_age_s": int},
    "algorithms": {"digests": list, "keys": list, "rsa_bits": int, "until": dict},
    "rules": {
        "time_absent": str,
        "maker_outside_validity": str,
        "maker_expired_at_use": str,
        "made_before_maker": str,
        "created_after_start": str,
        "face_level": str,
        "accept": str,
    },
}
_SAID: tuple[str, ...] = ("note", "indeterminate", "failed")
"""What a rule of time may make of a seal, the mildest first."""
_LISTED: tuple[str, ...] = ("listed", "indeterminate", "failed")
"""The same where the mildest is the decision table's: a listing outweighs the certificate's dates."""
_CHOICES: dict[str, tuple[str, ...]] = {
    "time_absent": ("note", "indeterminate"),
    "maker_outside_validity": ("indeterminate", "failed"),
    "maker_expired_at_use": _SAID,
    "made_before_maker": _LISTED,
    "created_after_start": _SAID,
    "face_level": _LEVELS,
    "accept": ("allowed", "never"),
}
_TIME_RULES = ("maker_expired_at_use", "made_before_maker", "created_after_start")
_AXES = frozenset({"status", "conformity"})
"""What a policy may leave unasked; whether a signature is genuine is always asked."""
_MAX_AGE_S = 100 * 366 * 86_400
_INDEX = re.compile(r"\[\d+\]")
_SHORT_RSA = re.compile(r"rsa<([1-9]\d{2,4})")
"""Name of a sunset for RSA keys below a number of bits."""
_RSA_BITS = re.compile(r"rsa-(\d{1,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What must hold before anybody may accept; ages in seconds, check ids without index.

    ``unasked`` axes are not looked at: they are named in the report as not asked, and nothing that only
    they need is computed.
    """

    id: str
    version: str
    sha256: str
    advisory: frozenset[str]
    optional: frozenset[str]
    required: frozenset[str]
    unasked: frozenset[str]
    crl_age_s: int
    status_age_s: int
    issuer_list_age_s: int
    digests: frozenset[str]
    keys: frozenset[str]
    rsa_bits: int
    until: tuple[tuple[str, date], ...]
    time_absent: Literal["note", "indeterminate"]
    maker_outside_validity: Literal["indeterminate", "failed"]
    maker_expired_at_use: Literal["note", "indeterminate", "failed"]
    made_before_maker: Literal["listed", "indeterminate", "failed"]
    created_after_start: Literal["note", "indeterminate", "failed"]
    face_level: FaceLevel
    accept: Literal["allowed", "never"]

    @classmethod
    def default(cls) -> Policy:
        """Return the policy that checks everything and fails closed."""
        return cls.load("default")

    @classmethod
    def load(cls, name: str | Path) -> Policy:
        """Return a shipped policy by name, or one from a file.

        Raises:
            PolicyError: unknown name, unreadable file, unknown member or value.
        """
        if isinstance(name, str) and name in _SHIPPED:
            return _shipped_policy(name)
        path = Path(name)
        if not path.is_file():
            raise PolicyError(
                "policy.unknown",
                f"no policy {str(name)!r}",
                params={"name": str(name)},
                hint=f"shipped policies: {', '.join(_SHIPPED)}; or give a .toml file",
            )
        return cls.parse(path.read_bytes(), source=path.name)

    @classmethod
    def parse(cls, data: bytes, *, source: str = "policy") -> Policy:
        """Return a policy from TOML bytes; what it leaves out comes from ``base`` or `default`.

        Wherever it is weaker than `default`, it may not accept (L23), whatever it is called.
        """
        return cls._read(data, source).capped()

    @classmethod
    def _read(cls, data: bytes, source: str) -> Policy:
        body = _toml(data, source)
        base_name = body.get("base", "default")
        if base_name not in _SHIPPED:
            raise _bad(source, "base", f"is one of {', '.join(_SHIPPED)}")
        base = (
            {}
            if data == _shipped("default")
            else _merge({}, _toml(_shipped("default"), "default"), "default")
        )
        if base_name != "default":
            base = _merge(base, _toml(_shipped(base_name), base_name), base_name)
        merged = _merge(base, body, source)
        return cls._build(merged, hashlib.sha256(_shipped(base_name) + data).hexdigest())

    @classmethod
    def _build(cls, body: Mapping[str, Any], sha256: str) -> Policy:
        checks, algorithms = body["checks"], body["algorithms"]
        return cls(
            id=body["id"],
            version=body["version"],
            sha256=sha256,
            advisory=frozenset(checks["advisory"]),
            optional=frozenset(checks["optional"]),
            required=frozenset(checks["required"]),
            unasked=frozenset(checks["unasked"]),
            digests=frozenset(algorithms["digests"]),
            keys=frozenset(algorithms["keys"]),
            rsa_bits=algorithms["rsa_bits"],
            until=tuple(sorted(algorithms["until"].items())),
            **body["limits"],
            **body["rules"],
        )

    def weaker_than(self, other: Policy) -> tuple[str, ...]:
        """Return the members in which this policy lets more pass than ``other``."""
        checks = {
            "advisory": self.advisory > other.advisory or bool(self.advisory - other.advisory),
            "optional": bool(self.optional - other.optional),
            "required": bool(other.required - self.required),
            "unasked": bool(self.unasked - other.unasked),
            "digests": bool(self.digests - other.digests),
            "keys": bool(self.keys - other.keys),
            "rsa_bits": self.rsa_bits < other.rsa_bits,
            "until": not all(self._ends_by(name, last) for name, last in other.until),
            "crl_age_s": self.crl_age_s > other.crl_age_s,
            "status_age_s": self.status_age_s > other.status_age_s,
            "issuer_list_age_s": self.issuer_list_age_s > other.issuer_list_age_s,
            "time_absent": (self.time_absent, other.time_absent) == ("note", "indeterminate"),
            "maker_outside_validity": (self.maker_outside_validity, other.maker_outside_validity)
            == ("indeterminate", "failed"),
            **{name: self._milder(other, name) for name in _TIME_RULES},
            "face_level": _LEVELS.index(self.face_level) < _LEVELS.index(other.face_level),
        }
        return tuple(name for name, weaker in checks.items() if weaker)

    def capped(self) -> Policy:
        """Return this policy, forbidden to accept where it is weaker than `default` (L23)."""
        if self.accept == "never" or not _is_weaker(self, Policy.default()):
            return self
        from dataclasses import replace

        return replace(self, accept="never")

    def _milder(self, other: Policy, name: str) -> bool:
        order = _CHOICES[name]
        return order.index(getattr(self, name)) < order.index(getattr(other, name))

    def _ends_by(self, name: str, last: date) -> bool:
        """Whether this policy stops taking what ``name`` means on that day, or never takes it."""
        short = _SHORT_RSA.fullmatch(name)
        if short is None:
            return name not in self.digests | self.keys or any(
                mine == name and day <= last for mine, day in self.until
            )
        bits = int(short.group(1))
        if "rsa" not in self.keys or self.rsa_bits >= bits:
            return True
        return any(
            day <= last and (mine == "rsa" or _below(mine) >= bits) for mine, day in self.until
        )

    def judge_algorithms(self, names: Iterable[str], moment: datetime) -> Outcome:
        """Return OK where every algorithm was still taken at an instant, else which was not.

        Where none is named, nothing is known of any (L15).

        Args:
            names: digests and kinds of key; RSA with its length (``"rsa-2048"``) where it is known.
            moment: the proven time, or the judged one where nothing is proven.
        """
        asked = tuple(dict.fromkeys(names))
        refused = [name for name in asked if not self._takes(name)]
        if refused or not asked:
            return unknown("algorithm.not_allowed", names=", ".join(refused))
        day = moment.astimezone(UTC).date()
        for name in asked:
            ended = [last for mine, last in self.until if _is_meant(mine, name) and day > last]
            if ended:
                return unknown("algorithm.sunset", name=name, until=min(ended).isoformat())
        return OK

    def _takes(self, name: str) -> bool:
        rsa = _RSA_BITS.fullmatch(name)
        if rsa is not None:
            return "rsa" in self.keys and int(rsa.group(1)) >= self.rsa_bits
        return name in self.digests | self.keys

    def is_advisory(self, check_id: str) -> bool:
        """Whether a check does not count; an id names everything below it."""
        return plain_id(check_id) in self.advisory or check_id in self.unasked

    def is_optional(self, check_id: str) -> bool:
        """Whether a check may be NOT_APPLICABLE."""
        return plain_id(check_id) in self.optional


@lru_cache(maxsize=64)
def _is_weaker(policy: Policy, other: Policy) -> bool:
    """Whether a policy lets more pass than another; both are values."""
    return bool(policy.weaker_than(other))


def _below(name: str) -> int:
    """Return the number of bits of a sunset for short RSA keys, else 0."""
    short = _SHORT_RSA.fullmatch(name)
    return int(short.group(1)) if short else 0


def _is_meant(sunset: str, name: str) -> bool:
    rsa = _RSA_BITS.fullmatch(name)
    if rsa is None:
        return sunset == name
    return sunset == "rsa" or int(rsa.group(1)) < _below(sunset)


@lru_cache(maxsize=len(_SHIPPED))
def _shipped_policy(name: str) -> Policy:
    return Policy._read(_shipped(name), name)  # noqa: SLF001 - the uncapped reader, for our own files


@lru_cache(maxsize=4096)
def plain_id(check_id: str) -> str:
    """Return a check id without indexes: ``signature[0].value`` is ``signature.value``."""
    return _INDEX.sub("", check_id)


def _shipped(name: str) -> bytes:
    return (resources.files("ecert.verification") / "policies" / f"{name}.toml").read_bytes()


def _bad(source: str, path: str, what: str) -> PolicyError:
    return PolicyError(
        "policy.invalid", f"{source}: {path} {what}", params={"source": source, "path": path}
    )


def _toml(data: bytes, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _bad(source, "file", f"is not TOML: {error}") from error


def _merge(base: Mapping[str, Any], body: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return ``base`` overridden by ``body``, every member checked."""
    out: dict[str, Any] = {"id": body.get("id"), "version": body.get("version")}
    for name in ("id", "version"):
        if not isinstance(out[name], str) or not out[name]:
            raise _bad(source, name, "must be a text")
    for extra in set(body) - set(_SECTIONS) - {"id", "version", "base", "zh", "en"}:
        raise _bad(source, extra, "is not a member of a policy")
    for section, members in _SECTIONS.items():
        given = body.get(section, {})
        if not isinstance(given, dict):
            raise _bad(source, section, "must be a table")
        out[section] = {**base.get(section, {}), **given}
        if "until" in given and isinstance(given["until"], dict):  # dates are added, never dropped
            out[section]["until"] = {**base.get(section, {}).get("until", {}), **given["until"]}
        for extra in set(given) - set(members):
            raise _bad(source, f"{section}.{extra}", "is not a member of a policy")
        for name, kind in members.items():
            value = out[section].get(name)
            wrong = _wrong(name, value, kind)
            if wrong:
                raise _bad(source, f"{section}.{name}", wrong)
    return out


def _wrong(name: str, value: Any, kind: type) -> str:
    """Return what is wrong with the value of a member, or an empty text."""
    if not isinstance(value, kind) or isinstance(value, bool):
        return f"must be a {kind.__name__}"
    if isinstance(value, dict):
        return _wrong_dates(value)
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        return "must be a list of texts"
    if name == "unasked" and isinstance(value, list) and not _AXES.issuperset(value):
        return f"holds only {', '.join(sorted(_AXES))}"
    if isinstance(value, int) and not 0 <= value <= _MAX_AGE_S:
        return f"is from 0 to {_MAX_AGE_S}"
    if name in _CHOICES and value not in _CHOICES[name]:
        return f"is one of {', '.join(_CHOICES[name])}"
    return ""


def _wrong_dates(value: dict[str, Any]) -> str:
    """Sunsets are days: what is misspelt would never end, so only known names stand here."""
    for name, last in value.items():
        known = name in (*KINDS, "ed448") or name in SIZES or _SHORT_RSA.fullmatch(name)
        if not known:
            return f"knows no algorithm {name!r}"
        if not isinstance(last, date) or isinstance(last, datetime):
            return f"gives {name} no day (YYYY-MM-DD)"
    return ""
