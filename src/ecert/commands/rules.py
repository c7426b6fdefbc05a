"""`ecert rules {lint,test,impact}`: rules of recognition, checked and tried before anybody signs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import UNUSABLE, USAGE, Console, stop
from ecert.commands.files import read_bytes
from ecert.commands.impact import impact
from ecert.commands.options import common
from ecert.report.text import safe_text

if TYPE_CHECKING:
    from ecert.model import Profile
    from ecert.recognition.rules.linting import Linted
    from ecert.recognition.rules.testing import Finding, Tested
    from ecert.trust.rule import Rule

__all__ = ["rules"]

_ENDINGS = (".yaml", ".yml", ".json")
_FILES = 10_000
"""Files looked at in one run; a nation has some 500 rules."""


@click.group("rules", short_help="rules of recognition · 互认规则")
def rules() -> None:
    """Rules are data: conditions in CEL with messages and tests. Nothing here signs or publishes."""


rules.add_command(impact)


@rules.command(short_help="check rules · 检查规则")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@common
def lint(console: Console, *, paths: tuple[str, ...]) -> int:
    """Check rules: types, fields, absence, notice, tests. Exit: 0 fit to publish, 5 not.

    PATH is a rule (YAML or JSON) or a folder; of a folder all rules in it and below are checked.
    """
    return _report(console, paths, schema="ecert.rules-lint/1", shows_tests=False)


@rules.command("test", short_help="run the tests of rules · 运行规则自带的测试")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@common
def test_(console: Console, *, paths: tuple[str, ...]) -> int:
    """Run the tests that rules carry, and show what each condition read. Exit: 0 all held, 5 not."""
    return _report(console, paths, schema="ecert.rules-test/1", shows_tests=True)


def _report(console: Console, paths: Sequence[str], *, schema: str, shows_tests: bool) -> int:
    from ecert.errors import ECertError
    from ecert.recognition.rules.linting import lint_rule
    from ecert.recognition.rules.testing import Finding

    profiles = _profiles()
    shown: list[dict[str, Any]] = []
    for path in _files(paths):
        try:
            rule = _rule(path)
        except ECertError as error:
            wrong = Finding(error.code, dict(error.params), error.hint)
            shown.append(_entry(path, None, ((wrong,), ()), shows_tests=shows_tests))
            continue
        if rule is not None:
            shown.append(
                _entry(path, rule, lint_rule(rule, profiles=profiles), shows_tests=shows_tests)
            )
    if not shown:
        stop("rule.none_found", exit_code=USAGE, what=", ".join(paths))
    code = UNUSABLE if any(entry["findings"] for entry in shown) else 0
    if console.is_json:
        console.emit_json({"schema": schema, "exit": code, "rules": shown})
        return code
    for entry in shown:
        _print(console, entry)
    bad = sum(1 for entry in shown if entry["findings"])
    console.emit(
        console.say(
            f"规则 {len(shown)} 条，有问题 {bad} 条", f"{len(shown)} rules, {bad} with findings"
        )
    )
    return code


def _profiles() -> tuple[Profile, ...]:
    """Return the certificate types of the package, whose fields are known."""
    from ecert.model import Profile, list_profiles

    return tuple(Profile.load(name) for name in list_profiles())


def _files(paths: Sequence[str]) -> Iterator[tuple[Path, bool]]:
    """Return the files to read, in order, and whether each was named itself."""
    count = 0
    for name in paths:
        path = Path(name)
        if not path.is_dir():
            yield path, True
            continue
        for file in sorted(p for p in path.rglob("*") if p.suffix in _ENDINGS and p.is_file()):
            count += 1
            if count > _FILES:
                stop("rule.none_found", exit_code=USAGE, what=f"> {_FILES}")
            yield file, False


def _rule(named: tuple[Path, bool]) -> Rule | None:
    """Return the rule of a file; None for another document of a folder."""
    from ecert.limits import Limits
    from ecert.model.canonical import parse_json
    from ecert.model.textdata import load_yaml
    from ecert.trust.reading import sha256_hex
    from ecert.trust.rule import parse_rule

    path, itself = named
    data = read_bytes(path, Limits().json_bytes)
    body = parse_json(data) if path.suffix == ".json" else load_yaml(data)
    if not itself and not (isinstance(body, dict) and "rule_id" in body):
        return None
    return parse_rule(body, path.name, sha256=sha256_hex(data))


def _entry(
    named: tuple[Path, bool], rule: Rule | None, linted: Linted, *, shows_tests: bool
) -> dict[str, Any]:
    findings, tested = linted
    entry: dict[str, Any] = {
        "file": str(named[0]),
        "rule": rule.rule_id if rule else None,
        "version": rule.version if rule else None,
        "findings": [_finding(f) for f in findings],
    }
    if shows_tests:
        entry["tests"] = [_tested(one) for one in tested]
    return entry


def _finding(found: Finding) -> dict[str, Any]:
    return {"code": found.code, "params": dict(found.params), "hint": found.hint}


def _tested(one: Tested) -> dict[str, Any]:
    return {
        "name": one.test.name,
        "expected": one.test.expect,
        "outcome": one.result.outcome,
        "held": one.held,
        "data_faults": list(one.facts.faults()),
        "conditions": [
            {
                "id": c.id,
                "outcome": c.outcome,
                "code": c.code,
                "detail": c.detail,
                "read": {r.path: r.value for r in c.reads},
                "absent": {"zh-CN": dict(c.absent("zh-CN")), "en": dict(c.absent("en"))},
                "message": {"zh-CN": c.message("zh-CN"), "en": c.message("en")},
            }
            for c in one.result.conditions
        ],
    }


def _print(console: Console, entry: dict[str, Any]) -> None:
    name = entry["file"] if entry["rule"] is None else f"{entry['rule']} v{entry['version']}"
    console.emit(f"{safe_text(name)}: {_word(console, bool(entry['findings']))}")
    for found in entry["findings"]:
        where = f"{found['params']['condition']}: " if "condition" in found["params"] else ""
        said = console.sentence(found["code"], found["params"])
        console.emit(f"  {safe_text(where)}{said}  [{found['code']}]")
        for line in found["hint"].split("\n") if "^" in found["hint"] else ():
            console.emit(f"    {safe_text(line)}")
    for one in entry.get("tests", ()):
        mark = "ok" if one["held"] else "!!"
        console.emit(safe_text(f"  {mark} {one['name']}: {one['outcome']}"))
        if one["data_faults"]:
            wrong = ", ".join(one["data_faults"])
            console.emit(
                safe_text(console.say(f"     数据有误：{wrong}", f"     wrong data: {wrong}"))
            )
        for c in one["conditions"]:
            read = ", ".join(f"{path}={value}" for path, value in c["read"].items())
            console.emit(safe_text(f"     {c['id']}: {c['outcome']} ({read})"))


def _word(console: Console, has_findings: bool) -> str:
    if has_findings:
        return console.say("有问题", "has findings")
    return console.say("可以发布", "fit to publish")
