"""Holds a page of `ecert verify --html` to the closed list of what such a page may contain."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from lxml import html

TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "span", "b", "article", "div", "table",
    "tbody", "tr", "th", "td", "ul", "li", "dl", "dt", "dd", "br", "bdi", "details", "summary",
}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "aria-hidden"}


def parsed(text: str) -> Any:
    """Parse a page: only known elements and attributes, one style, the policy that allows it alone."""
    tree = html.document_fromstring(text)
    for node in tree.iter():
        assert isinstance(node.tag, str), "no comments, no processing instructions"
        assert node.tag in TAGS
        assert set(node.attrib) <= ATTRIBUTES
    (style,) = tree.iter("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    (policy,) = [m.get("content") for m in tree.iter("meta") if m.get("http-equiv")]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|expression|//", style.text)
    return tree


def names_nothing_outside(text: str) -> None:
    """Our own texts hold no address at all."""
    assert not re.search(r"https?:|//|javascript:|data:", re.sub("sha256-[^']*", "", text))
