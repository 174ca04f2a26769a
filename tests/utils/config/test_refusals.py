"""What a user can get wrong is refused with the place, what was given, what was expected, and a hint."""

from __future__ import annotations

import pytest

from utils.config import load_config
from utils.config.pymarl2 import GONE_KEYS
from utils.config.schema import all_keys
from utils.errors import UserError


def test_a_typo_in_an_algorithm_file_names_file_line_and_the_key_meant(config_dir, refusal):
    (config_dir / "algs" / "mine.yaml").write_text('# Mine\nname: "mine"\nepsilon_strat: 1.0\n')
    message = refusal(alg="mine")
    assert message == ("config/algs/mine.yaml, line 3: there is no key epsilon_strat; did you mean epsilon_start?")


def test_a_typo_in_default_yaml_is_refused_too(config_dir, refusal):
    path = config_dir / "default.yaml"
    path.write_text(path.read_text().replace("grad_norm_clip:", "grad_norm_clap:"))
    message = refusal()
    assert "there is no key grad_norm_clap; did you mean grad_norm_clip?" in message
    assert "config/default.yaml: sets no value for grad_norm_clip" in message


def test_a_typo_inside_a_group_of_a_file(config_dir, refusal):
    (config_dir / "algs" / "mine.yaml").write_text("mixer: tfcaf\nllm:\n  phi: abs\n  sorce: file\n")
    message = refusal(alg="mine")
    assert message == "config/algs/mine.yaml, line 4: there is no key llm.sorce; did you mean llm.source?"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("mixr=vdn", "mixer"),
        ("llm.sorce=file", "llm.source"),
        ("lmm.source=file", "llm.source"),
        ("check_seed=1", "llm.check_seed"),
        ("lr.rate=1", "lr"),
        ("payoff=[[1, 2], [3, 4]]", "env_args.payoff"),
    ],
)
def test_a_typo_on_the_command_line(refusal, given, meant):
    key = given.partition("=")[0]
    assert refusal(given) == f"command line: there is no key {key}; did you mean {meant}?"


@pytest.mark.parametrize(
    ("key", "instead"),
    [
        ("lam", "td_lambda is the lambda of TD(lambda) returns"),
        ("critic_q_fn", "the learner says which critic it has"),
        ("is_adv_attention", "QPLEX's lambda always looks at the joint action"),
        ("central_rnn_hidden_dim", "the central agent has rnn_hidden_dim units"),
    ],
)
def test_a_key_of_pymarl2s_that_is_gone_is_said_to_be_and_no_other_key_is_suggested(refusal, key, instead):
    message = refusal(f"{key}=1")
    assert message.startswith(f"command line: there is no key {key}; PyMARL2 has it in a config and reads it nowhere;")
    assert instead in message
    assert "did you mean" not in message


def test_what_is_said_to_be_gone_is_gone():
    assert set(GONE_KEYS).isdisjoint(all_keys())


