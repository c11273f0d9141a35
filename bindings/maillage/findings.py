"""Findings: what was doubtful in data that could still be used.

A finding never stops the work and never disappears: it is counted per kind, its first
five examples are kept, and it travels with the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pandas as pd

N_EXAMPLES = 5


@dataclass
class Finding:
    """How often one kind of doubt occurred, and the first five cases in words."""

    kind: str
    count: int = 0
    examples: list[str] = field(default_factory=list)


class Findings:
    """Counts of doubtful data per kind, in the order in which the kinds first occurred.

    A kind is a word such as `near_duplicate`; an example is a short sentence that names
    the file and the row or key.
    """

    def __init__(self) -> None:
        self._by_kind: dict[str, Finding] = {}

    def add(self, kind: str, example: str, count: int = 1) -> None:
        """Count `count` cases of a kind; the example is kept if it is among the first five.

        A count of zero changes nothing.
        """
        if count < 0:
            raise ValueError(f"count is {count}, expected 0 or more")
        if count == 0:
            return
        finding = self._by_kind.setdefault(kind, Finding(kind))
        finding.count += count
        if len(finding.examples) < N_EXAMPLES:
            finding.examples.append(example)

    def add_all(self, kind: str, examples: Iterable[str], count: int) -> None:
        """Count `count` cases at once, shown by their first few examples.

        `examples` may be lazy and is read no further than needed.
        """
        if count <= 0:
            return
        finding = self._by_kind.setdefault(kind, Finding(kind))
        finding.count += count
        for example in examples:
            if len(finding.examples) >= N_EXAMPLES:
                break
            finding.examples.append(example)

    def merge(self, other: Findings) -> None:
        """Add the counts and examples of other findings to these."""
        for finding in other:
            self.add_all(finding.kind, finding.examples, finding.count)

    def count(self, kind: str) -> int:
        """Cases of one kind; 0 when it did not occur."""
        finding = self._by_kind.get(kind)
        return finding.count if finding else 0

    def examples(self, kind: str) -> list[str]:
        """The first five cases of one kind in words; empty when it did not occur."""
        finding = self._by_kind.get(kind)
        return list(finding.examples) if finding else []

    @property
    def kinds(self) -> list[str]:
        """The kinds that occurred, in the order of their first case."""
        return list(self._by_kind)

    def to_frame(self) -> pd.DataFrame:
        """One row a kind: `kind`, `count`, `examples` (the first five, joined by ` | `)."""
        return pd.DataFrame(
            {
                "kind": pd.Series([f.kind for f in self], dtype="str"),
                "count": pd.Series([f.count for f in self], dtype="int64"),
                "examples": pd.Series([" | ".join(f.examples) for f in self], dtype="str"),
            }
        )

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._by_kind.values())

    def __len__(self) -> int:
        """The number of kinds; no findings are false in a condition."""
        return len(self._by_kind)

    def __repr__(self) -> str:
        if not self._by_kind:
            return "no findings"
        return "\n".join(
            f"{f.kind}: {f.count}" + "".join(f"\n  {example}" for example in f.examples)
            for f in self
        )

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False) if self._by_kind else "<p>no findings</p>"
