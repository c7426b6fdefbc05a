"""OFD files made by other software: our facts against what is known about each."""

from __future__ import annotations

import csv
import resource
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ofd_kit as o
from ecert.documents import inspect_document
from ecert.documents.facts import DocumentFacts, SignatureFacts
from ecert.documents.sniff import OFD, media_type
from ecert.errors import MalformedDocument
from ecert.limits import Limits

ESEAL = o.SAMPLES / "eseal"
HOSTILE = o.SAMPLES / "hostile"


@cache
def rows(folder: Path) -> tuple[dict[str, str], ...]:
    index = folder / "INDEX.tsv"
    if not index.is_file():
        return ()
    with index.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter="\t"))


def ofd_rows() -> list[dict[str, str]]:
    return [row for row in rows(ESEAL) if row["file"].endswith(".ofd")]


def sample(path: Path) -> bytes:
    if not path.is_file():
        pytest.skip("../shared/samples is absent")
    return path.read_bytes()


def integrity(one: SignatureFacts) -> bool | None:
    """The arithmetic alone: structure, digests, value, and for a seal its own parts."""
    outcomes = [one.structure, one.digest, one.value, one.seal_file]
    if one.seal is not None:
        outcomes += [one.seal_digest, one.signer_bound, one.seal.maker_signature]
    values = {outcome.ok for outcome in outcomes}
    return False if False in values else None if None in values else True


EXPECTED = {
    # expected word of the index: (kind of the only signature, its integrity)
    "intact": ("seal", True),
    "expired": ("seal", True),
    "broken": ("seal", False),
    "attack": ("seal", False),
    "uncovered": ("seal", True),
    "indeterminate": ("unknown", None),
    "integrity-only": ("integrity", True),
}


@pytest.mark.parametrize("row", ofd_rows() or [{}], ids=lambda row: row.get("file", "absent"))
def test_integrity_of_every_ofd_row(row):
    facts = inspect(row)
    if row["expected"] == "unsigned":
        assert facts.signatures == ()
        assert "document.signature_stripped" in [note.code for note in facts.notes]
        return
    kind, expected = EXPECTED[row["expected"]]
    (one,) = facts.signatures
    assert (one.kind, integrity(one)) == (kind, expected)


def inspect(row: dict[str, str]) -> DocumentFacts:
    if not row:
        pytest.skip("../shared/samples is absent")
    return inspect_document(sample(ESEAL / row["file"]), Limits())


UNCOVERED = {
    "derived/d01_content_modified.ofd": ["/Doc_0/Pages/Page_0/Content.xml"],
    "derived/d02_extra_file.ofd": ["/Doc_0/Res/extra.bin"],
    "ofd/f52f1df9_ofdrw_invoice_demo_55e58a.ofd": ["/Doc_0/Document.xml"],
}


@pytest.mark.parametrize("row", ofd_rows() or [{}], ids=lambda row: row.get("file", "absent"))
def test_what_is_uncovered(row):
    facts = inspect(row)
    for one in facts.signatures:
        if one.kind == "integrity":
            # The list names files and states no digest: it covers nothing but itself.
            assert one.coverage == "partial"
            continue
        assert [part.path for part in one.uncovered] == UNCOVERED.get(row["file"], [])
        assert one.coverage == ("partial" if one.uncovered else "whole")
        assert one.changes_after.ok is (None if one.uncovered else True)


@pytest.mark.parametrize("row", ofd_rows() or [{}], ids=lambda row: row.get("file", "absent"))
def test_references_of_every_ofd_row(row):
    """The index counts references; the number that hold is ours too."""
    facts = inspect(row)
    detail = row["expected_detail"]
    if "refs=" not in detail:
        return
    good, total = detail.split("refs=")[1].split()[0].split("/")
    (one,) = facts.signatures
    if good == total:
        assert one.digest.ok is True
    else:
        params = dict(one.digest.params)
        assert (params["bad"], params["total"]) == (int(total) - int(good), int(total))
        assert detail.endswith(str(params["path"]))
    stated = detail.split("time=")[1].split(";")[0]
    claims = {claim.source: claim for claim in one.times}
    assert claims["timeInfo"].earliest is not None
    assert claims["timeInfo"].earliest.strftime("%Y-%m-%dT%H:%M:%S") == stated
    declared = claims["SignatureDateTime"]
    assert declared.earliest <= claims["timeInfo"].earliest <= declared.latest


def test_nothing_that_must_not_be_accepted_looks_whole_and_sound():
    if not ofd_rows():
        pytest.skip("../shared/samples is absent")
    for row in ofd_rows():
        # "expired" is a matter of dates, which facts do not judge.
        if row["must_not_accept"] == "yes" and row["expected"] != "expired":
            assert not o.acceptable(inspect(row)), row["file"]
        if row["expected"] == "intact":
            assert o.acceptable(inspect(row)), row["file"]


def test_an_invoice_says_its_data_and_its_text():
    facts = inspect({"file": "ofd/8d9baae6_ofdrw_v4signed_7d3937.ofd"})
    (custom,) = facts.carriers
    assert (custom.kind, custom.covered_by) == ("custom_datas", (0,))
    assert '"发票号码": "99999951"'.encode() in custom.raw
    assert facts.face_text is not None
    assert "99999951" in facts.face_text
    roles = {part.path: part.role for part in facts.parts}
    # Written TPLS in Document.xml, Tpls in the package: found all the same.
    assert roles["/Doc_0/Tpls/Tpl_0/Content.xml"] == "content"
    # Nothing refers to the tags: covered all the same, so nothing is left open.
    unknown = [path for path, role in roles.items() if role == "unknown"]
    assert unknown == ["/Doc_0/Tags/CustomTags.xml", "/Doc_0/Tags/Tag_Invoice.xml"]


def hostile_rows() -> list[dict[str, str]]:
    return [row for row in rows(HOSTILE) if row["kind"] == "ofd" or "zip" in row["file"]]


def judge_hostile(data: bytes) -> None:
    try:
        facts = inspect_document(data, Limits())
    except MalformedDocument as problem:
        assert problem.code  # noqa: PT017
    else:
        assert not o.acceptable(facts)


@pytest.mark.parametrize("row", hostile_rows() or [{}], ids=lambda row: row.get("file", "absent"))
def test_hostile_packages_end_in_bounds(row):
    if not row:
        pytest.skip("../shared/samples is absent")
    data = sample(HOSTILE / row["file"])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if media_type(data) != OFD:
        return
    # Its work, whatever the machine and its load; the most that any row takes is some 1,500 calls.
    assert o.calls(lambda: judge_hostile(data)) < 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000
