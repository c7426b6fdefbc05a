"""Whether a relying region accepts a certificate, for a matter, at a time (floor 9).

First cut: agreements of the operator's trust folder, directed and dated, one hop, no rule engine.
Recognition never upgrades authenticity, status or conformity; it is the fourth axis beside them.
"""

from ecert.recognition.asked import Asked
from ecert.recognition.axis import recognition_axis
from ecert.recognition.evaluating import Recognition, evaluate
from ecert.recognition.recognizing import RecognitionDecision, recognize
from ecert.recognition.reference import reference_agreements

__all__ = [
    "Asked",
    "Recognition",
    "RecognitionDecision",
    "evaluate",
    "recognition_axis",
    "recognize",
    "reference_agreements",
]