def test_a_key_like_no_other_points_to_the_page(refusal):
    assert "there is no key xyzzy; docs/config.md" in refusal("xyzzy=1")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("lr=abc", "lr must be a number of at least 0, not 'abc'"),
        ("lr=True", "lr must be a number of at least 0, not True"),
        ("lr=null", "lr must be a number of at least 0, not null"),
        ("lr=nan", "lr must be a number of at least 0, not 'nan'"),
        ("lr=1e999", "lr must be a number of at least 0, not inf"),
        ("lr=[0.1]", "lr must be a number of at least 0, not [0.1]"),
        ("lr=0.1,", "lr must be a number of at least 0, not [0.1]"),
        ("lr=1" + 400 * "0", "lr must be a number of at least 0, not 1000"),
        ("t_max=1.5", "t_max must be a whole number of at least 0, not 1.5"),
        ("t_max=1e999", "t_max must be a whole number of at least 0, not inf"),
        ("batch_size=True", "batch_size must be a whole number of at least 1, not True"),
        ("batch_size=0", "batch_size must be a whole number of at least 1, not 0"),
        ("use_cuda=1", "use_cuda must be true or false, not 1"),
        ("use_cuda=yes", "use_cuda must be true or false, not 'yes'"),
        ("gamma=1.01", "gamma must be a number from 0 to 1, not 1.01"),
        ("worker_timeout=0", "worker_timeout must be a number above 0, not 0"),
        ("hypernet_layers=3", "hypernet_layers must be a whole number from 1 to 2, not 3"),
        ("seed=-1", "seed must be a whole number from 0 to 4294967295 or null, not -1"),
        ("optimizer=sgd", "optimizer must be one of adam, rmsprop, not 'sgd'"),
        ("device=gpu", "device must be auto, cpu, cuda or cuda:N, not 'gpu'"),
        ("device=cuda:x", "device must be auto, cpu, cuda or cuda:N, not 'cuda:x'"),
        ("checkpoint_path=None", "checkpoint_path must be text, not null"),
        ("llm.phi=relu", "llm.phi must be one of clamp, abs, softplus, not 'relu'"),
        ("llm.check_states=1", "llm.check_states must be a whole number from 16 to 1000000, not 1"),
        ("llm=file", "llm must be a mapping, not 'file'; set its keys, as llm.KEY=VALUE"),
    ],
)
def test_a_wrong_value_shows_key_expectation_and_what_was_given(refusal, given, why):
    message = refusal(given)
    assert message.startswith(f"command line: {why}")
    assert len(message) < 250


def test_a_wrong_value_in_a_file_shows_the_line(config_dir, refusal):
    (config_dir / "algs" / "mine.yaml").write_text('lr: "0.1"\n')
    assert refusal(alg="mine") == "config/algs/mine.yaml, line 1: lr must be a number of at least 0, not '0.1'"


def test_an_algorithm_file_must_not_set_env_args(config_dir, refusal):
    (config_dir / "algs" / "mine.yaml").write_text("name: mine\nenv_args:\n  state_last_action: False\n")
    message = refusal(alg="mine")
    assert message.startswith("config/algs/mine.yaml, line 2: env_args belongs to environment files")


def test_unknown_config_names_list_what_exists_and_what_was_meant(config_dir):
    with pytest.raises(UserError) as caught:
        load_config(["--config=qmx", "--env-config=lfb"], config_dir)
    message = str(caught.value)
    assert "--config=qmx does not exist; there is coma, cw_qmix, dop" in message
    assert "Did you mean --config=qmix?" in message
    assert "Did you mean --env-config=lbf?" in message


def test_a_missing_name_lists_what_exists(config_dir):
    with pytest.raises(UserError, match=r"--env-config=NAME is missing; there is gymma, lbf, matrix_climbing"):
        load_config(["--config=qmix"], config_dir)
    with pytest.raises(UserError, match=r"--config=NAME is missing; there is coma, cw_qmix"):
        load_config(["--env-config=matrix_game"], config_dir)


def test_all_that_is_wrong_is_said_at_once(config_dir, refusal):
    (config_dir / "algs" / "mine.yaml").write_text("lrr: 1\ngamma: 2\nenv_args: {key: x}\n")
    message = refusal("mixr=vdn", "t_max=soon", "env_args.payof=1", alg="mine")
    lines = message.split("\n")
    assert lines[0] == "the configuration is not valid:"
    assert len(lines) == 7
    for part in ("lrr", "gamma", "line 3: env_args", "mixr", "t_max", "env_args.payof"):
        assert sum(part in line for line in lines[1:]) == 1, part


def test_a_wrong_name_does_not_hide_the_other_mistakes(config_dir):
    argv = ["--config=qmx", "--env-config=matrix_game", "with", "mixr=vdn", "env_args.payof=1"]
    with pytest.raises(UserError) as caught:
        load_config(argv, config_dir)
    message = str(caught.value)
    assert all(part in message for part in ("--config=qmx", "mixr", "env_args.payof does not exist"))


def test_an_environment_that_is_not_known_is_not_checked_against_another(config_dir):
    with pytest.raises(UserError) as caught:
        load_config(["--config=qmix", "--env-config=sc3", "with", "env_args.map_name=3m"], config_dir)
    assert "map_name" not in str(caught.value)
