"""Rows sorted by site and pattern, with the sums a fit needs; equal rows of a fully discrete design are one row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from feedback.statistics.design import Design


@dataclass(frozen=True)
class Rows:
    """R rows of J sites, sorted by site, then by pattern.

    Attributes
    ----------
    k : number of design columns; ``discrete`` and ``free`` are their positions as in ``Design``.
    table, dense : as in ``Design``; dense is (kc, R).
    pattern, site : (R,) int32.
    trials, events : (R,) float; a plain row has 1 trial.
    offset : (R,) float added to the linear predictor, or None.
    starts : (J,) first row of each site.
    cells : (C,) first row of each site × pattern cell; ``cell_pattern`` and ``cell_site`` (C,) name it.
    row_of : (n,) where each original row went.
    """

    k: int
    n_sites: int
    discrete: tuple[int, ...]
    free: tuple[int, ...]
    table: np.ndarray
    dense: np.ndarray
    pattern: np.ndarray
    site: np.ndarray
    trials: np.ndarray
    events: np.ndarray
    offset: np.ndarray | None
    starts: np.ndarray
    cells: np.ndarray
    cell_pattern: np.ndarray
    cell_site: np.ndarray
    row_of: np.ndarray

    def linear(self, beta: np.ndarray) -> np.ndarray:
        """Return the (R,) linear predictor, offset included, for (k,) coefficients."""
        eta = (self.table @ beta[list(self.discrete)])[self.pattern]
        for row, position in enumerate(self.free):
            eta += beta[position] * self.dense[row]
        if self.offset is not None:
            eta += self.offset
        return eta

    def by_site(self, values: np.ndarray) -> np.ndarray:
        """Sum (R,) values by site into (J,)."""
        return np.add.reduceat(values, self.starts)

    def by_pattern(self, values: np.ndarray) -> np.ndarray:
        """Sum (R,) values by pattern into (P,)."""
        sums = np.add.reduceat(values, self.cells)
        return np.bincount(self.cell_pattern, weights=sums, minlength=len(self.table))

    def cross(self, values: np.ndarray) -> np.ndarray:
        """Return X'v, (k,), for (R,) values."""
        out = np.empty(self.k)
        out[list(self.discrete)] = self.by_pattern(values) @ self.table
        for row, position in enumerate(self.free):
            out[position] = float((self.dense[row] * values).sum())
        return out

    def cross_by_site(self, values: np.ndarray) -> np.ndarray:
        """Return X'v within each site, (J, k), for (R,) values."""
        out = np.empty((self.n_sites, self.k))
        sums = np.add.reduceat(values, self.cells)
        if self.n_sites * len(self.table) <= 16 * len(sums) + 4096:
            grid = np.zeros((self.n_sites, len(self.table)))
            grid[self.cell_site, self.cell_pattern] = sums
            out[:, list(self.discrete)] = grid @ self.table
        else:
            first = np.searchsorted(self.cell_site, np.arange(self.n_sites))
            out[:, list(self.discrete)] = np.add.reduceat(self.table[self.cell_pattern] * sums[:, None], first, axis=0)
        for row, position in enumerate(self.free):
            out[:, position] = self.by_site(self.dense[row] * values)
        return out

    def gram(self, weights: np.ndarray) -> np.ndarray:
        """Return X' diag(w) X, (k, k), for (R,) weights."""
        out = np.empty((self.k, self.k))
        discrete, free = list(self.discrete), list(self.free)
        out[np.ix_(discrete, discrete)] = self.table.T @ (self.by_pattern(weights)[:, None] * self.table)
        for row, position in enumerate(free):
            weighted = weights * self.dense[row]
            cross = self.by_pattern(weighted) @ self.table
            out[position, discrete] = cross
            out[discrete, position] = cross
            for other in range(row + 1):
                product = float((weighted * self.dense[other]).sum())
                out[position, free[other]] = out[free[other], position] = product
        return out

    def recounted(self, *, trials: np.ndarray, events: np.ndarray) -> Rows:
        """Return the same rows with other (R,) counts, as a bootstrap sample has them."""
        return replace(self, trials=trials, events=events)

    def resampled(self, sites: np.ndarray) -> Rows:
        """Return the rows of (J,) drawn sites in turn, every copy a site of its own."""
        ends = np.append(self.starts[1:], len(self.site))
        mine = np.concatenate([np.arange(self.starts[site], ends[site]) for site in sites])
        return _arrange(
            self,
            n_sites=len(sites),
            site=np.repeat(np.arange(len(sites), dtype=np.int32), (ends - self.starts)[sites]),
            pattern=self.pattern[mine],
            dense=self.dense[:, mine],
            trials=self.trials[mine],
            events=self.events[mine],
            offset=None if self.offset is None else self.offset[mine],
            row_of=np.zeros(0, dtype=np.int64),
        )

    def thin(self, step: int) -> Rows:
        """Return every ``step``-th row, for a first look at the coefficients (sites may be missing from it)."""
        mine = slice(None, None, step)
        return _arrange(
            self,
            n_sites=self.n_sites,
            site=self.site[mine],
            pattern=self.pattern[mine],
            dense=self.dense[:, mine],
            trials=self.trials[mine],
            events=self.events[mine],
            offset=None if self.offset is None else self.offset[mine],
            row_of=np.zeros(0, dtype=np.int64),
        )

    def take(self, sites: np.ndarray) -> Rows:
        """Return the rows of some sites (increasing indices), renumbered from 0."""
        if len(sites) == self.n_sites:
            return self
        number = np.full(self.n_sites, -1, dtype=np.int32)
        number[sites] = np.arange(len(sites), dtype=np.int32)
        mine = number[self.site] >= 0
        return _arrange(
            self,
            n_sites=len(sites),
            site=number[self.site[mine]],
            pattern=self.pattern[mine],
            dense=self.dense[:, mine],
            trials=self.trials[mine],
            events=self.events[mine],
            offset=None if self.offset is None else self.offset[mine],
            row_of=np.zeros(0, dtype=np.int64),
        )


