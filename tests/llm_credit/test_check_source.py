"""What is accepted, what is refused and where: no candidate is ever executed as Python by the plug-in."""

import copy
import subprocess
import sys
import warnings

import pytest
import torch

from envs import REGISTRY
from llm_credit import (
    CreditError,
    Refused,
    TaskDescription,
    TFCAFSettings,
    build_tfcaf,
    check_source,
    compile_source,
)
from llm_credit.states import corner_states, draw_actions, draw_states

KEYS = ["Foraging-5x5-2p-1f-coop-v3", "Foraging-2s-8x8-2p-2f-coop-v3", "Foraging-2s-10x10-3p-3f-v3"]
KEYS += ["Foraging-15x15-4p-3f-v3", "Foraging-6x6-5p-4f-v3", "Foraging-19x19-9p-4f-coop-v3"]


def lbf(key=KEYS[1], state="global"):
    return REGISTRY["lbf"](key=key, seed=1, state=state).describe()


TASK = lbf()
S = "torch.ones(state.shape[0], 2)"


def weights(body, result="w, torch.zeros_like(w[:, :1])"):
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return f"def credit_weights(state):\n{lines}\n    return {result}\n"


BENIGN = {
    "uniform": weights(f"w = {S}"),
    "imports": "import torch\nimport torch.nn.functional as F\nfrom typing import Tuple\n" + weights(f"w = {S}"),
    "annotated": "def credit_weights(state: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:\n"
    f'    """Says why."""\n    w: Tensor = {S}\n    return w, w[:, :1] * 0.0\n',
    "softmax": weights("w = 2 * torch.softmax(state[:, 0:2], dim=1)"),
    "functional": weights("w = 2 * F.softmax(state[:, 0:2], dim=-1) + F.softplus(state[:, :2]) * 0.1"),
    "loop": weights("parts = []\nfor i in range(2):\n    parts.append(state[:, 3 * i].abs() + 1.0)\nw = torch.stack(parts, dim=1)"),
    "constants": weights("n = 2\nout = torch.zeros(state.shape[0], 2)\nfor i in range(n):\n    out[:, i] = state[:, i].abs()\nw = out + 1"),
    "where": weights("w = torch.where(state[:, 0:2] > 2, torch.ones_like(state[:, 0:2]), 0.5 * torch.ones_like(state[:, 0:2]))"),
    "bool": weights("m = (state[:, 0:2] > 1).bool()\nw = m.float() + 0.5"),
    "augmented": weights("w = state[:, 0:2].clone()\nw += 20.0\nw *= 0.1"),
    "precedence": weights("a = state[:, 0:2] > 1\nb = state[:, 0:2] < 5\nw = (~a & b).float() + (a | a & b).float() + 1.0"),
    "clamp": weights("d = (state[:, 0:1] - state[:, 3:4]).abs()\nw = torch.clamp(1.0 / (d + 1.0), min=0.1).repeat(1, 2)"),
    "normal": weights("w = torch.sigmoid(state[:, 0:2])\nw = 2 * w / w.sum(dim=1, keepdim=True)"),
    "if": weights(f"if state.shape[1] > 3:\n    w = {S}\nelse:\n    w = 2 * {S}"),
    "bmm": weights("d = torch.cdist(state[:, 0:2].unsqueeze(2), state[:, 6:8].unsqueeze(2)).sum(dim=2)\nw = torch.exp(-d) + 0.1").replace(
        "torch.cdist(state[:, 0:2].unsqueeze(2), state[:, 6:8].unsqueeze(2))", "(state[:, 0:2].unsqueeze(2) - state[:, 6:8].unsqueeze(1)).abs()"
    ),
    "einsum": weights("w = torch.einsum('ni,ni->ni', state[:, 0:2], state[:, 0:2]) + 1.0"),
    "stride": weights("w = state[:, 0:6:3] + 1.0"),
    "paper": "def QLLMNetwork(agents_q, global_state):\n    w = torch.softmax(global_state[:, 0:2], dim=1)\n"
    "    return (agents_q * w).sum(dim=1, keepdim=True)\n",
}  # fmt: skip

