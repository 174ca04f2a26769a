"""Declarations: replay, optimiser, agents, exploration, learner and mixer.

Default values live in config/default.yaml alone. Names that live in registries (mac, agent, learner, mixer,
action_selector) are text here; they are looked up when a run is prepared.
"""

from __future__ import annotations

from collections.abc import Mapping

from utils.config.key import Key
from utils.config.kinds import Kind, choice, flag, number, or_null, text, whole
from utils.config.schema_policy import POLICY
from utils.config.schema_run import STEPS

_REPLAY = (
    Key("buffer_size", whole(1), "The replay keeps this many of the newest episodes.", "episodes"),
    Key(
        "buffer_cpu_only",
        flag(),
        "Keep the replay in main memory although the networks are on a GPU.",
        affects_result=False,
    ),
    Key(
        "batch_size", whole(1), "Episodes in one gradient step; learning starts once the replay holds them.", "episodes"
    ),
    Key(
        "updates_per_rollout",
        whole(0),
        "Gradient steps after each rollout of `batch_size_run` episodes. PyMARL2 does 1 whatever `batch_size_run` is; "
        "at equal use of data, 8 workers with 8 updates compare with 1 worker with 1. 0: no learning.",
        "gradient steps",
    ),
    Key(
        "accumulated_episodes",
        or_null(whole(1)),
        "Learning waits until this many episodes have been collected since the last time; null: after every rollout. "
        "PyMARL2 waits for a multiple of it.",
        "episodes",
    ),
    Key("gamma", number(0, 1), "Discount factor.", "per environment step"),
    Key("optimizer", choice("adam", "rmsprop"), "The optimiser."),
    Key(
        "optim",
        or_null(choice("adam", "rmsprop")),
        "PyMARL2's other name of `optimizer`, in its vmix.yaml: where it is set it wins, and the record has it as "
        "`optimizer`; null: not set.",
    ),
    Key("lr", number(0), "Learning rate of agent and mixer."),
    Key("optim_alpha", number(0, 1), "rmsprop: smoothing constant (PyMARL's 0.99)."),
    Key(
        "optim_eps",
        number(0),
        "rmsprop: epsilon in the denominator (PyMARL's 1e-5), where `optimizer_epsilon` is null and the learner has no "
        "epsilon of its own.",
    ),
    Key(
        "optimizer_epsilon",
        or_null(number(0)),
        "Epsilon in the optimiser's denominator; null is PyMARL2's: adam 1e-8 (RIIT 1e-7), rmsprop 1e-8 in VMIX and "
        "DOP, else `optim_eps`. The record has the number.",
    ),
    Key("weight_decay", number(0), "L2 penalty in the optimiser; 0: none."),
    Key("grad_norm_clip", number(above=0), "Gradients above this L2 norm, over all parameters, are scaled down to it."),
)

_AGENTS = (
    Key(
        "mac",
        text(),
        "The controller, by its registered name: `basic_mac`, `n_mac`, `ppo_mac` (agents with a value), `lica_mac` "
        "(also gives logits), `dop_mac` (policies mixed with exploration), `conv_mac`.",
    ),
    Key(
        "agent",
        text(),
        "The agents' network, by its registered name: `rnn`, `n_rnn`, `ff`, `att_rnn` (attends to the other agents), "
        "`rnn_ppo` (policy and value), `noisy_rnn` (noisy last layer), `conv_agent` (convolutions over time), `mlp`.",
    ),
    Key("att_heads", whole(1), "att_rnn: attention heads over the agents.", "heads"),
    Key("att_embed_dim", whole(1), "att_rnn: units of a head.", "units"),
    Key("frames", whole(4), "conv_agent: the newest inputs that it sees.", "environment steps"),
    Key("agent_return_logits", flag(), "mlp: outputs as they are; False: bounded by tanh."),
    Key("share_parameters", flag(), "One network for all agents; False: each has its own."),
    Key("rnn_hidden_dim", whole(1), "Units of the agents' hidden layers and of their memory.", "units"),
    Key("obs_agent_id", flag(), "Agents see their own number, one-hot (they share their parameters)."),
    Key("obs_last_action", flag(), "Agents see their own last action, one-hot."),
    Key("use_layer_norm", flag(), "n_rnn: layer norm before the last layer."),
    Key("use_orthogonal", flag(), "n_rnn, and the QMIX mixer of nq_learner: orthogonal initialisation."),
    Key("gain", number(0), "n_rnn with `use_orthogonal`: gain of its last layer."),
    Key(
        "agent_output_type",
        choice("q", "pi_logits"),
        "basic_mac: the network's outputs are utilities (`q`) or, after a softmax, probabilities (`pi_logits`); n_mac "
        "takes them as utilities whatever this says.",
    ),
    Key("mask_before_softmax", flag(), "With `pi_logits`: unavailable actions get probability 0."),
)

