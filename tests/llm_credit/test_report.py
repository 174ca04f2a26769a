"""What ``show`` says of functions of every form."""

import torch

from llm_credit.report import _histograms, _named, credits_of
from llm_credit.states import draw_states

PAPER = """def QLLMNetwork(agents_q, global_state):
    row = global_state[:, 0:6:3]
    return (agents_q * (1.0 + row)).sum(dim=1, keepdim=True) / 2.0 + 3.0
"""
ADVANTAGE = "def credit_advantages(state, actions_onehot):\n    return 0.5 + actions_onehot[:, :, 1]\n"


def test_the_papers_form_is_shown_as_weights(task):
    w = credits_of(PAPER, task, 100)
    torch.testing.assert_close(w, 1.0 + draw_states(task, 100)[:, 0:6:3])


def test_lambda_is_shown_for_drawn_joint_actions(task):
    assert set(credits_of(ADVANTAGE, task, 100).flatten().tolist()) == {0.5, 1.5}


def test_histograms_share_their_bins():
    lines = _histograms(torch.tensor([[0.0, 1.0], [0.0, 0.5], [1.0, 1.0], [0.0, 1.0]]), bins=2)
    assert "75.0%" in lines[1]
    assert "25.0%" in lines[2]
    assert "0.0%" in lines[4]
    assert "100.0%" in lines[5]
    assert _histograms(torch.ones(3, 2)) == ["  every credit is 1"]


def test_an_unusable_judgement_is_named_by_a_short_hash():
    assert _named({"event": "unusable", "request": "ab" * 32, "reason": "no"})["request"] == "ab" * 6
