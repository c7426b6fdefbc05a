"""Whether a relying region accepts a certificate, for a matter, at a time (floor 9).

Recognition never upgrades authenticity, status or conformity; it is the fourth axis beside them.
"""

from ecert.recognition.asked import Asked, issuer_entry
from ecert.recognition.compiled import Compiled, compile_knowledge
from ecert.recognition.deciding import Judgement, decide
from ecert.recognition.evaluating import Recognition, evaluate
from ecert.recognition.explaining import with_pins
from ecert.recognition.recognizing import RecognitionDecision, recognize
from ecert.recognition.reference import reference_agreements
from ecert.recognition.statement import statement

__all__ = [
    "Asked",
    "Compiled",
    "Judgement",
    "Recognition",
    "RecognitionDecision",
    "compile_knowledge",
    "decide",
    "evaluate",
    "issuer_entry",
    "recognize",
    "reference_agreements",
    "statement",
    "with_pins",
]
