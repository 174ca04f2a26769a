"""A small task, made here: what is tested of the plug-in needs no environment."""

import pytest

from llm_credit import Action, Agent, StateField, TaskDescription

A, FOODS = 2, 2


def make_task() -> TaskDescription:
    fields = []
    for k, (name, high) in enumerate((("row", 6), ("col", 6), ("level", 2))):
        low = 1 if name == "level" else 0
        fields.append(
            StateField(f"agent_{name}", k, count=A, stride=3, per="agent", kind="integer", low=low, high=high)
        )
        gone = 0 if name == "level" else -1
        fields.append(
            StateField(
                f"food_{name}", 6 + k, count=FOODS, stride=3, per="food", kind="integer", low=gone, high=6, absent=gone
            )
        )
    fields.append(StateField("charge", 12, size=4, kind="real", low=-1.0, high=1.0))
    return TaskDescription(
        name="toy",
        family="toy",
        summary="Two agents and two foods.",
        agents=tuple(Agent(f"agent_{i}") for i in range(A)),
        actions=(Action("none"), Action("load")),
        state_fields=tuple(fields),
        state_dim=16,
        obs_dim=4,
        reward="One for each food.",
        return_low=0.0,
        return_high=2.0,
        episode_end="After ten steps.",
        episode_limit=10,
    )


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """What passes in one test is not remembered in the next, nor in the user's own folder."""
    monkeypatch.setenv("LLM_CREDIT_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def task() -> TaskDescription:
    return make_task()
