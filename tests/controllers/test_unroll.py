"""``mac.unroll`` equals stacking ``mac.forward`` over time, for every MAC and every agent."""

import itertools

import pytest
import torch as th
from tests.conftest import make_args, make_batch

from controllers import REGISTRY as MACS
from modules.agents import REGISTRY as AGENTS


def build(**changes):
    args = make_args(**changes)
    batch = make_batch(args, [9, 4], [False, True])
    return MACS[args.mac](batch.scheme, batch.groups, args), batch


@pytest.mark.parametrize("output_type", ["q", "pi_logits"])
@pytest.mark.parametrize("use_layer_norm", [False, True])
@pytest.mark.parametrize(("mac", "agent"), list(itertools.product(MACS, AGENTS)))
def test_unroll_equals_stepping(mac, agent, use_layer_norm, output_type):
    controller, batch = build(mac=mac, agent=agent, use_layer_norm=use_layer_norm, agent_output_type=output_type)
    unrolled = controller.unroll(batch)
    controller.init_hidden(batch.batch_size)
    outs, hiddens = [], []
    for t in range(batch.max_seq_length):
        outs.append(controller.forward(batch, t))
        hiddens.append(controller.hidden_states)
    assert th.allclose(unrolled.out, th.stack(outs, 1), atol=1e-5)
    assert th.allclose(unrolled.hidden, th.stack(hiddens, 1), atol=1e-5)


@pytest.mark.parametrize("agent", AGENTS)
def test_unroll_has_the_gradients_of_stepping(agent):
    controller, batch = build(agent=agent)
    params = list(controller.parameters())
    fast = th.autograd.grad(controller.unroll(batch).out.square().sum(), params)
    controller.init_hidden(batch.batch_size)
    slow = th.autograd.grad(sum(controller.forward(batch, t).square().sum() for t in range(10)), params)
    for a, b in zip(fast, slow, strict=True):
        assert th.allclose(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("last_action", "agent_id", "size"), [(True, True, 18), (True, False, 15), (False, True, 13)])
def test_inputs_are_what_the_settings_say(last_action, agent_id, size):
    controller, batch = build(obs_last_action=last_action, obs_agent_id=agent_id)
    assert controller.agent.fc1.in_features == size
    first = controller._build_all_inputs(batch)[:, 0]
    if last_action:
        assert first[..., 10:15].abs().sum() == 0  # no last action before the first step


def test_policies_are_distributions_over_available_actions():
    controller, batch = build(agent_output_type="pi_logits")
    pi = controller.unroll(batch).out
    filled = batch["filled"].bool().squeeze(-1)
    assert th.allclose(pi.sum(-1), th.ones_like(pi.sum(-1)))
    assert pi[filled][batch["avail_actions"][filled] == 0].max() < 1e-6


def test_a_step_before_init_hidden_says_what_is_missing():
    controller, batch = build()
    with pytest.raises(RuntimeError, match="init_hidden"):
        controller.forward(batch, 0)


@pytest.mark.cuda
@pytest.mark.parametrize("agent", AGENTS)
def test_unroll_on_cuda_equals_the_cpu(agent):
    controller, batch = build(agent=agent)
    on_cpu = controller.unroll(batch).out
    controller.to("cuda")
    out = controller.unroll(batch.to("cuda")).out
    out.sum().backward()
    assert th.allclose(out.cpu(), on_cpu, atol=1e-4)
