"""Mutants of issued PDFs, judged by our own reader and by pyHanko (integrity only; L24).

    mutants.py --count 100000 --jobs 2 --work DIR

Bases are the good PDFs of sample_certs and one with two revisions. Mutant number N of a seed is
always the same. Facts of files known by a skeleton, and of one mutant in eight, are held against those
of the full reading. Results lie in blocks in ``--work``; a second call takes up where the first ended.
Exit 1 if the judge could accept a mutant for a reason that is not in `EXPLAINED`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import logging
import random
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mutation import mutate_der, tree_bytes, tree_of

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from ecert.documents import inspect_document
from ecert.documents.facts import DocumentFacts, SignatureFacts
from ecert.errors import ECertError
from ecert.limits import Limits
from ecert.verification.tolerance import strange

BLOCK = 500
SAMPLE = 8
BASES = ("good_cms_sm2", "good_cms_rsa", "good_cms_p256")
EXPLAINED = (
    "same objects (a third reader's graph)",
    "only /Contents differs, and holds for pyHanko",
)
"""Why a changed file may still be accepted; anything else is a finding."""


def bases() -> dict[str, bytes]:
    """Return the issued files: three kinds of key, and one of them with an empty DSS behind it."""
    from attacks.pdf_attacks import appended_dss

    found = {name: (ROOT / f"sample_certs/{name}.pdf").read_bytes() for name in BASES}
    return found | {"two_revisions": appended_dss(found["good_cms_sm2"])}


# -- mutations -------------------------------------------------------------------------------------


def _blind(data: bytes, size: int, rng: random.Random) -> bytes:
    """Change some bytes: flip, insert, delete, double."""
    del size
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at, what = rng.randrange(len(out) + 1), rng.randrange(5)
        length = rng.choice((1, 1, 2, 4, 9, 40))
        if what == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif what == 1 and at < len(out):
            out[at] = rng.choice(b"0 /<>[]()%\n9aR\0\xff")
        elif what == 2:
            out[at:at] = rng.randbytes(length)
        elif what == 3:
            del out[at : at + length]
        else:
            out[at:at] = out[at : at + length]
    return bytes(out)


def anywhere(data: bytes, rng: random.Random) -> bytes:
    """Change bytes anywhere."""
    return _blind(data, 0, rng)


def structure(data: bytes, rng: random.Random) -> bytes:
    """Change bytes outside streams and outside the signature value."""
    spans = _plain(data)
    start, end = rng.choices(spans, [b - a for a, b in spans])[0]
    return data[:start] + _blind(data[start:end], 0, rng) + data[end:]


def _plain(data: bytes) -> list[tuple[int, int]]:
    """Return the ranges that are neither stream nor hexadecimal value."""
    holes = [
        m.span()
        for m in re.finditer(rb"stream\r?\n.*?endstream|/Contents <[0-9A-Fa-f]+>", data, re.DOTALL)
    ]
    edges = [0, *(edge for span in holes for edge in span), len(data)]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


def number(data: bytes, rng: random.Random) -> bytes:
    """Change a number outside streams."""
    start, end = rng.choice(_plain(data))
    places = list(re.finditer(rb"\d+", data[start:end]))
    if not places:
        return structure(data, rng)
    place = rng.choice(places)
    value = int(place[0])
    new = rng.choice(
        (
            value + 1,
            max(0, value - 1),
            0,
            -1,
            value * 10,
            2**31,
            2**63,
            rng.randrange(200),
            len(data),
        )
    )
    return data[: start + place.start()] + b"%d" % new + data[start + place.end() :]


def name(data: bytes, rng: random.Random) -> bytes:
    """Exchange a name for another one of the file, or change its spelling."""
    places = [m for a, b in _plain(data) for m in re.finditer(rb"/[A-Za-z0-9#]+", data[a:b])]
    words = sorted({m[0] for m in places})
    old = rng.choice(words)
    at = rng.choice([m.start() for m in re.finditer(re.escape(old) + rb"\b", data)] or [0])
    spelt = old[:1] + b"#%02x" % old[1] + old[2:]
    new = rng.choice((rng.choice(words), old.swapcase(), spelt, old + b"x", b""))
    return data[:at] + new + data[at + len(old) :]


_OBJECT = re.compile(rb"(?<!\d)(\d+) 0 obj\b.*?\bendobj\b\s*", re.DOTALL)


def objects(data: bytes, rng: random.Random) -> bytes:
    """Delete, double, move or exchange whole objects."""
    found = list(_OBJECT.finditer(data))
    one, two = rng.choice(found), rng.choice(found)
    what = rng.randrange(4)
    if what == 0:
        return data[: one.start()] + data[one.end() :]
    if what == 1:
        return data[: two.start()] + one[0] + data[two.start() :]
    if what == 2:
        renamed = two[1] + b" 0 obj" + one[0].split(b"obj", 1)[1]
        return data[: one.start()] + renamed + data[one.end() :]
    first, last = sorted((one, two), key=lambda m: m.start())
    return (
        data[: first.start()]
        + last[0]
        + data[first.end() : last.start()]
        + first[0]
        + data[last.end() :]
    )


def xref(data: bytes, rng: random.Random) -> bytes:
    """Change a row of the cross-reference table, its header, or where it is said to begin."""
    rows = list(
        re.finditer(
            rb"\d{10} \d{5} [nf]|startxref\s+\d+|xref\s+\d+ \d+|/(?:Prev|Size|Root) ?\d+", data
        )
    )
    if not rows:
        return number(data, rng)
    row = rng.choice(rows)
    digits = list(re.finditer(rb"\d+", row[0]))
    where = rng.choice(digits)
    other = rng.choice(list(_OBJECT.finditer(data))).start()
    value = rng.choice((other, int(where[0]) + rng.choice((-1, 1, 10)), 0, len(data)))
    text = (
        row[0][: where.start()] + b"%0*d" % (len(where[0]), max(0, value)) + row[0][where.end() :]
    )
    if rng.random() < 0.2:
        text = rng.choice((row[0].replace(b" n", b" f").replace(b" f", b" n"), b"", row[0] * 2))
    return data[: row.start()] + text + data[row.end() :]


def byte_range(data: bytes, rng: random.Random) -> bytes:
    """Change /ByteRange, in place where the room allows."""
    found = re.search(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+) *\]", data)
    assert found
    numbers = [int(found[n]) for n in range(1, 5)]
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(4)
        numbers[at] += rng.choice((-1, 1, -2, 2, 10, -10, 1000, -len(data), len(data)))
    text = b"/ByteRange [ %d %d %d %d" % tuple(numbers)
    if rng.random() < 0.3:
        text = rng.choice(
            (found[0].rstrip(b" ]"), b"/ByteRange [ 0 1 2 3 ] " + found[0].rstrip(b" ]"))
        )
    text = text.ljust(len(found[0]) - 1) + b"]"
    return data[: found.start()] + text + data[found.end() :]


def revision(data: bytes, rng: random.Random) -> bytes:
    """Append: a revision that changes an object, garbage, or a second end."""
    from attacks import rewrite as cut

    what = rng.randrange(4)
    if what == 0:
        return data + rng.choice(
            (b"\n", b"%%EOF\n", b"\0" * 9, b"%comment\n", b"1 0 obj\n<<>>\nendobj\n")
        )
    one = rng.choice(list(_OBJECT.finditer(data)))
    body = one[0].split(b"obj", 1)[1].rsplit(b"endobj", 1)[0].strip()
    if what == 1:
        body = _blind(body, 0, rng)
    elif what == 2:
        body = rng.choice((b"null", b"<<>>", b"[]", b"<</Type/DSS>>"))
    target = int(one[1]) if rng.random() < 0.7 else cut.size_of(data)
    try:
        return cut.append(data, {target: body})
    except Exception:  # noqa: BLE001 - the helper reads the base with a library
        return data + body


def value(data: bytes, rng: random.Random) -> bytes:
    """Change the CMS as a tree, keeping its room."""
    found = re.search(rb"/Contents ?<([0-9A-Fa-f]+)>", data)
    assert found
    raw = bytes.fromhex(found[1].decode())
    tree = tree_of(raw[: int.from_bytes(raw[2:4], "big") + 4])
    assert tree
    new = mutate_der(lambda part, size: _blind(part, size, rng), tree_bytes(tree), len(raw), rng)
    return _put(data, found, new.hex().encode())


def _put(data: bytes, found: re.Match[bytes], text: bytes) -> bytes:
    room = len(found[1])
    return data[: found.start(1)] + text[:room].ljust(room, b"0") + data[found.end(1) :]


def hexadecimal(data: bytes, rng: random.Random) -> bytes:
    """Spell the value differently: case, white space, odd digits, padding."""
    found = re.search(rb"/Contents ?<([0-9A-Fa-f]+)>", data)
    assert found
    text, at = found[1], rng.randrange(len(found[1]))
    new = rng.choice((
        text.swapcase(), text[:at] + b" " + text[at:-1], text[:at] + b"\n\n" + text[at:-2], text[:-1], text[:-2],
        text[:-1] + b"1", text[:at] + b"g" + text[at + 1 :], text[:at] + b">" + text[at + 1 :], b"",
    ))  # fmt: skip
    return data[: found.start(1)] + new + data[found.end(1) :]


def swapped(data: bytes, rng: random.Random) -> bytes:
    """Put a part of another issued file's CMS in the place of ours."""
    found = re.search(rb"/Contents ?<([0-9A-Fa-f]+)>", data)
    other = re.search(rb"/Contents ?<([0-9A-Fa-f]+)>", rng.choice(list(bases().values())))
    assert found
    assert other
    trees = []
    for match in (found, other):
        raw = bytes.fromhex(match[1].decode())
        trees.append(tree_of(raw[: int.from_bytes(raw[2:4], "big") + 4]))
    mine, theirs = (_signed_data(tree) for tree in trees)
    part = rng.randrange(min(len(mine), len(theirs)))
    mine[part] = theirs[part]
    return _put(data, found, tree_bytes(trees[0]).hex().encode())


