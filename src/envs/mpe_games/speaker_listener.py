"""``simple_speaker_listener``: one agent knows the goal and speaks, the other moves and listens."""

from __future__ import annotations

from collections.abc import Sequence

from mpe2.simple_speaker_listener.simple_speaker_listener import Scenario

from envs.mpe_games.game import MOVES, PUSHES, SCALE, Game
from envs.mpe_games.layout import Entities, Group, Slot
from llm_credit.task import Action, Agent

SPEAKER, LISTENER, N_LANDMARKS = 0, 1, 3
WORDS = "abc"
HUES = ("red", "green", "blue")


class SpeakerListener(Game):
    """Both agents' observations and actions are padded to the longer ones."""

    actions = tuple(
        Action(f"{move.name}_or_say_{WORDS[k]}", f"listener: {move.meaning}; speaker: say word {WORDS[k]}")
        if k < len(WORDS)
        else Action(move.name, f"listener: {move.meaning}; the speaker does not have this action")
        for k, move in enumerate(MOVES)
    )

    def __init__(self, steps: int) -> None:
        scenario = Scenario()
        super().__init__(scenario, scenario.make_world(), (SPEAKER, LISTENER), (), steps)
        self.goal = self.landmarks[0]

    def begin(self) -> None:
        goal = self.package_world.agents[SPEAKER].goal_b
        number = next(k for k, m in enumerate(self.package_world.landmarks) if m is goal)
        self.goal = self.world.n_agents + number
        hue = [float(c) for c in goal.color]
        self.extras = [*hue, *(float(k == number) for k in range(N_LANDMARKS)), 0.0, 0.0, 0.0]

    def step(self, actions: Sequence[int]) -> None:
        self.world.step((PUSHES[0], PUSHES[actions[LISTENER]]))
        self.extras = self.extras[:6] + [float(k == actions[SPEAKER]) for k in range(len(WORDS))]

    def count(self) -> None:
        """Nothing to count."""

    def rewards(self) -> list[float]:
        w = self.world
        dx, dy = w.x[LISTENER] - w.x[self.goal], w.y[LISTENER] - w.y[self.goal]
        return [-(dx * dx + dy * dy)] * 2

    def numbers(self) -> dict[str, float]:
        return {"goal_distance": self.world.distance(LISTENER, self.goal)}

    def observations(self) -> list[list[Slot]]:
        speaker = [
            Slot(hue, self.extra(k), self.zero, 0.15, 0.65, f"{hue} in the goal's colour") for k, hue in enumerate(HUES)
        ]
        listener = self.own(LISTENER, "the listener", "vx", "vy")
        for k, m in enumerate(self.landmarks):
            listener += self.relative(m, LISTENER, f"landmark{k}", f"landmark {k}")
        for k, word in enumerate(WORDS):
            words = f"1 if the speaker said word {word} at the previous step"
            listener.append(Slot(f"heard_{word}", self.extra(6 + k), self.zero, 0.0, 1.0, words))
        return [speaker, listener]

    def state(self) -> list[Entities | Group]:
        said = "which word the speaker said at the previous step, which the listener hears now; all 0 at the first step"
        return [
            self.movers("listener", "", (LISTENER,), "the listener"),
            self.things("landmark", "the landmark"),
            Group("goal", "one_hot", tuple(self.extra(3 + k) for k in range(3)), "which landmark is the goal"),
            Group("message", "one_hot", tuple(self.extra(6 + k) for k in range(3)), said),
        ]

    def roles(self) -> list[Agent]:
        return [
            Agent("speaker", "sees which landmark is the goal, by its colour, and nothing else; cannot move"),
            Agent("listener", "moves; sees the landmarks and hears the speaker, but does not know the goal"),
        ]

    def available(self, agent: int) -> int:
        return len(WORDS) if agent == SPEAKER else len(MOVES)

    def summary(self) -> str:
        return (
            "Multi-agent particle environment, simple_speaker_listener: a speaker sees which of 3 landmarks is the "
            "goal and says one of 3 words at every step; a listener hears the word of the step before, sees where the "
            "landmarks are, and moves. What the words mean, the two must learn. The listener should come to the goal "
            "and stay there. Landmarks (red, green, blue) and the listener start at random places of the square from "
            f"-1 to 1; nobody collides. {SCALE}"
        )

    def reward_words(self) -> str:
        return "Both agents get minus the square of the listener's distance to the goal."

    def reward_range(self, step: int) -> tuple[float, float]:
        return -2 * self.far_apart(LISTENER, self.landmarks[0], step) ** 2, 0.0
