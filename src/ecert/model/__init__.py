"""What a certificate says: types as data (profiles), certificates as JSON, one canonical form.

The code knows no certificate type by name. Importing this package loads no YAML parser.
"""

from ecert.model.canonical import canonical_bytes, parse_json
from ecert.model.certificate import FILE_NAME, Certificate, Copy, Holder, Issuer
from ecert.model.issue import Cause, FieldIssue
from ecert.model.library import find_profile, list_profiles, load_profile
from ecert.model.metadata import compare_flat, from_short_names, metadata_table, to_short_names
from ecert.model.profile import FaceRow, Profile
from ecert.model.terms import Annotation, Terms

__all__ = [
    "FILE_NAME",
    "Annotation",
    "Cause",
    "Certificate",
    "Copy",
    "FaceRow",
    "FieldIssue",
    "Holder",
    "Issuer",
    "Profile",
    "Terms",
    "canonical_bytes",
    "compare_flat",
    "find_profile",
    "from_short_names",
    "list_profiles",
    "load_profile",
    "metadata_table",
    "parse_json",
    "to_short_names",
]
