# peer_torch.py - PyTorch, eager and compiled, for peers.py
# SPDX-License-Identifier: MIT
import os


class Torch:
    """Functions that write to an out= where PyTorch has them: an output
    allocated per call would cost page faults that are not its kernels'."""

    def __init__(self, device, cores):
        import torch
        self.torch = torch
        self.version = torch.__version__
        self.aten = torch.ops.aten
        torch.set_num_threads(cores)
        if device == 'gpu' and not torch.cuda.is_available():
            raise ImportError('no GPU for PyTorch')
        self.device = 'cuda' if device == 'gpu' else 'cpu'
        torch.set_grad_enabled(False)

    def load(self, path, dims):
        n = 1
        for extent in dims:
            n *= extent
        flat = self.torch.from_file(path, size=n, dtype=self.torch.float32)
        return flat.clone().to(self.device).view(dims)

    def save(self, path, values):
        flat = values.contiguous().view(-1).cpu()
        out = self.torch.from_file(path, shared=True, size=flat.numel(),
                                   dtype=self.torch.float32)
        out.copy_(flat)

    def load_inputs(self, backward, in_place, dims, folder):
        x = self.load(folder + '/x', dims)
        dy = self.load(folder + '/dy', dims) if backward else None
        self.out = dy if backward else x
        if not in_place:
            self.out = self.torch.zeros_like(x)
        self.dalpha = None
        self.permuted = False
        return x, dy

    def wait(self):
        if self.device == 'cuda':
            self.torch.cuda.synchronize()

    def prepare(self, op, backward, in_place, scalar, dims, shared, folder):
        x, dy = self.load_inputs(backward, in_place, dims, folder)
        if op == 'prelu':
            return not in_place and self.prepare_prelu(x, dy, dims, shared,
                                                       folder)
        self.call = {
            'leaky_relu': self.leaky_relu,
            'elu': self.elu,
            'thresholded_relu': self.thresholded_relu,
        }[op](x, dy, self.out, scalar)
        return True

    def leaky_relu(self, x, dy, out, alpha):
        if dy is None:
            return lambda: self.aten.leaky_relu.out(x, alpha, out=out)
        return lambda: self.aten.leaky_relu_backward.grad_input(
            dy, x, alpha, False, grad_input=out)

    def elu(self, x, dy, out, alpha):
        if dy is None:
            return lambda: self.aten.elu.out(x, alpha, 1, 1, out=out)
        return lambda: self.aten.elu_backward.grad_input(
            dy, alpha, 1, 1, False, x, grad_input=out)

    def thresholded_relu(self, x, dy, out, theta):
        if dy is None:
            return lambda: self.aten.threshold.out(x, theta, 0, out=out)
        return lambda: self.aten.threshold_backward.grad_input(
            dy, x, theta, grad_input=out)

    def prepare_prelu(self, x, dy, dims, shared, folder):
        """PyTorch takes one alpha, or one for each index of axis 1."""
        rank = len(dims)
        kept = [axis for axis in range(1, rank) if axis not in shared]
        if len(kept) > 1 or (kept and kept != [1] and kept != [rank - 1]):
            return False
        self.permuted = kept == [rank - 1] and rank > 2
        if self.permuted:
            order = [0, rank - 1] + list(range(1, rank - 1))
            self.inverse = [0] + list(range(2, rank)) + [1]
            x = x.permute(order)
            dy = dy.permute(order) if dy is not None else None
        alpha = self.load(folder + '/alpha', [dims[kept[0]] if kept else 1])
        if dy is None:
            self.call = lambda: self.keep(self.aten.prelu(x, alpha))
        elif hasattr(self.aten, 'prelu_backward'):
            self.call = lambda: self.keep(
                *self.aten.prelu_backward(dy, x, alpha))
        else:
            self.prepare_autograd(x, dy, alpha)
        return True

    def prepare_autograd(self, x, dy, alpha):
        self.torch.set_grad_enabled(True)
        x.requires_grad_(True)
        alpha.requires_grad_(True)
        y = self.torch.nn.functional.prelu(x, alpha)
        self.call = lambda: self.keep(*self.torch.autograd.grad(
            y, (x, alpha), dy, retain_graph=True))

    def keep(self, out, dalpha=None):
        self.out, self.dalpha = out, dalpha

    def fetch(self, folder):
        out = self.out.detach()
        if self.permuted:
            out = out.permute(self.inverse)
        self.save(folder + '/out', out)
        if self.dalpha is not None:
            self.save(folder + '/dalpha', self.dalpha.detach())

    def clear(self):
        self.call = self.out = self.dalpha = None
        self.torch.set_grad_enabled(False)


class Compiled(Torch):
    """torch.compile of the formulas, with the result in a tensor that is
    given: a fused loop per case, for any shared axes."""

    def __init__(self, device, cores):
        # No processes that compile ahead.
        os.environ['TORCHINDUCTOR_COMPILE_THREADS'] = '1'
        super().__init__(device, cores)
        if not hasattr(self.torch, 'compiler'):
            raise ImportError('torch.compile needs PyTorch 2.1')

    def prepare(self, op, backward, in_place, scalar, dims, shared, folder):
        x, dy = self.load_inputs(backward, in_place, dims, folder)
        alpha = None
        if op == 'prelu':
            sizes = [1 if axis == 0 or axis in shared else extent
                     for axis, extent in enumerate(dims)]
            alpha = self.load(folder + '/alpha', sizes)
        formula = self.backward(op, scalar) if backward else self.forward(
            op, scalar)
        if formula is None:
            return False

        @self.torch.compile(dynamic=False, fullgraph=True)
        def step(x, dy, alpha, out):
            result, dalpha = formula(x, dy, alpha)
            out.copy_(result)
            return dalpha

        def call():
            self.dalpha = step(x, dy, alpha, self.out)
        self.call = call
        return True

    def forward(self, op, scalar):
        torch = self.torch
        functions = torch.nn.functional
        return {
            'leaky_relu': lambda x, dy, alpha: (
                functions.leaky_relu(x, scalar), None),
            'elu': lambda x, dy, alpha: (functions.elu(x, scalar), None),
            'thresholded_relu': lambda x, dy, alpha: (
                functions.threshold(x, scalar, 0.0), None),
            'prelu': lambda x, dy, alpha: (
                torch.where(x > 0, x, alpha * x), None),
        }.get(op)

    def backward(self, op, scalar):
        torch, aten = self.torch, self.aten

        def prelu(x, dy, alpha):
            """As PyTorch's own decomposition, but summed to any shape."""
            dalpha = torch.where(x > 0, 0.0, x * dy)
            return (torch.where(x > 0, dy, alpha * dy),
                    dalpha.sum_to_size(alpha.shape))
        return {
            'leaky_relu': lambda x, dy, alpha: (
                aten.leaky_relu_backward(dy, x, scalar, False), None),
            'elu': lambda x, dy, alpha: (
                aten.elu_backward(dy, scalar, 1, 1, False, x), None),
            'thresholded_relu': lambda x, dy, alpha: (
                aten.threshold_backward(dy, x, scalar), None),
            'prelu': prelu,
        }.get(op)

    def clear(self):
        super().clear()
        self.torch.compiler.reset()


PEERS = {'torch': Torch, 'torch.compile': Compiled}
