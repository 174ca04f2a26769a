"""What every metric means: name, unit, equation and who logs it, once. ``docs/metrics.md`` is made from this."""

from __future__ import annotations

from dataclasses import dataclass, replace

TEST_PREFIX = "test_"
MEAN_SUFFIX = "_mean"


@dataclass(frozen=True)
class Metric:
    """One metric.

    tested: also logged with the prefix ``test_``, over the episodes of a test.
    whole: a whole number, shown without decimals.
    latest: the console shows its last value where others are averaged (counters, schedules).
    """

    name: str
    unit: str
    meaning: str
    logged_by: str
    section: str
    equation: str = ""
    tested: bool = False
    whole: bool = False
    latest: bool = False


METRICS: dict[str, Metric] = {}

ENVIRONMENT_NUMBER = Metric(
    "<info key>_mean",
    "per episode",
    "Each number that the environment returned as `info` with an episode's last step, under its own name, as "
    "`battle_won_mean` (win rate) and `episode_limit_mean` (share of episodes that ran out of time).",
    "runner",
    "Episodes",
    "(1 / E) sum_e info_e[key]",
    tested=True,
)


def declare_metric(
    name: str,
    unit: str,
    meaning: str,
    logged_by: str,
    section: str = "Other",
    equation: str = "",
    tested: bool = False,
    whole: bool = False,
    latest: bool = False,
) -> Metric:
    """Declares a metric; whoever adds an algorithm calls this for each of its own. See :class:`Metric`.

    Raises ValueError where the name is declared already and means something else.
    """
    metric = Metric(name, unit, meaning, logged_by, section, equation, tested, whole, latest)
    if METRICS.setdefault(name, metric) != metric:
        raise ValueError(f"metric {name!r} is declared already: {METRICS[name].meaning}")
    return metric


def find_metric(key: str) -> Metric | None:
    """What a logged name means, None for one that nobody declared.

    An undeclared ``<key>_mean`` is taken for a number of the environment, whose names only it knows.
    """
    if key in METRICS:
        return METRICS[key]
    name = key.removeprefix(TEST_PREFIX)
    metric = METRICS.get(name)
    if metric is None and name.endswith(MEAN_SUFFIX) and name != MEAN_SUFFIX:
        metric = replace(ENVIRONMENT_NUMBER, name=name)
    if metric is None or not metric.tested:
        return None
    return replace(metric, name=key)


def _declare_episodes() -> None:
    def episodes(name: str, unit: str, meaning: str, equation: str = "", whole: bool = False) -> None:
        declare_metric(name, unit, meaning, "runner", "Episodes", equation, tested=True, whole=whole)

    episodes("return_mean", "return per episode", "Undiscounted sum of the team's rewards.", "R = (1 / E) sum_e R_e")
    episodes(
        "return_std",
        "return per episode",
        "Its standard deviation over the episodes.",
        "sqrt((1 / E) sum_e (R_e - R)^2)",
    )
    episodes("ep_length_mean", "env steps per episode", "Length of an episode.", "(1 / E) sum_e T_e")
    episodes("n_episodes", "episodes", "Episodes that the means above are taken over.", "E", whole=True)


def _declare_environments() -> None:
    def count(name: str, unit: str, meaning: str, by: str) -> None:
        declare_metric(name, unit, meaning, by, "Environments", whole=True, latest=True)

    count(
        "dropped_episodes",
        "episodes",
        "Episodes, tests included, that an environment dropped because its own program failed, since the start of this "
        "process; each was played anew. Logged once there is one.",
        "runner",
    )
    starcraft = "StarCraft II, over all environments, tests included, since the start of this process: "
    count("sc2_restarts", "restarts", starcraft + "how often the game crashed or hung and was started again.", "runner")
    count("battles_game", "episodes", starcraft + "battles fought.", "runner")
    count("battles_won", "episodes", starcraft + "battles won.", "runner")
    count("timeouts", "episodes", starcraft + "battles that ran out of time.", "runner")


def _declare_progress() -> None:
    def progress(name: str, unit: str, meaning: str, by: str = "run loop", equation: str = "", **kind: bool) -> None:
        declare_metric(name, unit, meaning, by, "Progress and speed", equation, **kind)

    progress("episode", "episodes", "Training episodes collected so far.", whole=True, latest=True)
    progress("updates", "gradient steps", "Gradient steps so far.", whole=True, latest=True)
    progress("epsilon", "probability", "Probability that an agent acts at random in training.", "runner", latest=True)
    progress(
        "env_steps_per_second",
        "env steps/s",
        "Speed of the whole run since the last log, gradient steps and tests included.",
    )
    progress("rollout_ms", "ms per env step", "Time to collect, from acting to the replay buffer, since the last log.")
    progress("update_ms", "ms per gradient step", "Time to learn, from drawing a batch on, since the last log.")
    progress("reward_mean", "reward per step", "Mean that `standardise_rewards` subtracts.")
    progress("reward_std", "reward per step", "Standard deviation that `standardise_rewards` divides by.")


