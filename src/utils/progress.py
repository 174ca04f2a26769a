"""How far a run is."""

from __future__ import annotations

import logging
import sys
import time

from tqdm import tqdm

log = logging.getLogger("pymarl")


class ProgressBar:
    """Steps, steps/s, episode return, test return and time left: a bar in a terminal, a line now and then elsewhere.

    The bar goes to the real standard error, past whatever records the run's output.
    """

    def __init__(self, t_max: int, enabled: bool = True, plain_seconds: float = 30.0) -> None:
        self._t_max = t_max
        self._enabled = enabled
        self._plain_seconds = plain_seconds
        self._shown: dict[str, str] = {}
        self._return: float | None = None
        self._bar: tqdm | None = None
        self._started = self._last = time.perf_counter()
        self._first_t: int | None = None

    def update(self, t_env: int, return_mean: float | None = None, test_return_mean: float | None = None) -> None:
        """``t_env`` steps are done; the other two where there are new ones."""
        if not self._enabled:
            return
        if return_mean is not None:  # single episodes jump: show a running mean
            self._return = return_mean if self._return is None else 0.95 * self._return + 0.05 * return_mean
            self._shown["return"] = f"{self._return:.3f}"
        if test_return_mean is not None:
            self._shown["test"] = f"{test_return_mean:.3f}"
        if self._first_t is None:
            self._first_t = t_env
        if _is_terminal():
            self._draw(t_env)
        else:
            self._say(t_env)

    def _draw(self, t_env: int) -> None:
        if self._bar is None:
            self._bar = tqdm(
                total=self._t_max, initial=t_env, unit="step", file=sys.__stderr__, dynamic_ncols=True, smoothing=0.05
            )
        self._bar.set_postfix(self._shown, refresh=False)
        self._bar.update(min(t_env, self._t_max) - self._bar.n)

    def _say(self, t_env: int) -> None:
        now = time.perf_counter()
        done = t_env - (self._first_t or 0)
        if now - self._last < self._plain_seconds or done <= 0:
            return
        self._last = now
        speed = done / (now - self._started)
        left = max(0, self._t_max - t_env) / speed
        shown = ", ".join(f"{k} {v}" for k, v in self._shown.items())
        log.info("%s of %s steps, %.0f steps/s, %s, %s left", t_env, self._t_max, speed, shown, _minutes(left))

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _is_terminal() -> bool:
    return sys.__stderr__ is not None and sys.__stderr__.isatty()


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