def _signed_data(tree: Any) -> list[Any]:
    """Return the members of SignedData, or those of its SignerInfo."""
    members: list[Any] = tree[0][1][1][1][0][1]
    return members


def prefix(data: bytes, rng: random.Random) -> bytes:
    """Put bytes before the file or change its first line."""
    return rng.choice(
        (
            rng.randbytes(rng.randrange(1, 40)) + data,
            b"%PDF-1.4\n" + data,
            b"%PDF-2.0" + data[8:],
            b"\n" + data,
        )
    )


MUTATIONS: dict[str, tuple[int, Callable[[bytes, random.Random], bytes]]] = {
    "bytes anywhere": (14, anywhere),
    "bytes outside streams": (22, structure),
    "number": (12, number),
    "name": (8, name),
    "object": (6, objects),
    "cross reference": (8, xref),
    "ByteRange": (8, byte_range),
    "appended": (8, revision),
    "CMS tree": (10, value),
    "hexadecimal value": (2, hexadecimal),
    "CMS part of another file": (1, swapped),
    "prefix": (1, prefix),
}
"""Kind -> its share in per cent and the change."""


def mutant(seed: str, count: int, files: dict[str, bytes]) -> tuple[str, str, bytes]:
    """Return base, kind and bytes of one mutant, which always differs from its base."""
    rng = random.Random(f"{seed}-{count}")
    base = rng.choice(sorted(files))
    kind = rng.choices(list(MUTATIONS), [share for share, _ in MUTATIONS.values()])[0]
    while True:
        data = MUTATIONS[kind][1](files[base], rng)
        if data != files[base]:
            return base, kind, data


