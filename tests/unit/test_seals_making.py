"""Making seals and signing with them: what is refused, and the value class."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import seals_kit as kit
from ecert.crypto.keys import PrivateKey
from ecert.crypto.signer import Signer
from ecert.errors import MalformedSeal, SigningError
from ecert.seals.asn1 import parse_seal, parse_seal_signature
from ecert.seals.facts import Picture
from ecert.seals.making import Seal, make_seal, sign_with_seal
from ecert.seals.picture import sniff


def made(**changes):
    return make_seal(kit.order(**changes), maker=kit.maker())


def signed(seal=None, **changes):
    values = {
        "seal": seal or made(),
        "signer": kit.signer(),
        "data_hash": kit.HASH,
        "property_info": kit.PROPERTY,
        "at": kit.NOW,
    }
    return sign_with_seal(**{**values, **changes})


def test_a_made_seal_reads_back_without_quirks():
    facts = parse_seal(made())
    assert facts.version == "v4"
    assert facts.maker_signature.ok is True
    assert facts.quirks == ()
    assert facts.name == "测试用电子印章"
    assert facts.seal_type == 1
    assert facts.created.text == "20240101000000Z"


def test_times_are_written_in_utc_with_z():
    shanghai = timezone(timedelta(hours=8))
    local = datetime(2024, 5, 1, 8, 0, 0, 123456, tzinfo=shanghai)
    facts = parse_seal(made(created=local))
    assert facts.created.text == "20240501000000Z"
    out = parse_seal_signature(signed(at=local.replace(year=2026)))
    assert out.time is not None
    assert out.time.text == "20260501000000Z"


def test_a_signature_embeds_the_seal_verbatim():
    seal = made()
    facts = parse_seal_signature(signed(seal, property_info=kit.PROPERTY.encode()))
    assert facts.seal.raw == seal
    assert facts.value.ok is True
    assert facts.signer_listed.ok is True
    assert facts.quirks == facts.seal.quirks == ()


def test_v5_seals_may_be_used():
    seal = kit.seal_v4(kit.info(head=kit.header(5)))
    facts = parse_seal_signature(signed(seal))
    assert (facts.version, facts.declared_version, facts.quirks) == ("v5", 5, ())


def test_a_time_stamp_over_the_value_is_carried():
    facts = parse_seal_signature(signed(stamp=kit.stamp))
    assert facts.timestamp is not None
    assert facts.timestamp_value.ok is True, facts.timestamp
    assert facts.timestamp.gen_time == kit.NOW
    assert facts.quirks == ()


def test_a_time_stamp_over_other_bytes_is_refused():
    with pytest.raises(SigningError) as caught:
        signed(stamp=lambda value: kit.stamp(value + b"x"))
    assert caught.value.code == "seal.own_output"


def test_a_real_signer_makes_seals():
    maker, user = (
        Signer.from_key(PrivateKey.from_sm2_scalar(who.private), who.certificate)
        for who in (kit.maker(), kit.signer())
    )
    facts = parse_seal_signature(signed(make_seal(kit.order(), maker=maker), signer=user))
    assert facts.value.ok is True


ENCRYPTION_DER = b"0\x03\x02\x01\x01"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"es_id": "印章"}, "seal.order_text"),
        ({"es_id": "a\nb"}, "seal.order_text"),
        ({"vendor_id": "厂"}, "seal.order_text"),
        ({"certificates": ()}, "seal.order_empty_list"),
        ({"certificates": (ENCRYPTION_DER,)}, "seal.order_certificate"),
        ({"created": datetime(2024, 1, 1)}, "seal.order_zone"),
        ({"valid_from": kit.END, "valid_to": kit.START}, "seal.order_dates"),
        ({"valid_to": kit.START}, "seal.order_dates"),
        ({"picture": Picture(type="PNG", data=b"", width_mm=1, height_mm=1)}, "seal.order_picture"),
        (
            {"picture": Picture(type="PNG", data=b"x", width_mm=0, height_mm=1)},
            "seal.order_picture",
        ),
        ({"picture": Picture(type="图", data=b"x", width_mm=1, height_mm=1)}, "seal.order_text"),
    ],
)
def test_orders_that_cannot_be_met(changes, code):
    with pytest.raises(SigningError) as caught:
        made(**changes)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"signer": kit.party("TEST-ONLY stranger")}, "seal.signer_not_listed"),
        ({"data_hash": bytes(20)}, "seal.order_hash"),
        ({"at": kit.START - timedelta(seconds=1)}, "seal.outside_period"),
        ({"at": kit.END + timedelta(seconds=1)}, "seal.outside_period"),
        ({"at": datetime(2026, 1, 1)}, "seal.order_zone"),
        ({"property_info": "/文档"}, "seal.order_text"),
        ({"property_info": "/文档".encode()}, "seal.order_text"),
        ({"seal": kit.seal_v1()}, "seal.unusable"),
        ({"seal": kit.seal_v4(form="three")}, "seal.unusable"),
        ({"stamp": lambda value: b"\x01\x02\x03"}, "seal.own_output"),
        ({"signer": replace(kit.signer(), kind="rsa")}, "seal.order_key"),
        ({"signer": replace(kit.signer(), private=kit.maker().private)}, "seal.own_output"),
    ],
)
def test_signatures_that_would_not_be_valid(changes, code):
    with pytest.raises(SigningError) as caught:
        signed(**changes)
    assert caught.value.code == code


def test_a_faulty_maker_key_is_noticed():
    with pytest.raises(SigningError) as caught:
        make_seal(kit.order(), maker=replace(kit.maker(), private=kit.signer().private))
    assert caught.value.code == "seal.own_output"
    with pytest.raises(SigningError):
        make_seal(kit.order(), maker=replace(kit.maker(), kind="p256"))


def test_seal_value(tmp_path):
    raw = made()
    path = tmp_path / "agency.esl"
    path.write_bytes(raw)
    seal = Seal.load(path)
    assert seal == Seal.parse(raw) == Seal(raw)
    assert hash(seal) == hash(Seal(raw))
    assert seal.facts.es_id == "35010000000001"
    path.write_bytes(bytes(4 * 1024 * 1024 + 1))
    with pytest.raises(MalformedSeal) as caught:
        Seal.load(str(path))
    assert caught.value.code == "seal.too_large"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"GIF89a", "GIF"),
        (b"\xff\xd8\xff\xe0", "JPG"),
        (b"BM....", "BMP"),
        (b"PK\x03\x04", "OFD"),
        (b"<?xml?><svg/>", "SVG"),
        (b"", None),
    ],
)
def test_sniffing(data, kind):
    assert sniff(data) == kind
