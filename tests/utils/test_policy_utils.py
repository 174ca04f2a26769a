import math

import pytest
import torch as th

from utils.policy_utils import categorical_entropy, constant_force, log_taken, masked_mean, renormalise, standardised


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


def test_standardised_over_real_transitions_of_every_agent():
    x = th.tensor([[[1.0, 3.0], [5.0, 7.0], [1e6, 1e6]]])
    got = standardised(x, th.tensor([[[1.0], [1.0], [0.0]]]))[:, :2]
    assert got.flatten().tolist() == pytest.approx([v / math.sqrt(5) for v in (-3, -1, 1, 3)], rel=1e-5)
    assert standardised(th.full((1, 2, 1), 4.0), th.ones(1, 2, 1)).abs().max() == 0


def test_an_action_that_has_become_impossible_has_a_finite_logarithm_and_gradient():
    logits = th.tensor([[[[0.0, -200.0]]]], requires_grad=True)
    taken = log_taken(logits.softmax(-1), th.ones(1, 1, 1, 1, dtype=th.long), th.ones(1, 1, 1))
    (1e6 * taken.sum()).backward()
    assert -70 < taken.item() < -69  # the logarithm of 1e-30
    assert th.isfinite(logits.grad).all()


def test_small_probabilities_keep_their_gradient():
    logits = th.tensor([[[[0.0, -60.0]]]], requires_grad=True)
    log_taken(logits.softmax(-1), th.ones(1, 1, 1, 1, dtype=th.long), th.ones(1, 1, 1)).sum().backward()
    assert logits.grad.flatten().tolist() == pytest.approx([-1, 1])  # 1[v = u] - pi(v)


def test_the_entropy_bonus_is_as_strong_for_small_entropies():
    for size in (2.0, 1e-4):
        x = th.tensor(size, requires_grad=True)
        constant_force(x).backward()
        assert (constant_force(x).item(), x.grad.item()) == pytest.approx((1, 1 / size))
    assert constant_force(th.tensor(0.0)).item() == 0
