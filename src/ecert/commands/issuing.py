"""`ecert issue CERT.json`: one certificate as a signed, sealed PDF, checked before it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecert.commands.console import UNREADABLE, Console, stop
from ecert.commands.files import secrets_from, write_output
from ecert.commands.options import common, read_instant
from ecert.report.text import mask_numbers

if TYPE_CHECKING:
    from ecert.seals import Seal

__all__ = ["issue"]


@click.command(short_help="issue a sealed PDF · 签发证照")
@click.argument("certificate", metavar="CERT.json")
@click.option("--signer", required=True, metavar="URI", help="issuer's key, file:... · 签发密钥")
@click.option("--seal", metavar="FILE", help="electronic seal · 电子印章")
@click.option("--layout", type=click.Choice(["cms", "ses"]), default="cms", show_default=True,
              help="signature: CMS, or GB/T 38540 · 签名形式")  # fmt: skip
@click.option("--profile", metavar="NAME|FILE", help="certificate type · 证照类型")
@click.option("--template", metavar="FILE", help="face template · 版式模板")
@click.option("--notice", metavar="TEXT", help="small line on the face · 版面提示文字")
@click.option("--at", metavar="TIME", help="time of issue, now by default · 签发时间")
@click.option(
    "--password-fd", type=int, metavar="N", help="read the password there · 口令文件描述符"
)
@click.option("--out", "-o", required=True, metavar="FILE", help="PDF, - for stdout · 输出文件")
@common
def issue(
    console: Console,
    *,
    certificate: str,
    signer: str,
    seal: str | None,
    layout: str,
    profile: str | None,
    template: str | None,
    notice: str | None,
    at: str | None,
    password_fd: int | None,
    out: str,
) -> int:
    """Issue one certificate. The password is asked for on a terminal, or read with --password-fd."""
    from ecert.crypto.signer import Signer
    from ecert.issuance import IssueOptions
    from ecert.issuance import issue as issue_certificate
    from ecert.model import Certificate, Profile

    if out == "-" and (console.on_terminal() or console.is_json):
        stop("usage.binary_on_terminal")
    moment = read_instant(at) or datetime.now(UTC)
    document = issue_certificate(
        Certificate.load(certificate),
        signer=Signer.open(signer, secrets=secrets_from(console, password_fd)),
        seal=_seal(seal),
        at=moment,
        layout=layout,
        options=IssueOptions(
            profile=Profile.load(profile) if profile else None,
            template=Path(template) if template else None,
            notice=notice,
        ),
    )
    own = [certificate, signer.removeprefix("file:"), *([seal] if seal else [])]
    write_output(console, out, document.data, inputs=own)
    if console.is_json:
        done = {"path": out, "sha256": document.sha256, "ecid": mask_numbers(document.ecid)}
        console.emit_json({"schema": "ecert.made/1", **done})
    elif out != "-":
        console.emit(out)
    return 0


def _seal(path: str | None) -> Seal | None:
    from ecert.seals import Seal

    if path is None:
        return None
    try:
        return Seal.load(path)
    except OSError:
        stop("input.unreadable", exit_code=UNREADABLE)
