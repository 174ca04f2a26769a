"""SMACv2's ``capability_config``: what each episode draws. Completed from the map, checked, and put into words.

It needs no package, so that a mistake is found before anything is started.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from envs.smac_maps import GEN_EXCEPTIONS, GEN_MIRRORED, GEN_TYPES, GEN_WEIGHTS
from envs.suggest import nearest
from utils.errors import UserError

EXAMPLE = "config/envs/sc2_v2.yaml shows a whole one"
KNOWN = ("n_units", "n_enemies", "team_gen", "start_positions", "enemy_mask")
OFFERED = {  # what each draw may be; smacv2's other ways to draw give a game that it cannot start
    "team_gen": ("weighted_teams", "all_teams"),
    "start_positions": ("reflect_position", "surrounded", "surrounded_and_reflect"),
    "enemy_mask": ("mask",),
}
SETTINGS = {  # what each group may hold besides its dist_type
    "team_gen": ("unit_types", "weights", "exception_unit_types", "observe"),
    "start_positions": ("p", "map_x", "map_y"),
    "enemy_mask": ("mask_probability",),
}
SIZES = ("n_units", "n_enemies")
PLACES = {"dist_type": "surrounded_and_reflect", "p": GEN_MIRRORED, "map_x": 32, "map_y": 32}


def complete(map_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of ``config`` with the map's own where a value is missing or null. Raises UserError for what is wrong."""
    full = {key: deepcopy(value) for key, value in config.items() if value is not None}
    missing = [key for key in ("n_units", "n_enemies", "team_gen") if key not in full]
    if missing:
        raise UserError(f"env_args.capability_config lacks {', '.join(missing)}; {EXAMPLE}")
    unknown = [key for key in full if key not in KNOWN]
    if unknown:
        raise UserError(
            f"env_args.capability_config.{unknown[0]} is not offered; there is {', '.join(KNOWN)} (smacv2's attack and "
            "health, an accuracy and a health level for each agent, are left out)"
        )
    for key in SIZES:
        if type(full[key]) is not int or full[key] < 1:
            raise UserError(f"env_args.capability_config.{key} must be a whole number of at least 1, not {full[key]}")
    for key, kinds in OFFERED.items():
        if key in full:
            _check_kind(key, full[key], kinds)
            full[key] = _settings(key, full)
    full["team_gen"] = _teams(map_name, full["team_gen"], full["n_units"], full["n_enemies"])
    if "start_positions" in full:
        full["start_positions"] = _start(full["start_positions"])
    if "enemy_mask" in full:
        _check_share("enemy_mask.mask_probability", full["enemy_mask"].get("mask_probability"))
    return full


