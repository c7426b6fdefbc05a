"""Convert legacy tables to certificates of kind ``converted``, with every rejected row explained.

A mapping is data; one pure function converts one record; a batch is written whole or not at all and
its accounts balance: rows in = rows converted + rows rejected. Converting gives no authority that
the source did not have (L10).
"""

from ecert.conversion.diagnostics import Diagnostic
from ecert.conversion.mapping import RecordMapping, Rule
from ecert.conversion.record import Converted, Rejected, convert_record
from ecert.conversion.rows import Record, Source, Unreadable
from ecert.conversion.run import Batch, convert

__all__ = [
    "Batch",
    "Converted",
    "Diagnostic",
    "Record",
    "RecordMapping",
    "Rejected",
    "Rule",
    "Source",
    "Unreadable",
    "convert",
    "convert_record",
]
