"""Rows sorted by site, with the sums a fit needs; equal rows of a fully discrete design are one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from feedback.statistics.design import Design, renumber

BLOCK = 8192
LONG_SITE = 200
FEW_COLUMNS = 3


@dataclass(frozen=True)
class Rows:
    """R rows of J sites, sorted by site.

    Attributes
    ----------
    k : number of design columns; ``discrete`` and ``free`` are their positions as in ``Design``.
    table, dense : as in ``Design``; dense is (kc, R).
    pattern : (R,) int64; site : (R,) int32.
    trials, events : (R,) float; a plain row has 1 trial. ``unit`` says that all have: then trials take no memory.
    offset : (R,) float added to the linear predictor, or None.
    starts : (J,) first row of each site.
    order : (n,) the original rows in the order they stand here, or None where rows were merged; then ``merged`` (n,) is
        the row each original row went into.
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
    unit: bool
    offset: np.ndarray | None
    starts: np.ndarray
    order: np.ndarray | None
    merged: np.ndarray | None

    @property
    def ends(self) -> np.ndarray:
        """The (J,) row after each site's own."""
        return np.append(self.starts[1:], len(self.site))

    @property
    def row_of(self) -> np.ndarray:
        """Where each of the (n,) original rows went."""
        if self.order is None:
            return self.merged
        out = np.empty(len(self.order), dtype=np.int64)
        out[self.order] = np.arange(len(self.order))
        return out

    def restored(self, values: np.ndarray) -> np.ndarray:
        """Return (R,) values in the order of the (n,) original rows."""
        if self.order is None:
            return values[self.merged]
        out = np.empty(len(self.order))
        out[self.order] = values
        return out

    def parts(self) -> Iterator[slice]:
        """Walk through the rows in slices that stay in the cache."""
        for begin in range(0, len(self.site), BLOCK):
            yield slice(begin, begin + BLOCK)

    def pieces(self) -> Iterator[tuple[int, slice]]:
        """Walk through the rows site by site, in slices that stay in the cache."""
        for site, (begin, end) in enumerate(zip(self.starts.tolist(), self.ends.tolist(), strict=True)):
            for at in range(begin, end, BLOCK):
                yield site, slice(at, min(at + BLOCK, end))

    def batches(self) -> Iterator[tuple[slice, slice]]:
        """Walk through the rows in slices that stay in the cache: several whole sites at a time, or a part of one long site."""
        ends = self.ends
        site = 0
        while site < self.n_sites:
            begin = int(self.starts[site])
            upto = max(int(np.searchsorted(ends, begin + BLOCK, side="right")), site + 1)
            for at in range(begin, int(ends[upto - 1]), BLOCK):
                yield slice(site, upto), slice(at, min(at + BLOCK, int(ends[upto - 1])))
            site = upto

    def linear(self, beta: np.ndarray) -> np.ndarray:
        """Return the (R,) linear predictor, offset included, for (k,) coefficients."""
        eta = np.empty(len(self.site))
        (self.table @ beta[list(self.discrete)]).take(self.pattern, out=eta, mode="clip")
        if self.free:
            along = beta[list(self.free)]
            for part in self.parts():
                eta[part] += along @ self.dense[:, part]
        if self.offset is not None:
            eta += self.offset
        return eta

    def counted(self, values: np.ndarray) -> np.ndarray:
        """Return trials × (R,) values; the values themselves where every row is one trial."""
        return values if self.unit else self.trials * values

    def by_site(self, values: np.ndarray) -> np.ndarray:
        """Sum (R,) values by site into (J,)."""
        return np.add.reduceat(values, self.starts)

    def by_pattern(self, values: np.ndarray) -> np.ndarray:
        """Sum (R,) values by pattern into (P,)."""
        if len(self.table) == 1:
            return np.array([values.sum()])
        return np.bincount(self.pattern, weights=values, minlength=len(self.table))

    def cross(self, values: np.ndarray) -> np.ndarray:
        """Return X'v, (k,), for (R,) values."""
        out = np.empty(self.k)
        out[list(self.discrete)] = self.by_pattern(values) @ self.table
        if self.free:
            out[list(self.free)] = sum(self.dense[:, part] @ values[part] for part in self.parts())
        return out

    def cross_by_site(self, values: np.ndarray) -> np.ndarray:
        """Return X'v within each site, (J, k), for (R,) values."""
        grid = self._grid(values)
        out = np.empty((self.n_sites, self.k))
        if grid is not None:
            out[:, list(self.discrete)] = grid @ self.table
        else:
            weighted = self.table[self.pattern] * values[:, None]
            out[:, list(self.discrete)] = np.add.reduceat(weighted, self.starts, axis=0)
        if self.free and len(self.site) >= LONG_SITE * self.n_sites:
            free = list(self.free)
            for site, (begin, end) in enumerate(zip(self.starts, self.ends, strict=True)):
                out[site, free] = self.dense[:, begin:end] @ values[begin:end]
            return out
        for row, position in enumerate(self.free):
            out[:, position] = self.by_site(self.dense[row] * values)
        return out

    def _grid(self, values: np.ndarray) -> np.ndarray | None:
        """Sum (R,) values by site and pattern into (J, P); None where that grid would be mostly empty."""
        size = len(self.table)
        if size == 1:
            return self.by_site(values)[:, None]
        if self.n_sites * size > 8 * len(self.site) + 4096:
            return None
        if len(self.site) >= size * self.n_sites:  # a site fills its patterns: one after the other stays in the cache
            rows = zip(self.starts, self.ends, strict=True)
            return np.array([np.bincount(self.pattern[a:b], weights=values[a:b], minlength=size) for a, b in rows])
        place = self.site.astype(np.int64) * size + self.pattern
        return np.bincount(place, weights=values, minlength=self.n_sites * size).reshape(self.n_sites, size)

    def cross_by_site_each(self, values: np.ndarray) -> np.ndarray:
        """Return X'v within each site for each of Q vectors (Q, R), (J, Q, k): one matrix product a site."""
        out = np.empty((self.n_sites, len(values), self.k))
        discrete, free = list(self.discrete), list(self.free)
        for site, (begin, end) in enumerate(zip(self.starts.tolist(), self.ends.tolist(), strict=True)):
            own = values[:, begin:end]
            out[site][:, discrete] = own @ self.table.take(self.pattern[begin:end], axis=0, mode="clip")
            if free:
                out[site][:, free] = own @ self.dense[:, begin:end].T
        return out

    def cross_by_site_of(self, shapes: Callable[[slice], np.ndarray], *, count: int) -> np.ndarray:
        """Return X'v within each site for ``count`` vectors, (J, count, k), which ``shapes`` gives for one site's rows at a time."""
        size = len(self.table)
        sums = np.empty((count, self.n_sites, size))
        out = np.empty((self.n_sites, count, self.k))
        for site, (begin, end) in enumerate(zip(self.starts.tolist(), self.ends.tolist(), strict=True)):
            part = slice(begin, end)
            values, pattern = shapes(part), self.pattern[part]
            for number, own in enumerate(values):
                sums[number, site] = np.bincount(pattern, weights=own, minlength=size)
            if self.free:
                out[site][:, list(self.free)] = values @ self.dense[:, part].T
        for number, own in enumerate(sums):
            out[:, number, list(self.discrete)] = own @ self.table
        return out

    def gram(self, weights: np.ndarray) -> np.ndarray:
        """Return X' diag(w) X, (k, k), for (R,) weights."""
        by_pattern = self.by_pattern(weights)
        out = np.empty((self.k, self.k))
        discrete, free = list(self.discrete), list(self.free)
        out[np.ix_(discrete, discrete)] = self.table.T @ (by_pattern[:, None] * self.table)
        if not free:
            return out
        sums = np.empty((len(free), len(self.table)))
        square = np.zeros((len(free), len(free)))
        one = len(self.table) == 1
        if len(free) <= FEW_COLUMNS or not one:
            for row, column in enumerate(self.dense):
                weighted = weights * column
                sums[row] = self.by_pattern(weighted)
                if len(free) <= FEW_COLUMNS:
                    for other in range(row + 1):
                        square[row, other] = square[other, row] = self.product(weighted, self.dense[other])
        if len(free) > FEW_COLUMNS:
            totals = np.zeros(len(free))
            for part in self.parts():
                block, own = self.dense[:, part], weights[part]
                square += (block * own) @ block.T
                totals += block @ own
            if one:
                sums[:, 0] = totals
        out[np.ix_(free, free)] = square
        out[np.ix_(free, discrete)] = sums @ self.table
        out[np.ix_(discrete, free)] = out[np.ix_(free, discrete)].T
        return out

    def product(self, one: np.ndarray, other: np.ndarray) -> float:
        """Return Σ one·other of two (R,) vectors, summed in parts so that the number of threads does not matter."""
        return float(sum(np.dot(one[part], other[part]) for part in self.parts()))

    def recounted(self, *, trials: np.ndarray, events: np.ndarray) -> Rows:
        """Return the same rows with other (R,) counts, as a bootstrap sample has them."""
        return replace(self, trials=trials, events=events, unit=False)

    def resampled(self, sites: np.ndarray) -> Rows:
        """Return the rows of (J,) drawn sites in turn, every copy a site of its own."""
        ends = self.ends
        mine = np.concatenate([np.arange(self.starts[site], ends[site]) for site in sites])
        number = np.repeat(np.arange(len(sites), dtype=np.int32), (ends - self.starts)[sites])
        return self._chosen(mine, n_sites=len(sites), site=number)

    def thin(self, step: int) -> Rows:
        """Return every ``step``-th row, for a first look at the coefficients (sites may be missing from it)."""
        mine = np.arange(0, len(self.site), step)
        return self._chosen(mine, n_sites=self.n_sites, site=self.site[mine])

    def take(self, sites: np.ndarray) -> Rows:
        """Return the rows of some sites (increasing indices), renumbered from 0."""
        if len(sites) == self.n_sites:
            return self
        number = np.full(self.n_sites, -1, dtype=np.int32)
        number[sites] = np.arange(len(sites), dtype=np.int32)
        mine = np.nonzero(number[self.site] >= 0)[0]
        return self._chosen(mine, n_sites=len(sites), site=number[self.site[mine]])

    def of_site(self, site: int) -> Rows:
        """Return the rows of one site, as views of these."""
        mine = slice(int(self.starts[site]), int(self.ends[site]))
        return self._chosen(mine, n_sites=1, site=np.zeros(mine.stop - mine.start, dtype=np.int32))

    def _chosen(self, mine: np.ndarray | slice, *, n_sites: int, site: np.ndarray) -> Rows:
        return replace(
            self,
            n_sites=n_sites,
            dense=self.dense[:, mine],
            pattern=self.pattern[mine],
            site=site,
            trials=_ones(len(site)) if self.unit else self.trials[mine],
            events=self.events[mine],
            offset=None if self.offset is None else self.offset[mine],
            starts=np.nonzero(np.diff(site, prepend=-1))[0],
            order=None,
            merged=None,
        )


