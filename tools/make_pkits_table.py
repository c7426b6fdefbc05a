"""Write the table of NIST PKITS results into docs/reference/path-validation.md.

    python tools/make_pkits_table.py [--check]

Runs every case of the two transcriptions in ../shared/samples through our path validation, as
tests/interop/test_pkits.py does, and replaces what stands between the two marks of the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(ROOT / "tools")]

from generated_page import write_or_check  # noqa: E402

import pkits_kit as kit  # noqa: E402

PAGE = ROOT / "docs/reference/path-validation.md"
HEAD = (
    "| PKITS | valid: taken | invalid: refused | of them failed + unknown "
    "| second: valid | second: invalid | failed + unknown |"
)
BEGIN, END = "<!-- pkits: begin -->\n", "<!-- pkits: end -->\n"


def counts(cases: Iterable[kit.Case]) -> str:
    """Return the cells of one set of cases: taken of the valid, refused of the invalid, and how."""
    answers = [(case, kit.answer(case)) for case in cases]
    valid = [answer for case, answer in answers if case.valid]
    wrong = [answer for case, answer in answers if not case.valid]
    taken = sum(answer.verdict == "valid" for answer in valid)
    failed = sum(answer.verdict == "invalid" for answer in wrong)
    unknown = sum(answer.verdict == "unknown" for answer in wrong)
    return f"{taken} / {len(valid)} | {failed + unknown} / {len(wrong)} | {failed} + {unknown}"


def table() -> str:
    """Return the table, and below it every case that is not as expected."""
    first, second = kit.vectors(), kit.second()
    lines = [
        HEAD,
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for section, title in kit.SECTIONS.items():
        cells = [counts(c for c in cases if c.section == section) for cases in (first, second)]
        lines.append(f"| {section} {title} | {' | '.join(cells)} |")
    lines.append(f"| **all** | {counts(first)} | {counts(second)} |")
    for name, cases in (("first", first), ("second", second)):
        off = [(case, kit.answer(case)) for case in cases if not kit.answer(case).as_expected(case)]
        lines += [
            "",
            f"As expected ({name} transcription): {len(cases) - len(off)} of {len(cases)}.",
        ]
        lines += [f"* {case.name}: {answer.verdict}, {answer.reason}" for case, answer in off]
    return "\n".join(lines) + "\n"


def page() -> str:
    """Return the page with the table of today."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    return head + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, page()))
