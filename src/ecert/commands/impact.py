"""`ecert rules impact`: what a change of trust material would flip, over a corpus of stored facts (D9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.assuming import whole
from ecert.commands.console import REJECTS, UNREADABLE, Console, stop
from ecert.commands.files import write_output
from ecert.commands.options import common, read_instant, read_region, read_trust
from ecert.commands.progress import Progress
from ecert.commands.simulated import banner, shown, time_text, trust_json, would
from ecert.report.jsonform import instant
from ecert.report.outcome import Scalar

if TYPE_CHECKING:
    from ecert.recognition.impact import Flip, Impact, Kind
    from ecert.recognition.stored import BadLine, Stored
    from ecert.trust.store import TrustStore

__all__ = ["impact"]

_REFUSED = 10
_HEADS = (
    "mode", "at", "type", "issuing", "relying", "matter", "before", "after", "change", "count", "samples",
)  # fmt: skip
_CHANGES = {
    "newly_refused": ("新增不予互认", "newly refused"),
    "newly_referred": ("新增无法确定", "newly undetermined"),
    "newly_recognised": ("新增互认", "newly recognised"),
    "other": ("其他变化", "other changes"),
}


@click.command(short_help="what new material flips · 新旧材料的影响")
@click.argument("corpus", nargs=-1, required=True, metavar="FACTS.jsonl...")
@click.option(
    "--old",
    required=True,
    metavar="DIR",
    help="trust now in use: folder, store or bundle · 现用信任材料",
)
@click.option("--new", required=True, metavar="DIR", help="trust to compare · 新的信任材料")
@click.option("--root", metavar="FINGERPRINT", help="of the bundles' root · 信任包的根指纹")
@click.option("--at", metavar="TIME", help="as of a time with zone · 按指定时间")
@click.option("--relying", metavar="CODE", help="only this region · 只看该地区")
@click.option("--matter", metavar="TEXT", help="only this item · 只看该事项")
@click.option("--samples", type=click.IntRange(0, 1000), default=3, show_default=True,
              help="certificates named per flip · 每类列出的样例数")  # fmt: skip
@click.option("--max-newly-refused", type=click.IntRange(min=0), metavar="N",
              help="exit 10 above it · 新增不予互认上限")  # fmt: skip
@click.option("--max-newly-referred", type=click.IntRange(min=0), metavar="N",
              help="exit 10 above it · 新增无法确定上限")  # fmt: skip
@click.option("--csv", "csv_file", metavar="FILE", help="also write a table · 另存为 CSV")
@common
def impact(
    console: Console,
    *,
    corpus: tuple[str, ...],
    old: str,
    new: str,
    root: str | None,
    at: str | None,
    relying: str | None,
    matter: str | None,
    samples: int,
    max_newly_refused: int | None,
    max_newly_referred: int | None,
    csv_file: str | None,
) -> int:
    """Ask every certificate of a corpus of every relying region under --old and --new; count the flips.

    FACTS.jsonl comes from `ecert facts`. Exit: 0 done, 10 above a maximum, 6 some lines hold no facts;
    2 usage, 4 unreadable, 5 trust unusable.
    """
    from ecert.recognition.asked import Asked
    from ecert.recognition.impact import impact as over

    moment = read_instant(at) or datetime.now(UTC).replace(microsecond=0)
    region = read_region(relying)
    only = Asked(relying=str(region) if region is not None else "", matter=matter or None)
    sides = _side(old, root), _side(new, root)
    progress = Progress(console, zh="已比较 {n} 份证照", en="{n} certificates")
    found = None
    for found in over(_lines(console, corpus), *sides, at=moment, only=only, samples=samples):
        progress.show(found.certificates)
    assert found is not None
    if not found.certificates:
        stop("impact.no_facts", exit_code=UNREADABLE)
    progress.end(found.certificates)
    above = [
        (name, count, limit)
        for name, count, limit in (
            ("newly_refused", found.newly_refused, max_newly_refused),
            ("newly_referred", found.newly_referred, max_newly_referred),
        )
        if limit is not None and count > limit
    ]
    code = REJECTS if found.bad else _REFUSED if above else 0
    if csv_file is not None:
        write_output(console, csv_file, b"".join(_csv(found)), inputs=corpus)
    if console.is_json:
        console.emit_json(_json(found, sides, above, code))
    elif csv_file != "-":
        console.emit("\n".join(_text(console, found, sides)))
    for name, count, limit in above:
        console.warn(f"impact.{name}", {"count": count, "limit": limit})
    return code


def _side(path: str, root: str | None) -> TrustStore:
    """Return one side; a bundle as published needs its root, a folder and a store know what they are."""
    published = (Path(path) / "metadata").is_dir() and not (Path(path) / "state.json").exists()
    return whole(read_trust(path, root=root if published else None))


def _lines(console: Console, corpus: tuple[str, ...]) -> Iterator[Stored | BadLine]:
    """Yield the facts of every file in turn; a line without facts is told where it stands."""
    from ecert.recognition.stored import BadLine, read_facts

    for name in corpus:
        try:
            with Path(name).open("rb") as stream:
                for line in read_facts(stream):
                    if isinstance(line, BadLine):
                        told: dict[str, Scalar] = {
                            "name": name,
                            "line": line.number,
                            "what": line.what,
                        }
                        console.warn("facts.bad_line", told)
                    yield line
        except (OSError, ValueError):
            stop("input.unreadable", exit_code=UNREADABLE)


def _change(kind: Kind) -> str:
    if kind.refused:
        return "newly_refused"
    if kind.referred:
        return "newly_referred"
    return "newly_recognised" if kind.recognised else "other"


def _rows(found: Impact) -> Iterator[tuple[Kind, Flip, str]]:
    for kind, flip in found.sorted_flips():
        yield kind, flip, _change(kind)


def _csv(found: Impact) -> Iterator[bytes]:
    from ecert.conversion.outputs import csv_line

    yield b"\xef\xbb\xbf" + csv_line(_HEADS)
    for kind, flip, change in _rows(found):
        yield csv_line(
            (
                "simulated",
                instant(found.at) or "",
                shown(kind.type),
                kind.issuing,
                kind.relying,
                shown(kind.matter),
                f"simulated_{kind.before}",
                f"simulated_{kind.after}",
                change,
                str(flip.count),
                " ".join(flip.samples),
            )
        )


def _counts(found: Impact) -> dict[str, int]:
    return {
        "certificates": found.certificates,
        "questions": found.questions,
        "asked": found.asked,
        "bad_lines": found.bad,
        "newly_refused": found.newly_refused,
        "newly_referred": found.newly_referred,
        "newly_recognised": found.newly_recognised,
        "flips": sum(flip.count for flip in found.flips.values()),
    }


def _json(
    found: Impact,
    sides: tuple[TrustStore, TrustStore],
    above: list[tuple[str, int, int]],
    code: int,
) -> dict[str, Any]:
    from ecert.facade import tool
    from ecert.report.jsonform import tool_dict

    return {
        "schema": "ecert.impact/1",
        "mode": "simulated",
        "tool": tool_dict(tool()),
        "question": {
            "at": instant(found.at),
            "regions": list(found.regions),
            "matters": [shown(m) for m in found.matters],
        },
        "old": trust_json(sides[0]),
        "new": trust_json(sides[1]),
        "exit": code,
        "counts": _counts(found),
        "above": [{"what": name, "count": count, "limit": limit} for name, count, limit in above],
        "flips": [
            {
                "type": shown(kind.type),
                "issuing": kind.issuing,
                "relying": kind.relying,
                "matter": shown(kind.matter),
                "before": f"simulated_{kind.before}",
                "after": f"simulated_{kind.after}",
                "change": change,
                "count": flip.count,
                "samples": flip.samples,
            }
            for kind, flip, change in _rows(found)
        ],
    }


def _text(console: Console, found: Impact, sides: tuple[TrustStore, TrustStore]) -> Iterator[str]:
    lang, say = console.lang, console.say
    index = 0 if lang == "zh" else 1
    yield f"{banner(lang)}  " + say("新旧材料的影响", "impact")
    yield "  " + say("时点：", "as of: ") + time_text(found.at, lang)
    for word, side in zip((say("旧：", "old: "), say("新：", "new: ")), sides, strict=True):
        yield f"  {word}{shown(side.name)} sha256:{side.sha256}"
    counts = _counts(found)
    yield "  " + say(
        f"证照 {counts['certificates']} 份，问题 {counts['questions']} 个，"
        f"其中可能变化而逐一推算的 {counts['asked']} 个",
        f"{counts['certificates']} certificates, {counts['questions']} questions, of which "
        f"{counts['asked']} could change and were asked",
    )
    for name in ("newly_refused", "newly_referred", "newly_recognised"):
        yield f"  {_CHANGES[name][index]} {counts[name]}"
    for kind, flip, change in _rows(found):
        where = f"{shown(kind.type)}  {kind.issuing} → {kind.relying}  {shown(kind.matter)}"
        words = f"{would(kind.before, lang)} → {would(kind.after, lang)}"
        yield f"{flip.count:>8}  {_CHANGES[change][index]}  {where}  {words}"
        yield from (f"          {digest}" for digest in flip.samples)
