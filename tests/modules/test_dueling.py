"""QPLEX's mixer and Qatten's: numbers by hand, Individual-Global-Max by trying every joint action, shapes at the door."""

import itertools

import pytest
import torch as th
from tests.conftest import make_args

from modules.mixers import DMAQer, build_mixer
from utils.errors import UserError

B, T, A, U, S = 2, 3, 3, 5, 12


def inputs(seed=0):
    g = th.Generator().manual_seed(seed)
    qs = th.randn(B, T, A, U, generator=g)
    actions = th.randint(U, (B, T, A), generator=g)
    chosen = qs.gather(3, actions.unsqueeze(3)).squeeze(3)
    onehot = th.nn.functional.one_hot(actions, U).float()
    return qs, chosen, th.randn(B, T, S, generator=g), onehot


def test_qplex_by_hand():
    mixer = DMAQer(make_args(num_kernel=2, adv_hypernet_embed=8))
    qs, chosen, states, onehot = inputs()
    got = mixer(chosen, states, onehot, qs.amax(dim=3))
    for b, t in itertools.product(range(B), range(T)):
        s = states[b, t]
        w, v = mixer.hyper_w_final(s).abs() + 1e-10, mixer.V(s)
        q, best = w * chosen[b, t] + v, w * qs[b, t].amax(dim=1) + v
        both = th.cat([s, onehot[b, t].flatten()])
        lam = th.zeros(A)
        for k in range(2):
            si = mixer.si_weight
            lam = lam + (si.key_extractors[k](s).abs() + 1e-10) * th.sigmoid(si.agents_extractors[k](s)) * th.sigmoid(
                si.action_extractors[k](both)
            )
        expected = q.sum() + ((lam - 1) * (q - best)).sum()
        th.testing.assert_close(got[b, t, 0], expected)


@pytest.mark.parametrize("weighted", [True, False])
def test_the_greedy_joint_action_is_each_agents_own(weighted):
    """Individual-Global-Max over all 125 joint actions, in 20 drawn states."""
    mixer = DMAQer(make_args(weighted_head=weighted))
    g = th.Generator().manual_seed(3)
    for _ in range(20):
        qs, state = th.randn(A, U, generator=g), th.randn(1, 1, S, generator=g)
        best = qs.amax(dim=1).view(1, 1, A)
        values = {}
        for joint in itertools.product(range(U), repeat=A):
            chosen = qs[range(A), joint].view(1, 1, A)
            onehot = th.nn.functional.one_hot(th.tensor(joint), U).float().view(1, 1, A, U)
            values[joint] = mixer(chosen, state, onehot, best).item()
        assert max(values, key=values.get) == tuple(qs.argmax(dim=1).tolist())


def test_no_gradient_through_advantages_unless_asked():
    qs, chosen, states, onehot = inputs()
    for stop in (True, False):
        th.manual_seed(1)
        mixer = DMAQer(make_args(is_stop_gradient=stop))
        q = chosen.clone().requires_grad_(True)
        mixer(q, states, onehot, qs.amax(dim=3)).sum().backward()
        w = mixer.head(states.view(-1, S))[0].view(B, T, A)
        assert th.allclose(q.grad, w) == stop


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_layers_of_lambda(layers):
    mixer = DMAQer(make_args(adv_hypernet_layers=layers))
    states, onehot = th.randn(4, S), th.zeros(4, A, U)
    lam = mixer.lambdas(states, onehot)
    assert lam.shape == (4, A)
    assert (lam > 0).all()


def test_wrong_shapes_are_refused_at_the_door():
    mixer = DMAQer(make_args())
    qs, chosen, states, onehot = inputs()
    best = qs.amax(dim=3)
    for bad in ((chosen[..., :2], states, onehot, best), (chosen, states[..., :5], onehot, best),
                (chosen, states, onehot.flatten(2), best), (chosen, states, onehot, best[:, :1])):  # fmt: skip
        with pytest.raises(ValueError, match="should be"):
            mixer(*bad)


def qatten(**changes):
    values = {"mixer": "qatten", "learner": "nq_learner", "agent_own_state_size": 3, **changes}
    return build_mixer(make_args(**values), "state")


def test_qatten_by_hand():
    mixer = qatten(n_query_embedding_layer2=4, n_key_embedding_layer1=4)
    _, q, states, _ = inputs()
    got = mixer(q, states)
    for b, t in itertools.product(range(B), range(T)):
        s = states[b, t]
        total = mixer.constrant_value_layer(s)[0]
        for h in range(4):
            query = mixer.query_embedding_layers[h](s)
            scores = th.stack([mixer.key_embedding_layers[h](s[3 * i : 3 * i + 3]) @ query / 2 for i in range(A)])
            total = total + mixer.head_embedding_layer(s).abs()[h] * (th.softmax(scores, 0) * q[b, t]).sum()
        th.testing.assert_close(got[b, t, 0], total)


def test_qatten_is_monotonic():
    mixer = qatten()
    _, _, states, _ = inputs()
    assert (mixer.credits(states) >= 0).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"agent_own_state_size": None}, "begins with the agents' own features"),
        ({"agent_own_state_size": True}, "begins with the agents' own features"),
        ({"agent_own_state_size": 5}, "begins with the agents' own features"),
        ({"n_key_embedding_layer1": 7}, "must be equal"),
        ({"n_attention_head": 3}, "must be equal"),
    ],
)
def test_qatten_refuses_what_does_not_fit(changes, words):
    with pytest.raises(UserError, match=words):
        qatten(**changes)
    if "n_attention_head" in changes:
        qatten(**changes, type="sum")  # summed heads need no weights


def test_an_impossible_pair_is_refused_with_what_fits():
    with pytest.raises(UserError, match=r"mixer=qmix does not go with learner=dmaq_qatten_learner.*dmaq.*tfcaf"):
        build_mixer(make_args(mixer="qmix", learner="dmaq_qatten_learner"), "dueling")
