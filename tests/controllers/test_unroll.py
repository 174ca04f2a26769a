"""``mac.unroll`` equals stacking ``mac.forward`` over time, for every MAC and every agent."""

import itertools

import pytest
import torch as th
from tests.conftest import make_args, make_batch

from controllers import REGISTRY as MACS
from modules.agents import REGISTRY as AGENTS

# agents that give a value go with the controller that takes it, and no other
ACTING = [name for name, mac in MACS.items() if mac.selects_actions]
PAIRS = [(m, a) for m, a in itertools.product(ACTING, AGENTS) if MACS[m].needs_value == AGENTS[a].gives_value]


def build(**changes):
    args = make_args(**changes)
    batch = make_batch(args, [9, 4], [False, True])
    return MACS[args.mac](batch.scheme, batch.groups, args), batch


@pytest.mark.parametrize("output_type", ["q", "pi_logits"])
@pytest.mark.parametrize("use_layer_norm", [False, True])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(("mac", "agent"), PAIRS)
def test_unroll_equals_stepping(mac, agent, shared, use_layer_norm, output_type):
    """Outputs, memories and values; noisy agents draw the same noise from the same generator state."""
    if not shared and AGENTS[agent].sees_others:
        pytest.skip("refused: it looks at all agents at once")
    controller, batch = build(
        mac=mac, agent=agent, use_layer_norm=use_layer_norm, agent_output_type=output_type, share_parameters=shared
    )
    th.manual_seed(5)
    unrolled = controller.unroll(batch)
    th.manual_seed(5)
    controller.init_hidden(batch.batch_size)
    outs, values, hiddens = [], [], []
    for t in range(batch.max_seq_length):
        out = controller.forward(batch, t)
        if controller.needs_value:
            out, value = out
            values.append(value.squeeze(-1))
        outs.append(out)
        hiddens.append(controller.hidden_states)
    assert th.allclose(unrolled.out, th.stack(outs, 1), atol=1e-5)
    assert th.allclose(unrolled.hidden, th.stack(hiddens, 1), atol=1e-5)
    if values:
        assert th.allclose(unrolled.values, th.stack(values, 1), atol=1e-5)


def test_logits_of_the_lica_mac_give_its_policy():
    controller, batch = build(mac="lica_mac", agent_output_type="pi_logits")
    logits = controller.unroll(batch, gumbel=True).out
    assert th.allclose(logits.softmax(-1), controller.unroll(batch).out)
    controller.init_hidden(batch.batch_size)
    stepped = [controller.forward(batch, t, gumbel=True) for t in range(batch.max_seq_length)]
    assert th.allclose(logits, th.stack(stepped, 1), atol=1e-5)


@pytest.mark.parametrize(("mask", "expected"), [(True, [0.45, 0.0, 0.55]), (False, [0.3667, 0.1667, 0.4667])])
def test_dop_mixes_its_policy_with_uniform_exploration(mask, expected):
    """pi = (0.4, 0, 0.6) over two available actions, epsilon 0.5: half of it spread over two, or over all three."""
    controller, _ = build(mac="dop_mac", agent_output_type="pi_logits", mask_before_softmax=mask)
    controller.action_selector.epsilon = 0.5
    logits = th.tensor([0.4, 1e-30, 0.6]).log().view(1, 1, 3)
    avail = th.tensor([1, 0, 1]).view(1, 1, 3)
    assert controller._outputs(logits, avail, test_mode=False).flatten().tolist() == pytest.approx(expected, abs=1e-4)
    assert controller._outputs(logits, avail, test_mode=True).flatten().tolist() == pytest.approx([0.4, 0, 0.6])


def test_separate_agents_are_separate():
    controller, batch = build(share_parameters=False, obs_agent_id=False)
    controller.unroll(batch).out[:, :, 1].sum().backward()
    grads = [agent.fc1.weight.grad for agent in controller.agent.agents]
    assert grads[1].abs().sum() > 0
    assert grads[0] is None or grads[0].abs().sum() == 0
    assert set(controller.agent.state_dict()) >= {"agents.0.fc1.weight", "agents.2.rnn.weight_ih"}


def test_a_conv_agent_sees_only_its_last_frames():
    controller, batch = build(agent="conv_agent", frames=4, obs_last_action=False)
    clean = controller.unroll(batch).out
    batch["obs"][:, 2] += 1.0
    changed = (controller.unroll(batch).out - clean).abs().sum(dim=(0, 2, 3)) > 0
    assert changed.tolist() == [False, False, True, True, True, True, False, False, False, False]


def test_noise_belongs_to_training_alone():
    controller, batch = build(agent="noisy_rnn")
    assert not th.equal(controller.unroll(batch).out, controller.unroll(batch).out)
    controller.agent.eval()
    assert th.equal(controller.unroll(batch).out, controller.unroll(batch).out)


def test_mlp_outputs_are_bounded_unless_logits_are_asked_for():
    for logits in (False, True):
        controller, batch = build(agent="mlp", agent_return_logits=logits)
        controller.agent.fc3.weight.data.mul_(100)
        assert (controller.unroll(batch).out.abs().max() > 1) == logits


@pytest.mark.parametrize("agent", AGENTS)
def test_unroll_has_the_gradients_of_stepping(agent):
    controller, batch = build(agent=agent)
    controller.agent.eval()  # without noise
    params = list(controller.parameters())
    fast = th.autograd.grad(controller.unroll(batch).out.square().sum(), params, allow_unused=True)
    controller.init_hidden(batch.batch_size)
    slow = th.autograd.grad(
        sum(controller.forward(batch, t).square().sum() for t in range(10)), params, allow_unused=True
    )
    for a, b in zip(fast, slow, strict=True):
        if a is None or b is None:  # the size of noise that is not there
            assert a is b
            continue
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


def test_noise_is_off_in_test_episodes_alone():
    controller, batch = build(agent="noisy_rnn")
    for test_mode in (False, True, False):
        controller.init_hidden(batch.batch_size)
        controller.act(batch, 0, 0, test_mode=test_mode)
        assert controller.agent.training is not test_mode
