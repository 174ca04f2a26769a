"""Both backends accept and refuse the same functions, and give the same credits."""

import ast
import copy
import io
import os
import shutil
import warnings

import pytest
import torch

from llm_credit import Refused, TFCAFSettings, build_tfcaf, compile_source
from llm_credit.backend import BACKENDS
from llm_credit.examine import examine
from llm_credit.screen import screen
from llm_credit.states import corner_states, draw_actions, draw_states

from . import test_rehearsal
from .test_check_source import BENIGN, HOSTILE, TASK

EACH = pytest.mark.parametrize("backend", BACKENDS)
ADVANTAGE = """def credit_advantages(state, actions_onehot):
    together = actions_onehot.sum(dim=1, keepdim=True)
    alike = (actions_onehot * together).sum(dim=2)
    return 0.5 * alike + 0.1 * state[:, :2].abs()
"""


def settings(backend, **more):
    return TFCAFSettings(backend=backend, check_states=64, **more)


@pytest.mark.parametrize("name", BENIGN)
def test_accepted_by_both_with_the_same_credits(name):
    tree = ast.dump(screen(BENIGN[name]).function)
    one, other = (examine(BENIGN[name], TASK, settings(b)) for b in BACKENDS)
    assert ast.dump(screen(BENIGN[name]).function) == tree  # one tree serves all who ask
    states = torch.cat([draw_states(TASK, 200), corner_states(TASK)])
    for a, b in zip(one.credit_weights(states), other.credit_weights(states), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    assert one.report.igm == other.report.igm


@EACH
@pytest.mark.parametrize("name", HOSTILE)
def test_refused_by_both(name, backend):
    with pytest.raises(Refused):
        examine(HOSTILE[name][1], TASK, settings(backend))


@EACH
@pytest.mark.parametrize("name", test_rehearsal.HOSTILE)
def test_what_would_take_too_much_is_refused_by_both(task, name, backend):
    body = test_rehearsal.HOSTILE[name]
    source = test_rehearsal.weights(body[0] if isinstance(body, tuple) else body)
    with pytest.raises(Refused):
        examine(source, task, settings(backend))


@EACH
@pytest.mark.parametrize("form", ["weights", "advantage"])
def test_a_module_copies_saves_and_has_no_parameters(backend, form):
    source = ADVANTAGE if form == "advantage" else BENIGN["softmax"]
    module = examine(source, TASK, settings(backend))
    states = draw_states(TASK, 50)
    arguments = (states, draw_actions(TASK, 50)) if form == "advantage" else (torch.ones(50, TASK.n_agents), states)
    before = module(*arguments)
    twin = copy.deepcopy(module)
    assert torch.equal(twin(*arguments), before)
    assert (list(module.parameters()), module.state_dict()) == ([], {})
    buffer = io.BytesIO()
    torch.save(module.state_dict(), buffer)
    buffer.seek(0)
    module.load_state_dict(torch.load(buffer))
    assert torch.equal(module.to("cpu")(*arguments), before)


@EACH
def test_no_deprecation_warning(backend):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        examine(BENIGN["softmax"], TASK, settings(backend))


@EACH
def test_the_builtin_function_trains_in_either(backend):
    mixer = build_tfcaf(TASK, settings(backend, source="builtin"))
    q = torch.ones(20, TASK.n_agents, requires_grad=True)
    states = draw_states(TASK, 20)
    mixer(q, states).sum().backward()
    torch.testing.assert_close(q.grad, mixer.credit_weights(states)[0])


@EACH
@pytest.mark.parametrize("phi", ["clamp", "abs", "softplus"])
def test_lambda_is_positive_whatever_the_function_says(backend, phi):
    source = "def credit_advantages(state, actions_onehot):\n    return 1.0 - 3.0 * actions_onehot[:, :, 0]\n"
    module = compile_source(source, TASK, phi=phi, backend=backend, settings=TFCAFSettings(check_states=64))
    lam = module.credit_advantages(draw_states(TASK, 300), draw_actions(TASK, 300))
    assert lam.shape == (300, TASK.n_agents)
    assert (lam > 0).all()
    assert module.report.igm == "constructed"
    assert module.report.form == "credit_advantages"


def test_wrong_shapes_of_joint_actions_are_refused_at_the_door():
    module = examine(ADVANTAGE, TASK, settings("torchscript"))
    states = draw_states(TASK, 5)
    with pytest.raises(ValueError, match="actions_onehot should be"):
        module(states, torch.zeros(5, TASK.n_agents * TASK.n_actions))
    with pytest.raises(ValueError, match="state should be"):
        module(states[:, 1:], draw_actions(TASK, 5))


def test_a_mixer_of_weights_has_no_place_for_the_advantage_form(tmp_path):
    path = tmp_path / "f.py"
    path.write_text(ADVANTAGE)
    chosen = settings("torchscript", source="file", file=str(path))
    with pytest.raises(Refused, match="has no place here"):
        build_tfcaf(TASK, chosen)
    assert build_tfcaf(TASK, chosen, ("credit_advantages",)).form == "credit_advantages"


@pytest.mark.parametrize(
    "body",
    ["return actions_onehot.sum(dim=2) / actions_onehot.sum(dim=2)", "return state[:, :1]", "return state, state"],
)
def test_bad_advantage_functions_are_refused(body):
    """The first is NaN in padded steps, where no agent acts."""
    with pytest.raises(Refused):
        examine(f"def credit_advantages(state, actions_onehot):\n    {body}\n", TASK, settings("torchscript"))


def _learner(mixer):
    """Like a learner's step: chosen utilities, ``Q_tot`` with its time axis, a masked error. ``B`` episodes, ``T`` steps."""

    def loss(utilities, actions, states, targets, mask):
        b, t, a, _ = utilities.shape
        chosen = torch.gather(utilities, dim=3, index=actions).squeeze(3)
        q_tot = mixer(chosen.reshape(b * t, a), states.reshape(b * t, -1)).view(b, t, 1)
        error = (q_tot - targets) * mask
        return (error**2).sum() / mask.sum()

    b, t, a, u = 4, 8, TASK.n_agents, TASK.n_actions
    draw = torch.Generator().manual_seed(1)
    utilities = torch.randn(b, t, a, u, generator=draw)
    actions = torch.randint(u, (b, t, a, 1), generator=draw)
    states = draw_states(TASK, b * t).view(b, t, -1)
    return loss, utilities, (actions, states, torch.randn(b, t, 1, generator=draw), torch.ones(b, t, 1))


def _compiled_is_the_same(backend, compiler):
    loss, utilities, others = _learner(examine(BENIGN["softmax"], TASK, settings(backend)))
    torch.compiler.reset()
    found = []
    for function in (loss, torch.compile(loss, backend=compiler)):
        leaf = utilities.clone().requires_grad_()
        value = function(leaf, *others)
        value.backward()
        found.append((value.detach(), leaf.grad))
    for uncompiled, compiled in zip(*found, strict=True):
        torch.testing.assert_close(compiled, uncompiled, rtol=1e-5, atol=1e-5)
    assert found[0][1].abs().sum() > 0


@EACH
@pytest.mark.slow
def test_torch_compile_keeps_working_around_it(backend):
    _compiled_is_the_same(backend, "eager")


CXX = shutil.which(os.environ.get("CXX", "g++"))


@EACH
@pytest.mark.slow
@pytest.mark.skipif(CXX is None, reason="inductor needs a C++ compiler (g++, or what CXX names)")
def test_inductor_keeps_working_around_it(backend):
    """The compiled function stays as it is, between two parts that inductor makes; the interpreter is seen through."""
    _compiled_is_the_same(backend, "inductor")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_graphs_keep_working_around_it():
    mixer = examine(BENIGN["softmax"], TASK, settings("torchscript")).cuda()
    q, states = torch.randn(32, TASK.n_agents).cuda(), draw_states(TASK, 32).cuda()
    expected = mixer(q, states)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            mixer(q, states)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = mixer(q, states)
    graph.replay()
    torch.testing.assert_close(out, expected)
