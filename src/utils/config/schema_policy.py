"""Declarations: learners with policies and critics."""

from __future__ import annotations

from collections.abc import Mapping

from utils.config.key import Key
from utils.config.kinds import flag, number, text, whole

_POLICIES = (
    Key("critic_lr", number(0), "Learning rate of the critic of coma, lica, riit and maddpg."),
    Key("save_probs", flag(), "Record the probabilities that actions were drawn with (ppo_learner needs them)."),
    Key("entropy", number(0), "Weight of the entropy bonus (coma_learner, ppo_learner)."),
    Key("entropy_coef", number(0), "Weight of the entropy bonus (lica_learner, fmac_learner)."),
    Key("ent_coef", number(0), "Weight of the entropy bonus (policy_gradient_v2)."),
    Key("vf_coef", number(0), "policy_gradient_v2: weight of the value loss."),
    Key(
        "critic",
        text(),
        "ppo_learner: the values, `rnn` (each agent's own, IPPO) or `centralv` (of the state, MAPPO); other learners "
        "do not read this.",
    ),
    Key("critic_coef", number(0), "ppo_learner: weight of the value loss."),
    Key("gae_lambda", number(0, 1), "ppo_learner: lambda of the generalised advantages."),
    Key("mini_epochs", whole(1), "ppo_learner: passes over a batch.", "gradient steps"),
    Key("eps_clip", number(0), "ppo_learner: clipping range of probability ratios and of values."),
    Key("use_value_norm", flag(), "ppo_learner: values are learned in units of the returns' running deviation."),
    Key(
        "mask_advantages",
        flag(),
        "ppo_learner: padded steps have no part in the advantages and nothing is bootstrapped through an episode's "
        "end; False is PyMARL2's IPPO.",
    ),
    Key(
        "standardise_advantages",
        flag(),
        "coma_learner, policy_gradient_v2, offpg_learner: advantages less their mean and over their standard "
        "deviation, both of the batch's real transitions, so that one entropy weight fits rewards of any size; False "
        "is PyMARL2's.",
    ),
    Key("lica_mixing_embed_dim", whole(1), "lica_learner: units of the critic.", "units"),
    Key("hypernet_embed_dim", whole(1), "lica_learner: hidden units of the critic's hypernetworks.", "units"),
    Key("critic_hidden_dim", whole(1), "fmac_learner, maddpg_learner: hidden units of the critic.", "units"),
    Key(
        "lambd",
        number(0, 1),
        "fmac_learner: lambda of the targets on new episodes, and with `retrace` of those on old ones, which else are "
        "one-step.",
    ),
    Key("retrace", flag(), "fmac_learner: Retrace targets on old episodes; it needs `save_probs`."),
    Key("off_buffer_size", whole(1), "fmac_learner, offpg_learner: the replay of old episodes.", "episodes"),
    Key("off_batch_size", whole(1), "fmac_learner, offpg_learner: old episodes in one step of the critic.", "episodes"),
    Key("tb_lambda", number(0, 1), "offpg_learner: lambda of the tree backup."),
    Key("step", whole(1), "offpg_learner: steps of the tree backup.", "environment steps"),
    Key("reg", number(0), "maddpg_learner: weight of the logits' mean square."),
)

POLICY: Mapping[str, tuple[Key, ...]] = {"Policies and critics": _POLICIES}