def _arrange(like, *, n_sites, site, pattern, dense, trials, events, offset, row_of) -> Rows:
    new_site = np.diff(site, prepend=-1) != 0
    new_cell = new_site | (np.diff(pattern, prepend=-1) != 0)
    cells = np.nonzero(new_cell)[0]
    return Rows(
        k=like.k,
        n_sites=n_sites,
        discrete=like.discrete,
        free=like.free,
        table=like.table,
        dense=dense,
        pattern=pattern,
        site=site,
        trials=trials,
        events=events,
        offset=offset,
        starts=np.nonzero(new_site)[0],
        cells=cells,
        cell_pattern=pattern[cells],
        cell_site=site[cells],
        row_of=row_of,
    )


@dataclass(frozen=True)
class _Shape:
    k: int
    discrete: tuple[int, ...]
    free: tuple[int, ...]
    table: np.ndarray


def _order(site: np.ndarray, pattern: np.ndarray, n_patterns: int) -> np.ndarray:
    """Return the stable order by site, then pattern; radix sorts where 16 bits suffice."""
    narrow = np.uint16 if n_patterns <= 65536 else np.int32
    first = np.argsort(pattern.astype(narrow), kind="stable")
    width = np.uint16 if site.max() < 65536 else np.int32
    return first[np.argsort(site[first].astype(width), kind="stable")]


def arrange(
    design: Design,
    *,
    site: np.ndarray,
    outcome: np.ndarray,
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
) -> Rows:
    """Sort n rows by site and pattern, and merge equal rows where the design is fully discrete.

    Parameters
    ----------
    design : (n, k) ``Design``.
    site : (n,) int32, every index from 0 to its maximum present.
    outcome : (n,) float 0/1.
    weights : (n,) float frequency weights, or None.
    offset : (n,) float, or None.

    Returns
    -------
    ``Rows``; ΣR trials equals the sum of the weights.
    """
    order = _order(site, design.pattern, len(design.table))
    row_of = np.empty(len(order), dtype=np.int64)
    row_of[order] = np.arange(len(order))
    trials = np.ones(len(order)) if weights is None else weights[order]
    shape = _Shape(k=len(design.names), discrete=design.discrete, free=design.free, table=design.table)
    rows = _arrange(
        shape,
        n_sites=int(site.max()) + 1,
        site=site[order],
        pattern=design.pattern[order],
        dense=np.ascontiguousarray(design.dense[:, order]),
        trials=trials,
        events=outcome[order] * trials,
        offset=None if offset is None else offset[order],
        row_of=row_of,
    )
    if design.free or offset is not None:
        return rows
    cell_of = np.repeat(np.arange(len(rows.cells)), np.diff(np.append(rows.cells, len(order))))
    return _arrange(
        shape,
        n_sites=rows.n_sites,
        site=rows.cell_site,
        pattern=rows.cell_pattern,
        dense=np.empty((0, len(rows.cells))),
        trials=np.add.reduceat(rows.trials, rows.cells),
        events=np.add.reduceat(rows.events, rows.cells),
        offset=None,
        row_of=cell_of[row_of],
    )
