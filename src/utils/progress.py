"""How far a run is."""

from __future__ import annotations

import sys
import time
from collections import deque

from tqdm import tqdm

BAR = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} steps [{rate_fmt}{postfix}, {remaining} left]"
RECENT = 100  # rollouts that the shown return is averaged over: single episodes jump


class _Bar(tqdm):
    monitor_interval = 0  # no thread of tqdm's beside the run: it is updated often enough


class ProgressBar:
    """Steps, steps/s, episode return, test return and time left: a bar in a terminal, a line now and then elsewhere.

    Goes to the real standard error: Sacred's record of the run's output stays free of it.

    t_max: steps of the whole run. enabled: False shows nothing.
    plain_seconds: least time between two lines where standard error is no terminal.
    """

    def __init__(self, t_max: int, enabled: bool = True, plain_seconds: float = 30.0) -> None:
        self._t_max = t_max
        self._stream = sys.__stderr__ if enabled else None
        self._is_terminal = self._stream is not None and self._stream.isatty()
        self._plain_seconds = plain_seconds
        self._returns: deque[float] = deque(maxlen=RECENT)
        self._test_return: float | None = None
        self._bar: _Bar | None = None
        self._first_t: int | None = None
        self._started = self._last = time.monotonic()

    def update(self, t_env: int, return_mean: float | None = None, test_return_mean: float | None = None) -> None:
        """``t_env`` steps are done in all; the returns where there are new ones.

        The first call's ``t_env`` is where a continued run starts: speed and time left are measured from there.
        """
        if self._stream is None:
            return
        if return_mean is not None:
            self._returns.append(return_mean)
        if test_return_mean is not None:
            self._test_return = test_return_mean
        if self._first_t is None:
            self._first_t = t_env
        if self._is_terminal:
            self._draw(t_env)
        else:
            self._say(t_env)

    def close(self) -> None:
        """Leaves the bar's last state on the screen; safe to call twice."""
        if self._bar is not None:
            self._bar.refresh()
            self._bar.close()
            self._bar = None

    def _draw(self, t_env: int) -> None:
        if self._bar is None:
            self._bar = _Bar(
                total=self._t_max,
                initial=t_env,
                unit=" steps",
                unit_scale=True,
                file=self._stream,
                dynamic_ncols=True,
                smoothing=0.05,
                bar_format=BAR,
            )
        self._bar.set_postfix_str(", ".join(self._returns_shown()), refresh=False)
        self._bar.update(min(t_env, self._t_max) - self._bar.n)  # the last episodes may go beyond t_max

    def _say(self, t_env: int) -> None:
        now = time.monotonic()
        done = t_env - (self._first_t or 0)
        if now - self._last < self._plain_seconds or done <= 0:
            return
        self._last = now
        speed = done / (now - self._started)
        left = tqdm.format_interval(max(0, self._t_max - t_env) / speed)
        parts = [f"{t_env:,} of {self._t_max:,} steps", f"{speed:,.0f} steps/s", *self._returns_shown(), f"{left} left"]
        print(", ".join(parts), file=self._stream, flush=True)

    def _returns_shown(self) -> list[str]:
        shown = [f"return {sum(self._returns) / len(self._returns):.3f}"] if self._returns else []
        return shown if self._test_return is None else [*shown, f"test return {self._test_return:.3f}"]