_EXPLORATION = (
    Key(
        "action_selector",
        text(),
        "How actions are chosen, by its registered name: `epsilon_greedy`, `multinomial` (from probabilities), "
        "`gumbel` (from logits; over utilities it is Boltzmann exploration with temperature 1).",
    ),
    Key("epsilon_start", number(0, 1), "Share of random actions at the start."),
    Key("epsilon_finish", number(0, 1), "Share of random actions after `epsilon_anneal_time`."),
    Key("epsilon_anneal_time", whole(1), "Epsilon falls linearly from start to finish over this time.", STEPS),
)

_LEARNER = (
    Key(
        "learner",
        text(),
        "The learner, by its registered name: `q_learner` (one-step targets), `nq_learner` (TD(lambda) or Q(lambda)), "
        "`dmaq_qatten_learner` (QPLEX), `max_q_learner` (weighted QMIX), `qtran_learner` (QTRAN), `coma_learner`, "
        "`ppo_learner` (IPPO, MAPPO), `policy_gradient_v2` (VMIX), `lica_learner`, `fmac_learner` (RIIT), "
        "`offpg_learner` (DOP), `maddpg_learner`.",
    ),
    Key(
        "double_q",
        flag(),
        "q_learner, qtran_learner: the learned network chooses the next action and the target network values it "
        "(double Q); False: the target network does both. The other value-based learners are always double-Q.",
    ),
    Key(
        "td_lambda",
        number(0, 1),
        "Lambda of the targets; 0 is one-step, 1 Monte Carlo. Not read by q_learner, qtran_learner and maddpg_learner "
        "(always one-step), fmac_learner (`lambd`) and ppo_learner (`gae_lambda`).",
    ),
    Key("q_lambda", flag(), "nq_learner: Q(lambda) targets, corrected for exploration, in place of TD(lambda)."),
    Key(
        "target_update_mode",
        choice("hard", "soft"),
        "How target networks follow: `hard` copies every `target_update_interval`, `soft` moves by `target_update_tau` "
        "after each gradient step; of coma_learner and offpg_learner, whose critics take a step for each time step, "
        "once for each batch.",
    ),
    Key(
        "target_update_interval",
        whole(1),
        "hard: least distance of two copies; coma_learner, lica_learner and offpg_learner count steps of the critic "
        "in place of episodes.",
        "episodes",
    ),
    Key(
        "target_update_tau",
        number(0, 1),
        "soft: share of the learned weights in the targets' new ones.",
        "per update",
    ),
    Key(
        "mixer",
        or_null(text()),
        "The mixer, by its registered name: `vdn`, `qmix`, `qatten`, `dmaq` (QPLEX's), `qtran_base`, `tfcaf` (a credit "
        "function written by a language model, see `llm`); null: agents learn independently. `qmix` is another network "
        "under q_learner than under nq_learner, as in PyMARL2.",
    ),
    Key(
        "mixing_embed_dim", whole(1), "QMIX: units of the mixing network; QTRAN: hidden units of its networks.", "units"
    ),
    Key(
        "hypernet_layers",
        whole(1, 2),
        "QMIX, except nq_learner's (always 2): layers of the hypernetworks of its weights.",
        "layers",
    ),
    Key(
        "hypernet_embed",
        whole(1),
        "QMIX: hidden units of two-layer hypernetworks; QPLEX: of the networks of its head.",
        "units",
    ),
    Key("abs", flag(), "QMIX, except nq_learner's: True is monotonic; False, unrestricted, is an ablation."),
    Key(
        "qmix_pos_func",
        choice("abs", "softplus", "quadratic"),
        "QMIX of nq_learner: what makes its weights non-negative.",
    ),
    Key("qmix_pos_func_beta", number(above=0), "With `qmix_pos_func: softplus`: its beta (sharpness)."),
)

