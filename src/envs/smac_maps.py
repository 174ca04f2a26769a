"""Who fights whom on SMAC's and SMACv2's maps, how long, and in which order their unit types have bits."""

from __future__ import annotations

from dataclasses import dataclass

from envs.smac_units import UNITS


@dataclass(frozen=True)
class Scenario:
    """Two armies.

    allies, enemies: the type of every unit, in the order of agents and of enemies (SMAC's agents are ordered by type;
        where the game creates a map's enemies in another order, an adapter puts that in). On a drawn map: None.
    limit: steps of an episode.
    agent_types, enemy_types: the unit types in the order of their bits in state and observations; empty where a map
        shows no types. SMAC gives stalkers and zealots one order among agents and another among enemies.
    drawn: whether each episode draws the armies anew (SMACv2); any agent may then be of any of ``agent_types``.
    draws: those of them that are drawn at all, where that is not every one.
    """

    name: str
    allies: tuple[str, ...]
    enemies: tuple[str, ...]
    limit: int
    agent_types: tuple[str, ...] = ()
    enemy_types: tuple[str, ...] = ()
    drawn: bool = False
    draws: tuple[str, ...] = ()

    @property
    def n_agents(self) -> int:
        return len(self.allies)

    @property
    def n_enemies(self) -> int:
        return len(self.enemies)

    @property
    def ally_shields(self) -> bool:
        return any(UNITS[t].shield > 0 for t in self.kinds(True))

    @property
    def enemy_shields(self) -> bool:
        return any(UNITS[t].shield > 0 for t in self.kinds(False))

    @property
    def heals(self) -> bool:
        """Whether agents can be medivacs, whose attack actions heal agents."""
        return any(UNITS[t].heals for t in self.kinds(True))

    def kinds(self, allies: bool) -> tuple[str, ...]:
        """The unit types that can occur on one side, each once."""
        if self.drawn:
            return self.agent_types if allies else self.enemy_types
        return tuple(dict.fromkeys(self.allies if allies else self.enemies))

    def occurring(self, allies: bool) -> tuple[str, ...]:
        """The unit types that do occur on one side; the layout may have room for more."""
        return self.draws or self.kinds(allies)


def _army(**counts: int) -> tuple[str, ...]:
    return tuple(kind for kind, count in counts.items() for _ in range(count))


def _even(
    name: str, army: tuple[str, ...], limit: int, agent_types: tuple[str, ...], enemy_types: tuple[str, ...]
) -> Scenario:
    return Scenario(name, army, army, limit, agent_types, enemy_types)


def _marines(name: str, allies: int, enemies: int, limit: int) -> Scenario:
    return Scenario(name, _army(marine=allies), _army(marine=enemies), limit)


MMM = ("marauder", "marine", "medivac")
SZ, ZS = ("stalker", "zealot"), ("zealot", "stalker")
CSZ = ("colossus", "stalker", "zealot")
BANE = ("baneling", "zergling")

_SCENARIOS = (
    _marines("3m", 3, 3, 60),
    _marines("8m", 8, 8, 120),
    _marines("25m", 25, 25, 150),
    _marines("5m_vs_6m", 5, 6, 70),
    _marines("8m_vs_9m", 8, 9, 120),
    _marines("10m_vs_11m", 10, 11, 150),
    _marines("27m_vs_30m", 27, 30, 180),
    _even("MMM", _army(marauder=2, marine=7, medivac=1), 150, MMM, MMM),
    Scenario("MMM2", _army(marauder=2, marine=7, medivac=1), _army(marauder=3, marine=8, medivac=1), 180, MMM, MMM),
    _even("2s3z", _army(stalker=2, zealot=3), 120, SZ, ZS),
    _even("3s5z", _army(stalker=3, zealot=5), 150, SZ, ZS),
    Scenario("3s5z_vs_3s6z", _army(stalker=3, zealot=5), _army(stalker=3, zealot=6), 170, SZ, ZS),
    Scenario("3s_vs_3z", _army(stalker=3), _army(zealot=3), 150),
    Scenario("3s_vs_4z", _army(stalker=3), _army(zealot=4), 200),
    Scenario("3s_vs_5z", _army(stalker=3), _army(zealot=5), 250),
    _even("1c3s5z", _army(colossus=1, stalker=3, zealot=5), 180, CSZ, CSZ),
    Scenario("2m_vs_1z", _army(marine=2), _army(zealot=1), 150),
    Scenario("corridor", _army(zealot=6), _army(zergling=24), 400),
    Scenario("6h_vs_8z", _army(hydralisk=6), _army(zealot=8), 150),
    Scenario("2s_vs_1sc", _army(stalker=2), _army(spinecrawler=1), 300),
    Scenario("so_many_baneling", _army(zealot=7), _army(baneling=32), 100),
    _even("bane_vs_bane", _army(baneling=4, zergling=20), 200, BANE, BANE),
    Scenario("2c_vs_64zg", _army(colossus=2), _army(zergling=64), 400),
)
SCENARIOS: dict[str, Scenario] = {s.name: s for s in _SCENARIOS}

# SMACv2's maps with drawn armies: the types in the order of their bits
GEN_TYPES: dict[str, tuple[str, ...]] = {
    "10gen_terran": ("marine", "marauder", "medivac"),
    "10gen_protoss": ("stalker", "zealot", "colossus"),
    "10gen_zerg": ("zergling", "hydralisk", "baneling"),
}
GEN_WEIGHTS = (0.45, 0.45, 0.1)  # SMACv2's shares of a map's types
GEN_EXCEPTIONS: dict[str, tuple[str, ...]] = {  # types that make no army alone, in SMACv2's configs of the maps
    "10gen_terran": ("medivac",),
    "10gen_protoss": (),
    "10gen_zerg": ("baneling",),
}
GEN_MIRRORED = 0.5  # SMACv2's share of episodes that start with mirrored sides; in the others the agents are surrounded
GEN_LIMIT = 200


def gen_scenario(name: str, n_agents: int, n_enemies: int) -> Scenario:
    """A map with drawn armies. The types of ``allies`` and ``enemies`` are placeholders. KeyError: no such map."""
    kinds = GEN_TYPES[name]
    return Scenario(name, kinds[:1] * n_agents, kinds[:1] * n_enemies, GEN_LIMIT, kinds, kinds, drawn=True)
