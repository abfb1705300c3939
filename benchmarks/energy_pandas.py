"""The pandas side of `benchmarks.energy`: what an analyst would write, by the month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.energy_input import BAD, COUNTS_A_KWH, WRAPS_AT, Described, devices, load_meters

PER_HOUR = 4
ERROR = 0.02


def judged(folder: Path, *, at_once: bool) -> float:
    """The year's use of the root, kW.h. ``at_once``: all readings in memory before the first is looked at, else
    one device's at a time."""
    meters = load_meters(folder)
    frames: Iterable[pd.DataFrame] = (
        _frame(folder / f"{number}", of) for number, of in enumerate(devices(meters))
    )
    if at_once:
        frames = list(frames)
    used, complete = [], []
    for frame in frames:
        used.append(_used(frame, meters))
        complete.append(_complete(frame))
    by_month = pd.concat(used, axis=1)
    _shares(pd.concat(complete, axis=1))
    _balances(by_month, meters)
    _items(by_month, meters)
    return float(by_month[0].sum())


def _frame(stem: Path, meters: Sequence[Described]) -> pd.DataFrame:
    """What a device gave: a column a meter, NaN where a reading is not good."""
    times = np.fromfile(stem.with_suffix(".times"), np.int64)
    values = np.fromfile(stem.with_suffix(".values"), np.int64).astype(np.float64).reshape(len(times), -1)
    values[np.fromfile(stem.with_suffix(".qualities"), np.uint8).reshape(values.shape) == BAD] = np.nan
    return pd.DataFrame(values, pd.to_datetime(times, utc=True), [meter.number for meter in meters])


def _used(frame: pd.DataFrame, meters: Sequence[Described]) -> pd.DataFrame:
    """kW.h by month: turnovers mended, other steps back and steps beyond the greatest rate thrown away."""
    filled = frame.ffill()
    step = filled.diff()
    turned = (step < 0) & (filled.shift() >= WRAPS_AT * 9 / 10) & (filled <= WRAPS_AT / 10)
    step = step.where(~turned, step + WRAPS_AT)
    step = step.where(step >= 0)
    hours = frame.index.to_series().diff().dt.total_seconds() / 3600
    for meter in meters:
        number, most = meter.number, meter.most_an_hour
        if most is not None and number in frame:
            step[number] = step[number].where(step[number] <= most * COUNTS_A_KWH * hours.clip(lower=0.25))
    return step.resample("MS").sum() / COUNTS_A_KWH


def _complete(frame: pd.DataFrame) -> pd.DataFrame:
    """The share of hours by month with every reading there."""
    return (frame.resample("h").count() >= PER_HOUR).resample("MS").mean()


def _shares(complete: pd.DataFrame) -> pd.Series[float]:
    return complete.mean(axis=1)


def _balances(by_month: pd.DataFrame, meters: Sequence[Described]) -> pd.DataFrame:
    """For each meter with others below it, whether it adds up, by month."""
    parents = pd.Series({meter.number: meter.parent for meter in meters if meter.parent is not None}).astype(int)
    below = by_month[parents.index].T.groupby(parents).sum().T
    above = by_month[below.columns]
    return (above - below).abs() <= above * (0.01 + ERROR)


def _items(by_month: pd.DataFrame, meters: Sequence[Described]) -> pd.DataFrame:
    """The share of each item in what the root counted, by month."""
    items = {meter.number: meter.item for meter in meters if meter.item is not None}
    return by_month[list(items)].rename(columns=items).div(by_month[0], axis=0)
