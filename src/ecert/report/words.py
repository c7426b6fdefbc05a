"""The fixed words of a rendered report, Chinese and English, and the titles of its checks."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources

__all__ = ["WORDS", "title", "word"]

WORDS: dict[str, tuple[str, str]] = {
    "accept": ("可以接受", "ACCEPT"),
    "refuse": ("不予接受", "REFUSE"),
    "refer": ("需核实", "REFER"),
    "passed": ("通过", "passed"),
    "failed": ("不通过", "failed"),
    "indeterminate": ("无法确定", "cannot tell"),
    "not_applicable": ("不适用", "not applicable"),
    "authenticity": ("真实性", "authenticity"),
    "status": ("状态", "status"),
    "conformity": ("规范性", "conformity"),
    "recognition": ("互认", "recognition"),
    "cause": ("原因", "cause"),
    "next": ("下一步", "next"),
    "where": ("位置", "where"),
    "axes": ("四问", "axes"),
    "signatures": ("签名", "signatures"),
    "data": ("内容", "data"),
    "until": ("有效至", "use until"),
    "as_of": ("非实时：按指定时间判断", "not live: judged as of the given time"),
    "simulated": ("模拟结果，不可作为依据", "simulated, not a verdict to act on"),
    "simulated_accept": (
        "【模拟】如假设成立，会可以接受（不是结论）",
        "[SIMULATED] would be ACCEPT (no verdict)",
    ),
    "simulated_refuse": (
        "【模拟】如假设成立，会不予接受（不是结论）",
        "[SIMULATED] would be REFUSE (no verdict)",
    ),
    "simulated_refer": (
        "【模拟】如假设成立，会需核实（不是结论）",
        "[SIMULATED] would be REFER (no verdict)",
    ),
    "assumed": ("假设：", "assumed: "),
    "test": ("测试信任材料，不可作为依据", "test trust material, not a verdict to act on"),
    "entity.deregistered": ("已注销登记", "deregistered"),
    "entity.licence_revoked": ("被吊销营业执照", "struck off (licence revoked)"),
    "entity.suspended": ("被暂停", "suspended"),
    "bearer": (
        "本结论只说明文件本身，不能证明持件人就是证照主体，请核对本人",
        "this speaks of the file only; it does not identify the person who presents it",
    ),
    "not_recognition": (
        "未询问互认：仅说明证照真实，不等于本地应当接受",
        "recognition was not asked: genuine, which is not the same as recognised here",
    ),
    "covers": ("覆盖", "covers"),
    "whole": ("整个文件", "the whole file"),
    "revision": ("较早的版本", "an earlier revision"),
    "partial": ("部分内容", "parts only"),
    "unknown": ("未知", "unknown"),
    "issuer": ("发证签名", "issuer"),
    "other": ("其他签名", "other"),
    "timestamp": ("时间戳", "timestamp"),
    "integrity": ("完整性", "integrity"),
    "trust": ("签名人可信", "trust"),
    "advisory": ("（不计入结论）", " (advisory)"),
    "proven": ("有可信时间证明", "proven"),
    "witnessed": ("有签名记录见证", "witnessed"),
    "declared": ("签名者自称，无证明", "declared only"),
    "absent": ("没有", "absent"),
    "clerk": ("窗口人员", "clerk"),
    "citizen": ("持证人", "citizen"),
    "admin": ("系统管理员", "administrator"),
    "actor.issuer": ("发证机关", "issuing authority"),
    "yes": ("满足", "met"),
    "no": ("不满足", "not met"),
    "quirks": ("编码不规范之处", "deviations"),
    "none": ("无", "none"),
    "found.title": ("电子证照核验报告", "Verification report"),
    "found.signer": ("签名者", "signer"),
    "found.role": ("性质", "role"),
    "found.algorithms": ("算法", "algorithms"),
    "found.time": ("签名时间", "signed at"),
    "found.why": ("原因和下一步", "Why, and what to do"),
    "found.caveats": ("使用前请注意", "Before you rely on it"),
    "found.conditions": ("还须满足的条件", "Conditions"),
    "found.tree": ("全部检查（点开查看）", "Every check (open to read)"),
    "found.pins": ("核验依据", "What the answer rests on"),
    "found.file": ("文件", "file"),
    "found.at": ("判断时间", "judged at"),
    "found.policy": ("核验政策", "policy"),
    "found.trust": ("信任材料", "trust material"),
    "found.tool": ("程序", "program"),
    "found.relying": ("接收地区", "relying region"),
    "found.matter": ("办理事项", "matter"),
    "found.field": ("项目", "field"),
    "found.value": ("内容", "value"),
    "found.covered": ("受签名保护", "covered by"),
    "found.uncovered": ("未受保护", "not covered"),
    "found.who": ("由谁办理", "who acts"),
    "found.files": ("本次核验的文件", "Files in this run"),
    "found.age": ("已有", "age"),
    "found.not_certified": (
        "密码运算由软件完成，不是经认证的密码模块",
        "computed in software, not by a certified module",
    ),
    "found.unproven": (
        "真实性没有通过，以下内容未经证实，不可采信",
        "authenticity did not pass: what follows is not proven, do not rely on it",
    ),
    "found.all_covered": (
        "以下内容全部受发证签名保护",
        "all of it is covered by the issuer's signature",
    ),
    "accept_not_final": ("可以接受（不可作为依据）", "ACCEPT (not to act on)"),
    "found.masked": (
        "个人信息已遮盖，只留末尾几位供核对",
        "personal values are masked; the last characters stay for comparison",
    ),
}


def word(key: str, lang: str) -> str:
    """Return one word in ``"zh"`` or ``"en"``; a key that is not known shows as itself."""
    found = WORDS.get(key)
    return key if found is None else found[0 if lang == "zh" else 1]


@lru_cache(maxsize=1)
def _titles() -> dict[str, dict[str, str]]:
    file = resources.files("ecert.report").joinpath("checks.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


_INDEX = re.compile(r"\[\d+\]")


def title(check_id: str, lang: str) -> str:
    """Return what a check asks, in words; its id where it has no title."""
    found = _titles().get(_INDEX.sub("", check_id), {})
    return found.get("zh" if lang == "zh" else "en", check_id)
