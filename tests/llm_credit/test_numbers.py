"""The evaluator's numbers on functions whose numbers are known by hand."""

import math

import pytest
import torch

from llm_credit.episodes import Episodes, credit_return_correlation, read_episodes
from llm_credit.errors import CreditError
from llm_credit.examine import examine
from llm_credit.numbers_meaning import MEANINGS, group_of
from llm_credit.settings import TFCAFSettings
from llm_credit.states import pointed_states

FEW = TFCAFSettings(check_states=256)


def numbers(task, body, **settings):
    source = f"def credit_weights(state):\n    row = state[:, 0:6:3]\n    {body}\n    return w, torch.zeros(state.shape[0], 1)\n"
    return examine(source, task, TFCAFSettings(check_states=256, **settings)).report.numbers


def test_a_constant_function(task):
    n = numbers(task, "w = torch.ones_like(row) * torch.tensor([1.5, 0.5])")
    assert (n["mean"], n["min"], n["max"], n["state_std"], n["negative_share"]) == (1.0, 0.5, 1.5, 0.0, 0.0)
    assert (n["mean/agent_0"], n["max/agent_1"]) == (1.5, 0.5)
    expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(2)
    assert n["entropy"] == pytest.approx(expected, abs=1e-5)
    assert n["entropy/agent_1"] == pytest.approx(-0.25 * math.log(0.25) / math.log(2), abs=1e-5)
    assert n["finite_share"] == 1.0
    assert n["asymmetry"] == pytest.approx(1.0)  # agents that change places keep their credit: off by 1 each
    assert all(v == 0 for k, v in n.items() if k.startswith("sensitivity/"))


def test_sensitivity_names_the_fields_that_matter_and_by_how_much(task):
    n = numbers(task, "w = 1.0 + row / 6.0 + 0.0 * state[:, 2:6:3]")
    # rows are drawn uniformly over 0 to 6 and rounded: ends half as likely. Mean distance of two such draws over 6.
    p = torch.tensor([1.0, 2, 2, 2, 2, 2, 1]) / 12
    distance = sum(float(p[i] * p[j]) * abs(i - j) for i in range(7) for j in range(7)) / 6
    assert n["sensitivity/agent_row"] == pytest.approx(distance, rel=0.1)
    assert {k for k, v in n.items() if k.startswith("sensitivity/") and v > 0} == {"sensitivity/agent_row"}
    assert n["asymmetry"] == pytest.approx(0.0, abs=1e-6)


def test_each_agent_has_its_own_sign_spread_and_range(task):
    n = numbers(task, "w = torch.stack([row[:, 0] - 3.0, torch.full_like(row[:, 1], 0.5)], dim=1)", igm="relax")
    assert n["negative_share/agent_0"] == pytest.approx(5 / 12, abs=0.1)  # rows 0, 1, 2, of which 0 is half as likely
    assert (n["negative_share/agent_1"], n["state_std/agent_1"]) == (0.0, 0.0)
    assert n["state_std/agent_0"] == pytest.approx(2 * n["state_std"])
    assert (n["min/agent_0"], n["max/agent_0"], n["min/agent_1"], n["max/agent_1"]) == (-3.0, 3.0, 0.5, 0.5)
    assert n["entropy/agent_0"] + n["entropy/agent_1"] == pytest.approx(n["entropy"], abs=1e-5)


def test_every_number_has_a_meaning_that_a_reader_is_told(task):
    paper = "def QLLMNetwork(agents_q, global_state):\n    return (agents_q * (1 + global_state[:, :2])).sum(dim=1, keepdim=True)\n"
    measured = {*numbers(task, "w = torch.ones_like(row)"), *examine(paper, task, FEW).report.numbers}
    assert {group_of(name) for name in measured} | {"return_correlation"} == set(MEANINGS)


def test_silence_and_signs(task):
    n = numbers(task, "w = torch.where(row > 2.5, row, torch.zeros_like(row))")
    assert 0 < n["all_zero_rows"] < n["zero_gradient_share"] < 1
    report = examine(
        "def credit_weights(state):\n    w = state[:, 0:6:3] - 1.0\n    return w, torch.zeros(state.shape[0], 1)\n",
        task,
        FEW,
    ).report
    assert report.igm == "constructed"
    assert report.numbers["negative_share"] == pytest.approx(1 / 12, abs=0.04)
    state = report.counterexample
    assert min(state[0], state[3]) == 0  # the only row that is below 1


