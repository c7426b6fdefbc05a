"""Value types: frozen, hashable, ordered, picklable, str round trip; lenient parsing; named doors."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from datetime import date

import pytest

from ecert.errors import InvalidIdentifier
from ecert.ids import (
    ECID,
    USCC,
    CertDate,
    IDNumber,
    NonconformingUSCC,
    OrgCode,
    RegionCode,
    RegistrationNumber,
    Sex,
    ecid,
)
from ecert.ids.ecid_rules import Parts, wrong_rules

LICENCE = "1.2.156.3005.2.11100000MB0143028R001.11110105MB00000009.91110105MA0000007L.001.G"
VALUES = [
    ECID(LICENCE),
    USCC("91350100M000100Y43"),
    USCC.nonconforming("91350100M000100Y44"),
    IDNumber("11010519491231002X"),
    OrgCode("D2143569X"),
    RegistrationNumber("110108000000016"),
    RegionCode("110105"),
    CertDate("20240131"),
]
TYPE_CODES = [
    "11100000MB0143028R001",
    "11100000000013127D001",
    "111000000000131433001",
    "11100000MB03271699001",
    "11100000MB03271699022",
    "11100000MB03271699035",
    "11100000000019713D008",
    "11100000000019713D013",
    "11100000000013338W001",
    "11100000000013338W011",
    "1110000000001332XW059",
    "11100000000013661B006",
    "11100000MB0341032Y002",
    "11410800MB18523953004",
]


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_value_type(value):
    kind = type(value)
    again = kind(str(value))
    assert again == value
    assert hash(again) == hash(value)
    assert not again < value
    assert sorted([value, again]) == [value, again]
    assert pickle.loads(pickle.dumps(value)) == value
    assert value != str(value)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.text = "x"
    with pytest.raises((AttributeError, TypeError)):
        value.other = "x"


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize(
    "wrong", [None, 7, b"91350100M000100Y43", "", "\x00" * 18, "９" * 9, "x" * 100_000]
)
def test_wrong_argument_is_an_identifier_error(value, wrong):
    with pytest.raises(InvalidIdentifier) as caught:
        type(value)(wrong)
    assert pickle.loads(pickle.dumps(caught.value)).code == caught.value.code
    start, end = caught.value.span
    assert 0 <= start <= end
    if hasattr(type(value), "parse"):
        with pytest.raises(InvalidIdentifier):
            type(value).parse(wrong)


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        (USCC, " ９１350100 m000100y43　", "91350100M000100Y43"),
        (OrgCode, "d2143569-x", "D2143569X"),
        (OrgCode, "Ｄ2143569－Ｘ", "D2143569X"),
        (OrgCode, "D2143569X", "D2143569X"),
        (RegistrationNumber, "1101 0800 0000 016", "110108000000016"),
        (IDNumber, "110105 19491231 002x", "11010519491231002X"),
        (RegionCode, " １１0105", "110105"),
        (CertDate, "2024年1月31日", "20240131"),
        (ECID, LICENCE.lower(), LICENCE),
        (ECID, LICENCE.removeprefix("1.2.156.3005.2."), LICENCE),
        (ECID, LICENCE.replace(".", "．"), LICENCE),
    ],
)
def test_parse_is_lenient(kind, typed, meant):
    assert str(kind.parse(typed)) == meant
    with pytest.raises(InvalidIdentifier):
        kind(typed + " ")


def test_fold_never_drops_a_tail():
    with pytest.raises(InvalidIdentifier):
        USCC.parse("91350100M000100Y43" + " " * 5000 + "1")
    with pytest.raises(InvalidIdentifier):
        ECID.parse(LICENCE + " " * 5000 + "1")
    assert ecid.diagnose(LICENCE + " " * 5000 + "1").corrected is None
    assert ecid.diagnose(LICENCE + "-" * 300).corrected is None
    assert str(ecid.diagnose(LICENCE + " " * 5000).corrected) == LICENCE


def test_uscc_parts():
    code = USCC("91350100M000100Y43")
    assert (code.registrar, code.category, str(code.region)) == ("9", "1", "350100")
    assert (code.org_code, code.check) == ("M000100Y4", "3")
    assert code.org_code_conforms
    assert OrgCode(code.org_code).hyphenated == "M000100Y-4"
    assert OrgCode(code.org_code).check == "4"


def test_the_named_door_for_nonconforming_codes():
    odd = USCC.nonconforming("91350100M000100Y44")
    assert isinstance(odd, NonconformingUSCC)
    assert odd.fault.code == "uscc.check"
    assert odd.fault.expected == "3"
    assert odd != USCC("91350100M000100Y43")
    with pytest.raises(InvalidIdentifier) as caught:
        USCC.nonconforming("91350100M000100Y43")
    assert caught.value.code == "uscc.conforms"
    for wrong in ("91350100M000100Y4", "91350100m000100y44", "91350100M000100Y_4"):
        with pytest.raises(InvalidIdentifier):
            USCC.nonconforming(wrong)


def test_registration_number_parts():
    number = RegistrationNumber("110108000000016")
    assert (str(number.region), number.sequence, number.check) == ("110108", "00000001", "6")


def test_identity_number_parts_and_mask():
    number = IDNumber("11010519491231002X")
    assert number.birth_date == date(1949, 12, 31)
    assert number.sex is Sex.FEMALE
    assert (number.order, number.check, number.region_known) == ("002", "X", True)
    assert number.residence_permit is None
    assert "19491231" not in repr(number)
    assert repr(number).endswith("002X')")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("130503670401001", "130503196704010016"),
        ("110105490101996", "11010518490101996"),
        ("110105990101999", "11010518990101999"),
        ("110105490101995", "11010519490101995"),
        ("11 0105 ４90101 995", "11010519490101995"),
    ],
)
def test_upgrade(old, new):
    number = IDNumber.upgrade(old)
    assert str(number).startswith(new)
    assert number == IDNumber(str(number))


@pytest.mark.parametrize(
    ("old", "code"),
    [
        ("130503670231001", "idnumber.birth_date"),
        ("110105000229001", "idnumber.birth_date"),  # 1900 was no leap year
        ("110105000229996", "idnumber.birth_date"),  # nor was 1800
        ("13050367040100", "idnumber.length"),
        ("13050367040100X", "idnumber.characters"),
        ("130503196704010016", "idnumber.length"),
        (None, "idnumber.length"),
    ],
)
def test_upgrade_refuses(old, code):
    with pytest.raises(InvalidIdentifier) as caught:
        IDNumber.upgrade(old)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("prefix", "place"), [("81", "hong_kong"), ("82", "macao"), ("83", "taiwan")]
)
def test_residence_permit(prefix, place):
    number = with_check(f"{prefix}000019900101001")
    assert number.residence_permit == place
    assert number.region_known


def test_unknown_region_is_a_property():
    number = with_check("99999919900101001")
    assert not number.region_known
    assert str(number.region) == "999999"


def test_future_birth_date_is_no_matter_of_the_type():
    assert with_check("11010529990101001").birth_date == date(2999, 1, 1)


def with_check(body):
    from ecert.ids.checkdigit import iso7064_mod11_2

    return IDNumber(body + iso7064_mod11_2(body))


@pytest.mark.parametrize("code", TYPE_CODES)
def test_known_type_codes_conform(code):
    made = ECID.create(type_code=code, issuer_code="340100", serial="1", version="001")
    assert made.type_code_conforms
    assert made.type_definer == USCC(code[:18])
    assert made.issuer is None


def test_local_type_code_is_a_warning_not_an_error():
    made = ECID.create(type_code="A" * 18 + "001", issuer_code="1500001", serial="1", version="999")
    assert not made.type_code_conforms
    assert not made.issuer_conforms


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"serial": "a-b"}, "ecid.characters"),
        ({"serial": "1.1"}, "ecid.characters"),
        ({"serial": ""}, "ecid.serial"),
        ({"serial": "1" * 200}, "ecid.format"),
        ({"version": "1"}, "ecid.version"),
        ({"version": "0001"}, "ecid.version"),
        ({"version": "00A"}, "ecid.version"),
        ({"issuer_code": "12345"}, "ecid.issuer_code"),
        ({"type_code": "1" * 20}, "ecid.type_code"),
    ],
)
def test_create_refuses(change, code):
    parts = {"type_code": TYPE_CODES[0], "issuer_code": "340100", "serial": "1", "version": "001"}
    with pytest.raises(InvalidIdentifier) as caught:
        ECID.create(**(parts | change))
    assert caught.value.code == code


def test_ecid_error_points_at_the_check_character():
    with pytest.raises(InvalidIdentifier) as caught:
        ECID(LICENCE[:-1] + "H")
    assert caught.value.span == (len(LICENCE) - 1, len(LICENCE))
    assert caught.value.expected == "G"
    assert caught.value.pointer().endswith(" ^")


@pytest.mark.parametrize(
    "text", ["", ".", "....", "1.2.156.3005.2.", None, 5, LICENCE + "1", "1.2.156.3005.2....."]
)
def test_diagnose_takes_anything(text):
    found = ecid.diagnose(text)
    assert not found.ok
    assert found.code is not None


def test_rules_of_a_short_text_and_of_other_versions():
    parts = Parts("1" * 21, "340100", "1", "001", "1")
    names = {r.name: r.gives for r in wrong_rules(parts, ecid.ROOT)}
    assert names["serial_not_normalised"] == frozenset()
    assert names["check_of_other_version"] == frozenset()
    assert len(names) == 10
    third = Parts("1" * 21, "340100", "1", "003", "1")
    assert (
        len({r.name: r.gives for r in wrong_rules(third, ecid.ROOT)}["check_of_other_version"]) == 2
    )


def test_import_reads_no_region_data():
    code = (
        "import sys; import ecert.ids as i; from ecert.ids import region;"
        "assert region._regions.cache_info().currsize == 0;"
        "i.IDNumber('11010519491231002X').region;"
        "assert region._regions.cache_info().currsize == 0;"
        "assert i.IDNumber('11010519491231002X').region_known;"
        "assert region._regions.cache_info().currsize == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