_ATTENTION = (
    Key("n_attention_head", whole(1), "Qatten: attention heads.", "heads"),
    Key("n_query_embedding_layer1", whole(1), "Qatten: hidden units of a head's query of the state.", "units"),
    Key("n_query_embedding_layer2", whole(1), "Qatten: size of a query; equals that of a key.", "units"),
    Key("n_key_embedding_layer1", whole(1), "Qatten: size of an agent's key.", "units"),
    Key("n_head_embedding_layer1", whole(1), "Qatten: hidden units of the heads' weights.", "units"),
    Key("n_head_embedding_layer2", whole(1), "Qatten: the heads' weights; equals `n_attention_head`.", "heads"),
    Key("n_constrant_value", whole(1), "Qatten: hidden units of the constant c(s).", "units"),
    Key("type", choice("weighted", "sum"), "Qatten: heads weighted by the state, or summed."),
    Key(
        "agent_own_state_size",
        Kind((bool, int), low=1),
        "Qatten: how many values of the state belong to each agent, at the state's beginning; True asks the "
        "environment.",
        "values",
    ),
    Key("num_kernel", whole(1), "QPLEX: attention kernels of lambda.", "kernels"),
    Key("adv_hypernet_layers", whole(1, 3), "QPLEX: layers of lambda's networks.", "layers"),
    Key("adv_hypernet_embed", whole(1), "QPLEX: hidden units of lambda's networks.", "units"),
    Key(
        "weighted_head", flag(), "QPLEX: a learned positive weight and an offset for each utility; False is VDN's head."
    ),
    Key("is_minus_one", flag(), "QPLEX: advantages count with lambda - 1 beside the utilities, else with lambda."),
    Key("is_stop_gradient", flag(), "QPLEX: no gradient flows through the advantages."),
)

_WEIGHTED = (
    Key("hysteretic_qmix", flag(), "True: OW-QMIX, False: CW-QMIX."),
    Key("w", number(0, 1), "Weight of joint actions that do not count in full (alpha in the paper)."),
    Key("qmix_loss", number(0), "Weight of the loss of Q_tot."),
    Key("central_loss", number(0), "Weight of the loss of the central value."),
    Key("central_mac", choice("basic_central_mac"), "Controller of the central value; PyMARL2's key, with one value."),
    Key("central_agent", choice("central_rnn"), "Network of the central value; it has `rnn_hidden_dim` units."),
    Key("central_action_embed", whole(1), "Numbers that the central agent gives for each action.", "numbers"),
    Key(
        "central_mixer", choice("ff"), "Mixer of the central value: `ff`, unrestricted; PyMARL2's key, with one value."
    ),
    Key("central_mixing_embed_dim", whole(1), "Units of the central mixer's layers.", "units"),
)

_QTRAN = (
    Key(
        "qtran_arch",
        choice("qtran_paper", "coma_critic"),
        "What the joint value sees: encodings of memories and actions, or the joint action itself.",
    ),
    Key(
        "qtran_memories",
        choice("pymarl2", "own"),
        "qtran_paper: the joint value of a step sees each agent's `own` memory of that step, or, as in `pymarl2`, "
        "memories of other steps and agents, padded ones among them.",
    ),
    Key("network_size", choice("small", "big"), "Two hidden layers in its networks, or three."),
    Key("opt_loss", number(0), "Weight of the loss of greedy joint actions."),
    Key("nopt_min_loss", number(0), "Weight of the loss of the joint actions taken."),
)

_PRIORITISED = (
    Key(
        "use_per",
        flag(),
        "Episodes are drawn by priority and weighted in the loss (q_learner, nq_learner, dmaq_qatten_learner).",
    ),
    Key("per_alpha", number(0, 1), "Exponent of the priorities; 0 is uniform."),
    Key("per_beta", number(0, 1), "Exponent of the weights at the start; it grows to 1 at `t_max`."),
    Key("return_priority", flag(), "Priorities are the episodes' returns in place of their TD errors."),
)

LEARNING: Mapping[str, tuple[Key, ...]] = {
    "Replay and optimisation": _REPLAY,
    "Agents": _AGENTS,
    "Exploration": _EXPLORATION,
    "Learner and mixer": _LEARNER,
    "Attention mixers (Qatten, QPLEX)": _ATTENTION,
    "Weighted QMIX (max_q_learner)": _WEIGHTED,
    "QTRAN (qtran_learner)": _QTRAN,
    "Prioritised replay": _PRIORITISED,
    **POLICY,
}
