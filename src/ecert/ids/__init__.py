"""Identifiers, region codes and dates as value types: a valid value or InvalidIdentifier.

The error points at the fault. Nothing here reads a clock or a network; region data is read on the
first question about a region.
"""

from ecert.ids.dates import (
    LONG_TERM,
    CertDate,
    LongTerm,
    Validity,
    first_instant,
    last_instant,
    parse_date,
)
from ecert.ids.ecid import ECID, Diagnosis
from ecert.ids.idnumber import IDNumber, Sex
from ecert.ids.orgcode import OrgCode, RegistrationNumber
from ecert.ids.region import Region, RegionCode
from ecert.ids.uscc import USCC, NonconformingUSCC

__all__ = [
    "ECID",
    "LONG_TERM",
    "USCC",
    "CertDate",
    "Diagnosis",
    "IDNumber",
    "LongTerm",
    "NonconformingUSCC",
    "OrgCode",
    "Region",
    "RegionCode",
    "RegistrationNumber",
    "Sex",
    "Validity",
    "first_instant",
    "last_instant",
    "parse_date",
]
