"""Sound functions as language models write them, for the task of conftest.py: all of them must be accepted.

Legend: state[:, 3 i : 3 i + 3] agent i's row, column (0..6), level (1..2); state[:, 6 + 3 j : 9 + 3 j] food j's row,
column (-1..6), level (0..6), -1, -1, 0 where it is gone; state[:, 12:16] real, -1..1.
"""

from textwrap import dedent

_TEXTS = {
    "annotated with torch's names": '''
        import torch
        from typing import Tuple

        def credit_weights(state: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
            """Closer agents get more credit."""
            agents = state[:, :6].reshape(-1, 2, 3)
            foods = state[:, 6:12].reshape(-1, 2, 3)
            diff = agents[:, :, None, :2] - foods[:, None, :, :2]
            dist = diff.abs().sum(dim=-1)
            present = (foods[:, :, 2] > 0).unsqueeze(1)
            dist = torch.where(present, dist, torch.full_like(dist, 20.0))
            nearest = dist.min(dim=-1).values
            score = torch.softmax(-nearest / 3.0, dim=-1)
            w = 0.5 + 0.5 * score * 2
            b = torch.zeros(state.shape[0], 1, device=state.device, dtype=state.dtype)
            return w, b
    ''',
    "annotated with builtin tuple": """
        def credit_weights(state: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
            n: int = state.size(0)
            levels: torch.Tensor = torch.stack((state[:, 2], state[:, 5]), dim=1)
            w: torch.Tensor = levels / levels.sum(dim=1, keepdim=True).clamp_min(1.0) * 2.0
            w = w.clamp(0.3, 1.7)
            return w, state.new_zeros((n, 1))
    """,
    "sizes by name": """
        def credit_weights(state):
            n_agents = 2
            n_foods = 2
            agent_stride = 3
            food_offset = n_agents * agent_stride
            credits = []
            for i in range(n_agents):
                row = state[:, i * agent_stride]
                col = state[:, i * agent_stride + 1]
                lvl = state[:, i * agent_stride + 2]
                best = torch.zeros_like(row)
                for j in range(n_foods):
                    base = food_offset + j * 3
                    fr, fc, fl = state[:, base], state[:, base + 1], state[:, base + 2]
                    alive = (fl > 0).float()
                    d = (row - fr).abs() + (col - fc).abs()
                    best = torch.maximum(best, alive / (1.0 + d))
                credits.append(1.0 + best * lvl)
            w = torch.stack(credits, dim=1)
            w = w / w.mean(dim=1, keepdim=True)
            b = torch.zeros_like(w[:, :1])
            return w, b
    """,
    "comprehension": """
        def credit_weights(state):
            levels = torch.stack([state[:, 3 * i + 2] for i in range(2)], dim=1)
            w = levels / levels.mean(dim=1, keepdim=True).clamp(min=1e-6)
            return w, torch.zeros_like(w[:, :1])
    """,
    "comprehension of two": """
        def credit_weights(state):
            dists = [[(state[:, 3 * i] - state[:, 6 + 3 * j]).abs() for j in range(2)] for i in range(2)]
            near = torch.stack([torch.stack(row, dim=1).amin(dim=1) for row in dists], dim=1)
            w = torch.exp(-near / 4.0) + 0.5
            return w, w.new_zeros(w.size(0), 1)
    """,
    "sum of a generator": """
        def credit_weights(state):
            total = sum(state[:, 6 + 3 * j + 2] for j in range(2))
            share = torch.stack([state[:, 2], state[:, 5]], dim=1) / (total.unsqueeze(1) + 1.0)
            w = 0.5 + share / (share.sum(dim=1, keepdim=True) + 1e-8)
            return w, torch.zeros((state.shape[0], 1))
    """,
    "helper inside": """
        def credit_weights(state):
            def manhattan(r1, c1, r2, c2):
                return (r1 - r2).abs() + (c1 - c2).abs()

            d00 = manhattan(state[:, 0], state[:, 1], state[:, 6], state[:, 7])
            d10 = manhattan(state[:, 3], state[:, 4], state[:, 6], state[:, 7])
            near = torch.stack([d00, d10], dim=1)
            w = 2.0 * torch.softmax(-0.5 * near, dim=1)
            return 0.3 + 0.7 * w, torch.zeros(state.shape[0], 1)
    """,
    "lambda": """
        def credit_weights(state):
            norm = lambda x: x / (x.sum(dim=1, keepdim=True) + 1e-6)
            w = 2.0 * norm(state[:, 2:6:3])
            return w, torch.zeros(state.shape[0], 1)
    """,
    "chained comparison": """
        def credit_weights(state):
            row = state[:, 0:6:3]
            inner = torch.where(row > 1.0, 1.0, 0.5) * torch.where(row < 5.0, 1.0, 0.5)
            middle = ((1.0 < row) & (row < 5.0)).to(state.dtype)
            w = 0.5 + inner + 0.25 * middle
            if 1 < state.shape[1] <= 16:
                w = w * 1.0
            return w, torch.zeros(state.shape[0], 1, dtype=state.dtype)
    """,
    "precedence of not and and": """
        def credit_weights(state):
            near = (state[:, 0:6:3] - state[:, 6:7]).abs() <= 1
            strong = state[:, 2:6:3] > 1
            gone = state[:, 8:9] <= 0
            useful = near & ~gone | strong & ~near
            w = torch.where(useful, 1.4, 0.6) * torch.ones_like(state[:, 0:6:3])
            return w, torch.zeros(state.shape[0], 1)
    """,
    "precedence of minus and power": """
        def credit_weights(state):
            x = state[:, 12:14]
            w = 1.5 - -x ** 2 * 0.25 + -x ** 2 * 0.5
            return w, torch.zeros(state.shape[0], 1)
    """,
    "precedence of compare and bits": """
        def credit_weights(state):
            x, y = state[:, 12:14], state[:, 14:16]
            a = (x > 0) & (y > 0) | (x < 0) & (y < 0) ^ (x == y)
            b = not 1 == 2 and 3 > 2 or False
            w = a.float() * 0.5 + 0.75
            if b:
                w = w + 0.0
            return w, torch.zeros(state.shape[0], 1)
    """,
    "precedence of conditional": """
        def credit_weights(state):
            k = 3
            scale = 1.0 if k > 2 else 2.0 if k > 1 else 3.0
            w = torch.ones(state.shape[0], 2) * scale + (state[:, 0:6:3] * 0.1 if not k < 2 else 0.0)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "bool method": """
        def credit_weights(state):
            there = (state[:, 8:12:3] > 0).bool()
            any_food = there.any(dim=1, keepdim=True)
            lvl = state[:, 2:6:3]
            w = torch.where(any_food, lvl, torch.ones_like(lvl))
            return w / w.mean(dim=-1, keepdim=True), torch.zeros(len(state), 1)
    """,
    "functional": """
        import torch
        import torch.nn.functional as F

        def credit_weights(state):
            logits = F.relu(state[:, 12:14]) + F.softplus(state[:, 14:16])
            p = F.softmax(logits, dim=-1)
            w = 0.4 + 1.2 * p
            return w, torch.zeros(p.size(0), 1, device=p.device)
    """,
    "torch.nn.functional by name": """
        import torch

        def credit_weights(state):
            p = torch.nn.functional.softmax(state[:, 12:14], dim=1)
            w = torch.nn.functional.relu(p) + 0.5
            return w, torch.zeros(state.shape[0], 1)
    """,
    "normalize": """
        import torch.nn.functional as F

        def credit_weights(state):
            w = F.normalize(state[:, 2:6:3], p=1.0, dim=1) * 2.0
            return w, torch.zeros(state.shape[0], 1)
    """,
    "norm": """
        def credit_weights(state):
            d = torch.norm(state[:, 0:2] - state[:, 6:8], dim=1, keepdim=True)
            e = torch.linalg.norm(state[:, 3:5] - state[:, 6:8], dim=-1, keepdim=True)
            near = torch.exp(-torch.cat([d, e], dim=1) / 3.0)
            w = 0.5 + near
            return w, torch.zeros(state.shape[0], 1)
    """,
    "vector_norm and method": """
        def credit_weights(state):
            d = torch.linalg.vector_norm(state[:, 0:2] - state[:, 6:8], dim=1)
            e = (state[:, 3:5] - state[:, 6:8]).norm(dim=1)
            near = torch.stack((d, e), 1).reciprocal().clamp(max=1.0)
            return near + 0.5, torch.zeros(state.shape[0], 1)
    """,
    "cdist": """
        def credit_weights(state):
            agents = state[:, :6].view(-1, 2, 3)
            foods = state[:, 6:12].view(-1, 2, 3)
            d = torch.cdist(agents[..., :2], foods[..., :2], p=1.0)
            w = torch.exp(-d.min(dim=2)[0] * 0.5) + 0.5
            return w, torch.zeros(state.shape[0], 1)
    """,
    "finfo": """
        def credit_weights(state):
            eps = torch.finfo(torch.float32).eps
            lvl = state[:, 2:6:3]
            w = 2 * lvl / (lvl.sum(dim=1, keepdim=True) + eps)
            w = torch.where(lvl.sum(dim=1, keepdim=True) > 0, w, torch.ones_like(w))
            return w, torch.zeros_like(w[:, 0:1])
    """,
    "axis": """
        def credit_weights(state):
            lvl = state[:, 2:6:3]
            w = lvl / lvl.mean(axis=1, keepdims=True).clamp(min=0.5)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "enumerate and zip": """
        def credit_weights(state):
            cols = []
            for i, scale in enumerate([1.0, 1.1]):
                cols.append(state[:, 3 * i + 2] * scale)
            for j, (a, c) in enumerate(zip([6, 9], [0.1, 0.2])):
                cols[j] = cols[j] + c * state[:, a].abs()
            w = torch.stack(cols, dim=-1)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "loop over a tuple": """
        def credit_weights(state):
            w = torch.ones(state.shape[0], 2)
            for start in (6, 9):
                d = (state[:, 0:6:3] - state[:, start:start + 1]).abs()
                w = w + 0.5 * torch.exp(-d)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "range of a length": """
        def credit_weights(state):
            offsets = [6, 9]
            total = torch.zeros_like(state[:, :2])
            for k in range(len(offsets)):
                total = total + 1.0 / (1.0 + (state[:, 0:6:3] - state[:, offsets[k]].unsqueeze(-1)).abs())
            return total + 0.2, torch.zeros(state.shape[0], 1)
    """,
    "batch size first": """
        def credit_weights(state):
            N, S = state.shape
            batch_size = N
            positions = state[:, :6].view(batch_size, 2, 3)[:, :, :2]
            centre = positions.mean(dim=1, keepdim=True)
            far = (positions - centre).pow(2).sum(dim=-1).sqrt()
            w = 1.0 + 0.2 * torch.tanh(far)
            b = torch.zeros((batch_size, 1), dtype=state.dtype, device=state.device)
            return w, b
    """,
    "assigned columns": """
        def credit_weights(state):
            w = torch.ones((state.shape[0], 2), dtype=torch.float32, device=state.device)
            for i in range(2):
                w[:, i] = 0.5 + state[:, 3 * i + 2] / 2.0
            w[:, 0] *= 1.1
            w[:, 1] += 0.05
            return w, torch.zeros(state.shape[0], 1)
    """,
    "assigned by mask": """
        def credit_weights(state):
            gone = state[:, 8:12:3] <= 0
            d = (state[:, 0:6:3] - state[:, 6:12:3]).abs()
            d = d.clone()
            d[gone] = 10.0
            w = 0.5 + torch.exp(-d)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "infinity by a literal": """
        def credit_weights(state):
            d = torch.where(state[:, 8:12:3] > 0, state[:, 6:12:3], 1e9)
            w = 1.0 + 1.0 / (1.0 + d.amin(dim=1, keepdim=True)).expand(-1, 2).clamp(min=1.0)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "early return": """
        def credit_weights(state):
            ones = torch.ones(state.shape[0], 2)
            zeros = torch.zeros(state.shape[0], 1)
            if state.shape[1] < 6:
                return ones, zeros
            w = ones + 0.1 * state[:, 12:14]
            return w, zeros
    """,
    "docstring, comments, long names": '''
        def credit_weights(state):
            """
            Credit follows proximity.

            An agent beside food with enough level decides the return.
            """
            # --- unpack ---------------------------------------------------
            agent_rows = state[:, [0, 3]]          # [N, 2]
            agent_cols = state[:, [1, 4]]          # [N, 2]
            food_rows = state[:, [6, 9]]           # [N, 2]
            food_cols = state[:, [7, 10]]
            food_there = (state[:, [8, 11]] > 0.5).float()

            # pairwise distance [N, 2, 2]
            row_gap = (agent_rows.unsqueeze(-1) - food_rows.unsqueeze(-2)).abs()
            col_gap = (agent_cols.unsqueeze(-1) - food_cols.unsqueeze(-2)).abs()
            closeness = food_there.unsqueeze(-2) / (1.0 + row_gap + col_gap)
            total_closeness = closeness.sum(-1)
            normaliser = total_closeness.mean(dim=-1, keepdim=True) + 1e-3
            weights = (0.5 + 0.5 * total_closeness / normaliser).clamp(0.3, 3.0)
            bias = torch.zeros_like(weights[..., :1])
            return (weights, bias)
    ''',
    "tensor of constants": """
        def credit_weights(state):
            coef = torch.tensor([0.2, 0.1, 0.7], device=state.device, dtype=state.dtype)
            feats = state[:, :6].reshape(state.shape[0], 2, 3)
            w = 0.5 + (feats * coef).sum(dim=2) * 0.3
            return w, torch.zeros(state.shape[0], 1)
    """,
    "tensor of tensors": """
        def credit_weights(state):
            scale = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
            w = torch.matmul(state[:, 2:6:3], scale) + 0.1
            return w, torch.zeros(state.shape[0], 1)
    """,
    "walrus": """
        def credit_weights(state):
            if (n_agents := 2) > 1:
                w = torch.ones(state.shape[0], n_agents)
            else:
                w = torch.ones(state.shape[0], 2)
            return w + 0.1 * state[:, 2:6:3], torch.zeros(state.shape[0], 1)
    """,
    "min and max of many": """
        def credit_weights(state):
            d0 = (state[:, 0] - state[:, 6]).abs()
            d1 = (state[:, 3] - state[:, 6]).abs()
            closest = torch.min(d0, d1)
            farthest = torch.max(d0, d1)
            w0 = torch.where(d0 <= d1, 1.3, 0.7)
            w1 = 2.0 - w0
            contrast = ((farthest - closest) / (farthest + 1.0)).unsqueeze(1)
            w = 1.0 + contrast * (torch.stack([w0, w1], dim=1) - 1.0)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "split and unbind": """
        def credit_weights(state):
            a, f, c = torch.split(state, [6, 6, 4], dim=1)
            one, two = c.chunk(2, dim=1)
            x, y = one.unbind(dim=1)
            w = torch.stack([x, y], dim=1).abs() + torch.sigmoid(two) + 0.2
            return w, torch.zeros(state.shape[0], 1)
    """,
    "rank by sorting": """
        def credit_weights(state):
            d = (state[:, 0:6:3] - state[:, 6:7]).abs() + (state[:, 1:6:3] - state[:, 7:8]).abs()
            order = d.argsort(dim=1)
            rank = order.argsort(dim=1).float()
            w = 1.3 - 0.6 * rank
            return w, torch.zeros(state.shape[0], 1)
    """,
    "gather and one hot": """
        def credit_weights(state):
            d = (state[:, 0:6:3] - state[:, 6:7]).abs()
            who = d.argmin(dim=1)
            hot = F.one_hot(who, num_classes=2).float()
            w = 0.7 + 0.6 * hot
            return w, torch.zeros(state.shape[0], 1)
    """,
    "ternary on sizes": """
        def credit_weights(state):
            n_agents = 2 if state.shape[1] >= 6 else 1
            w = state.new_ones(state.shape[0], n_agents)
            w = w + 0.3 * torch.sign(state[:, 12:14]) ** 2
            return w, state.new_zeros(state.shape[0], 1)
    """,
    "new_full and empty list": """
        def credit_weights(state):
            out: List[torch.Tensor] = []
            for i in range(0, 6, 3):
                out.append(state[:, i + 2].unsqueeze(1))
            lvl = torch.cat(out, dim=1)
            far = state.new_full((state.shape[0], 2), 2.0)
            w = torch.minimum(lvl, far)
            return w + 0.1, torch.zeros(state.shape[0], 1)
    """,
    "concatenate and hstack": """
        def credit_weights(state):
            w = torch.concat([state[:, 2:3], state[:, 5:6]], dim=1)
            w = torch.hstack((w[:, :1], w[:, 1:])) * 0.5 + 0.5
            return w, torch.zeros(state.shape[0], 1)
    """,
    "comparison methods": """
        def credit_weights(state):
            close = (state[:, 0:6:3] - state[:, 6:7]).abs().le(2.0)
            strong = state[:, 2:6:3].ge(2.0)
            both = close.logical_and(strong).float()
            w = both.mul(0.5).add(0.75)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "ellipsis and none": """
        def credit_weights(state):
            lvl = state[..., 2:6:3]
            w = (lvl[..., None] * torch.ones(1, 1, 1))[..., 0]
            return w, torch.zeros(state.shape[0], 1)
    """,
    "transposed": """
        def credit_weights(state):
            lvl = state[:, 2:6:3]
            w = (lvl.T * 0.5).T + 0.5
            return w, torch.zeros(state.shape[0], 1)
    """,
    "types and float calls": """
        def credit_weights(state):
            n = int(state.shape[1] / 8)
            k = float(n)
            w = torch.ones(state.shape[0], 2).type_as(state) * k / 2 + state[:, 2:6:3].type(torch.float32) * 0.1
            return w.float(), torch.zeros(state.shape[0], 1).to(state)
    """,
    "negative stride": """
        def credit_weights(state):
            order = [1, 0]
            w = state[:, 2:6:3][:, order] + torch.flip(state[:, 2:6:3], [1])
            pairs = [0.4, 0.6][::-1]
            w = w * pairs[0] + 0.2
            return w, torch.zeros(state.shape[0], 1)
    """,
    "pass and nothing": """
        def credit_weights(state):
            if state.dim() != 2:
                pass
            w = torch.ones_like(state)[:, :2]
            b = torch.zeros_like(state)[:, :1]
            return w, b
    """,
    "numbers in every notation": """
        def credit_weights(state):
            w = 1_0 * .05 + 5e-1 * torch.ones(state.shape[0], 2) + 0x1 * 0.0 + state[:, 2:6:3] * 1.e-1
            return w, torch.zeros(state.shape[0], 1)
    """,
    "parenthesised over lines": """
        def credit_weights(state):
            w = (
                torch.ones(
                    state.shape[0],
                    2,
                )
                + 0.1
                * (
                    state[:, 2:6:3]
                    - 1.0
                )
            )
            return (
                w,
                torch.zeros(state.shape[0], 1),
            )
    """,
    "logsumexp and cumsum": """
        def credit_weights(state):
            z = state[:, 12:14]
            p = torch.exp(z - torch.logsumexp(z, dim=1, keepdim=True))
            c = torch.cumsum(p, dim=1) / torch.arange(1, 3, device=state.device).float()
            w = 0.5 + p + 0.1 * c
            return w, torch.zeros(state.shape[0], 1)
    """,
    "einsum and outer": """
        def credit_weights(state):
            x = state[:, 12:14]
            g = torch.einsum("bi,bj->bij", x, x)
            w = 1.0 + 0.3 * torch.einsum("bii->bi", g)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "unnamed bias": """
        def credit_weights(state):
            w = 1.0 + 0.2 * state[:, 12:14].tanh()
            return w, 0.0 * w.sum(dim=1, keepdim=True)
    """,
    "strings nobody reads": """
        def credit_weights(state):
            "credits by charge"
            w = 1.0 + 0.2 * state[:, 12:14]
            "bias is zero"
            return w, torch.zeros(state.shape[0], 1)
    """,
    "two names at once": """
        def credit_weights(state):
            lo = mid = 0.5
            w = torch.full((state.shape[0], 2), lo + mid)
            w = w + 0.1 * state[:, 2:6:3]
            return w, torch.zeros(state.shape[0], 1)
    """,
    "columns made as rows, t": """
        def credit_weights(state):
            w = torch.stack([1.0 + state[:, 2], 1.0 + state[:, 5]], dim=0).t()
            return w, torch.zeros_like(w[:, :1])
    """,
    "columns made as rows, T": """
        def credit_weights(state):
            w = torch.stack([1.0 + state[:, 2], 1.0 + state[:, 5]]).T
            return w / w.mean(dim=1, keepdim=True), torch.zeros(state.shape[0], 1)
    """,
    "columns made as rows, transpose": """
        def credit_weights(state):
            w = torch.stack([1.0 + state[:, 2], 1.0 + state[:, 5]], dim=0).transpose(0, 1)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "columns made as rows, permute": """
        def credit_weights(state):
            w = torch.stack([1.0 + state[:, 2], 1.0 + state[:, 5]], dim=0).permute(1, 0)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "columns made as rows, einsum": """
        def credit_weights(state):
            w = torch.einsum("an->na", torch.stack([1.0 + state[:, 2], 1.0 + state[:, 5]], dim=0))
            return w, torch.zeros(state.shape[0], 1)
    """,
    "reduced over the first dimension of rows": """
        def credit_weights(state):
            w = 1.0 + torch.stack([state[:, 0:2], state[:, 2:4]], dim=0).amax(dim=0)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "permuted and back": """
        def credit_weights(state):
            w = state[:, :6].view(-1, 3, 2).permute(2, 0, 1)[:, :, 0].t().clamp(min=0.5)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "paper's form": '''
        def QLLMNetwork(agents_q, global_state):
            """The paper's form."""
            batch = agents_q.shape[0]
            lvl = global_state[:, 2:6:3]
            w = torch.softmax(lvl, dim=1)
            q_tot = torch.sum(w * agents_q, dim=1, keepdim=True)
            return q_tot.view(batch, 1)
    ''',
    "paper's form with bmm": """
        def QLLMNetwork(agents_q, global_state):
            w = F.softmax(global_state[:, 12:14], dim=-1).unsqueeze(2)
            return torch.bmm(agents_q.unsqueeze(1), w).squeeze(-1)
    """,
    "advantage form": """
        def credit_advantages(state, actions_onehot):
            load = actions_onehot[:, :, 1]
            together = load.sum(dim=1, keepdim=True)
            lam = 0.5 + 0.5 * load * together + 0.5 * (1 - load) * (together > 0).float()
            return lam / lam.mean(dim=1, keepdim=True)
    """,
    "columns, then shares": """
        def credit_weights(state):
            w, b = torch.zeros(state.shape[0], 2), torch.zeros(state.shape[0], 1)
            for i in range(2):
                w[:, i] = 1.0 + state[:, 3 * i + 2]
            w /= w.sum(dim=1, keepdim=True)
            w *= 2.0
            return w, b
    """,
    "lists that are filled and read": """
        from typing import List, Optional

        def credit_weights(state):
            n_agents = 2
            n_foods = n_agents
            levels: List[torch.Tensor] = []
            for i in range(n_agents):
                levels.append(1.0 + state[:, 3 * i + 2])
            total = sum(levels)
            for j in range(n_foods):
                total = total + 0.1 * state[:, 8 + 3 * j].clamp(min=0)
            w = torch.stack([2.0 * p / total for p in levels], dim=1)
            return w, torch.zeros(state.shape[0], 1)
    """,
    "state cast under its own name": """
        def credit_weights(state):
            n_agents = 2
            if state.dim() == 1:
                state = state.unsqueeze(0)
            if state.shape[-1] < 3 * n_agents:
                raise ValueError(f"state has {state.shape[-1]} numbers")
            state = state.float()
            levels = [state[:, 2 + 3 * i] for i in range(n_agents)]
            weights = []
            for i in range(n_agents):
                others = [levels[j] for j in range(n_agents) if j != i]
                share = levels[i] / (levels[i] + sum(others)).clamp(min=1.0)
                weights.append(1.0 + 0.5 * share if i == 0 or i == 1 else share)
            angle = torch.cos(torch.pi * state[:, :1] / 12.0)
            w = torch.stack(weights, dim=1) + 0.1 * angle * angle
            assert w.shape[1] == n_agents, "one weight an agent"
            return w, torch.zeros(state.shape[0], 1)
    """,
    "helper with a signed default": """
        def credit_weights(state):
            def shares(x, dim=-1, eps=1e-6):
                return x / (x.sum(dim=dim, keepdim=True) + eps)

            def bonus():
                out = torch.zeros(state.shape[0], 2)
                for k, c in enumerate([0.5, 0.25], start=1):
                    out[:, k - 1] = c * k
                return out

            w = 2.0 * shares(1.0 + state[:, 2:6:3]) + bonus()
            return w, torch.zeros_like(w[:, :1])
    """,
}
BENIGN = {name: dedent(text).strip() + "\n" for name, text in _TEXTS.items()}
