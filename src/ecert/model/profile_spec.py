"""What a profile file may say: behind both the reader and profiles/profile.schema.json."""

from __future__ import annotations

import json
from typing import Any

from ecert.model.codetables import CONFIDENCES
from ecert.model.fields import CHARSETS, KINDS
from ecert.model.rules import RULES
from ecert.model.spec import Flag, Listed, Mapped, Node, Object, Slot, Text, Whole

__all__ = ["FIELD_NAME", "PROFILE", "PROFILE_ID", "profile_schema", "profile_schema_json"]

PROFILE_ID = "[a-z][a-z0-9_]{0,63}"
FIELD_NAME = "[a-z][a-z0-9_]{0,63}"
_FORMATS = ("date_zh", "date_dots", "period_zh", "period_dots", "code")
_GROUPS = ("base", "holder", "permit", "management")
_OBLIGATIONS = ("required", "optional", "absent")

_LABEL = Object(slots={"zh": Slot(Text()), "en": Slot(Text())})


def _optional(node: Node, default: Any = None) -> Slot:
    return Slot(node, required=False, default=default)


def _field(columns: dict[str, Slot]) -> Object:
    """Return the description of one field; a column of a table has no columns of its own."""
    return Object(
        about="one field of the certificate",
        slots={
            "label": Slot(_LABEL),
            "kind": Slot(Text(choices=KINDS, about="what a value of this field is")),
            "confidence": Slot(Text(choices=CONFIDENCES, about="how this field was learnt")),
            "required": _optional(Flag(about="present and not empty in every certificate"), False),  # noqa: FBT003
            "personal": _optional(Flag(about="about a natural person: masked in outputs"), False),  # noqa: FBT003
            "short": _optional(
                Text(pattern="[A-Z][A-Z0-9]{0,29}", about="pinyin short name, carried as KZ_..."),
                "",
            ),
            "group": _optional(Text(choices=_GROUPS, about="information group"), ""),
            "min_length": _optional(Whole(about="characters"), 0),
            "max_length": _optional(Whole(about="characters"), 0),
            "length": _optional(Whole(about="characters, exactly"), 0),
            "charset": _optional(Text(choices=tuple(CHARSETS)), ""),
            "table": _optional(Text(pattern=FIELD_NAME, about="code table of a code"), ""),
            "many": _optional(Flag(about="a list of codes"), False),  # noqa: FBT003
            "join": _optional(Text(about="printed between the codes of a list"), ""),
            "label_from": _optional(
                Text(pattern=FIELD_NAME, about="field whose meaning is printed as the label"), ""
            ),
            "max_bytes": _optional(Whole(about="largest picture"), 0),
            **columns,
        },
    )


_COLUMN = _field({})
_FIELD = _field({"columns": _optional(Mapped(keys=FIELD_NAME, item=_COLUMN), {})})
_ROW = Object(
    about="one line of the printed face, in order",
    slots={
        "field": _optional(Text(pattern=FIELD_NAME, about="the field it shows"), ""),
        "id": _optional(Text(pattern=FIELD_NAME, about="name of a line of several fields"), ""),
        "fields": _optional(Listed(item=Text(pattern=FIELD_NAME), about="start and end"), []),
        "label": _optional(_LABEL),
        "format": _optional(Text(choices=_FORMATS, about="how the value is printed"), ""),
    },
)
_FACE = Object(
    slots={
        "template": Slot(Text(pattern=r"[a-z][a-z0-9_]{0,63}\.typ", about="face template")),
        "title": Slot(Text(about="heading as printed")),
        "page": Slot(
            Object(
                slots={
                    "size": Slot(Text(choices=("a4", "a5", "a6", "id1"))),
                    "orientation": Slot(Text(choices=("portrait", "landscape"))),
                }
            )
        ),
        "language": Slot(Text(choices=("zh",))),
        "rows": Slot(Listed(item=_ROW)),
        "pictures": _optional(Listed(item=Text(pattern=FIELD_NAME)), []),
    }
)
PROFILE = Object(
    about="ecert certificate type: what a certificate of this type says and how it looks",
    slots={
        "schema": Slot(Text(choices=("ecert.profile/1",))),
        "id": Slot(Text(pattern=PROFILE_ID, about="also the name of the file")),
        "name": Slot(_LABEL),
        "status": Slot(Text(choices=("active", "draft", "withdrawn"))),
        "version": Slot(Text(pattern=r"[0-9]+\.[0-9]+")),
        "source": Slot(Text(about="where the fields were learnt")),
        "type_code": Slot(
            Text(pattern="[0-9A-Z]{21}", nullable=True, about="21 characters; null when not known")
        ),
        "type_code_confidence": Slot(Text(choices=CONFIDENCES, nullable=True)),
        "type_code_source": _optional(Text(), ""),
        "holder": Slot(
            Object(
                slots={
                    "category": Slot(Text(pattern=FIELD_NAME, about="code of holder_category")),
                    "code_types": Slot(
                        Listed(item=Text(pattern="[0-9]{3}"), about="the first is the default")
                    ),
                }
            )
        ),
        "serial": Slot(
            Text(
                choices=("number", "given"),
                about="serial of the identifier: the number without separators, or given",
            )
        ),
        "validity": Slot(
            Object(
                slots={
                    "start": Slot(Text(choices=_OBLIGATIONS)),
                    "end": Slot(Text(choices=_OBLIGATIONS)),
                    "long_term": Slot(Flag(about="the end may be 长期")),
                    "years": _optional(
                        Listed(item=Whole(maximum=100), about="the only spans allowed"), []
                    ),
                }
            )
        ),
        "fields": Slot(Mapped(keys=FIELD_NAME, item=_FIELD)),
        "metadata": Slot(
            Mapped(
                keys="[a-z][A-Za-z]{0,63}",
                item=Text(pattern=FIELD_NAME),
                about="metadata element: the field it must equal and is filled from",
            )
        ),
        "rules": _optional(
            Listed(
                item=Object(
                    slots={
                        "rule": Slot(Text(choices=tuple(RULES))),
                        "fields": Slot(Mapped(keys="[a-z_]{1,40}", item=Text(pattern=FIELD_NAME))),
                    }
                )
            ),
            [],
        ),
        "face": Slot(_FACE),
    },
)


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of a profile file, for editors and other implementations."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ecert.profile/1",
        **PROFILE.schema(),
    }


def profile_schema_json() -> str:
    """Return the text of profiles/profile.schema.json."""
    return json.dumps(profile_schema(), ensure_ascii=False, indent=2) + "\n"