HOSTILE = {
    "import os": ("text", "import os\n" + weights(f"w = {S}")),
    "inner import": ("screen", weights(f"import os\nw = {S}")),
    "from os": ("text", "from os import system\n" + weights(f"w = {S}")),
    "open": ("screen", weights(f"open('x')\nw = {S}")),
    "eval": ("screen", weights(f"eval('1')\nw = {S}")),
    "dunder": ("screen", weights(f"x = state.__class__\nw = {S}")),
    "dunder name": ("screen", weights(f"x = __builtins__\nw = {S}")),
    "torch.save": ("screen", weights(f"torch.save(state, 'x')\nw = {S}")),
    "torch.from_file": ("screen", weights(f"x = torch.from_file('x')\nw = {S}")),
    "torch.load": ("screen", weights(f"x = torch.load('x')\nw = {S}")),
    "grad mode": ("screen", weights(f"torch.set_grad_enabled(False)\nw = {S}")),
    "seed": ("screen", weights(f"torch.manual_seed(0)\nw = {S}")),
    "random": ("screen", weights("w = torch.rand(state.shape[0], 2)")),
    "random method": ("screen", weights("w = state[:, :2].normal_()")),
    "empty": ("screen", weights("w = torch.empty(state.shape[0], 2)")),
    "as_strided": ("screen", weights("w = torch.as_strided(state, (2, 2), (1, 1))")),
    "while": ("screen", weights(f"while True:\n    pass\nw = {S}")),
    "long loop": ("screen", weights(f"for i in range(20000):\n    pass\nw = {S}")),
    "nested loops": ("screen", weights(f"for i in range(200):\n    for j in range(200):\n        pass\nw = {S}")),
    "unknown range": ("screen", weights(f"for i in range(state.shape[0]):\n    pass\nw = {S}")),
    "large tensor": ("screen", weights("w = torch.ones(100000, 100000)")),
    "repeat bomb": ("screen", weights("w = state.repeat(1, 1000000)")),
    "power": ("screen", weights(f"x = 9 ** 9 ** 9\nw = {S}")),
    "large int": ("screen", weights(f"x = 10000000000\nw = {S}")),
    "in place": ("screen", weights("state[:, 0] = 0\nw = state[:, :2]")),
    "in place view": ("screen", weights("x = state[:, :2]\nx[:, 0] = 0\nw = x")),
    "in place alias": ("screen", weights("x = state\nx[0] = 0\nw = x[:, :2]")),
    "in place method": ("screen", weights("w = state[:, :2].mul_(2)")),
    "resize": ("screen", weights("w = state.resize_(2, 2)")),
    "requires grad": ("screen", weights("w = state[:, :2].requires_grad_(True)")),
    "cuda": ("screen", weights("w = state[:, :2].cuda()")),
    "parameter in place": ("probe", weights("state += 1\nw = state[:, :2]")),
    "lambda": ("screen", weights("f = lambda x: x\nw = state[:, :2]")),
    "print": ("screen", weights(f"print(state)\nw = {S}")),
    "string": ("screen", weights(f"x = 'a'\nw = {S}")),
    "f-string": ("screen", weights(f"x = f'{{state}}'\nw = {S}")),
    "global": ("screen", weights(f"global x\nw = {S}")),
    "nested function": ("screen", weights(f"def g(x):\n    return x\nw = {S}")),
    "class": ("screen", weights(f"class A:\n    pass\nw = {S}")),
    "assert": ("probe", weights(f"assert state.dim() == 3\nw = {S}")),
    "raise": ("screen", weights(f"w = {S}\nraise ValueError")),
    "with": ("screen", weights(f"with torch.no_grad():\n    w = {S}")),
    "unknown name": ("screen", weights("w = secret")),
    "np": ("screen", weights("w = np.ones(2)")),
    "dead code": ("screen", weights(f"if False:\n    torch.save(state, 'x')\nw = {S}")),
    "decorator": ("text", "@torch.jit.script\n" + weights(f"w = {S}")),
    "default": ("text", weights(f"w = {S}").replace("(state)", "(state=1)")),
    "two functions": ("text", weights(f"w = {S}") * 2),
    "other name": ("text", weights(f"w = {S}").replace("credit_weights", "credits")),
    "other parameters": ("text", weights(f"w = {S}").replace("(state)", "(state, q)")),
    "module code": ("text", "x = 1\n" + weights(f"w = {S}")),
    "syntax": ("text", "def credit_weights(state:\n"),
    "null byte": ("text", "\x00"),
    "huge": ("text", weights(f"w = {S}") + "#" * 30000),
    "deep": ("text", weights("w = " + "(" * 80 + "state" + " + 1)" * 80)),
    "chained": ("compile", weights("w = (0 < state[:, :2] < 3).float()")),
    "types": ("compile", weights("w = torch.softmax(state, 'x')").replace("'x'", "[1.5]")),
    "wrong shape": ("probe", weights("w = state[:, :3] + 1.0")),
    "wrong bias": ("probe", weights(f"w = {S}", "w, w")),
    "one dimension": ("probe", weights("w = state[:, :2].sum(dim=1) + 1.0", "w, w.unsqueeze(1)")),
    "integers": ("probe", weights(f"w = {S}.long()")),
    "nan": ("probe", weights("w = torch.log(state[:, :2] - 100.0)")),
    "rare inf": ("probe", weights("w = 1.0 / state[:, 0:2]")),
    "zero only": ("probe", weights("w = 0.0 * state[:, :2]")),
    "negative only": ("probe", weights(f"w = -1.0 * {S}")),
    "row leak": ("probe", weights("w = state[:, :2] - state[:, :2].mean(dim=0) + 20.0")),
    "fixed rows": ("probe", weights("w = torch.ones(7, 2)")),
    "index error": ("probe", weights("w = state[:, 500].unsqueeze(1)")),
}  # fmt: skip


