"""``simple_adversary``, made cooperative: the good agents are the team, and a trained policy plays the adversary."""

from __future__ import annotations

from mpe2.simple_adversary.simple_adversary import Scenario

from envs.mpe_games.game import SCALE, Game
from envs.mpe_games.layout import Entities, Group, Slot
from llm_credit.task import Agent

ADVERSARY = 0  # its number in the package's world


class Adversary(Game):
    """N: agents of the team, and landmarks, one of which is the goal."""

    takes_opponent = True

    def __init__(self, steps: int, N: int = 2) -> None:
        scenario = Scenario()
        super().__init__(scenario, scenario.make_world(N), range(1, N + 1), (ADVERSARY,), steps)
        self.goal = self.landmarks[0]

    def begin(self) -> None:
        goal = self.package_world.agents[ADVERSARY].goal_a
        self.goal = self.world.n_agents + next(k for k, m in enumerate(self.package_world.landmarks) if m is goal)
        self.extras = [self.world.x[self.goal], self.world.y[self.goal]]
        self.extras += [float(m == self.goal) for m in self.landmarks]

    def count(self) -> None:
        """Nothing to count."""

    def rewards(self) -> list[float]:
        nearest = min(self.world.distance(a, self.goal) for a in self.team)
        return [-nearest + self.world.distance(ADVERSARY, self.goal)] * len(self.team)

    def numbers(self) -> dict[str, float]:
        nearest = min(self.world.distance(a, self.goal) for a in self.team)
        return {"goal_distance": nearest, "adversary_distance": self.world.distance(ADVERSARY, self.goal)}

    def observations(self) -> list[list[Slot]]:
        seen = []
        for i in self.team:
            slots = [
                s._replace(plus=self.extra(k), name=f"goal_d{'xy'[k]}")
                for k, s in enumerate(self.relative(self.landmarks[0], i, "goal", "the goal"))
            ]
            for k, m in enumerate(self.landmarks):
                slots += self.relative(m, i, f"landmark{k}", f"landmark {k}")
            slots += self.relative(ADVERSARY, i, "adversary", "the adversary")
            for k, j in enumerate(j for j in self.team if j != i):
                slots += self.relative(j, i, f"other{k}", f"another agent of the team ({k}, in the agents' order)")
            seen.append(slots)
        return seen

    def state(self) -> list[Entities | Group]:
        goal = tuple(self.extra(2 + k) for k in range(self.n_landmarks))
        return [
            self.movers("agent", "agent", self.team, "the agent"),
            self.movers("adversary", "", self.others, "the adversary"),
            self.things("landmark", "the landmark"),
            Group("goal", "one_hot", goal, "which landmark is the goal; the adversary does not know it"),
        ]

    def roles(self) -> list[Agent]:
        return [Agent(f"agent_{i}", "knows the goal; all agents of the team are alike") for i in range(len(self.team))]

    def summary(self) -> str:
        n = len(self.team)
        return (
            f"Multi-agent particle environment, simple_adversary: {n} agents and an adversary, played by "
            f"{self.opponent_words}, move on a plane with {n} landmark{'s' if n > 1 else ''}. One landmark is the "
            "goal; the team knows which, the adversary does not and can only guess from what the agents do. The team "
            "wants one of its agents at the goal and the adversary far from it, so that its agents should spread over "
            "the landmarks and deceive the adversary. Everybody and every landmark starts at a random place of the "
            "square from -1 to 1. Nobody collides. Every agent sees where everything is, but no velocities. "
            f"{SCALE}"
        )

    def reward_words(self) -> str:
        return (
            "Every agent gets the adversary's distance to the goal minus the distance of the team's nearest agent to "
            "the goal."
        )

    def reward_range(self, step: int) -> tuple[float, float]:
        n, goal = len(self.team), self.landmarks[0]
        return -n * self.far_apart(self.team[0], goal, step), n * self.far_apart(ADVERSARY, goal, step)
