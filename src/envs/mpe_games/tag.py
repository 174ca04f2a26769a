"""``simple_tag``, made cooperative: the predators are the team, and a trained policy plays the prey."""

from __future__ import annotations

from mpe2.simple_tag.simple_tag import Scenario

from envs.mpe_games.game import SCALE, Game
from envs.mpe_games.layout import Entities, Group, Slot
from llm_credit.task import Agent

CATCH = 10.0  # what every predator is paid for every predator that touches a prey


class Tag(Game):
    """num_adversaries: predators, the team. num_good: prey. num_obstacles: round obstacles that stop both.

    terminate_on_success: whether an episode ends once every prey is touched at the same step.
    """

    takes_opponent = True
    landmark_range = 0.9

    def __init__(
        self,
        steps: int,
        num_good: int = 1,
        num_adversaries: int = 3,
        num_obstacles: int = 2,
        terminate_on_success: bool = False,
    ) -> None:
        scenario = Scenario(terminate_on_success=terminate_on_success)
        package_world = scenario.make_world(num_good, num_adversaries, num_obstacles)
        prey = range(num_adversaries, num_adversaries + num_good)
        super().__init__(scenario, package_world, range(num_adversaries), prey, steps)
        self.may_end = terminate_on_success
        self._touches = [0] * num_good  # how many predators touch each prey now
        self._total = 0

    def begin(self) -> None:
        self._touches = [0] * len(self.others)
        self._total = 0

    def count(self) -> None:
        touching = self.world.touching
        self._touches = [sum(touching(prey, a) for a in self.team) for prey in self.others]
        self._total += sum(self._touches)

    def rewards(self) -> list[float]:
        return [CATCH * sum(self._touches)] * len(self.team)

    def succeeded(self) -> bool:
        return self.may_end and min(self._touches) > 0

    def numbers(self) -> dict[str, float]:
        return {"catches": float(self._total)}

    def observations(self) -> list[list[Slot]]:
        seen = []
        for i in self.team:
            slots = self.own(i, "the agent", "vx", "vy", "x", "y")
            for k, m in enumerate(self.landmarks):
                slots += self.relative(m, i, f"obstacle{k}", f"obstacle {k}")
            for k, j in enumerate(j for j in self.team if j != i):
                slots += self.relative(j, i, f"other{k}", f"another predator ({k}, in the agents' order)")
            for k, j in enumerate(self.others):
                slots += self.relative(j, i, f"prey{k}", f"prey {k}")
            for k, j in enumerate(self.others):
                slots += [s._replace(name=f"prey{k}_{s.name}") for s in self.own(j, f"prey {k}", "vx", "vy")]
            seen.append(slots)
        return seen

    def state(self) -> list[Entities | Group]:
        parts: list[Entities | Group] = [
            self.movers("agent", "agent", self.team, "the predator"),
            self.movers("prey", "prey", self.others, "the prey"),
        ]
        return [*parts, self.things("obstacle", "the obstacle")] if self.landmarks else parts

    def roles(self) -> list[Agent]:
        return [Agent(f"predator_{i}", "chases the prey; all predators are alike") for i in self.team]

    def summary(self) -> str:
        prey, obstacles = len(self.others), len(self.landmarks)
        return (
            f"Multi-agent particle environment, simple_tag: {len(self.team)} predators chase {prey} prey, played by "
            f"{self.opponent_words}. A prey is faster (at most 1.3, push 4) than a predator (at most 1.0, push 3), so "
            "that one predator alone hardly catches it. Nothing bounds the plane. Everybody starts at a random place "
            f"of the square from -1 to 1. {obstacles} round obstacle{'s' if obstacles != 1 else ''} (radius 0.2) stand "
            "in the way. Predators have a radius of 0.075, prey of 0.05; whoever touches another or an obstacle is "
            "pushed away from it. Every predator sees where everything is, and the velocities of itself and of the "
            f"prey. {SCALE}"
        )

    def reward_words(self) -> str:
        return f"Every predator gets {CATCH:g} for every pair of a predator and a prey that touch after the step."

    def end_words(self) -> str:
        return "when every prey is touched at the same step" if self.may_end else ""

    def reward_range(self, step: int) -> tuple[float, float]:
        return 0.0, CATCH * len(self.team) ** 2 * len(self.others)