@pytest.mark.parametrize("name", BENIGN)
def test_sound_functions_are_accepted_and_equal_python(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tfcaf = compile_source(BENIGN[name], TASK, igm="relax", bias="on")
    scope = {}
    exec(
        "import torch\nimport torch.nn.functional as F\nfrom torch import Tensor\nfrom typing import Tuple\n"
        + BENIGN[name],
        scope,
    )
    states = draw_states(TASK, 64, seed=5)
    if tfcaf.form == "credit_weights":
        w, b = scope["credit_weights"](states)
    else:
        eye = torch.eye(2)
        b = 2 * scope["QLLMNetwork"](torch.zeros(64, 2), states)
        w = torch.cat([2 * scope["QLLMNetwork"](eye[i].expand(64, 2), states) - b for i in range(2)], dim=1)
    got_w, got_b = tfcaf.credit_weights(states)
    torch.testing.assert_close(got_w, w, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(got_b, b, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", HOSTILE)
def test_everything_else_is_refused_at_its_stage_with_a_reason(name):
    stage, source = HOSTILE[name]
    report = check_source(source, TASK)
    assert not report.accepted
    assert (report.stage, bool(report.reason)) == (stage, True), report
    with pytest.raises(Refused):
        compile_source(source, TASK)


def test_a_refusal_names_the_line():
    assert check_source(weights("w = state[:, :2]\nx = open('f')"), TASK).line == 3


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("name", ["", "proximity", "sharp", "uniform"])
def test_builtin_functions_fit_every_size(key, name):
    task = lbf(key)
    tfcaf = build_tfcaf(task, TFCAFSettings(source="builtin", builtin=name))
    states = torch.cat([draw_states(task, 200), corner_states(task)])
    w, b = tfcaf.credit_weights(states)
    assert tfcaf.report.igm == "proved"
    assert (w >= 0).all()
    assert (b == 0).all()
    torch.testing.assert_close(w.mean(dim=1), torch.ones(len(w)), atol=1e-4, rtol=1e-4)  # uniform credit is VDN


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("name", ["together", "uniform_lambda"])
def test_builtin_advantage_functions_fit_every_size(key, name):
    task = lbf(key)
    function = build_tfcaf(task, TFCAFSettings(source="builtin", builtin=name), ("credit_advantages",))
    assert function.report.igm == "proved"
    lam = function.credit_advantages(draw_states(task, 200), draw_actions(task, 200))
    torch.testing.assert_close(lam.mean(dim=1), torch.ones(200))


@pytest.mark.parametrize(
    "payoff", [[[8, 3, 2], [3, 2, 1], [2, 1, 0]], [[11, -30, 0], [-30, 7, 0], [0, 6, 5]], [[1, 1], [1, 1]]]
)
def test_regret_counts_what_an_agent_alone_could_gain(payoff):
    task = REGISTRY["matrix_game"](payoff=payoff).describe()
    function = build_tfcaf(task, TFCAFSettings(source="builtin", form="credit_advantages"), ("credit_advantages",))
    assert (function.origin, function.report.igm) == ("builtin:matrix_game/regret", "proved")
    n = len(payoff)
    best = max(range(n * n), key=lambda k: payoff[k // n][k % n])
    onehot = torch.nn.functional.one_hot(torch.tensor([[best // n, best % n], [n - 1, 0]]), n).float()
    lam = function.credit_advantages(torch.zeros(2, task.state_dim), onehot)
    torch.testing.assert_close(lam[0], torch.tensor([0.6, 0.6]))  # nobody can gain alone at the best joint action
    assert (lam[1] >= 0.6 - 1e-6).all()


def test_together_gives_more_to_who_could_join():
    task = lbf()
    function = build_tfcaf(task, TFCAFSettings(source="builtin", builtin="together"), ("credit_advantages",))
    state = torch.zeros(1, task.state_dim)

    def put(field, entity, value):
        state[:, task.field(field).slice_of(entity)] = value

    for agent, row in ((0, 2.0), (1, 4.0)):  # above and below the food
        put("agent_row", agent, row)
        put("agent_col", agent, 3.0)
    put("food_row", 0, 3.0)
    put("food_col", 0, 3.0)
    put("food_level", 0, 2.0)
    actions = torch.zeros(1, 2, task.n_actions)
    actions[0, 0, [a.name for a in task.actions].index("load")] = 1
    actions[0, 1, 0] = 1
    lam = function.credit_advantages(state, actions)
    assert lam[0, 1] > lam[0, 0]  # agent 1 stands there while agent 0 loads: its choice decides


def test_proximity_gives_the_nearer_agent_more():
    task = lbf(KEYS[0])
    state = torch.zeros(1, task.state_dim)
    # agent 0 beside the food, agent 1 in the far corner
    state[0, :9] = torch.tensor([1.0, 1, 1, 4, 4, 1, 1, 2, 2])
    w, _ = build_tfcaf(task, TFCAFSettings()).credit_weights(state)
    assert w[0, 0] > 1 > w[0, 1] > 0


def test_the_mixer_copies_saves_and_trains_nothing(tmp_path):
    tfcaf = build_tfcaf(TASK, TFCAFSettings())
    other = copy.deepcopy(tfcaf)
    q, states = torch.randn(6, 2, requires_grad=True), draw_states(TASK, 6).requires_grad_(True)
    out = tfcaf(q, states)
    assert torch.equal(out, other(q, states))
    out.sum().backward()
    torch.testing.assert_close(q.grad, tfcaf.credit_weights(states)[0])
    assert states.grad is None
    assert not list(tfcaf.parameters())
    torch.save(tfcaf.state_dict(), tmp_path / "m.th")
    other.load_state_dict(torch.load(tmp_path / "m.th"))
    assert dict(tfcaf.state_dict()) == {}


def test_the_gate():
    signed = weights("w = state[:, 0:2] - 2.5")
    states = draw_states(TASK, 200)
    raw = compile_source(signed, TASK, igm="relax")
    assert raw.report.igm == "violated"
    for phi in ("clamp", "abs", "softplus"):
        gated = compile_source(signed, TASK, phi=phi)
        assert gated.report.igm == "constructed"
        assert (gated.credit_weights(states)[0] >= 0).all()
    w = raw.credit_weights(states)[0]
    torch.testing.assert_close(compile_source(signed, TASK).credit_weights(states)[0], w.clamp(min=0))


def test_bias_is_off_by_default_and_bounded_when_on():
    source = weights(f"w = {S}", "w, 1000.0 * state[:, :1]")
    assert (compile_source(source, TASK).credit_weights(draw_states(TASK, 9))[1] == 0).all()
    with pytest.raises(Refused, match="range of returns"):
        compile_source(source, TASK, bias="on")


def test_wrong_shapes_are_refused_at_the_door():
    tfcaf = build_tfcaf(TASK, TFCAFSettings())
    with pytest.raises(ValueError, match=r"state should be \[N, 24\], received \[3, 5\]"):
        tfcaf(torch.zeros(3, 2), torch.zeros(3, 5))
    with pytest.raises(ValueError, match=r"agents_q should be \[3, 2\]"):
        tfcaf(torch.zeros(3, 4), torch.zeros(3, 24))


def test_sources_are_chosen_as_asked(tmp_path):
    path = tmp_path / "f.py"
    path.write_text(BENIGN["uniform"])
    assert build_tfcaf(TASK, TFCAFSettings(source="file", file=str(path))).origin.startswith("file:")
    with pytest.raises(CreditError, match=r"llm\.file=PATH"):
        build_tfcaf(TASK, TFCAFSettings(source="file"))
    with pytest.raises(CreditError, match="Did you mean proximity"):
        build_tfcaf(TASK, TFCAFSettings(builtin="proximty"))
    with pytest.raises(CreditError, match="did you mean phi"):
        TFCAFSettings.from_mapping({"phy": "abs"})
    with pytest.raises(CreditError, match="ask for it"):
        build_tfcaf(lbf(state="observations"), TFCAFSettings(source="builtin"))
    assert build_tfcaf(lbf(state="observations"), TFCAFSettings()).origin == "builtin:lbf/uniform"


def test_drawn_states_keep_to_the_declared_ranges():
    states = torch.cat([draw_states(TASK, 500), corner_states(TASK)[1:]])
    for f in TASK.state_fields:
        part = states[:, list(f.indices())]
        assert part.min() >= f.low
        assert part.max() <= f.high


def test_descriptions_load_without_torch():
    code = "import sys; sys.path.insert(0, 'src'); import llm_credit.task; sys.exit('torch' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], cwd=str(__import__("pathlib").Path(__file__).parents[2])
        ).returncode
        == 0
    )


def test_a_description_survives_json():
    assert TaskDescription.from_json(TASK.to_json()) == TASK