# -- judges ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one reader says.

    Args:
        intact: how many signatures hold. whole: one of them reaches the end of the file.
        why: why none holds. refused: the first thing that keeps the judge from accepting, or "".
    """

    intact: int
    whole: bool
    why: str
    refused: str = ""


def ours(data: bytes) -> Opinion:
    """Judge with our own extractor: digest, value, and that signed bytes name the signer."""
    try:
        facts = inspect_document(data, Limits())
    except ECertError as error:
        return Opinion(0, whole=False, why=error.code, refused=error.code)
    held = [
        s
        for s in facts.signatures
        if s.kind != "timestamp" and s.digest.ok and s.value.ok and s.signer_bound.ok is not False
    ]
    refused = _refused(facts)
    return Opinion(
        len(held),
        whole=any(s.coverage == "whole" for s in held),
        why="" if held else refused or "unexplained",
        refused=refused,
    )


def _refused(facts: DocumentFacts) -> str:
    """Return why the judge cannot accept the file for its form and its signature, or nothing."""
    form = facts.format
    outcomes = [form.recognized, form.within_limits, form.single, form.static]
    named = next((o.code for o in outcomes if not o.ok), None)
    if named:
        return named
    if not facts.signatures:
        return "document.unsigned"
    found = [_problem(s) for s in facts.signatures]
    return "" if "" in found else found[0]


def _problem(one: SignatureFacts) -> str:
    outcomes = (one.structure, one.digest, one.value, one.signer_bound, one.changes_after)
    named = next((o.code or "" for o in outcomes if not o.ok), None)
    if named is not None:
        return named
    odd = (*strange(one.quirks), *one.weak)
    if odd:
        return f"signature.quirk {odd[0]}"
    return "" if one.covers_current and not one.uncovered else "document.uncovered"


def pyhanko(data: bytes) -> Opinion:
    """Judge with pyHanko: digest and value of every signature, no trust."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    from ecert.documents.pdf.pyhanko_sm2 import SM2AlgorithmPolicy, SM2SignatureValidator

    held, whole, why = 0, False, "no signature"
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=b"/XRefStm" not in data)
        for embedded in reader.embedded_regular_signatures:
            context = ValidationContext(
                trust_roots=[], allow_fetching=False, moment=datetime(2026, 11, 20, tzinfo=UTC),
                signature_validator=SM2SignatureValidator(), algorithm_usage_policy=SM2AlgorithmPolicy(),
            )  # fmt: skip
            status = validate_pdf_signature(embedded, context, skip_diff=True)
            if status.intact and status.valid:
                held, whole = held + 1, whole or status.coverage.name == "ENTIRE_FILE"
            else:
                why = "digest" if not status.intact else "value"
    except Exception as error:  # noqa: BLE001 - the oracle may fail in any way; that is its answer
        why = f"{type(error).__name__}: {_general(str(error))}"
    return Opinion(held, whole=whole, why="" if held else why)


