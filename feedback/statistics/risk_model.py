"""A fitted risk model as a thing to keep: how to code a row, its coefficients, and exact storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from feedback.statistics.coding import Adjuster, Categorical, Coding, as_categorical, as_numbers, encode
from feedback.statistics.link import expit
from feedback.statistics.refusal import ComparisonRefusal

FORMAT = 1


@dataclass(frozen=True)
class RiskModelFit:
    """The fixed part of a risk model, fitted without site terms (so ΣE = ΣO on its own cohort).

    ``names`` k columns, the intercept first; ``codings`` how raw columns become them; ``beta`` k coefficients;
    ``covariance`` k × k; ``n`` cases, ``events``, and ``sigma`` of the site effects found beside it (None: not fitted).
    """

    names: tuple[str, ...]
    codings: tuple[Coding, ...]
    beta: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    n: float
    events: float
    sigma: float | None

    def design(
        self, columns: Mapping[str, Sequence | np.ndarray | Categorical], *, n: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Code raw rows for this model.

        Parameters
        ----------
        columns : name → (n,) raw values, at least those of the adjusters.
        n : number of rows.

        Returns
        -------
        design : (n, k) float in the order of ``names``.
        unseen : (n,) bool, rows with a level this model has never met: list them, they have no expected risk.

        Raises
        ------
        ComparisonRefusal ``BAD_INPUT`` when a column is missing.
        """
        absent = [coding.adjuster.name for coding in self.codings if coding.adjuster.name not in columns]
        if absent:
            raise ComparisonRefusal("BAD_INPUT", tuple(f"There is no column {name}." for name in absent))
        found = {"(Intercept)": np.ones(n)}
        unseen = np.zeros(n, dtype=bool)
        for coding in self.codings:
            raw = columns[coding.adjuster.name]
            if coding.adjuster.coding == "categorical":
                block, strange = encode(coding, as_categorical(raw))
            else:
                block, strange = encode(coding, as_numbers(raw, name=coding.adjuster.name))
            unseen |= strange
            found.update(zip(coding.names, block.T, strict=True))
        return np.column_stack([found[name] for name in self.names]), unseen

    def to_document(self) -> dict:
        """Return plain dicts, lists and floats; floats survive JSON exactly."""
        return {"format": FORMAT, **_listed(asdict(self))}

    @classmethod
    def from_document(cls, document: dict) -> RiskModelFit:
        """Read back what ``to_document`` wrote. Raises ValueError for another format."""
        if document.get("format") != FORMAT:
            raise ValueError(f"risk model format {document.get('format')} is not {FORMAT}")
        codings = tuple(
            Coding(
                adjuster=Adjuster(**coding["adjuster"]),
                names=tuple(coding["names"]),
                reference=coding["reference"],
                levels=tuple(coding["levels"]),
                knots=tuple(coding["knots"]),
                fill=coding["fill"],
                indicator=coding["indicator"],
                empty_levels=tuple(coding["empty_levels"]),
            )
            for coding in document["codings"]
        )
        return cls(
            names=tuple(document["names"]),
            codings=codings,
            beta=tuple(document["beta"]),
            covariance=tuple(tuple(row) for row in document["covariance"]),
            n=document["n"],
            events=document["events"],
            sigma=document["sigma"],
        )


def _listed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _listed(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_listed(part) for part in value]
    return value


def expected_under(model: RiskModelFit, design: np.ndarray) -> np.ndarray:
    """Expected risk of each row under a frozen model.

    Parameters
    ----------
    model : any stored fit.
    design : (n, k) in the order of ``model.names``, as ``model.design`` gives it.

    Returns
    -------
    (n,) risks in (0, 1). Compared with a frozen model the whole collaborative can improve: ΣE need not equal ΣO.

    Raises
    ------
    ValueError when the design has another number of columns.
    """
    if design.ndim != 2 or design.shape[1] != len(model.beta):
        raise ValueError(f"the model has {len(model.beta)} columns, the design {design.shape[-1]}")
    return expit((design * np.asarray(model.beta)).sum(axis=1))
