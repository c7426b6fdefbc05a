"""Write the repetitive part of the worked federations: roles, issuer lists, copies of agreements.

    python tools/make_federations.py [--check]

What is repetitive comes from the tables below; what a person would write (agreements, rules,
deviations, matters) stands in `federations/*/roles/*/` and is kept by hand. An agreement is signed
by each of its parties, so each party's role holds the same bytes: SHARED says who copies from whom.
All of it is synthetic (示例 TEST ONLY): the divisions are real, the bodies and agreements are not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from ecert.testpki.authority import synthetic_uscc  # noqa: E402 - the source tree is found above

OUT = ROOT / "federations"
MARK = "示例 TEST ONLY"
HEADER = (
    "# 示例 TEST ONLY: synthetic; no such list was ever published by anybody. Made by\n"
    "# tools/make_federations.py; the keys of these bodies are added when a test builds the bundle.\n"
)
DATED = {"version": "1", "issued_at": "2026-01-01T00:00:00Z", "next_update": "2026-12-31T16:00:00Z"}
START = "2019-12-31T16:00:00Z"

LICENCE = "11100000MB0143028R001"
ROAD = "11100000000019713D"
BUILD = "11100000000013338W"
LAND = "11100000MB03271699"


def invented(serial: int) -> str:
    """Return a type code of a body that does not exist: 999900 is no division."""
    return f"{synthetic_uscc('11999900MB0T00001')}{serial:03d}"


FOOD = invented(1)
DRIVING, VEHICLE, RESIDENCE, SOCIAL, BIRTH = (invented(n) for n in range(2, 7))
ID_CARD, MARRIAGE = "11100000000013127D001", "111000000000131433001"
ROADS = [ROAD + n for n in ("008", "013", "016", "071", "072", "073")]
BUILDERS = [BUILD + n for n in ("001", "011", "032")]
LANDS = [LAND + n for n in ("001", "022")]
NAMED = ("driving_licence", "residence_permit", "social_security_card")
"""Profiles without a public code: an issuer's listing names the profile beside the invented code."""

# number in the body's code, name, types, assurance of the issuing process
BODIES: tuple[tuple[int, str, tuple[str, ...], str], ...] = (
    (1, "市场监督管理局", (LICENCE, FOOD), "high"),
    (2, "公安局", (ID_CARD, DRIVING, "driving_licence", VEHICLE, RESIDENCE, "residence_permit"), "high"),
    (3, "人力资源和社会保障局", (SOCIAL, "social_security_card"), "substantial"),
    (4, "交通运输局", tuple(ROADS), "substantial"),
    (5, "自然资源局", tuple(LANDS), "high"),
    (6, "民政局", (MARRIAGE,), "high"),
    (7, "卫生健康委员会", (BIRTH,), "substantial"),
)  # fmt: skip
ASSURANCE = {("513300", 5): "substantial", ("513200", 5): "二级", ("513400", 5): "三级"}
"""Where the issuing process is less, or goes by a word of its own."""
PROVINCE_BODY = (8, "住房和城乡建设厅", tuple(BUILDERS), "high")

SICHUAN = {
    "chengdu": ("510100", "成都市"), "zigong": ("510300", "自贡市"),
    "panzhihua": ("510400", "攀枝花市"), "luzhou": ("510500", "泸州市"),
    "deyang": ("510600", "德阳市"), "mianyang": ("510700", "绵阳市"),
    "guangyuan": ("510800", "广元市"), "suining": ("510900", "遂宁市"),
    "neijiang": ("511000", "内江市"), "leshan": ("511100", "乐山市"),
    "nanchong": ("511300", "南充市"), "meishan": ("511400", "眉山市"),
    "yibin": ("511500", "宜宾市"), "guangan": ("511600", "广安市"),
    "dazhou": ("511700", "达州市"), "yaan": ("511800", "雅安市"),
    "bazhong": ("511900", "巴中市"), "ziyang": ("512000", "资阳市"),
    "aba": ("513200", "阿坝藏族羌族自治州"), "ganzi": ("513300", "甘孜藏族自治州"),
    "liangshan": ("513400", "凉山彝族自治州"),
}  # fmt: skip
CHONGQING = (
    ("500101", "万州区"), ("500103", "渝中区"), ("500112", "渝北区"), ("500118", "永川区"),
    ("500116", "江津区"), ("500153", "荣昌区"), ("500152", "潼南区"), ("500241", "秀山土家族苗族自治县"),
)  # fmt: skip
HUBEI = {
    "wuhan": ("420100", "武汉市"), "huangshi": ("420200", "黄石市"), "ezhou": ("420700", "鄂州市"),
    "huanggang": ("421100", "黄冈市"), "xiaogan": ("420900", "孝感市"),
    "xianning": ("421200", "咸宁市"), "xiantao": ("429004", "仙桃市"),
    "tianmen": ("429006", "天门市"), "qianjiang": ("429005", "潜江市"),
}  # fmt: skip
ALL_TYPES = sorted(
    {t for _, _, types, _ in (*BODIES, PROVINCE_BODY) for t in types if t[0].isdigit()}
)
CITY_KINDS = ["issuers", "agreements", "rules", "deviations", "status", "entities"]