def occurring(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The unit types that a completed configuration can draw."""
    teams = config["team_gen"]
    weights = teams.get("weights", [1.0] * len(teams["unit_types"]))
    return tuple(kind for kind, weight in zip(teams["unit_types"], weights, strict=True) if weight > 0)


def _fault(key: str, what: str) -> UserError:
    return UserError(f"env_args.capability_config.{key} {what}; {EXAMPLE}")


def _check_kind(key: str, value: Any, kinds: tuple[str, ...]) -> None:
    if not isinstance(value, Mapping):
        raise _fault(key, f"must be a group of settings with a dist_type, not {value}")
    if value.get("dist_type") not in kinds:
        raise _fault(f"{key}.dist_type", f"must be {' or '.join(kinds)}, not {value.get('dist_type')}")


def _settings(group: str, full: Mapping[str, Any]) -> dict[str, Any]:
    """The group without the sizes, which SMACv2's own files repeat in some groups; the top ones count."""
    known = ("dist_type", *SETTINGS[group])
    for key, value in full[group].items():
        if key in SIZES:
            if value is not None and value != full[key]:
                raise _fault(f"{group}.{key}", f"must be left out, or {full[key]} as at the top, not {value}")
        elif key not in known:
            hint = nearest(key, known, len(known))
            raise UserError(f"env_args.capability_config.{group}.{key} does not exist. {hint}")
    return {key: value for key, value in full[group].items() if key not in SIZES}


def _check_share(key: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise _fault(key, f"must be a number between 0 and 1, not {value}")


def _teams(map_name: str, given: Mapping[str, Any], n_units: int, n_enemies: int) -> dict[str, Any]:
    teams = {key: value for key, value in given.items() if value is not None}
    allowed = GEN_TYPES[map_name]
    kinds = teams.setdefault("unit_types", list(allowed))
    _check_types("team_gen.unit_types", map_name, kinds)
    teams.setdefault("exception_unit_types", [k for k in GEN_EXCEPTIONS[map_name] if k in kinds])
    _check_types("team_gen.exception_unit_types", map_name, teams["exception_unit_types"], empty=True)
    if type(teams.setdefault("observe", True)) is not bool:
        raise _fault("team_gen.observe", f"must be True or False, not {teams['observe']}")
    if teams["dist_type"] == "weighted_teams":
        shares = dict(zip(allowed, GEN_WEIGHTS, strict=True))
        default = [shares[kind] / sum(shares[k] for k in kinds) for kind in kinds]
        _check_weights(teams.setdefault("weights", default), kinds)
    else:
        teams.pop("weights", None)  # all armies are equally likely
        if n_enemies != n_units:
            raise _fault("team_gen.dist_type", "all_teams gives both sides the same army: n_enemies must equal n_units")
    if set(occurring({"team_gen": teams})) <= set(teams["exception_unit_types"]):
        raise _fault("team_gen.exception_unit_types", "leaves no type that could make an army")
    return teams


def _check_types(key: str, map_name: str, kinds: Any, empty: bool = False) -> None:
    allowed = GEN_TYPES[map_name]
    if not isinstance(kinds, (list, tuple)) or not (kinds or empty) or len(set(map(str, kinds))) != len(kinds):
        raise _fault(key, f"must be a list of unit types, each once, not {kinds}")
    unknown = [kind for kind in kinds if kind not in allowed]
    if unknown:
        raise _fault(key, f"holds {unknown[0]}, which {map_name} does not have: it has {', '.join(allowed)}")


def _check_weights(weights: Any, kinds: list[str]) -> None:
    if not isinstance(weights, (list, tuple)) or len(weights) != len(kinds):
        raise _fault("team_gen.weights", f"must be {len(kinds)} numbers, one for each of unit_types, not {weights}")
    for weight in weights:
        _check_share("team_gen.weights", weight)
    if not math.isclose(sum(weights), 1.0, abs_tol=1e-6):
        raise _fault("team_gen.weights", f"must add up to 1, not {sum(weights):g}")


def _start(given: Mapping[str, Any]) -> dict[str, Any]:
    start = {**{key: PLACES[key] for key in ("map_x", "map_y")}, **{k: v for k, v in given.items() if v is not None}}
    for key in ("map_x", "map_y"):
        if start[key] != PLACES[key]:
            raise _fault(
                f"start_positions.{key}", f"must be {PLACES[key]}, the size of the 10gen maps, not {start[key]}"
            )
    if start["dist_type"] == "surrounded_and_reflect":
        _check_share("start_positions.p", start.setdefault("p", PLACES["p"]))
    return start


def in_words(config: Mapping[str, Any]) -> str:
    """What a completed configuration draws for each episode, in sentences."""
    return " ".join([_army_words(config), _place_words(config.get("start_positions")), *_mask_words(config)])


def _army_words(config: Mapping[str, Any]) -> str:
    teams, n, m = config["team_gen"], config["n_units"], config["n_enemies"]
    if teams["dist_type"] == "all_teams":
        drawn = f"one of all armies of {', '.join(teams['unit_types'])}, each as likely as the others"
    else:
        shares = zip(teams["unit_types"], teams["weights"], strict=True)
        drawn = "each agent's unit type, " + ", ".join(f"{kind} with probability {w:g}" for kind, w in shares if w > 0)
    alone = [kind for kind in teams["exception_unit_types"] if kind in occurring(config)]
    never = f" (no army of {' and '.join(alone)} alone)" if alone else ""
    if m == n:
        enemies = "The enemies' army is the same."
    elif m > n:
        enemies = f"The enemies have the same army and {m - n} more units, drawn in the same way."
    else:
        enemies = f"The enemies have the first {m} of the same units."
    return f"Each episode draws {drawn}{never}. {enemies}"


def _place_words(start: Mapping[str, Any] | None) -> str:
    if start is None:
        return "Both sides start on one spot each, the agents in the west, the enemies in the east."
    mirrored = "the agents start anywhere in the western half, the enemies mirrored in the eastern half"
    around = "the agents start in the middle, the enemies in one to four groups on the diagonals around them"
    if start["dist_type"] == "reflect_position":
        return f"In every episode {mirrored}."
    if start["dist_type"] == "surrounded":
        return f"In every episode {around}."
    return f"With probability {start['p']:g} {mirrored}; else {around}."


def _mask_words(config: Mapping[str, Any]) -> list[str]:
    if "enemy_mask" not in config:
        return []
    share = config["enemy_mask"]["mask_probability"]
    hidden = "an enemy's health, shield and type are hidden from an agent for a whole episode"
    return [f"For each pair, {hidden} with probability {share:g}."]


def usual(map_name: str, n_units: int, n_enemies: int) -> dict[str, Any]:
    """The map's own armies and places, completed."""
    teams = {"dist_type": "weighted_teams"}
    sizes = {"n_units": n_units, "n_enemies": n_enemies}
    return complete(map_name, {**sizes, "team_gen": teams, "start_positions": PLACES})


def label(map_name: str, config: Mapping[str, Any]) -> str:
    """The sizes, and what differs from the map's own armies and places, for a task's name."""
    own = usual(map_name, config["n_units"], config["n_enemies"])
    parts = [f"{config['n_units']}_vs_{config['n_enemies']}"]
    for key in OFFERED:
        ours = config.get(key)
        if ours != own.get(key):
            parts.append(f"{key}({_short(ours)})")
    return ",".join(parts)


def _short(settings: Mapping[str, Any] | None) -> str:
    if settings is None:
        return "none"
    return ",".join(f"{key}={_plain(settings[key])}" for key in sorted(settings))


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "+".join(map(_plain, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
