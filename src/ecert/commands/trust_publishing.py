"""`ecert trust {init,delegate,add,stage,publish}`: a publisher's workspace, from empty to a bundle."""

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
from ecert.commands.trust_keys import fingerprints, named_counts, passwords

if TYPE_CHECKING:
    from ecert.crypto.signer import Secrets
    from ecert.trust.publishing.plan import PlannedRole
    from ecert.trust.publishing.request import Request
    from ecert.trust.publishing.rounds import Done, Waiting
    from ecert.trust.publishing.staging import Asked
    from ecert.trust.publishing.wording import Words
    from ecert.trust.publishing.workspace import Workspace
    from ecert.trust.rule import Rule

__all__ = [
    "add",
    "delegate",
    "ending",
    "init",
    "opened_key",
    "publish",
    "request_body",
    "stage",
    "told",
]

LABELS = _KEY_LABELS | {
    "workspace": "工作目录", "federation": "名称", "parent": "上级", "territories": "地区",
    "issuers": "发证机关", "certificate_types": "证照类型", "kinds": "文件种类", "complete": "名单完整",
    "requests": "签名请求", "file": "文件", "files": "文件", "version": "版本", "changes": "变化",
    "signed": "已签", "waiting": "等待签名", "why": "原因", "may_sign": "可签密钥", "state": "状态",
    "published": "已发布", "versions": "新版本", "bundle": "信任包", "root": "根", "next": "下一步",
    "sha256": "SHA-256", "needs": "须满足", "by": "依据", "transcript": "记录摘要",
}  # fmt: skip
_TEMPLATE_DAYS = {"root": 365, "timestamp": 7, "snapshot": 30, "targets": 180}
_SOURCE_BYTES = 64 * 1024 * 1024


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
            data = read_bytes(name, _SOURCE_BYTES)
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


@click.command(short_help="make the signing requests · 生成签名请求")
@click.argument("workspace")
@click.option("--renew", multiple=True, metavar="ROLE",
              help="issue anew though unchanged (repeat) · 续期")  # fmt: skip
@click.option("--reset-floors", "resets", multiple=True, metavar="ROLE",
              help="versions may start again, after a theft of keys · 版本号从头再来")  # fmt: skip
@common
def stage(console: Console, *, workspace: str, renew: Sequence[str], resets: Sequence[str]) -> int:
    """Check everything that changed and write a signing request for each role that must sign.

    Exit: 0 requests wait in requests/, 5 something is unfit to be signed, or there is nothing to do.
    """
    from ecert.trust.publishing.staging import prepare
    from ecert.trust.publishing.workspace import Workspace

    space = Workspace(Path(workspace))
    with space.locked():
        made = prepare(space, _asked(renew=renew, resets=tuple(resets)))
    shown = [{"file": f"requests/{r.name}", **request_body(console, r)} for r in made]
    body: dict[str, Any] = {"workspace": workspace, "requests": shown}
    body["next"] = console.say(
        "把请求文件交给保管人，用 ecert trust sign 签名，签名文件放回 signatures/，再运行 ecert trust publish",
        "have the requests signed with ecert trust sign, put what comes back into signatures/, then "
        "run ecert trust publish",
    )
    show(console, "ecert.trust-staged/1", body, reveal=True, labels=LABELS)
    return 0


def request_body(console: Console, request: Request) -> dict[str, Any]:
    """Return a request as shown: what it changes, who must sign, and its fingerprint."""
    needs = [
        {"by": a.by, "threshold": a.role.threshold, "compulsory": dict(a.role.compulsory)}
        | {"may_sign": list(a.role.keyids)}
        for a in request.authorities
    ]
    return {
        "role": request.role,
        "version": request.version,
        "sha256": request.sha256,
        **fingerprints(request.sha256),
        "needs": needs,
        "changes": told(console, request.changes()),
    }


def ending(console: Console, code: int) -> dict[str, int]:
    """Return the exit code for a document; whoever reads text sees it in the shell."""
    return {"exit": code} if console.is_json else {}


def told(console: Console, words: Sequence[Words]) -> Any:
    """Return sentences in both languages for JSON, else numbered in the reader's."""
    if console.is_json:
        return [w.to_json() for w in words]
    return {str(n): console.say(w.zh, w.en) for n, w in enumerate(words, 1)}


def _asked(*, renew: Sequence[str] = (), resets: tuple[str, ...] = ()) -> Asked:
    from ecert import __version__
    from ecert.trust.publishing.staging import Asked

    now = datetime.now(UTC).replace(microsecond=0)
    return Asked(at=now, engine=__version__, check_rule=check_rule, renew=renew, resets=resets)


