import math

import pytest
import torch as th

from utils.policy_utils import categorical_entropy, log_taken, masked_mean, renormalise


def test_probabilities_are_spread_over_available_actions():
    probs = th.tensor([[0.2, 0.3, 0.5]])
    assert renormalise(probs, th.tensor([[1, 0, 1]])).tolist()[0] == pytest.approx([2 / 7, 0, 5 / 7])


def test_no_available_action_gives_zeros_and_finite_gradients():
    logits = th.zeros(1, 1, 1, 3, requires_grad=True)
    pi = renormalise(logits.softmax(-1), th.zeros(1, 1, 1, 3))
    mask = th.zeros(1, 1, 1)
    taken = log_taken(pi, th.zeros(1, 1, 1, 1, dtype=th.long), mask)
    (taken.sum() + categorical_entropy(pi).sum()).backward()
    assert pi.abs().sum() == 0
    assert taken.item() == 0
    assert th.isfinite(logits.grad).all()


def test_entropy_is_that_of_torch():
    probs = th.rand(4, 5)
    expected = th.distributions.Categorical(probs=probs).entropy()
    assert th.allclose(categorical_entropy(probs), expected)
    assert categorical_entropy(th.full((1, 4), 0.25)).item() == pytest.approx(math.log(4))


def test_masked_mean_counts_real_transitions_of_every_agent():
    x = th.tensor([[[1.0, 3.0], [100.0, 100.0]]])
    assert masked_mean(x, th.tensor([[[1.0], [0.0]]])).item() == 2
