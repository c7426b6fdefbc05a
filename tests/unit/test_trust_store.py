"""The local trust folder: read whole or not at all; silence is never a yes."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import MalformedInput, TrustError
from ecert.limits import Limits
from ecert.testpki.authority import Party, SyntheticPKI, synthetic_uscc
from ecert.testpki.folder import SealEntry, TrustPlan, trust_files, write_trust
from ecert.trust.issuers import parse_issuer_list
from ecert.trust.pem import pem_blocks
from ecert.trust.status import ask, parse_status_file
from ecert.trust.store import TrustStore
from recognition_kit import LICENCE, body

AT = datetime(2026, 6, 1, 4, tzinfo=UTC)
CODE = synthetic_uscc("11350100MB0000000")
ECID = "1.2.156.3005.2.test"


@cache
def world() -> tuple[dict[str, bytes], Party]:
    pki = SyntheticPKI(at=AT)
    office = pki.party("示例市市场监督管理局", CODE, kind="p256")
    plan = TrustPlan(
        issuers=[(office, "350100", [LICENCE])],
        certificates={ECID: ("valid", None)},
        seals=[SealEntry(es_id="seal-1", state="suspended", since=AT)],
        agreements={"east": body()},
    )
    return trust_files(pki, plan), office


def files(**changes: bytes | None) -> dict[str, bytes]:
    made = dict(world()[0])
    for name, data in changes.items():
        path = name.replace("__", "/")
        if data is None:
            del made[path]
        else:
            made[path] = data
    return made


def pem(der: bytes, label: str) -> bytes:
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n".encode()


def refused(made: dict[str, bytes], source: str, limits: Limits | None = None) -> TrustError:
    with pytest.raises(TrustError) as caught:
        TrustStore.from_files(made, limits=limits)
    assert caught.value.params["source"] == source
    return caught.value


def test_a_folder(tmp_path: Path) -> None:
    made, office = world()
    write_trust(tmp_path / "trust", made)
    (tmp_path / "trust" / "README.md").write_text("x")
    loaded = TrustStore.load(tmp_path / "trust")
    assert loaded.test_only
    assert not loaded.signed
    assert loaded.usable() is None
    assert loaded.name == "trust"
    assert [x.authority for _, x in loaded.listings(office.certificate.spki_sha256)] == [CODE]
    assert loaded.listings("00" * 32) == ()
    assert loaded.status(ECID).answer == "listed"
    assert loaded.status("other").answer == "not_listed"
    assert loaded.status(None).answer == "not_listed"
    entry = loaded.seal_status("seal-1").entry
    assert entry is not None
    assert entry.state == "suspended"
    assert [a.agreement_id for a in loaded.knowledge.agreements] == ["test.east"]
    assert loaded.knowledge.agreements[0].sha256
    assert not loaded.knowledge.agreements[0].reference


def test_the_digest_covers_names_and_bytes() -> None:
    digest = TrustStore.from_files(files()).sha256
    assert TrustStore.from_files(files(), name="other").sha256 == digest
    assert TrustStore.from_files(files(README=b"")).sha256 != digest
    assert TrustStore.from_files(dict(reversed(files().items()))).sha256 == digest


def test_pins_say_how_old() -> None:
    pins = TrustStore.from_files(files()).pins(AT)
    assert [p.state for p in pins] == ["local-folder,test-only", "current", "current"]
    assert [p.age_s for p in pins] == [None, 2 * 86400, 6 * 3600]
    late = TrustStore.from_files(files()).pins(AT + timedelta(days=3))
    assert [p.state for p in late][1:] == ["current", "past-next-update"]
    assert TrustStore.from_files(files()).pins(AT - timedelta(days=9))[1].age_s == 0
    assert [p.state for p in TrustStore.empty().pins(AT)] == ["local-folder"]


def test_l15_nothing_is_unusable() -> None:
    empty = TrustStore.empty().usable()
    assert empty is not None
    assert empty.code == "trust.no_anchors"
    anchors = {k: v for k, v in files().items() if k.startswith("anchors/")}
    nobody = TrustStore.from_files(anchors).usable()
    assert nobody is not None
    assert nobody.code == "trust.no_issuers"
    listed = yaml.safe_load(files()["issuers.yaml"]) | {"entries": []}
    hollow = TrustStore.from_files(anchors | {"issuers.yaml": yaml.safe_dump(listed).encode()})
    assert hollow.usable() is not None
    assert hollow.listings("00" * 32) == ()


def test_l16_no_source() -> None:
    bare = TrustStore.from_files(files(**{"status__status.json": None}))
    assert bare.status(ECID).answer == "none"
    assert bare.seal_status("seal-1").answer == "none"


def test_pem_and_der_mean_the_same() -> None:
    made = files()
    root = next(v for k, v in made.items() if k.startswith("anchors/"))
    crl = next(v for k, v in made.items() if k.startswith("crls/"))
    again = TrustStore.from_files(
        {"anchors/a.pem": pem(root, "CERTIFICATE"), "crls/a.pem": pem(crl, "X509 CRL")}
    )
    assert again.anchors[0].der == root
    assert len(again.crls) == 1


@pytest.mark.parametrize(
    "path",
    [
        "issuer.yaml",
        "anchors/a.txt",
        "crl/a.crl",
        "anchors/deep/a.cer",
        "status/x.yaml",
        "agreements/a.yml",
        "ocsp/a.der",
    ],
)
def test_what_has_no_place_is_refused(path: str) -> None:
    refused({path: b"x"}, path)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("anchors/a.cer", b"junk"),
        ("anchors/a.pem", b"-----BEGIN X-----\nAA==\n-----END X-----\n"),
        ("crls/a.crl", b"junk"),
        ("crls/a.pem", b"-----BEGIN X509 CRL-----\nA\n-----END X509 CRL-----\n"),
        ("issuers.yaml", b"a: [1"),
        ("issuers.yaml", b"\xff\xfe\x00"),
        ("issuers.yaml", b"- 1"),
        ("agreements/a.yaml", b"&a [*a]"),
        ("status/s.json", b"{"),
        ("status/s.json", b"\xff"),
        ("status/s.json", b'{"schema":"ecert.status/1","schema":"ecert.status/1"}'),
        ("status/s.json", b"[" * 100_000),
        ("status/s.json", b"9" * 10_000),
        ("status/s.json", b'"text"'),
        ("status/s.json", b'{"schema": "other"}'),
    ],
)
def test_a_broken_file_refuses_the_folder(path: str, data: bytes) -> None:
    assert refused({path: data}, path).code == "trust.invalid_file"


def test_one_version_in_two_files_is_equivocation() -> None:
    twin = yaml.safe_dump(body(title="另一文本"), allow_unicode=True).encode()
    found = refused(files(**{"agreements__twin.yaml": twin}), "agreements/twin.yaml")
    assert "test.east" in str(found.params["what"])
    newer = yaml.safe_dump(body(version="2"), allow_unicode=True).encode()
    assert (
        len(TrustStore.from_files(files(**{"agreements__twin.yaml": newer})).knowledge.agreements)
        == 2
    )


def test_limits(tmp_path: Path) -> None:
    refused({"status/s.json": b" " * 20}, "status/s.json", Limits(status_bytes=10))
    write_trust(tmp_path, {"README": b"", "README.md": b""})
    for limits in (Limits(trust_files=1), Limits(trust_file_bytes=-1)):
        with pytest.raises(TrustError, match="limits"):
            TrustStore.load(tmp_path, limits=limits)


def test_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(TrustError) as caught:
            TrustStore.load(path)
        assert caught.value.code == "trust.no_folder"


def test_an_unreadable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README").write_bytes(b"")

    def fail(self: Path, mode: str) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(TrustError, match="denied"):
        TrustStore.load(tmp_path)


# PEM


def test_pem_blocks() -> None:
    two = pem(b"one", "CERTIFICATE") + b"between\r\n" + pem(b"two", "CERTIFICATE")
    assert pem_blocks(two, "CERTIFICATE") == (b"one", b"two")
    assert pem_blocks(b"raw", "CERTIFICATE") == (b"raw",)
    assert pem_blocks(pem(b"key", "PRIVATE KEY") + two, "CERTIFICATE") == (b"one", b"two")


@pytest.mark.parametrize(
    "broken",
    [
        pem(b"one", "CERTIFICATE").replace(b"-----END CERTIFICATE-----", b""),
        pem(b"one", "CERTIFICATE") + b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----",
        pem(b"one", "CERTIFICATE") + b"-----BEGIN CERTIFICATE-----\nAAAA",
        pem(b"one", "X509 CRL"),
        b"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----",
    ],
)
def test_a_broken_block_is_never_dropped_silently(broken: bytes) -> None:
    with pytest.raises(MalformedInput) as caught:
        pem_blocks(broken, "CERTIFICATE")
    assert caught.value.code == "trust.pem"


# Issuer list


def listed(edit: Callable[[dict[str, Any]], Any]) -> Any:
    plain = yaml.safe_load(files()["issuers.yaml"])
    edit(plain["entries"][0])
    return parse_issuer_list(plain, "issuers.yaml")


def service(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda entry: entry["services"][0].update(changes)


def anchor(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda entry: entry["services"][0]["anchors"][0].update(changes)


def test_a_listing_is_clipped_to_its_key() -> None:
    made = listed(
        anchor(
            **{
                "from": "2024-01-01T00:00:00Z",
                "to": "2027-01-01T00:00:00Z",
                "sunset": "2026-01-01T00:00:00Z",
            }
        )
    )
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    assert made.listings[0].windows == (("granted", start, end),)


def test_a_key_outside_the_service_is_never_in_service() -> None:
    assert listed(anchor(to="2001-01-01T00:00:00Z")).listings[0].windows == ()


def test_history_of_a_service() -> None:
    made = listed(
        service(
            history=[
                {"status": "granted", "from": "2020-01-01T00:00:00Z", "to": "2025-01-01T00:00:00Z"}
            ],
            status="suspended",
            status_start="2025-01-01T00:00:00Z",
            trust="direct",
            assurance="high",
        )
    ).listings[0]
    assert [w[0] for w in made.windows] == ["granted", "suspended"]
    assert made.direct_trust
    assert made.assurance == "high"


def test_the_current_name_is_shown() -> None:
    names = [
        {"name": "旧名", "from": "2000-01-01T00:00:00Z", "to": "2020-01-01T00:00:00Z"},
        {"name": "新名"},
    ]
    assert listed(lambda e: e.update(names=names)).listings[0].name == "新名"
    assert listed(lambda e: e.update(names=names[:1])).listings[0].name == "旧名"


@pytest.mark.parametrize(
    "edit",
    [
        lambda e: e.update(names=[]),
        lambda e: e.update(colour="red"),
        lambda e: e.pop("issuer_id"),
        service(kind="wizard"),
        service(status="fine"),
        service(trust="blind"),
        service(certificate_types="all"),
        service(certificate_types=[1]),
        service(status_start="2024-01-01T00:00:00"),
        anchor(spki_sha256="ab"),
        anchor(spki_sha256="zz" * 32),
        anchor(colour="red"),
    ],
)
def test_a_wrong_entry_refuses_the_list(edit: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(TrustError) as caught:
        listed(edit)
    assert caught.value.code == "trust.invalid_file"


# Status


def snapshot(issued: str = "2026-06-01T00:00:00Z", **entries: Any) -> Any:
    plain: dict[str, Any] = {
        "schema": "ecert.status/1",
        "list_id": "s",
        "publisher": "registry",
        "version": "1",
        "issued_at": issued,
        "next_update": "2026-06-02T00:00:00Z",
    }
    return parse_status_file(json.loads(json.dumps(plain | entries)), "status/s.json")


CANCELLED = {"id": "x", "state": "cancelled", "since": "2026-05-01T00:00:00Z"}
VALID = {"id": "x", "state": "valid"}
EARLY, LATE = "2026-06-01T00:00:00Z", "2026-06-01T02:00:00Z"


def state(*files: Any, at: datetime | None = None) -> str:
    found = {ask(order, "x", "certificates", at) for order in permutations(files)}
    (answer,) = found
    return answer.entry.state if answer.entry is not None else answer.answer


def test_of_different_lists_the_worse_counts() -> None:
    good = snapshot(LATE, list_id="other", certificates=[VALID])
    assert state(good, snapshot(EARLY, certificates=[CANCELLED])) == "cancelled"
    namesake = snapshot(LATE, publisher="stranger", certificates=[VALID])
    assert state(namesake, snapshot(EARLY, certificates=[CANCELLED])) == "cancelled"


def test_of_one_list_the_newest_speaks() -> None:
    bad, good = snapshot(EARLY, certificates=[CANCELLED]), snapshot(LATE, certificates=[VALID])
    assert state(bad, good) == "valid"
    assert state(snapshot(LATE, certificates=[CANCELLED]), snapshot(certificates=[VALID])) == (
        "cancelled"
    )
    assert state(bad, snapshot(EARLY, version="2", certificates=[VALID])) == "cancelled"


def test_silence_lifts_no_bad_state_and_withdraws_a_good_one() -> None:
    silent = snapshot(LATE, certificates=[{"id": "y", "state": "valid"}])
    assert state(snapshot(certificates=[CANCELLED]), silent) == "cancelled"
    assert state(snapshot(certificates=[VALID]), silent) == "not_listed"
    older = snapshot("2026-05-01T00:00:00Z", certificates=[CANCELLED])
    assert state(older, snapshot(certificates=[VALID]), silent) == "not_listed"


def test_l14_what_was_published_after_the_judged_instant_is_no_word_about_it() -> None:
    day = datetime(2026, 5, 15, tzinfo=UTC)
    assert state(snapshot(certificates=[VALID]), at=day) == "none"
    older = snapshot("2026-05-10T00:00:00Z", certificates=[VALID])
    suspended = {"id": "x", "state": "suspended", "since": "2026-05-20T00:00:00Z"}
    assert state(older, snapshot(certificates=[suspended]), at=day) == "valid"
    undated = {"id": "x", "state": "suspended"}
    assert state(older, snapshot(certificates=[undated]), at=day) == "valid"
    assert state(older, snapshot(certificates=[CANCELLED]), at=day) == "cancelled"
    assert state(snapshot(certificates=[CANCELLED]), at=day) == "cancelled"


def test_the_newest_of_good_ones_and_of_silent_ones() -> None:
    old = snapshot("2026-05-01T00:00:00Z", certificates=[VALID])
    new = snapshot("2026-06-01T00:00:00Z", certificates=[VALID])
    assert ask([old, new], "x", "certificates").issued_at == new.issued_at
    assert ask([old, new], "y", "certificates").issued_at == new.issued_at
    assert ask([old, new], "y", "seals").answer == "none"


def test_successor() -> None:
    entry = {"id": "x", "state": "superseded", "successor": "y"}
    assert snapshot(certificates=[entry]).certificates["x"].successor == "y"


@pytest.mark.parametrize(
    "entries",
    [
        [{"id": "x", "state": "valid"}, {"id": "x", "state": "valid"}],
        [{"id": "x", "state": "active"}],
        [{"id": "", "state": "valid"}],
        [{"id": "x", "state": "valid", "colour": "red"}],
        [{"id": "x", "state": "revoked", "cascade": {"register": "registry", "effect": "refuse"}}],
        "all",
    ],
)
def test_l19_a_wrong_entry_refuses_the_snapshot(entries: Any) -> None:
    with pytest.raises(TrustError):
        snapshot(certificates=entries)