def _general(message: str) -> str:
    """Return a message without the values of one file."""
    return re.sub(r"b?'[^']*'|b?\"[^\"]*\"|\d+", "*", message.split("\n", maxsplit=1)[0])[:80]


def graph(data: bytes) -> tuple[str, str]:
    """Return what a third reader (qpdf) sees, and the same without values of signatures.

    Everything reachable from the catalogue, the DSS apart: validation data may change (L6).
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            seen: dict[tuple[int, int], int] = {}
            parts = {
                key: _node(pdf.Root[key], seen) for key in sorted(pdf.Root.keys()) if key != "/DSS"
            }
    except Exception as error:  # noqa: BLE001 - unreadable to it in any way is an answer
        return type(error).__name__, type(error).__name__
    whole = repr(parts)
    return whole, re.sub(r"'value': 'text [0-9a-f]*'", "", whole)


def _node(item: Any, seen: dict[tuple[int, int], int]) -> Any:
    """Return a value with its references followed once, in the order they are met."""
    import pikepdf

    if isinstance(item, pikepdf.Object) and item.is_indirect:
        if item.objgen in seen:
            return f"again {seen[item.objgen]}"
        seen[item.objgen] = len(seen)
    if isinstance(item, pikepdf.Stream):
        entries = {k: _node(item[k], seen) for k in sorted(item.keys()) if k != "/Length"}
        return entries, hashlib.sha256(item.read_raw_bytes()).hexdigest()
    if isinstance(item, pikepdf.Dictionary):
        signature = "/ByteRange" in item
        return {
            "value" if signature and k == "/Contents" else k: _node(item[k], seen)
            for k in sorted(item.keys())
        }
    if isinstance(item, pikepdf.Array):
        return [_node(x, seen) for x in item]
    return f"text {bytes(item).hex()}" if isinstance(item, pikepdf.String) else repr(item)


@contextmanager
def nothing_known() -> Iterator[None]:
    """Read everything in full: no skeletons of files, signatures and packets (L24)."""
    from ecert.crypto.cms_parse import parse_cms
    from ecert.documents.pdf import arithmetic, facts, xmpform

    places = ((facts, "recall"), (facts, "learn"), (xmpform, "recall"), (xmpform, "learn"))
    before = [getattr(module, name) for module, name in places]
    reader = arithmetic.read_cms
    try:
        for module, name in places:
            setattr(module, name, lambda *_: None)
        arithmetic.read_cms = parse_cms
        yield
    finally:
        arithmetic.read_cms = reader
        for (module, name), old in zip(places, before, strict=True):
            setattr(module, name, old)


def readings(data: bytes, number: int) -> tuple[bool, bool]:
    """Return whether a file is known by a skeleton, and whether its facts are those of the full reading."""
    from ecert.documents.pdf.skeleton import recall

    known = recall(data, Limits()) is not None
    if not known and number % SAMPLE:
        return known, True
    found = _facts(data)
    with nothing_known():
        return known, found == _facts(data)


def _facts(data: bytes) -> DocumentFacts | str:
    try:
        return inspect_document(data, Limits())
    except ECertError as error:
        return error.code


def explain(base: bytes, data: bytes) -> str:
    """Return why a mutant that both call intact may be accepted, or "unexplained"."""
    (before, bare_before), (after, bare_after) = graph(base), graph(data)
    if before == after:
        return EXPLAINED[0]
    if bare_before == bare_after:
        return EXPLAINED[1]
    return "unexplained"


def compare(data: bytes) -> tuple[str, Opinion, Opinion]:
    """Return how the two judges relate on one file."""
    mine, theirs = ours(data), pyhanko(data)
    if bool(mine.intact) == bool(theirs.intact):
        relation = "both intact" if mine.intact else "both broken"
    else:
        relation = "only pyHanko intact" if theirs.intact else "only ours intact"
    return relation, mine, theirs


# -- running ---------------------------------------------------------------------------------------


def block(seed: str, first: int, count: int, folder: Path) -> None:
    """Judge some mutants and write what came out."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    originals = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.pdf"))}
    relations: Counter[str] = Counter()
    known: Counter[str] = Counter()
    notes = []
    for n in range(first, first + count):
        base, kind, data = mutant(seed, n, originals)
        relation, mine, theirs = compare(data)
        relations[f"{kind} | {relation}"] += 1
        by_skeleton, same = readings(data, n)
        known[kind] += by_skeleton
        if not same:
            notes.append([n, base, kind, "two readings", "acceptable", "facts differ"])
        if relation == "both intact" and not mine.refused:
            notes.append([n, base, kind, relation, "acceptable", explain(originals[base], data)])
        elif relation.startswith("only"):
            why = mine.why or mine.refused or "acceptable"
            notes.append([n, base, kind, relation, why, theirs.why or "intact"])
    target = folder / f"block-{first:07}.json"
    temporary = target.with_suffix(".part")
    temporary.write_text(
        json.dumps({"relations": relations, "known": known, "notes": notes}), encoding="utf-8"
    )
    temporary.rename(target)