def body_code(division: str, number: int) -> str:
    """Return the invented credit code of one body of one division."""
    return synthetic_uscc(f"11{division}MB0T{number:05d}")


def service(kind: str, types: tuple[str, ...], assurance: str) -> dict[str, Any]:
    """Return one service without keys."""
    made: dict[str, Any] = {"kind": kind, "certificate_types": list(types), "anchors": []}
    if assurance:
        made["assurance"] = assurance
    return {**made, "status": "granted", "status_start": START}


def entry(division: str, name: str, number: int, services: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one body."""
    return {
        "issuer_id": body_code(division, number),
        "names": [{"name": f"{name}（示例）"}],
        "territory": division,
        "legal_basis": MARK,
        "services": services,
    }


def bodies(division: str, place: str, *, province: str = "") -> list[dict[str, Any]]:
    """Return the bodies of one division."""
    rows = [*BODIES, *([PROVINCE_BODY] if province else [])]
    found = []
    for number, name, types, assurance in rows:
        title = name
        if province == "province":
            title = name.replace("局", "厅") if number in (2, 3, 4, 5, 6) else name
        level = ASSURANCE.get((division, number), assurance)
        services = [service("certificate-issuer", types, level)]
        found.append(entry(division, place + title, number, services))
    return found


def province_services(division: str, place: str) -> list[dict[str, Any]]:
    """Return the seal maker and the status publisher of a province."""
    return [
        entry(division, f"{place}电子印章制作中心", 90, [service("seal-maker", (), "")]),
        entry(division, f"{place}电子证照状态发布中心", 91, [service("status-publisher", (), "")]),
    ]


def issuers(name: str, territory: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one issuer list."""
    operator = {"name": f"{name}（{MARK}）", "code": body_code(territory, 99)}
    return {
        "list_id": f"test.{territory}.issuers",
        "territory": territory,
        "operator": operator,
        **DATED,
        "entries": found,
    }


def role(parent: str, zh: str, en: str, territories: list[str], **more: Any) -> dict[str, Any]:
    """Return one delegated role, with no keys."""
    made: dict[str, Any] = {
        "parent": parent,
        "title": {"zh": f"{zh}（示例）", "en": f"{en} (TEST ONLY)"},
        "territories": territories,
        "issuers": "*",
        "certificate_types": "*",
        "kinds": "*",
        "keys": [],
        "threshold": 1,
        "compulsory": {"sm2": 1},
        "complete": False,
    }
    return made | more


def top_roles() -> dict[str, Any]:
    """Return the four top roles; two of three keys make a root."""
    return {
        "root": {"keys": [], "threshold": 2, "compulsory": {"sm2": 2}},
        "timestamp": {"keys": [], "threshold": 1, "compulsory": {"sm2": 1}},
        "snapshot": {"keys": [], "threshold": 1, "compulsory": {"sm2": 1}},
        "targets": {
            "title": {"zh": "总目录（示例）", "en": "Targets (TEST ONLY)"},
            "keys": [],
            "threshold": 1,
            "compulsory": {"sm2": 1},
        },
    }


def federation(name: str, roles: dict[str, Any]) -> dict[str, Any]:
    """Return federation.yaml."""
    days = {"root_days": 3650, "timestamp_days": 30, "snapshot_days": 90, "targets_days": 180}
    return {
        "schema": "ecert.federation/1",
        "name": name,
        "test_only": True,
        "expires": days,
        "grace_days": 3,
        "roles": top_roles() | roles,
    }


NATION = issuers(
    "国家示例平台", "100000", [entry("100000", "国家示例时间戳中心", 92, [service("TSA", (), "")])]
)


def chuanyu() -> dict[str, Any]:
    """Return path -> document of the federation of Sichuan and Chongqing, with a neighbour."""
    roles = {
        "nation": role("targets", "全国", "Nation", ["100000"]),
        "chongqing": role("targets", "重庆市", "Chongqing", ["500000"]),
        "sichuan": role("targets", "四川省", "Sichuan", ["510000"], complete=True),
        "guizhou": role("targets", "贵州省", "Guizhou", ["520000"]),
        "wanzhou": role("chongqing", "万州区", "Wanzhou", ["500101"], kinds=CITY_KINDS),
        "yubei": role("chongqing", "渝北区", "Yubei", ["500112"], kinds=CITY_KINDS),
        "yongchuan": role("chongqing", "永川区", "Yongchuan", ["500118"], kinds=CITY_KINDS),
    }
    local = [t for t in ALL_TYPES if t not in BUILDERS] + list(NAMED)
    for key, (division, zh) in SICHUAN.items():
        roles[key] = role(
            "sichuan", zh, key.capitalize(), [division], certificate_types=local, kinds=CITY_KINDS
        )
    found: dict[str, Any] = {"federation.yaml": federation("chuanyu-test-only", roles)}
    municipal = bodies("500000", "重庆市", province="municipality") + province_services(
        "500000", "重庆市"
    )
    for division, zh in CHONGQING:
        municipal += bodies(division, f"重庆市{zh}")
    found["roles/nation/issuers/nation.yaml"] = NATION
    found["roles/chongqing/issuers/chongqing.yaml"] = issuers("重庆示例平台", "500000", municipal)
    for key, division, zh in (("sichuan", "510000", "四川省"), ("guizhou", "520000", "贵州省")):
        listed = bodies(division, zh, province="province") + province_services(division, zh)
        found[f"roles/{key}/issuers/{key}.yaml"] = issuers(f"{zh}示例平台", division, listed)
    for key, (division, zh) in SICHUAN.items():
        path = f"roles/{key}/issuers/{key}.yaml"
        found[path] = issuers(f"{zh}示例平台", division, bodies(division, zh))
    return found


def wuhan() -> dict[str, Any]:
    """Return path -> document of the federation of nine cities under one province."""
    roles = {
        "nation": role("targets", "全国", "Nation", ["100000"]),
        "hubei": role("targets", "湖北省", "Hubei", ["420000"]),
    }
    for key, (division, zh) in HUBEI.items():
        roles[key] = role("hubei", zh, key.capitalize(), [division], kinds=CITY_KINDS)
    roles["wuhan"]["complete"] = True
    found: dict[str, Any] = {"federation.yaml": federation("wuhan-test-only", roles)}
    listed = bodies("420000", "湖北省", province="province") + province_services("420000", "湖北省")
    found["roles/nation/issuers/nation.yaml"] = NATION
    found["roles/hubei/issuers/hubei.yaml"] = issuers("湖北示例平台", "420000", listed)
    for key, (division, zh) in HUBEI.items():
        path = f"roles/{key}/issuers/{key}.yaml"
        found[path] = issuers(f"{zh}示例平台", division, bodies(division, zh))
    return found


MADE = {"chuanyu": chuanyu, "wuhan": wuhan}
CITIES = tuple(HUBEI)
SHARED: dict[str, dict[str, tuple[str, ...]]] = {
    "chuanyu": {
        "chongqing/enterprise-v1": ("sichuan",),
        "chongqing/enterprise-v2": ("sichuan",),
        "chongqing/transport": ("sichuan",),
        "chongqing/construction": ("sichuan",),
        "chongqing/civil": ("sichuan",),
        "chongqing/property": ("sichuan",),
        "chongqing/social": ("sichuan",),
        "chongqing/driving": ("sichuan",),
        "chongqing/hotel-police": ("sichuan",),
        "chongqing/hotel-tourism": ("sichuan",),
        "chongqing/ride": ("sichuan",),
        "chongqing/qualification": ("sichuan",),
        "sichuan/civil-guizhou": ("guizhou",),
        "yongchuan/identity-luzhou": ("luzhou",),
        "chongqing/identity": ("sichuan",),
    },
    "wuhan": {f"wuhan/{name}": CITIES[1:] for name in ("enterprise", "social", "transport")}
    | {"wuhan/birth": CITIES[1:-1]},
}
"""Agreement by role and name -> the other roles that sign the same bytes."""


class _Dumper(yaml.SafeDumper):
    """YAML with indented lists and no references."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the signature of the base class
        super().increase_indent(flow, False)  # noqa: FBT003 - as above

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - as above
        return True


def text_of(document: dict[str, Any]) -> str:
    """Return a document as YAML."""
    body = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    return HEADER + body


def wanted() -> dict[Path, bytes]:
    """Return everything that this tool writes."""
    found: dict[Path, bytes] = {}
    for name, make in MADE.items():
        base = OUT / name
        for path, document in make().items():
            found[base / path] = text_of(document).encode()
        for source, others in SHARED[name].items():
            home, title = source.split("/")
            original = base / "roles" / home / "agreements" / f"{title}.yaml"
            if original.exists():
                for other in others:
                    found[base / "roles" / other / "agreements" / f"{title}.yaml"] = (
                        original.read_bytes()
                    )
    return found


def main() -> int:
    """Write the files, or say which differ."""
    stale = [p for p, data in wanted().items() if not p.exists() or p.read_bytes() != data]
    if "--check" in sys.argv[1:]:
        for path in stale:
            sys.stdout.write(f"differs: {path.relative_to(ROOT)}\n")
        return 1 if stale else 0
    for path, data in wanted().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    sys.stdout.write(f"{len(stale)} files written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
