"""Which optimiser runs, that the record says it, and what is said of keys that change nothing."""

from collections.abc import Collection
from types import SimpleNamespace

import pytest
import torch as th
from tests.conftest import make_args, make_batch
from tests.learners.cases import SETTINGS, build, ids, train, weights

from controllers import REGISTRY as MACS
from learners import REGISTRY as LEARNERS
from run.prepare import prepare
from utils.config import load_config

LEARNER_KEYS = frozenset().union(*(cls.keys_read() for cls in LEARNERS.values()))


class NotedArgs(SimpleNamespace):
    """Arguments that note which of them were read, copies included."""

    noted: Collection[str] = set()

    def __getattribute__(self, name):
        NotedArgs.noted.add(name)
        return super().__getattribute__(name)


def read_by_training(settings, logger):
    changes = {"optimizer": "adam", "learner_log_interval": 0, **settings}
    args = NotedArgs(**vars(make_args(**changes)))
    batch = make_batch(args, [9, 4], [False, True])
    NotedArgs.noted = set()
    mac = MACS[args.mac](batch.scheme, batch.groups, args)
    train(LEARNERS[args.learner](mac, batch.scheme, logger, args), batch)
    return NotedArgs.noted & LEARNER_KEYS


@pytest.mark.parametrize("learner", LEARNERS)
def test_learners_declare_what_they_read(learner, logger):
    """In their networks, losses and updates of target networks, or for the training loop."""
    for_the_loop = {draw_key for u in LEARNERS[learner].updates for d in u.draws for draw_key in (d.size, d.source)}
    read = for_the_loop & LEARNER_KEYS
    for settings in (s for s in SETTINGS if s["learner"] == learner):
        for mode in ("hard", "soft"):
            read |= read_by_training({**settings, "target_update_mode": mode}, logger)
    assert read == LEARNERS[learner].keys_read()


def prepared(config, *words):
    env = "env_args.payoff=[[8,3],[3,2]] use_cuda=False"
    config = load_config(f"--config={config} --env-config=matrix_game with {env} {' '.join(words)}".split())
    return prepare(config.values, config.given)


@pytest.mark.parametrize(
    ("config", "words", "name", "eps"),
    [
        ("qmix", (), "adam", 1e-8),
        ("qmix_beta", (), "rmsprop", 1e-5),
        ("qmix_beta", ("optim_eps=0.001",), "rmsprop", 1e-3),
        ("coma", (), "adam", 1e-8),
        ("coma", ("optimizer=rmsprop", "optimizer_epsilon=0.01"), "rmsprop", 1e-2),
        ("mappo", (), "adam", 1e-8),
        ("lica", (), "adam", 1e-8),
        ("riit", (), "adam", 1e-7),
        ("vmix", (), "rmsprop", 1e-8),
        ("vmix", ("optim=adam",), "adam", 1e-8),
        ("dop", (), "rmsprop", 1e-8),
        ("maddpg", ("optimizer_epsilon=0.1",), "adam", 0.1),
    ],
)
def test_the_record_says_the_optimiser_that_runs(config, words, name, eps, logger):
    values = prepared(config, *words, "weight_decay=0.25").config
    assert (values["optimizer"], values["optim"], values["optimizer_epsilon"]) == (name, None, eps)
    keys = ("learner", "mixer", "mac", "agent", "agent_output_type", "action_selector", "save_probs", "critic")
    settings = {k: values[k] for k in (*keys, "optimizer", "optimizer_epsilon", "optim_alpha", "weight_decay")}
    learner, _ = build(logger, **settings)
    for optimiser in learner.optimisers.values():
        assert type(optimiser).__name__.lower() == name
        assert all((g["eps"], g["weight_decay"]) == (eps, 0.25) for g in optimiser.param_groups)


def doubts(config, *words):
    return [d for d in prepared(config, *words).doubts if "changes nothing" in d]


@pytest.mark.parametrize(
    ("config", "word", "words"),
    [
        ("vmix", "entropy=0.5", "learner=policy_gradient_v2 does not read it (coma_learner, ppo_learner)"),
        ("coma", "ent_coef=3", "does not read it (policy_gradient_v2)"),
        ("dop", "critic_lr=0.1", "does not read it (coma_learner, lica_learner, fmac_learner, maddpg_learner)"),
        ("iql", "q_lambda=True", "does not read it (nq_learner)"),
        ("iql", "td_lambda=0.1", "learner=q_learner does not read it"),
        ("qplex", "double_q=False", "learner=dmaq_qatten_learner does not read it"),
        ("vmix", "target_update_interval=5", "learner=policy_gradient_v2 does not read it"),
        ("coma", "optim_eps=0.1", "the optimiser is adam with epsilon 1e-08"),
        ("dop", "optim_eps=0.1", "the optimiser is rmsprop with epsilon 1e-08"),
    ],
)
def test_a_given_key_that_changes_nothing_is_said(config, word, words):
    (message,) = doubts(config, word)
    assert message.startswith(word)
    assert words in message


def test_keys_that_are_read_are_not_warned_of_nor_those_that_files_set():
    read = ("entropy=0.5", "critic_lr=0.1", "td_lambda=0.3", "optim=adam", "target_update_interval=5")
    assert doubts("coma", *read) == []
    assert doubts("qmix_beta", "optim_alpha=0.9", "optim_eps=0.1", "hypernet_layers=2") == []
    assert doubts("iql") == []


@pytest.mark.parametrize("settings", SETTINGS, ids=ids)
def test_continuing_learns_with_the_settings_of_today(settings, logger, tmp_path):
    learner, batch = build(logger, **settings, lr=0.5, critic_lr=0.25)
    train(learner, batch)
    learner.save_models(tmp_path)
    today = {"lr": 0.0, "critic_lr": 0.0, "optimizer_epsilon": 0.125, "weight_decay": 0.5}
    other, _ = build(logger, **settings, **today)
    other.load_models(tmp_path)
    for name, optimiser in other.optimisers.items():
        for group in optimiser.param_groups:
            assert (group["lr"], group["eps"], group["weight_decay"]) == (0.0, 0.125, 0.5)
        assert len(optimiser.state) == len(learner.optimisers[name].state) > 0  # what it has learned is there
    before = weights(other)
    train(other, batch)
    assert th.equal(weights(other), before)


def test_another_optimisers_file_is_refused(logger, tmp_path):
    from utils.errors import UserError

    learner, batch = build(logger, learner="q_learner", mixer="vdn", optimizer="adam")
    train(learner, batch)
    learner.save_models(tmp_path)
    other, _ = build(logger, learner="q_learner", mixer="vdn", optimizer="rmsprop")
    with pytest.raises(UserError, match=r"opt.th was not written by RMSprop"):
        other.load_models(tmp_path)