def _declare_learner() -> None:
    def learner(name: str, unit: str, meaning: str, equation: str) -> None:
        declare_metric(name, unit, meaning, "value-based learners", "Value-based learners", equation)

    learner("loss_td", "squared return", "What is minimised.", "0.5 sum(m (Q_tot - y)^2) / sum(m)")
    learner(
        "grad_norm",
        "gradient norm",
        "L2 norm of the gradient over all trained parameters, before clipping.",
        "||dL / dtheta||_2",
    )
    learner(
        "td_error_abs",
        "return",
        "Distance of value and target. (PyMARL2's `nq_learner` logs half the squared error under this name.)",
        "sum(m |Q_tot - y|) / sum(m)",
    )
    learner(
        "q_taken_mean",
        "return per agent",
        "Joint value of the actions taken, on PyMARL's scale: per agent. (Learners with policies: the critic's mean "
        "value, not divided by A.)",
        "sum(m Q_tot) / (A sum(m))",
    )
    learner("target_mean", "return per agent", "Its target, on the same scale.", "sum(m y) / (A sum(m))")
    learner("loss", "squared return", "QPLEX, weighted QMIX, QTRAN: what is minimised.", "the parts below, weighted")
    learner("hit_prob", "share", "QPLEX: agents' actions that are their greedy ones.", "mean(u_i = argmax Q_i)")
    learner(
        "qmix_loss",
        "squared return",
        "Weighted QMIX: the loss of Q_tot, without PyMARL's factor 1/2.",
        "sum(m w (Q_tot - y)^2) / sum(m)",
    )
    learner(
        "central_loss",
        "squared return",
        "Weighted QMIX: the loss of the central value.",
        "0.5 sum(m (Q* - y)^2) / sum(m)",
    )
    padded = "as PyMARL2 logs it, with padded steps; use the one below"
    learner("w_to_use", "weight", f"Weighted QMIX: mean weight of the errors, {padded}.", "mean(w)")
    learner("w_to_use_masked", "weight", "Weighted QMIX: mean weight of the errors.", "sum(m w) / sum(m)")
    learner("td_loss", "squared return", "QTRAN: the joint value's error.", "sum(m (Q_jt - y)^2) / sum(m)")
    learner("opt_loss", "squared return", "QTRAN: at greedy joint actions.", "sum(m (Q'_jt - Q_jt + V)^2) / sum(m)")
    learner("nopt_loss", "squared return", "QTRAN: at actions taken.", "sum(m min(0, Q'_jt - Q_jt + V)^2) / sum(m)")
    learner(
        "td_targets", "return", "QTRAN: signed error of the joint value (PyMARL's name).", "sum(m (Q_jt - y)) / sum(m)"
    )
    learner("td_chosen_qs", "return", f"QTRAN: joint value of the actions taken, {padded}.", "sum(Q_jt) / sum(m)")
    learner("td_chosen_qs_masked", "return", "QTRAN: joint value of the actions taken.", "sum(m Q_jt) / sum(m)")
    learner("v_mean", "return", f"QTRAN: the state value, {padded}.", "sum(V) / sum(m)")
    learner("v_mean_masked", "return", "QTRAN: the state value.", "sum(m V) / sum(m)")
    learner("agent_indiv_qs", "return per agent", "QTRAN: utilities of the actions taken.", "sum(m Q_i) / (A sum(m))")
    for name in ("agent", "mixer"):
        learner(f"{name}_norm", "gradient norm", f"Weighted QMIX: L2 norm of the {name}'s gradient alone.", "||.||_2")


def _declare_policies() -> None:
    def policy(name: str, unit: str, meaning: str, equation: str = "") -> None:
        declare_metric(name, unit, meaning, "learners with policies", "Policies and critics", equation)

    policy("critic_loss", "squared return", "Loss of the critic (PPO: in units of its value norm, if used).", "L_V")
    policy("critic_grad_norm", "gradient norm", "L2 norm of the critic's gradient (and its mixer's), before clipping.")
    policy("agent_grad_norm", "gradient norm", "L2 norm of the policies' gradient (VMIX: of all), before clipping.")
    policy("advantage_mean", "return", "Mean advantage of the actions taken (PPO: standardised).", "sum(m A) / sum(m)")
    policy("coma_loss", "return", "COMA, DOP: the policy gradient's loss; VMIX: the whole loss.", "-mean(A log pi)")
    policy("pg_loss", "return", "VMIX: the policy gradient's loss; RIIT, MADDPG: minus the critic's value.", "-mean(Q)")
    policy("actor_loss", "return", "PPO: the clipped surrogate.", "-mean(min(r A, clip(r) A))")
    policy("mix_loss", "return", "LICA: minus the critic's value, less the entropy bonus.", "-mean(Q) - c H / |H|")
    policy("entropy_loss", "nats", "Mean entropy of an agent's policy.", "-sum pi log pi")
    policy("entropy", "nats", "LICA: mean entropy of an agent's policy.", "-sum pi log pi")
    policy("pi_max", "probability", "Mean probability of the likeliest action.", "mean(max_u pi(u))")
    policy("lr", "learning rate", "PPO: the learning rate.")
    policy("target_vals", "return", "RIIT: mean target of Q_tot.", "sum(m y) / sum(m)")
    policy("q_t_mean", "return", "LICA: mean value of the joint actions taken.", "sum(m Q) / sum(m)")
    policy("q_max_mean", "return", "DOP: mean of each agent's highest utility.", "mean(max_u Q_i)")
    policy("q_min_mean", "return", "DOP: mean of each agent's lowest utility.", "mean(min_u Q_i)")


def _declare_sizes() -> None:
    sizes = {
        "agent_parameters": "the agents' network",
        "mixer_parameters": "the mixer",
        "central_agent_parameters": "weighted QMIX's central network",
        "central_mixer_parameters": "weighted QMIX's central mixer",
        "critic_parameters": "the critic",
        "value_norm_parameters": "PPO's value norm (none)",
    }
    for name, what in sizes.items():
        declare_metric(
            name,
            "parameters",
            f"Trainable parameters of {what}, logged once at the start.",
            "run",
            "Sizes",
            whole=True,
            latest=True,
        )


_declare_episodes()
_declare_environments()
_declare_progress()
_declare_learner()
_declare_policies()
_declare_sizes()
