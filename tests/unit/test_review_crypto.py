"""What an attacker tried against keys, certificates, lists, seals, trust folders and conversion."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

import pytest
from cryptography.exceptions import InternalError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from conversion_kit import CELLS, COLUMNS, LICENCE
from ecert.conversion import convert
from ecert.conversion.diagnostics import shown
from ecert.crypto import der_build as build
from ecert.crypto import digest, keyforms
from ecert.crypto.chain import build_chain
from ecert.crypto.cms import parse_cms
from ecert.crypto.crl import CRLFacts, RevokedEntry
from ecert.crypto.publickey import PublicKey
from ecert.crypto.signer import Signer
from ecert.crypto.times import TimeClaim
from ecert.crypto.tsp import make_timestamp, parse_timestamp
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import CRLSpec, make_crl
from ecert.documents.pdf.appearance import read_picture
from ecert.errors import ECertError, MalformedInput, MalformedSeal, SigningError, TrustError
from ecert.limits import Limits
from ecert.report import Check, Verdict, failed
from ecert.seals.asn1 import parse_seal
from ecert.seals.facts import Picture
from ecert.seals.making import SealOrder, make_seal
from ecert.testpki.authority import SyntheticPKI, synthetic_uscc
from ecert.testpki.folder import TrustPlan, trust_files, write_trust
from ecert.trust.status import StatusFile, ask, parse_status_file
from ecert.trust.store import TrustStore
from ecert.verification.case import (
    Case,
    ListingCase,
    SealCase,
    SignatureCase,
    SignerCase,
    SigningTime,
)
from ecert.verification.checks.context import Context
from ecert.verification.checks.seal import seal as judge_seal
from ecert.verification.policy import Policy
from ecert.verification.relating import Relating
from ofd_kit import calls

# --- revocation lists


def revocation_list(entries: bytes) -> bytes:
    algorithm = build.sequence(build.oid("1.2.156.10197.1.501"))
    root = kit.root().cert
    tbs = build.sequence(
        build.integer(1), algorithm, root.subject_der, build.time(kit.NOW), build.sequence(entries)
    )
    return build.sequence(tbs, algorithm, build.bit_string(b"\0" * 64))


def test_a_list_that_names_one_serial_over_and_over_is_read_once():
    data = revocation_list(b"\x30\x03\x02\x01\x05" * 300_000)
    found = []
    assert calls(lambda: found.append(CRLFacts.parse(data))) < 8 * 300_000
    assert found[0].count == 300_000


def test_a_list_keeps_little_for_each_entry():
    found = CRLFacts.parse(
        revocation_list(b"".join(b"\x30\x05\x02\x03" + n.to_bytes(3, "big") for n in range(9000)))
    )
    index = found._entries
    assert index.keys.itemsize * len(index.keys) + index.offsets.itemsize * found.count < 200_000
    assert found.lookup(8999).serial == 8999
    assert found.lookup(9000) is None


def test_serials_that_agree_in_their_low_bits_are_told_apart():
    twins = (5, 5 + (1 << 64), 5 - (1 << 64))
    spec = CRLSpec(
        revoked=tuple(RevokedEntry(serial=s, revoked_at=kit.NOW) for s in twins[1:2]),
        this_update=kit.NOW,
        next_update=None,
    )
    found = CRLFacts.parse(make_crl(spec, issuer=kit.root().cert, issuer_key=kit.root().key))
    assert found.lookup(twins[1]).serial == twins[1]
    assert found.lookup(twins[0]) is None
    assert found.lookup(twins[2]) is None


@pytest.mark.parametrize("partial", [True, False])
def test_remove_from_crl_condemns_only_where_it_makes_no_sense(partial):
    spec = CRLSpec(
        revoked=(RevokedEntry(serial=9, revoked_at=kit.NOW, reason="remove_from_crl"),),
        this_update=kit.NOW,
        next_update=kit.NOW + timedelta(days=1),
        extensions={"2.5.29.27": build.integer(1)} if partial else {},
    )
    found = CRLFacts.parse(make_crl(spec, issuer=kit.root().cert, issuer_key=kit.root().key))
    assert found.partial is partial
    assert (found.lookup(9) is None) is partial


# --- key files


@pytest.mark.parametrize(
    "data",
    [
        b"-----BEGIN A-----\n" * 58_000,
        b"".join(b"-----BEGIN %d-----" % n for n in range(45_000)),
        b"".join(b"-----BEGIN %d-----" % n for n in range(45_000)) + b"-----END X-----",
    ],
)
def test_pem_blocks_without_an_end_are_searched_once(data):
    class Searched(bytes):
        octets = 0

        def find(self, wanted, start=0, *more):
            place = super().find(wanted, start, *more)
            Searched.octets += (len(self) if place < 0 else place) - start
            return place

    def read() -> None:
        with pytest.raises(SigningError) as caught:
            keyforms.read_key_block(Searched(data))
        assert caught.value.code == "key.malformed"

    assert calls(read) < 10 * 58_000
    assert Searched.octets <= len(data)


def test_pem_blocks_end_under_their_own_label():
    data = b"-----BEGIN A-----\nAAAA\n-----BEGIN B-----\nBBBB\n-----END B-----\n-----END A-----\n"
    assert keyforms.pem_blocks(data) == ((b"B", b"\x04\x10\x41"),)
    two = b"-----BEGIN A-----AAAA-----END A----------BEGIN B-----BBBB-----END B-----"
    assert [label for label, _ in keyforms.pem_blocks(two)] == [b"A", b"B"]


# --- keys


SMALL_ORDER = [
    "00" * 32,
    "01" + "00" * 31,
    "01" + "00" * 30 + "80",
    "ec" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_ed25519_keys_for_which_anybody_can_sign_are_no_keys(point):
    spki = build.sequence(
        build.sequence(build.oid("1.3.101.112")), build.bit_string(bytes.fromhex(point))
    )
    with pytest.raises(MalformedInput) as caught:
        PublicKey.from_spki(spki)
    assert caught.value.code == "key.small_order"


# --- signatures and paths in bounded time


def name_of(parts: int, tag: int = 0x0C) -> bytes:
    one = build.sequence(build.oid("2.5.4.3"), build.tlv(tag, b"a"))
    return build.sequence(*[build.tlv(0x31, one)] * parts)


def certificate(subject: bytes, issuer: bytes, serial: int = 1, extensions: bytes = b"") -> bytes:
    key, algorithm = kit.root().key, build.sequence(build.oid("1.2.156.10197.1.501"))
    tbs = build.sequence(
        build.explicit(0, build.integer(2)),
        build.integer(serial),
        algorithm,
        issuer,
        build.sequence(build.time(kit.START), build.time(kit.END)),
        subject,
        key.public.spki,
        build.explicit(3, build.sequence(extensions)) if extensions else b"",
    )
    return build.sequence(tbs, algorithm, build.bit_string(key.sign(tbs)))


def test_a_certificate_of_absurd_parts_is_refused_before_it_is_read():
    extensions = b"".join(
        build.sequence(build.oid(f"1.2.3.{n}"), build.octet_string(b"")) for n in range(65)
    )
    cases = [
        (certificate(name_of(65), name_of(1)), "x509.name"),
        (certificate(name_of(5000), name_of(1)), "der.members"),
        (certificate(name_of(300_000), name_of(1)), "der.nodes"),
        (certificate(name_of(1), name_of(1), extensions=extensions), "x509.extension"),
    ]
    for data, code in cases:
        found = []

        def read(data: bytes = data, found: list[str] = found) -> None:
            with pytest.raises(MalformedInput) as caught:
                CertificateFacts.parse(data)
            found.append(caught.value.code)

        assert calls(read) < 6 * Limits().der_nodes
        assert found == [code]


def test_four_mebibytes_of_empty_values_are_not_read_to_the_end():
    junk = b"\x30\x00" * 2_097_000
    cms = build.sequence(
        build.oid("1.2.840.113549.1.7.2"),
        build.explicit(
            0,
            build.sequence(
                build.integer(1),
                build.tlv(0x31, b""),
                build.sequence(build.oid("1.2.840.113549.1.7.1")),
                build.tlv(0xA1, junk),
                build.tlv(0x31, b""),
            ),
        ),
    )
    for read, data in ((parse_cms, cms), (parse_seal, build.sequence(junk))):

        def attempt(read=read, data=data) -> None:
            with pytest.raises(MalformedInput):
                read(data)

        assert calls(attempt) < 6 * Limits().der_nodes


def test_a_pool_of_authorities_with_one_long_name_each_is_folded_once():
    def mixed(bits: int) -> bytes:
        parts = [
            build.tlv(
                0x31,
                build.sequence(
                    build.oid("2.5.4.3"), build.tlv(0x0C if bits >> n & 1 else 0x13, b"a" * 900)
                ),
            )
            for n in range(60)
        ]
        return build.sequence(*parts)

    basic = build.sequence(
        build.oid("2.5.29.19"), build.octet_string(build.sequence(build.boolean(1)))
    )
    pool = [
        CertificateFacts.parse(certificate(mixed(n), mixed(n + 1), n + 1, basic)) for n in range(60)
    ]
    leaf = CertificateFacts.parse(certificate(mixed(500), mixed(600), 999))
    found = []
    assert calls(lambda: found.append(build_chain(leaf, pool=pool, anchors=()))) < 300_000
    assert found[0].problem.ok is None


# --- time stamps


def test_l3_an_encryption_only_key_stamps_no_time():
    fake = kit.entity(
        "tsa that may only encrypt",
        issuer=kit.root(),
        key_usage=("key_encipherment", "data_encipherment"),
        extended_key_usage=("time_stamping",),
    )
    # Signer.from_key refuses such a pair, so the token is made by hand.
    signer = Signer(fake.cert, (), fake.key)
    token = make_timestamp(b"value", signer=signer, at=kit.NOW, serial=1)
    found = parse_timestamp(token, b"value")
    assert found.value.ok
    assert found.problem.code == "tsp.usage"


# --- trust folders


@lru_cache
def trust_world() -> dict[str, bytes]:
    pki = SyntheticPKI(at=kit.NOW)
    office = pki.party("示例局", synthetic_uscc("11350100MB0000000"), kind="p256")
    plan = TrustPlan(issuers=[(office, "350100", ["A"])], certificates={"E": ("valid", None)})
    return trust_files(pki, plan)


def folder(tmp_path: Path) -> Path:
    write_trust(tmp_path / "trust", trust_world())
    return tmp_path / "trust"


def elsewhere(tmp_path: Path, root: Path) -> None:
    (root / "crls").rename(tmp_path / "elsewhere")
    (root / "crls").symlink_to(tmp_path / "elsewhere", target_is_directory=True)


def test_a_linked_folder_of_lists_is_read(tmp_path):
    root = folder(tmp_path)
    whole = TrustStore.load(root)
    elsewhere(tmp_path, root)
    linked = TrustStore.load(root)
    assert linked.crls
    assert linked == whole


def dangling(root: Path) -> None:
    (root / "crls" / "newer.crl").symlink_to(root / "gone.crl")


def pipe(root: Path) -> None:
    os.mkfifo(root / "status" / "newer.json")


def marker_folder(root: Path) -> None:
    (root / "TEST-ONLY").unlink()
    (root / "TEST-ONLY").mkdir()


def dangling_marker(root: Path) -> None:
    (root / "TEST-ONLY").unlink()
    (root / "TEST-ONLY").symlink_to(root / "gone")


def deeper(root: Path) -> None:
    (root / "crls" / "more").mkdir()


def loop(root: Path) -> None:
    (root / "again").symlink_to(root, target_is_directory=True)


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
@pytest.mark.parametrize("spoil", [dangling, pipe, marker_folder, dangling_marker, deeper, loop])
def test_what_is_neither_file_nor_known_folder_never_drops_out_silently(tmp_path, spoil):
    root = folder(tmp_path)
    spoil(root)
    with pytest.raises(TrustError) as caught:
        TrustStore.load(root)
    assert caught.value.code == "trust.invalid_file"


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_a_file_name_that_is_no_text_is_read_like_any_other(tmp_path):
    root = folder(tmp_path)
    one = TrustStore.load(root)
    (root / "crls" / "root-p256.crl").rename(root / os.fsdecode(b"crls/\xff.crl"))
    other = TrustStore.load(root)
    assert other.crls == one.crls
    assert other.sha256 != one.sha256


def snapshot(days: int, *states: tuple[str, str], seals: tuple[str, ...] = ("S",)) -> StatusFile:
    issued = kit.NOW + timedelta(days=days)
    body = {
        "schema": "ecert.status/1",
        "list_id": "one",
        "publisher": "TEST ONLY",
        "version": str(days),
        "issued_at": issued.isoformat(),
        "next_update": (issued + timedelta(days=30)).isoformat(),
        "certificates": [{"id": ident, "state": state} for ident, state in states],
        "seals": [{"id": ident, "state": "active"} for ident in seals],
    }
    return parse_status_file(body, "status.json")


def test_l16_a_newest_snapshot_that_names_nothing_withdraws_everything():
    older, newer = snapshot(0, ("E", "valid")), snapshot(1)
    assert ask([older], "E", "certificates").answer == "listed"
    assert ask([older, newer], "E", "certificates").answer == "not_listed"
    assert ask([newer], "E", "certificates").answer == "none"
    assert ask([older, snapshot(1, seals=())], "S", "seals").answer == "not_listed"


def test_l16_of_two_snapshots_of_one_instant_both_must_name_it():
    full, empty = snapshot(0, ("E", "valid")), snapshot(0, ("F", "valid"))
    for files in ([full, empty], [empty, full]):
        assert ask(files, "E", "certificates").answer == "not_listed"
        assert ask(files, "F", "certificates").answer == "not_listed"
    assert ask([full, full], "E", "certificates").answer == "listed"


# --- conversion


def table(folder: Path, name: str = "in.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "m.yaml").write_text(LICENCE, "utf-8")
    rows = [",".join(COLUMNS), ",".join(CELLS[c] for c in COLUMNS)]
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(rows), "utf-8")
    return path


def test_an_input_among_the_temporary_files_is_kept(tmp_path):
    source = table(tmp_path, ".converting/in.csv")
    with pytest.raises(ECertError) as caught:
        convert(source, mapping=tmp_path / "m.yaml", out=tmp_path)
    assert caught.value.code == "conversion.overwrites_input"
    assert source.exists()


def test_a_mapping_is_not_overwritten(tmp_path):
    source = table(tmp_path)
    mapping = (tmp_path / "m.yaml").rename(tmp_path / "summary.json")
    with pytest.raises(ECertError) as caught:
        convert(source, mapping=mapping, out=tmp_path)
    assert caught.value.code == "conversion.overwrites_input"
    assert mapping.read_text("utf-8") == LICENCE


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("示例甲 11010519491231002X 来电", "示例甲 **************002X 来电"),
        ("no11010519491231002x", "no**************002x"),
        ("旧证110105491231002号", "旧证***********1002号"),
        ("１１０１０５１９４９１２３１００２Ｘ等", "**************００２Ｘ等"),
        ("注册号110108000000016", "注册号110108000000016"),
        ("110108000000016", "110108000000016"),
        ("9" * 19, "9" * 19),
    ],
)
def test_l26_a_citizens_number_among_other_words_is_masked(value, said):
    assert shown(value) == said


# --- an OpenSSL that its configuration leaves without SM3


def test_without_sm3_anywhere_the_digest_is_unsupported_and_no_library_error_escapes(monkeypatch):
    def refuse(name: str, **_: object) -> None:
        raise ValueError(name)

    class Broken:
        def __init__(self) -> None:
            raise InternalError("unknown error", [])

    monkeypatch.setattr(digest.hashlib, "new", refuse)
    monkeypatch.setattr(digest, "_LibrarySM3", Broken)
    with pytest.raises(MalformedInput) as caught:
        digest.new("sm3")
    assert caught.value.code == "digest.unsupported"


# --- seals before the judge


def case_of_maker(**more) -> SignerCase:
    values = {"name": "m", "cert_sha256": "", "not_before": kit.START, "not_after": kit.END}
    listing = ListingCase(
        authority="M", name="m", kind="seal-maker", states=(("granted", kit.START, None),)
    )
    return SignerCase(**(values | {"listings": (listing,)} | more))


def instant(moment: datetime) -> TimeClaim:
    return TimeClaim(source="t", text="", earliest=moment, latest=moment)


def judged(seal: SealCase) -> dict[str, Check]:
    signature = SignatureCase(index=0, kind="seal", seal=seal)
    ctx = Context(case=Case(signatures=(signature,)), policy=Policy.default(), at=kit.NOW)
    group = judge_seal(ctx, signature, SigningTime(), status=Verdict.PASSED)
    return {check.id.rpartition(".")[2]: check for check in group.children}


def seal_case(**more) -> SealCase:
    values = {
        "es_id": "s",
        "maker": case_of_maker(),
        "created": instant(kit.NOW - timedelta(days=9)),
        "valid_from": instant(kit.NOW - timedelta(days=9)),
        "valid_to": instant(kit.NOW + timedelta(days=9)),
    }
    return SealCase(**(values | more))


def test_l3_an_encryption_only_key_makes_no_seal_though_it_is_listed():
    assert judged(seal_case())["maker_authorised"].verdict is Verdict.PASSED
    bad = seal_case(maker=case_of_maker(usage=failed("signer.usage")))
    assert judged(bad)["maker_authorised"].verdict is Verdict.FAILED


def test_a_seal_that_is_not_yet_in_use_passes_at_no_time_of_signing():
    assert judged(seal_case())["validity"].verdict is Verdict.PASSED
    future = seal_case(valid_from=instant(kit.NOW + timedelta(days=1)))
    check = judged(future)["validity"]
    assert check.verdict is Verdict.FAILED
    assert check.reasons[0].code == "seal.outside_period"


def test_a_seal_picture_of_absurd_size_is_refused_where_warnings_are_errors():
    pytest.importorskip("PIL")
    rows = zlib.compress(b"\0" * 100)
    header = struct.pack(">IIBBBBB", 9999, 9999, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")):
        check = struct.pack(">I", zlib.crc32(kind + body))
        data += struct.pack(">I", len(body)) + kind + body + check
    with pytest.raises(MalformedSeal):
        read_picture(data)


# --- revocation lists inside a file


def test_l17_lists_inside_a_file_are_bounded_as_one_signature_is():
    def one(number: int) -> bytes:
        spec = CRLSpec(this_update=kit.NOW, next_update=None, number=number)
        return make_crl(spec, issuer=kit.root().cert, issuer_key=kit.root().key)

    lists = [one(n) for n in range(5)]
    relating = Relating(trust=TrustStore.empty(), limits=Limits(certificates=3))
    relating.with_file_crls([lists[0], b"junk", *lists[:2], *lists])
    assert [crl.number for crl in relating.file_crls] == [0, 1, 2]
    relating = Relating(
        trust=TrustStore.empty(), limits=Limits(signature_bytes=len(lists[0] + lists[1]))
    )
    relating.with_file_crls(lists)
    assert len(relating.file_crls) == 2


# --- making seals


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 9


def order(**more) -> SealOrder:
    values = {
        "es_id": "E",
        "name": "示例章",
        "vendor_id": "V",
        "certificates": (kit.leaf().cert.der,),
        "created": kit.NOW,
        "valid_from": kit.NOW,
        "valid_to": kit.NOW + timedelta(days=1),
        "picture": Picture(type="PNG", data=PNG, width_mm=40, height_mm=40),
    }
    return SealOrder(**(values | more))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "seal.order_name"),
        ({"name": "\ud800"}, "seal.order_name"),
        ({"name": "公\u202e章"}, "seal.order_name"),
        ({"es_id": ""}, "seal.order_name"),
        (
            {"created": datetime.min.replace(tzinfo=timezone(timedelta(hours=8)))},
            "seal.order_time",
        ),
        (
            {"picture": Picture(type="GIF", data=PNG, width_mm=4, height_mm=4)},
            "seal.order_picture_type",
        ),
        (
            {"picture": Picture(type="EXE", data=b"MZ", width_mm=4, height_mm=4)},
            "seal.order_picture_type",
        ),
    ],
)
def test_a_seal_of_bad_input_is_not_made(change, code):
    assert make_seal(order(), maker=kit.signer())
    with pytest.raises(SigningError) as caught:
        make_seal(order(**change), maker=kit.signer())
    assert caught.value.code == code


def test_l3_no_seal_lists_a_certificate_that_may_only_encrypt():
    other = kit.entity("encrypts", issuer=kit.root(), key_usage=("key_encipherment",))
    with pytest.raises(SigningError) as caught:
        make_seal(order(certificates=(other.cert.der,)), maker=kit.signer())
    assert caught.value.code == "key.encryption_only"