def main() -> int:
    """Judge the blocks that are missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", default="ecert")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--summary", action="store_true", help="judge nothing, print the tables")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    if not list(asked.work.glob("*.pdf")):
        for stem, data in bases().items():
            (asked.work / f"{stem}.pdf").write_bytes(data)
    missing = (
        []
        if asked.summary
        else [
            n
            for n in range(0, asked.count, BLOCK)
            if not (asked.work / f"block-{n:07}.json").exists()
        ]
    )
    with ProcessPoolExecutor(asked.jobs) as pool:
        for job in [
            pool.submit(block, asked.seed, n, min(BLOCK, asked.count - n), asked.work)
            for n in missing
        ]:
            job.result()
    return summary(asked.work)


RELATIONS = ("both broken", "both intact", "only pyHanko intact", "only ours intact")


def summary(folder: Path) -> int:
    """Print what all blocks say together, as the tables of docs/reference/fuzzing.md."""
    relations: Counter[str] = Counter()
    known: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    bad = []
    for path in sorted(folder.glob("block-*.json")):
        found = json.loads(path.read_text("utf-8"))
        relations.update(found["relations"])
        known.update(found["known"])
        for number, _, kind, relation, mine, theirs in found["notes"]:
            said = theirs if mine == "acceptable" else f"refused: `{mine}`"
            reasons[relation, said] += 1
            if mine == "acceptable" and theirs not in EXPLAINED:
                bad.append(f"{number} {kind}: {relation}, {theirs}")
    print(f"| change ({relations.total():,}) | {' | '.join(RELATIONS)} | known by a skeleton |")
    print("| --- |" + " ---: |" * (len(RELATIONS) + 1))
    for kind in MUTATIONS:
        counts = (f"{relations[f'{kind} | {relation}']:,}" for relation in RELATIONS)
        print(f"| {kind} | {' | '.join(counts)} | {known[kind]:,} |")
    print("\n| answers | ours, or why acceptable | mutants |\n| --- | --- | ---: |")
    for (relation, said), count in sorted(reasons.items(), key=lambda pair: (pair[0][0], -pair[1])):
        print(f"| {relation} | {said} | {count:,} |")
    print("\n".join(bad), file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
