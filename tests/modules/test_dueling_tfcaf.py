"""A credit function in QPLEX's mixer: numbers by hand, Individual-Global-Max by trying every joint action.

The functions are the tests' own and so trusted: what they are checked for has tests of its own.
"""

import itertools

import pytest
import torch as th
from tests.conftest import make_args
from tests.modules.test_dueling import A, B, S, T, U, inputs

from llm_credit import Action, Agent, StateField, TaskDescription
from llm_credit.sources import SOURCES, Found
from modules.mixers import DMAQer, build_mixer

WEIGHTS = """def credit_weights(state):
    w = 0.2 + state[:, :3] ** 2
    b = 0.5 * state[:, 3:4]
    return w, b
"""
ADVANTAGES = """def credit_advantages(state, actions_onehot):
    together = actions_onehot[:, :, 1].prod(dim=1, keepdim=True)
    return 0.1 + state[:, :3] ** 2 + 5.0 * together - 2.0 * actions_onehot[:, :, 4]
"""
TASK = TaskDescription(
    name="toy",
    family="toy",
    summary="Three agents.",
    agents=tuple(Agent(f"agent_{i}") for i in range(A)),
    actions=tuple(Action(f"action_{u}") for u in range(U)),
    state_fields=(StateField("signal", 0, size=S, low=-10.0, high=10.0),),
    state_dim=S,
    obs_dim=4,
    reward="Some.",
    return_low=-10.0,
    return_high=10.0,
    episode_end="After ten steps.",
    episode_limit=10,
)


@pytest.fixture
def mixer_of(monkeypatch):
    """A QPLEX mixer with the function of this text in it."""

    def make(text, **changes):
        monkeypatch.setitem(SOURCES, "file", lambda task, settings, forms: Found(text, "file:test", trusted=True))
        args = make_args(mixer="tfcaf", learner="dmaq_qatten_learner", task=TASK.to_json(), **changes)
        args.llm = {**args.llm, "source": "file", "bias": "on", "check_states": 64}
        return build_mixer(args, "dueling", required=True)

    return make


def rows():
    return itertools.product(range(B), range(T))


def test_weights_take_the_heads_place_by_hand(mixer_of):
    """``w`` are the function's credits, ``v`` its bias in equal parts, and lambda is learned."""
    mixer = mixer_of(WEIGHTS)
    qs, chosen, states, onehot = inputs()
    got = mixer(chosen, states, onehot, qs.amax(dim=3))
    for b, t in rows():
        s = states[b, t]
        w, bias = 0.2 + s[:3] ** 2, 0.5 * s[3]
        lam = mixer.si_weight(s.unsqueeze(0), onehot[b, t].unsqueeze(0))[0]
        regret = w * (chosen[b, t] - qs[b, t].amax(dim=1))
        th.testing.assert_close(got[b, t, 0], (w * chosen[b, t]).sum() + bias + ((lam - 1) * regret).sum())
    th.testing.assert_close(mixer.credits(states), 0.2 + states[..., :3] ** 2)


def lambdas_by_hand(s, onehot):
    raw = [0.1 + float(s[i]) ** 2 - 2.0 * float(onehot[i, 4]) for i in range(A)]
    together = 5.0 if all(onehot[:, 1] == 1) else 0.0
    return th.tensor([max(x + together, 1e-6) for x in raw])


@pytest.mark.parametrize("minus_one", [True, False])
def test_the_advantage_form_is_lambda_by_hand(mixer_of, minus_one):
    """The head is VDN's; a lambda that the function makes negative counts as the smallest positive one."""
    mixer = mixer_of(ADVANTAGES, is_minus_one=minus_one)
    qs, chosen, states, onehot = inputs()
    onehot[0, 0] = th.eye(U)[1]  # all three agents choose action 1
    onehot[1, 1, 0], states[1, 1, 0] = th.eye(U)[4], 0.5  # lambda would be -1.65
    got = mixer(chosen, states, onehot, qs.amax(dim=3))
    for b, t in rows():
        lam = lambdas_by_hand(states[b, t], onehot[b, t])
        q, best = chosen[b, t], qs[b, t].amax(dim=1)
        th.testing.assert_close(got[b, t, 0], q.sum() + ((lam - float(minus_one)) * (q - best)).sum())
        credit = mixer.credits(states, actions_onehot=onehot)[b, t]
        th.testing.assert_close(credit, lam if minus_one else 1 + lam)


def values_of_joint_actions(mixer, qs, state):
    """``Q_tot`` of all 125 joint actions, of utilities ``qs [A, U]`` in ``state [S]``."""
    joints = th.tensor(list(itertools.product(range(U), repeat=A)))  # [125, A]
    n = len(joints)
    onehot = th.nn.functional.one_hot(joints, U).float()  # [125, A, U]
    chosen = qs[th.arange(A), joints].unsqueeze(0)  # [1, 125, A]
    best = qs.amax(dim=1).expand(1, n, A)
    with th.no_grad():
        values = mixer(chosen, state.expand(1, n, S), onehot.unsqueeze(0), best).flatten()
    return joints, chosen[0], values


@pytest.mark.parametrize("text", [WEIGHTS, ADVANTAGES], ids=["weights", "advantages"])
def test_the_greedy_joint_action_is_each_agents_own(mixer_of, text):
    mixer = mixer_of(text)
    g = th.Generator().manual_seed(3)
    for _ in range(20):
        qs, state = th.randn(A, U, generator=g), th.randn(S, generator=g)
        joints, _, values = values_of_joint_actions(mixer, qs, state)
        assert joints[values.argmax()].tolist() == qs.argmax(dim=1).tolist()


def test_the_advantage_form_need_not_be_monotonic(mixer_of):
    """Somewhere every agent's utility is higher and yet the joint value lower, which no monotonic mixer can give."""
    qs = th.tensor([[2.0, 1.0, 0.5, 0.0, -1.0]]).repeat(A, 1)
    state = th.zeros(S)
    joints, chosen, values = values_of_joint_actions(mixer_of(ADVANTAGES), qs, state)
    of = {tuple(joint): k for k, joint in enumerate(joints.tolist())}
    higher, lower = of[1, 1, 1], of[2, 2, 2]
    assert (chosen[higher] > chosen[lower]).all()
    assert values[higher] < values[lower]
    vdn = ADVANTAGES.replace("5.0 *", "0.0 *").replace("2.0 *", "0.0 *")
    _, chosen, values = values_of_joint_actions(mixer_of(vdn), qs, state)
    assert values[higher] > values[lower]  # with a lambda of the state alone the order holds


def test_which_parameters_go(mixer_of):
    learned = DMAQer(make_args()).state_dict()
    stay = {k for k in learned if k.startswith("si_weight.")}
    assert {k.split(".")[0] for k in set(learned) - stay} == {"hyper_w_final", "V"}
    assert set(mixer_of(WEIGHTS).state_dict()) == stay
    assert dict(mixer_of(ADVANTAGES).state_dict()) == {}
