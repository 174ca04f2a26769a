"""Parts that do not go together are refused before a run starts, each with its reason."""

import pytest

from run.prepare import Prepared, prepare
from utils.config import load_config
from utils.errors import UserError


def prepared(config: str, words: str, env: str = "matrix_game") -> Prepared:
    """What a call on a command line gives; only its words are asked for by name."""
    game = "env_args.payoff=[[8,3],[3,2]]" if env == "matrix_game" else ""
    call = load_config(f"--config={config} --env-config={env} with use_cuda=False {game} {words}".split())
    return prepare(call.values, call.given)


@pytest.mark.parametrize(
    ("config", "words", "reason"),
    [
        ("qmix", "action_selector=multinomial", "needs action_selector=epsilon_greedy or action_selector=gumbel"),
        ("iql", "action_selector=multinomial", "action_selector=multinomial does not go with it"),
        ("iql", "agent_output_type=pi_logits", "learner=q_learner needs agent_output_type=q"),
        ("qplex", "mac=dop_mac", "mac=dop_mac does not go with it"),
        ("vdn", "mac=ppo_mac agent=rnn_ppo", "needs mac=basic_mac or mac=n_mac or mac=conv_mac"),
        ("qtran", "agent=conv_agent mac=conv_mac", "agent=conv_agent keeps inputs of earlier steps"),
        ("cw_qmix", "agent=central_rnn central_action_embed=2", "agent=central_rnn is a central value's network"),
        ("iql", "agent=central_rnn", "there is rnn, n_rnn, ff"),
        ("riit", "run=on_off", "leave run out: one loop serves all learners, and fmac_learner asks it"),
        ("dop", "run=dop_run", "offpg_learner asks it for new and old episodes by itself"),
        ("qmix", "run=per_run", "use_per=True gives it prioritised replay"),
        ("qmix", "run=defualt", "Did you mean run=default?"),
        ("qtran", "mixer=tfcaf", "its utilities are summed unweighted by definition"),
        ("qtran", "mixer=tfcaf", "mixer=tfcaf goes with --config=qmix, vdn or qatten; "),
        ("qtran", "mixer=qtran_bas", "which can use ['qtran_base']. Did you mean mixer=qtran_base?"),
        ("vmix", "mixer=tfcaf llm.builtin=regret", "the form credit_advantages has no place here"),
        ("vmix", "mixer=tfcaf llm.builtin=regret", "--config=qplex has a place for it"),
    ],
)
def test_parts_that_do_not_go_together(config, words, reason):
    with pytest.raises(UserError) as refused:
        prepared(config, words)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("config", "words"),
    [("qmix", "action_selector=gumbel"), ("qmix", "agent=conv_agent mac=conv_mac"), ("qtran", "agent=ff mac=n_mac")],
)
def test_parts_that_do(config, words):
    assert prepared(config, words).config["mac"]
