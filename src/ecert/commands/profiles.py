"""`ecert profile {list,show,check}`: certificate types as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ecert.commands.console import UNUSABLE, Console
from ecert.commands.options import common
from ecert.commands.shown import show

__all__ = ["profiles"]

_SEARCH = click.option(
    "--profiles", metavar="DIR", help="folder with further types · 另加证照类型目录"
)


@click.group("profile", short_help="certificate types · 证照类型")
def profiles() -> None:
    """Certificate types are YAML files; the program knows none of them by name."""


@profiles.command("list", short_help="list types · 列出类型")
@_SEARCH
@common
def list_(console: Console, *, profiles: str | None) -> int:
    """List the known certificate types."""
    from ecert.model import Profile, list_profiles

    search = Path(profiles) if profiles else None
    rows = [Profile.load(name, search=search) for name in list_profiles(search=search)]
    if console.is_json:
        body = [
            {"id": p.id, "zh": p.name_zh, "en": p.name_en, "type_code": p.type_code}
            | {"version": p.version, "status": p.status, "sha256": p.sha256}
            for p in rows
        ]
        console.emit_json({"schema": "ecert.profiles/1", "profiles": body})
        return 0
    for p in rows:
        console.emit(f"{p.id:24} {p.type_code or '-':22} {p.name_zh} · {p.name_en}")
    return 0


@profiles.command("show", short_help="show one · 查看类型")
@click.argument("name")
@_SEARCH
@common
def show_(console: Console, *, name: str, profiles: str | None) -> int:
    """Show the fields, rules and identifier parts of one type."""
    from ecert.model import Profile

    found = Profile.load(name, search=Path(profiles) if profiles else None)
    show(console, "ecert.profile-view/1", _body(found), reveal=True)
    return 0


def _body(found: Any) -> dict[str, Any]:
    return {
        "id": found.id,
        "name_zh": found.name_zh,
        "name_en": found.name_en,
        "version": found.version,
        "status": found.status,
        "type_code": found.type_code,
        "type_code_confidence": found.type_code_confidence,
        "holder_category": found.holder_category,
        "source": found.source,
        "template": found.face.template,
        "sha256": found.sha256,
        "fields": [
            {"name": f.name, "zh": f.zh, "en": f.en, "kind": f.kind, "required": f.required}
            | {"personal": f.personal, "confidence": f.confidence}
            for f in found.fields.values()
        ],
        "rules": [r.rule for r in found.rules],
    }


@profiles.command(short_help="check a file · 校验类型文件")
@click.argument("file")
@common
def check(console: Console, *, file: str) -> int:
    """Check a certificate type's YAML file; every problem is named. Exit: 0 usable, 5 not."""
    from ecert.errors import ECertError
    from ecert.model import Profile

    path = Path(file)
    problems: list[ECertError] = []
    try:
        Profile.load(path)
    except ECertError as error:
        problems = [error]
    except ExceptionGroup as group:
        problems = [e for e in group.exceptions if isinstance(e, ECertError)]
        if len(problems) != len(group.exceptions):
            raise
    if console.is_json:
        found = [{"code": p.code, "message": p.message, "params": p.params} for p in problems]
        code = UNUSABLE if problems else 0
        body = {"name": path.name, "ok": not problems, "exit": code, "problems": found}
        console.emit_json({"schema": "ecert.profile-check/1", **body})
        return code
    for p in problems:
        console.emit(f"{path.name}: {console.sentence(p.code, p.params)} ({p.message})  [{p.code}]")
    if not problems:
        console.emit(console.say(f"{path.name} 可用", f"{path.name} is usable"))
    return UNUSABLE if problems else 0