def test_behaviour_beyond_the_ranges(task):
    n = numbers(task, "w = 1.0 + torch.sqrt(6.0 - row)")
    assert n["beyond_finite_share"] < 1  # rows up to 9 are beyond the root
    assert numbers(task, "w = 1.0 + row / 6.0")["beyond_max"] > 2.0


def test_the_cost_is_measured(task):
    n = numbers(task, "w = 1.0 + row / 6.0")
    assert n["cost_ms"] > 0
    assert n["cost_ratio_qmix"] > 0


def test_lambda_is_sensitive_to_the_joint_action(task):
    source = "def credit_advantages(state, actions_onehot):\n    return 0.5 + actions_onehot[:, :, 1]\n"
    n = examine(source, task, FEW).report.numbers
    assert n["sensitivity/actions"] == pytest.approx(0.5, abs=0.1)  # each of two draws is 0 or 1
    assert n["sensitivity/agent_row"] == 0.0


def played(task, weight_of_agent):
    """Episodes of one step; the return is what agent 0 does, times its row."""
    g = torch.Generator().manual_seed(0)
    episodes = []
    for _ in range(400):
        state = torch.zeros(task.state_dim)
        state[0], state[3] = torch.randint(7, (2,), generator=g).float()
        actions = torch.randint(2, (2,), generator=g)
        reward = float(actions[0] * state[0] * weight_of_agent)
        episodes.append({"states": [state.tolist()], "actions": [actions.tolist()], "rewards": [reward]})
    return episodes


def test_credit_correlates_with_what_the_agent_did_to_the_return(task):
    e = Episodes.from_list(played(task, 1.0), task)
    by_row = e.states[:, [0, 3]]
    n = credit_return_correlation(by_row, task, e)
    assert n["return_correlation/agent_0"] > 0.9  # its effect is half its row, whatever it does
    assert abs(n["return_correlation/agent_1"]) < 0.35  # it has no effect
    assert credit_return_correlation(torch.ones_like(by_row), task, e)["return_correlation/agent_0"] == 0.0


def test_returns_to_go_are_summed_within_an_episode(task):
    zero = [0.0] * task.state_dim
    episode = {"states": [zero] * 3, "actions": [[0, 0]] * 3, "rewards": [1.0, 2.0, 4.0]}
    assert Episodes.from_list([episode, episode], task).returns.tolist() == [7, 6, 4, 7, 6, 4]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("[]", "no episodes"),
        ("{}", "a list of episodes"),
        ("nonsense", "cannot be read"),
        ('[{"states": [[1]]}]', "lacks"),
        ('[{"states": [[1]], "actions": [[0, 0]], "rewards": [1]}]', "should be [1, 16]"),
        ('[{"states": [[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]], "actions": [[0, 9]], "rewards": [1]}]', "0 to 1"),
    ],
)
def test_bad_episodes_are_refused(task, tmp_path, data, told):
    path = tmp_path / "episodes.json"
    path.write_text(data)
    with pytest.raises(CreditError) as e:
        read_episodes(str(path), task)
    assert told in str(e.value)


def test_the_jail_measures_on_episodes_too(task, tmp_path):
    import json

    from llm_credit import check_source

    path = tmp_path / "episodes.json"
    path.write_text(json.dumps(played(task, 1.0)))
    source = "def credit_weights(state):\n    w = 0.5 + state[:, 0:6:3]\n    return w, torch.zeros(state.shape[0], 1)\n"
    report = check_source(source, task, TFCAFSettings(check_states=64, episodes=str(path)))
    assert report.numbers["return_correlation/agent_0"] > 0.9


def test_states_made_of_a_functions_numbers_are_legal_and_hold_them(task):
    states = pointed_states(task, [3.0, 4.0, 0.37, -0.37, 99.0], 200)
    for f in task.state_fields:
        values = states[:, list(f.indices())]
        assert float(values.min()) >= f.low
        assert float(values.max()) <= f.high
        if f.kind == "integer":
            assert torch.equal(values, values.round())
    assert set(states[:, 0].tolist()) == {3.0, 4.0}
    assert {round(x, 2) for x in states[:, 12].tolist()} == {0.37, -0.37}
    assert set(states[:, 2].tolist()) == {1.0, 2.0}  # none of the numbers is a level: its range's ends
