"""What users see: the types of the public names, checked by mypy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import assert_type

    from ecert import Certificate, Profile, Report, TrustStore, recognize, verify
    from ecert.recognition import RecognitionDecision
    from ecert.verification.verified import VerifiedCertificate

    def check_verify(trust: TrustStore) -> None:
        report = verify("licence.pdf", trust=trust)
        assert_type(report, Report[VerifiedCertificate])
        assert_type(report.require(), VerifiedCertificate)
        assert_type(bool(report), bool)

    def check_recognize(
        trust: TrustStore, certificate: Certificate, verified: VerifiedCertificate
    ) -> None:
        decision = recognize(verified, relying="310000", matter="company.change", trust=trust)
        assert_type(decision, Report[RecognitionDecision])
        recognize(certificate, relying="310000", matter="company.change", trust=trust)  # type: ignore[arg-type]

    def check_profile() -> None:
        assert_type(Profile.load("business_license"), Profile)
