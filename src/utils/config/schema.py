"""Every config key: type, unit and what it means. The default values live in config/default.yaml alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from llm_credit.settings import TFCAFSettings


@dataclass(frozen=True)
class Key:
    """One config key.

    type: ``bool``, ``int``, ``float``, ``str`` or ``dict`` (a mapping that is checked elsewhere).
    low, high: inclusive bounds. choices: the whole closed set of a str.
    """

    name: str
    type: type
    help: str
    unit: str = ""
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value, or None. Expects :meth:`converted` values."""
        if value is None:
            return None if self.nullable else f"must be {self.expected}, not null"
        right = isinstance(value, self.type) and not (self.type is not bool and isinstance(value, bool))
        if not right:
            return f"must be {self.expected}, not {value!r}"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}, not {value!r}"
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return f"must lie {self.range}, not at {value!r}"
        return None

    def converted(self, value: Any) -> Any:
        """Whole numbers as the type that is declared: ``1`` for a float, ``2e5`` for an int; the rest as it is."""
        if isinstance(value, bool):
            return value
        if self.type is float and isinstance(value, int):
            return float(value)
        if self.type is int and isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    @property
    def expected(self) -> str:
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "text", dict: "a mapping"}
        return names[self.type] + (" or null" if self.nullable else "")

    @property
    def range(self) -> str:
        low = f"at {self.low:g} or above" if self.low is not None else ""
        high = f"at {self.high:g} or below" if self.high is not None else ""
        return " and ".join(filter(None, (low, high)))


