"""Rules in CEL: the environment, compiling, running, which rules apply, lint and tests (D5, D6).

Importing this package does not import the CEL engine; compiling the first rule does.
"""

from ecert.recognition.rules.applies import RuleAsk, RuleIndex
from ecert.recognition.rules.compiling import compile_rule, compiled_rule, run_rule
from ecert.recognition.rules.facts import Facts, Sources
from ecert.recognition.rules.running import CompiledRule, ConditionResult, Read, RuleResult

__all__ = [
    "CompiledRule",
    "ConditionResult",
    "Facts",
    "Read",
    "RuleAsk",
    "RuleIndex",
    "RuleResult",
    "Sources",
    "compile_rule",
    "compiled_rule",
    "run_rule",
]
