"""`ecert trust {init,delegate,add}`: a publisher's workspace, from empty to ready for signing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import UNUSABLE, Console, stop
from ecert.commands.files import read_bytes
from ecert.commands.options import common
from ecert.commands.shown import show
from ecert.commands.trust_keys import LABELS as _KEY_LABELS
from ecert.commands.trust_keys import named_counts

if TYPE_CHECKING:
    from ecert.trust.publishing.plan import PlannedRole

__all__ = ["LABELS", "SOURCE_BYTES", "add", "delegate", "init"]

LABELS = _KEY_LABELS | {
    "workspace": "工作目录", "federation": "名称", "parent": "上级", "territories": "地区",
    "issuers": "发证机关", "certificate_types": "证照类型", "kinds": "文件种类", "complete": "名单完整",
    "requests": "签名请求", "file": "文件", "files": "文件", "version": "版本", "changes": "变化",
    "signed": "已签", "waiting": "等待签名", "why": "原因", "may_sign": "可签密钥", "state": "状态",
    "published": "已发布", "versions": "新版本", "bundle": "信任包", "root": "根", "next": "下一步",
    "sha256": "SHA-256", "needs": "须满足", "by": "依据", "transcript": "记录摘要",
}  # fmt: skip
_TEMPLATE_DAYS = {"root": 365, "timestamp": 7, "snapshot": 30, "targets": 180}
SOURCE_BYTES = 64 * 1024 * 1024


@click.command(short_help="a new publisher's workspace · 建立发布工作目录")
@click.argument("workspace")
@click.option("--name", required=True, help="name of the federation · 名称")
@click.option("--territory", "territories", multiple=True, metavar="CODE",
              help="all it may speak of (repeat); the whole country by default · 地区范围")  # fmt: skip
@click.option("--test-only", is_flag=True, help="never for real decisions (L4) · 仅供测试")
@common
def init(
    console: Console, *, workspace: str, name: str, territories: tuple[str, ...], test_only: bool
) -> int:
    """Lay out a workspace: a plan with the four roles every federation has, and empty folders.

    A root reaches no further than the role that names it, and time stampers are named by a role over
    all territories of the federation: a province by itself says --territory PROVINCE here.
    """
    from ecert.trust.publishing.plan import parse_plan, plan_yaml
    from ecert.trust.publishing.workspace import Workspace

    root = Path(workspace)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        stop("usage.not_empty", name=workspace)
    days = ", ".join(f"{role}_days: {count}" for role, count in _TEMPLATE_DAYS.items())
    text = "\n".join(
        [
            "schema: ecert.federation/1\nname: TEMPLATE",
            f"expires: {{{days}}}",
            "roles: {root: {}, timestamp: {}, snapshot: {}, targets: {}}",
        ]
    )
    plan = replace(parse_plan(text.encode()), name=name, test_only=test_only)
    for role in plan.roles.values():
        whole = territories or role.territories if role.name == "targets" else ()
        plan = plan.with_role(replace(role, compulsory={"sm2": 1}, territories=whole))
    parse_plan(plan_yaml(plan))
    space = Workspace.create(root, plan)
    with space.locked():
        detail = {"name": name, "test_only": test_only}
        space.record("init", detail, at=datetime.now(UTC))
    body = {"workspace": workspace, "federation": name, "role": list(plan.roles)}
    body["next"] = console.say(
        "用 ecert trust key new 为每个角色生成密钥，再用 ecert trust key add 登记公钥",
        "make keys for each role with ecert trust key new and register them with ecert trust key add",
    )
    show(console, "ecert.trust-init/1", body, reveal=True, labels=LABELS)
    return 0


@click.command(short_help="let a region or authority speak for itself · 委托")
@click.argument("workspace")
@click.argument("role")
@click.option("--parent", metavar="ROLE", help="who delegates; targets by default · 上级角色")
@click.option("--title-zh", metavar="TEXT", help="Chinese name · 中文名称")
@click.option("--title-en", metavar="TEXT", help="English name · 英文名称")
@click.option("--territory", "territories", multiple=True, metavar="CODE",
              help="division with all below it (repeat) · 行政区划代码")  # fmt: skip
@click.option("--issuer", "issuers", multiple=True, metavar="CODE",
              help="only these bodies (repeat); all by default · 限定机关")  # fmt: skip
@click.option("--type", "types", multiple=True, metavar="CODE",
              help="only these certificate types (repeat) · 限定证照类型")  # fmt: skip
@click.option("--kind", "kinds", multiple=True, metavar="KIND",
              help="only these kinds of file (repeat) · 限定文件种类")  # fmt: skip
@click.option("--complete/--not-complete", default=None,
              help="its lists name all that it recognises · 名单是否完整")  # fmt: skip
@click.option("--threshold", type=click.IntRange(1, 64), metavar="N",
              help="how many keys must sign · 须签数量")  # fmt: skip
@click.option("--compulsory", multiple=True, metavar="ALGORITHM=N",
              help="of which so many by this algorithm · 必须包含的算法")  # fmt: skip
@click.option("--remove", is_flag=True, help="withdraw the delegation · 撤销委托")
@common
def delegate(console: Console, *, workspace: str, role: str, remove: bool, **given: Any) -> int:
    """Plan a delegated role, or change what it may speak of. It counts once this is published."""
    from ecert.trust.publishing.workspace import Workspace

    space = Workspace(Path(workspace))
    with space.locked():
        plan = space.plan()
        if remove:
            if role not in plan.roles:
                stop("publish.unplanned", exit_code=UNUSABLE, role=role)
            plan = plan.without_role(role)
        else:
            plan = plan.with_role(_changed(plan.roles.get(role), role, given))
        space.save_plan(plan)
        space.record("undelegated" if remove else "delegated", {"role": role}, at=datetime.now(UTC))
    body: dict[str, Any] = {"role": role}
    if not remove:
        made = plan.roles[role]
        body |= {"parent": made.parent, "territories": list(made.territories)}
        body |= {"issuers": list(made.issuers), "certificate_types": list(made.certificate_types)}
        body |= {"kinds": list(made.kinds), "complete": made.complete}
    show(console, "ecert.trust-delegated/1", body, reveal=True, labels=LABELS)
    return 0


def _changed(old: PlannedRole | None, name: str, given: dict[str, Any]) -> PlannedRole:
    """Return the role with what was given; what was not stays, or is as in a new plan."""
    from ecert.trust.publishing.plan import PlannedRole

    role = old or PlannedRole(name=name, parent="targets", compulsory={"sm2": 1})
    return replace(
        role,
        parent=given["parent"] or role.parent,
        title_zh=given["title_zh"] or role.title_zh or name,
        title_en=given["title_en"] or role.title_en or name,
        territories=given["territories"] or role.territories,
        issuers=given["issuers"] or role.issuers,
        certificate_types=given["types"] or role.certificate_types,
        kinds=given["kinds"] or role.kinds,
        complete=role.complete if given["complete"] is None else given["complete"],
        threshold=given["threshold"] or role.threshold,
        compulsory=named_counts(given["compulsory"]) or role.compulsory,
    )


@click.command(short_help="put a document where a role will sign it · 放入文件")
@click.argument("workspace")
@click.argument("role")
@click.argument("kind")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@common
def add(console: Console, *, workspace: str, role: str, kind: str, files: Sequence[str]) -> int:
    """Check documents and put them into a workspace: YAML becomes canonical JSON, PEM becomes DER.

    KIND: issuers, agreements, rules, deviations, code-tables, matters, status, entities, anchors,
    crls, ocsp. A file of the same name is replaced.
    """
    from ecert.trust.bundle.content import check_scope, parse_item
    from ecert.trust.bundle.scope import KINDS
    from ecert.trust.publishing.checking import planned_scopes
    from ecert.trust.publishing.workspace import Workspace, target_form
    from ecert.trust.reading import sha256_hex

    if kind not in KINDS:
        stop("usage.bad_value", name="KIND", allowed=", ".join(KINDS))
    space, done = Workspace(Path(workspace)), []
    with space.locked():
        plan = space.plan()
        if role not in {r.name for r in plan.delegated}:
            stop("publish.unplanned", exit_code=UNUSABLE, role=role)
        scope = planned_scopes(plan)[role]
        for name in files:
            data = read_bytes(name, SOURCE_BYTES)
            target, body = target_form(f"{role}/{kind}/{Path(name).name}", data)
            item = parse_item(target, body, sha256=sha256_hex(body))
            check_scope(item, scope)
            space.write(f"roles/{target}", body)
            digest = sha256_hex(body)
            done.append({"file": target, "version": item.version, "sha256": digest})
            detail = {"role": role, "path": target, "sha256": digest}
            space.record("added", detail, at=datetime.now(UTC))
    show(console, "ecert.trust-added/1", {"files": done}, reveal=True, labels=LABELS)
    return 0
