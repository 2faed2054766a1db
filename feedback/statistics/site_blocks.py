"""How the sites of a fit are looked at: large ones by their expansions, small ones row by row at every node."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from feedback.statistics.rows import Rows
from feedback.statistics.site_expansion import Expansion, expand, terms_of
from feedback.statistics.site_terms import SiteTerms, by_rows

BLOCK_ELEMENTS = 2_000_000
SMALL_PART = 0.2


@dataclass(frozen=True)
class Small:
    """Small sites within a block of expanded ones: their own rows, their places among the block's sites and rows."""

    rows: Rows
    sites: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class Block:
    """Sites looked at together: all through their expansions, ``small`` ones among them exactly only when an exact look is
    asked for; or, where not ``expanded``, all row by row."""

    rows: Rows
    sites: np.ndarray
    expanded: bool
    small: tuple[Small, ...] = ()


@dataclass(frozen=True)
class Plain:
    """A block to be visited row by row at every node, from first guesses of the modes (its J,)."""

    rows: Rows
    eta: np.ndarray
    start: np.ndarray


def split(rows: Rows, weight: np.ndarray, *, nodes: int, large_site: float) -> tuple[Block, ...]:
    """Split the sites into one expanded block and row-level blocks of bounded size.

    Parameters
    ----------
    rows : R rows of J sites; weight : (J,) Σ p(1−p) of each; nodes : of the rule; large_site : from which weight on a site is
    expanded.

    Few small sites stay in the block of the large ones, so that nothing is copied and early looks need one kind of look.
    """
    large, small = np.nonzero(weight >= large_site)[0], np.nonzero(weight < large_site)[0]
    sizes = rows.ends - rows.starts
    number = (np.cumsum(sizes[small]) - 1) * nodes // BLOCK_ELEMENTS
    apart = [small[number == block] for block in np.unique(number)]
    few = len(small) <= SMALL_PART * rows.n_sites and sizes[small].sum() <= SMALL_PART * len(rows.site)
    if few and len(large):
        within = tuple(Small(rows=rows.take(sites), sites=sites, places=_places(rows, sites)) for sites in apart)
        return (Block(rows=rows, sites=np.arange(rows.n_sites), expanded=True, small=within),)
    blocks = [Block(rows=rows.take(large), sites=large, expanded=True)] if len(large) else []
    return (*blocks, *(Block(rows=rows.take(sites), sites=sites, expanded=False) for sites in apart))


def weights(rows: Rows, fitted: np.ndarray) -> np.ndarray:
    """Return Σ trials·p(1 − p) by site, (J,), for (R,) risks."""
    return rows.by_site(rows.counted(fitted * (1.0 - fitted)))


def _places(rows: Rows, sites: np.ndarray) -> np.ndarray:
    return np.concatenate([np.arange(rows.starts[site], rows.ends[site]) for site in sites])


def look(block: Block, beta: np.ndarray, *, start: np.ndarray, rough: bool) -> Expansion | Plain:
    """Look at a block's rows at (k,) coefficients from first guesses of its modes; ``rough`` see ``link.odds_against``."""
    eta = block.rows.linear(beta)
    if block.expanded:
        return expand(block.rows, eta, centre=start, rough=rough)
    return Plain(rows=block.rows, eta=eta, start=start)


def terms(
    block: Block,
    looked: Expansion | Plain,
    *,
    beta: np.ndarray,
    sigma: float,
    quadrature: int,
    curved: bool,
    near: bool,
) -> SiteTerms:
    """Return what a block contributes; ``near`` leaves small sites expanded and ``score_nodes`` out of the curvature."""
    if isinstance(looked, Plain):
        return by_rows(
            looked.rows, looked.eta, sigma=sigma, quadrature=quadrature, start=looked.start, with_curvature=curved
        )
    found = terms_of(looked, sigma=sigma, quadrature=quadrature, with_curvature=curved, with_scores=not near)
    if near:
        return found
    for part in block.small:
        exact = by_rows(
            part.rows,
            part.rows.linear(beta),
            sigma=sigma,
            quadrature=quadrature,
            start=looked.centre[part.sites],
            with_curvature=curved,
        )
        _put(found, exact, part)
    return found


def _put(found: SiteTerms, exact: SiteTerms, part: Small) -> None:
    for name in ("log_likelihood", "mode", "scale", "sigma_score", "nodes", "shares", "score_nodes"):
        if getattr(found, name) is not None:
            getattr(found, name)[part.sites] = getattr(exact, name)
    for name in ("residual", "curvature"):
        if getattr(found, name) is not None:
            getattr(found, name)[part.places] = getattr(exact, name)


def from_modes(looked: Expansion | Plain, *, mode: np.ndarray) -> Expansion | Plain:
    """Return the same look with (J,) modes as first guesses, where those are needed."""
    return replace(looked, start=mode) if isinstance(looked, Plain) else looked
