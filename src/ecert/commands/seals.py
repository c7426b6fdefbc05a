"""`ecert seal {make,inspect}`: electronic seals by themselves; inspecting judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from ecert.commands.console import Console, stop
from ecert.commands.files import read_bytes, secrets_from, write_output
from ecert.commands.options import common, read_instant
from ecert.commands.shown import seal, seal_signature, show

if TYPE_CHECKING:
    from ecert.seals.facts import Picture

__all__ = ["seals"]

_DIAMETER = 42


@click.group("seal", short_help="make and inspect electronic seals · 电子印章")
def seals() -> None:
    """Electronic seals of GB/T 38540 (made and read) and GM/T 0031 (read)."""


@seals.command(short_help="show a seal or seal signature · 查看印章或签章值")
@click.argument("file")
@click.option("--reveal", is_flag=True, help="show personal values · 显示个人信息")
@common
def inspect(console: Console, *, file: str, reveal: bool) -> int:
    """Show a bare seal (.esl) or a seal signature value (.dat) with its arithmetic.

    Exit: 0 done, 4 unreadable. Nothing is judged: no trust, no dates.
    """
    from ecert.errors import MalformedSeal
    from ecert.limits import Limits
    from ecert.seals.asn1 import parse_seal, parse_seal_signature

    limits = Limits()
    data = read_bytes(file, limits.signature_bytes)
    try:
        body = {"kind": "seal", **seal(parse_seal(data, limits))}
    except MalformedSeal:
        body = {"kind": "seal_signature", **seal_signature(parse_seal_signature(data, limits))}
    show(console, "ecert.seal/1", {"file": file, **body}, reveal=reveal)
    return 0


@seals.command(short_help="make a seal · 制作电子印章")
@click.option("--name", required=True, help="name of the seal · 印章名称")
@click.option("--es-id", required=True, help="seal identifier · 印章标识")
@click.option("--vendor-id", default="ECERT", show_default=True, help="maker's code · 厂商标识")
@click.option("--signer-cert", "certificates", multiple=True, required=True, metavar="FILE",
              help="who may sign with it (repeat) · 可用章的证书")  # fmt: skip
@click.option(
    "--maker", required=True, metavar="URI", help="seal maker's key, file:... · 制章人密钥"
)
@click.option("--picture", metavar="FILE", help="PNG, JPG, GIF, BMP or SVG · 印章图片")
@click.option("--draw", is_flag=True, help="draw the picture from the name · 按名称绘制")
@click.option("--from", "start", metavar="TIME", help="valid from, now by default · 有效期起")
@click.option("--to", "end", metavar="TIME", help="valid to, five years by default · 有效期止")
@click.option(
    "--password-fd", type=int, metavar="N", help="read the password there · 口令文件描述符"
)
@click.option("--out", "-o", required=True, metavar="FILE", help="seal file, - for stdout · 输出")
@common
def make(
    console: Console,
    *,
    name: str,
    es_id: str,
    vendor_id: str,
    certificates: Sequence[str],
    maker: str,
    picture: str | None,
    draw: bool,
    start: str | None,
    end: str | None,
    password_fd: int | None,
    out: str,
) -> int:
    """Make a GB/T 38540-2020 seal, signed by its maker."""
    from ecert.crypto.signer import Signer
    from ecert.seals.making import SealOrder, make_seal

    if draw == (picture is not None):
        stop("usage.seal_picture")
    now = datetime.now(UTC).replace(microsecond=0)
    begin = read_instant(start) or now
    order = SealOrder(
        es_id=es_id,
        name=name,
        vendor_id=vendor_id,
        certificates=tuple(_certificate(c) for c in certificates),
        created=now,
        valid_from=begin,
        valid_to=read_instant(end) or begin + timedelta(days=5 * 365),
        picture=_picture(name, picture),
    )
    data = make_seal(order, maker=Signer.open(maker, secrets=secrets_from(console, password_fd)))
    own = [*certificates, maker.removeprefix("file:"), *([picture] if picture else [])]
    write_output(console, out, data, inputs=own)
    if out != "-":
        _report(console, out, data)
    return 0


def _report(console: Console, out: str, data: bytes) -> None:
    from ecert.crypto.digest import digest

    if console.is_json:
        sha256 = digest("sha256", data).hex()
        console.emit_json({"schema": "ecert.made/1", "path": out, "sha256": sha256})
    else:
        console.emit(out)


def _certificate(path: str) -> bytes:
    from ecert.crypto.x509 import CertificateFacts
    from ecert.limits import Limits
    from ecert.trust.pem import pem_blocks

    limits = Limits()
    blocks = pem_blocks(read_bytes(path, limits.signature_bytes), "CERTIFICATE")
    return CertificateFacts.parse(blocks[0], limits).der


def _picture(name: str, path: str | None) -> Picture:
    from ecert.limits import Limits
    from ecert.seals.facts import Picture
    from ecert.seals.picture import sniff

    if path is None:
        from ecert.issuance import locate_fonts
        from ecert.issuance.sealart import SEAL_MM, seal_picture

        drawn = seal_picture(name, fonts=locate_fonts())
        return Picture(type="PNG", data=drawn, width_mm=SEAL_MM, height_mm=SEAL_MM)
    data = read_bytes(path, Limits().signature_bytes)
    kind = sniff(data)
    if kind is None or kind == "OFD":
        stop("usage.seal_picture")
    return Picture(type=kind, data=data, width_mm=_DIAMETER, height_mm=_DIAMETER)
