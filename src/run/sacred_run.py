"""Sacred around a run: where its record lies, and how it ends."""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

warnings.filterwarnings("ignore", message="pkg_resources is deprecated")  # Sacred's business, not the user's

from sacred import SETTINGS, Experiment  # noqa: E402
from sacred.observers import FileStorageObserver  # noqa: E402
from sacred.utils import apply_backspaces_and_linefeeds  # noqa: E402

from run import REGISTRY  # noqa: E402
from run.prepare import Prepared  # noqa: E402
from utils.errors import UserError  # noqa: E402

# "fd" would start a `tee` process that a Ctrl-C kills before the run has said its last words
SETTINGS["CAPTURE_MODE"] = "sys"


class Terminated(KeyboardInterrupt):
    """SIGTERM, treated like Ctrl-C: the run is closed in order and recorded as interrupted."""


def run_with_sacred(prepared: Prepared, console_logger: logging.Logger, env_config: str = "") -> None:
    """Runs a config as one Sacred experiment; env_config: see record_dir. Raises what the run raises."""
    config = prepared.config
    ex: Any = Experiment("pymarl", base_dir=str(Path(__file__).resolve().parent.parent), save_git_info=True)
    ex.logger = console_logger
    ex.captured_out_filter = apply_backspaces_and_linefeeds
    ex.add_config(dict(config))
    observer = FileStorageObserver(str(record_dir(config, env_config)))
    ex.observers.append(observer)
    if config["mongo_url"]:
        ex.observers.append(_mongo_observer(config["mongo_url"], config["mongo_db"]))
    if config["sql_url"]:
        ex.observers.append(_sql_observer(config["sql_url"]))

    @ex.main
    def main(_run: Any, _config: Mapping[str, Any]) -> float | None:
        for doubt in prepared.doubts:  # said here, so that the record's cout.txt has them too
            console_logger.warning("%s", doubt)
        args = SimpleNamespace(**_plain(_config), run_dir=str(observer.dir))
        REGISTRY[args.run](_run, args, console_logger)
        return _run.result

    previous = signal.signal(signal.SIGTERM, _raise_terminated)
    try:
        ex.run()
    finally:
        signal.signal(signal.SIGTERM, previous)


def record_dir(config: Mapping[str, Any], env_config: str = "") -> Path:
    """``<local_results_path>/sacred/<task>/<name>``; Sacred numbers the runs below it.

    The task is the map's or the environment's id; where there is none, the environment's file (env_config), since two
    files may set one environment to unlike tasks (stag_hunt, predator_prey).
    """
    env_args = config["env_args"]
    task = env_args.get("map_name") or env_args.get("key") or env_config or config["env"]
    return Path(config["local_results_path"]).resolve() / "sacred" / _file_name(str(task)) / _file_name(config["name"])


def _file_name(text: str) -> str:
    return "".join(c if c.isalnum() or c in "-_.=+" else "_" for c in text)


def _mongo_observer(url: str, db: str) -> Any:
    try:
        from sacred.observers import MongoObserver

        return MongoObserver(url=url, db_name=db)
    except ImportError as e:
        raise UserError("mongo_url needs the package pymongo: pip install pymongo") from e


def _sql_observer(url: str) -> Any:
    try:
        import sqlalchemy
        from sacred.observers import SqlObserver

        sqlalchemy.create_engine(url).connect().close()  # a wrong address is said now, not at the first write
    except ImportError as e:
        raise UserError(f"sql_url={url} needs a package that is not installed ({e}): pip install sqlalchemy") from e
    except sqlalchemy.exc.SQLAlchemyError as e:
        raise UserError(f"sql_url={url} cannot be opened: {e}") from e
    return SqlObserver(url)


def _raise_terminated(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _plain(value: Any) -> Any:
    """Sacred's read-only containers as plain ones, which can be sent to worker processes."""
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value