def check_rule(rule: Rule) -> None:
    """Refuse a rule that its linter or its own tests find fault with (D5): all findings at once.

    Raises:
        TrustError: one finding. ExceptionGroup: several.
    """
    from ecert.errors import TrustError
    from ecert.recognition.rules.linting import lint_rule

    findings, _ = lint_rule(rule)
    errors = [TrustError(f.code, f.code, params=f.params, hint=f.hint) for f in findings]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup(f"{rule.rule_id} is not fit to be signed", errors)


@click.command(short_help="put the signed bundle in its place · 发布")
@click.argument("workspace")
@click.option("--key", "keys", multiple=True, metavar="KEY.pem",
              help="sign with it here what waits for it (repeat) · 在本机签名的密钥")  # fmt: skip
@click.option(
    "--password-fd", type=int, metavar="N", help="read the password there · 口令文件描述符"
)
@click.option("--impact", metavar="REPORT", help="impact report, noted in the record · 影响报告")
@common
def publish(
    console: Console,
    *,
    workspace: str,
    keys: Sequence[str],
    password_fd: int | None,
    impact: str | None,
) -> int:
    """Take the signatures that came back; when all thresholds are met, verify and publish.

    Snapshot and timestamp come last, since they pin the rest: they are usually signed here, with
    --key. Exit: 0 published, 5 signatures are still missing, or something is wrong.
    """
    from ecert.trust.publishing.rounds import Done
    from ecert.trust.publishing.rounds import publish as step
    from ecert.trust.publishing.workspace import Workspace

    space = Workspace(Path(workspace))
    secrets = passwords(console, password_fd)
    with space.locked():
        asked = _asked()
        if impact is not None:
            _note_impact(space, impact, asked)
        result = step(space, asked)
        while not isinstance(result, Done) and _signed_here(space, result, keys, secrets):
            result = step(space, asked)
    if isinstance(result, Done):
        if impact is None and result.tells_more:
            console.warn("publish.no_impact")
        if result.unusable is not None:
            console.warn(result.unusable.code, result.unusable.params)
        show(
            console,
            "ecert.trust-published/1",
            _done(console, space, result),
            reveal=True,
            labels=LABELS,
        )
        return 0
    body: dict[str, Any] = {"state": "waiting", **ending(console, UNUSABLE)}
    body["waiting"] = [_waiting(console, w) for w in result]
    show(console, "ecert.trust-published/1", body, reveal=True, labels=LABELS)
    return UNUSABLE


def _note_impact(space: Workspace, impact: str, asked: Asked) -> None:
    from ecert.trust.reading import sha256_hex

    data = read_bytes(impact, _SOURCE_BYTES)
    detail = {"file": Path(impact).name, "sha256": sha256_hex(data)}
    space.record("impact", detail, at=asked.at)


def _signed_here(
    space: Workspace, waiting: Sequence[Waiting], keys: Sequence[str], secrets: Secrets
) -> bool:
    """Sign what waits for one of the keys at hand; return whether anything came of it."""
    from ecert.trust.bundle.keys import Key
    from ecert.trust.publishing.request import sign_request

    made = False
    for name in keys:
        key = opened_key(name, secrets)
        keyid = Key.of(key.public).keyid
        for one in waiting:
            if keyid in one.request.keys and keyid not in one.signed:
                signed = sign_request(one.request, key)
                space.write(f"signatures/{signed.name}", signed.to_bytes())
                made = True
    return made


def opened_key(path: str, secrets: Secrets) -> Any:
    """Return the private key in a file."""
    from ecert.crypto import keyforms
    from ecert.crypto.keys import PrivateKey

    data = read_bytes(path, keyforms.MAX_KEY_FILE)
    encrypted = keyforms.read_key_block(data).form == "encrypted"
    return PrivateKey.from_pkcs8(data, secrets(path) if encrypted else None)


def _waiting(console: Console, one: Waiting) -> dict[str, Any]:
    missing = [k for k in one.request.keys if k not in one.signed]
    return {
        "file": f"requests/{one.request.name}",
        "role": one.request.role,
        "version": one.request.version,
        "sha256": one.request.sha256,
        "why": console.sentence(one.why.code, one.why.params),
        "signed": list(one.signed),
        "may_sign": missing,
    }


def _done(console: Console, space: Workspace, done: Done) -> dict[str, Any]:
    from ecert.trust.publishing.published import first_root
    from ecert.trust.publishing.transcript import head

    opened = done.published.opened
    assert opened is not None
    root = first_root(done.published.files)
    return {
        "state": "published",
        "bundle": opened.sha256,
        "versions": {name: str(version) for name, version in done.versions.items()},
        "root": {"sha256": root, **fingerprints(root)},
        "transcript": head(space.transcript()),
        **ending(console, 0),
    }
