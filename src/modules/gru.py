"""A GRU unrolled over time, with its own passes on the CPU.

Legend: T time steps, N rows (episodes x agents), E inputs, H memory.

PyTorch's CPU GRU records about ten operations a step for autograd and makes the weights' gradients step by step. Here
whatever does not depend on the recursion is one operation over all steps, the recursion is a matrix product and a few
in-place operations a step, and nothing is kept where no gradient is wanted (target networks).
"""

from __future__ import annotations

from typing import Any

import torch as th
from torch.autograd.function import once_differentiable
from torch.nn import GRUCell
from torch.nn.functional import linear


def unroll_gru(cell: GRUCell, inputs: th.Tensor, h0: th.Tensor) -> th.Tensor:
    """``cell`` applied step by step: inputs ``[T, N, E]``, first memory ``[N, H]`` -> memories ``[T, N, H]``.

    On CUDA this is cuDNN's fused GRU.
    """
    weights = (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
    if inputs.device.type == "cpu":
        return _GRUOverTime.apply(inputs, h0, *weights)
    # one layer with biases, no dropout, one direction, time first; "train" only decides what cuDNN keeps for the
    # backward pass, which it needs whatever mode the agent is in
    out, _ = th.gru(inputs, h0.unsqueeze(0).contiguous(), weights, True, 1, 0.0, True, False, False)
    return out


class _GRUOverTime(th.autograd.Function):
    """The recursion ``h_t = (1 - z) n + z h_{t-1}`` (Cho et al. 2014, as PyTorch's GRUCell defines the gates).

    ``r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)`` and ``n = tanh(x_n + r h_n)``, where ``x_*`` are the thirds of
    ``W_ih x_t + b_ih`` and ``h_*`` those of ``W_hh h_{t-1} + b_hh``.
    """

    @staticmethod
    def forward(
        ctx: Any, x: th.Tensor, h0: th.Tensor, w_ih: th.Tensor, w_hh: th.Tensor, b_ih: th.Tensor, b_hh: th.Tensor
    ) -> th.Tensor:
        t_max, n_rows, _ = x.shape
        two = 2 * w_hh.shape[1]
        hidden = w_hh.shape[1]
        keep = any(ctx.needs_input_grad)
        rz = linear(x, w_ih[:two], b_ih[:two] + b_hh[:two])  # [T, N, 2H], becomes r and z
        new = linear(x, w_ih[two:], b_ih[two:])  # [T, N, H], becomes n
        w_rz, w_n, b_n = w_hh[:two].t().contiguous(), w_hh[two:].t().contiguous(), b_hh[two:]
        h_n = x.new_empty(t_max if keep else 1, n_rows, hidden)
        states = x.new_empty(t_max + 1, n_rows, hidden)  # h_0 ... h_T
        states[0] = h0
        before = states[0]
        hn_steps = h_n.unbind(0) if keep else [h_n[0]] * t_max
        r_steps, z_steps = rz[..., :hidden].unbind(0), rz[..., hidden:].unbind(0)
        steps = zip(rz.unbind(0), r_steps, z_steps, hn_steps, new.unbind(0), states.unbind(0)[1:], strict=True)
        for rz_t, r, z, hn_t, n, after in steps:
            rz_t.addmm_(before, w_rz).sigmoid_()
            th.addmm(b_n, before, w_n, out=hn_t)
            # tanh(a) = 2 sigmoid(2 a) - 1: on the CPU a third of tanh's time
            n.addcmul_(r, hn_t).mul_(2).sigmoid_().mul_(2).sub_(1)
            th.lerp(n, before, z, out=after)
            before = after
        if keep:
            ctx.save_for_backward(x, rz, h_n, new, states, w_ih, w_hh)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_out: th.Tensor) -> tuple[th.Tensor | None, ...]:
        x, rz, h_n, new, states, w_ih, w_hh = ctx.saved_tensors
        t_max, n_rows, hidden = new.shape
        r, z, previous = rz[..., :hidden], rz[..., hidden:], states[:-1]
        # How dh_t goes into what the gates were made from: [r, z, h_n], as factors of dh_t ...
        d_new = th.ops.aten.tanh_backward(1 - z, new)  # [T, N, H]: into n's argument, which is x_n's gradient
        grads = x.new_empty(t_max, n_rows, 3 * hidden)
        th.ops.aten.sigmoid_backward(d_new * h_n, r, grad_input=grads[..., :hidden])
        th.ops.aten.sigmoid_backward(previous - new, z, grad_input=grads[..., hidden : 2 * hidden])
        th.mul(d_new, r, out=grads[..., 2 * hidden :])
        # ... and, step by step backwards, as gradients: dh_{t-1} = z dh_t + W_hh^T grads_t
        d_states = grad_out.clone(memory_format=th.contiguous_format)  # becomes dh_t
        carried = th.zeros_like(states[0])
        thirds = grads.view(t_max, n_rows, 3, hidden).unbind(0)
        steps = zip(thirds, grads.unbind(0), d_states.unbind(0), z.unbind(0), strict=True)
        for third, grad, d_state, z_t in reversed(list(steps)):
            d_state.add_(carried)
            third.mul_(d_state.unsqueeze(1))  # [N, 3, H] * [N, 1, H]
            th.mul(d_state, z_t, out=carried)
            carried.addmm_(grad, w_hh)
        flat = grads.view(-1, 3 * hidden)  # [T * N, 3H]
        d_w_hh, d_b_hh = flat.t() @ previous.reshape(-1, hidden), flat.sum(0)
        grads[..., 2 * hidden :] = d_states.mul_(d_new)  # r and z see x as they see h; n sees x without r
        d_w_ih, d_b_ih = flat.t() @ x.reshape(flat.shape[0], -1), flat.sum(0)
        return (flat @ w_ih).view_as(x), carried, d_w_ih, d_w_hh, d_b_ih, d_b_hh
