import copy

import pytest
import torch as th
from tests.conftest import make_args

from modules.mixers import Mixer, QMixer, VDNMixer, build_mixer, mixers_of

LEARNED = [(QMixer, {}), (QMixer, {"hypernet_layers": 2})] + [
    (Mixer, {"qmix_pos_func": f}) for f in ("abs", "softplus", "quadratic")
]


def inputs(args, b=4, t=6):
    return th.randn(b, t, args.n_agents), th.randn(b, t, args.state_shape)


@pytest.mark.parametrize(("mixer", "settings"), [*LEARNED, (VDNMixer, {})])
def test_joint_value_never_falls_as_a_utility_rises(mixer, settings):
    """Monotonicity, and so Individual-Global-Max."""
    args = make_args(**settings)
    net = mixer(args)
    qs, states = inputs(args)
    assert (net.credits(states, qs) >= 0).all()
    for agent in range(args.n_agents):
        higher = qs.clone()
        higher[..., agent] += 1.7
        assert (net(higher, states) >= net(qs, states) - 1e-6).all()


def test_without_the_constraint_credit_can_be_negative():
    args = make_args(abs=False)
    net = QMixer(args)
    qs, states = inputs(args, 32)
    assert (net.credits(states, qs) < 0).any()


def test_vdn_is_the_sum():
    args = make_args()
    qs, states = inputs(args)
    net = VDNMixer(args)
    assert th.allclose(net(qs, states), qs.sum(-1, keepdim=True))
    assert (net.credits(states) == 1).all()
    assert not list(net.parameters())


@pytest.mark.parametrize(("mixer", "settings"), LEARNED)
def test_credits_are_the_slope(mixer, settings):
    args = make_args(**settings)
    net, (qs, states) = mixer(args).double(), inputs(args)
    qs, states, eps = qs.double(), states.double(), 1e-6
    step = th.zeros_like(qs)
    step[..., 1] = eps
    slope = (net(qs + step, states) - net(qs - step, states)).squeeze(-1) / (2 * eps)
    assert th.allclose(net.credits(states, qs)[..., 1], slope, atol=1e-5)


@pytest.mark.parametrize("mixer", [VDNMixer, QMixer, Mixer])
@pytest.mark.parametrize("bad", ["agents", "state", "time"])
def test_wrong_shapes_are_refused_at_the_door(mixer, bad):
    args = make_args()
    qs, states = inputs(args)
    if bad == "agents":
        qs = qs[..., :2]
    elif bad == "state":
        states = states[..., :-1]
    else:
        states = states[:, 1:]
    with pytest.raises(ValueError, match=r"should be \[4, 6, \d+\], received \["):
        mixer(args)(qs, states)


@pytest.mark.parametrize("mixer", [VDNMixer, QMixer, Mixer])
def test_a_deep_copy_is_independent_and_equal(mixer):
    args = make_args()
    net = mixer(args)
    other = copy.deepcopy(net)
    qs, states = inputs(args)
    assert th.equal(net(qs, states), other(qs, states))
    for p in net.parameters():
        p.data.add_(1)
    assert not list(net.parameters()) or not th.equal(net(qs, states), other(qs, states))


def test_qmix_means_the_network_of_the_learners_family():
    args = make_args(mixer="qmix", learner="x")
    assert isinstance(build_mixer(args, "state"), Mixer)
    assert isinstance(build_mixer(args, "state_v1"), QMixer)
    assert build_mixer(make_args(mixer=None), "state") is None
    assert set(mixers_of("state_v1")) == set(mixers_of("state"))
