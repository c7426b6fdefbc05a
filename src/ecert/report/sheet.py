"""One self-contained page with one table: a banner, notes, and cells that say yes, no or cannot tell.

As the page of a report (html.py): no script, nothing from outside, one style that the content security
policy allows by its digest; every text is made visible, escaped and kept from reordering others (L26).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib import resources

from ecert.report.text import mask_numbers, safe_text

__all__ = ["Field", "sheet"]


@dataclass(frozen=True, slots=True)
class Field:
    """One cell: its lines, and a look of the style (yes, maybe, no, unknown, head) or ""."""

    lines: tuple[str, ...]
    look: str = ""


def _text(value: str) -> str:
    return f"<bdi>{escape(mask_numbers(safe_text(value)), quote=True)}</bdi>"


@lru_cache(maxsize=1)
def _style() -> tuple[str, str]:
    style = resources.files("ecert.report").joinpath("sheet.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return style, f"sha256-{digest}"


def sheet(
    title: str,
    *,
    lang: str,
    banner: str,
    notes: Iterable[str],
    heads: Sequence[str],
    rows: Iterable[Sequence[Field]],
) -> Iterator[str]:
    """Yield a page piece by piece.

    Args:
        banner: what must not be overlooked; it stands on every printed page.
    """
    style, digest = _style()
    policy = f"default-src 'none'; style-src '{digest}'; base-uri 'none'; form-action 'none'"
    yield "\n".join(
        (
            "<!DOCTYPE html>",
            f'<html lang="{"zh-CN" if lang == "zh" else "en"}">',
            '<head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_plain(banner)} · {_plain(title)}</title>",
            f"<style>{style}</style></head>",
            f"<body><h1>{_text(title)}</h1>",
            f'<p class="banner">{_text(banner)}</p>',
            "<ul>" + "".join(f"<li>{_text(note)}</li>" for note in notes) + "</ul>",
            "<table><thead>",
            # The head of a table is repeated on every printed page, and so is the banner in it.
            f'<tr><th class="banner" colspan="{len(heads)}">{_text(banner)}</th></tr>',
            "<tr>"
            + "".join(f"<th>{_text(head)}</th>" for head in heads)
            + "</tr></thead><tbody>\n",
        )
    )
    for row in rows:
        yield "<tr>" + "".join(_cell(field) for field in row) + "</tr>\n"
    yield "</tbody></table>\n</body></html>\n"


def _plain(value: str) -> str:
    return escape(mask_numbers(safe_text(value)), quote=True)


def _cell(field: Field) -> str:
    look = f' class="{field.look}"' if field.look else ""
    return f"<td{look}>" + "<br>".join(_text(line) for line in field.lines) + "</td>"
