"""Parts declare the config keys that they read, and a given key that no part of a run reads is said."""

import pytest
from tests.conftest import make_args, make_batch, make_scheme
from tests.learners.cases import SETTINGS, ids, train
from tests.learners.test_optimisers import NotedArgs
from tests.modules.test_dueling_tfcaf import TASK
from tests.run.test_prepare import prepared

from components.action_selectors import REGISTRY as SELECTORS
from components.prioritised_replay import PrioritizedReplayBuffer
from controllers import REGISTRY as MACS
from learners import REGISTRY as LEARNERS
from modules.agents import REGISTRY as AGENTS
from modules.mixers import REGISTRY as MIXERS
from modules.mixers import keys_of_mixers, mixers_of
from run.experiment import build_replay
from utils.reads import keys_read

PER = keys_read(PrioritizedReplayBuffer)
KEYS = PER.union(
    *(learner.keys_read() for learner in LEARNERS.values()),
    *(keys_read(part) for part in (*AGENTS.values(), *SELECTORS.values())),
    *(keys for family in MIXERS for keys in keys_of_mixers(family).values()),
)


def noted(build, *changes):
    """Which of the parts' keys are read while ``build`` runs on the default config with each of these changes."""
    NotedArgs.noted = set()
    for change in changes or ({},):
        build(NotedArgs(**vars(make_args(**change))))
    return NotedArgs.noted & KEYS


@pytest.mark.parametrize("name", AGENTS)
def test_agents_declare_what_they_read(name):
    assert noted(lambda args: AGENTS[name](20, args), {}, {"use_orthogonal": True}) == keys_read(AGENTS[name])


@pytest.mark.parametrize("name", SELECTORS)
def test_action_selectors_declare_what_they_read(name):
    assert noted(SELECTORS[name]) == keys_read(SELECTORS[name])


@pytest.mark.parametrize(("family", "name"), [(family, name) for family in MIXERS for name in mixers_of(family)])
def test_mixers_declare_what_they_read(family, name):
    known = {"agent_own_state_size": 3, "task": TASK.to_json(), "llm": {"source": "builtin", "builtin": "uniform"}}
    read = noted(mixers_of(family)[name], known, {**known, "hypernet_layers": 2})
    assert read == keys_of_mixers(family)[name]


@pytest.mark.parametrize("use_per", [True, False])
def test_the_replay_declares_what_it_reads(use_per):
    def build(args):
        args.use_per, args.buffer_size = use_per, 4
        build_replay("buffer_size", 0, *make_scheme(args), args)

    assert noted(build) & PER == (PER if use_per else set())


@pytest.mark.parametrize("settings", SETTINGS, ids=ids)
def test_training_reads_no_key_that_the_runs_parts_do_not_declare(settings, logger):
    """Else a key that works would be said to change nothing; critics and other networks of the learners included."""

    def build(args):
        batch = make_batch(args, [9, 4], [False, True])
        mac = MACS[args.mac](batch.scheme, batch.groups, args)
        train(LEARNERS[args.learner](mac, batch.scheme, logger, args), batch)

    args = make_args(**settings)
    learner = LEARNERS[args.learner]
    declared = learner.keys_read() | keys_read(AGENTS[args.agent]) | keys_read(SELECTORS[args.action_selector])
    if args.mixer is not None:
        declared |= keys_of_mixers(learner.mixer_family)[args.mixer]
    NotedArgs.noted = set()
    build(NotedArgs(**vars(make_args(optimizer="adam", learner_log_interval=0, **settings))))
    assert NotedArgs.noted & KEYS - declared == set()


def said(config, words):
    return [doubt for doubt in prepared(config, words).doubts if "changes nothing" in doubt]


Q_LEARNERS = "mixer=qmix of q_learner, max_q_learner, policy_gradient_v2, fmac_learner, offpg_learner"


@pytest.mark.parametrize(
    ("config", "words", "reason"),
    [
        ("qmix", "abs=False", f"mixer=qmix does not read it ({Q_LEARNERS})"),
        ("qmix", "hypernet_layers=1", f"mixer=qmix does not read it ({Q_LEARNERS})"),
        ("vmix", "qmix_pos_func=softplus", "mixer=qmix does not read it (mixer=qmix of nq_learner)"),
        ("vdn", "mixing_embed_dim=64", "mixer=vdn does not read it (mixer=qmix, mixer=qtran_base)"),
        ("qmix", "per_alpha=0.9", "use_per=False does not read it (use_per=True)"),
        ("qmix", "return_priority=True", "use_per=False does not read it (use_per=True)"),
        ("qmix", "llm.igm=relax", "mixer=qmix does not read it (mixer=tfcaf)"),
        ("coma", "llm.builtin=uniform", "mixer=null does not read it (mixer=tfcaf)"),
        ("lica", "epsilon_start=0.5", "action_selector=gumbel does not read it (action_selector=epsilon_greedy, "),
        ("coma", "test_noise=0.1", "action_selector=multinomial does not read it (action_selector=epsilon_greedy)"),
        ("qplex", "weighted_head=False mixer=tfcaf llm.builtin=uniform", "mixer=tfcaf does not read it (mixer=dmaq)"),
        ("iql", "gain=2.0", "agent=rnn does not read it (agent=n_rnn)"),
        ("vdn_beta", "use_orthogonal=True", "mixer=vdn and agent=rnn do not read it"),
        ("qmix", "frames=5", "agent=n_rnn does not read it (agent=conv_agent)"),
    ],
)
def test_a_key_for_other_parts_is_said_with_what_reads_it(config, words, reason):
    (message,) = said(config, words)
    key = words.split()[0]
    assert message.startswith(f"{key} changes nothing: ")
    assert reason in message


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("qmix_beta", "abs=False hypernet_layers=2 hypernet_embed=16 mixing_embed_dim=8 rnn_hidden_dim=8"),
        ("qmix", "qmix_pos_func=softplus qmix_pos_func_beta=2 use_orthogonal=True use_layer_norm=True gain=1"),
        ("qmix", "use_per=True per_alpha=0.9 return_priority=True epsilon_start=0.5 test_noise=0.1"),
        ("qmix", "mixer=tfcaf llm.builtin=uniform llm.igm=relax"),
        ("qplex", "mixer=tfcaf llm.builtin=uniform num_kernel=2 is_minus_one=False"),
        ("qtran", "mixing_embed_dim=8 rnn_hidden_dim=8 network_size=big"),
        ("cw_qmix", "central_action_embed=2 abs=False"),
    ],
)
def test_keys_of_the_runs_own_parts_are_not_warned_of(config, words):
    assert said(config, words) == []
