"""What PyMARL2's configs have and these do not, and what to do: a key spelled alike would set something else."""

from __future__ import annotations

from collections.abc import Mapping

_UNREAD = "PyMARL2 has it in a config and reads it nowhere; leave it out"

GONE_KEYS: Mapping[str, str] = {
    "central_rnn_hidden_dim": f"{_UNREAD} (the central agent has rnn_hidden_dim units)",
    "critic_baseline_fn": f"{_UNREAD} (the learner says what its baseline is)",
    "critic_q_fn": f"{_UNREAD} (the learner says which critic it has)",
    "critic_train_mode": f"{_UNREAD} (the learner says how its critic is trained)",
    "critic_train_reps": f"{_UNREAD} (updates_per_rollout sets how many updates follow a rollout)",
    "critics_update_num": f"{_UNREAD} (updates_per_rollout sets how many updates follow a rollout)",
    "is_adv_attention": f"{_UNREAD} (QPLEX's lambda always looks at the joint action)",
    "lam": f"{_UNREAD} (td_lambda is the lambda of TD(lambda) returns)",
    "q_nstep": f"{_UNREAD} (td_lambda sets how far the returns look ahead)",
}

_OLD_TOO = "asks it for new and old episodes by itself (off_buffer_size, off_batch_size)"
_ONE_LOOP = "leave run out: one loop serves all learners, and"
GONE_VALUES: Mapping[tuple[str, str], str] = {
    ("run", "on_off"): f"{_ONE_LOOP} fmac_learner {_OLD_TOO}",
    ("run", "dop_run"): f"{_ONE_LOOP} offpg_learner {_OLD_TOO}",
    ("run", "per_run"): f"{_ONE_LOOP} use_per=True gives it prioritised replay",
}
