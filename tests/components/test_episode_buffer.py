import numpy as np
import pytest
import torch as th
from tests.conftest import make_args, make_batch, make_scheme

from components.episode_buffer import EpisodeBatch
from components.replay_buffer import ReplayBuffer


@pytest.fixture
def args():
    return make_args()


@pytest.fixture
def batch(args):
    return make_batch(args, [9, 4, 6], [False, True, True])


def test_padding_is_zero_everywhere(batch):
    for key, tensor in batch.data.transition_data.items():
        assert tensor[1, 5:].abs().sum() == 0, key


def test_filled_marks_every_state_that_was_seen(batch):
    assert batch["filled"].sum(1).flatten().tolist() == [10, 5, 7]
    assert batch.max_t_filled() == 10


def test_one_hot_follows_actions(batch):
    onehot, actions = batch["actions_onehot"], batch["actions"]
    seen = batch["filled"].bool().squeeze(-1)
    assert th.equal(onehot.argmax(-1, keepdim=True)[seen], actions[seen])
    assert th.equal(onehot.sum(-1)[seen], th.ones_like(onehot.sum(-1)[seen]))


def test_a_key_is_writable_storage(batch):
    batch["reward"][0, 0, 0] = 42.0
    assert batch["reward"][0, 0, 0] == 42.0
    batch.update({"reward": [[7.0]]}, bs=[0], ts=0)
    assert batch["reward"][0, 0, 0] == 7.0


def test_updates_at_a_list_of_episodes_touch_only_those(batch):
    before = batch["state"].clone()
    batch.update({"state": np.ones((2, 12))}, bs=[0, 2], ts=3)
    assert th.equal(batch["state"][1], before[1])
    assert (batch["state"][[0, 2], 3] == 1).all()


@pytest.mark.parametrize("shape", [(3, 11), (2, 12), (3, 12, 2)])
def test_values_that_do_not_fit_are_refused_with_both_shapes(batch, shape):
    with pytest.raises(ValueError, match=r"state.*do not fit a place of shape"):
        batch.update({"state": np.zeros(shape)}, ts=0)


def test_unknown_keys_name_what_there_is(batch):
    with pytest.raises(KeyError, match="avail_actions"):
        batch["rewards"]


def test_slices_are_batches(batch):
    part = batch[1:, :5]
    assert (part.batch_size, part.max_seq_length) == (2, 5)
    assert th.equal(part["obs"], batch["obs"][1:, :5])
    assert batch[2].batch_size == 1
    keys = batch["obs", "state"]
    assert "obs" in keys
    assert "reward" not in keys


def test_filled_is_reserved(args):
    scheme, groups, _ = make_scheme(args)
    with pytest.raises(ValueError, match="reserved"):
        EpisodeBatch({**scheme, "filled": {"vshape": 1}}, groups, 1, 2)


def make_buffer(args, size, seed=0):
    scheme, groups, preprocess = make_scheme(args)
    return ReplayBuffer(scheme, groups, size, args.episode_limit + 1, preprocess=preprocess, seed=seed)


def test_replay_keeps_the_newest_episodes(args):
    buffer = make_buffer(args, 5)
    for i in range(4):
        episodes = make_batch(args, [9, 9], [True, True], seed=i)
        episodes["reward"][:] = i
        buffer.insert_episode_batch(episodes)
    assert buffer.episodes_in_buffer == 5
    assert sorted(buffer["reward"][:, 0, 0].tolist()) == [1.0, 2.0, 2.0, 3.0, 3.0]


def test_an_overwritten_episode_leaves_nothing_behind(args):
    buffer = make_buffer(args, 2)
    buffer.insert_episode_batch(make_batch(args, [9, 9], [True, True]))
    buffer.insert_episode_batch(make_batch(args, [3, 3], [True, True])[:, :4])
    assert buffer["obs"][:, 4:].abs().sum() == 0
    assert buffer.max_t_filled() == 4


def test_samples_are_cut_to_the_longest_and_are_copies(args):
    buffer = make_buffer(args, 8)
    buffer.insert_episode_batch(make_batch(args, [3, 4, 2], [True] * 3))
    sample = buffer.sample(3)
    assert sample.max_seq_length == 5
    sample["reward"][:] = 9
    assert not (buffer["reward"] == 9).any()


def test_every_episode_is_sampled_equally_often(args):
    buffer = make_buffer(args, 10)
    episodes = make_batch(args, [2] * 10, [True] * 10)
    episodes["reward"][:] = th.arange(10.0).view(10, 1, 1)
    buffer.insert_episode_batch(episodes)
    counts = np.zeros(10)
    for _ in range(600):
        ids = buffer.sample(3)["reward"][:, 0, 0].long().numpy()
        assert len(set(ids)) == 3  # without replacement
        counts[ids] += 1
    assert counts.sum() == 1800
    assert np.abs(counts - 180).max() < 60  # 5 standard deviations


def test_replay_state_round_trip_gives_the_same_samples(args):
    buffer = make_buffer(args, 6, seed=1)
    buffer.insert_episode_batch(make_batch(args, [5, 6, 7, 8], [True] * 4))
    buffer.sample(2)
    other = make_buffer(args, 6, seed=99)
    other.load_state_dict(buffer.state_dict())
    assert th.equal(buffer.sample(3)["obs"], other.sample(3)["obs"])


def test_too_small_buffers_say_so(args):
    with pytest.raises(ValueError, match="raise buffer_size"):
        make_buffer(args, 2).insert_episode_batch(make_batch(args, [2, 2, 2], [True] * 3))
    with pytest.raises(ValueError, match="5 episodes asked for"):
        make_buffer(args, 8).sample(5)
