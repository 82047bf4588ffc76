"""The linter: all rules on one circular, and how many of many circulars each rule finds fault with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from skyhub.circulars._circular import Circular
from skyhub.circulars._content_rules import CONTENT_RULES
from skyhub.circulars._form_rules import FORM_RULES
from skyhub.circulars._rule import Finding, Rule
from skyhub.circulars._subject_rules import SUBJECT_RULES

__all__ = ["RULES", "circulars_per_rule", "lint"]

RULES: tuple[Rule, ...] = (*SUBJECT_RULES, *FORM_RULES, *CONTENT_RULES)
"""All rules, in the order of the documentation."""


def lint(circular: Circular) -> list[Finding]:
    """What breaks the rules in a circular, in the order of its lines.

    Examples
    --------
    >>> from skyhub.circulars import read_circular
    >>> draft = read_circular(b"SUBJECT: Re: GRB 230812B\\n\\nA. Author reports: it was seen at 21:37.")
    >>> [(finding.rule, finding.severity, finding.line) for finding in lint(draft)]
    [('subject-reply', 'error', 1), ('time-scale', 'warning', 3)]
    """
    found = [
        Finding(rule.name, rule.severity, line + circular.first_line - 1 if line else circular.subject_line, message)
        for rule in RULES
        for line, message in rule.check(circular)
    ]
    return sorted(found, key=lambda finding: finding.line)


def circulars_per_rule(circulars: Iterable[Circular]) -> dict[str, int]:
    """How many of these circulars each rule finds fault with, rules in their order."""
    counts = Counter(name for circular in circulars for name in {finding.rule for finding in lint(circular)})
    return {rule.name: counts[rule.name] for rule in RULES}
