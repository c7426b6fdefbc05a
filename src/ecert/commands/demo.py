"""`ecert demo`: record, seal, PDF, verdict, attacks, regions, conversion; a story that checks itself.

Exit 0 only if every answer is the one the story tells; 70 otherwise. All of it is TEST ONLY (L4).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecert.commands.console import INTERNAL, Console, stop
from ecert.commands.demo_print import heading, line, row
from ecert.commands.options import common

if TYPE_CHECKING:
    from ecert.commands.demo_kit import World
    from ecert.commands.demo_story import Answer, Stage
    from ecert.conversion import Batch

__all__ = ["demo"]

_MARKER = "TEST-ONLY-DEMO.txt"
_ROWS = 200
_REJECTS_SHOWN = 5
_PAGE_SHOWN = 6
"""Lines of the explanation of an answer: outcome, question, agreement, basis, edge, signatures."""
_WORDS = {
    12: ("接受（测试信任）", "accept (test trust)"),
    10: ("拒绝", "refuse"),
    11: ("需核实", "refer"),
    0: ("接受", "accept"),
}


@click.command(short_help="the whole story in one run · 完整演示")
@click.option(
    "--out", default="demo-out", show_default=True, metavar="DIR", help="output · 输出目录"
)
@click.option("--keep", is_flag=True, help="keep other files of an earlier run · 保留旧文件")
@common
def demo(console: Console, *, out: str, keep: bool) -> int:
    """Show everything once: issue, seal, verify, attack, recognise, convert.

    Needs the extras typst and fonts. Exit: 0 every answer was right, 70 one was not.
    """
    started = time.monotonic()
    folder = Path(out)
    _prepare(folder, keep=keep)
    teller = _Teller(console, folder)
    good = teller.tell()
    seconds = int(time.monotonic() - started)
    teller.finish(seconds, right=good)
    return 0 if good else INTERNAL


def _prepare(folder: Path, *, keep: bool) -> None:
    """Make the folder; one that this command did not make is never cleared."""
    if folder.exists() and not folder.is_dir():
        stop("usage.not_empty", name=str(folder))
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / _MARKER).is_file():
            stop("usage.not_empty", name=str(folder))
        if not keep:
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARKER).write_text(
        "TEST ONLY. Made by `ecert demo`; nothing here is a certificate of anybody.\n"
        "仅供演示，其中没有任何真实证照。\n",
        encoding="utf-8",
    )


class _Teller:
    """Tells the story act by act and remembers the answers."""

    __slots__ = ("answers", "batch", "console", "folder")

    def __init__(self, console: Console, folder: Path) -> None:
        self.console, self.folder = console, folder
        self.answers: list[Answer] = []
        self.batch: Batch | None = None

    def tell(self) -> bool:
        """Run every act; whether each ended as it must."""
        from ecert.commands.demo_kit import build
        from ecert.commands.demo_regions import Regions
        from ecert.commands.demo_story import ATTACKS, GOOD, REGIONS, Stage
        from ecert.testpki import write_trust
        from ecert.trust.store import TrustStore

        world = build(datetime.now(UTC).replace(microsecond=0))
        regions = Regions(world)
        self._record(world)
        self._seal(world)
        stage = Stage(world, self.folder)
        stage.issue_all()
        stage.add(regions.documents(stage.signed_at))
        write_trust(self.folder / "trust", world.trust(cancelled=["cancelled"]))
        store = TrustStore.load(self.folder / "trust")
        self._issued(stage)
        self._verdict(stage.ask_all(GOOD, store))
        stage.attack_all()
        self._table(5, ("攻击与差错", "attacks and mishaps"), stage.ask_all(ATTACKS, store))
        self._regions(stage.ask_all(REGIONS, regions.publish(self.folder)), regions.roles)
        self._convert()
        stage.previews()
        return all(a.right for a in self.answers) and self._batch_right()

    def say(self, zh: str, en: str = "") -> None:
        """Write one line of the story, in text form."""
        if not self.console.is_json:
            self.console.emit(self.console.say(zh, en or zh))

    def _head(self, number: int, zh: str, en: str) -> None:
        self.say(heading(number, zh), heading(number, en))

    def _record(self, world: World) -> None:
        record = world.records["business_license"]
        self.say(
            "电子证照演示：所有机构、人员、密钥均为虚构，结论以测试信任给出。",
            "ecert demo: bodies, people and keys are invented; every answer rests on test trust.",
        )
        self._head(1, "登记记录 → 证照数据", "record → certificate data")
        for name, zh, en in (
            ("name", "名称", "name"),
            ("uscc", "统一社会信用代码", "credit code"),
            ("authority", "登记机关", "authority"),
            ("issue_date", "发照日期", "issued"),
        ):
            self.say(
                row([zh, str(record.fields[name])], [16]), row([en, str(record.fields[name])], [16])
            )
        self.say(
            row(["电子证照标识", str(record.ecid)], [16]),
            row(["identifier", str(record.ecid)], [16]),
        )

    def _seal(self, world: World) -> None:
        seal = world.seals["bureau"].facts
        self._head(2, "电子印章", "electronic seal")
        maker = world.parties["maker"].name
        days = f"{seal.valid_from.text[:8]} – {seal.valid_to.text[:8]}"
        self.say(
            row(["印章", f"{seal.name}（{seal.es_id}）"], [16]),
            row(["seal", f"{seal.name} ({seal.es_id})"], [16]),
        )
        self.say(row(["制章机构", maker], [16]), row(["made by", maker], [16]))
        self.say(row(["有效期", days], [16]), row(["valid", days], [16]))
        bits = "GB/T 38540-2020, SM2/SM3"
        self.say(row(["结构", bits], [16]), row(["structure", bits], [16]))

    def _issued(self, stage: Stage) -> None:
        self._head(3, "签发 PDF 与 OFD", "issue PDF and OFD")
        for name in stage.made:
            size = f"{(stage.folder / name).stat().st_size // 1024} KiB"
            self.say(row([name, size], [28]))

    def _verdict(self, answers: Sequence[Answer]) -> None:
        self._head(4, "验证", "verify")
        self.say(
            "  真实性、状态、规范性、互认 四问分别作答，从不合并成一个标志。",
            "  Authenticity, status, conformity, recognition: four answers, never one flag.",
        )
        if not self.console.is_json:
            text = answers[0].report.render(self.console.lang)
            self.console.emit("\n".join(f"    {part}" for part in text.splitlines()) + "\n")
        self._lines(answers)

    def _table(self, number: int, title: tuple[str, str], answers: Sequence[Answer]) -> None:
        self._head(number, *title)
        self._lines(answers)

    def _regions(self, answers: Sequence[Answer], roles: int) -> None:
        self._head(6, "跨区域互认", "recognition between regions")
        self.say(
            f"  川渝示例联盟（TEST ONLY）：{roles} 个角色各签各的名单，合成一个信任包，验签后使用。",
            f"  A worked federation (TEST ONLY): {roles} roles sign their own lists; one verified bundle.",
        )
        self._lines(answers)
        shown = answers[0].report.recognition
        if shown is not None and not self.console.is_json:
            from ecert.report.explained import clerk_page

            for head, text in list(clerk_page(shown, self.console.lang))[:_PAGE_SHOWN]:
                self.say(row([head, text], [10]))

    def _lines(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            self.say(self._line(answer))
        self.answers += answers

    def _line(self, answer: Answer) -> str:
        cells = [self.console.say(answer.act.zh, answer.act.en), self._word(answer)]
        shown = line([*cells, self._why(answer)], [36, 19])
        return shown if answer.right else "✗" + shown[1:]

    def _word(self, answer: Answer) -> str:
        code = answer.report.exit_code
        return self.console.say(*_WORDS.get(code, (str(code), str(code))))

    def _why(self, answer: Answer) -> str:
        """Return the expected cause, or whatever cause there is, as a sentence."""
        from ecert.report.render import sentence

        reasons = [r for c in answer.report.causes() for r in c.reasons]
        wanted = [r for r in reasons if r.code == answer.act.code] or reasons
        if answer.report.decision.value == "accept":
            return self.console.say("各项检查通过", "every check holds")
        return sentence(wanted[0], self.console.lang) if wanted else answer.act.code

    def _convert(self) -> None:
        from importlib import resources

        from ecert.conversion import convert

        self._head(7, f"存量数据转换（{_ROWS} 行）", f"convert {_ROWS} legacy rows")
        examples = resources.files("ecert.conversion").joinpath("examples")
        with (
            resources.as_file(examples.joinpath("legacy_200.csv")) as table,
            resources.as_file(examples.joinpath("business_licence_2009.yaml")) as mapping,
        ):
            self.batch = convert(table, mapping=mapping, out=self.folder / "converted")
        made, gone = self.batch.converted, self.batch.rejected
        self.say(
            f"  {self.batch.rows} 行 = 转换 {made} 行 + 退回 {gone} 行；每一条退回都说明原因，例如：",
            f"  {self.batch.rows} rows = {made} converted + {gone} rejected, each with its reason, e.g.:",
        )
        for found in self.batch.diagnostics[:_REJECTS_SHOWN]:
            text = found.render(self.console.lang)
            self.say(
                row([f"第 {found.line} 行", text], [10]), row([f"row {found.line}", text], [10])
            )

    def _batch_right(self) -> bool:
        batch = self.batch
        return (
            batch is not None
            and batch.rows == _ROWS == batch.converted + batch.rejected
            and batch.converted > 0
            and batch.rejected > 0
        )

    def finish(self, seconds: int, *, right: bool) -> None:
        """Write the closing table, or the one document of ``--json``."""
        if self.console.is_json:
            self.console.emit_json(self._document(right=right))
            return
        self._head(8, "结果汇总", "summary")
        for code in (12, 10, 11):
            group = [a for a in self.answers if a.report.exit_code == code]
            word = self.console.say(*_WORDS[code])
            self.say(f"  {word} {len(group)}")
            for answer in group:
                name = answer.act.file + (f" → {answer.act.relying}" if answer.act.relying else "")
                self.say(row(["", name, self._why(answer)], [1, 34]))
        if self.batch is not None:
            made, gone = self.batch.converted, self.batch.rejected
            self.say(
                f"  转换 {made} 行，退回 {gone} 行", f"  {made} rows converted, {gone} rejected"
            )
        self._closing(seconds, right=right)

    def _closing(self, seconds: int, *, right: bool) -> None:
        place = self.folder.as_posix()
        command = f"ecert verify {place}/business_license.pdf --trust {place}/trust --test-trust"
        wrong = [a for a in self.answers if not a.right]
        for answer in wrong:
            got, codes = answer.report.exit_code, ", ".join(answer.report.reasons())
            self.say(f"✗ {answer.act.file}: {answer.act.exit} {answer.act.code} ≠ {got} {codes}")
        self.say(
            f"\n{'全部答案与预期一致' if right else '有答案与预期不符'}，用时 {seconds} 秒。"
            f"PDF、OFD 与 PNG 预览在 {place}/",
            f"\n{'Every answer was as expected' if right else 'An answer was NOT as expected'}, "
            f"{seconds} s. PDFs, OFD and PNG previews are in {place}/",
        )
        self.say(f"再试一次：{command}", f"Try it: {command}")

    def _document(self, *, right: bool) -> dict[str, object]:
        answers = [
            {
                "file": a.act.file,
                "relying": a.act.relying,
                "matter": a.act.matter,
                "decision": a.report.decision.value,
                "exit": a.report.exit_code,
                "reasons": list(a.report.reasons()),
                "expected": {"exit": a.act.exit, "code": a.act.code},
                "right": a.right,
            }
            for a in self.answers
        ]
        batch = self.batch
        rows = None
        if batch is not None:
            rows = {"rows": batch.rows, "converted": batch.converted, "rejected": batch.rejected}
        return {"schema": "ecert.demo/1", "ok": right, "answers": answers, "batch": rows}
