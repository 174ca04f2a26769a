"""``simple_spread``: N agents are to cover N landmarks without running into each other."""

from __future__ import annotations

from mpe2.simple_spread.simple_spread import Scenario

from envs.mpe_games.game import SCALE, Game
from envs.mpe_games.layout import Entities, Group, Slot
from llm_credit.task import Agent

COVERED = 0.1  # a landmark with an agent as near as this is covered: the package's radius


class Spread(Game):
    """N: agents, and landmarks. local_ratio: share of the own reward in an agent's reward, the rest is the common one.

    terminate_on_success: whether an episode ends once all landmarks are covered.
    """

    def __init__(self, steps: int, N: int = 3, local_ratio: float = 0.5, terminate_on_success: bool = False) -> None:
        scenario = Scenario(terminate_on_success=terminate_on_success)
        super().__init__(scenario, scenario.make_world(N), range(N), (), steps)
        self.local_ratio, self.may_end = local_ratio, terminate_on_success
        self._pairs = [(a, b) for a in range(N) for b in range(a + 1, N)]
        self._nearest: list[float] = []  # distance of the nearest agent to each landmark
        self._collisions = [0] * N  # how many others each agent touches now
        self._total = 0

    def begin(self) -> None:
        self._total = 0
        self._look()

    def count(self) -> None:
        self._look()
        self._total += sum(self._collisions) // 2

    def _look(self) -> None:
        distance, team = self.world.distance, self.team
        self._nearest = [min(distance(a, m) for a in team) for m in self.landmarks]
        self._collisions = [0] * len(team)
        for a, b in self._pairs:
            if self.world.touching(a, b):
                self._collisions[a] += 1
                self._collisions[b] += 1

    def rewards(self) -> list[float]:
        common = 0.0
        for d in self._nearest:
            common -= d
        share = common * (1 - self.local_ratio)
        return [share - n * self.local_ratio for n in self._collisions]

    def succeeded(self) -> bool:
        return self.may_end and max(self._nearest) < COVERED

    def numbers(self) -> dict[str, float]:
        covered = sum(d < COVERED for d in self._nearest)
        return {"collisions": float(self._total), "landmarks_covered": float(covered)}

    def observations(self) -> list[list[Slot]]:
        seen = []
        for i in self.team:
            slots = self.own(i, "the agent", "vx", "vy", "x", "y")
            for k, m in enumerate(self.landmarks):
                slots += self.relative(m, i, f"landmark{k}", f"landmark {k}")
            others = [j for j in self.team if j != i]
            for k, j in enumerate(others):
                slots += self.relative(j, i, f"other{k}", f"the {_nth(k)} other agent, in the agents' order,")
            for k in range(len(others)):
                for c in range(2):
                    words = "always 0: place of a message; agents are silent here"
                    slots.append(Slot(f"other{k}_message{c}", self.zero, self.zero, 0.0, 0.0, words))
            seen.append(slots)
        return seen

    def state(self) -> list[Entities | Group]:
        return [self.movers("agent", "agent", self.team, "the agent"), self.things("landmark", "the landmark")]

    def roles(self) -> list[Agent]:
        return [Agent(f"agent_{i}", "covers landmarks; all agents are alike") for i in self.team]

    def summary(self) -> str:
        n = len(self.team)
        return (
            f"Multi-agent particle environment, simple_spread: {n} agents move on a plane and are to cover {n} "
            "landmarks, one each, without running into each other. Nobody is told which landmark is whose. Agents "
            "(radius 0.15) and landmarks start at random places of the square from -1 to 1; landmarks stay there for "
            "the episode. An agent pushes itself in one of four directions; agents that touch are pushed apart. Every "
            f"agent sees its own velocity and position and where all landmarks and other agents are. {SCALE}"
        )

    def reward_words(self) -> str:
        return (
            f"An agent gets {1 - self.local_ratio:g} times minus the sum, over the landmarks, of the distance of the "
            f"nearest agent, and {self.local_ratio:g} times minus the number of agents that it touches."
        )

    def end_words(self) -> str:
        return f"when every landmark has an agent within {COVERED}" if self.may_end else ""

    def reward_range(self, step: int) -> tuple[float, float]:
        n = len(self.team)
        common = sum(self.far_apart(0, m, step) for m in self.landmarks)
        return -n * (common * (1 - self.local_ratio) + (n - 1) * self.local_ratio), 0.0


def _nth(k: int) -> str:
    return {0: "first", 1: "second", 2: "third"}.get(k, f"{k + 1}th")
