"""Mappings and rows for the conversion tests; everything invented, identity numbers are printed samples."""

import json
from pathlib import Path

from ecert.conversion import Record, RecordMapping, Source

ROOT = Path(__file__).resolve().parents[1]
STALLS = ROOT / "tests/data/conversion"
EXAMPLES = ROOT / "src/ecert/conversion/examples"
USCC = "91110105MA0000007L"
OTHER_USCC = "91110105MA00000315"
PERSON = "11010519491231002X"

LICENCE = """\
schema: ecert.mapping/1
id: licences
version: "1"
profile: business_license
source: {encoding: auto, missing: ["N/A"]}
tables:
  known: {"110108000000016": 91110105MA0000007L}
fields:
  uscc: {from: 代码, steps: [trim, fold_width, upper, {uscc_or_regno: known}]}
  name: {from: 名称, steps: [trim]}
  entity_type: {from: 类型, default: 企业, optional: true}
  representative: {from: 负责人, steps: [trim]}
  founded: {from: 成立, steps: [{date: [yyyy/M/d, yyyyMMdd]}]}
  term_end: {from: 至, steps: [long_term_words, far_date_long_term, {date: yyyyMMdd}]}
  address: {from: 住所}
  scope: {constant: 技术服务}
  authority: {constant: 示例市市场监督管理局}
  issue_date: {from: 成立, steps: [{date: [yyyy/M/d, yyyyMMdd]}]}
region: {constant: "110105"}
issuer: {code: {constant: 11110105MB00000009}}
metadata:
  certificateState: {from: 状态, steps: [{code: status.mohurd}], default: valid}
"""
COLUMNS = ("代码", "名称", "类型", "负责人", "成立", "至", "住所", "状态")
CELLS = {
    "代码": USCC,
    "名称": "示例科技（京澄）有限公司",
    "类型": "有限责任公司",
    "负责人": "示例甲",
    "成立": "2009/3/18",
    "至": "长期",
    "住所": "示例市澄清区一号",
    "状态": "01",
}
PERMIT = """\
schema: ecert.mapping/1
id: cards
version: "1"
profile: id_card
source: {encoding: utf-8}
fields:
  name: {from: 姓名, steps: [trim, interpunct]}
  sex: {from: 性别, steps: [{code: sex.gbt2261}]}
  ethnic: {from: 民族}
  birth: {from: 出生, steps: [{date: yyyyMMdd}]}
  address: {from: 住址}
  id_number: {from: 号码, steps: [strip_placeholder, upper, id15to18]}
  authority: {constant: 示例市公安局}
  term_start: {from: 起, steps: [{date: yyyyMMdd}]}
  term_end: {from: 止, steps: [long_term_words, {date: yyyyMMdd}]}
region: {constant: "110105"}
issuer: {code: {constant: 11110105MB00000009}}
"""
DRIVERS = """\
schema: ecert.mapping/1
id: drivers
version: "1"
profile: driving_licence
source: {encoding: utf-8}
fields:
  licence_number: {from: 证号}
  name: {from: 姓名}
  sex: {constant: "2"}
  nationality: {constant: 中国}
  address: {constant: 示例市二号}
  birth: {constant: "19491231"}
  first_issued: {constant: "19800101"}
  vehicle_classes: {from: 车型, steps: [upper, {split_list: ",/"}]}
  term_start: {constant: "20200101"}
  term_end: {constant: "20300101"}
  file_number: {constant: "110100000001"}
  authority: {constant: 示例市公安局}
region: {constant: "110105"}
issuer: {code: {constant: 11110105MB00000009}}
terms:
  serial: {constant: A1}
  type_code: {constant: 11410800MB18523953004}
  issued: {constant: "20200101"}
"""
CARD = {
    "姓名": "示例•阿依古丽",
    "性别": "女",
    "民族": "05",
    "出生": "19491231",
    "住址": "示例市澄清区二号",
    "号码": "11010519491231002x",
    "起": "20150101",
    "止": "长期",
}
SOURCE = Source("t.csv", "ab" * 32)


def mapping(text=LICENCE, **kwargs):
    return RecordMapping.parse(text.encode(), **kwargs)


def record(cells=CELLS, /, line=2, **changes):
    return Record(SOURCE, line, {**cells, **changes})


def table(*changes, columns=COLUMNS, encoding="utf-8"):
    """Return a table of rows, each the good row with changes."""
    lines = [",".join(columns)]
    lines += [",".join({**CELLS, **change}[c] for c in columns) for change in changes]
    return ("\n".join(lines) + "\n").encode(encoding)


def json_lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
