"""The DataFrame that `Studio.to_pandas` gives."""

from __future__ import annotations

from typing import Any

import pandas as pd


class SampleFrame(pd.DataFrame):
    """A DataFrame that can be written to a spreadsheet, and that `Studio.update` knows again.

    What is made of it by selecting, sorting or merging is one too; what came back from a file or from another library
    is none (see `is_as_taken`). It is pickled as a plain DataFrame, which any machine with pandas reads.

    >>> frame = SampleFrame({"created": pd.to_datetime(["2026-01-02T03:04:05Z"])})
    >>> frame.to_excel("samples.xlsx")
    >>> print(pd.read_excel("samples.xlsx")["created"][0], type(frame[frame["created"].notna()]).__name__)
    2026-01-02 03:04:05 SampleFrame
    """

    @property
    def _constructor(self) -> type[SampleFrame]:
        return SampleFrame

    def to_excel(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[misc]  # final for types, not for pandas
        """Write it to a spreadsheet, as pandas does. A spreadsheet knows no time zones: its times are UTC."""
        frame = pd.DataFrame(self).copy(deep=False)
        for position, dtype in enumerate(frame.dtypes):
            if isinstance(dtype, pd.DatetimeTZDtype):
                frame.isetitem(position, frame.iloc[:, position].dt.tz_convert(None))
        frame.to_excel(*args, **kwargs)

    def __reduce__(self) -> Any:
        return pd.DataFrame, (), self.__getstate__()


def is_as_taken(frame: pd.DataFrame) -> bool:
    """Whether a frame is one of `to_pandas`, whose cells nothing but pandas in this process can have changed.

    Its mark and its class say so; only where all cells were made text (``astype(str)``), its columns say no.

    >>> is_as_taken(pd.DataFrame()), is_as_taken(SampleFrame())
    (False, False)
    """
    if not isinstance(frame, SampleFrame) or "taken" not in frame.attrs:
        return False
    never_text = [name for name in ("stars", "created", "cost", "tokens") if name in frame.columns]
    return not any(isinstance(cell, str) for name in never_text if _may_hold_text(frame[name]) for cell in frame[name])


def _may_hold_text(column: pd.Series[Any]) -> bool:
    return column.dtype.kind not in "iufbM"
