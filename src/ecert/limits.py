"""Every limit on input, each a named field with its reason. Nothing below the facade invents another."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds checked before memory or time is spent.

    Sizes are in bytes. Real licences are 20 KiB to 5 MiB; each bound is at least ten times the largest
    honest file met, and small enough that a hostile one ends in under 10 s and 500 MB.
    """

    file_bytes: int = 64 * _MIB
    """A whole input file; compared with the file's size before it is read."""
    zip_entries: int = 4096
    """Entries of an OFD package; a 1,000-page book has about 3,000."""
    zip_total_bytes: int = 192 * _MIB
    """Sum of unpacked sizes: bounds memory whatever the ratio."""
    zip_entry_bytes: int = 64 * _MIB
    """One unpacked entry."""
    zip_ratio: int = 200
    """Unpacked over packed size of one entry above 1 MiB; deflate of real XML stays under 40."""
    xml_bytes: int = 16 * _MIB
    """One XML part, before it is parsed."""
    xml_depth: int = 64
    """Nesting of XML elements; OFD needs about 12."""
    json_bytes: int = 4 * _MIB
    """Embedded metadata, status and trust files."""
    json_depth: int = 32
    """Nesting of embedded JSON."""
    signatures: int = 64
    """Signatures in one document."""
    signature_bytes: int = 4 * _MIB
    """One signature value (a seal carries a picture)."""
    references: int = 4096
    """References of one OFD signature."""
    certificates: int = 64
    """Certificates taken from one signature."""
    chain_length: int = 8
    """Certificates on one path; the national hierarchy has three or four."""
    chain_attempts: int = 64
    """Signature checks spent on one path search."""
    path_rules: int = 50_000
    """Steps of name constraints and policies on all paths of one search: a name against a constraint, or
    a policy or mapping read. An honest path takes under a hundred."""
    crl_checks: int = 1024
    """Signers of revocation lists tried for one file that are not on the path, and certificates asked about
    for their sake; enough for an archive of two years of daily lists."""
    der_depth: int = 48
    """Nesting of DER accepted by our own parsers."""
    der_nodes: int = 250_000
    """Values inside one DER structure; a revocation list of 1.5 MiB inside a signature has 200,000."""
    pdf_objects: int = 100_000
    """Indirect objects of a PDF."""
    pdf_stream_bytes: int = 64 * _MIB
    """One decoded PDF stream that we need to read."""
    pdf_pages: int = 200
    """Pages whose text is compared with the data."""
    record_bytes: int = 1 * _MIB
    """One record of a batch."""
    records_field_count: int = 512
    """Columns of a batch."""
    trust_file_bytes: int = 64 * _MIB
    """One file of a trust folder (revocation lists are the large ones; they are read in place)."""
    status_bytes: int = 16 * _MIB
    """One status snapshot: 200,000 entries. Unlike a revocation list it is unpacked to be read, which
    takes some 8 bytes of memory for each of its own."""
    trust_files: int = 4096
    """Files of a trust folder."""
