"""Credit codes of a public business register, classified by python-stdnum in the sample's own index."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ecert.errors import InvalidIdentifier
from ecert.ids import USCC

LEGACY = Path(__file__).resolve().parents[2] / "../shared/samples/legacy"
CLASSES = {"uscc.length": "bad-length", "uscc.check": "bad-checksum"}


@pytest.mark.parametrize(
    "name",
    ["register_clean", "register_clean_utf8", "register_clean_gb18030", "register_dirty_utf8"],
)
def test_register(name):
    path = LEGACY / f"{name}.expected.tsv"
    if not path.exists():
        pytest.skip("../shared/samples is absent")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    inner = valid = 0
    for row in rows:
        text = row["code"]
        assert classify(text) == row["uscc_class_by_python-stdnum"], text
        if classify(text) == "valid":
            valid += 1
            inner += USCC.parse(text).org_code_conforms
    assert inner >= 0.99 * valid


def classify(text):
    if len(text) == 15 and text.isdigit():
        return "reg15"
    try:
        USCC.parse(text)
    except InvalidIdentifier as error:
        return CLASSES[error.code]
    return "valid"