SECTIONS: Mapping[str, tuple[Key, ...]] = {
    "Experiment": (
        Key("name", str, "Name of the algorithm in the record: results lie under sacred/<task>/<name>/."),
        Key("label", str, "Free text to find a run again; nothing reads it."),
        Key("repeat_id", int, "Free number to tell repetitions apart; nothing reads it."),
        Key("run", str, "The run loop, by name; there is one, for all algorithms.", choices=("default",)),
        Key(
            "seed",
            int,
            "Seeds networks, exploration, replay and every environment; null draws one and records it.",
            nullable=True,
            low=0,
            high=2**32 - 1,
        ),
        Key("t_max", int, "Training stops once more than this many steps have been taken.", "environment steps", low=0),
        Key("local_results_path", str, "Folder of everything that a run writes; relative to where it is started."),
        Key("use_cuda", bool, "With device=auto: use CUDA where there is a device."),
        Key("device", str, "auto (see use_cuda), cpu, cuda, or cuda:N for one of several devices."),
        Key("torch_threads", int, "CPU threads of torch; small networks are fastest with 1.", "threads", low=1),
        Key("progress_bar", bool, "Show progress: a bar in a terminal, now and then a line elsewhere."),
    ),
    "Environment and rollouts": (
        Key("env", str, "The environment, by its registered name."),
        Key(
            "env_args",
            dict,
            "What the environment is made with: the keys of its adapter (docs/environments).",
        ),
        Key("runner", str, "episode: one environment in the trainer; parallel: batch_size_run worker processes."),
        Key("batch_size_run", int, "Environments that run at the same time.", "environments", low=1),
        Key(
            "worker_timeout",
            float,
            "How long a worker may take over one answer before the run ends with a message that names it.",
            "seconds",
            low=0.1,
        ),
        Key(
            "standardise_rewards",
            bool,
            "Learn from rewards less their mean over their standard deviation, both over all rewards collected so far.",
        ),
    ),
    "Evaluation": (
        Key(
            "test_nepisode", int, "Episodes of a test, rounded down to a multiple of batch_size_run.", "episodes", low=1
        ),
        Key("test_interval", int, "Test whenever this many steps have been taken since.", "environment steps", low=1),
        Key("test_greedy", bool, "Test without exploration; False tests with the training's epsilon."),
        Key("test_noise", float, "Epsilon of greedy tests.", low=0, high=1),
        Key("evaluate", bool, "Only test the model of checkpoint_path, then stop."),
        Key("save_replay", bool, "Test the model of checkpoint_path and save a replay where the environment can."),
    ),
    "Logging": (
        Key(
            "log_interval",
            int,
            "Counters, speeds and the console table are logged this often.",
            "environment steps",
            low=1,
        ),
        Key("runner_log_interval", int, "Training episodes are logged this often.", "environment steps", low=1),
        Key("learner_log_interval", int, "Losses are logged this often.", "environment steps", low=0),
        Key("use_tensorboard", bool, "Also write TensorBoard files, to tb_logs/ under local_results_path."),
        Key("mongo_url", str, "Also record to this MongoDB (Sacred's observer; needs pymongo); empty for none."),
        Key("mongo_db", str, "Name of the database at mongo_url."),
    ),
    "Checkpoints": (
        Key("save_model", bool, "Save the networks to models/ under local_results_path, at the end too."),
        Key("save_model_interval", int, "How often they are saved.", "environment steps", low=1),
        Key(
            "save_training_state",
            bool,
            "Save beside them all that a bit-equal continuation needs (replay buffer, counters, random states); large, "
            "kept of the newest only.",
        ),
        Key("checkpoint_path", str, "Start from a model: the folder of folders named by their step; empty for none."),
        Key("load_step", int, "Which of them: the nearest to this step, 0 for the newest.", "environment steps", low=0),
    ),
    "Replay and optimisation": (
        Key("buffer_size", int, "The replay keeps this many of the newest episodes.", "episodes", low=1),
        Key("buffer_cpu_only", bool, "Keep the replay in main memory although the networks are on a GPU."),
        Key("batch_size", int, "Episodes in one gradient step.", "episodes", low=1),
        Key(
            "updates_per_rollout",
            int,
            "Gradient steps after each rollout of batch_size_run episodes. PyMARL2 does 1 however many workers there "
            "are: to compare 8 workers with 1 at equal use of data, give them 8.",
            "gradient steps",
            low=0,
        ),
        Key("gamma", float, "Discount factor.", "per step", low=0, high=1),
        Key("optimizer", str, "The optimiser.", choices=("adam", "rmsprop")),
        Key("lr", float, "Learning rate of agent and mixer.", low=0),
        Key("optim_alpha", float, "RMSProp's smoothing constant.", low=0, high=1),
        Key("optim_eps", float, "RMSProp's epsilon (PyMARL's 1e-5).", low=0),
        Key("weight_decay", float, "L2 penalty in the optimiser.", low=0),
        Key(
            "grad_norm_clip", float, "Gradients above this L2 norm, over all parameters, are scaled down to it.", low=0
        ),
    ),
    "Agents": (
        Key("mac", str, "The controller, by name: basic_mac, n_mac."),
        Key("agent", str, "The agents' network, by name: rnn, n_rnn, ff."),
        Key("rnn_hidden_dim", int, "Units of its hidden layers and of its memory.", "units", low=1),
        Key("obs_agent_id", bool, "Agents see their own number, one-hot (they share parameters)."),
        Key("obs_last_action", bool, "Agents see their own last action, one-hot."),
        Key("use_layer_norm", bool, "Layer norm before the last layer of n_rnn."),
        Key("use_orthogonal", bool, "Orthogonal initialisation of n_rnn and of nq_learner's QMIX mixer."),
        Key("gain", float, "Gain of that initialisation in n_rnn's last layer.", low=0),
        Key(
            "agent_output_type",
            str,
            "q: utilities; pi_logits: basic_mac turns outputs into probabilities.",
            choices=("q", "pi_logits"),
        ),
        Key("mask_before_softmax", bool, "With pi_logits: unavailable actions get probability 0."),
    ),
    "Exploration": (
        Key("action_selector", str, "How actions are chosen, by name: epsilon_greedy."),
        Key("epsilon_start", float, "Share of random actions at the start.", low=0, high=1),
        Key("epsilon_finish", float, "Share of random actions after epsilon_anneal_time.", low=0, high=1),
        Key("epsilon_anneal_time", int, "Epsilon falls linearly over this time.", "environment steps", low=1),
    ),
    "Learner and mixer": (
        Key("learner", str, "The learner, by name: q_learner (one-step), nq_learner (TD(lambda), Q(lambda))."),
        Key("double_q", bool, "q_learner: the learned network chooses the next action, the target network values it."),
        Key("td_lambda", float, "nq_learner: lambda of its returns; 0 is one-step, 1 Monte Carlo.", low=0, high=1),
        Key("q_lambda", bool, "nq_learner: Q(lambda) returns, corrected for exploration, in place of TD(lambda)."),
        Key(
            "target_update_mode",
            str,
            "hard: copy every target_update_interval; soft: target_update_tau at each gradient step.",
            choices=("hard", "soft"),
        ),
        Key("target_update_interval", int, "hard: episodes between two copies.", "episodes", low=1),
        Key("target_update_tau", float, "soft: how far the target networks move.", low=0, high=1),
        Key("mixer", str, "The mixer, by name: vdn, qmix, tfcaf; null for independent agents.", nullable=True),
        Key("mixing_embed_dim", int, "QMIX: units of the mixing network.", "units", low=1),
        Key("hypernet_layers", int, "QMIX under q_learner: layers of its hypernetworks.", "layers", low=1, high=2),
        Key("hypernet_embed", int, "QMIX: hidden units of its hypernetworks.", "units", low=1),
        Key("abs", bool, "QMIX under q_learner: monotonic; False is the unrestricted ablation."),
        Key(
            "qmix_pos_func",
            str,
            "QMIX under nq_learner: what keeps its weights positive.",
            choices=("abs", "softplus", "quadratic"),
        ),
        Key("qmix_pos_func_beta", float, "beta of softplus.", low=1e-6),
    ),
}

_PLUGIN_TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool}


def _plugin_keys() -> tuple[Key, ...]:
    """The plug-in declares its own settings; here they only get their prefix."""
    keys = []
    for f in fields(TFCAFSettings):
        kind = f.type if isinstance(f.type, str) else f.type.__name__
        meta = f.metadata
        keys.append(
            Key(
                f"llm.{f.name}",
                _PLUGIN_TYPES[kind],
                meta["help"],
                meta.get("unit", ""),
                low=meta.get("low"),
                high=meta.get("high"),
                choices=tuple(meta.get("choices", ())),
            )
        )
    return tuple(keys)


def all_sections() -> dict[str, tuple[Key, ...]]:
    """Every section with its keys, the plug-in's last."""
    return {**SECTIONS, "Credit functions (mixer: tfcaf)": _plugin_keys()}


def all_keys() -> dict[str, Key]:
    """Every key by its dotted name."""
    return {key.name: key for keys in all_sections().values() for key in keys}
