"""Every learner with the parts that go with it, and how tests build and train it."""

import torch as th
from tests.conftest import make_args, make_batch

from controllers import REGISTRY as MACS
from learners import REGISTRY as LEARNERS

PYMARL2_QTRAN = {"learner": "qtran_learner", "mixer": "qtran_base", "double_q": False}
TD_SETTINGS = [
    {"learner": learner, "mixer": mixer, **extra}
    for learner in ("q_learner", "nq_learner")
    for mixer in (None, "vdn", "qmix")
    for extra in ([{}, {"double_q": False}] if learner == "q_learner" else [{}, {"q_lambda": True}])
]
TD_SETTINGS += [
    {"learner": "nq_learner", "mixer": "qatten", "agent_own_state_size": 4},
    {"learner": "dmaq_qatten_learner", "mixer": "dmaq"},
    {"learner": "dmaq_qatten_learner", "mixer": "dmaq", "weighted_head": False, "is_stop_gradient": False},
    {"learner": "max_q_learner", "mixer": "qmix", "hysteretic_qmix": False, "central_mixing_embed_dim": 16},
    {"learner": "max_q_learner", "mixer": "vdn", "hysteretic_qmix": True, "central_action_embed": 2},
    {"learner": "qtran_learner", "mixer": "qtran_base", "qtran_arch": "coma_critic", "network_size": "big"},
    PYMARL2_QTRAN,
    {"learner": "qtran_learner", "mixer": "qtran_base", "qtran_memories": "own"},
]

_GUMBEL = {"mac": "lica_mac", "action_selector": "gumbel", "agent_output_type": "pi_logits"}
_DRAWN = {"mac": "basic_mac", "action_selector": "multinomial", "agent_output_type": "pi_logits"}
_PPO = {"learner": "ppo_learner", "mixer": None, "save_probs": True, "mini_epochs": 2, **_DRAWN}
_VMIX = {"learner": "policy_gradient_v2", **_DRAWN, "mac": "ppo_mac", "agent": "rnn_ppo"}

PYMARL2_PPO = {**_PPO, "critic": "rnn", "use_value_norm": True, "mask_advantages": False}
POLICY_SETTINGS = [
    {"learner": "coma_learner", "mixer": None, **_DRAWN},
    PYMARL2_PPO,
    {**_PPO, "critic": "rnn", "use_value_norm": False, "mask_advantages": True},
    {**_PPO, "critic": "centralv", "use_value_norm": True, "mask_advantages": True, "agent": "n_rnn"},
    *({**_VMIX, "mixer": mixer} for mixer in (None, "vdn", "qmix")),
    {"learner": "lica_learner", "mixer": None, **_GUMBEL, "lica_mixing_embed_dim": 8},
    *({"learner": "fmac_learner", "mixer": mixer, **_GUMBEL} for mixer in ("vdn", "qmix")),
    {"learner": "fmac_learner", "mixer": "qmix", **_GUMBEL, "retrace": True, "save_probs": True},
    *({"learner": "offpg_learner", "mixer": mixer, **_DRAWN, "mac": "dop_mac"} for mixer in ("vdn", "qmix")),
    {"learner": "coma_learner", "mixer": None, "standardise_advantages": True, **_DRAWN},
    {**_VMIX, "mixer": "qmix", "standardise_advantages": True},
    {"learner": "offpg_learner", "mixer": "vdn", "standardise_advantages": True, **_DRAWN, "mac": "dop_mac"},
    {"learner": "maddpg_learner", "mixer": None, **_GUMBEL, "critic_hidden_dim": 16},
]
SETTINGS = TD_SETTINGS + POLICY_SETTINGS


def ids(settings):
    return "-".join(str(v) for k, v in settings.items() if k not in ("mac", "action_selector", "agent_output_type"))


def build(logger, **changes):
    """A learner, and a batch of a terminated, a time-limited and two shorter episodes."""
    changes = {"optimizer": "adam", "learner_log_interval": 0, **changes}
    args = make_args(**changes)
    batch = make_batch(args, [9, 4, 6, 5], [False, True, True, False])
    mac = MACS[args.mac](batch.scheme, batch.groups, args)
    return LEARNERS[args.learner](mac, batch.scheme, logger, args), batch


def train(learner, batch, t_env=100, episode=0):
    """All that the training loop asks of the learner at one update, on the same episodes."""
    for update in type(learner).updates:
        getattr(learner, update.method)(*[batch] * len(update.draws), t_env, episode)


def weights(learner):
    parameters = [p for online, _ in learner.networks().values() for p in online.parameters()]
    return th.cat([p.detach().flatten() for p in parameters])


def stats_after_training(logger, learner, batch):
    logger.stats.clear()
    train(learner, batch)
    return {k: v[-1] for k, v in logger.stats.items()}