def _ones(n: int) -> np.ndarray:
    """Return n ones that share one place in memory (read only)."""
    return np.broadcast_to(np.float64(1.0), (n,))


def _gathered(dense: np.ndarray, order: np.ndarray) -> np.ndarray:
    out = np.empty((len(dense), len(order)))
    for row, column in enumerate(dense):
        column.take(order, out=out[row], mode="clip")
    return out


def arrange(
    design: Design,
    *,
    site: np.ndarray,
    outcome: np.ndarray,
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
) -> Rows:
    """Sort n rows by site, and merge equal rows where the design is fully discrete.

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
    if not design.free and offset is None:
        return _merged(design, site=site, outcome=outcome, weights=weights)
    most = int(site.max())
    width = np.uint8 if most < 256 else np.uint16 if most < 65536 else np.int32
    order = np.argsort(site.astype(width), kind="stable")  # a radix sort up to 16 bits
    counts = np.bincount(site)
    trials = _ones(len(order)) if weights is None else weights[order]
    events = outcome.take(order)
    return Rows(
        k=len(design.names),
        n_sites=len(counts),
        discrete=design.discrete,
        free=design.free,
        table=design.table,
        dense=_gathered(design.dense, order),
        pattern=design.pattern.take(order).astype(np.int64),
        site=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        trials=trials,
        events=events if weights is None else events * trials,
        unit=weights is None,
        offset=None if offset is None else offset[order],
        starts=np.cumsum(counts) - counts,
        order=order,
        merged=None,
    )


def _merged(design: Design, *, site: np.ndarray, outcome: np.ndarray, weights: np.ndarray | None) -> Rows:
    """Make one row of every site × pattern cell, in that order."""
    size = len(design.table)
    key = site.astype(np.int64) * size + design.pattern
    place, count = renumber(key, (int(site.max()) + 1) * size)
    cells = np.empty(count, dtype=np.int64)
    cells[place] = key
    sites, patterns = np.divmod(cells, size)
    return Rows(
        k=len(design.names),
        n_sites=int(sites[-1]) + 1,
        discrete=design.discrete,
        free=(),
        table=design.table,
        dense=np.empty((0, count)),
        pattern=patterns,
        site=sites.astype(np.int32),
        trials=np.bincount(place, weights=weights, minlength=count).astype(float),
        events=np.bincount(place, weights=outcome if weights is None else outcome * weights, minlength=count),
        unit=False,
        offset=None,
        starts=np.nonzero(np.diff(sites, prepend=-1))[0],
        order=None,
        merged=place,
    )
